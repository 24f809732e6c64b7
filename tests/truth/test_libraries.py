"""Published crates leave few roots unknown: at most one in ten, and the docs say which."""

from pathlib import Path

import pytest
from truth.libraries.__main__ import audited, is_unknown, table

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow, pytest.mark.real_world]


def test_at_most_one_root_in_ten_could_not_be_followed_and_the_docs_say_which(checkout: Path) -> None:
    report = audited()
    assert [root.reason for root in report.roots if root.status != "audited"] == []
    assert 10 * sum(map(is_unknown, report.roots)) <= len(report.roots)
    assert "\n".join(table(report)) in (checkout / "docs" / "accuracy.md").read_text(encoding="utf-8")

"""What is recorded of each public report is what ringfence says of it today, and no root is wrongly clean."""

import pytest
from truth.public_reports.crates import audit
from truth.public_reports.entry import entry, names, versions
from truth.public_reports.judge import judged

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow, pytest.mark.real_world]


@pytest.mark.parametrize("name", names())
def test_what_is_recorded_of_a_public_report_is_what_ringfence_says(name: str) -> None:
    asked = entry(name)
    said = {which: judged(asked, which, audit(name, asked, which)).result for which in versions(asked)}
    recorded = {"broken": asked.says, **({"fixed": asked.says_of_fixed} if asked.fixed else {})}
    assert said == recorded


def test_no_root_is_called_clean_where_a_fault_was_reported() -> None:
    assert [name for name in names() if entry(name).says == "wrongly clean"] == []

"""What the README shows is what the demo prints."""

from pathlib import Path

import pytest

from support import Run

pytestmark = pytest.mark.end_to_end


def test_the_excerpt_of_the_readme_is_printed_by_the_demo(checkout: Path, ringfence: Run) -> None:
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    excerpt = readme.partition("```text\n")[2].partition("```\n")[0]
    parts = [part.strip("\n") for part in excerpt.split("\n…\n")]
    assert len(parts) == 3
    shown = ringfence("demo").stdout
    assert [part for part in parts if part not in shown] == []

"""RF501 and RF502: what their details say, and that the project's thresholds decide."""

from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding
from support import Run

pytestmark = pytest.mark.end_to_end


def copies(ringfence: Run, checkout: Path, config: Path) -> dict[str, Finding]:
    """The findings about copies and moves by the name of their root, under a configuration."""
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / "copies" / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json", "--config", config),
    )
    assert finished.returncode == 0, finished.stderr
    found = read(finished.stdout.encode()).findings
    return {each.root.rpartition("::")[2]: each for each in found if each.rule in ("RF501", "RF502")}


def configured(folder: Path, text: str) -> Path:
    file = folder / "ringfence.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_type_and_the_size_of_what_is_copied_are_told(ringfence: Run, checkout: Path, tmp_path: Path) -> None:
    found = copies(ringfence, checkout, configured(tmp_path, ""))
    assert (found["send_copy"].detail["type"], found["send_copy"].detail["bytes"]) == ("Book", 1024)
    assert found["snapshot"].message.startswith("`Ladder::clone` copies 2000 bytes (`Ladder`)")
    assert found["keep"].detail["types_of_size"] == ["Book"]
    assert "bytes" not in found["gather"].detail
    assert {each.level for each in found.values()} == {"warning"}


def test_what_is_below_a_threshold_of_the_project_is_silent(ringfence: Run, checkout: Path, tmp_path: Path) -> None:
    text = "[rules.RF501]\nbytes = 2000\n\n[rules.RF502]\nbytes = 1025\n"
    found = copies(ringfence, checkout, configured(tmp_path, text))
    assert sorted(found) == ["clear", "gather", "snapshot", "take_over"]

"""Each testcrate, audited as a user would: every finding is marked beside the code, and every mark is found."""

from pathlib import Path

import pytest
from end_to_end.expectations import differences, marks

from ringfence.pipeline.report.json import read
from support import Run

pytestmark = pytest.mark.end_to_end

CRATES = ("classes", "containers", "dispatch", "foreign", "locks", "ordinary", "waiting")


@pytest.mark.parametrize("name", CRATES)
def test_a_testcrate_is_reported_as_it_is_marked(ringfence: Run, checkout: Path, tmp_path: Path, name: str) -> None:
    crate = checkout / "testcrates" / name
    finished = ringfence(
        *("audit", "--manifest-path", crate / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        environment={"RINGFENCE_CACHE": str(tmp_path / "store")},
    )
    assert finished.returncode in (0, 100), finished.stderr
    report = read(finished.stdout.encode())
    assert all(root.status == "audited" for root in report.roots), [root.reason for root in report.roots]
    assert differences(report, crate) == []


@pytest.mark.parametrize("name", CRATES)
def test_a_testcrate_has_marks_and_lines_without(checkout: Path, name: str) -> None:
    crate = checkout / "testcrates" / name
    assert marks(crate)
    assert "// ringfence: root" in (crate / "src" / "lib.rs").read_text(encoding="utf-8")

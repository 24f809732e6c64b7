"""What a dependency does is advice at the user's call: a note, unless the project calls the dependency its own."""

import shutil
from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Report
from support import Run

pytestmark = pytest.mark.end_to_end

_ADVICE = ("RF104", "RF305", "RF306", "RF405", "RF503")
_LIBRARY = "workshop-0.1.0/src/lib.rs"


def audited(ringfence: Run, crate: Path) -> Report:
    finished = ringfence("audit", "--manifest-path", crate / "Cargo.toml", "--locked", "--format", "json")
    assert finished.returncode == 100, finished.stderr
    return read(finished.stdout.encode())


def told(report: Report) -> set[tuple[str, str, str]]:
    """Rule, level and file of each piece of advice."""
    return {
        (each.rule, each.level, each.location.file if each.location else "")
        for each in report.findings
        if each.rule in _ADVICE
    }


@pytest.fixture
def crate(checkout: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "behind"
    shutil.copytree(checkout / "testcrates" / "behind", folder, ignore=shutil.ignore_patterns("target"))
    return folder


def test_advice_about_a_dependency_is_a_note_at_the_call(ringfence: Run, crate: Path) -> None:
    assert told(audited(ringfence, crate)) == {(rule, "note", "src/lib.rs") for rule in _ADVICE}


def test_a_dependency_that_is_called_own_is_advised_at_its_own_lines(ringfence: Run, crate: Path) -> None:
    (crate / "ringfence.toml").write_text('own = ["workshop"]\n', encoding="utf-8")
    levels = {**dict.fromkeys(_ADVICE, "warning"), "RF306": "error", "RF405": "note"}
    assert told(audited(ringfence, crate)) == {(rule, level, _LIBRARY) for rule, level in levels.items()}

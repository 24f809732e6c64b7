"""Temporaries and pool candidates: what is told of an allocation that does not live long, and of one that does."""

from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report
from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def audited(ringfence: Run, checkout: Path) -> Report:
    """The report of the testcrate about short lives."""
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / "temporaries" / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
    )
    assert finished.returncode == 100, finished.stderr
    return read(finished.stdout.encode())


def allocation(report: Report, root: str) -> Finding:
    (found,) = (each for each in report.findings if each.rule == "RF101" and each.root.endswith(f"::{root}"))
    return found


def test_a_buffer_that_is_freed_at_the_end_of_its_function_is_temporary(audited: Report) -> None:
    found = allocation(audited, "median")
    assert found.detail["temporary"] is True
    (free,) = (each for each in audited.findings if each.fingerprint == found.detail["freed"])
    assert free.rule == "RF103"
    assert "`Vec<u64>` is freed again on line 24" in found.help
    assert "pool" not in found.detail


def test_an_object_that_replaces_another_one_is_for_a_pool(audited: Report) -> None:
    found = allocation(audited, "reconnect")
    assert found.detail["pool"] == "Box<Session>"
    assert "temporary" not in found.detail


@pytest.mark.parametrize("root", ["rename", "copy", "all_of"])
def test_what_stays_or_is_returned_is_neither(audited: Report, root: str) -> None:
    assert not {"temporary", "pool"} & allocation(audited, root).detail.keys()


def test_the_checklist_is_answered_from_them(audited: Report) -> None:
    answers = {each.item: each for each in audited.checklist}
    arena, pool = (
        answers["arena allocators used for temporary data"],
        answers["object pooling for frequently allocated types"],
    )
    assert (arena.status, arena.evidence) == ("fail", "1 hot (RF101), first at src/lib.rs:21")
    assert (pool.status, pool.evidence) == ("fail", "1 hot (RF101), first at src/lib.rs:30")

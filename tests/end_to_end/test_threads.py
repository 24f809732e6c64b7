"""Whose work a started thread's is: nobody's, unless the starter waits for it."""

from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report
from support import Run

pytestmark = pytest.mark.end_to_end

WAITING = {"joins", "joins_as_c_does", "joins_what_another_started", "waits_in_scope", "with_a_crew"}
STARTING = {"Clock::restart", "hands_on", "starts", "starts_as_c_does", "starts_named", "waits_for_the_quiet_one"}


@pytest.fixture(scope="module")
def finished(ringfence: Run, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, str]:
    """The testcrate's report, for machines and for people."""
    store = tmp_path_factory.mktemp("store")
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / "threads" / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--show-all", "--output", f"json={store}/report.json"),
        environment={"RINGFENCE_CACHE": str(store)},
    )
    return read((store / "report.json").read_bytes()), finished.stdout


@pytest.fixture(scope="module")
def report(finished: tuple[Report, str]) -> Report:
    return finished[0]


def line_of(checkout: Path, code: str) -> int:
    lines = (checkout / "testcrates" / "threads" / "src" / "lib.rs").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if code in line)


def at(report: Report, line: int) -> list[Finding]:
    return [each for each in report.findings if each.location and each.location.line == line]


def test_every_root_is_looked_at_and_none_is_unknown(report: Report) -> None:
    assert {(root.function or "").removeprefix("threads::") for root in report.roots} == WAITING | STARTING
    assert report.unknown_roots == ()
    assert {each.rule for each in report.findings} & {"RF902", "RF903", "RF905"} == set()


@pytest.mark.parametrize(
    ("code", "rules", "roots"),
    [
        ("board.lines.lock()", {"RF102", "RF201"}, WAITING - {"joins_as_c_does"}),
        ("thread::sleep(", {"RF202"}, WAITING - {"joins_as_c_does"}),
        ("Box::new(argument)", {"RF101"}, {"joins_as_c_does"}),
    ],
    ids=["lock", "sleep", "an entry as in C"],
)
def test_what_a_thread_does_is_told_below_those_who_wait_for_it_and_nobody_else(
    report: Report, checkout: Path, code: str, rules: set[str], roots: set[str]
) -> None:
    found = at(report, line_of(checkout, code))
    assert {each.root.removeprefix("threads::") for each in found} == roots
    for root in roots:
        assert rules <= {each.rule for each in found if each.root == f"threads::{root}"}
    assert all([step.via for step in each.path].count("thread") == 1 for each in found)


@pytest.mark.parametrize(
    ("root", "code"),
    [
        ("starts", "thread::spawn(move || refresh(&board));"),
        ("starts_named", 'name("board".into()).spawn('),
        ("starts_as_c_does", "unsafe { pthread_create("),
    ],
)
def test_the_start_itself_is_the_starters(report: Report, checkout: Path, root: str, code: str) -> None:
    found = [each for each in at(report, line_of(checkout, code)) if each.root == f"threads::{root}"]
    (start,) = (each for each in found if each.sink == "pthread_create")
    assert (start.rule, start.class_, start.detail["class"]) == ("RF202", "hot", "thread")
    assert ("RF101" in {each.rule for each in found}) == (root != "starts_as_c_does")


def test_people_see_where_the_other_thread_begins(finished: tuple[Report, str]) -> None:
    assert "[on another thread, waited for]" in " ".join(finished[1].split())


def test_a_job_is_below_those_who_wait_for_it_and_nobody_else(
    ringfence: Run, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = tmp_path_factory.mktemp("store")
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / "pools" / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        environment={"RINGFENCE_CACHE": str(store)},
    )
    report = read(finished.stdout.encode())
    roots = {(root.function or "").removeprefix("pools::") for root in report.roots}
    waiting = {
        each.root.removeprefix("pools::")
        for each in report.findings
        if each.rule == "RF101" and any(step.function == "pools::history" for step in each.path)
    }
    assert waiting == {"executed_and_joined", "in_a_scope", "in_the_scope_of_a_pool", "installed"}
    assert roots - waiting == {"beside", "executed", "started"}

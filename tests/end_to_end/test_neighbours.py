"""What RF302 says of statics is what the linker did; what it says of elements and rings is what the types are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report
from support import Run

pytestmark = pytest.mark.end_to_end

_SYMBOL = re.compile(r"^([0-9a-f]+) \w (neighbours::\S+)$", re.MULTILINE)
_LINE = 64


@pytest.fixture(scope="module")
def report(ringfence: Run, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / "neighbours" / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        environment={"RINGFENCE_CACHE": str(tmp_path_factory.mktemp("store"))},
    )
    assert finished.returncode == 100, finished.stderr
    return read(finished.stdout.encode())


@pytest.fixture(scope="module")
def addresses(checkout: Path) -> dict[str, int]:
    """Of the statics, in a program that was linked as users link theirs."""
    if shutil.which("nm") is None:
        pytest.skip("needs nm")
    crate, target = checkout / "testcrates" / "neighbours", checkout / "build" / "linked"
    command = ["cargo", "build", "--release", "--locked", "--example", "linked", "--target-dir", str(target)]
    subprocess.run(command, cwd=crate, check=True, capture_output=True)
    listed = subprocess.run(
        ["nm", "--demangle", str(target / "release" / "examples" / "linked")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {_without_hash(name): int(address, 16) for address, name in _SYMBOL.findall(listed)}


def _without_hash(name: str) -> str:
    return re.sub(r"::h[0-9a-f]{16}$", "", name)


def of_statics(report: Report) -> list[Finding]:
    return [each for each in report.findings if each.rule == "RF302" and "static" in each.detail]


def neighbour(finding: Finding) -> str:
    """Path of the static that the message names."""
    found = re.search(r"cache line of `(\w+)`", finding.message)
    assert found is not None
    return f"{str(finding.detail['static']).rpartition('::')[0]}::{found[1]}"


def test_statics_are_as_far_apart_as_the_linker_put_them(report: Report, addresses: dict[str, int]) -> None:
    told = of_statics(report)
    assert len(told) == 6
    wrong = {
        each.detail["static"]: (distance, each.detail["distance"])
        for each in told
        if (distance := abs(addresses[str(each.detail["static"])] - addresses[neighbour(each)]))
        != each.detail["distance"]
    }
    assert wrong == {}


def test_an_error_is_about_statics_that_share_a_line_at_most_places(report: Report, addresses: dict[str, int]) -> None:
    """Where the sections begin is the linker's choice: at one place of eight the line may end between two words."""
    for each in of_statics(report):
        distance = abs(addresses[str(each.detail["static"])] - addresses[neighbour(each)])
        assert (each.level == "error") == (distance < _LINE // 2 and bool(each.detail.get("thread"))), each.message


def test_statics_on_lines_of_their_own_are_there(report: Report, addresses: dict[str, int]) -> None:
    sent, taken = (addresses[f"neighbours::statics::apart::{name}"] for name in ("SENT", "TAKEN"))
    assert sent // _LINE != taken // _LINE
    assert not [each for each in of_statics(report) if "apart" in str(each.detail["static"])]


def of_root(report: Report, root: str) -> Finding:
    (found,) = (each for each in report.findings if each.rule == "RF302" and each.root.endswith(root))
    return found


def test_two_threads_at_one_table_are_an_error_with_what_apart_costs(report: Report) -> None:
    found = of_root(report, "elements::acquire")
    assert (found.level, found.detail["stride"], found.detail["count"]) == ("error", 8, 67)
    assert found.detail["padded_bytes"] == 67 * 64
    assert found.help is not None
    assert "4,288 bytes" in found.help
    assert "aligned to 128 here: 8,576 bytes" in found.help


@pytest.mark.parametrize(
    ("root", "sequence", "level"),
    [
        ("Board::count", "neighbours::elements::Board.per_worker", "warning"),
        ("Board::beat", "neighbours::elements::Board.in_place", "warning"),
        ("Board::remember", "neighbours::elements::Board.long", "note"),
        ("elements::work", "&[neighbours::elements::Worker]", "warning"),
    ],
)
def test_elements_are_told_by_what_holds_them(report: Report, root: str, sequence: str, level: str) -> None:
    found = of_root(report, root)
    assert (found.detail["sequence"], found.level) == (sequence, level)


def test_the_ring_of_a_dependency_is_an_error_at_the_users_call(report: Report) -> None:
    offer, poll = of_root(report, "rings::offer"), of_root(report, "rings::poll")
    assert {offer.level, poll.level} == {"error"}
    assert (offer.detail["type"], offer.detail["field"]) == ("spsc::Ring<u64>", "tail")
    assert poll.detail["field"] == "head"
    assert offer.help is not None
    assert offer.help.startswith("`Ring` is laid out by `spsc`")


def test_a_dependency_without_debug_info_of_types_is_seen_by_its_atomics(report: Report) -> None:
    told = {each.detail["field"]: each.level for each in report.findings if each.detail.get("type") == "spsc::Gauge"}
    assert told == {"seen": "warning", "done": "warning"}


def test_the_checklist_says_what_was_not_looked_at(ringfence: Run, checkout: Path, tmp_path: Path) -> None:
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / "walks" / "Cargo.toml", "--locked", "--exit-zero"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        environment={"RINGFENCE_CACHE": str(tmp_path)},
    )
    (item,) = (each for each in read(finished.stdout.encode()).checklist if each.item == "false sharing avoided")
    assert "on the heap" in item.evidence

"""The first user's code, whole: laminar-core 0.1.0 from cargo to the report, with the roots of its testcrate.

The build takes minutes the first time; it stays in the testcrate's own target directory.
"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from truth.candidates import CRATE as CRATE_NAME
from truth.candidates import virtual_calls

from ringfence.graphs.names import without_generics
from ringfence.pipeline.audit import AuditRequest, Clock, run_audit
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.progress import SilentProgress
from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report, Root
from support import Run

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow]

CRATE = Path(__file__).parents[2] / "testcrates" / "laminardb-0.1.0"
OPERATORS = (
    "asof_join::AsofJoinOperator",
    "lag_lead::LagLeadOperator",
    "lookup_join::LookupJoinOperator",
    "partitioned_topk::PartitionedTopKOperator",
    "stream_join::StreamJoinOperator",
    "temporal_join::TemporalJoinOperator",
    "topk::StreamingTopKOperator",
    "watermark_sort::WatermarkBoundedSortOperator",
    "window_sort::WindowLocalSortOperator",
    "mv::executor::PassThroughOperator",
    "window::TumblingWindowOperator<laminar_core::operator::window::CountAggregator>",
    "sliding_window::SlidingWindowOperator<laminar_core::operator::window::CountAggregator>",
    "session_window::SessionWindowOperator<laminar_core::operator::window::CountAggregator>",
)
FEW_ROOTS = (
    "reactor::Reactor::submit",
    "reactor::Reactor::poll",
    "dag::executor::DagExecutor::process_event",
    "tpc::spsc::SpscQueue::*",
)


@pytest.fixture(scope="module")
def report(ringfence: Run, tmp_path_factory: pytest.TempPathFactory) -> Report:
    file = tmp_path_factory.mktemp("laminardb") / "report.json"
    finished = ringfence("audit", "--manifest-path", CRATE / "Cargo.toml", "--locked", "--output", f"json={file}")
    assert finished.returncode == 100, finished.stderr
    return read(file.read_bytes())


def below(report: Report, name: str) -> list[Finding]:
    return [finding for finding in report.findings if name in plain(finding.root)]


def plain(name: str) -> str:
    return re.sub(r"<[^<>]*>", "", name)


def root(report: Report, name: str) -> Root:
    (found,) = (each for each in report.roots if each.function and plain(each.function).endswith(name))
    return found


def test_every_root_of_the_configuration_is_found(report: Report) -> None:
    assert [each.pattern for each in report.roots if each.status != "audited"] == []
    assert len(report.roots) == 16


def test_pop_batch_allocates_and_pop_batch_into_is_clean(report: Report) -> None:
    (allocation,) = (each for each in below(report, "SpscQueue::pop_batch") if each.rule == "RF101")
    assert (allocation.class_, allocation.level) == ("hot", "error")
    assert root(report, "SpscQueue::pop_batch_into").verdict == "clean"
    # Its loop indexes the caller's buffer, which is a note.
    assert {(each.rule, each.level) for each in below(report, "SpscQueue::pop_batch_into")} == {("RF404", "note")}


@pytest.mark.parametrize("name", ["push", "pop", "pop_batch_into"])
def test_the_queue_operations_that_promise_it_are_clean(report: Report, name: str) -> None:
    assert root(report, f"SpscQueue::{name}").verdict == "clean"


@pytest.mark.parametrize("method", ["process", "on_timer"])
def test_the_reactors_virtual_calls_have_every_operator_of_the_crate_as_a_candidate(
    report: Report, method: str
) -> None:
    calls = [
        each
        for each in below(report, "Reactor::poll")
        if each.rule == "RF401" and each.detail.get("method") == method and "/reactor/mod.rs" in str(each.location)
    ]
    assert calls
    for call in calls:
        candidates = msgspec.convert(call.detail["candidates"], list[str])
        assert all(any(operator in candidate for candidate in candidates) for operator in OPERATORS)


def test_the_reactor_the_executor_and_the_queues_need_fewer_than_20_of_the_modules_that_cargo_made(
    tmp_path: Path,
) -> None:
    config = tmp_path / "ringfence.toml"
    config.write_text("".join(f'[[roots]]\npath = "laminar_core::{root}"\n' for root in FEW_ROOTS), encoding="utf-8")
    clock = Clock()
    selection = Selection(manifest_path=CRATE / "Cargo.toml", locked=True)
    run_audit(AuditRequest(selection, config=config), SilentProgress(), clock)
    from_cargo = [path for path, *_ in clock.modules_read if path.endswith(".bc")]
    assert any("/laminar_core-" in path for path in from_cargo)
    assert len(from_cargo) < 20


def test_the_virtual_calls_of_the_crate_and_of_std_have_three_candidates_on_average_at_most() -> None:
    calls = [call for call in virtual_calls() if call.written_in in (CRATE_NAME, "std")]
    assert len(calls) > 100
    assert sum(len(call.candidates) for call in calls) / len(calls) <= 3


def test_a_tenth_of_the_modules_is_enough(report: Report) -> None:
    assert report.coverage.modules_read < 25
    assert report.coverage.functions_reached < report.coverage.functions / 5


def registry_folder() -> Path:
    listing = subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--locked", "--manifest-path", CRATE / "Cargo.toml"],
        capture_output=True,
        check=True,
    )
    packages = msgspec.json.decode(listing.stdout)["packages"]
    manifest = next(package["manifest_path"] for package in packages if package["name"] == "laminar-core")
    return Path(manifest).parent.parent


def test_every_findings_line_exists_and_has_the_word_that_the_report_points_at(report: Report) -> None:
    folder = registry_folder()
    line_of = line_reader(folder)
    checked = 0
    for finding in report.findings:
        assert finding.location is not None
        assert finding.location.file.startswith("laminar-core-0.1.0/")
        line = line_of(finding.location.file, finding.location.line)
        assert line, finding.location
        assert finding.source is not None
        assert finding.source.text.strip("…").strip() in line.decode().expandtabs()
        called = re.match(r"`(\w+)`", finding.message)
        if called and finding.location.column:
            # A line with a derive, or a macro's, calls something that it does not name.
            rest = line[finding.location.column - 1 :].decode()
            checked += rest.startswith(called[1])
    assert checked > len(report.findings) / 3


def line_reader(folder: Path) -> Callable[[str, int], bytes]:
    files: dict[str, list[bytes]] = {}

    def line_of(file: str, number: int) -> bytes:
        if file not in files:
            files[file] = (folder / file).read_bytes().splitlines()
        return files[file][number - 1]

    return line_of


def holding(report: Report, name: str) -> dict[str, bool]:
    """By atomic: whether it has its cache line to itself."""
    layout = next(each for each in report.layouts if plain(each.type_) == f"laminar_core::{name}")
    return {each.field: each.holds for each in layout.atomics}


def test_most_of_what_the_hot_path_touches_is_traced_to_a_field(report: Report) -> None:
    assert report.coverage.accesses > 10_000
    assert report.coverage.accesses_traced >= 0.8 * report.coverage.accesses


def test_the_padded_indices_of_the_queues_hold(report: Report) -> None:
    assert holding(report, "tpc::spsc::SpscQueue") == {"head.value": True, "tail.value": True}
    assert all(holding(report, "streaming::ring_buffer::RingBuffer").values())


def test_counters_that_share_a_line_are_told_from_those_that_do_not(report: Report) -> None:
    assert holding(report, "streaming::channel::ChannelStatsInner") == {
        "items_pushed.value": True,
        "items_popped.value": True,
        "push_blocked": False,
        "items_dropped": False,
        "pop_empty": False,
    }
    assert holding(report, "streaming::broadcast::CursorSlot") == {"active": False, "read_seq": False}


def test_a_cursor_slot_is_written_from_both_sides(report: Report) -> None:
    found = [each for each in report.findings if each.rule == "RF302"]
    fields = {(each.root.rsplit("::", 1)[-1], each.detail["field"]) for each in found if "field" in each.detail}
    assert fields == {("broadcast", "active"), ("read", "read_seq")}
    (read_position,) = (each for each in found if "sequence" in each.detail)
    owner, _, field = str(read_position.detail["sequence"]).rpartition(".")
    assert (without_generics(owner), field) == ("laminar_core::dag::multicast::MulticastBuffer", "read_positions")

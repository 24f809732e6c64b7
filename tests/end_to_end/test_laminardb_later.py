"""Later versions of the first user's code: laminar-core 0.18.5, the last with the reactor, and 0.33.0."""

from pathlib import Path

import pytest

from ringfence.graphs.names import without_generics
from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Report
from support import Run

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow, pytest.mark.real_world]

TESTCRATES = Path(__file__).parents[2] / "testcrates"
CLEAN = {
    "laminardb-0.18.5": {
        "SpscQueue::push",
        "SpscQueue::pop",
        "SpscQueue::pop_batch_into",
        "MulticastBuffer::publish",
        "RingBuffer::push",
        "Consumer::poll",
    },
    "laminardb-0.33.0": {
        "BarrierPollHandle::poll",
        "TumblingWindowAssigner::assign",
        "VnodeRegistry::vnode_for_key",
        "WatermarkTracker::update_source",
        "Source::watermark",
    },
}
VIOLATING = {
    "laminardb-0.18.5": {
        "BroadcastChannel::broadcast",
        "DagExecutor::process_event",
        "Reactor::poll_into",
        "Reactor::submit",
        "SpscQueue::pop_batch",
    },
    "laminardb-0.33.0": {"LookupMemoryCache::get_cached", "VnodeRegistry::owner", "routing::row_vnodes"},
}
"""`BroadcastChannel::broadcast` spins while a subscriber lags; `VnodeRegistry::owner` takes a read lock; the
look-up of the cache writes to its own state under a lock."""


@pytest.fixture(scope="module", params=sorted(CLEAN))
def audited(
    request: pytest.FixtureRequest, ringfence: Run, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Report]:
    version = str(request.param)
    file = tmp_path_factory.mktemp(version) / "report.json"
    manifest = TESTCRATES / version / "Cargo.toml"
    finished = ringfence("audit", "--manifest-path", manifest, "--locked", "--output", f"json={file}")
    assert finished.returncode == 100, finished.stderr
    return version, read(file.read_bytes())


def names(report: Report, verdict: str) -> set[str]:
    found = (without_generics(each.function) for each in report.roots if each.function and each.verdict == verdict)
    return {"::".join(name.split("::")[-2:]) for name in found}


def test_every_root_of_the_configuration_is_found(audited: tuple[str, Report]) -> None:
    assert [each.pattern for each in audited[1].roots if each.status != "audited"] == []


def test_what_promises_to_be_free_of_allocations_is_clean(audited: tuple[str, Report]) -> None:
    version, report = audited
    assert CLEAN[version] - names(report, "clean") == set()


def test_what_allocates_or_locks_is_reported(audited: tuple[str, Report]) -> None:
    version, report = audited
    assert VIOLATING[version] - names(report, "violations") == set()


def test_no_body_is_missing(audited: tuple[str, Report]) -> None:
    assert audited[1].coverage.missing_functions == 0
    assert audited[1].coverage.unreadable == ()

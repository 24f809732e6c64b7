"""What the roots did to locks, the kernel, clocks, other code and shared words is in the report; and what the report
says of it is so, as far as counting can tell.

What is missing today stands in ``_MISSED`` with the reason, and is expected to fail: the day it is found, the test says
so. Skipped where the roots cannot be stepped through: another machine than Linux on x86-64, no gcc, no ptrace.
"""

import msgspec
import pytest
from truth import recording
from truth.deed_tables import wrong
from truth.deeds import Comparison, Kind, compare
from truth.stepping import Act, NotHere
from truth.thirteen import modules

pytestmark = pytest.mark.end_to_end

_MISSED: dict[str, str] = {}
_SOMETIMES = ("guards::Desk::",)
"""parking_lot reads the clock now and then where it gives a lock back to those who wait: only if they do."""
_SILENT = (
    "kinds::counted::locked_once: no loop",
    "kinds::dispatched::direct",
    "kinds::flagged::raised",
    "kinds::in_library::looked",
    "kinds::waited::first_set",
    "kinds::waited::largest",
)
_SEEN = {
    "clocks::stamp": (Act.CLOCK, 0),
    "clocks::ticks": (Act.CLOCK, 0),
    "orders::Slot::advance": (Act.LOCKED, 0),
    "orders::Slot::count": (Act.LOCKED, 0),
    "orders::Slot::settle": (Act.LOCKED, 0),
    "waiting::marked": (Act.SYSTEM_CALL, 39),
    "waiting::give_way": (Act.SYSTEM_CALL, 24),
    "waiting::pause": (Act.SYSTEM_CALL, 230),
    "files::Feed::send": (Act.SYSTEM_CALL, 44),
    "kinds::waited::for_a_flag": (Act.SPIN, 0),
    "locks::Shared::add": (Act.SYSTEM_CALL, 202),
}
"""What is known without the stepper: the numbers of system calls are those of ``asm/unistd_64.h``."""


@pytest.fixture(scope="module")
def found() -> Comparison:
    recording.build()
    try:
        return compare()
    except NotHere as reason:
        pytest.skip(str(reason))


def test_what_happened_is_in_the_report_of_its_root(found: Comparison) -> None:
    missing = [str(event) for event in found.missing if not _may_be_missing(event.root, event.kind)]
    assert [event for event in missing if event not in _MISSED] == []


def _may_be_missing(root: str, kind: Kind) -> bool:
    return kind is Kind.CLOCK and root.startswith(_SOMETIMES)


@pytest.mark.parametrize(
    "event", [pytest.param(event, marks=pytest.mark.xfail(reason=reason)) for event, reason in _MISSED.items()]
)
def test_what_was_known_to_be_missing_is_reported(found: Comparison, event: str) -> None:
    assert event not in map(str, found.missing)


def test_what_is_known_to_be_missing_happened(found: Comparison) -> None:
    assert sorted(_MISSED.keys() - set(map(str, found.events))) == []


def test_enough_happened_for_this_to_say_something(found: Comparison) -> None:
    seen = {kind: sum(event.kind is kind for event in found.events) for kind in Kind}
    least = dict(zip(Kind, (8, 8, 40, 8, 100, 100), strict=True))
    assert {kind: number for kind, number in seen.items() if number < least[kind]} == {}


def test_what_the_report_says_and_counting_can_refute_is_so(found: Comparison) -> None:
    assert list(wrong(found)) == []
    assert sum(len(found.statements(finding)) for finding in found.findings) >= 150


def test_a_root_that_is_called_clean_asked_nobody_and_waited_for_nobody(found: Comparison) -> None:
    clean = {root.function for report in found.reports.values() for root in report.roots if root.verdict == "clean"}
    did = {kind: {event.root for event in found.events if event.kind is kind} & clean for kind in Kind}
    assert did[Kind.SYSTEM_CALL] == set()
    assert did[Kind.LOCK] | did[Kind.WAIT] == set()
    assert len(clean) >= 50


@pytest.mark.parametrize("root", _SILENT)
def test_a_sibling_that_does_not_do_it_is_silent(found: Comparison, root: str) -> None:
    name, _, what = root.partition(": ")
    rules = {"RF201", "RF202", "RF203", "RF401", "RF402"}
    told = [each for each in found.findings if each.root == name and each.rule in rules]
    assert name in found.stepped.calls
    if what == "no loop":
        assert {each.loop_depth for each in told if each.rule == "RF201"} == {0}
    else:
        assert [(each.rule, each.message) for each in told] == []


@pytest.mark.parametrize("root", _SEEN)
def test_the_stepper_sees_what_is_known(found: Comparison, root: str) -> None:
    assert _SEEN[root] in {(deed.act, deed.value) for deed in found.stepped.deeds if deed.root == root}


def test_every_root_of_the_kinds_is_stepped(found: Comparison) -> None:
    roots = {str(root.function) for root in found.reports["kinds"].roots}
    assert {deed.root for deed in found.stepped.deeds if deed.root in roots} | {*found.stepped.calls} >= roots
    assert {root.split("::")[1] for root in roots} == {*modules()}


def test_what_no_finding_tells_of_is_missing(found: Comparison) -> None:
    """The comparison itself: without the findings and the graph of one root, all that it did is missing."""
    root, crate = "files::Feed::read_file", "files"
    report = msgspec.structs.replace(found.reports[crate], findings=())
    without = Comparison(found.stepped, {**found.reports, crate: report}, found.below)
    missing = {event for event in without.missing if event.root == root} - {*found.missing}
    assert {event.kind for event in missing} == {Kind.SYSTEM_CALL}

"""What really happened on the heap is in the report, and what the report says happens always did.

The testcrates run once for all tests; builds and logs go to ``build/truth``.
"""

from pathlib import Path

import msgspec
import pytest
from truth.oracle import Truth, find_out, place
from truth.recording import TESTCRATES, Frame, Kind, Site, rule_of, site_of
from truth.thirteen import NOT_RUN

pytestmark = pytest.mark.end_to_end

_NOT_ALL_RUN = ("lines::", "spins::eager::")
"""What of these is not run waits or shares words, and never goes to the heap."""
_WAIT_FOR_THREADS = ("files::", "guards::", "kinds::", "locks::", "spellings::system::", "spins::", "waiting::")
"""Roots of these allocate where they really wait, which differs from run to run."""
_GROWN_ANEW = Site("spellings::objects::explained", "src/objects.rs", 111, "RF102")
_AT_ANOTHER_LINE = {_GROWN_ANEW, Site("encodes::Journal::note", "src/lib.rs", 10, "RF102")}
"""Growth of a writer that a formatting function was handed is told where the writer is made (docs/design/0002)."""
_ROOT = "twins::both"


@pytest.fixture(scope="module")
def truth() -> Truth:
    return find_out()


def test_every_site_that_used_the_heap_is_in_the_report_of_its_root(truth: Truth) -> None:
    assert [str(site) for site in truth.missing if site not in _AT_ANOTHER_LINE] == []


@pytest.mark.xfail(strict=True, reason="what a writer does is told where it is made, not where it is written to")
def test_what_a_writer_does_is_reported_where_it_is_written_to(truth: Truth) -> None:
    assert [site for site in truth.missing if site in _AT_ANOTHER_LINE] == []


def test_a_new_string_that_formatting_grew_did_so_in_most_calls(truth: Truth) -> None:
    """What the next test is about is true."""
    calls = truth.recording.calls[_GROWN_ANEW.root]
    assert len(truth.recording.sites[_GROWN_ANEW].calls) * 8 > len(calls)


@pytest.mark.xfail(strict=True, reason="a new String that formatting knows as `&mut dyn Write` is told as amortised")
def test_growth_of_a_new_string_by_formatting_is_hot(truth: Truth) -> None:
    grown = [each for each in truth.findings if each.rule == "RF102" and place(each) == ("src/objects.rs", 138)]
    assert {each.class_ for each in grown if each.root == "spellings::objects::explained"} == {"hot"}


def test_dhat_counts_what_the_log_counts(truth: Truth) -> None:
    """To DHAT a reallocation that enlarges is one more block, and one that shrinks is none."""
    steady = [root for root in truth.recording.calls if not root.startswith(_WAIT_FOR_THREADS)]
    assert len(steady) > 200
    blocks = {root: sum(number for site, number in truth.blocks.items() if site.root == root) for root in steady}
    outside = {
        root: (fewest, blocks[root], most)
        for root, (fewest, most) in ((root, truth.recording.blocks(root)) for root in steady)
        if not fewest <= blocks[root] <= most
    }
    assert outside == {}


def test_what_is_always_reached_on_the_hot_path_happened_in_every_call(truth: Truth) -> None:
    always = [each for each in truth.findings if each.class_ == "hot" and each.frequency == "always"]
    assert [(each.root, each.rule, place(each)) for each in always if not truth.holds(each)] == []
    assert len(always) >= 10


def test_amortised_growth_is_seldom_and_a_first_use_happens_once(truth: Truth) -> None:
    seen = [each for each in truth.findings if truth.seen(each).times and each.class_ in ("amortized", "first-use")]
    assert [(each.root, each.rule, place(each)) for each in seen if not truth.holds(each)] == []
    assert len(seen) >= 20


def test_a_root_of_which_nothing_is_reported_never_used_the_heap(truth: Truth) -> None:
    told = {finding.root for finding in truth.findings}
    silent = [root.function for root in truth.roots if root.function and root.function not in told]
    assert [root for root in silent if truth.recording.events(root)] == []
    assert len(silent) >= 50


def test_every_root_of_every_testcrate_ran(truth: Truth) -> None:
    marked = {
        folder.name
        for folder in TESTCRATES.iterdir()
        if "// ringfence: root" in "".join(file.read_text() for file in folder.glob("src/*.rs"))
    }
    assert sorted(marked - {*truth.reports} - {*NOT_RUN}) == []
    audited = {root.function or root.pattern for root in truth.roots}
    assert sorted(root for root in audited - {*truth.recording.calls} if not root.startswith(_NOT_ALL_RUN)) == []


def test_every_root_that_ran_is_in_a_report(truth: Truth) -> None:
    assert sorted({*truth.recording.calls} - {root.function for root in truth.roots}) == []


def at(function: str, file: Path | str, line: int) -> Frame:
    return Frame(function, str(file), line)


_OWN = TESTCRATES / "twins" / "src" / "lib.rs"
_STACK = (
    at("malloc", "runs/src/heap.rs", 114),
    at("<arena::Counting as core::alloc::global::GlobalAlloc>::alloc", _OWN, 90),
    at("__rustc::__rust_alloc", _OWN, 91),
    at("alloc::raw_vec::RawVecInner<A>::with_capacity_in", "/rustc/library/alloc/src/raw_vec/mod.rs", 433),
    at("<alloc::string::String as core::clone::Clone>::clone", _OWN, 0),
    at("twins::both", _OWN, 31),
    at("runs::window::measured", "runs/src/window.rs", 30),
    at("twins::outside", _OWN, 99),
)


def test_a_site_is_the_innermost_line_of_the_crate_that_is_not_its_allocator_s() -> None:
    assert site_of(_ROOT, Kind.ALLOCATE, _STACK) == Site(_ROOT, "src/lib.rs", 31, "RF101")


def test_a_root_that_left_the_stack_has_a_site_without_a_line() -> None:
    assert site_of(_ROOT, Kind.FREE, (_STACK[0], *_STACK[-2:])) == Site(_ROOT, "", 0, "RF103")


@pytest.mark.parametrize(
    ("kind", "function", "rule"),
    [
        (Kind.ALLOCATE, "alloc::raw_vec::RawVecInner<A>::with_capacity_in", "RF101"),
        (Kind.ALLOCATE, "<alloc::raw_vec::RawVec<u64>>::grow_one", "RF102"),
        (Kind.ALLOCATE, "grow_amortized<alloc::alloc::Global>", "RF102"),
        (Kind.GROW, "alloc::vec::Vec<T,A>::reserve", "RF102"),
        (Kind.GROW, "alloc::vec::Vec<T,A>::shrink_to_fit", "RF101"),
        (Kind.FREE, "alloc::vec::Vec<T,A>::shrink_to_fit", "RF103"),
        (Kind.FREE, "<alloc::raw_vec::RawVec<u64>>::grow_one", "RF103"),
    ],
)
def test_growth_is_told_from_a_new_allocation(kind: Kind, function: str, rule: str) -> None:
    assert rule_of(kind, [at(function, "", 0)]) == rule


def test_a_site_that_no_finding_tells_of_is_missing(truth: Truth) -> None:
    """The comparison itself: without the findings of the roots of a crate, all of their sites are missing."""
    twins = msgspec.structs.replace(truth.reports["twins"], findings=())
    missing = Truth(truth.recording, truth.blocks, {**truth.reports, "twins": twins}).missing
    labels = {Site(f"twins::{venue}::label", "src/lib.rs", 41, "RF101") for venue in ("east", "west")}
    assert {*missing} - {*truth.missing} == {Site(_ROOT, "src/lib.rs", 31, "RF101"), *labels}

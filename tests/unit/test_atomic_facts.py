"""What the reader tells of atomics: where they lie, whether they publish, and the order of events around them."""

import pytest
from unit.ir_modules import Source, link

from ringfence.graphs.facts import FunctionFacts
from ringfence.passes.atomics import census
from ringfence.pipeline.ir.module import print_module
from ringfence.pipeline.ir.reader import read_module


def function(body: str, head: str = "define void @f(ptr %self, ptr noalias %mine)") -> FunctionFacts:
    text = (
        f"declare void @llvm.x86.sse2.pause()\ndeclare i64 @llvm.x86.rdtsc()\n@g = global i32 0\n{head} {{\n{body}\n}}"
    )
    return read_module(print_module(text.encode(), text=True)).function("f")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", "p0+0"),
        ("%p = getelementptr i8, ptr %self, i64 16", "p0+16"),
        (
            "%b = getelementptr i8, ptr %self, i64 8\n%l = load ptr, ptr %b\n%p = getelementptr i8, ptr %l, i64 16",
            "p0+8*+16",
        ),
        ("%p = load ptr, ptr %self", "p0+0*+0"),
        ("%i = load i64, ptr %self\n%p = getelementptr i8, ptr %self, i64 %i", "%p+0"),
    ],
)
def test_an_exchange_tells_where_its_word_lies_as_far_as_constants_do(address: str, expected: str) -> None:
    pointer = "%p" if address else "%self"
    facts = function(f"{address}\n%x = cmpxchg ptr {pointer}, i32 0, i32 1 acquire monotonic\nret void")
    assert facts.atomics[-1].target == expected


def test_a_static_is_told_by_its_name() -> None:
    assert function("%x = atomicrmw xchg ptr @g, i32 0 release\nret void").atomics[0].target == "@g+0"


_FLAG = "store atomic i8 1, ptr %self monotonic, align 1\nret void"


@pytest.mark.parametrize(
    ("before", "publishes"),
    [
        ("%d = load ptr, ptr %self\nstore i64 7, ptr %d", True),
        ("%p = getelementptr i8, ptr %self, i64 8\nstore i64 7, ptr %p", True),
        ("", False),
        ("store i64 7, ptr %mine", False),
        ("%p = getelementptr i8, ptr %mine, i64 8\nstore i64 7, ptr %p", False),
        ("%s = alloca i64\nstore i64 7, ptr %s", False),
        ("%d = load ptr, ptr %self\nstore i64 7, ptr %d\nfence release", False),
        ("%d = load ptr, ptr %self\nfence release\nstore i64 7, ptr %d", True),
        ("%d = load ptr, ptr %self\nstore i64 7, ptr %d\nbr label %next\nnext:", False),
    ],
    ids=[
        "behind a loaded pointer",
        "beside the flag",
        "nothing",
        "an exclusive reference",
        "a field behind one",
        "the stack",
        "a fence between",
        "a fence before both",
        "another block",
    ],
)
def test_a_relaxed_store_publishes_what_others_may_see(before: str, *, publishes: bool) -> None:
    assert function(f"{before}\n{_FLAG}").atomics[-1].publishes is publishes


def test_a_releasing_store_and_a_counter_do_not_publish_weakly() -> None:
    written = "%d = load ptr, ptr %self\nstore i64 7, ptr %d"
    released = function(f"{written}\nstore atomic i8 1, ptr %self release, align 1\nret void")
    counted = function(f"{written}\n%o = atomicrmw add ptr %self, i64 1 monotonic\nret void")
    assert [atomic.publishes for atomic in (*released.atomics, *counted.atomics)] == [False, False]


def test_a_pause_and_a_cycle_counter_are_calls() -> None:
    facts = function("call void @llvm.x86.sse2.pause()\n%t = call i64 @llvm.x86.rdtsc()\nret void")
    assert [site.callee for site in facts.calls] == ["llvm.x86.sse2.pause", "llvm.x86.rdtsc"]


def test_events_keep_their_order_where_something_may_lock() -> None:
    facts = function(
        "%x = cmpxchg ptr %self, i32 0, i32 1 acquire monotonic\ncall void @f(ptr %self, ptr %self)\nret void"
    )
    assert facts.flow is not None
    assert facts.flow.events == ((0, -1), (0, 0))
    assert function("call void @f(ptr %self, ptr %self)\nret void").flow is None


def test_a_census_counts_each_atomic_below_a_root_once() -> None:
    source = Source()
    linked = link(
        source.module(
            """
define void @root(ptr %p) {
  call void @below(ptr %p)
  call void @below(ptr %p)
  fence seq_cst
  %v = load atomic i64, ptr %p acquire, align 8
  ret void
}
define void @below(ptr %p) {
  %o = atomicrmw add ptr %p, i64 1 monotonic
  store atomic i64 1, ptr %p seq_cst, align 8
  ret void
}
define void @aside(ptr %p) {
  fence seq_cst
  ret void
}
"""
        )
    )
    counted = census(linked.root, linked.hot_path)
    assert counted.by_kind == (
        ("add", "monotonic", 1),
        ("fence", "seq_cst", 1),
        ("load", "acquire", 1),
        ("store", "seq_cst", 1),
    )
    assert (counted.locked, counted.full_fences, counted.barriers) == (2, 1, 3)

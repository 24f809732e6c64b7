"""What the reader tells of atomics: where they lie, whether they publish, and the order of events around them."""

import pytest
from unit.ir_modules import Source, link

from ringfence.graphs.facts import FunctionFacts
from ringfence.passes.judge import judge, judged
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


def strong(target: str, library: str) -> list[tuple[str, object]]:
    """What RF205 says of a root that calls a library's function, and has an own fence on the line behind."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs", line=3)
    inner = source.subprogram("_ZN3dep4push17h0123456789abcdefE", "/dep/lib.rs", line=9)
    call = source.at(root, 7, 5)
    within = source.at(inner, 11, 3, inlined_at=call)
    linked = link(
        source.module(f"""
target triple = "{target}"
define void @root(ptr %p) !dbg {root} {{
{library.replace("AT", f"!dbg {within}")}
  fence seq_cst, !dbg {source.at(root, 8, 5)}
  ret void
}}""")
    )
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    return [(each.message, each.detail.get("cost")) for each in found if each.rule.id == "RF205"]


def test_what_a_library_orders_is_one_note_at_the_call_with_its_cost() -> None:
    found = strong(
        "x86_64-unknown-linux-gnu",
        """
  fence seq_cst, AT
  store atomic i64 1, ptr %p seq_cst, align 8, AT
  %x = atomicrmw add ptr %p, i64 1 seq_cst, AT
  %y = cmpxchg ptr %p, i64 0, i64 1 seq_cst monotonic, AT
  %l = load atomic i64, ptr %p seq_cst, align 8, AT
  %m = load atomic i64, ptr %p acquire, align 8, AT""",
    )
    assert found == [
        (
            (
                "`push` executes a fence (`lock or` or `mfence`), a store (`xchg`, which is locked) and "
                "2 read-modify-writes (locked in any order) in sequentially consistent order on every call of `root`"
            ),
            "fence: `lock or` or `mfence`; store: `xchg`, which is locked; read-modify-write: locked in any order",
        ),
        (
            "an atomic fence asks for sequential consistency (`lock or` or `mfence`) on every call of `root`",
            "`lock or` or `mfence`",
        ),
    ]


def test_a_library_that_only_loads_in_that_order_says_nothing() -> None:
    assert len(strong("x86_64-unknown-linux-gnu", "%l = load atomic i64, ptr %p seq_cst, align 8, AT")) == 1


def test_other_targets_pay_otherwise_or_are_not_known() -> None:
    store = "store atomic i64 1, ptr %p seq_cst, align 8, AT"
    assert strong("aarch64-apple-darwin", store)[0][1] == "store: `stlr`, as for `Release`"
    assert strong("riscv64gc-unknown-linux-gnu", store)[0] == (
        "`push` executes a store in sequentially consistent order on every call of `root`",
        None,
    )

"""What findings say reads as a person would say it."""

import pytest
from unit.ir_modules import ALLOC, DEALLOC, Linked, Source, link

from ringfence.passes.advice import advice
from ringfence.passes.allocation import HEAP_ALLOCATION
from ringfence.passes.blocking_kinds import only_yields
from ringfence.passes.judge import judge, judged
from ringfence.passes.lock_order import in_words
from ringfence.passes.rule import Finding


def findings(linked: Linked, rule: str) -> list[Finding]:
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    return [finding for finding in found if finding.rule.id == rule]


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("alloc::sync::Arc<test::Quote>::new", "Arc::new"),
        ("codec::RowConverter::new", "RowConverter::new"),
        ("codec::Batch::try_new_with_options", "Batch::try_new_with_options"),
        ("crossbeam_epoch::atomic::Owned<test::Quote>::new", "Owned::new"),
        ("alloc::vec::Vec<u8>::with_capacity", "Vec::with_capacity"),
        ("<alloc::string::String as core::convert::From<&str>>::from", "String::from"),
        ("alloc::boxed::Box<[i64; 3]>::new_uninit", "vec!"),
        ("alloc::boxed::Box<test::Quote>::new_uninit", "Box::new_uninit"),
        ("alloc::fmt::format", "format"),
        ("<str as alloc::string::ToString>::to_string", "to_string"),
    ],
)
def test_what_makes_a_value_is_named_with_its_type_and_a_method_is_not(called: str, said: str) -> None:
    source = Source()
    root, inner = source.subprogram("root", "/own/lib.rs"), source.subprogram(called, "/std/lib.rs")
    at = source.at(inner, 2, inlined_at=source.at(root, 5))
    text = f"define void @root() !dbg {root} {{ %p = call ptr @{ALLOC}(i64 8, i64 8), !dbg {at} \n ret void }}"
    (found,) = findings(link(source.module(text)), "RF101")
    assert found.message == f"`{said}` allocates on every call of `root`"


def test_two_pieces_of_advice_are_joined_by_one_mark() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    made, dropped = (
        source.subprogram(name, "/std/lib.rs")
        for name in ("alloc::vec::Vec<u8>::of", "core::ptr::drop_in_place::<alloc::vec::Vec<u8>>")
    )
    text = f"""define void @root() !dbg {root} {{
      %p = call ptr @{ALLOC}(i64 8, i64 8), !dbg {source.at(made, 2, inlined_at=source.at(root, 5))}
      call void @{DEALLOC}(ptr %p, i64 8, i64 8), !dbg {source.at(dropped, 3, inlined_at=source.at(root, 6))}
      ret void }}"""
    (found,) = findings(link(source.module(text)), "RF101")
    assert "made at start; it is temporary:" in found.help


@pytest.mark.parametrize(
    ("makers", "is_temporary"),
    [
        (("alloc::sync::Arc<test::Quote>::new",), True),
        (("codec::Table::row", "alloc::sync::Arc<test::Quote>::new"), False),
        (("codec::Table::text", "alloc::vec::Vec<u8>::with_capacity"), True),
        (("codec::Table::item", "alloc::boxed::Box<test::Quote>::new"), True),
    ],
)
def test_what_a_library_makes_and_keeps_is_not_called_temporary(makers: tuple[str, ...], *, is_temporary: bool) -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    owner = makers[-1].rsplit("::", 1)[0]
    dropped = source.subprogram(f"core::ptr::drop_in_place::<{owner}>", "/std/lib.rs")
    at = source.at(root, 5)
    for name in makers:
        at = source.at(source.subprogram(name, "/std/lib.rs"), 2, inlined_at=at)
    text = f"""define void @root() !dbg {root} {{
      %p = call ptr @{ALLOC}(i64 8, i64 8), !dbg {at}
      call void @{DEALLOC}(ptr %p, i64 8, i64 8), !dbg {source.at(dropped, 3, inlined_at=source.at(root, 6))}
      ret void }}"""
    (found,) = findings(link(source.module(text)), "RF101")
    assert ("it is temporary" in found.help) == is_temporary
    assert "keep a pool" not in found.help


@pytest.mark.parametrize(("other_way", "is_temporary"), [("gone", True), ("kept", False)])
def test_what_is_freed_on_some_ways_only_is_not_called_temporary(other_way: str, *, is_temporary: bool) -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    made, dropped = (
        source.subprogram(name, "/std/lib.rs")
        for name in ("alloc::vec::Vec<u8>::of", "core::ptr::drop_in_place::<alloc::vec::Vec<u8>>")
    )
    text = f"""define ptr @root(i1 %failed) !dbg {root} {{
      %p = call ptr @{ALLOC}(i64 8, i64 8), !dbg {source.at(made, 2, inlined_at=source.at(root, 5))}
      br i1 %failed, label %gone, label %{other_way}
    gone:
      call void @{DEALLOC}(ptr %p, i64 8, i64 8), !dbg {source.at(dropped, 3, inlined_at=source.at(root, 6))}
      ret ptr null
    kept:
      ret ptr %p }}"""
    (found,) = findings(link(source.module(text)), "RF101")
    assert ("it is temporary" in found.help) == is_temporary


def test_a_wait_is_said_to_be_in_one_loop_only() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    waits, asks = source.subprogram("core::hint::spin_loop", "/std/hint.rs"), source.at(root, 6)
    text = f"""declare void @llvm.x86.sse2.pause()
    define void @root(ptr %ready) !dbg {root} {{ br label %turn
    turn: %r = load atomic i8, ptr %ready acquire, align 1, !dbg {asks}
      %is = icmp eq i8 %r, 0
      br i1 %is, label %pause, label %done
    pause: call void @llvm.x86.sse2.pause(), !dbg {source.at(waits, 2, inlined_at=source.at(root, 7))}
      br label %turn
    done: ret void }}"""
    (found,) = findings(link(source.module(text)), "RF203")
    assert found.message == "`spin_loop` waits for another thread and pauses in a loop of `root`"


def test_several_buffers_of_a_clone_are_a_maximum() -> None:
    source = Source()
    cloning = "<test::T as core::clone::Clone>::clone"
    root, clone = (source.subprogram(name, "/own/lib.rs") for name in ("root", cloning))
    allocate = f"call ptr @{ALLOC}(i64 8, i64 8), !dbg {source.at(clone, 3)}"
    text = f"""define void @"{cloning}"() !dbg {clone} {{
      %a = {allocate} \n %b = {allocate} \n ret void }}
    define void @root() !dbg {root} {{
      call void @"{cloning}"(), !dbg {source.at(root, 7)} \n ret void }}"""
    (found,) = findings(link(source.module(text)), "RF104")
    assert "copies `T` and up to 2 heap buffers" in found.message


def test_what_a_lock_is_held_over_is_a_list() -> None:
    assert in_words(["allocation"]) == "an allocation"
    assert in_words(["allocation", "virtual call", "lock"]) == "an allocation, a virtual call and a second lock"


@pytest.mark.parametrize(
    ("symbols", "yields"),
    [(("sched_yield",), True), (("sched_yield@GLIBC_2.2.5",), True), (("sched_yield", "syscall"), False)],
)
def test_a_channel_that_only_gives_up_the_processor_waits_for_nobody(symbols: tuple[str, ...], *, yields: bool) -> None:
    assert only_yields(symbols) is yields


def test_what_a_library_allocates_is_not_advised_as_if_it_were_text() -> None:
    assert "&str" in advice(HEAP_ALLOCATION, "poll")
    assert advice(HEAP_ALLOCATION, "poll", "dep").startswith("`dep` allocates behind this call")
    assert advice(HEAP_ALLOCATION, "to_string", "dep") == advice(HEAP_ALLOCATION, "to_string")

"""What is one finding and what is several, where one line of the user's own code leads to several events."""

import pytest
from unit.ir_modules import ALLOC, DEALLOC, Linked, Source, link

from ringfence.graphs.hotpath import Anchored
from ringfence.passes.judge import findings_and_ways, judged
from ringfence.passes.rule import Finding
from ringfence.passes.sink import Sink

JOIN = "std::thread::JoinInner<()>::join"
RECEIVE = "std::sync::mpsc::Receiver<u64>::recv"


def found(linked: Linked) -> list[tuple[Finding, Anchored[Sink]]]:
    return list(findings_and_ways(linked.root, judged(linked.hot_path), str))


def library(calls: str, bodies: str = "", *, names: tuple[str, ...] = ("lib", "one", "two")) -> Linked:
    """A root whose only line calls ``lib``, which makes these calls; ``<name:line>`` is a place in that function."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    code = f"""
    declare void @usleep(i32)
    define void @root() !dbg {root} {{ call void @lib(), !dbg {source.at(root, 7, 5)} \n ret void }}
    define void @lib() !dbg <lib> {{ {calls} \n ret void }}
    {bodies}"""
    for name in names:
        scope = source.subprogram(name, "/lib/lib.rs")
        code = code.replace(f"<{name}>", scope)
        for line in range(1, 10):
            code = code.replace(f"<{name}:{line}>", source.at(scope, line))
    return link(source.module(code))


def test_one_library_function_that_allocates_twice_is_one_finding_with_two_places() -> None:
    call = f"call ptr @{ALLOC}(i64 24, i64 8)"
    ((finding, best),) = found(library(f"%p = {call}, !dbg <lib:3> \n %q = {call}, !dbg <lib:4>"))
    assert (finding.detail["sinks"], finding.detail["places"]) == (2, 2)
    assert [(each.function, each.line) for each in best.folded] == [("lib", 3), ("lib", 4)]


def test_a_copy_that_llvm_made_is_no_other_place() -> None:
    call = f"call ptr @{ALLOC}(i64 24, i64 8), !dbg <lib:3>"
    ((finding, _),) = found(library(f"%p = {call} \n %q = {call}"))
    assert (finding.detail["sinks"], finding.detail["places"]) == (1, 1)


BRANCH = """br i1 undef, label %rare, label %end, !prof !{!"branch_weights", i32 1, i32 100000}"""


def test_what_is_hot_does_not_hide_what_is_cold_elsewhere() -> None:
    call = f"call ptr @{ALLOC}(i64 24, i64 8)"
    linked = library(
        f"%p = {call}, !dbg <lib:3> \n {BRANCH} \n rare: \n %q = {call}, !dbg <lib:4> \n br label %end \n end:"
    )
    assert sorted(finding.path_class.label for finding, _ in found(linked)) == ["cold", "hot"]


def test_one_event_that_is_reached_in_two_ways_counts_for_the_better_one() -> None:
    linked = library(
        f"call void @one(), !dbg <lib:3> \n {BRANCH} \n rare: \n call void @one(), !dbg <lib:4> \n br label %end \n"
        "end:",
        f"define void @one() !dbg <one> {{ %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg <one:9> \n ret void }}",
    )
    ((finding, _),) = found(linked)
    assert (finding.path_class.label, finding.detail["sinks"]) == ("hot", 1)


def test_the_classes_of_one_blocking_function_are_told_apart_by_the_ways_to_it() -> None:
    """Both wait through one function of std, as channels and joins do through the futex."""
    linked = library(
        f'call void @"{JOIN}"(), !dbg <lib:3> \n call void @"{RECEIVE}"(), !dbg <lib:4>',
        f"""
        define void @"{JOIN}"() !dbg <{JOIN}> {{ call void @"std::futex_wait"(), !dbg <{JOIN}:1> \n ret void }}
        define void @"{RECEIVE}"() !dbg <{RECEIVE}> {{
          call void @"std::futex_wait"(), !dbg <{RECEIVE}:1> \n ret void }}
        define void @"std::futex_wait"() !dbg <std::futex_wait> {{
          call void @usleep(i32 1), !dbg <std::futex_wait:5> \n ret void }}""",
        names=("lib", JOIN, RECEIVE, "std::futex_wait"),
    )
    classes = [finding.detail["class"] for finding, _ in found(linked) if finding.rule.id == "RF202"]
    assert sorted(map(str, classes)) == ["channel", "join"]


def test_events_in_the_standard_library_belong_to_the_places_that_lead_to_them() -> None:
    grow = "alloc::raw_vec::grow"
    linked = library(
        "call void @one(), !dbg <lib:3> \n call void @two(), !dbg <lib:4>",
        f"""
        define void @one() !dbg <one> {{ call void @"{grow}"(), !dbg <one:1> \n ret void }}
        define void @two() !dbg <two> {{ call void @"{grow}"(), !dbg <two:2> \n ret void }}
        define void @"{grow}"() !dbg <{grow}> {{
          %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg <{grow}:9> \n ret void }}""",
        names=("lib", "one", "two", grow),
    )
    ((finding, best),) = found(linked)
    assert finding.detail["sinks"] == 1
    assert [(each.function, each.line, each.calls) for each in best.folded] == [("one", 1, grow), ("two", 2, grow)]


def test_the_standard_library_alone_is_no_place_of_a_library() -> None:
    source = Source()
    root, lib = source.subprogram("root", "/own/lib.rs"), source.subprogram("alloc::boxed::box_new", "/std/boxed.rs")
    inner = source.at(lib, 9, 1, source.at(root, 7, 5))
    text = f"define void @root() !dbg {root} {{ %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {inner} \n ret void }}"
    ((_, best),) = found(link(source.module(text)))
    assert [(each.function, each.line, each.is_immediate) for each in best.folded] == [
        ("alloc::boxed::box_new", 9, True)
    ]


def merged(*callees: str) -> Linked:
    """A root that calls several functions of a library at one place without a column: LLVM joined their lines."""
    source = Source()
    root, lib = source.subprogram("root", "/own/lib.rs"), source.subprogram("lib", "/lib/lib.rs")
    here = source.at(root, 0, 0)
    calls = "\n".join(f'call void @"{callee}"(), !dbg {here}' for callee in callees)
    free = f"call void @{DEALLOC}(ptr null, i64 8, i64 8), !dbg {source.at(lib, 3)}"
    bodies = "\n".join(f'define void @"{callee}"() !dbg {lib} {{ {free} \n ret void }}' for callee in callees)
    return link(source.module(f"define void @root() !dbg {root} {{ {calls} \n ret void }} \n {bodies}"))


@pytest.mark.parametrize(
    ("callees", "number"),
    [
        pytest.param(("push", "insert"), 2, id="two functions"),
        pytest.param(("core::ptr::drop_in_place::<A>", "core::ptr::drop_in_place::<B>"), 2, id="two types dropped"),
        pytest.param(("push::<A>", "push::<B>"), 1, id="one generic function"),
    ],
)
def test_calls_that_llvm_gave_one_place_are_told_apart_by_what_they_call(callees: tuple[str, ...], number: int) -> None:
    assert len(found(merged(*callees))) == number


def test_fingerprints_follow_the_places_and_not_their_lines() -> None:
    def fingerprint(*lines: int) -> str:
        calls = [f"call void @{DEALLOC}(ptr null, i64 8, i64 8), !dbg <lib:{line}>" for line in lines]
        ((finding, _),) = found(library("\n".join(calls)))
        return finding.fingerprint

    assert fingerprint(1, 2) == fingerprint(3, 5)
    assert len({fingerprint(1), fingerprint(1, 2), fingerprint(1, 2, 3)}) == 3

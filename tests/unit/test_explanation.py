"""What is known of a finding besides itself: its chains, where they differ, where to cut, why it is in its class."""

from collections.abc import Hashable

import pytest
from unit.ir_modules import ALLOC, DEALLOC, GROW, Linked, Source, link

from ringfence.graphs.branches import branches
from ringfence.graphs.chains import Chains
from ringfence.graphs.entries import Entered, entries_of, names_entered
from ringfence.graphs.explainer import Explainer
from ringfence.graphs.facts import PathClass
from ringfence.graphs.folding import Folding
from ringfence.graphs.hotpath import Anchored
from ringfence.graphs.reasons import Ground, ground, parts, turning_frame
from ringfence.passes.identity import FOLDING
from ringfence.passes.judge import findings_and_ways, judged
from ringfence.passes.rule import Finding, Level, Step
from ringfence.passes.sink import Sink
from ringfence.pipeline.report.explanation_model import Turn
from ringfence.pipeline.report.frames import Spans, turns

MARK = "_RNvCs1_7___rustc35___rust_no_alloc_shim_is_unstable_v2"


def found(linked: Linked, *, elided: bool = False) -> list[tuple[Finding, Anchored[Sink]]]:
    return list(findings_and_ways(linked.root, judged(linked.hot_path, elided=elided), lambda file: file))


def library(calls: str) -> Linked:
    """A root whose only line calls a library in which ``lib`` makes these calls and ``end`` allocates."""
    source = Source()
    scopes = {name: source.subprogram(name, "/lib/vec.rs") for name in ("lib", "left", "right", "end")}
    root = source.subprogram("root", "/own/lib.rs")
    places = {
        "<1>": source.at(scopes["lib"], 10),
        "<2>": source.at(scopes["lib"], 11),
        "<left>": source.at(scopes["left"], 20),
        "<right>": source.at(scopes["right"], 30),
    }
    code = f"""
    define void @root() !dbg {root} {{ call void @lib(), !dbg {source.at(root, 7, 5)} \n ret void }}
    define void @lib() !dbg {scopes["lib"]} {{ {calls} \n ret void }}
    define void @left() !dbg {scopes["left"]} {{ call void @end(), !dbg <left> \n ret void }}
    define void @right() !dbg {scopes["right"]} {{ call void @end(), !dbg <right> \n ret void }}
    define void @end() !dbg {scopes["end"]} {{
      %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(scopes["end"], 90)}
      ret void }}"""
    for name, place in places.items():
        code = code.replace(name, place)
    return link(source.module(code))


@pytest.mark.parametrize(
    ("calls", "paths"),
    [
        pytest.param("call void @end(), !dbg <1>", 1, id="one"),
        pytest.param("call void @left(), !dbg <1> \n call void @right(), !dbg <2>", 2, id="over two functions"),
        pytest.param("call void @end(), !dbg <1> \n call void @end(), !dbg <2>", 2, id="from two lines"),
        pytest.param("call void @end(), !dbg <1> \n call void @end(), !dbg <1>", 1, id="one line that LLVM copied"),
        pytest.param("call void @lib(), !dbg <1> \n call void @end(), !dbg <2>", 1, id="recursion counts once"),
    ],
)
def test_the_paths_of_a_finding_are_its_call_chains(calls: str, paths: int) -> None:
    ((finding, best),) = found(library(calls))
    assert (finding.paths, best.sinks) == (paths, 1)


def test_other_paths_are_told_where_they_leave_the_best_one() -> None:
    linked = library("call void @end(), !dbg <1> \n call void @left(), !dbg <2> \n call void @right(), !dbg <2>")
    sinks = judged(linked.hot_path)
    ((_, best),) = findings_and_ways(linked.root, sinks, lambda file: file)
    other = branches(best, linked.root, linked.hot_path, sinks.ways, sinks.sinks, FOLDING)
    assert other.chains == 3
    (leaving,) = other.leaving.values()
    assert [(each.function.name, each.calls, each.frame and each.frame.line, each.chains) for each in leaving] == [
        ("lib", "left", 11, 1),
        ("lib", "right", 11, 1),
    ]


def test_a_finding_with_one_path_has_no_other() -> None:
    linked = library("call void @end(), !dbg <1>")
    sinks = judged(linked.hot_path)
    ((_, best),) = findings_and_ways(linked.root, sinks, lambda file: file)
    other = branches(best, linked.root, linked.hot_path, sinks.ways, sinks.sinks, FOLDING)
    assert (other.chains, other.leaving) == (1, {})


def helper_of_ones_own(calls: str) -> Linked:
    """A root that calls its own ``keep``, which allocates on line 21 and frees on line 22."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    keep = source.subprogram("keep", "/own/lib.rs")
    code = f"""
    define void @root() !dbg {root} {{ {calls} \n ret void }}
    define void @keep() !dbg {keep} {{
      %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(keep, 21, 9)}
      call void @{DEALLOC}(ptr %p, i64 24, i64 8), !dbg {source.at(keep, 22, 9)}
      ret void }}"""
    code = code.replace("<5>", source.at(root, 5, 3)).replace("<6>", source.at(root, 6, 3))
    return link(source.module(code.replace("<none>", source.at(root, 5, 0))))


def removed(linked: Linked, line: int) -> list[int]:
    """Lines of the findings that go when the call on a line of the root goes."""
    outline = judged(linked.hot_path).outlines.of(linked.root)
    places = {best.place for _, best in found(linked) if best.place}
    gone = outline.removed(places).get(("/own/lib.rs", line, 3), set())
    return sorted(place[1] for place in gone)


def test_a_call_that_every_path_passes_through_removes_what_lies_below_it() -> None:
    assert removed(helper_of_ones_own("call void @keep(), !dbg <5>"), 5) == [21, 22]


def test_of_two_calls_neither_alone_removes_what_both_lead_to() -> None:
    linked = helper_of_ones_own("call void @keep(), !dbg <5> \n call void @keep(), !dbg <6>")
    assert (removed(linked, 5), removed(linked, 6)) == ([], [])


def test_a_call_without_a_column_is_no_place_to_cut_at() -> None:
    assert removed(helper_of_ones_own("call void @keep(), !dbg <none>"), 5) == []


def test_findings_below_one_call_remove_each_other() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    helper = source.subprogram("helper", "/lib/vec.rs")
    linked = link(
        source.module(f"""
    define void @root() !dbg {root} {{ call void @helper(), !dbg {source.at(root, 7, 5)} \n ret void }}
    define void @helper() !dbg {helper} {{
      %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(helper, 90)}
      call void @{DEALLOC}(ptr %p, i64 24, i64 8), !dbg {source.at(helper, 91)}
      ret void }}""")
    )
    one, other = (finding for finding, _ in found(linked))
    assert (one.detail["removes"], other.detail["removes"]) == ([other.fingerprint], [one.fingerprint])


def growing(receiver: str) -> Linked:
    """A root that lets a vector grow: one of ``%self``, or ``%fresh`` of this call."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    return link(
        source.module(f"""
    declare void @{GROW}(ptr) #2
    define void @root(ptr %self, i1 %full) !dbg {root} {{
      %fresh = alloca [24 x i8]
      br i1 %full, label %grow, label %done
    grow:
      call void @{GROW}(ptr {receiver}), !dbg {source.at(root, 20, 5)}
      br label %done
    done:
      ret void }}""")
    )


def unlikely(*, other_event: bool) -> Linked:
    """A root into which ``inner`` was inlined, with a branch that is seldom taken and behind it a call that allocates;
    ``inner`` may do something on every call too."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    inner = source.subprogram("inner", "/own/lib.rs")
    at_root = source.at(root, 4, 9)
    weights = source.add('!{!"branch_weights", i32 1, i32 2000}')
    event = f"call void @{DEALLOC}(ptr %p, i64 8, i64 8), !dbg {source.at(inner, 30, 5, at_root)}"
    return link(
        source.module(f"""
    define void @root(i1 %seldom, ptr %p) !dbg {root} {{
      {event if other_event else ""}
      br i1 %seldom, label %slow, label %done, !prof {weights}
    slow:
      %q = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(inner, 31, 5, at_root)}
      br label %done
    done:
      ret void }}""")
    )


def cold_callee() -> Linked:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    slow = source.subprogram("slow", "/own/lib.rs")
    return link(
        source.module(f"""
    define void @root(i1 %seldom) !dbg {root} {{
      br i1 %seldom, label %slow, label %done
    slow:
      call void @slow(), !dbg {source.at(root, 5, 5)}
      br label %done
    done:
      ret void }}
    define void @slow() #2 !dbg {slow} {{
      %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(slow, 9, 5)}
      ret void }}""")
    )


def reason(linked: Linked) -> tuple[PathClass, Ground]:
    """Of the last part of the path to an allocation."""
    sinks = judged(linked.hot_path)
    best = next(way for finding, way in findings_and_ways(linked.root, sinks, str) if finding.rule.id != "RF103")
    path = parts(best, linked.program.functions, sinks.ways)
    worst = max(path, key=lambda part: part.path_class)
    return worst.path_class, ground(worst)


def test_a_part_says_why_it_is_in_its_class() -> None:
    assert reason(library("call void @end(), !dbg <1>")) == (PathClass.HOT, Ground.HOT)
    assert reason(growing("%self")) == (PathClass.AMORTIZED, Ground.GROWTH)
    assert reason(growing("%fresh")) == (PathClass.HOT, Ground.FRESH)
    assert reason(unlikely(other_event=False)) == (PathClass.COLD, Ground.UNLIKELY)
    assert reason(cold_callee()) == (PathClass.COLD, Ground.MARKED)


@pytest.mark.parametrize(
    ("other_event", "frame"),
    [pytest.param(False, 1, id="the caller branches"), pytest.param(True, 0, id="the inlined function branches")],
)
def test_the_branch_stands_in_the_outermost_frame_that_leads_to_nothing_better(other_event: bool, frame: int) -> None:
    linked = unlikely(other_event=other_event)
    sinks = judged(linked.hot_path)
    best = next(way for finding, way in findings_and_ways(linked.root, sinks, str) if finding.rule.id == "RF101")
    (part,) = parts(best, linked.program.functions, sinks.ways)
    assert turning_frame(part) == frame


def told(linked: Linked) -> list[Turn]:
    sinks = judged(linked.hot_path)
    finding, best = next(
        (finding, way) for finding, way in findings_and_ways(linked.root, sinks, str) if finding.rule.id != "RF103"
    )
    path = parts(best, linked.program.functions, sinks.ways)
    steps: tuple[Step, ...] = finding.path
    return list(turns(path, Spans.of(path), steps))


def test_the_frame_at_which_a_path_becomes_worse_is_named() -> None:
    (grown,) = told(growing("%self"))
    assert (grown.frame, grown.class_) == (1, "amortized")
    assert grown.why.endswith("grows a container that lives on: one growth serves many calls")
    (marked,) = told(cold_callee())
    assert (marked.frame, marked.class_, marked.why) == (1, "cold", "`slow` is marked `#[cold]`")
    (branch,) = told(unlikely(other_event=False))
    assert (branch.frame, branch.class_) == (0, "cold")
    assert branch.why.startswith("`root` leads on from an unlikely block only")


def test_a_hot_path_has_no_such_frame() -> None:
    assert told(library("call void @end(), !dbg <1>")) == []


def one_kind(_entered: Entered, _grows: bool) -> Hashable:
    return ""


BY_PLACE: Folding[Entered] = Folding(one_kind, by_call=False)


def entered(linked: Linked, name: str) -> list[tuple[tuple[str, int, int] | None, str, int]]:
    """Place of the user's line that leads to a function, how it is entered, number of chains."""
    sites = entries_of({name}, linked.hot_path, follow_panic=False)
    explainer = Explainer(linked.hot_path, sites, BY_PLACE)
    counts = Chains(linked.hot_path, explainer.ways, sites, BY_PLACE).counts(linked.root)
    ways = explainer.explain(linked.root)
    return sorted((each.place, each.payload.via, counts[each.expression, each.group]) for each in ways)


def test_a_function_is_entered_where_it_is_called_and_where_it_was_inlined() -> None:
    linked = library("call void @left(), !dbg <1> \n call void @end(), !dbg <2>")
    assert entered(linked, "end") == [(("/own/lib.rs", 7, 5), "call", 2)]
    assert entered(unlikely(other_event=True), "inner") == [(("/own/lib.rs", 4, 9), "inline", 1)]


def test_a_function_that_is_known_by_name_only_is_entered_too() -> None:
    linked = library("call void @end(), !dbg <1>")
    assert entered(linked, "__rustc::__rust_alloc") == [(("/own/lib.rs", 7, 5), "call", 1)]


def test_what_is_not_reached_is_not_entered() -> None:
    linked = library("call void @end(), !dbg <1>")
    assert names_entered(linked.hot_path) == {"root", "lib", "end", "__rustc::__rust_alloc"}
    assert entered(linked, "left") == []


def marked(*, allocates: bool) -> Linked:
    """A root with the mark of an allocation in an inlined ``box_new``, and with or without the allocation, which stands
    in a function that was inlined into that."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    box_new = source.subprogram("box_new", "/lib/boxed.rs")
    alloc = source.subprogram("alloc", "/lib/alloc.rs")
    at_root = source.at(root, 4, 9)
    at_box = source.at(box_new, 50, 3, at_root)
    call = f"%p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(alloc, 95, 9, at_box)}"
    return link(
        source.module(f"""
    declare void @{MARK}()
    define void @root() !dbg {root} {{
      call void @{MARK}(), !dbg {source.at(box_new, 49, 3, at_root)}
      {call if allocates else ""}
      ret void }}""")
    )


def test_an_allocation_that_llvm_removed_is_told_on_request() -> None:
    ((finding, best),) = found(marked(allocates=False), elided=True)
    assert (finding.rule.id, finding.level, finding.detail["elided"]) == ("RF101", Level.NOTE, True)
    assert finding.message == "`box_new` allocates in the source, LLVM removed it (fragile), on every call of `root`"
    assert best.place == ("/own/lib.rs", 4, 9)
    assert found(marked(allocates=False)) == []


def test_an_allocation_that_is_left_is_none_that_was_removed() -> None:
    ((finding, _),) = found(marked(allocates=True), elided=True)
    assert "elided" not in finding.detail

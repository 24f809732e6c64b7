# pyright: basic
# networkx is typed in parts only, and here it is the independent reference.
"""Which marks of cold callees count: by hand on the shapes that rustc leaves, and against networkx on random graphs."""

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.ir_modules import Source, facts_of

from ringfence.graphs.facts import PathClass
from ringfence.pipeline.ir.marks import Guards, Mark, Marked, is_seen, weighs_cold_calls
from ringfence.pipeline.ir.metadata import Metadata

_DECLARED = """
declare void @grow(ptr) #2
declare void @fail(i64, ptr readonly) #2
declare void @_RNvXCs1_4testNtB2_1TNtB2_5Trait4grow(ptr) #2
declare void @work()
declare i1 @open()
"""
_GROW, _FAIL = "void @grow(ptr %box)", "void @fail(i64 7, ptr %box)"
_TRAIT_GROW = "void @_RNvXCs1_4testNtB2_1TNtB2_5Trait4grow(ptr %box)"


def _legacy(*segments: str) -> str:
    """A path in rustc's older mangling."""
    return f"_ZN{''.join(f'{len(each)}{each}' for each in segments)}17h0123456789abcdefE"


_BRANCH = _legacy("_$LT$core..result..Result$u20$as$u20$core..ops..try_trait..Try$GT$", "branch")
_RESIDUAL = _legacy("_$LT$core..result..Result$u20$as$u20$core..ops..try_trait..FromResidual$GT$", "from_residual")
_CLOSURE = _legacy("test", "f", "_$u7b$$u7b$closure$u7d$$u7d$")
_NEW, _OLD = "rustc version 1.95.0 (59807616e 2026-04-14)", "rustc version 1.80.0 (051478957 2024-07-21)"


def class_of_work(code: str, source: Source, producer: str = _NEW, *, is_optimized: bool = True) -> PathClass:
    """The class of the call of ``work`` in the module's function ``f``."""
    number = len(source.nodes)
    named = f'!llvm.ident = !{{!{number}}}\n!{number} = !{{!"{producer}"}}\n'
    text = source.module(code + _DECLARED) + named
    text = text if is_optimized else text.replace("isOptimized: true", "isOptimized: false")
    facts = facts_of(text).function("f")
    (site,) = (site for site in facts.calls if site.callee == "work")
    return facts.places[site.place].path_class


def behind(
    call: str,
    producer: str = _NEW,
    weights: str = "",
    frames: tuple[str, str] = ("", ""),
    *,
    is_optimized: bool = True,
) -> PathClass:
    """The class of what stands behind a call on one side of a branch. ``frames`` are the functions, inlined into ``f``,
    of the branch and of the call."""
    source = Source()
    f = source.subprogram("f", "/own/lib.rs")
    outer = source.at(f, 10, 1)
    scopes = {name: source.subprogram(name, "/own/lib.rs") for name in sorted({*frames} - {""})}
    branch, called = (source.at(scopes[name], 20, 1, outer) if name else source.at(f, 11, 1) for name in frames)
    profile = f", !prof {source.add(weights)}" if weights else ""
    code = f"""define void @f(i1 %some, ptr %out) !dbg {f} {{
      %box = alloca [24 x i8]
      br i1 %some, label %on, label %end{profile}, !dbg {branch}
    on:
      call {call}, !dbg {called}
      call void @work(), !dbg {outer}
      %read = load i64, ptr %box, !dbg {outer}
      store i64 %read, ptr %out, !dbg {outer}
      br label %end, !dbg {outer}
    end:
      ret void, !dbg {outer} }}"""
    return class_of_work(code, source, producer, is_optimized=is_optimized)


def test_a_cold_call_without_the_weights_that_rustc_gives_its_guard_makes_nothing_cold() -> None:
    assert behind(_GROW) is PathClass.HOT


def test_without_optimisation_no_guard_has_weights_and_none_is_folded() -> None:
    assert behind(_GROW, is_optimized=False) is PathClass.COLD


def test_a_guard_that_stands_has_weights_and_makes_what_it_leads_to_cold() -> None:
    assert behind(_GROW, weights='!{!"branch_weights", i32 1, i32 2000}') is PathClass.COLD


@pytest.mark.parametrize("is_weighed", [False, True])
def test_of_several_branches_to_a_cold_call_one_may_have_lost_its_weights(*, is_weighed: bool) -> None:
    source = Source()
    weights = source.add('!{!"branch_weights", i32 0, i32 1}' if is_weighed else '!{!"branch_weights", i32 1, i32 1}')
    code = f"""define void @f(ptr %box, i1 %one) {{
      br i1 %one, label %second, label %slow
    second:
      %two = call i1 @open()
      br i1 %two, label %slow, label %end, !prof {weights}
    slow:
      call void @grow(ptr %box)
      call void @work()
      br label %end
    end:
      ret void }}"""
    assert class_of_work(code, source) is (PathClass.COLD if is_weighed else PathClass.HOT)


def test_the_joined_weights_of_three_conditions_are_still_unlikely() -> None:
    assert behind(_GROW, weights='!{!"branch_weights", i32 6003000, i32 -294967296}') is PathClass.COLD


def test_what_a_profile_counted_once_in_six_hundred_times_is_not_unlikely() -> None:
    source = Source()
    source.nodes[4] = '!{i32 1, !"ProfileSummary", !{}}'
    weights = source.add('!{!"branch_weights", i32 1, i32 600}')
    code = f"""define void @f(i1 %some) {{
      br i1 %some, label %on, label %end, !prof {weights}
    on:
      call void @work()
      br label %end
    end:
      ret void }}"""
    assert class_of_work(code, source) is PathClass.HOT


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (("", ""), PathClass.COLD),
        (("add", "add"), PathClass.COLD),
        (("", "add"), PathClass.HOT),
        (("other", "add"), PathClass.HOT),
        (("", _CLOSURE), PathClass.COLD),
        ((_BRANCH, ""), PathClass.HOT),
        ((_BRANCH, _RESIDUAL), PathClass.COLD),
    ],
    ids=["same function", "same inlined copy", "caller", "another function", "closure", "question mark", "residual"],
)
@pytest.mark.parametrize(
    ("call", "producer"), [(_TRAIT_GROW, _NEW), (_GROW, _OLD)], ids=["a trait's method", "an older compiler"]
)
def test_a_mark_that_rustc_does_not_weigh_counts_in_the_frame_of_its_guard(
    call: str, producer: str, frames: tuple[str, str], expected: PathClass
) -> None:
    assert behind(call, producer, frames=frames) is expected


def test_what_only_makes_a_value_is_cold_behind_any_guard() -> None:
    assert behind(_FAIL, frames=("", "add")) is PathClass.COLD


def test_what_only_makes_a_value_is_not_cold_behind_a_question_mark() -> None:
    assert behind(_FAIL, frames=(_BRANCH, "add")) is PathClass.HOT


def test_a_value_that_is_passed_in_memory_and_not_used_again_is_no_container() -> None:
    code = """define void @f(i1 %some) {
      %error = alloca [24 x i8]
      br i1 %some, label %on, label %end
    on:
      call void @work()
      call void @grow(ptr %error)
      call void @llvm.lifetime.end.p0(ptr %error)
      br label %end
    end:
      ret void }
    declare void @llvm.lifetime.end.p0(ptr)"""
    assert class_of_work(code, Source()) is PathClass.COLD


@pytest.mark.parametrize("is_cold_itself", [False, True], ids=["inferred", "by its own ways"])
def test_a_function_that_always_grows_something_is_not_cold_for_that(*, is_cold_itself: bool) -> None:
    body = "br i1 %full, label %grow, label %end" if is_cold_itself else "br label %grow"
    code = f"""define void @f(i1 %some, i64 %n) {{
      br i1 %some, label %on, label %end
    on:
      call void @made(i1 %some)
      call void @work()
      br label %end
    end:
      ret void }}
    define void @made(i1 %full) #2 {{
    start:
      %box = alloca [24 x i8]
      {body}
    grow:
      call {_GROW}
      br label %end
    end:
      ret void }}"""
    assert class_of_work(code, Source()) is (PathClass.COLD if is_cold_itself else PathClass.HOT)


@pytest.mark.parametrize("is_rotated", [False, True])
def test_the_turns_of_a_loop_are_not_unlikely_for_a_cold_call_in_each(*, is_rotated: bool) -> None:
    source = Source()
    f = source.subprogram("f", "/own/lib.rs")
    asked, body = source.at(f, 2), source.at(f, 3)
    first = f"br i1 %some, label %turn, label %end, !dbg {asked}" if is_rotated else "br label %head"
    head = "" if is_rotated else f"head:\n br i1 %some, label %turn, label %end, !dbg {asked}"
    latch = f"br i1 %some, label %turn, label %end, !dbg {asked}" if is_rotated else "br label %head"
    code = f"""define void @f(i1 %some) !dbg {f} {{
      {first}
    {head}
    turn:
      call void @fail(i64 1, ptr null), !dbg {body}
      call void @work(), !dbg {body}
      {latch}
    end:
      ret void }}"""
    assert class_of_work(code, source) is PathClass.HOT


@pytest.mark.parametrize(
    ("producer", "expected"),
    [(_NEW, True), (_OLD, False), ("rustc version 2.0.0", True), ("clang version 22.1.0", False), ("", False)],
)
def test_the_compiler_that_weighs_cold_calls_is_known_by_its_version(producer: str, *, expected: bool) -> None:
    assert weighs_cold_calls(producer.encode()) is expected


def test_rustc_sees_the_marks_of_functions_and_inherent_methods() -> None:
    assert is_seen(_legacy("test", "grow"))
    assert is_seen("_RNvMCs1_4testNtB2_1T4grow")
    assert not is_seen("_RNvXCs1_4testNtB2_1TNtB2_5Trait4grow")
    assert not is_seen(_CLOSURE)


@st.composite
def acyclic_graphs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(min_value=2, max_value=12))
    later = [st.lists(st.integers(min_value=block + 1, max_value=count - 1), max_size=3) for block in range(count - 1)]
    return [*(draw(targets) for targets in later), []]


@given(acyclic_graphs())
@settings(max_examples=300, deadline=None)
def test_a_block_is_guarded_exactly_if_it_has_a_postdominance_frontier(successors: list[list[int]]) -> None:
    returns = [block for block, targets in enumerate(successors) if not targets]
    backward: networkx.DiGraph[object] = networkx.DiGraph()
    backward.add_edges_from(("exit", block) for block in returns)
    backward.add_edges_from((target, block) for block, targets in enumerate(successors) for target in targets)
    forward: networkx.DiGraph[int] = networkx.DiGraph(
        (block, target) for block, targets in enumerate(successors) for target in targets
    )
    forward.add_node(0)
    entered = networkx.descendants(forward, 0) | {0}
    frontiers = networkx.dominance_frontiers(backward.subgraph([*entered, "exit"]), "exit")
    guards = Guards(successors, [()] * len(successors), returns, lambda _: -1, Metadata([]))
    marks = {block: [Marked(Mark.FREE, -1)] for block in entered}
    assert set(guards.counting(marks)) == {block for block in entered if frontiers.get(block)}

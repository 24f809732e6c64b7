# pyright: basic
# networkx is typed in parts only, and here it is the independent reference.
"""How blocks are reached: by hand on the shapes that rustc emits, and against networkx on random graphs."""

from collections.abc import Mapping

import networkx
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.graphs.facts import PathClass
from ringfence.pipeline.ir.blocks import BlockClasses, ControlFlow, Ending, classify

RETURN, UNREACHABLE, BRANCH = Ending.RETURN, Ending.UNREACHABLE, Ending.BRANCH


def classified(
    successors: list[list[int]],
    endings: dict[int, Ending],
    unlikely: dict[int, tuple[int, ...]] | None = None,
    cold: tuple[int, ...] = (),
    flags: tuple[int, ...] = (),
    works: tuple[int, ...] = (),
) -> BlockClasses:
    count = len(successors)
    return classify(
        ControlFlow(
            successors,
            [(unlikely or {}).get(block, ()) for block in range(count)],
            [endings.get(block, BRANCH) for block in range(count)],
            [block in cold for block in range(count)],
            [block in flags for block in range(count)],
            [block in works for block in range(count)],
            [False] * count,
        )
    )


def test_a_straight_line_is_hot_and_always_executed() -> None:
    answer = classified([[1], []], {1: RETURN})
    assert list(answer.classes) == [PathClass.HOT, PathClass.HOT]
    assert list(answer.always) == [True, True]


def test_one_arm_of_a_branch_is_hot_but_not_always_executed() -> None:
    answer = classified([[1, 2], [3], [3], []], {3: RETURN})
    assert list(answer.always) == [True, False, False, True]
    assert set(answer.classes) == {PathClass.HOT}


def test_a_block_that_ends_unreachable_is_panic_and_so_is_what_only_leads_there() -> None:
    answer = classified([[1, 2], [3], [], []], {2: RETURN, 3: UNREACHABLE})
    assert answer.classes[1] is PathClass.PANIC
    assert answer.classes[3] is PathClass.PANIC
    assert answer.always[2]


def test_a_landing_pad_is_panic_because_no_normal_edge_leads_to_it() -> None:
    answer = classified([[1], [], [3], []], {1: RETURN, 3: UNREACHABLE})
    assert answer.classes[2] is PathClass.PANIC


def test_an_unlikely_edge_makes_its_target_cold_but_not_the_join() -> None:
    answer = classified([[1, 2], [2], []], {2: RETURN}, unlikely={0: (0,)})
    assert list(answer.classes) == [PathClass.HOT, PathClass.COLD, PathClass.HOT]


def test_a_block_that_calls_cold_is_cold_and_so_is_what_inevitably_leads_to_it() -> None:
    answer = classified([[1, 3], [2], [3], []], {3: RETURN}, cold=(2,))
    assert answer.classes[1] is PathClass.COLD
    assert answer.classes[2] is PathClass.COLD
    assert answer.classes[3] is PathClass.HOT


def test_what_always_happens_is_not_cold_even_if_it_calls_cold() -> None:
    answer = classified([[1], []], {1: RETURN}, cold=(0,))
    assert list(answer.classes) == [PathClass.HOT, PathClass.HOT]


def test_an_event_loop_that_never_returns_is_hot_and_its_loop_body_always_executed() -> None:
    answer = classified([[1], [2, 3], [1], []], {3: UNREACHABLE})
    assert answer.classes[2] is PathClass.HOT
    assert answer.always[2]
    assert answer.depths[2] == 1
    assert answer.classes[3] is PathClass.PANIC


def test_nested_loops_count_their_depth() -> None:
    answer = classified([[1], [2, 4], [3, 1], [2], []], {4: RETURN})
    assert list(answer.depths) == [0, 1, 2, 2, 0]


def test_a_loop_beside_a_return_is_not_cold_because_it_never_leaves() -> None:
    answer = classified([[1, 2], [1], []], {2: RETURN})
    assert answer.classes[1] is PathClass.HOT


def test_a_hundred_thousand_blocks_in_a_row_do_not_exhaust_the_stack() -> None:
    count = 100_000
    successors = [[block + 1] for block in range(count - 1)] + [[]]
    answer = classified(successors, {count - 1: RETURN})
    assert all(answer.always)


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(min_value=1, max_value=12))
    targets = st.lists(st.integers(min_value=0, max_value=count - 1), max_size=3)
    return [draw(targets) for _ in range(count)]


@given(graphs())
@settings(max_examples=300)
def test_always_agrees_with_the_dominators_of_a_common_exit(successors: list[list[int]]) -> None:
    returns = [block for block, targets in enumerate(successors) if not targets]
    answer = classified(successors, dict.fromkeys(returns, RETURN))
    graph: networkx.DiGraph[object] = networkx.DiGraph(
        (block, target) for block, targets in enumerate(successors) for target in targets
    )
    graph.add_node(0)
    reachable = networkx.descendants(graph, 0) | {0}
    graph.add_edges_from((block, "exit") for block in returns if block in reachable)
    if not graph.has_node("exit") or not networkx.has_path(graph, 0, "exit"):
        return
    immediate = networkx.immediate_dominators(graph, 0)
    expected: set[object] = set()
    block: object = immediate["exit"]
    while block not in expected and block is not None:
        expected.add(block)
        block = immediate.get(block)
    expected.add(0)
    assert {number for number, always in enumerate(answer.always) if always} == expected


@given(graphs())
@settings(max_examples=500)
def test_loop_depths_agree_with_a_count_of_natural_loops(successors: list[list[int]]) -> None:
    graph: networkx.DiGraph[int] = networkx.DiGraph(
        (block, target) for block, targets in enumerate(successors) for target in targets
    )
    graph.add_node(0)
    entered = graph.subgraph(networkx.descendants(graph, 0) | {0})
    immediate = networkx.immediate_dominators(entered, 0)
    expected = [0] * len(successors)
    for header in entered:
        tails = {source for source in entered.predecessors(header) if dominates(immediate, header, source)}
        without = entered.subgraph(set(entered) - {header})
        body = {header, *tails}.union(*(networkx.ancestors(without, tail) for tail in tails - {header}))
        for block in body if tails else ():
            expected[block] += 1
    answer = classified(successors, {})
    assert [answer.depths[block] for block in sorted(entered)] == [expected[block] for block in sorted(entered)]


def dominates(immediate: Mapping[int, int | None], header: int, block: int | None) -> bool:
    while block is not None and block != header and immediate.get(block) != block:
        block = immediate.get(block)
    return block == header


def test_a_hundred_thousand_loops_in_one_another_take_no_quadratic_time() -> None:
    count = 100_000
    successors = [[block + 1, max(0, block - 7)] for block in range(count - 1)] + [[]]
    assert max(classified(successors, {count - 1: RETURN}).depths) == count - 8


@given(graphs())
@settings(max_examples=300)
def test_a_block_is_panic_exactly_if_it_is_not_entered_or_leads_to_no_return_and_no_cycle(
    successors: list[list[int]],
) -> None:
    ends = [block for block, targets in enumerate(successors) if not targets]
    returns = ends[::2]
    answer = classified(successors, {block: RETURN if block in returns else UNREACHABLE for block in ends})
    graph: networkx.DiGraph[object] = networkx.DiGraph(
        (block, target) for block, targets in enumerate(successors) for target in targets
    )
    graph.add_nodes_from(range(len(successors)))
    entered = networkx.descendants(graph, 0) | {0}
    cyclic = {
        block for block in graph if any(block in networkx.descendants(graph, after) | {after} for after in graph[block])
    }
    goals = (set(returns) | cyclic) & entered
    live = {block for block in graph if (networkx.descendants(graph, block) | {block}) & goals}
    for block, path_class in enumerate(answer.classes):
        assert (path_class is PathClass.PANIC) == (block not in entered or block not in live)


LOOP_UNTIL = [[1], [2, 3], [1], []]
"""Entry, a header that asks, a body, a return."""


def test_a_loop_of_work_that_a_flag_ends_makes_a_function_that_stops_at_a_flag() -> None:
    assert classified(LOOP_UNTIL, {3: RETURN}, flags=(1,), works=(2,)).stops_at_flag


def test_a_loop_that_only_waits_for_a_flag_is_none() -> None:
    assert not classified(LOOP_UNTIL, {3: RETURN}, flags=(1,)).stops_at_flag


def test_a_loop_that_something_else_can_end_too_is_none() -> None:
    assert not classified([[1], [2, 3], [1, 3], []], {3: RETURN}, flags=(1,), works=(2,)).stops_at_flag


def test_a_way_out_by_panic_does_not_count() -> None:
    panics = [[1], [2, 3], [1, 4], [], []]
    assert classified(panics, {3: RETURN, 4: UNREACHABLE}, flags=(1,), works=(2,)).stops_at_flag

"""Components, numbers of ways and dominators, against networkx and against counting by hand."""

from itertools import pairwise

import networkx
from hypothesis import given
from hypothesis import strategies as st

from ringfence.graphs.cuts import (
    MOST_WAYS,
    components,
    dominators_of,
    immediate_dominators,
    reaching,
    ways_from,
    ways_to,
)

MOST_NODES = 9


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    """Small graphs with parallel edges, loops and circles."""
    count = draw(st.integers(1, MOST_NODES))
    return draw(st.lists(st.lists(st.integers(0, count - 1), max_size=4), min_size=count, max_size=count))


def as_networkx(graph: list[list[int]]) -> "networkx.DiGraph[int]":
    made: networkx.DiGraph[int] = networkx.DiGraph()
    made.add_nodes_from(range(len(graph)))
    made.add_edges_from((node, successor) for node, successors in enumerate(graph) for successor in successors)
    return made


def ways(graph: list[list[int]], start: int, goal: int) -> int:
    """Numbers of ways between the components of two nodes, one at a time."""
    order = components(graph)
    component_of = {node: number for number, nodes in enumerate(order) for node in nodes}

    def count(component: int) -> int:
        if component == component_of[goal]:
            return 1
        leaving = [component_of[successor] for node in order[component] for successor in graph[node]]
        return sum(count(each) for each in leaving if each != component)

    return count(component_of[start])


@given(graphs())
def test_components_are_those_of_networkx_callees_first(graph: list[list[int]]) -> None:
    found = components(graph)
    expected = networkx.strongly_connected_components(as_networkx(graph))
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected))
    number = {node: position for position, nodes in enumerate(found) for node in nodes}
    assert all(number[successor] <= number[node] for node in number for successor in graph[node])


@given(graphs())
def test_dominators_are_those_of_networkx(graph: list[list[int]]) -> None:
    found = immediate_dominators(graph, 0)
    expected = networkx.immediate_dominators(as_networkx(graph), 0)
    assert {node: found[node] for node in expected if node} == {node: expected[node] for node in expected if node}
    assert {node for node, dominator in enumerate(found) if dominator < 0} == set(range(len(graph))) - {0, *expected}


@given(graphs())
def test_whoever_is_taken_out_puts_what_it_dominates_out_of_reach(graph: list[list[int]]) -> None:
    dominators = immediate_dominators(graph, 0)
    for node in range(1, len(graph)):
        for above in [each for each in dominators_of(node, dominators) if each not in (0, node)]:
            cut = [[] if number == above else successors for number, successors in enumerate(graph)]
            assert 0 not in reaching(cut, [node])


@given(graphs(), st.data())
def test_ways_counted_from_either_end_are_as_many_as_one_can_walk(graph: list[list[int]], data: st.DataObject) -> None:
    goal = data.draw(st.integers(0, len(graph) - 1))
    order = components(graph)
    expected = ways(graph, 0, goal)
    assert ways_from(graph, order, 0)[goal] == expected
    assert ways_to(graph, order, {goal: {"goal": 1}})[0].get("goal", 0) == expected


def test_counting_ends_at_a_billion() -> None:
    doubling = [[node + 1, node + 1] for node in range(100)]
    graph: list[list[int]] = [*doubling, []]
    assert ways_from(graph, components(graph), 0)[100] == MOST_WAYS
    assert ways_to(graph, components(graph), {100: {"end": 1}})[0] == {"end": MOST_WAYS}


def test_a_chain_deeper_than_pythons_stack_is_walked() -> None:
    depth = 20_000
    graph: list[list[int]] = [*([node + 1] for node in range(depth)), []]
    assert len(components(graph)) == depth + 1
    chain = list(dominators_of(depth, immediate_dominators(graph, 0)))
    assert all(above == node - 1 for node, above in pairwise(chain))

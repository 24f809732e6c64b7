"""Where a call graph can be cut: strong components, numbers of ways, dominators.

A *graph* is a list: ``graph[node]`` are the successors of ``node``, one for each edge. Parallel edges are told apart.

1. *Components*: the strongly connected components, callees before callers (Tarjan, *Depth-first search and linear graph
   algorithms*, 1972).
2. A *way* is a sequence of edges of the graph in which each component is one node. A cycle of calls can be gone around
   any number of times, so what happens inside of a component is not counted: recursion counts once.
3. Numbers of ways grow exponentially with the depth: they end at `MOST_WAYS`, which then means "as many or more".
4. A node *dominates* another if every way from the start to the other passes through it; take it out, and the other is
   out of reach. Each node's *immediate dominator* is the nearest one (Cooper, Harvey and Kennedy, *A Simple, Fast
   Dominance Algorithm*, 2001).
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Graph = Sequence[Sequence[int]]

MOST_WAYS = 1_000_000_000
"""Clause 3."""


def components(graph: Graph) -> list[list[int]]:
    """Clause 1: each node in exactly one component."""
    search = _Components(graph)
    for node in range(len(graph)):
        if search.index[node] < 0:
            search.visit(node)
    return search.found


def ways_to(
    graph: Graph, order: Sequence[Sequence[int]], ends: Mapping[int, Mapping[Hashable, int]]
) -> list[Mapping[Hashable, int]]:
    """For each node, how many ways lead to an end of each kind; ``ends`` tells how many a node has of itself, and
    ``order`` are the graph's `components`."""
    of_node: list[Mapping[Hashable, int]] = [{}] * len(graph)
    component_of = _component_of(graph, order)
    for number, component in enumerate(order):
        total: dict[Hashable, int] = {}
        for node in component:
            _add(total, ends.get(node, {}))
            for successor in graph[node]:
                if component_of[successor] != number:
                    _add(total, of_node[successor])
        for node in component:
            of_node[node] = total
    return of_node


def ways_from(graph: Graph, order: Sequence[Sequence[int]], start: int) -> list[int]:
    """For each node, how many ways lead to it from ``start``; 0 where none does."""
    component_of = _component_of(graph, order)
    ways = [0] * len(order)
    ways[component_of[start]] = 1
    for number in range(component_of[start], -1, -1):
        if not ways[number]:
            continue
        for node in order[number]:
            for successor in graph[node]:
                target = component_of[successor]
                if target != number:
                    ways[target] = min(ways[target] + ways[number], MOST_WAYS)
    return [ways[component_of[node]] for node in range(len(graph))]


def immediate_dominators(graph: Graph, start: int) -> list[int]:
    """Clause 4: the immediate dominator of each node; of ``start`` itself; -1 for what it does not reach."""
    postorder = _postorder(graph, start)
    number = {node: position for position, node in enumerate(postorder)}
    predecessors: list[list[int]] = [[] for _ in graph]
    for node in postorder:
        for successor in graph[node]:
            predecessors[successor].append(node)
    dominators = [-1] * len(graph)
    dominators[start] = start
    changed = True
    while changed:
        changed = False
        for node in reversed(postorder[:-1]):
            known = [each for each in predecessors[node] if dominators[each] >= 0]
            nearest = known[0]
            for each in known[1:]:
                nearest = _common(nearest, each, dominators, number)
            changed = changed or dominators[node] != nearest
            dominators[node] = nearest
    return dominators


def dominators_of(node: int, dominators: Sequence[int]) -> Iterator[int]:
    """The node and everything that dominates it, nearest first; nothing for what is out of reach."""
    if dominators[node] < 0:
        return
    while True:
        yield node
        above = dominators[node]
        if above == node:
            return
        node = above


def reaching(graph: Graph, goals: Iterable[int]) -> set[int]:
    """The goals, and every node that some way leads from to a goal."""
    predecessors: list[list[int]] = [[] for _ in graph]
    for node, successors in enumerate(graph):
        for successor in successors:
            predecessors[successor].append(node)
    return reached_from(predecessors, goals)


def reached_from(graph: Graph, starts: Iterable[int]) -> set[int]:
    """The starts, and every node that some way leads to from one."""
    found = set(starts)
    stack = list(found)
    while stack:
        for successor in graph[stack.pop()]:
            if successor not in found:
                found.add(successor)
                stack.append(successor)
    return found


def _common(first: int, second: int, dominators: Sequence[int], number: Mapping[int, int]) -> int:
    while first != second:
        while number[first] < number[second]:
            first = dominators[first]
        while number[second] < number[first]:
            second = dominators[second]
    return first


def _postorder(graph: Graph, start: int) -> list[int]:
    seen = {start}
    order: list[int] = []
    stack = [(start, iter(graph[start]))]
    while stack:
        node, remaining = stack[-1]
        successor = next((each for each in remaining if each not in seen), None)
        if successor is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(successor)
            stack.append((successor, iter(graph[successor])))
    return order


def _component_of(graph: Graph, order: Sequence[Sequence[int]]) -> list[int]:
    component_of = [-1] * len(graph)
    for number, component in enumerate(order):
        for node in component:
            component_of[node] = number
    return component_of


def _add(total: dict[Hashable, int], more: Mapping[Hashable, int]) -> None:
    for kind, number in more.items():
        total[kind] = min(total.get(kind, 0) + number, MOST_WAYS)


@dataclass(slots=True)
class _Components:
    """Tarjan's search with a stack of its own: call chains are deeper than Python's."""

    graph: Graph
    found: list[list[int]] = field(default_factory=list[list[int]])
    index: list[int] = field(init=False)
    _low: list[int] = field(init=False)
    _is_open: list[bool] = field(init=False)
    _open: list[int] = field(default_factory=list[int])
    _count: int = 0

    def __post_init__(self) -> None:
        count = len(self.graph)
        self.index, self._low, self._is_open = [-1] * count, [0] * count, [False] * count

    def visit(self, start: int) -> None:
        stack = [self._enter(start)]
        while stack:
            node, remaining = stack[-1]
            successor = next(remaining, None)
            if successor is None:
                stack.pop()
                self._leave(node)
                if stack:
                    above = stack[-1][0]
                    self._low[above] = min(self._low[above], self._low[node])
            elif self.index[successor] < 0:
                stack.append(self._enter(successor))
            elif self._is_open[successor]:
                self._low[node] = min(self._low[node], self.index[successor])

    def _enter(self, node: int) -> tuple[int, Iterator[int]]:
        self.index[node] = self._low[node] = self._count
        self._count += 1
        self._open.append(node)
        self._is_open[node] = True
        return node, iter(self.graph[node])

    def _leave(self, node: int) -> None:
        if self._low[node] != self.index[node]:
            return
        component: list[int] = []
        while not component or component[-1] != node:
            component.append(self._open.pop())
            self._is_open[component[-1]] = False
        self.found.append(component)

"""How the call chains to one finding differ from its best one.

The graph of a finding holds, of everything that its root reaches, what lies on a way to its sinks. Its nodes are
functions, told apart by whether the chain grows a container so far, and by whether it has passed the finding's anchor:
below the anchor no call with a frame of the user's own is taken, because its chain would belong to another finding.

A chain other than the best one leaves it at some call, the first that differs. At each function of the best chain, the
calls that leave it there are told with the numbers of chains that they begin (`ringfence.graphs.cuts`, clause 2;
functions that call each other in a circle are one, so the calls that leave any of them are told together). All these
numbers and the best chain itself add up to the number of all chains.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from ringfence.graphs.chains import Signature, distinct_links, distinct_sites, signature
from ringfence.graphs.cuts import (
    MOST_WAYS,
    components,
    reaching,
    ways_to,
)
from ringfence.graphs.facts import Frame
from ringfence.graphs.folding import Expression, Folding
from ringfence.graphs.hotpath import Anchored, HotPath, SinkSite, via
from ringfence.graphs.program import Function
from ringfence.graphs.search import Link, Ways

P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Calls, or events, that leave the best chain at one position of the source, and how many chains they begin."""

    function: Function
    """In whose body they stand."""
    frame: Frame | None
    """Where they differ from what the best chain does: the outermost frame of the inline chain that does."""
    depth: int
    """How deep in the inline chain that frame stands; the function itself is 0."""
    calls: str
    """Path of the function that is called there; of a sink without a frame of its own, nothing."""
    via: str
    """How that function is entered, as `ringfence.graphs.hotpath.Hop` tells it."""
    chains: int


@dataclass(frozen=True, slots=True)
class Branches:
    """All chains of one finding, seen from its best one."""

    chains: int
    leaving: Mapping[int, tuple[Alternative, ...]]
    """By position of the function in the best chain, counted from the root; most chains first."""


_Node = tuple[int, bool, bool]
"""Function, grows, below the anchor."""

_Identity = tuple[_Node | None, Signature, object]
"""What tells the steps of a node from each other: target, position, payload of a sink."""

_Taken = tuple[int, _Identity]
"""A node, and the step that the best chain takes there."""


@dataclass(frozen=True, slots=True)
class _Step(Generic[P]):
    """One edge of the graph; ``target`` is None at a sink."""

    target: _Node | None
    signature: Signature
    link: Link | None
    site: SinkSite[P] | None


@dataclass(slots=True)
class _Graph(Generic[P]):
    """The graph as it is discovered: node 0 is the start, the last one all sinks together."""

    nodes: list[_Node] = field(default_factory=list[_Node])
    number: dict[_Node, int] = field(default_factory=dict[_Node, int])
    steps: list[list[_Step[P]]] = field(default_factory=list[list[_Step[P]]])

    def add(self, node: _Node) -> None:
        if node not in self.number:
            self.number[node] = len(self.nodes)
            self.nodes.append(node)

    def successors(self) -> list[list[int]]:
        sink = len(self.nodes)
        of_nodes = [[self.number[each.target] if each.target else sink for each in steps] for steps in self.steps]
        return [*of_nodes, []]


def branches(
    best: Anchored[P],
    root: Function,
    hot_path: HotPath,
    ways: Ways,
    sinks: Mapping[int, Sequence[SinkSite[P]]],
    folding: Folding[P],
) -> Branches:
    """Everything that leads to a finding of a root, from the ``ways`` and ``sinks`` that it was found with."""
    graph = _discover(_Finder(best, root.id, hot_path, ways, sinks, folding))
    successors = graph.successors()
    sink = len(graph.nodes)
    useful = reaching(successors, [sink])
    order = components(successors)
    counts = [each.get("", 0) for each in ways_to(successors, order, {sink: {"": 1}})]
    component_of = {node: number for number, component in enumerate(order) for node in component}
    trail = _trail(best, graph, hot_path)
    leaving: dict[int, tuple[Alternative, ...]] = {}
    for position, (node, _) in enumerate(trail):
        here = component_of[node]
        if position and component_of[trail[position - 1][0]] == here:
            continue
        # The chain leaves the component at the last of its functions.
        taken = next(step for step in reversed(trail) if component_of[step[0]] == here)
        others = (
            (each, step, counts[target])
            for each in order[here]
            for step, target in zip(graph.steps[each], successors[each], strict=True)
            if component_of[target] != here and target in useful and (each, _identity(step)) != taken
        )
        grouped = _grouped(others, graph, taken, hot_path)
        if grouped:
            leaving[position] = grouped
    return Branches(counts[0], leaving)


def _grouped(
    others: Iterable[tuple[int, "_Step[P]", int]], graph: "_Graph[P]", taken: "_Taken", hot_path: HotPath
) -> tuple[Alternative, ...]:
    """One for each position of the source and callee; most chains first."""
    best_function = graph.nodes[taken[0]][0]
    best_signature = taken[1][1][::-1]
    found: dict[tuple[object, ...], Alternative] = {}
    for node, step, chains in others:
        function = hot_path.function(graph.nodes[node][0])
        depth = _first_difference(step.signature[::-1], best_signature) if function.id == best_function else 0
        each = _alternative(function, step, depth, chains, hot_path)
        position = (each.frame.subprogram, each.frame.line, each.frame.column) if each.frame else None
        key = function.id, depth, position, each.calls
        known = found.get(key)
        total = min(chains + (known.chains if known else 0), MOST_WAYS)
        found[key] = replace(each, chains=total)
    return tuple(sorted(found.values(), key=_rank))


def _first_difference(chain: Signature, best: Signature) -> int:
    """Position of the outermost frame that differs; the innermost one where only the callee does."""
    pairs = enumerate(zip(chain, best, strict=False))
    return next((at for at, (one, other) in pairs if one != other), max(min(len(chain), len(best)) - 1, 0))


def _alternative(function: Function, step: "_Step[P]", depth: int, chains: int, hot_path: HotPath) -> Alternative:
    location = step.link.edge.site.location if step.link else step.site.location if step.site else -1
    frames = function.chain(location)[::-1]
    frame = frames[depth] if depth < len(frames) else None
    if depth + 1 < len(frames):
        return Alternative(function, frame, depth, function.name_of(frames[depth + 1]), "inline", chains)
    if step.link:
        edge = step.link.edge
        return Alternative(function, frame, depth, hot_path.function(edge.callee).name, via(edge), chains)
    return Alternative(function, frame, depth, "", "call", chains)


def _rank(each: Alternative) -> tuple[int, str, tuple[int, int], str]:
    position = (each.frame.line, each.frame.column) if each.frame else (0, 0)
    return -each.chains, each.function.name, position, each.calls


def _identity(step: "_Step[P]") -> "_Identity":
    return step.target, step.signature, step.site.payload if step.site else None


@dataclass(frozen=True, slots=True)
class _Finder(Generic[P]):
    """The edges of one finding's graph."""

    best: Anchored[P]
    root: int
    hot_path: HotPath
    ways: Ways
    sinks: Mapping[int, Sequence[SinkSite[P]]]
    folding: Folding[P]

    def steps(self, node: _Node) -> Iterator[_Step[P]]:
        number, grows, is_below = node
        function = self.hot_path.function(number)
        for site in distinct_sites(function, self.sinks.get(number, ())):
            group = self.folding.kind_of(site.payload, grows or site.site_class.grows)
            if group == self.best.group and self._is_end(function, site, is_below=is_below):
                yield _Step(None, signature(function, site.location), None, site)
        for link in distinct_links(function, self.ways.links(number)):
            location = link.edge.site.location
            is_anchored = link.is_anchored or number == self.root
            position = signature(function, location)
            after = grows or link.site.grows
            if is_below:
                if not link.is_anchored:
                    yield _Step((link.edge.callee, after, True), position, link, None)
                continue
            yield _Step((link.edge.callee, after, False), position, link, None)
            if is_anchored and self._expression(function, location, link) == self.best.expression:
                yield _Step((link.edge.callee, after, True), position, link, None)

    def _is_end(self, function: Function, site: SinkSite[P], *, is_below: bool) -> bool:
        expression = self.folding.of_event(self.hot_path.classifier, function, site.location, site.payload)
        if is_below:
            return expression[0] is None
        return expression == self.best.expression and (expression[0] is not None or function.id == self.root)

    def _expression(self, function: Function, location: int, link: Link) -> Expression:
        call = link.edge, self.hot_path.function(link.edge.callee)
        return self.folding.expression(self.hot_path.classifier, function, location, call)


def _discover(finder: _Finder[P]) -> _Graph[P]:
    graph: _Graph[P] = _Graph()
    graph.add((finder.root, False, False))
    for node in graph.nodes:
        steps = list(finder.steps(node))
        graph.steps.append(steps)
        for step in steps:
            if step.target is not None:
                graph.add(step.target)
    return graph


def _trail(best: Anchored[P], graph: _Graph[P], hot_path: HotPath) -> list[_Taken]:
    """The nodes of the best chain, each with the step that it takes."""
    trail: list[_Taken] = []
    node = graph.nodes[0]
    for position, edge in enumerate(best.calls):
        function = hot_path.function(edge.caller)
        grows = node[1] or hot_path.classifier.of_call(function, edge.site).grows
        target = edge.callee, grows, position >= best.calls_above
        trail.append((graph.number[node], (target, signature(function, edge.site.location), None)))
        node = target
    function = hot_path.function(best.site.function)
    trail.append((graph.number[node], (None, signature(function, best.site.location), best.site.payload)))
    return trail

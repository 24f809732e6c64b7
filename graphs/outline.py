"""The calls that the user's own code writes, and what is out of reach when one of them is removed.

The *outline* of a root is a graph of functions and of *places*: positions in the user's own source. A call leads from
its function to the outermost own frame of its inline chain, on to the next, and from the innermost (its anchor) to the
callee; one without such a frame leads straight to the callee.

1. A place is one node, however often LLVM copied the code there: who removes the line removes all copies.
2. Removing a place puts out of reach what it dominates (`ringfence.graphs.cuts`, clause 4). Because copies are joined,
   ways appear that no single copy has; so less may be told than would be true, never more.
3. A place without a column cannot be told from its neighbours on the line; it is no place to cut at.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Generic, TypeVar

from ringfence.graphs.classes import AnchorPlace
from ringfence.graphs.cuts import dominators_of, immediate_dominators
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.program import Function
from ringfence.graphs.search import Ways

P = TypeVar("P", bound=Hashable)

_Node = int | AnchorPlace
"""A function by number, or a place."""


class Outlines(Generic[P]):
    """Made once, asked for each root."""

    def __init__(self, hot_path: HotPath, ways: Ways, sinks: Mapping[int, Sequence[SinkSite[P]]]) -> None:
        self._hot_path = hot_path
        self._classifier = hot_path.classifier
        self._ways = ways
        self._sinks = sinks
        self._edges: dict[int, tuple[tuple[_Node, _Node], ...]] = {}

    def of(self, root: Function) -> "Outline":
        """The outline of what one root reaches."""
        successors: dict[_Node, dict[_Node, None]] = defaultdict(dict)
        reached = {root.id}
        stack = [root.id]
        while stack:
            function = stack.pop()
            for source, target in self._edges_of(function):
                successors[source][target] = None
                if isinstance(target, int) and target not in reached:
                    reached.add(target)
                    stack.append(target)
        return Outline(root.id, successors)

    def _edges_of(self, number: int) -> tuple[tuple[_Node, _Node], ...]:
        known = self._edges.get(number)
        if known is None:
            known = self._edges[number] = tuple(dict.fromkeys(self._find_edges(number)))
        return known

    def _find_edges(self, number: int) -> Iterator[tuple[_Node, _Node]]:
        function = self._hot_path.function(number)
        places: dict[int, tuple[AnchorPlace, ...]] = {}
        for link in self._ways.links(number):
            location = link.edge.site.location
            if location not in places:
                places[location] = self._places(function, location)
            nodes: tuple[_Node, ...] = (number, *places[location], link.edge.callee)
            yield from pairwise(nodes)
        for site in self._sinks.get(number, ()):
            nodes = (number, *self._places(function, site.location))
            yield from pairwise(nodes)

    def _places(self, function: Function, location: int) -> tuple[AnchorPlace, ...]:
        """The own frames around an event, outermost first, down to its anchor."""
        anchor = self._classifier.anchor(function, location)
        if anchor is None:
            return ()
        frames = reversed(function.chain(location)[anchor:])
        own = (frame for frame in frames if self._classifier.is_own_frame(function, frame))
        return tuple((function.file_of(frame), frame.line, frame.column) for frame in own)


class Outline:
    """What lies behind which place below one root."""

    def __init__(self, root: int, successors: Mapping[_Node, Iterable[_Node]]) -> None:
        nodes = list(dict.fromkeys([root, *successors, *(each for targets in successors.values() for each in targets)]))
        self._nodes = nodes
        self._number = {node: number for number, node in enumerate(nodes)}
        graph = [[self._number[target] for target in successors.get(node, ())] for node in nodes]
        self._dominators = immediate_dominators(graph, self._number[root])

    def cuts(self, place: AnchorPlace) -> list[AnchorPlace]:
        """The places that every way to this one passes through, the nearest to the root first, itself last; each can
        be cut to put it out of reach."""
        number = self._number.get(place)
        if number is None:
            return []
        nodes = (self._nodes[each] for each in dominators_of(number, self._dominators))
        return [node for node in nodes if not isinstance(node, int) and node[2]][::-1]

    def removed(self, places: AbstractSet[AnchorPlace]) -> dict[AnchorPlace, set[AnchorPlace]]:
        """For each place that is a cut of some of these, which of them it puts out of reach."""
        removed: dict[AnchorPlace, set[AnchorPlace]] = defaultdict(set)
        for place in places:
            for cut in self.cuts(place):
                removed[cut].add(place)
        return dict(removed)

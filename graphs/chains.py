"""How many call chains lead from a root to what lies below each anchor, by expression and kind
(`ringfence.graphs.folding`, clause 4).

A chain is the sequence of call sites from the root to a sink (`ringfence.graphs.cuts`, clauses 2 and 3: recursion
counts once). Two call sites are the same where caller, callee and the source positions of all inlined frames are: LLVM
copies calls when it unrolls loops and threads jumps, the source has them once.

Every chain has one anchor, the last call or event on it with a frame of the user's own
(`ringfence.graphs.hotpath`, clauses 1 to 3), so the numbers below all anchors add up. What a chain ends in may depend
on whether it grows a container; a function stands in the graph once for each.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ringfence.graphs.cuts import MOST_WAYS, Graph, components, ways_from, ways_to
from ringfence.graphs.folding import Expression, Folding
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.program import Function
from ringfence.graphs.search import Link, Ways

P = TypeVar("P", bound=Hashable)

Signature = tuple[tuple[int, int, int], ...]
"""Subprogram, line and column of each frame of an inline chain, innermost first."""


def signature(function: Function, location: int) -> Signature:
    """What tells one source position of a function from another."""
    return tuple((frame.subprogram, frame.line, frame.column) for frame in function.chain(location))


def distinct_links(function: Function, links: Iterable[Link]) -> Iterator[Link]:
    """One for each callee and source position."""
    locations: set[tuple[int, int]] = set()
    seen: set[tuple[int, Signature]] = set()
    for link in links:
        location = link.edge.callee, link.edge.site.location
        if location in locations:
            continue
        locations.add(location)
        key = link.edge.callee, signature(function, link.edge.site.location)
        if key not in seen:
            seen.add(key)
            yield link


def distinct_sites(function: Function, sites: Iterable[SinkSite[P]]) -> Iterator[SinkSite[P]]:
    """One for each payload and source position."""
    seen: set[tuple[P, Signature]] = set()
    for site in sites:
        key = site.payload, signature(function, site.location)
        if key not in seen:
            seen.add(key)
            yield site


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What a function leads to at one of its anchors: a function further down, or sinks of its own (``callee`` -1)."""

    expression: Expression
    callee: int
    grows: bool
    sinks: Mapping[bool, Hashable]
    """The kind, by whether the way to the function grows."""


class Chains(Generic[P]):
    """Made once, asked for each root."""

    def __init__(
        self, hot_path: HotPath, ways: Ways, sinks: Mapping[int, Sequence[SinkSite[P]]], folding: Folding[P]
    ) -> None:
        self._hot_path = hot_path
        self._classifier = hot_path.classifier
        self._folding = folding
        functions = sorted(hot_path.reached.functions)
        self._functions = functions
        self._number = {function: number for number, function in enumerate(functions)}
        self._links = [tuple(distinct_links(hot_path.function(each), ways.links(each))) for each in functions]
        self._sites = [tuple(distinct_sites(hot_path.function(each), sinks.get(each, ()))) for each in functions]
        self._calls = self._graph(foreign_only=False)
        self._order = components(self._calls)
        foreign = self._graph(foreign_only=True)
        self._below = ways_to(foreign, components(foreign), self._foreign_ends())
        self._anchors: dict[tuple[int, bool], tuple[_Anchor, ...]] = {}

    def counts(self, root: Function) -> Mapping[tuple[Expression, Hashable], int]:
        """The number of chains by expression and kind, as `ringfence.graphs.hotpath.Anchored` names them."""
        start = self._number[root.id]
        ways = ways_from(self._calls, self._order, start << 1)
        counts: dict[tuple[Expression, Hashable], int] = defaultdict(int)
        for node, number in enumerate(ways):
            if not number:
                continue
            for anchor in self._anchors_of(node >> 1, is_root=node >> 1 == start):
                for group, more in self._led_to(anchor, grows=bool(node & 1)).items():
                    key = anchor.expression, group
                    counts[key] = min(counts[key] + number * more, MOST_WAYS)
        return counts

    def _led_to(self, anchor: _Anchor, *, grows: bool) -> Mapping[Hashable, int]:
        if anchor.callee < 0:
            return {anchor.sinks[grows]: 1}
        return self._below[anchor.callee << 1 | (grows or anchor.grows)]

    def _graph(self, *, foreign_only: bool) -> Graph:
        """Node ``number << 1 | grows`` for each function."""
        graph: list[list[int]] = []
        for links in self._links:
            followed = [link for link in links if not (foreign_only and link.is_anchored)]
            graph += [
                [self._number[each.edge.callee] << 1 | (grows or each.site.grows) for each in followed]
                for grows in (False, True)
            ]
        return graph

    def _foreign_ends(self) -> dict[int, dict[Hashable, int]]:
        """The sinks that stand in no frame of the user's own."""
        ends: dict[int, dict[Hashable, int]] = {}
        for number, sites in enumerate(self._sites):
            function = self._hot_path.function(self._functions[number])
            foreign = [site for site in sites if self._classifier.anchor(function, site.location) is None]
            for grows in (False, True) if foreign else ():
                counted = ends.setdefault(number << 1 | grows, {})
                for site in foreign:
                    group = self._folding.kind_of(site.payload, grows or site.site_class.grows)
                    counted[group] = counted.get(group, 0) + 1
        return ends

    def _anchors_of(self, number: int, *, is_root: bool) -> tuple[_Anchor, ...]:
        known = self._anchors.get((number, is_root))
        if known is None:
            known = self._anchors[number, is_root] = tuple(self._find_anchors(number, is_root=is_root))
        return known

    def _find_anchors(self, number: int, *, is_root: bool) -> Iterator[_Anchor]:
        """A root anchors all that it does itself (`ringfence.graphs.hotpath`, clause 5)."""
        function = self._hot_path.function(self._functions[number])
        for site in self._sites[number]:
            place = self._classifier.anchor_place(function, site.location)
            if place is not None or is_root:
                groups = {
                    grows: self._folding.kind_of(site.payload, grows or site.site_class.grows)
                    for grows in (False, True)
                }
                expression = self._folding.of_event(self._classifier, function, site.location, site.payload)
                yield _Anchor(expression, -1, site.site_class.grows, groups)
        for link in self._links[number]:
            if link.is_anchored or is_root:
                call = link.edge, self._hot_path.function(link.edge.callee)
                expression = self._folding.expression(self._classifier, function, link.edge.site.location, call)
                yield _Anchor(expression, self._number[link.edge.callee], link.site.grows, {})

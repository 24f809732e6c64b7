"""The hot path: what was reached, classed, searched for the way from a root to a sink, and anchored in the user's code.

Every sink is reported at the *anchor*, the deepest frame of the user's own code on its path:

1. A site is *anchored* if its inline chain has a frame in an own file; the anchor is the innermost such frame.
2. Below an anchored call lie the *foreign* sites: what its callee reaches through calls that are not anchored. They
   belong to that anchor. The set depends on the callee alone, so it is searched once and shared by all callers.
3. A path is better if its class is better, then if it has fewer calls. A path has the worst class of its parts.
4. A sink is *always* executed if its site is, and a chain of direct calls that are always executed leads to it.

Search states are pairs (function, whether its first pointer parameter is a local of the caller): the second part
decides whether growth is amortised (`ringfence.graphs.classes`, clause 2).
"""

import heapq
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Generic, TypeVar

import networkx

from ringfence.graphs.classes import Classifier, SiteClass
from ringfence.graphs.facts import CallKind, Frame, PathClass, Receiver
from ringfence.graphs.program import Function
from ringfence.graphs.reach import Edge, Reach, is_drop

IsOwn = Callable[[str], bool]
"""Whether a file, as the compiler named it, is the user's own code."""

P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True, slots=True)
class SinkSite(Generic[P]):
    """One event that a rule cares about; ``payload`` is the rule's business."""

    function: int
    location: int
    site_class: SiteClass
    payload: P


@dataclass(frozen=True, slots=True)
class Hop:
    """One frame of a path. ``via`` is how it was entered: ``root``, ``call``, ``inline``, ``virtual``, ``pointer`` or
    ``drop``; the frame's line is where it leads on."""

    function: Function
    frame: Frame
    via: str
    own: bool


@dataclass(frozen=True, slots=True)
class Anchored(Generic[P]):
    """The best way from a root to the sinks below one anchor that share a group."""

    payload: P
    path_class: PathClass
    always: bool
    loop_depth: int
    grows: bool
    path: tuple[Hop, ...]
    anchor: int
    """Position of the anchor in ``path``; -1 where no frame is the user's own."""
    sinks: int
    """Distinct sink sites folded into this one."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """How a search state was reached best."""

    path_class: PathClass
    hops: int
    parent: int
    edge: Edge | None
    loop_depth: int
    grows: bool


@dataclass(frozen=True, slots=True)
class _Below(Generic[P]):
    """What lies below an anchored call (clause 2)."""

    sites: tuple[tuple[int, SinkSite[P]], ...]
    """With the search state that the sink was reached in."""
    arrivals: Mapping[int, _Arrival]
    always: frozenset[int]


GroupOf = Callable[[P, bool], Hashable]
"""The group of a payload, given whether its path grows a container; one anchor reports each group once."""


class HotPath:
    """Questions about one `Reach`; ``is_own`` is asked once a file."""

    def __init__(self, reached: Reach, is_own: IsOwn) -> None:
        self.reached = reached
        self.classifier = Classifier()
        self._is_own = cache(is_own)
        self._site_classes: dict[int, SiteClass] = {}

    @cached_property
    def graph(self) -> "networkx.MultiDiGraph[int]":
        """Functions by number (attributes ``name``, ``module``), call sites as edges (``path_class``, ``always``,
        ``loop_depth``, ``via``), for export and for the algorithms of networkx."""
        graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
        for number in sorted(self.reached.functions):
            function = self.reached.program.functions[number]
            graph.add_node(number, name=function.name, module=function.where.name)
        for number in sorted(self.reached.edges):
            for edge in self.reached.edges[number]:
                site = self._class_of(edge)
                graph.add_edge(
                    edge.caller,
                    edge.callee,
                    path_class=site.path_class.label,
                    always=site.always,
                    loop_depth=site.loop_depth,
                    via=_via(edge),
                )
        return graph

    def functions_below(self, root: Function) -> set[int]:
        """All functions that the root reaches, itself included, whatever the class."""
        return {state >> 1 for state in self._search(root.id << 1, lambda _: True)}

    def explain(
        self, root: Function, sinks: Mapping[int, Sequence[SinkSite[P]]], group_of: GroupOf[P]
    ) -> Iterator[Anchored[P]]:
        """The sinks that the root reaches, one entry for each anchor and group, in no particular order."""
        arrivals = self._search(root.id << 1, lambda _: True)
        always = self._always(root.id, lambda _: True)
        below: dict[int, _Below[P]] = {}
        groups: dict[Hashable, _Group[P]] = {}
        for state in arrivals:
            function = self._function(state)
            for site in sinks.get(function.id, ()):
                if self._anchor_in(function, site.location) is None and function.id != root.id:
                    continue
                found = _Found(site, state, None, None, function.id in always and site.site_class.always)
                self._add(groups, found, arrivals, group_of)
            for edge in self.reached.edges.get(function.id, ()):
                if self._anchor_in(function, edge.site.location) is None and function.id != root.id:
                    continue
                target = self._target(edge, arrival_is_local=bool(state & 1))
                if target not in below:
                    below[target] = self._below(target, sinks)
                certain = function.id in always and self._class_of(edge).always and edge.site.kind is CallKind.DIRECT
                for inner, site in below[target].sites:
                    is_always = certain and inner >> 1 in below[target].always and site.site_class.always
                    found = _Found(site, state, edge, (inner, below[target]), is_always)
                    self._add(groups, found, arrivals, group_of)
        for group in groups.values():
            yield self._anchored(group, arrivals)

    def _add(
        self,
        groups: "dict[Hashable, _Group[P]]",
        found: "_Found[P]",
        arrivals: Mapping[int, _Arrival],
        group_of: GroupOf[P],
    ) -> None:
        rank = self._rank(found, arrivals)
        function = self._function(found.state)
        location = found.edge.site.location if found.edge else found.site.location
        frame = self._anchor_in(function, location)
        chain = function.chain(location)
        place = (function.file_of(chain[frame]), chain[frame].line, chain[frame].column) if frame is not None else ()
        group = groups.setdefault((place, group_of(found.site.payload, rank.grows)), _Group(found, rank))
        group.sites.add((found.site.function, found.site.location, found.site.payload))
        group.always = group.always or (found.always and rank.path_class is group.rank.path_class)
        if (rank.path_class, rank.hops) < (group.rank.path_class, group.rank.hops):
            group.always = found.always or (group.always and rank.path_class is group.rank.path_class)
            group.found, group.rank = found, rank

    def _rank(self, found: "_Found[P]", arrivals: Mapping[int, _Arrival]) -> "_Rank":
        outer = arrivals[found.state]
        parts = [(outer.path_class, outer.hops, outer.loop_depth, outer.grows)]
        last_state = found.state
        if found.edge is not None and found.inner is not None:
            site = self._class_of(found.edge)
            state, below = found.inner
            inner = below.arrivals[state]
            parts.append((_in_state(site, found.state), 1, site.loop_depth, site.grows))
            parts.append((inner.path_class, inner.hops, inner.loop_depth, inner.grows))
            last_state = state
        sink = found.site.site_class
        parts.append((_in_state(sink, last_state), 0, sink.loop_depth, sink.grows))
        return _Rank(
            path_class=max(part[0] for part in parts),
            hops=sum(part[1] for part in parts),
            loop_depth=sum(part[2] for part in parts),
            grows=any(part[3] for part in parts),
        )

    def _below(self, start: int, sinks: Mapping[int, Sequence[SinkSite[P]]]) -> _Below[P]:
        arrivals = self._search(start, self._is_foreign)
        sites = tuple(
            (state, site)
            for state in arrivals
            for site in sinks.get(state >> 1, ())
            if self._anchor_in(self._function(state), site.location) is None
        )
        return _Below(sites, arrivals, frozenset(self._always(start >> 1, self._is_foreign)) if sites else frozenset())

    def _is_foreign(self, edge: Edge) -> bool:
        return self._anchors(edge.caller, edge.site.location) is None

    def _search(self, start: int, follows: Callable[[Edge], bool]) -> dict[int, _Arrival]:
        """Best arrival in every state (clause 3), in the order of settling."""
        settled: dict[int, _Arrival] = {}
        queue: list[tuple[PathClass, int, int, int, _Arrival]] = [
            (PathClass.HOT, 0, 0, start, _Arrival(PathClass.HOT, 0, -1, None, 0, grows=False))
        ]
        pushed = 0
        while queue:
            _, _, _, state, arrival = heapq.heappop(queue)
            if state in settled:
                continue
            settled[state] = arrival
            for edge in self.reached.edges.get(state >> 1, ()):
                target = self._target(edge, arrival_is_local=bool(state & 1))
                if target in settled or not follows(edge):
                    continue
                site = self._class_of(edge)
                path_class = max(arrival.path_class, _in_state(site, state))
                depth = arrival.loop_depth + site.loop_depth
                step = _Arrival(path_class, arrival.hops + 1, state, edge, depth, arrival.grows or site.grows)
                pushed += 1
                heapq.heappush(queue, (path_class, step.hops, pushed, target, step))
        return settled

    def _always(self, start: int, follows: Callable[[Edge], bool]) -> set[int]:
        certain = {start}
        stack = [start]
        while stack:
            for edge in self.reached.edges.get(stack.pop(), ()):
                if edge.callee in certain or edge.site.kind is not CallKind.DIRECT:
                    continue
                if self._class_of(edge).always and follows(edge):
                    certain.add(edge.callee)
                    stack.append(edge.callee)
        return certain

    def _target(self, edge: Edge, *, arrival_is_local: bool) -> int:
        receiver = edge.site.receiver
        is_local = receiver is Receiver.LOCAL or (receiver is Receiver.PARAMETER and arrival_is_local)
        return edge.callee << 1 | is_local

    def _class_of(self, edge: Edge) -> SiteClass:
        known = self._site_classes.get(edge.number)
        if known is None:
            caller = self.reached.program.functions[edge.caller]
            known = self._site_classes[edge.number] = self.classifier.of_call(caller, edge.site)
        return known

    def _function(self, state: int) -> Function:
        return self.reached.program.functions[state >> 1]

    def _anchor_in(self, function: Function, location: int) -> int | None:
        return self._anchors(function.id, location)

    @cached_property
    def _anchors(self) -> Callable[[int, int], int | None]:
        functions = self.reached.program.functions

        def innermost_own(number: int, location: int) -> int | None:
            function = functions[number]
            for position, frame in enumerate(function.chain(location)):
                if frame.line and self._is_own(function.file_of(frame)):
                    return position
            return None

        return cache(innermost_own)

    def _anchored(self, group: "_Group[P]", arrivals: Mapping[int, _Arrival]) -> Anchored[P]:
        found = group.found
        hops: list[Hop] = []
        via = "root"
        for edge in self._edges_to(found.state, arrivals):
            hops += self._hops(edge.caller, edge.site.location, via)
            via = _via(edge)
        anchor_location = found.edge.site.location if found.edge else found.site.location
        anchor_function = self._function(found.state)
        position = self._anchor_in(anchor_function, anchor_location)
        own_hops = self._hops(anchor_function.id, anchor_location, via)
        anchor = len(hops) + len(own_hops) - 1 - position if position is not None else -1
        hops += own_hops
        if found.edge is not None and found.inner is not None:
            via = _via(found.edge)
            state, below = found.inner
            for edge in self._edges_to(state, below.arrivals):
                hops += self._hops(edge.caller, edge.site.location, via)
                via = _via(edge)
            hops += self._hops(state >> 1, found.site.location, via)
        rank = group.rank
        return Anchored(
            payload=found.site.payload,
            path_class=rank.path_class,
            always=group.always,
            loop_depth=rank.loop_depth,
            grows=rank.grows,
            path=tuple(hops),
            anchor=anchor,
            sinks=len(group.sites),
        )

    def _edges_to(self, state: int, arrivals: Mapping[int, _Arrival]) -> list[Edge]:
        edges: list[Edge] = []
        arrival = arrivals[state]
        while arrival.edge is not None:
            edges.append(arrival.edge)
            arrival = arrivals[arrival.parent]
        return edges[::-1]

    def _hops(self, number: int, location: int, via: str) -> list[Hop]:
        """The frames of one function outermost first, so that a path reads from root to sink."""
        function = self.reached.program.functions[number]
        chain = function.chain(location) or (Frame(-1, -1, 0, 0, -1),)
        return [
            Hop(
                function, frame, "inline" if position else via, frame.line > 0 and self._is_own(function.file_of(frame))
            )
            for position, frame in enumerate(reversed(chain))
        ]


@dataclass(frozen=True, slots=True)
class _Found(Generic[P]):
    """One sink below one anchored site; ``edge`` and ``inner`` are set where it lies in foreign code."""

    site: SinkSite[P]
    state: int
    edge: Edge | None
    inner: tuple[int, _Below[P]] | None
    always: bool


@dataclass(frozen=True, slots=True)
class _Rank:
    path_class: PathClass
    hops: int
    loop_depth: int
    grows: bool


class _Group(Generic[P]):
    """The best of what was found for one anchor and group, and how many sites there are."""

    __slots__ = ("always", "found", "rank", "sites")

    def __init__(self, found: _Found[P], rank: _Rank) -> None:
        self.found = found
        self.rank = rank
        self.always = found.always
        self.sites: set[Hashable] = set()


def _in_state(site: SiteClass, state: int) -> PathClass:
    return site.if_local if state & 1 else site.path_class


def _via(edge: Edge) -> str:
    if is_drop(edge.site):
        return "drop"
    match edge.site.kind:
        case CallKind.VIRTUAL:
            return "virtual"
        case CallKind.POINTER:
            return "pointer"
        case _:
            return "call"

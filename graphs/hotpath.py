"""The hot path: what was reached, classed, and anchored in the user's code.

Every sink is reported at the *anchor*, the deepest frame of the user's own code on its path:

1. A site is *anchored* if its inline chain has a frame in an own file; the anchor is the innermost such frame.
2. Below an anchored call lie the *foreign* sites: what its callee reaches through calls that are not anchored. They
   belong to that anchor. The set depends on the callee alone, so it is searched once and shared by all callers and
   roots.
3. The sinks below one anchor that share a group are one entry, with the best way to any of them
   (`ringfence.graphs.search`) and their number.
4. A sink is *always* executed if its site is, and a chain of direct calls that are always executed leads to it.
5. A root that is no own code itself anchors everything that it reaches at its first line.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

import networkx

from ringfence.graphs.classes import AnchorPlace, Classifier, IsOwn, SiteClass
from ringfence.graphs.contracts import Effect
from ringfence.graphs.facts import CallKind, Frame, PathClass
from ringfence.graphs.program import Function
from ringfence.graphs.reach import Edge, Reach, is_drop
from ringfence.graphs.search import Arrival, Link, Ways, edges_to, is_certain, leading_to

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
    """One frame of a path. ``via`` is how it was entered: ``root``, ``call``, ``inline``, ``virtual``, ``pointer``,
    ``drop``, or ``native`` where a call enters machine code; the frame's line is where it leads on."""

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
    place: AnchorPlace | None
    """Where the anchor stands; with ``group`` it names the entry among those of its root."""
    group: Hashable
    calls: tuple[Edge, ...]
    """The calls of the path, the root's first."""
    calls_above: int
    """How many of them come before the anchored one."""
    site: SinkSite[P]
    """The sink that the path ends in."""


_ALLOCATING = frozenset({Effect.ALLOCATES, Effect.REALLOCATES})

GroupOf = Callable[[P, bool], Hashable]
"""The group of a payload, given whether its path grows a container; one anchor reports each group once."""


class HotPath:
    """Questions about one `Reach`."""

    def __init__(self, reached: Reach, is_own: IsOwn, event_loops: AbstractSet[int] = frozenset()) -> None:
        """``event_loops`` are the roots, by number, of which only the loops run for each event."""
        self.reached = reached
        self.classifier = Classifier(is_own, event_loops)
        self.ways = Ways(reached, self.classifier)

    @cached_property
    def graph(self) -> "networkx.MultiDiGraph[int]":
        """Functions by number (attributes ``name``, ``module``), call sites as edges (``path_class``, ``always``,
        ``loop_depth``, ``via``), for export and for the algorithms of networkx."""
        graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
        for number in sorted(self.reached.functions):
            function = self.function(number)
            graph.add_node(number, name=function.name, module=function.where.name)
            for link in self.ways.links(number):
                graph.add_edge(
                    number,
                    link.edge.callee,
                    path_class=link.site.path_class.label,
                    always=link.site.always,
                    loop_depth=link.site.loop_depth,
                    via=via(link.edge),
                )
        return graph

    @cached_property
    def allocating(self) -> AbstractSet[int]:
        """Functions, by number, that allocate or lead to an allocation."""
        externals = self.reached.externals
        goals = (number for number, calls in externals.items() if any(call.effect in _ALLOCATING for call in calls))
        return leading_to(self.reached, goals)

    @cached_property
    def calls_of(self) -> Mapping[int, Sequence[Edge]]:
        """The calls of each function that is called, by its number."""
        calls: dict[int, list[Edge]] = defaultdict(list)
        for edges in self.reached.edges.values():
            for edge in edges:
                calls[edge.callee].append(edge)
        return calls

    def function(self, number: int) -> Function:
        """A function of the program by its number."""
        return self.reached.program.functions[number]


class Explainer(Generic[P]):
    """Finds the anchored sinks of each root; what lies below a foreign function is searched once for all."""

    def __init__(self, hot_path: HotPath, sinks: Mapping[int, Sequence[SinkSite[P]]], group_of: GroupOf[P]) -> None:
        self._hot_path = hot_path
        self._classifier = hot_path.classifier
        # Most candidates of a virtual call do nothing worth reporting: ways to them are not searched.
        worth = leading_to(hot_path.reached, (number for number, sites in sinks.items() if sites))
        self.ways = Ways(hot_path.reached, hot_path.classifier, worth)
        self._sinks = sinks
        self._group_of = group_of
        self._below_of: dict[int, _Below[P]] = {}

    def explain(self, root: Function) -> Iterator[Anchored[P]]:
        """One entry for each anchor and group, in no particular order."""
        arrivals = self.ways.arrivals(root.id << 1, foreign_only=False)
        always = self.ways.always(root.id, foreign_only=False)
        groups: dict[_Key, _Group[P]] = {}
        for state, arrival in arrivals.items():
            function = self._hot_path.function(state >> 1)
            is_certain_here = function.id in always
            for site in self._sinks.get(function.id, ()):
                if function.id != root.id and self._classifier.anchor(function, site.location) is None:
                    continue
                rank = _Rank.of(arrival).joined(_Rank.at(site.site_class, state))
                found = _Found(site, state, None, rank, is_certain_here and site.site_class.always)
                self._add(groups, function, site.location, found, (_key(site),))
            for link in self.ways.links(function.id):
                if link.is_anchored or function.id == root.id:
                    certain = is_certain_here and is_certain(link)
                    self._add_below(groups, function, state, arrival, link, certain=certain)
        for key, group in groups.items():
            yield self._anchored(key, group, arrivals)

    def _add_below(
        self,
        groups: "dict[_Key, _Group[P]]",
        function: Function,
        state: int,
        arrival: Arrival,
        link: Link,
        *,
        certain: bool,
    ) -> None:
        outer = _Rank.of(arrival).joined(_Rank(link.classes[state & 1], 1, link.site.loop_depth, link.site.grows))
        start = link.targets[state & 1]
        for best in self._below(start).groups[outer.grows]:
            inner = _Inner(link.edge, start, best.state)
            found = _Found(best.site, state, inner, outer.joined(best.rank), certain and best.always)
            self._add(groups, function, link.edge.site.location, found, best.members)

    def _add(
        self,
        groups: "dict[_Key, _Group[P]]",
        function: Function,
        location: int,
        found: "_Found[P]",
        members: Sequence[Hashable],
    ) -> None:
        place = self._classifier.anchor_place(function, location)
        key = (place, self._group_of(found.site.payload, found.rank.grows))
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group(found)
        group.add(found, members)

    def _below(self, start: int) -> "_Below[P]":
        known = self._below_of.get(start)
        if known is not None:
            return known
        arrivals = self.ways.arrivals(start, foreign_only=True)
        sites = [
            (state, site)
            for state in arrivals
            for site in self._sinks.get(state >> 1, ())
            if self._classifier.anchor(self._hot_path.function(state >> 1), site.location) is None
        ]
        always = self.ways.always(start >> 1, foreign_only=True) if sites else set[int]()
        below = _Below(arrivals, {grows: self._best(sites, arrivals, always, grows) for grows in (False, True)})
        self._below_of[start] = below
        return below

    def _best(
        self,
        sites: Sequence[tuple[int, SinkSite[P]]],
        arrivals: Mapping[int, Arrival],
        always: set[int],
        grows: bool,
    ) -> "tuple[_Best[P], ...]":
        """The best site of each group, given whether the way from the root to here grows a container."""
        best: dict[Hashable, _Best[P]] = {}
        members: dict[Hashable, list[Hashable]] = defaultdict(list)
        for state, site in sites:
            rank = _Rank.of(arrivals[state]).joined(_Rank.at(site.site_class, state))
            is_always = state >> 1 in always and site.site_class.always
            group = self._group_of(site.payload, grows or rank.grows)
            members[group].append(_key(site))
            known = best.get(group)
            if known is None or rank.order < known.rank.order:
                best[group] = _Best(site, state, rank, is_always, members[group])
        return tuple(best.values())

    def _anchored(self, key: "_Key", group: "_Group[P]", arrivals: Mapping[int, Arrival]) -> Anchored[P]:
        found = group.found
        hops: list[Hop] = []
        entered = "root"
        above = edges_to(found.state, arrivals)
        below: list[Edge] = []
        for edge in above:
            hops += self._hops(edge.caller, edge.site.location, entered)
            entered = via(edge)
        location = found.inner.edge.site.location if found.inner else found.site.location
        position = self._classifier.anchor(self._hot_path.function(found.state >> 1), location)
        hops += self._hops(found.state >> 1, location, entered)
        anchor = len(hops) - 1 - position if position is not None else -1
        if found.inner is not None:
            entered = via(found.inner.edge)
            below = edges_to(found.inner.state, self._below(found.inner.start).arrivals)
            for edge in below:
                hops += self._hops(edge.caller, edge.site.location, entered)
                entered = via(edge)
            hops += self._hops(found.inner.state >> 1, found.site.location, entered)
        return Anchored(
            payload=found.site.payload,
            path_class=found.rank.path_class,
            always=group.always,
            loop_depth=found.rank.loop_depth,
            grows=found.rank.grows,
            path=tuple(hops),
            anchor=anchor,
            sinks=len(group.members),
            place=key[0],
            group=key[1],
            calls=(*above, *([found.inner.edge] if found.inner else ()), *below),
            calls_above=len(above),
            site=found.site,
        )

    def _hops(self, number: int, location: int, entered: str) -> list[Hop]:
        """The frames of one function outermost first, so that a path reads from root to sink."""
        function = self._hot_path.function(number)
        chain = function.chain(location) or (Frame(-1, -1, 0, 0, -1),)
        if entered == "call" and self._hot_path.reached.program.is_native(function.module):
            entered = "native"
        return [
            Hop(function, frame, "inline" if position else entered, self._classifier.is_own_frame(function, frame))
            for position, frame in enumerate(reversed(chain))
        ]


_Key = tuple[AnchorPlace | None, Hashable]
"""Anchor and group."""


@dataclass(frozen=True, slots=True)
class _Rank:
    """What a way is judged by; parts of a way join to the rank of the whole."""

    path_class: PathClass
    calls: int
    loop_depth: int
    grows: bool

    @classmethod
    def of(cls, arrival: Arrival) -> "_Rank":
        return cls(arrival.path_class, arrival.calls, arrival.loop_depth, arrival.grows)

    @classmethod
    def at(cls, site: SiteClass, state: int) -> "_Rank":
        """Of a site in a function that was reached in a state."""
        return cls(site.if_local if state & 1 else site.path_class, 0, site.loop_depth, site.grows)

    def joined(self, other: "_Rank") -> "_Rank":
        return _Rank(
            max(self.path_class, other.path_class),
            self.calls + other.calls,
            self.loop_depth + other.loop_depth,
            self.grows or other.grows,
        )

    @property
    def order(self) -> tuple[PathClass, int]:
        return self.path_class, self.calls


@dataclass(frozen=True, slots=True)
class _Inner:
    """The part of a way below an anchored call: the call, the state that it leads to, the state of the sink."""

    edge: Edge
    start: int
    state: int


@dataclass(frozen=True, slots=True)
class _Found(Generic[P]):
    """One sink below one anchored site; ``state`` is that of the anchored function."""

    site: SinkSite[P]
    state: int
    inner: _Inner | None
    rank: _Rank
    always: bool


@dataclass(frozen=True, slots=True)
class _Best(Generic[P]):
    """The best site of a group below a foreign function, and all of its sites."""

    site: SinkSite[P]
    state: int
    rank: _Rank
    always: bool
    members: Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class _Below(Generic[P]):
    """What lies below a foreign function: its groups, by whether the way to it grows a container."""

    arrivals: Mapping[int, Arrival]
    groups: Mapping[bool, tuple[_Best[P], ...]]


@dataclass(slots=True)
class _Group(Generic[P]):
    """The best of what was found for one anchor and group, and which sites there are."""

    found: _Found[P]
    always: bool = False
    members: set[Hashable] = field(default_factory=set[Hashable])

    def add(self, found: _Found[P], members: Sequence[Hashable]) -> None:
        """Of equal class, one that is always executed makes the entry so."""
        self.members.update(members)
        if found.rank.path_class < self.found.rank.path_class:
            self.always = False
        if found.rank.order < self.found.rank.order:
            self.found = found
        self.always = self.always or (found.always and found.rank.path_class is self.found.rank.path_class)


def _key(site: SinkSite[P]) -> Hashable:
    return site.function, site.location, site.payload


def via(edge: Edge) -> str:
    """How a call enters its callee: ``call``, ``virtual``, ``pointer`` or ``drop``."""
    if is_drop(edge.site):
        return "drop"
    match edge.site.kind:
        case CallKind.VIRTUAL:
            return "virtual"
        case CallKind.POINTER:
            return "pointer"
        case _:
            return "call"

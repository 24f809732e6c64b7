"""Finds what the roots can do, and anchors it in the user's code.

Clauses 2 to 5 of `ringfence.graphs.hotpath`. What is told as one entry says `ringfence.graphs.folding`.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.facts import Frame
from ringfence.graphs.folded import FoldedPlaces, immediate, library_place
from ringfence.graphs.folding import Entry, Expression, FoldedPlace, Folding, Rank
from ringfence.graphs.hotpath import Anchored, Hop, HotPath, SinkSite, via
from ringfence.graphs.program import Function
from ringfence.graphs.reached import Edge
from ringfence.graphs.search import (
    Arrival,
    Link,
    Ways,
    edges_to,
    function_of,
    is_certain,
    label_of,
    leading_to,
    state_of,
)

P = TypeVar("P", bound=Hashable)

_Member = tuple[int, int, Hashable]
"""Function, location and payload of an event."""

_NOWHERE: Expression = (None, "")


class Explainer(Generic[P]):
    """Finds the anchored sinks of each root; what lies below a foreign function is searched once for all."""

    def __init__(
        self,
        hot_path: HotPath,
        sinks: Mapping[int, Sequence[SinkSite[P]]],
        folding: Folding[P],
        avoid: AbstractSet[int] = frozenset(),
    ) -> None:
        """``avoid`` are calls, by the numbers of their edges, that no way takes."""
        self._hot_path = hot_path
        self._classifier = hot_path.classifier
        # Most candidates of a virtual call do nothing worth reporting: ways to them are not searched.
        worth = leading_to(hot_path.reached, (number for number, sites in sinks.items() if sites))
        label_at = folding.label if folding.label_of else None
        self.ways = Ways(hot_path.reached, hot_path.classifier, worth, label_at, avoid)
        self._sinks = sinks
        self._folding = folding
        self._below_of: dict[int, _Below[P]] = {}

    def explain(self, root: Function) -> Iterator[Anchored[P]]:
        """The entries of a root, in no particular order."""
        arrivals = self.ways.arrivals(state_of(root.id), foreign_only=False)
        always = self.ways.always(root.id, foreign_only=False)
        groups: dict[Entry, _Group[P]] = {}
        for state, arrival in arrivals.items():
            function = self._hot_path.function(function_of(state))
            is_certain_here = function.id in always
            for site in self._sinks.get(function.id, ()):
                if function.id != root.id and self._classifier.anchor(function, site.location) is None:
                    continue
                found = self._found(site, function, state, arrival, certain=is_certain_here)
                expression = self._folding.of_event(self._classifier, function, site.location, site.payload)
                self._add(groups, expression, found, None)
            for link in self.ways.links(function.id):
                if link.is_anchored or function.id == root.id:
                    certain = is_certain_here and is_certain(link)
                    self._add_below(groups, function, state, arrival, link, certain=certain)
        for entry, members in _counted_once(groups):
            yield self._anchored(entry, groups[entry], members, arrivals)

    def _found(
        self, site: SinkSite[P], function: Function, state: int, arrival: Arrival, *, certain: bool
    ) -> "_Found[P]":
        rank = _arrived(arrival).joined(_standing(site.site_class, state))
        position = self._classifier.anchor(function, site.location)
        label = self._folding.label(function, site.location, position)
        return _Found(site, state, None, replace(rank, label=label), certain and site.site_class.always)

    def _add_below(
        self,
        groups: "dict[Entry, _Group[P]]",
        function: Function,
        state: int,
        arrival: Arrival,
        link: Link,
        *,
        certain: bool,
    ) -> None:
        location = link.edge.site.location
        step = Rank(link.classes[state & 1], 1, link.site.loop_depth, link.site.grows)
        position = self._classifier.anchor(function, location)
        outer = replace(_arrived(arrival).joined(step), label=self._folding.label(function, location, position))
        start = link.targets[state & 1]
        callee = self._hot_path.function(link.edge.callee)
        expression = self._folding.expression(self._classifier, function, location, (link.edge, callee))
        for best in self._below(start).groups[outer.grows]:
            inner = _Inner(link.edge, start, best.state)
            found = _Found(best.site, state, inner, outer.joined(best.rank), certain and best.always)
            self._add(groups, expression, found, best)

    def _add(
        self,
        groups: "dict[Entry, _Group[P]]",
        expression: Expression,
        found: "_Found[P]",
        below: "_Best[P] | None",
    ) -> None:
        payload, rank = found.site.payload, found.rank
        kind = self._folding.kind_of(payload, rank.grows)
        part = self._folding.part_of(payload, rank)
        entry = Entry(expression, kind, part, self._folding.level_of(payload, rank))
        group = groups.get(entry)
        if group is None:
            group = groups[entry] = _Group(found)
        group.add(found, below)

    def _below(self, start: int) -> "_Below[P]":
        known = self._below_of.get(start)
        if known is not None:
            return known
        arrivals = self.ways.arrivals(start, foreign_only=True)
        sites = [
            (state, site)
            for state in arrivals
            for site in self._sinks.get(function_of(state), ())
            if self._classifier.anchor(self._hot_path.function(function_of(state)), site.location) is None
        ]
        always = self.ways.always(function_of(start), foreign_only=True) if sites else set[int]()
        places = FoldedPlaces(self._hot_path, self.ways, arrivals, function_of(start))
        groups = {grows: self._best(sites, arrivals, always, grows) for grows in (False, True)}
        below = _Below(arrivals, groups, places)
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
        groups: dict[Entry, _Group[P]] = {}
        for state, site in sites:
            function = self._hot_path.function(function_of(state))
            rank = _arrived(arrivals[state]).joined(_standing(site.site_class, state))
            rank = replace(rank, label=min(rank.label, self._folding.label(function, site.location)))
            is_always = function_of(state) in always and site.site_class.always
            known = replace(rank, grows=rank.grows or grows)
            self._add(groups, _NOWHERE, _Found(site, state, None, known, is_always), None)
        return tuple(
            _Best(group.found.site, group.found.state, group.found.rank, group.always, tuple(members))
            for group, members in ((groups[entry], members) for entry, members in _counted_once(groups))
        )

    def _anchored(
        self, entry: Entry, group: "_Group[P]", members: Mapping[_Member, None], arrivals: Mapping[int, Arrival]
    ) -> Anchored[P]:
        found = group.found
        hops: list[Hop] = []
        entered = "root"
        above = edges_to(found.state, arrivals)
        below: list[Edge] = []
        for edge in above:
            hops += self._hops(edge.caller, edge.site.location, entered)
            entered = via(edge)
        location = found.inner.edge.site.location if found.inner else found.site.location
        position = self._classifier.anchor(self._hot_path.function(function_of(found.state)), location)
        hops += self._hops(function_of(found.state), location, entered)
        anchor = len(hops) - 1 - position if position is not None else -1
        if found.inner is not None:
            entered = via(found.inner.edge)
            below = edges_to(found.inner.state, self._below(found.inner.start).arrivals)
            for edge in below:
                hops += self._hops(edge.caller, edge.site.location, entered)
                entered = via(edge)
            hops += self._hops(function_of(found.inner.state), found.site.location, entered)
        return Anchored(
            payload=found.site.payload,
            path_class=found.rank.path_class,
            always=group.always,
            loop_depth=found.rank.loop_depth,
            own_loop_depth=self._own_loops(found, above, position),
            grows=found.rank.grows,
            path=tuple(hops),
            anchor=anchor,
            sinks=len(members),
            payloads=frozenset(payload for _, _, payload in members),
            folded=tuple(sorted(self._folded(group, members))),
            place=entry.expression[0],
            expression=entry.expression,
            group=entry.kind,
            part=entry.part,
            calls=(*above, *([found.inner.edge] if found.inner else ()), *below),
            calls_above=len(above),
            site=found.site,
        )

    def _own_loops(self, found: "_Found[P]", above: Sequence[Edge], position: int | None) -> int:
        """The loops around the anchor, the ``position``-th frame around the event: not those of what it calls."""
        if position is None:
            return found.rank.loop_depth
        outer = (self._classifier.of_call(self._hot_path.function(edge.caller), edge.site) for edge in above)
        function = self._hot_path.function(function_of(found.state))
        site = found.inner.edge.site if found.inner else None
        reached = self._classifier.of_call(function, site) if site else found.site.site_class
        location = site.location if site else found.site.location
        here = reached.loop_depth
        if position:
            called_at = function.chain(location)[position - 1].inlined_at
            places = (place for place, where in function.events() if where == location)
            here = min(here, max((function.loops_outside(each, called_at) for each in places), default=here))
        return sum(each.loop_depth for each in outer) + here

    def _folded(self, group: "_Group[P]", members: Mapping[_Member, None]) -> set[FoldedPlace]:
        """Where the members stand in libraries."""
        places: set[FoldedPlace] = set()
        for start, found in group.below.items():
            events = [member[:2] for member in found if member in members]
            places |= self._below(start).places.of(events)
        for number, location, _ in group.direct:
            function = self._hot_path.function(number)
            position = self._classifier.anchor(function, location)
            place = library_place(function, location, position, "") if position else None
            places.add(place or immediate(function, location))
        return places

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
    rank: Rank
    always: bool


@dataclass(frozen=True, slots=True)
class _Best(Generic[P]):
    """The best site of an entry below a foreign function, and all of its sites."""

    site: SinkSite[P]
    state: int
    rank: Rank
    always: bool
    members: Sequence[_Member]


@dataclass(frozen=True, slots=True)
class _Below(Generic[P]):
    """What lies below a foreign function: its entries, by whether the way to it grows a container."""

    arrivals: Mapping[int, Arrival]
    groups: Mapping[bool, tuple[_Best[P], ...]]
    places: FoldedPlaces


@dataclass(slots=True)
class _Group(Generic[P]):
    """The best of what was found for one entry, and which sites there are."""

    found: _Found[P]
    always: bool = False
    direct: dict[_Member, None] = field(default_factory=dict[_Member, None])
    below: dict[int, dict[_Member, None]] = field(default_factory=dict[int, dict[_Member, None]])
    """By the state that the anchored call leads to."""

    def add(self, found: _Found[P], below: _Best[P] | None) -> None:
        """Of equal class, one that is always executed makes the entry so."""
        if found.inner is None or below is None:
            self.direct[_key(found.site)] = None
        else:
            self.below.setdefault(found.inner.start, {}).update(dict.fromkeys(below.members))
        if found.rank.path_class < self.found.rank.path_class:
            self.always = False
        if found.rank.order < self.found.rank.order:
            self.found = found
        self.always = self.always or (found.always and found.rank.path_class is self.found.rank.path_class)

    @property
    def members(self) -> dict[_Member, None]:
        """All sites, each once."""
        every = dict(self.direct)
        for members in self.below.values():
            every.update(members)
        return every


def _counted_once(groups: Mapping[Entry, _Group[P]]) -> Iterator[tuple[Entry, dict[_Member, None]]]:
    """The entries with their members: each counts for the loudest entry that has it, and what has none left goes
    (`ringfence.graphs.folding`, clause 5)."""
    told: dict[tuple[Expression, Hashable, Hashable], dict[_Member, None]] = defaultdict(dict)
    for entry in sorted(groups, key=lambda each: each.level):
        louder = told[entry.expression, entry.kind, entry.part]
        left = {member: None for member in groups[entry].members if member not in louder}
        if left:
            louder.update(left)
            yield entry, left


def _arrived(arrival: Arrival) -> Rank:
    return Rank(arrival.path_class, arrival.calls, arrival.loop_depth, arrival.grows)


def _standing(site: SiteClass, state: int) -> Rank:
    """Of a site in a function that was reached in a state."""
    path_class = site.if_local if state & 1 else site.path_class
    return Rank(path_class, 0, site.loop_depth, site.grows, label_of(state))


def _key(site: SinkSite[P]) -> _Member:
    return site.function, site.location, site.payload

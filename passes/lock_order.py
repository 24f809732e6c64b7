"""What is done while a lock is held, and the order in which locks are taken: over all that the roots reach.

1. A lock is held over an allocation, a blocking, virtual or pointer call, or another acquisition where one of
   these stands between its acquisition and its release (`ringfence.passes.held`), itself or below a call there.
2. Lock A comes before lock B where B is waited for while A is held (``try_lock`` does not wait). Locks are told apart
   by the type that they guard, where it is the user's own or a library's; else by where they lie: a static, or a
   place behind the type of ``self``.
3. A cycle in that order is a finding at each acquisition that is part of it: two threads that run its parts at the
   same time can wait for each other for ever.

Only what is hot, amortised or on first use counts, on every step. What is not known to be a certain lock is left out of
the order, and so are two locks of one type: whether they are taken in one order is decided at run time.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function
from ringfence.passes.held import Acquired, acquired, held_over
from ringfence.passes.locking import LOCK
from ringfence.passes.prose import listed
from ringfence.passes.rule import Level
from ringfence.passes.sink import Sink

Sinks = Mapping[int, Sequence[SinkSite[Sink]]]

_Deed = tuple[str, str]
"""What is done, and for a lock its identity."""

_LOCK = "lock"
_DEEDS = {
    "RF101": "allocation",
    "RF102": "allocation",
    "RF202": "blocking call",
    "RF401": "virtual call",
    "RF402": "pointer call",
}
_ORDER = {"allocation": "an", "blocking call": "a", "virtual call": "a", "pointer call": "a", "lock": "a second"}


@dataclass(frozen=True, slots=True)
class _Taken:
    """B is taken at a location of a function while A is held."""

    held: str
    taken: str
    function: int
    location: int
    site_class: SiteClass


def with_what_is_held(hot_path: HotPath, sinks: Sinks) -> Sinks:
    """The sinks, those of locks with what they are held over, and those of cycles in the order of locks."""
    locks = {number: found for number in sorted(sinks) if (found := acquired(hot_path.function(number)))}
    if not locks:
        return sinks
    program = _Deeds(hot_path, sinks, locks)
    told: dict[int, list[SinkSite[Sink]]] = {number: list(sites) for number, sites in sinks.items()}
    orders: list[_Taken] = []
    for number, found in locks.items():
        function = hot_path.function(number)
        for lock, rows in zip(found, held_over(function, found), strict=True):
            deeds, order = program.during(function, lock, rows, found)
            orders += order
            if deeds:
                told[number] = [_told(site, lock, deeds) for site in told[number]]
    for each, cycle in _cycles(orders):
        told[each.function].append(_cycle_sink(each, cycle, orders, hot_path))
    return told


class _Deeds:
    """What each function does, itself or through calls that are not unlikely."""

    def __init__(self, hot_path: HotPath, sinks: Sinks, locks: Mapping[int, Sequence[Acquired]]) -> None:
        self._hot_path = hot_path
        self._here: dict[tuple[int, int], set[_Deed]] = defaultdict(set)
        own: dict[int, set[_Deed]] = defaultdict(set)
        for number, sites in sinks.items():
            for site in sites:
                deed = _DEEDS.get(site.payload.rule.id)
                if deed and _counts(site.site_class) and site.payload.at_most is not Level.NOTE:
                    self._here[number, site.location].add((deed, ""))
                    own[number].add((deed, ""))
        for number, found in locks.items():
            own[number].update((_LOCK, lock.identity if lock.waits else "") for lock in found)
        self._below = self._closed(own)

    def _closed(self, own: Mapping[int, set[_Deed]]) -> Mapping[int, set[_Deed]]:
        """What a function does, or what it calls does."""
        callers: dict[int, set[int]] = defaultdict(set)
        classify = self._hot_path.classifier.of_call
        for number, edges in self._hot_path.reached.edges.items():
            function = self._hot_path.function(number)
            for edge in edges:
                if _counts(classify(function, edge.site)):
                    callers[edge.callee].add(number)
        below: dict[int, set[_Deed]] = defaultdict(set, {number: set(deeds) for number, deeds in own.items()})
        stack = sorted(below)
        while stack:
            number = stack.pop()
            for caller in sorted(callers[number]):
                if not below[number] <= below[caller]:
                    below[caller] |= below[number]
                    stack.append(caller)
        return below

    def during(
        self, function: Function, lock: Acquired, rows: Sequence[int], locks: Sequence[Acquired]
    ) -> tuple[dict[str, None], list[_Taken]]:
        """What is done while a lock is held, and the locks that are taken meanwhile."""
        flow = function.facts.flow
        deeds: dict[str, None] = {}
        orders: list[_Taken] = []
        own = {row: other for other in locks for row in other.events}
        for row in rows if flow else ():
            number = flow.events[row][1] if flow else 0
            event = function.facts.calls[number] if number >= 0 else function.facts.atomics[~number]
            site = self._hot_path.classifier.of_event(function, event.place, event.location)
            if not _counts(site):
                continue
            found: set[_Deed] = {*self._here.get((function.id, event.location), ())}
            if row in own:
                found.add((_LOCK, own[row].identity if own[row].waits else ""))
            if number >= 0:
                for callee in self._callees(function, number):
                    found |= self._below.get(callee, set())
            for deed, taken in sorted(found):
                deeds[deed] = None
                if lock.identity and taken and taken != lock.identity:
                    orders.append(_Taken(lock.identity, taken, function.id, event.location, site))
        return deeds, orders

    def _callees(self, function: Function, number: int) -> Iterator[int]:
        site = function.facts.calls[number]
        edges = self._hot_path.reached.edges.get(function.id, ())
        return (edge.callee for edge in edges if edge.site is site)


def _counts(site: SiteClass) -> bool:
    return site.path_class <= PathClass.FIRST_USE


def _told(site: SinkSite[Sink], lock: Acquired, deeds: Mapping[str, None]) -> SinkSite[Sink]:
    """A sink of that lock, with what it is held over."""
    sink = site.payload
    if sink.rule is not LOCK or site.location != lock.location:
        return site
    listed = [deed for deed in _ORDER if deed in deeds]
    told = replace(
        sink,
        verb=f"takes a lock and holds it over {in_words(listed)}",
        notes=(*sink.notes, ("held_over", tuple(listed))),
        help="hold it for less: copy what is needed into a local, give the lock back (`drop(guard);`), then do the "
        "rest; better, let one thread own the data",
    )
    return SinkSite(site.function, site.location, site.site_class, told)


def in_words(deeds: Sequence[str]) -> str:
    """``an allocation, a virtual call and a second lock``."""
    return listed(
        [("an " if deed == "allocation" else "a second " if deed == "lock" else "a ") + deed for deed in deeds]
    )


def _cycles(orders: Sequence[_Taken]) -> Iterator[tuple[_Taken, tuple[str, ...]]]:
    """Acquisitions that are part of a cycle, each with the locks of a shortest one, the held lock first and last."""
    follows: dict[str, set[str]] = defaultdict(set)
    for each in orders:
        follows[each.held].add(each.taken)
    seen: set[tuple[str, str, int, int]] = set()
    for each in orders:
        key = (each.held, each.taken, each.function, each.location)
        way = _shortest(follows, each.taken, each.held) if key not in seen else ()
        seen.add(key)
        if way:
            yield each, (each.held, *way)


def _shortest(follows: Mapping[str, set[str]], start: str, end: str) -> tuple[str, ...]:
    """Both ends included; empty where there is no way."""
    parent = {start: ""}
    queue = [start]
    for lock in queue:
        if lock == end:
            way = [lock]
            while parent[way[-1]]:
                way.append(parent[way[-1]])
            return tuple(reversed(way))
        for after in sorted(follows.get(lock, ())):
            if after not in parent:
                parent[after] = lock
                queue.append(after)
    return ()


def _cycle_sink(each: _Taken, cycle: tuple[str, ...], orders: Sequence[_Taken], hot_path: HotPath) -> SinkSite[Sink]:
    held, taken = _short(each.held), _short(each.taken)
    back = [other for other in orders if (other.held, other.taken) == (cycle[1], cycle[2])]
    elsewhere = sorted({hot_path.function(other.function).name for other in back})
    opposite = _opposite(elsewhere[0], each, hot_path)
    sink = Sink(
        LOCK,
        f"{held} -> {taken}",
        f"takes `{taken}` while `{held}` is held ({opposite}: a deadlock)",
        f"`{taken}` is taken while `{held}` is held ({opposite}: a deadlock)",
        notes=(("cycle", cycle), ("opposite", tuple(elsewhere))),
        help=f"take the locks in one order everywhere, `{held}` before `{taken}` or the other way round; or put both "
        "under one lock",
    )
    return SinkSite(each.function, each.location, each.site_class, sink)


def _opposite(elsewhere: str, each: _Taken, hot_path: HotPath) -> str:
    is_here = elsewhere == hot_path.function(each.function).name
    return f"{'the same function' if is_here else f'`{_short(elsewhere)}`'} does it the other way round"


def _short(path: str) -> str:
    return "::".join(without_generics(path).split("::")[-2:])

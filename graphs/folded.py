"""The places in libraries that are told as one finding: where they stand in the source of the library.

1. The place of an event is its innermost frame that is none of the standard library's: the line of a library that calls
   ``push`` or ``format!``, whether that was inlined or not. A place is a position in the source; how often LLVM copied
   it, and how often a generic function was instantiated, makes no difference.
2. An event in a function of the standard library belongs to all places below the anchor that call that function, itself
   or through other functions of the standard library.
3. What the user's own expression reaches through the standard library alone has no place in a library: it is
   *immediate*, and told by its own innermost frame.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from ringfence.graphs.folding import FoldedPlace, called_name
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.names import crate_of, without_generics
from ringfence.graphs.program import Function
from ringfence.graphs.search import Arrival, Ways, function_of

_STANDARD = frozenset({"core", "alloc", "std"})

Event = tuple[int, int]
"""Function by number, and location."""


class FoldedPlaces:
    """Of the events below one anchored call."""

    def __init__(self, hot_path: HotPath, ways: Ways, arrivals: Mapping[int, Arrival], start: int) -> None:
        """``arrivals`` are the states that the call reaches, ``start`` the number of its callee."""
        self._hot_path = hot_path
        self._ways = ways
        self._arrivals = arrivals
        self._start = start
        self._placed: dict[int, frozenset[FoldedPlace]] = {}

    def of(self, events: Iterable[Event]) -> frozenset[FoldedPlace]:
        """The places of these events."""
        return frozenset(self._found(dict.fromkeys(events)))

    def _found(self, events: Iterable[Event]) -> Iterator[FoldedPlace]:
        above: dict[int, None] = {}
        for number, location in events:
            function = self._hot_path.function(number)
            place = library_place(function, location, None, "")
            if place is not None:
                yield place
                continue
            above[number] = None
            if number in self._immediate:
                yield immediate(function, location)
        for number in above:
            yield from self._above(number)

    def _above(self, number: int) -> frozenset[FoldedPlace]:
        """Clause 2."""
        known = self._placed.get(number)
        if known is None:
            known = self._placed[number] = frozenset(self._searched(number))
        return known

    def _searched(self, number: int) -> Iterator[FoldedPlace]:
        seen = {number}
        stack = [number]
        while stack:
            for call in self._callers.get(stack.pop(), ()):
                if call.place is not None:
                    yield call.place
                elif call.caller not in seen:
                    seen.add(call.caller)
                    stack.append(call.caller)

    @cached_property
    def _immediate(self) -> frozenset[int]:
        """Clause 3: the functions that the anchored call leads to through the standard library alone."""
        callees: defaultdict[int, list[int]] = defaultdict(list)
        for callee, calls in self._callers.items():
            for call in calls:
                if call.place is None:
                    callees[call.caller].append(callee)
        led = {self._start}
        stack = [self._start]
        while stack:
            following = [callee for callee in callees[stack.pop()] if callee not in led]
            led.update(following)
            stack += following
        return frozenset(led)

    @cached_property
    def _callers(self) -> Mapping[int, list["_Call"]]:
        """The calls of each function."""
        callers: defaultdict[int, list[_Call]] = defaultdict(list)
        for caller in dict.fromkeys(map(function_of, self._arrivals)):
            function = self._hot_path.function(caller)
            for link in self._ways.links(caller):
                if not link.is_anchored:
                    callee = self._hot_path.function(link.edge.callee)
                    place = library_place(function, link.edge.site.location, None, called_name(callee.name))
                    callers[callee.id].append(_Call(caller, place))
        return callers


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of some function, and its place; None where it stands in the standard library."""

    caller: int
    place: FoldedPlace | None


def library_place(function: Function, location: int, anchor: int | None, callee: str) -> FoldedPlace | None:
    """Clause 1, of the frames inside of an anchor's position; None where all of them are the standard library's."""
    chain = function.chain(location)
    inner = chain if anchor is None else chain[:anchor]
    for position, frame in enumerate(inner):
        name = function.name_of(frame)
        if not _is_standard(name):
            calls = called_name(function.name_of(chain[position - 1])) if position else callee
            return FoldedPlace(
                without_generics(name), function.file_of(frame), frame.line, frame.column, calls, is_immediate=False
            )
    return None


def immediate(function: Function, location: int) -> FoldedPlace:
    """Clause 3."""
    chain = function.chain(location)
    if not chain:
        return FoldedPlace(without_generics(function.name), "", 0, 0, "", is_immediate=True)
    frame = chain[0]
    name = without_generics(function.name_of(frame))
    return FoldedPlace(name, function.file_of(frame), frame.line, frame.column, "", is_immediate=True)


@cache
def _is_standard(name: str) -> bool:
    return crate_of(name) in _STANDARD

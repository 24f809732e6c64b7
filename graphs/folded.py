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
from functools import cache

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
        self._callers: dict[int, list[tuple[Event, str]]] | None = None

    def of(self, events: Iterable[Event]) -> frozenset[FoldedPlace]:
        """The places of these events."""
        return frozenset(self._found(tuple(dict.fromkeys(events))))

    def _found(self, events: tuple[Event, ...]) -> Iterator[FoldedPlace]:
        seen: set[int] = set()
        for number, location in events:
            function = self._hot_path.function(number)
            place = library_place(function, location, None, "")
            if place is not None:
                yield place
                continue
            if number not in seen:
                seen.add(number)
                yield from self._above(number)
            if self._leads_straight(number):
                yield immediate(function, location)

    def _above(self, number: int) -> Iterator[FoldedPlace]:
        """Clause 2."""
        seen = {number}
        stack = [number]
        while stack:
            for (caller, location), callee in self._calls_of(stack.pop()):
                place = library_place(self._hot_path.function(caller), location, None, callee)
                if place is not None:
                    yield place
                elif caller not in seen:
                    seen.add(caller)
                    stack.append(caller)

    def _leads_straight(self, number: int) -> bool:
        """Whether the anchored call leads to a function through the standard library alone."""
        seen = {number}
        stack = [number]
        while stack:
            each = stack.pop()
            if each == self._start:
                return True
            for (caller, location), _ in self._calls_of(each):
                is_standard = library_place(self._hot_path.function(caller), location, None, "") is None
                if is_standard and caller not in seen:
                    seen.add(caller)
                    stack.append(caller)
        return False

    def _calls_of(self, number: int) -> Iterable[tuple[Event, str]]:
        if self._callers is None:
            self._callers = defaultdict(list)
            for caller in dict.fromkeys(map(function_of, self._arrivals)):
                for link in self._ways.links(caller):
                    if not link.is_anchored:
                        callee = self._hot_path.function(link.edge.callee)
                        call = (caller, link.edge.site.location), called_name(callee.name)
                        self._callers[callee.id].append(call)
        return self._callers.get(number, ())


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

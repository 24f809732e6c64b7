"""What is left of a function that was inlined into others, put together as one function.

An inlined function has no symbol. Its frames stand in the inline chains of the calls, copies, atomics, addresses and
accesses that are left of it (DWARF 5, 3.3.8), in every function that it was inlined into. Those events, each with the
way that it is reached in its function, are all that can be audited of it.

Not handled: an event that some way through the *outer* function avoids may yet be certain inside of the inlined one;
where LLVM took one turn of an outer loop apart, that loop counts as the inlined function's own.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

import msgspec

from ringfence.graphs.access_facts import Access
from ringfence.graphs.facts import Address, Atomic, CallSite, Frame, FunctionFacts, Linkage, MemoryCopy, Place

_Event = TypeVar("_Event", CallSite, MemoryCopy, Atomic, Address, Access)


def outermost(chain: Sequence[Frame], subprograms: AbstractSet[int]) -> int:
    """Position in an inline chain of the outermost frame of a function; the chain's last where it has none."""
    inside = (number for number, frame in enumerate(chain) if frame.subprogram in subprograms)
    return max(inside, default=len(chain) - 1)


def part_of(function: FunctionFacts, locations: AbstractSet[int]) -> FunctionFacts | None:
    """The function with nothing but the events at these locations; None where there are none. Loops around all of
    them, those on worse paths apart, stand outside of the inlined function."""
    part = msgspec.structs.replace(
        function,
        calls=tuple(each for each in function.calls if each.location in locations),
        copies=tuple(each for each in function.copies if each.location in locations),
        atomics=tuple(each for each in function.atomics if each.location in locations),
        addresses=tuple(each for each in function.addresses if each.location in locations),
        accesses=tuple(each for each in function.accesses if each.location in locations),
    )
    used = {event.place for events in (part.calls, part.copies, part.atomics, part.addresses) for event in events}
    if not used:
        return None
    best = min(function.places[place].path_class for place in used)
    outer = min(function.places[place].loop_depth for place in used if function.places[place].path_class is best)
    places = (
        msgspec.structs.replace(each, loop_depth=max(each.loop_depth - outer, 0), loops=each.loops[outer:])
        for each in function.places
    )
    return msgspec.structs.replace(part, places=tuple(places))


def joined(symbol: str, subprogram: int, parts: Sequence[FunctionFacts]) -> FunctionFacts:
    """One function of the events of all parts."""
    places: list[Place] = []
    starts: list[int] = []
    for part in parts:
        starts.append(len(places))
        places.extend(part.places)
    numbered = list(zip(starts, parts, strict=True))
    return FunctionFacts(
        symbol=symbol,
        linkage=Linkage.INTERNAL,
        attributes=parts[0].attributes,
        signature="",
        subprogram=subprogram,
        places=tuple(places),
        calls=tuple(event for start, part in numbered for event in _moved(part.calls, start)),
        copies=tuple(event for start, part in numbered for event in _moved(part.copies, start)),
        atomics=tuple(event for start, part in numbered for event in _moved(part.atomics, start)),
        addresses=tuple(event for start, part in numbered for event in _moved(part.addresses, start)),
        accesses=tuple(event for start, part in numbered for event in _moved(part.accesses, start)),
    )


def _moved(events: Sequence[_Event], start: int) -> Iterator[_Event]:
    for event in events:
        yield msgspec.structs.replace(event, place=event.place + start)

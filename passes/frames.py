"""Operations of libraries, found by the frames that their atomics and calls were inlined into.

What a library does on its fast path leaves a few instructions under inlined frames, and on its slow path a call: both
belong to the outermost frame of the library's own operation, such as ``Mutex::lock`` or ``Sender::send``.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function

_ATOMIC_FUNCTION = re.compile(r"4core4sync6atomic|5tokio4sync15batch_semaphore\w*9Semaphore(?=11try_acquire)")
"""Where nothing is optimised, atomic operations are calls; tokio's locks try their semaphore by a call."""
_MODIFYING = re.compile(r"compare_exchange|try_acquire|swap|fetch_|atomic_(?:add|sub|or|and|xchg|cxchg)")
_READ_MODIFY_WRITE = frozenset({"cmpxchg", "add", "or", "xchg", "sub", "and"})


@dataclass(frozen=True, slots=True)
class Operation:
    """An atomic instruction, or a call."""

    place: int
    location: int
    modifies: bool
    """It is an atomic read-modify-write."""
    target: str = ""
    """`ringfence.graphs.facts.Atomic.target`."""


@dataclass(frozen=True, slots=True)
class FramedName:
    """A frame of an inline chain: the path of its function, generic arguments kept, and where it was inlined."""

    name: str
    inlined_at: int


def atomic_operations(function: Function) -> Iterator[Operation]:
    """The atomic accesses of a function."""
    for atomic in function.facts.atomics:
        yield Operation(atomic.place, atomic.location, atomic.operation in _READ_MODIFY_WRITE, atomic.target)
    for site in function.facts.calls:
        called = _ATOMIC_FUNCTION.search(site.callee)
        if called is not None:
            yield Operation(site.place, site.location, _MODIFYING.search(site.callee, called.end()) is not None)


def operations(function: Function) -> Iterator[Operation]:
    """The same, and all calls."""
    yield from atomic_operations(function)
    for site in function.facts.calls:
        yield Operation(site.place, site.location, modifies=False)


def outermost(function: Function, location: int, pattern: re.Pattern[str]) -> FramedName | None:
    """The outermost frame at a location whose path without generic arguments matches; None where there is none."""
    known = function.where.frames_matched.setdefault(pattern, {})
    for frame in reversed(function.chain(location)):
        is_match = known.get(frame.subprogram)
        if is_match is None:
            is_match = _is_match(pattern, function.name_of(frame))
            if frame.subprogram >= 0:
                known[frame.subprogram] = is_match
        if is_match:
            return FramedName(function.name_of(frame), frame.inlined_at)
    return None


@lru_cache(maxsize=200_000)
def _is_match(pattern: re.Pattern[str], name: str) -> bool:
    return pattern.match(without_generics(name)) is not None


def by_frame(
    function: Function, found: Iterator[Operation], pattern: re.Pattern[str]
) -> dict[FramedName, list[Operation]]:
    """Operations by the outermost frame that matches, in their order."""
    frames: dict[FramedName, list[Operation]] = defaultdict(list)
    for operation in found:
        frame = outermost(function, operation.location, pattern)
        if frame is not None:
            frames[frame].append(operation)
    return frames


def from_outside(function: Function, place: int, site: SiteClass, written_at: int) -> SiteClass:
    """How an event is reached, seen from whoever wrote the operation that it belongs to: of the loops around it those
    count that are not the operation's own (`ringfence.pipeline.ir.loop_owners`). ``written_at`` is the location that
    the operation was inlined at, -1 where the function itself is the operation, or that of the call of it."""
    own = len(function.facts.places[place].loops) - function.loops_outside(place, written_at)
    return replace(site, loop_depth=max(site.loop_depth - own, 0))


def reached_from_outside(
    function: Function, operations: Iterable[Operation], written_at: int, hot_path: HotPath
) -> list[SiteClass]:
    """`from_outside` of operations."""
    return [
        from_outside(
            function, each.place, hot_path.classifier.of_event(function, each.place, each.location), written_at
        )
        for each in operations
    ]


def best(sites: Sequence[SiteClass]) -> SiteClass:
    """How a frame is reached: as the best of what stands in it, seen from outside. LLVM moves some of it out of loops,
    and takes the first turn of a loop apart: the deepest tells how often."""
    first = min(sites, key=lambda site: (site.path_class, -site.loop_depth))
    always = any(site.always for site in sites if site.path_class is first.path_class)
    deepest = max(site.loop_depth for site in sites if site.path_class < PathClass.PANIC or site is first)
    return replace(first, always=always, loop_depth=deepest)

"""What stands between the acquisition of a lock and its release, in one function.

1. An *acquisition* is the atomics of a frame that takes a lock (`ringfence.passes.locking`), a call of such a function,
   or of a C function that locks, or an exchange that takes a word by hand (`ringfence.passes.lock_shapes`).
2. A *release* is an event under the drop of a guard or under an ``unlock``, a call of either, or what gives such a word
   back. It gives an acquired lock back unless it says otherwise: another guarded type, or another address.
3. An event is *held over* where a way of normal edges leads from the acquisition to it without a release, and on from
   it to a release. Where the function does not release what it took (it returns the guard, or gives it away), nothing
   is held over: what is not known is not told.

Not handled: guards that another function returned, or that are released by another function; ``Condvar::wait`` gives
the lock back and takes it anew: what follows is not held over; locks taken behind a failed ``try_lock``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ringfence.graphs.contracts import Effect
from ringfence.graphs.effects import effect_of
from ringfence.graphs.facts import CallKind, Flow
from ringfence.graphs.names import STANDARD_CRATES, crate_of, display_name, method_name, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.frames import outermost
from ringfence.passes.lock_kinds import ACQUIRING, RELEASING, last_argument, lock_of
from ringfence.passes.lock_shapes import shapes
from ringfence.passes.locking import acquisitions

_RELEASE = re.compile(
    r"Guard(?:Arc)?(?:<.*>)? as core::ops::drop::Drop>::drop$|::unlock\w*$|^(?:pthread|mtx)_\w*unlock$"
    r"|Condvar::wait\w*$|^pthread_cond_\w*wait$"
)
_DROP_OF_GUARD = re.compile(r"drop_(?:in_place|glue)::<[^<]*Guard(?:Arc)?<")
_NOBODYS = STANDARD_CRATES | {""}


@dataclass(frozen=True, slots=True)
class Acquired:
    """One acquisition. Events are rows of ``Flow.events``."""

    events: tuple[int, ...]
    own: frozenset[int]
    """The events of the same frame, the contended path among them."""
    location: int
    """Of the sink that `ringfence.passes.locking` reports."""
    guarded: str
    target: str
    """`ringfence.graphs.facts.Atomic.target`, or nothing."""
    identity: str
    """Tells locks of a program apart; empty where it is not known which one this is."""
    waits: bool
    """It is no ``try_lock``."""


@dataclass(frozen=True, slots=True)
class _Release:
    guarded: str
    target: str


def acquired(function: Function) -> list[Acquired]:
    """The locks that a function takes, in the order of their first events."""
    flow = function.facts.flow
    if flow is None:
        return []
    found = (*_inlined(function, flow), *_called(function, flow), *_by_shape(function, flow))
    return sorted(found, key=lambda each: each.events)


def held_over(function: Function, locks: Sequence[Acquired]) -> list[list[int]]:
    """Clause 3 for each of the locks that a function takes: rows of ``Flow.events``, sorted."""
    flow = function.facts.flow
    if flow is None:
        return [[] for _ in locks]
    rows = _rows(flow)
    found = ((row, _release(function, flow, row)) for row in range(len(flow.events)))
    releases = {row: release for row, release in found if release is not None} | _given_by_hand(function, flow)
    return [_held_over(flow, taken, rows, releases) for taken in locks]


def _held_over(
    flow: Flow, taken: Acquired, rows: Mapping[int, Sequence[int]], releases: Mapping[int, _Release]
) -> list[int]:
    seen: dict[int, list[int]] = {}
    closing: set[int] = set()
    stack = [(flow.events[row][0], row + 1) for row in taken.events]
    for block, start in stack:
        if start == 0 and block in seen:
            continue
        met, closes, goes_on = _walk(rows.get(block, ()), start, taken, releases)
        seen.setdefault(block, []).extend(met)
        if closes:
            closing.add(block)
        if goes_on:
            stack.extend((successor, 0) for successor in flow.successors[block])
    leading = _leading(closing, seen, flow, {flow.events[row][0] for row in taken.events})
    return sorted({row for block in leading for row in seen[block]} - taken.own)


def _walk(
    rows: Sequence[int], start: int, taken: Acquired, releases: Mapping[int, _Release]
) -> tuple[list[int], bool, bool]:
    """The events of a block up to a release; whether there is one; whether a way leads on."""
    met: list[int] = []
    for row in rows:
        if row < start:
            continue
        if row in releases and row not in taken.own and _gives_back(releases[row], taken):
            return met, True, False
        if start == 0 and row in taken.events:
            return [], False, False
        met.append(row)
    return met, False, True


def _leading(closing: set[int], seen: dict[int, list[int]], flow: Flow, taking: set[int]) -> set[int]:
    """The blocks that were met and lead to one that closes, not by taking the lock first: what a lock does until it is
    free is not held over."""
    predecessors: dict[int, list[int]] = defaultdict(list)
    for block in seen:
        for successor in flow.successors[block]:
            if successor not in taking:
                predecessors[successor].append(block)
    leading = set(closing)
    stack = list(closing)
    while stack:
        new = [block for block in predecessors[stack.pop()] if block not in leading]
        leading.update(new)
        stack.extend(new)
    return leading


def _gives_back(release: _Release, taken: Acquired) -> bool:
    if release.target and taken.target:
        return release.target == taken.target
    return not (release.guarded and taken.guarded) or release.guarded == taken.guarded


def _rows(flow: Flow) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = defaultdict(list)
    for row, (block, _) in enumerate(flow.events):
        rows[block].append(row)
    return rows


def _location(function: Function, flow: Flow, row: int) -> int:
    number = flow.events[row][1]
    return function.facts.calls[number].location if number >= 0 else function.facts.atomics[~number].location


def _inlined(function: Function, flow: Flow) -> Iterator[Acquired]:
    frames = acquisitions(function)
    own: dict[object, set[int]] = defaultdict(set)
    for row in range(len(flow.events)) if frames else ():
        frame = outermost(function, _location(function, flow, row), ACQUIRING)
        if frame in frames:
            own[frame].add(row)
    for frame, operations in frames.items():
        taking = [each for each in operations if each.modifies]
        locations = {each.location for each in taking}
        events = sorted(
            row for row in own[frame] if flow.events[row][1] < 0 and _location(function, flow, row) in locations
        )
        if not events:
            continue
        guarded = lock_of(frame.name).guarded
        target = next((each.target for each in taking if _is_certain(each.target)), "")
        identity = _identity(function, guarded, target)
        waits = not method_name(frame.name).startswith("try_")
        yield Acquired(tuple(events), frozenset(own[frame]), taking[0].location, guarded, target, identity, waits)


def _by_shape(function: Function, flow: Flow) -> Iterator[Acquired]:
    """Those that the same function gives back."""
    for shape in shapes(function, {}):
        rows = tuple(row for row, (_, number) in enumerate(flow.events) if ~number in shape.takes)
        guarded = last_argument(shape.guard)
        target = function.facts.atomics[shape.gives[0]].target
        identity = _identity(function, guarded, target)
        yield Acquired(rows, frozenset(rows), shape.location, guarded, target, identity, shape.waits)


def _given_by_hand(function: Function, flow: Flow) -> dict[int, _Release]:
    given = {number for shape in shapes(function, {}) for number in shape.gives}
    rows = (row for row, (_, number) in enumerate(flow.events) if ~number in given)
    return {row: _Release("", function.facts.atomics[~flow.events[row][1]].target) for row in rows}


def _called(function: Function, flow: Flow) -> Iterator[Acquired]:
    inlined = acquisitions(function)
    for row, (_, number) in enumerate(flow.events):
        site = function.facts.calls[number] if number >= 0 else None
        frame = outermost(function, site.location, ACQUIRING) if site is not None else None
        if site is None or site.kind is not CallKind.DIRECT or frame in inlined:
            continue
        name = display_name(site.callee)
        is_c = effect_of(site.callee) is Effect.LOCKS and "_lock" in name
        if not (is_c or ACQUIRING.match(without_generics(name))) or RELEASING.search(name):
            continue
        guarded = lock_of(name).guarded or (lock_of(frame.name).guarded if frame is not None else "")
        identity = _identity(function, guarded, "")
        waits = "try" not in method_name(name)
        yield Acquired((row,), frozenset({row}), site.location, guarded, "", identity, waits)


def _identity(function: Function, guarded: str, target: str) -> str:
    """The user's own guarded type; else a static, or a place behind a known receiver."""
    if crate_of(guarded) not in _NOBODYS:
        return guarded
    if target.startswith("@"):
        return target
    receiver = function.receiver_of(function.entry[0]) if function.entry and target.startswith("p0") else ""
    return f"{receiver}{target.removeprefix('p0')}" if receiver else ""


def _release(function: Function, flow: Flow, row: int) -> _Release | None:
    number = flow.events[row][1]
    names = [function.name_of(frame) for frame in function.chain(_location(function, flow, row))]
    if number >= 0:
        names.insert(0, display_name(function.facts.calls[number].callee))
    giving = [guarded for name in names if (guarded := _given_back(name)) is not None]
    if not giving:
        return None
    guarded = next(filter(None, reversed(giving)), "")
    target = function.facts.atomics[~number].target if number < 0 else ""
    return _Release(guarded, target if _is_certain(target) else "")


def _is_certain(target: str) -> bool:
    """Whether two words are known to differ where their targets do."""
    return bool(target) and not target.startswith("%")


@lru_cache(maxsize=200_000)
def _given_back(name: str) -> str | None:
    """The guarded type, or nothing, where a path gives a lock back; None where it does not."""
    gives = _RELEASE.search(without_generics(name)) or _DROP_OF_GUARD.search(name)
    return lock_of(name).guarded if gives else None

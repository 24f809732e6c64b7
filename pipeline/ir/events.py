"""From events in blocks to facts: each event with the way that its block is reached."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from ringfence.graphs.access_facts import Access, AccessKind
from ringfence.graphs.facts import (
    Address,
    Atomic,
    CallKind,
    CallSite,
    Flow,
    Idle,
    Load,
    LoadKind,
    MemoryCopy,
    PathClass,
    Place,
    Refusal,
    Switch,
    Wait,
)
from ringfence.graphs.lazy_paths import is_first_use, is_growth, is_usual
from ringfence.pipeline.ir.accesses import TracedAccess
from ringfence.pipeline.ir.blocks import BlockClasses
from ringfence.pipeline.ir.calls import Call, Copy

_ALL_CROSSINGS = 1_000_000
_ORDERED = re.compile(r"yield_now|sched_yield|sleep|lock|llvm\.(?:x86\.sse2\.pause|aarch64\.)")
"""Calls that may lock or wait: their order among the function's events is kept, be they the only ones."""

_TAKING = frozenset({"cmpxchg", "xchg", "or"})
"""What locks are taken with."""
_EVERYWHERE = frozenset({LoadKind.GROUP, LoadKind.HASHED})
"""Loads that are facts outside of loops, too."""

Event = Call | Copy | Atomic | Address | Switch | Load | Wait


@dataclass(frozen=True, slots=True)
class Events:
    """What one body contributes to its `FunctionFacts`."""

    places: tuple[Place, ...] = ()
    calls: tuple[CallSite, ...] = ()
    copies: tuple[MemoryCopy, ...] = ()
    atomics: tuple[Atomic, ...] = ()
    addresses: tuple[Address, ...] = ()
    switches: tuple[Switch, ...] = ()
    loads: tuple[Load, ...] = ()
    stops_at_flag: bool = False
    flow: Flow | None = None
    accesses: tuple[Access, ...] = ()
    waits: tuple[Wait, ...] = ()
    idle: Idle = Idle.BUSY
    refusal: Refusal | None = None


def forgiven(site: CallSite) -> int:
    """How many crossings (`ringfence.pipeline.ir.blocks`, clause 4) do not make a call cold."""
    if site.kind is not CallKind.DIRECT:
        return 0
    symbol = site.callee.encode()
    if is_usual(symbol):
        return _ALL_CROSSINGS
    return 1 if is_growth(symbol) or is_first_use(symbol) else 0


def place(
    events: Sequence[tuple[int, Event]],
    accesses: Sequence[tuple[int, TracedAccess]],
    successors: Sequence[Sequence[int]],
    classes: BlockClasses,
    location_of: Callable[[bytes], int],
    idle: tuple[Idle, Refusal | None],
) -> Events:
    """Give each event, which comes with its block, its row in the table of places; equal places share a row."""
    placing = _Placing(successors, classes, idle)
    for block, event in events:
        placing.add(block, event)
    for block, access in accesses:
        placing.add_access(block, access, location_of)
    return placing.events()


@dataclass(slots=True)
class _Placing:
    """Facts of one body while its events go by."""

    successors: Sequence[Sequence[int]]
    classes: BlockClasses
    idle: tuple[Idle, Refusal | None]
    rows: dict[Place, int] = field(default_factory=dict[Place, int])
    calls: list[CallSite] = field(default_factory=list[CallSite])
    copies: list[MemoryCopy] = field(default_factory=list[MemoryCopy])
    atomics: list[Atomic] = field(default_factory=list[Atomic])
    addresses: set[Address] = field(default_factory=set[Address])
    switches: list[Switch] = field(default_factory=list[Switch])
    loads: set[Load] = field(default_factory=set[Load])
    waits: list[Wait] = field(default_factory=list[Wait])
    order: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    guards: "_Guards | None" = None
    accesses: dict["_AccessKey", int] = field(default_factory=dict["_AccessKey", int])
    """With their number."""

    def add(self, block: int, event: Event) -> None:
        """Place one event."""
        match event:
            case Call(site):
                self.order.append((block, len(self.calls)))
                placed = self._row(block, forgiven=forgiven(site))
                self.calls.append(_with_place(site, placed, self._guard(block)))
            case Copy(operation, size, location):
                self.copies.append(MemoryCopy(operation, size, self._row(block), location))
            case Atomic():
                self.order.append((block, ~len(self.atomics)))
                self.atomics.append(msgspec.structs.replace(event, place=self._row(block)))
            case Address(symbol, _, location):
                self.addresses.add(Address(symbol, self._row(block), location))
            case Switch(cases, is_weighted, _, location, usual, share):
                self.switches.append(Switch(cases, is_weighted, self._row(block), location, usual, share))
            case Load(kind, _, location):
                self._add_load(block, kind, location)
            case Wait():
                self.waits.append(msgspec.structs.replace(event, place=self._row(block)))

    def events(self) -> Events:
        """What was added."""
        flow = Flow(tuple(map(tuple, self.successors)), tuple(self.order))
        return Events(
            places=tuple(self.rows),
            calls=tuple(self.calls),
            copies=tuple(self.copies),
            atomics=tuple(self.atomics),
            addresses=tuple(sorted(self.addresses, key=lambda each: (each.symbol, each.place, each.location))),
            switches=tuple(self.switches),
            loads=tuple(sorted(self.loads, key=lambda each: (each.kind, each.place, each.location))),
            stops_at_flag=self.classes.stops_at_flag,
            flow=flow if self.waits or _needs_order(self.calls, self.atomics) else None,
            accesses=tuple(_access(key, count) for key, count in self.accesses.items()),
            waits=tuple(self.waits),
            idle=self.idle[0],
            refusal=self.idle[1],
        )

    def add_access(self, block: int, access: TracedAccess, location_of: Callable[[bytes], int]) -> None:
        """Accesses that are alike are counted."""
        key = (
            access.kind,
            access.variable_type,
            access.path,
            access.size,
            access.is_indexed,
            access.static,
            access.on_stack,
            access.stride,
            access.is_walked,
            access.origin,
            access.is_thread_local,
            self._row(block),
            location_of(access.line),
        )
        self.accesses[key] = self.accesses.get(key, 0) + 1

    def _add_load(self, block: int, kind: LoadKind, location: int) -> None:
        if kind in _EVERYWHERE or self.classes.depths[block]:
            self.loads.add(Load(kind, self._row(block), location))

    def _guard(self, block: int) -> int:
        if self.classes.classes[block] is not PathClass.PANIC:
            return -1
        self.guards = self.guards or _Guards(self.successors, self.classes)
        guard = self.guards.of(block)
        return self._row(guard) if guard >= 0 else -1

    def _row(self, block: int, *, forgiven: int = 0) -> int:
        path_class = self.classes.classes[block]
        if path_class is PathClass.COLD and 0 < self.classes.crossings[block] <= forgiven:
            path_class = PathClass.HOT
        row = Place(
            path_class,
            self.classes.depths[block],
            self.classes.always[block],
            self.classes.crossings[block] >= 0,
            self.classes.owners[block],
        )
        return self.rows.setdefault(row, len(self.rows))


_AccessKey = tuple[AccessKind, int, tuple[int, ...], int, bool, str, bool, int, bool, tuple[int, ...], bool, int, int]
"""What makes accesses of one body alike: all fields of an `Access` but their number; place and location last."""


def _access(key: _AccessKey, count: int) -> Access:
    (
        kind,
        variable_type,
        path,
        size,
        is_indexed,
        static,
        on_stack,
        stride,
        is_walked,
        origin,
        is_local,
        row,
        location,
    ) = key
    return Access(
        kind,
        variable_type,
        path,
        size,
        is_indexed,
        row,
        location,
        count,
        static,
        on_stack,
        stride,
        is_walked,
        origin,
        is_local,
    )


class _Guards:
    """Which block decides that control goes to a panic block."""

    def __init__(self, successors: Sequence[Sequence[int]], classes: BlockClasses) -> None:
        self._successors = successors
        self._classes = classes
        self._predecessors: list[list[int]] | None = None

    def of(self, block: int) -> int:
        """The block that leads to a panic block, by panic blocks only, and is none itself; -1 where there is none. Of
        several the best class counts, then the deepest: LLVM turns a loop so that its check stands in front of it and
        at its end."""
        if self._predecessors is None:
            self._predecessors = [[] for _ in self._successors]
            for source, targets in enumerate(self._successors):
                for target in targets:
                    self._predecessors[target].append(source)
        seen = {block}
        queue = [block]
        found: list[int] = []
        for current in queue:
            for before in self._predecessors[current]:
                if before in seen:
                    continue
                seen.add(before)
                is_panic = self._classes.classes[before] is PathClass.PANIC
                (queue if is_panic else found).append(before)
        return min(found, key=self._rank, default=-1)

    def _rank(self, block: int) -> tuple[PathClass, int, int]:
        return self._classes.classes[block], -self._classes.depths[block], block


def _needs_order(calls: Sequence[CallSite], atomics: Sequence[Atomic]) -> bool:
    is_atomic = any(atomic.operation in _TAKING for atomic in atomics)
    return is_atomic or len(calls) > 1 or any(_ORDERED.search(site.callee) for site in calls)


def _with_place(site: CallSite, place: int, guard: int) -> CallSite:
    return CallSite(
        site.kind,
        site.callee,
        place,
        site.location,
        site.size,
        site.receiver,
        site.slot,
        site.vtable_size,
        site.signature,
        site.variable,
        site.callees,
        site.parameter,
        site.passed,
        site.forwarded,
        guard,
        site.is_loaded,
        site.is_static,
        site.is_fat,
    )

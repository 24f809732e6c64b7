"""RF302 false-sharing: fields that one thread writes on the cache line of fields that another one touches.

1. A field is *written for others* where it is written atomically or through an ``UnsafeCell``: a plain field behind
   ``&mut`` is nobody else's at that moment.
2. Two fields of one type share a line where the bytes that are touched do, at every placement that the type's
   alignment allows (certain) or at some.
3. The roots of the two touches run on different threads where the project says so (``thread`` in ``[[roots]]``). Where
   it does not say, a pair counts only if each field is written atomically by one root and not by the other: that is
   what a producer and a consumer do.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.graphs.accesses import RootTouch
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.names import last_segment, without_generics
from ringfence.graphs.objects import FieldStep, TypeNamed
from ringfence.graphs.placement import Sharing, sharing
from ringfence.graphs.repacking import padded_bytes
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.memory import Memory, RootMemory, earliest, span
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink

FALSE_SHARING = Rule(
    id="RF302",
    slug="false-sharing",
    what="A field that one root writes lies on the cache line of a field that a root of another thread touches.",
    why="A core that writes a line takes it away from all others. Two threads that never touch the same field still "
    "wait for each other at every write: tens of nanoseconds each.",
    example="struct Queue { head: AtomicUsize, tail: AtomicUsize } // the consumer writes `head`, the producer `tail`",
    instead="Give each its own line: `head: CachePadded<AtomicUsize>` (crossbeam-utils), or a `#[repr(align(64))]` "
    "wrapper (128 where the adjacent line is prefetched, as on recent x86 and Apple's cores).",
    false_positives="Types are told apart, values are not: two roots that touch different values of one type are told "
    'like two that share one. Say `thread = "…"` in `[[roots]]`, then roots of one thread are never told. Where the '
    "type's alignment is below a line, it may begin such that the fields are apart; where each root touches both "
    "fields anyway, apart they cost less, but not nothing: notes.",
    how="Loads, stores and atomics of each root, traced to type and field; offsets and alignment from debug info. The "
    "bytes that are touched count, not the padding around them.",
    levels=ADVISORY_LEVELS,
)
_CELL = "core::cell::UnsafeCell<"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who touches the same line, as the report tells it."""

    field: str
    root: str
    thread: str
    writes: bool
    shared: int
    """Placements of the value in which they are on one line."""
    placements: int


@dataclass(frozen=True, slots=True)
class _Use:
    """What one root does with one direct field of a type."""

    memory: RootMemory
    owner: str
    align: int
    field: str
    first: int
    last: int
    """Bytes that are touched, behind the owner's start."""
    writes_for_others: tuple[RootTouch, ...]
    writes_atomically: bool
    writes: bool
    padding: str
    """Why the padding around it does not hold; empty where there is none."""


@dataclass(frozen=True, slots=True)
class _Neighbour:
    use: _Use
    sharing: Sharing
    is_told: bool
    """The project says that the two run on different threads."""
    is_mutual: bool
    """Each of the two roots touches the other's field anyway: on lines of their own they wait for each other less."""


class SharingPass:
    """One sink for each root and each field that it writes beside those of others."""

    rules = (FALSE_SHARING,)

    def sinks(self, memory: Memory) -> Iterator[SinkSite[Sink]]:
        """Type by type."""
        by_type: dict[str, list[_Use]] = defaultdict(list)
        for root in memory.roots:
            for use in _uses(root, memory):
                by_type[use.owner].append(use)
        for owner in sorted(by_type):
            uses = by_type[owner]
            for use in uses:
                neighbours = tuple(_neighbours(use, uses)) if use.writes_for_others else ()
                if neighbours:
                    shown = earliest(use.writes_for_others)
                    yield memory.site(shown, _sink(use, neighbours, shown.touched.function.where.type_named))


def _uses(root: RootMemory, memory: Memory) -> Iterator[_Use]:
    found: dict[tuple[str, str], list[tuple[RootTouch, FieldStep]]] = defaultdict(list)
    for touch in root.touches:
        for step in touch.touched.steps:
            if memory.is_own_type(step.owner):
                found[step.owner, step.field.name].append((touch, step))
    for (owner, name), touches in found.items():
        described = touches[0][0].touched.function.where.type_named(owner)
        if described is not None:
            yield _use(root, described.align, owner, name, touches)


def _use(root: RootMemory, align: int, owner: str, name: str, found: Sequence[tuple[RootTouch, FieldStep]]) -> _Use:
    spans = [span(touch, step) for touch, step in found]
    for_others = tuple(touch for touch, _ in found if touch.touched.kind.writes and _is_for_others(touch))
    return _Use(
        memory=root,
        owner=owner,
        align=align,
        field=name,
        first=min(first for first, _ in spans),
        last=max(last for _, last in spans),
        writes_for_others=for_others,
        writes_atomically=any(touch.touched.kind.writes and touch.touched.kind.is_atomic for touch, _ in found),
        writes=any(touch.touched.kind.writes for touch, _ in found),
        padding=next((said for touch, step in found if (said := _broken_padding(touch, step))), ""),
    )


def _is_for_others(touch: RootTouch) -> bool:
    if touch.touched.kind.is_atomic:
        return True
    return any(step.owner.startswith(_CELL) or step.field.type_name.startswith(_CELL) for step in touch.touched.steps)


def _broken_padding(touch: RootTouch, step: FieldStep) -> str:
    """A type that is as large as a line, and not aligned to one, around what is touched."""
    for inner in touch.touched.steps:
        described = touch.touched.function.where.type_named(inner.owner)
        is_inside = described is not None and inner.start > step.start - 1 and inner is not step
        if described and is_inside and described.size % LINE_BYTES == 0 and 0 < described.align < LINE_BYTES:
            return f"`{last_segment(inner.owner)}` has {described.size} bytes but is aligned to {described.align}"
    return ""


def _neighbours(use: _Use, uses: Sequence[_Use]) -> Iterator[_Neighbour]:
    for other in uses:
        if other.memory.root.id == use.memory.root.id or other.field == use.field:
            continue
        told = bool(use.memory.thread and other.memory.thread)
        if told and use.memory.thread == other.memory.thread:
            continue
        if not told and not _is_handed_over(use, other, uses):
            continue
        shared = sharing((use.first, use.last), (other.first, other.last), use.align, LINE_BYTES)
        if shared.ever:
            yield _Neighbour(other, shared, told, _touches(use, other, uses) and _touches(other, use, uses))


def _touches(one: _Use, other: _Use, uses: Sequence[_Use]) -> bool:
    """Whether the root of one use touches the field of the other, too."""
    return any(each.memory.root.id == one.memory.root.id and each.field == other.field for each in uses)


def _is_handed_over(use: _Use, other: _Use, uses: Sequence[_Use]) -> bool:
    """Each of the two fields is written atomically by its root and never by the other's."""
    if not (use.writes_atomically and other.writes_atomically):
        return False
    crossed = (
        each
        for each in uses
        if each.writes
        and (
            (each.memory.root.id == use.memory.root.id and each.field == other.field)
            or (each.memory.root.id == other.memory.root.id and each.field == use.field)
        )
    )
    return next(crossed, None) is None


def _sink(use: _Use, neighbours: Sequence[_Neighbour], type_named: TypeNamed) -> Sink:
    owner = last_segment(use.owner)
    is_certain = any(each.sharing.always for each in neighbours)
    shown = min(neighbours, key=lambda each: (not each.sharing.always, not each.use.writes, each.use.field))
    verb = "shares" if shown.sharing.always else "may share"
    deed = "writes" if shown.use.writes else "reads"
    other = _short(shown.use.memory.root.name)
    thread = f" on thread `{shown.use.memory.thread}`" if shown.is_told else ""
    after = _padded(use, shown, type_named)
    size = f": {after} bytes" if after else ""
    padding = f"; {use.padding}: it keeps off what comes behind, not what comes before" if use.padding else ""
    return Sink(
        rule=FALSE_SHARING,
        what=f"{without_generics(use.owner)}.{use.field}",
        verb=f"writes `{owner}.{use.field}`, which {verb} a cache line with `{shown.use.field}`",
        alone=f"`{use.field}` of `{owner}`, which {verb} a cache line with `{shown.use.field}` that `{other}` {deed}"
        f"{thread}{padding}, is written",
        at_most=None if is_certain and not all(each.is_mutual for each in neighbours) else Level.NOTE,
        notes=(*_notes(use, neighbours, is_certain=is_certain), *((("padded_bytes", after),) if after else ())),
        help=f"give each its own line: in `{owner}` write `{use.field}: CachePadded<…>` and "
        f"`{shown.use.field}: CachePadded<…>` (crossbeam-utils; or a `#[repr(align(64))]` wrapper){size}",
        only_for=(use.memory.root.id,),
    )


def _padded(use: _Use, shown: _Neighbour, type_named: TypeNamed) -> int:
    """Bytes of the type with both fields on lines of their own; 0 where that is not known."""
    described = type_named(use.owner)
    return padded_bytes(described, (use.field, shown.use.field), type_named, LINE_BYTES) if described else 0


def _notes(use: _Use, neighbours: Sequence[_Neighbour], *, is_certain: bool) -> Iterator[tuple[str, object]]:
    yield "type", use.owner
    yield "field", use.field
    yield "align", use.align
    yield "certain", is_certain
    if use.padding:
        yield "padding", use.padding
    if use.memory.thread:
        yield "thread", use.memory.thread
    yield "neighbours", tuple(_told(each) for each in neighbours)


def _told(each: _Neighbour) -> Neighbour:
    return Neighbour(
        each.use.field,
        each.use.memory.root.name,
        each.use.memory.thread,
        each.use.writes,
        each.sharing.shared,
        each.sharing.placements,
    )


def _short(path: str) -> str:
    """``Plant::on_packet``."""
    return "::".join(without_generics(path).split("::")[-2:])

"""RF302 of fields: two fields of one value on one cache line.

1. A field is *written for others* where it is written atomically or through an ``UnsafeCell``: a plain field behind
   ``&mut`` is nobody else's at that moment.
2. Two fields of one type share a line where the bytes that are touched do, at every placement that the type's
   alignment allows, at most of them, or at some.
3. The roots of the two touches run on different threads where the project says so (``thread`` in ``[[roots]]``). Where
   it does not say, a pair counts only if each field is written for others by one root and not by the other, one of
   them atomically: that is what a producer and a consumer do.
4. What a root touches in a part that it was handed a reference to is looked for in the wholes that the part may belong
   to (`ringfence.graphs.wholes`), as far as other roots touch these: a note where the part may belong to several.
5. Types of dependencies are judged like the user's own; those of std are not: nobody can change them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.graphs.accesses import RootTouch
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.names import crate_of, last_segment, without_generics
from ringfence.graphs.objects import FieldStep, TypeNamed, is_library
from ringfence.graphs.placement import Sharing, sharing
from ringfence.graphs.program import Function
from ringfence.graphs.repacking import padded_bytes
from ringfence.graphs.wholes import Wholes
from ringfence.passes.memory import Memory, RootMemory, earliest, span
from ringfence.passes.sharing_rule import (
    FALSE_SHARING,
    Neighbour,
    are_told_apart,
    is_one_thread,
    lines_of_their_own,
    loudest,
    on_thread,
    short,
)
from ringfence.passes.sink import Sink

_CELL = "core::cell::UnsafeCell<"


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
    is_guessed: bool
    """What it touches may belong to another value."""


@dataclass(frozen=True, slots=True)
class _Neighbour:
    use: _Use
    sharing: Sharing
    is_told: bool
    """The project says that the two run on different threads."""
    is_mutual: bool
    """Each of the two roots writes the other's field, too: on lines of their own they still wait for each other. Two
    ends of a ring that *read* each other's position are no such pair: most of what they wait for is the line."""
    is_guessed: bool


def shared_fields(memory: Memory) -> Iterator[SinkSite[Sink]]:
    """Type by type."""
    by_type: dict[str, list[_Use]] = defaultdict(list)
    wanted = frozenset(step.owner for root in memory.roots for step, _ in _direct(root))
    parts = _Parts(wanted)
    for root in memory.roots:
        for use in _uses(root, parts):
            by_type[use.owner].append(use)
    for owner in sorted(by_type):
        uses = by_type[owner]
        for use in uses:
            neighbours = tuple(_neighbours(use, uses)) if use.writes_for_others else ()
            if neighbours:
                shown = earliest(use.writes_for_others)
                yield memory.site(shown, _sink(use, neighbours, shown.touched.type_named, memory))


def _direct(root: RootMemory) -> Iterator[tuple[FieldStep, RootTouch]]:
    """The fields that a root touches, as far as it knows the value that they are of."""
    for touch in root.touches:
        for step in touch.touched.steps:
            if not is_library(step.owner) and not touch.touched.access.is_thread_local:
                yield step, touch


class _Parts:
    """Clause 4."""

    def __init__(self, wanted: frozenset[str]) -> None:
        """``wanted`` are the types of which a field is touched."""
        self._wanted = wanted
        self._of_module: dict[int, Wholes] = {}

    def lifted(self, touch: RootTouch) -> Iterator[tuple[FieldStep, RootTouch, bool]]:
        """A touch of a part as one of the whole; and whether it is the only one."""
        touched = touch.touched
        if not touched.is_field or is_library(touched.object) or touched.access.is_thread_local:
            return
        for whole in self._wholes(touched.function).around(touched.object):
            if whole.name not in self._wanted:
                continue
            inside = tuple(replace(step, start=step.start + whole.offset) for step in touched.steps)
            outer = replace(
                touched, object=whole.name, offset=touched.offset + whole.offset, steps=(*whole.steps, *inside)
            )
            yield whole.steps[0], replace(touch, touched=outer), whole.is_only

    def _wholes(self, function: Function) -> Wholes:
        key = id(function.where)
        known = self._of_module.get(key)
        if known is None:
            known = self._of_module[key] = Wholes(function.where.described_types())
        return known


def _uses(root: RootMemory, parts: _Parts) -> Iterator[_Use]:
    found: dict[tuple[str, str], list[tuple[RootTouch, FieldStep]]] = defaultdict(list)
    for step, touch in _direct(root):
        found[step.owner, step.field.name].append((touch, step))
    guessed: set[tuple[str, str]] = set()
    for touch in root.touches:
        for step, lifted, is_only in parts.lifted(touch):
            key = (step.owner, step.field.name)
            if not is_only and key not in found:
                guessed.add(key)
            found[key].append((lifted, step))
    for (owner, name), touches in found.items():
        described = touches[0][0].touched.type_named(owner)
        if described is not None:
            yield _use(root, described.align, (owner, name), touches, is_guessed=(owner, name) in guessed)


def _use(
    root: RootMemory,
    align: int,
    field: tuple[str, str],
    found: Sequence[tuple[RootTouch, FieldStep]],
    *,
    is_guessed: bool,
) -> _Use:
    owner, name = field
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
        is_guessed=is_guessed,
    )


def _is_for_others(touch: RootTouch) -> bool:
    if touch.touched.kind.is_atomic:
        return True
    return any(step.owner.startswith(_CELL) or step.field.type_name.startswith(_CELL) for step in touch.touched.steps)


def _broken_padding(touch: RootTouch, step: FieldStep) -> str:
    """A type that is as large as a line, and not aligned to one, around what is touched."""
    for inner in touch.touched.steps:
        described = touch.touched.type_named(inner.owner)
        is_inside = described is not None and inner.start > step.start - 1 and inner is not step
        if described and is_inside and described.size % LINE_BYTES == 0 and 0 < described.align < LINE_BYTES:
            return f"`{last_segment(inner.owner)}` has {described.size} bytes but is aligned to {described.align}"
    return ""


def _neighbours(use: _Use, uses: Sequence[_Use]) -> Iterator[_Neighbour]:
    for other in uses:
        if other.memory.root.id == use.memory.root.id or other.field == use.field:
            continue
        told = are_told_apart(use.memory, other.memory)
        if is_one_thread(use.memory, other.memory):
            continue
        if not told and not _is_handed_over(use, other, uses):
            continue
        shared = sharing((use.first, use.last), (other.first, other.last), use.align, LINE_BYTES)
        if shared.ever:
            is_mutual = _writes(use, other, uses) and _writes(other, use, uses)
            yield _Neighbour(other, shared, told, is_mutual, use.is_guessed or other.is_guessed)


def _writes(one: _Use, other: _Use, uses: Sequence[_Use]) -> bool:
    """Whether the root of one use writes the field of the other, too."""
    found = (each for each in uses if each.memory.root.id == one.memory.root.id and each.field == other.field)
    return any(each.writes for each in found)


def _is_handed_over(use: _Use, other: _Use, uses: Sequence[_Use]) -> bool:
    """Each of the two fields is written for others by its root and never by the other's, one of them atomically: cells
    alone may be those of one thread."""
    if not (use.writes_for_others and other.writes_for_others):
        return False
    if not (use.writes_atomically or other.writes_atomically):
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


def _sink(use: _Use, neighbours: Sequence[_Neighbour], type_named: TypeNamed, memory: Memory) -> Sink:
    owner = last_segment(use.owner)
    shown = min(neighbours, key=_order)
    verb = "shares" if shown.sharing.always else "may share"
    places = "" if shown.sharing.always else f" ({shown.sharing.shared} of the {shown.sharing.placements} places at "
    places += "which a value may begin)" if places else ""
    deed = "writes" if shown.use.writes else "reads"
    thread = on_thread(shown.use.memory, is_told=shown.is_told)
    padding = f"; {use.padding}: it keeps off what comes behind, not what comes before" if use.padding else ""
    advice, after = _advice(use, shown, type_named, memory)
    return Sink(
        rule=FALSE_SHARING,
        what=f"{without_generics(use.owner)}.{use.field}",
        verb=f"writes `{owner}.{use.field}`, which {verb} a cache line with `{shown.use.field}`",
        alone=f"`{use.field}` of `{owner}`, which {verb} a cache line with `{shown.use.field}`{places} that "
        f"`{short(shown.use.memory.root.name)}` {deed}{thread}{padding}, is written",
        at_most=loudest(is_good=_is_good(shown), is_told=shown.is_told),
        notes=(
            *_notes(use, neighbours, is_certain=any(each.sharing.always for each in neighbours)),
            *((("padded_bytes", after),) if after else ()),
        ),
        help=advice,
        only_for=(use.memory.root.id,),
    )


def _is_good(each: _Neighbour) -> bool:
    return each.sharing.usually and not each.is_mutual and not each.is_guessed


def _order(each: _Neighbour) -> tuple[bool, bool, bool, bool, str]:
    return (
        not _is_good(each),
        not each.is_told,
        not each.sharing.always,
        not each.use.writes,
        each.use.field,
    )


def _advice(use: _Use, shown: _Neighbour, type_named: TypeNamed, memory: Memory) -> tuple[str, int]:
    """What to do, and the bytes of the type with both fields on lines of their own; 0 where that is not known."""
    described = type_named(use.owner)

    def size(align: int) -> int:
        fields = (use.field, shown.use.field)
        return padded_bytes(described, fields, type_named, align) if described else 0

    owner = last_segment(use.owner)
    if not memory.is_own_type(use.owner):
        crate = crate_of(use.owner)
        advice = (
            f"`{owner}` is laid out by `{crate}`: take a version of it, or another library, that gives "
            f"`{use.field}` and `{shown.use.field}` lines of their own; or let one thread do both"
        )
        return advice, size(LINE_BYTES)
    both = f"`{use.field}` and `{shown.use.field}` of `{owner}`, each on its own line,"
    return lines_of_their_own(both, size, memory.target)


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

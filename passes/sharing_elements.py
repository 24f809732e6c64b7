"""RF302 of elements: two elements of one array, slice or vector on one cache line.

1. A root *writes by index* where it writes an element atomically and the index is only known at run time: an atomic
   says that others may do the same at the same time, the index that they may do it beside. An index that a loop counts
   up, or that is read from an atomic (the position of a queue), goes from element to element and is not meant.
2. Elements side by side share a line where the touched bytes of both do, at more than half of the places
   (`ringfence.graphs.placement`): good evidence.
3. The other thread is a root that touches the same sequence by an index of its own, on another thread; or another
   thread that runs the same root, as long as the project does not say that it runs on one thread only.
4. A sequence of a dependency's is told as a note, and so is one that is long: padded, it would not fit the cache. A
   sequence is the same for two roots where it has the same name; of slices that are handed in, the type.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.graphs.accesses import RootTouch
from ringfence.graphs.elements import Element
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.names import crate_of, last_segment, without_generics
from ringfence.graphs.objects import is_library
from ringfence.graphs.placement import Sharing, sharing_elements
from ringfence.graphs.repacking import alignment
from ringfence.passes.memory import Memory, RootMemory, earliest
from ringfence.passes.rule import Level
from ringfence.passes.sharing_rule import (
    FALSE_SHARING,
    Neighbour,
    are_told_apart,
    is_one_thread,
    is_pool,
    lines_of_their_own,
    loudest,
    on_thread,
    short,
)
from ringfence.passes.sink import Sink
from ringfence.passes.written_calls import short_type

_MOST_PADDED = 1 << 15
"""Bytes of a padded sequence that still may be meant to stay in the first-level cache."""


@dataclass(frozen=True, slots=True)
class _Use:
    """What one root does with the elements of one sequence."""

    memory: RootMemory
    element: Element
    align: int
    touched: tuple[int, int]
    written: tuple[int, int]
    """The part that is written by index; empty where ``writes`` is."""
    writes: tuple[RootTouch, ...]


@dataclass(frozen=True, slots=True)
class _Neighbour:
    use: _Use
    sharing: Sharing
    is_told: bool


def shared_elements(memory: Memory) -> Iterator[SinkSite[Sink]]:
    """One sink for each root and sequence that it writes by index."""
    by_sequence: dict[tuple[str, str], list[_Use]] = defaultdict(list)
    for root in memory.roots:
        for use in _uses(root):
            by_sequence[use.element.holder, use.element.type_name].append(use)
    for key in sorted(by_sequence):
        uses = by_sequence[key]
        for use in uses:
            neighbours = [each for each in _neighbours(use, uses) if each.sharing.ever] if use.writes else []
            if neighbours:
                yield memory.site(earliest(use.writes), _sink(use, neighbours, memory))


def _uses(root: RootMemory) -> Iterator[_Use]:
    found: dict[tuple[str, str], list[tuple[RootTouch, Element]]] = defaultdict(list)
    for touch in root.touches:
        element = touch.touched.element
        if element is not None and not touch.touched.access.is_thread_local:
            found[element.holder, element.type_name].append((touch, element))
    for touches in found.values():
        writes = [(touch, element) for touch, element in touches if _is_meant(touch)]
        touch, element = touches[0]
        yield _Use(
            memory=root,
            element=element,
            align=max(
                alignment(element.type_name, touch.touched.type_named) if element.type_name else element.stride, 1
            ),
            touched=_span(touches),
            written=_span(writes),
            writes=tuple(touch for touch, _ in writes),
        )


def _is_meant(touch: RootTouch) -> bool:
    """Clause 1."""
    kind, access = touch.touched.kind, touch.touched.access
    return kind.writes and kind.is_atomic and not access.is_walked


def _span(touches: Sequence[tuple[RootTouch, Element]]) -> tuple[int, int]:
    first = min((element.offset for _, element in touches), default=0)
    ends = (min(element.offset + max(touch.touched.access.size, 1), element.stride) - 1 for touch, element in touches)
    return first, max(ends, default=0)


def _neighbours(use: _Use, uses: Sequence[_Use]) -> Iterator[_Neighbour]:
    """Clause 3."""
    for other in uses:
        is_itself = other is use
        if is_one_thread(use.memory, other.memory) or (is_itself and use.memory.thread and not is_pool(use.memory)):
            continue
        told = is_pool(use.memory) if is_itself else are_told_apart(use.memory, other.memory)
        shared = sharing_elements(use.written, other.touched, use.element.stride, use.align, LINE_BYTES)
        yield _Neighbour(other, shared, told)


def _sink(use: _Use, neighbours: Sequence[_Neighbour], memory: Memory) -> Sink:
    element = use.element
    shown = min(
        neighbours,
        key=lambda each: (
            not each.is_told,
            not each.sharing.usually,
            not each.use.writes,
            each.use is use,
            each.use.memory.root.name,
        ),
    )
    name = _name(element.holder)
    verb = "shares" if shown.sharing.always else "may share"
    per_line = max(LINE_BYTES // element.stride, 1)
    how = f"{per_line} of {element.stride} bytes on a line" if per_line > 1 else f"{element.stride} bytes each"
    who = f"`{short(shown.use.memory.root.name)}`{on_thread(shown.use.memory, is_told=shown.is_told)}"
    deed = "writes" if shown.use.writes else "reads"
    others = f"{who} {deed}" if shown.use is not use else f"another thread in {who} writes"
    advice, after = _advice(element, name, memory)
    return Sink(
        rule=FALSE_SHARING,
        what=f"{without_generics(element.holder)}[]",
        verb=f"writes an element of `{name}`, which {verb} a cache line with the next one",
        alone=f"an element of `{name}`, which {verb} a cache line with the one beside it ({how}) that {others}, is "
        "written by an index known at run time",
        at_most=_level(use, shown, after, memory),
        notes=(
            ("sequence", element.holder),
            *((("element", element.type_name),) if element.type_name else ()),
            ("stride", element.stride),
            *((("count", element.count),) if element.count else ()),
            ("align", use.align),
            ("certain", shown.sharing.always),
            *((("thread", use.memory.thread),) if use.memory.thread else ()),
            ("neighbours", tuple(_told(each, name) for each in neighbours)),
            *((("padded_bytes", after),) if after else ()),
        ),
        help=advice,
        only_for=(use.memory.root.id,),
    )


def _level(use: _Use, shown: _Neighbour, padded: int, memory: Memory) -> Level | None:
    """Clause 4."""
    crate = crate_of(use.element.holder)
    is_foreign = bool(crate) and not is_library(use.element.holder) and not memory.is_own_type(use.element.holder)
    is_long = padded > _MOST_PADDED
    return loudest(is_good=shown.sharing.usually and not is_foreign and not is_long, is_told=shown.is_told)


def _advice(element: Element, name: str, memory: Memory) -> tuple[str, int]:
    def size(align: int) -> int:
        return element.count * -(-element.stride // align) * align

    of_type = f" (`{short_type(element.type_name)}`)" if element.type_name else ""
    written = f"the elements of `{name}`{of_type}"
    advice, after = lines_of_their_own(written, size, memory.target)
    return f"{advice}; or let each thread count for itself, and add up when somebody asks", after


def _name(holder: str) -> str:
    """``TABLE``, ``Board.counters``, ``&[AtomicU64]``."""
    if is_library(holder):
        return short_type(holder)
    owner, dot, field = holder.rpartition(".")
    return f"{last_segment(owner)}.{field}" if dot else last_segment(holder)


def _told(each: _Neighbour, name: str) -> Neighbour:
    return Neighbour(
        name,
        each.use.memory.root.name,
        each.use.memory.thread,
        bool(each.use.writes),
        each.sharing.shared,
        each.sharing.placements,
    )

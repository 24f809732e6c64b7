"""RF303 padding-waste and RF505 large-enum-variant: bytes of a type that the hot path carries for nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ringfence.graphs.access_facts import AccessKind
from ringfence.graphs.accesses import RootTouch, Touched
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.layout import LINE_BYTES, padding
from ringfence.graphs.names import crate_of, last_segment
from ringfence.graphs.objects import Objects, is_library
from ringfence.graphs.repacking import boxed_bytes, reordered, variant_sizes
from ringfence.graphs.types import TypeFacts, TypeKind
from ringfence.passes.advisory import ADVISORY_LEVELS, NOTE_LEVELS
from ringfence.passes.memory import Memory, RootMemory, earliest
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

PADDING_WASTE = Rule(
    id="RF303",
    slug="padding-waste",
    what="A type that the hot path touches has padding that another order of its fields removes.",
    why="Padding is fetched with the fields and holds nothing: fewer values fit on a line and in the cache.",
    example="#[repr(C)] struct Tick { side: u8, price: u64, kind: u8, size: u64 } // 32 bytes, 14 of them padding",
    instead="Order the fields of a `#[repr(C)]` type by alignment, the largest first: `struct Tick { price: u64, size: "
    "u64, side: u8, kind: u8 }` has 24 bytes. Without `#[repr(C)]` the compiler does it.",
    false_positives="Where a foreign interface or a file fixes the order, it cannot change: allow the finding.",
    how="Sizes, offsets and alignments from debug info; the size of the best order is computed. Types that are aligned "
    "to a cache line are padded on purpose and are left out. The threshold is `[rules.RF303] bytes`.",
    levels=NOTE_LEVELS,
    own_code_only=True,
    about_line=True,
)
LARGE_VARIANT = Rule(
    id="RF505",
    slug="large-enum-variant",
    what="The hot path moves values of an enum of which one variant is much larger than all others.",
    why="Every value has the size of the largest variant: a small one is copied at the price of the large one.",
    example="enum Event { Tick(u64), Snapshot([u64; 64]) } // moving a `Tick` copies 520 bytes",
    instead="Box the rare variant: `Snapshot(Box<[u64; 64]>)`; or hand the large value over in a queue of its own.",
    false_positives="Where the large variant is the usual one, a box only adds an allocation.",
    how="Sizes of the variants from debug info; copies of the hot path that are traced to a value of the enum, of "
    "your own or of a dependency, and are as large as it, or as what LLVM copies of it beside the discriminant: what "
    "the largest variant holds. The threshold is `[rules.RF505] bytes` more than the second largest variant.",
    levels=ADVISORY_LEVELS,
    about_line=True,
)
_COPIES = frozenset({AccessKind.COPIED_FROM, AccessKind.COPIED_TO})


class PackingPass:
    """One sink for each root and type."""

    rules = (PADDING_WASTE, LARGE_VARIANT)

    def sinks(self, memory: Memory) -> Iterator[SinkSite[Sink]]:
        """Root by root."""
        for root in memory.roots:
            yield from _wasteful(root, memory)
            yield from _moved_enums(root, memory)


def _wasteful(root: RootMemory, memory: Memory) -> Iterator[SinkSite[Sink]]:
    touched: dict[str, list[RootTouch]] = defaultdict(list)
    for touch in root.touches:
        for step in touch.touched.steps:
            if memory.is_own_type(step.owner):
                touched[step.owner].append(touch)
    for owner, touches in sorted(touched.items()):
        type_named = touches[0].touched.type_named
        described = type_named(owner)
        if described is None or described.kind is not TypeKind.STRUCT or described.align >= LINE_BYTES:
            continue
        order = reordered(described, type_named)
        if order is not None and described.size - order.size >= memory.options.RF303.bytes:
            yield memory.site(earliest(touches), _padding_sink(described, order, root))


def _padding_sink(described: TypeFacts, order: TypeFacts, root: RootMemory) -> Sink:
    name = last_segment(described.name)
    fields = ", ".join(field.name for field in order.fields if field.size)
    return Sink(
        rule=PADDING_WASTE,
        what=described.name,
        verb="touches a type with needless padding",
        alone=f"`{name}` carries {padding(described)} bytes of padding in {described.size}, of which another order "
        f"removes {described.size - order.size}, touched",
        notes=(
            ("type", described.name),
            ("bytes", described.size),
            ("padding", padding(described)),
            ("reordered_bytes", order.size),
            ("order", tuple(field.name for field in order.fields)),
        ),
        help=f"order the fields of `{name}` by alignment (`{fields}`): {order.size} bytes instead of {described.size}",
        only_for=(root.root.id,),
    )


def _moved_enums(root: RootMemory, memory: Memory) -> Iterator[SinkSite[Sink]]:
    copies: dict[tuple[int, int, int, int], list[RootTouch]] = defaultdict(list)
    for touch in root.touches:
        access = touch.touched.access
        if access.kind in _COPIES and access.size >= memory.options.RF505.bytes:
            copies[touch.touched.function.id, access.place, access.location, access.size].append(touch)
    moved: dict[str, list[RootTouch]] = defaultdict(list)
    for sides in copies.values():
        for name, touch in _enums_copied(sides).items():
            moved[name].append(touch)
    for name, touches in sorted(moved.items()):
        described = touches[0].touched.type_named(name)
        sizes = variant_sizes(described) if described else ()
        if described is None or len(sizes) < 2:
            continue
        if sizes[0][0] - sizes[1][0] >= memory.options.RF505.bytes:
            yield memory.site(earliest(touches), _variant_sink(described, sizes, root, memory))


def _enums_copied(sides: Sequence[RootTouch]) -> dict[str, RootTouch]:
    """Enums of which the bytes of a copy, whose sides are given, are one value."""
    found: dict[str, RootTouch] = {}
    for touch in sides:
        for name, is_whole in _enums_at(touch.touched):
            if is_whole or _is_on_both_sides(name, sides):
                found.setdefault(name, touch)
    return found


def _is_on_both_sides(name: str, sides: Sequence[RootTouch]) -> bool:
    """Whether a part goes from value to value: else it is taken out of one, or put into one."""
    kinds = {side.touched.kind for side in sides}
    return kinds >= _COPIES and all(name in dict(_enums_at(side.touched)) for side in sides)


def _enums_at(touched: Touched) -> Iterator[tuple[str, bool]]:
    """Enums of no library's that the copied bytes are the whole of, or what LLVM copies of one beside its
    discriminant, which goes through a register: the fields of its largest variant."""
    size = touched.access.size
    around = Objects(touched.type_named).around(touched.object, touched.offset, size) if touched.object else ()
    for name, first in around:
        described = None if is_library(name) else touched.type_named(name)
        if described is None or described.kind is not TypeKind.ENUM:
            continue
        if first == 0 and size == described.size:
            yield name, True
        elif _is_payload(described, first, size):
            yield name, False


def _is_payload(described: TypeFacts, first: int, size: int) -> bool:
    sizes = variant_sizes(described)
    if not sizes or not 0 < first <= first + size <= described.size:
        return False
    fields = [field for field in described.fields if field.variant == sizes[0][1]]
    begin, end = min(field.offset for field in fields), max(field.offset + field.size for field in fields)
    return first <= begin and first + size >= end


def _variant_sink(described: TypeFacts, sizes: Sequence[tuple[int, str]], root: RootMemory, memory: Memory) -> Sink:
    name = last_segment(described.name)
    (largest, variant), (second, other) = sizes[0], sizes[1]
    boxed = boxed_bytes(described)
    after = f"{boxed} bytes instead of {described.size}" if boxed else f"about {max(second, 8)} bytes"
    return Sink(
        rule=LARGE_VARIANT,
        what=described.name,
        verb=f"moves {_article(name)} `{name}`",
        alone=f"{_article(name)} `{name}` of {described.size} bytes is moved, of which `{variant}` needs {largest} and "
        f"`{other}`, the next largest variant, {second},",
        size=described.size,
        notes=(
            ("type", described.name),
            ("variants", tuple((each, size) for size, each in sizes)),
            *((("boxed_bytes", boxed),) if boxed else ()),
        ),
        help=f"box what `{name}::{variant}` holds: with `{variant}(Box<…>)` the enum has {after}; or send it another "
        "way"
        if memory.is_own_type(described.name)
        else f"`{name}` is defined by `{crate_of(described.name)}`: hand it over in a box (`Box<{name}>`) that lives "
        "on, or by reference",
        only_for=(root.root.id,),
    )


def _article(name: str) -> str:
    return "an" if name[:1] in "AEIOU" else "a"

"""RF303 padding-waste and RF505 large-enum-variant: bytes of a type that the hot path carries for nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ringfence.graphs.access_facts import AccessKind
from ringfence.graphs.accesses import RootTouch
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.layout import LINE_BYTES, padding
from ringfence.graphs.names import last_segment
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
)
LARGE_VARIANT = Rule(
    id="RF505",
    slug="large-enum-variant",
    what="The hot path moves values of an enum of which one variant is much larger than all others.",
    why="Every value has the size of the largest variant: a small one is copied at the price of the large one.",
    example="enum Event { Tick(u64), Snapshot([u64; 64]) } // moving a `Tick` copies 520 bytes",
    instead="Box the rare variant: `Snapshot(Box<[u64; 64]>)`; or hand the large value over in a queue of its own.",
    false_positives="Where the large variant is the usual one, a box only adds an allocation.",
    how="Sizes of the variants from debug info; copies of the hot path that are as large as the enum and are traced to "
    "a value of it. The threshold is `[rules.RF505] bytes` more than the second largest variant.",
    levels=ADVISORY_LEVELS,
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
        where = touches[0].touched.function.where
        described = where.type_named(owner)
        if described is None or described.kind is not TypeKind.STRUCT or described.align >= LINE_BYTES:
            continue
        order = reordered(described, where.type_named)
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
    moved: dict[str, list[RootTouch]] = defaultdict(list)
    for touch in root.touches:
        if touch.touched.kind in _COPIES:
            for name in _enums_copied(touch, memory):
                moved[name].append(touch)
    for name, touches in sorted(moved.items()):
        described = touches[0].touched.function.where.type_named(name)
        sizes = variant_sizes(described) if described else ()
        if described is None or len(sizes) < 2:
            continue
        if sizes[0][0] - sizes[1][0] >= memory.options.RF505.bytes:
            yield memory.site(earliest(touches), _variant_sink(described, sizes, root))


def _enums_copied(touch: RootTouch, memory: Memory) -> Iterator[str]:
    """Enums of the user's own that the copied bytes are one value of."""
    touched = touch.touched
    names = [touched.object] if touched.offset == 0 else []
    names += [step.field.type_name for step in touched.steps if step.start + step.field.offset == touched.offset]
    for name in dict.fromkeys(names):
        described = touched.function.where.type_named(name)
        is_whole = described is not None and described.size == touched.access.size
        if described and is_whole and described.kind is TypeKind.ENUM and memory.is_own_type(name):
            yield name


def _variant_sink(described: TypeFacts, sizes: Sequence[tuple[int, str]], root: RootMemory) -> Sink:
    name = last_segment(described.name)
    (largest, variant), (second, other) = sizes[0], sizes[1]
    boxed = boxed_bytes(described)
    after = f"{boxed} bytes instead of {described.size}" if boxed else f"about {max(second, 8)} bytes"
    return Sink(
        rule=LARGE_VARIANT,
        what=described.name,
        verb=f"moves a `{name}`",
        alone=f"a `{name}` of {described.size} bytes is moved, of which `{variant}` needs {largest} and `{other}`, the "
        f"next largest variant, {second},",
        size=described.size,
        notes=(
            ("type", described.name),
            ("variants", tuple((each, size) for size, each in sizes)),
            *((("boxed_bytes", boxed),) if boxed else ()),
        ),
        help=f"box what `{name}::{variant}` holds: with `{variant}(Box<…>)` the enum has {after}; or send it another "
        "way",
        only_for=(root.root.id,),
    )

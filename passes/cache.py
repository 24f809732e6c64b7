"""RF301 cache-line-straddle: fields that the hot path touches and that lie across two cache lines."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ringfence.graphs.accesses import RootTouch
from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.layout import LINE_BYTES, is_placement_certain, straddles
from ringfence.graphs.names import without_generics
from ringfence.graphs.objects import FieldStep
from ringfence.graphs.types import TypeFacts
from ringfence.passes.memory import Memory, RootMemory, earliest, span
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink

CACHE_LINE_STRADDLE = Rule(
    id="RF301",
    slug="cache-line-straddle",
    what="The hot path reads or writes both halves of a field that lies across two cache lines.",
    why="The field costs two lines instead of one; where other cores write either, the access waits for both.",
    example="struct Plant { name: [u8; 56], last: [u64; 2] } // `last` begins 8 bytes before the line's end",
    instead="Move the field to where it fits, or align the type to a line (`#[repr(align(64))]`); `ringfence layout "
    "TYPE` draws the lines.",
    false_positives="Where the type's alignment is below a line, values begin anywhere: what is computed for a value "
    "that begins on a line is one placement of several, the finding says so, and is a note.",
    how="Sizes and offsets from debug info; loads, stores and atomics of the hot path traced to the fields that they "
    "touch. Types of your own crates only.",
    levels={
        PathClass.HOT: Level.WARNING,
        PathClass.AMORTIZED: Level.NOTE,
        PathClass.FIRST_USE: Level.HIDDEN,
        PathClass.COLD: Level.HIDDEN,
        PathClass.PANIC: Level.HIDDEN,
    },
)


class CachePass:
    """One sink for each root and each type that straddles under it."""

    rules = (CACHE_LINE_STRADDLE,)

    def sinks(self, memory: Memory) -> Iterator[SinkSite[Sink]]:
        """Root by root."""
        for root in memory.roots:
            for owner, touches in sorted(_straddling(root, memory).items()):
                described = touches[0][0].touched.function.where.type_named(owner)
                fields = sorted({step.field.name for _, step in touches})
                spread = [
                    name for name in fields if _is_spread([each for each in touches if each[1].field.name == name])
                ]
                if described is not None and spread:
                    shown = earliest([touch for touch, step in touches if step.field.name in spread])
                    yield memory.site(shown, _sink(described, spread, root))


def _is_spread(touches: Sequence[tuple[RootTouch, FieldStep]]) -> bool:
    """Whether the touched bytes of one field lie on two lines: an array of which one element is read may not."""
    spans = [span(touch, step) for touch, step in touches]
    return min(first for first, _ in spans) // LINE_BYTES != max(last for _, last in spans) // LINE_BYTES


def _straddling(root: RootMemory, memory: Memory) -> dict[str, list[tuple[RootTouch, FieldStep]]]:
    found: dict[str, list[tuple[RootTouch, FieldStep]]] = defaultdict(list)
    crossing: dict[str, frozenset[str]] = {}
    for touch in root.touches:
        for step in touch.touched.steps:
            if not memory.is_own_type(step.owner):
                continue
            if step.owner not in crossing:
                described = touch.touched.function.where.type_named(step.owner)
                crossing[step.owner] = frozenset(straddles(described)) if described else frozenset()
            if step.field.name in crossing[step.owner]:
                found[step.owner].append((touch, step))
    return found


def _sink(described: TypeFacts, fields: Sequence[str], root: RootMemory) -> Sink:
    named = ", ".join(f"`{field}`" for field in fields)
    certain = is_placement_certain(described)
    where = "lies" if len(fields) == 1 else "lie"
    placement = "" if certain else " if its value begins on one"
    return Sink(
        rule=CACHE_LINE_STRADDLE,
        what=described.name,
        at_most=None if certain else Level.NOTE,
        verb="touches a field across two cache lines",
        alone=f"{named} of `{without_generics(described.name)}` {where} across two cache lines{placement}, touched",
        notes=(
            ("type", described.name),
            ("fields", tuple(fields)),
            ("bytes", described.size),
            ("align", described.align),
            ("certain", certain),
        ),
        apart=True,
        only_for=(root.root.id,),
    )

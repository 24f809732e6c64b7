"""RF301 cache-line-straddle: fields that the hot path touches and that lie across two cache lines."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ringfence.graphs.accesses import RootTouch
from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.names import without_generics
from ringfence.graphs.objects import FieldStep
from ringfence.graphs.placement import crossing
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
    false_positives="Where the type's alignment is below a line, values begin at several places of one, and no order "
    "of the fields keeps all of them whole: such a field is told only if it crosses at every place.",
    how="Sizes and offsets from debug info; loads, stores and atomics of the hot path traced to the fields that they "
    "touch. Types of your own crates only.",
    levels={
        PathClass.HOT: Level.WARNING,
        PathClass.AMORTIZED: Level.NOTE,
        PathClass.FIRST_USE: Level.HIDDEN,
        PathClass.COLD: Level.HIDDEN,
        PathClass.PANIC: Level.HIDDEN,
    },
    own_code_only=True,
    about_line=True,
)


class CachePass:
    """One sink for each root and each type that straddles under it."""

    rules = (CACHE_LINE_STRADDLE,)

    def sinks(self, memory: Memory) -> Iterator[SinkSite[Sink]]:
        """Root by root."""
        for root in memory.roots:
            for owner, fields in sorted(_by_type(root, memory).items()):
                described = next(iter(fields.values()))[0][0].touched.type_named(owner)
                crossed = _crossed(fields, described.align) if described else []
                if described and crossed:
                    shown = earliest([touch for name in crossed for touch, _ in fields[name]])
                    yield memory.site(shown, _sink(described, tuple(crossed), root))


_Touches = list[tuple[RootTouch, FieldStep]]


def _by_type(root: RootMemory, memory: Memory) -> dict[str, dict[str, _Touches]]:
    """Touches of the fields that fit on a line, by owner and field."""
    found: dict[str, dict[str, _Touches]] = defaultdict(lambda: defaultdict(list))
    for touch in root.touches:
        for step in touch.touched.steps:
            if step.field.size <= LINE_BYTES and memory.is_own_type(step.owner):
                found[step.owner][step.field.name].append((touch, step))
    return found


def _crossed(fields: Mapping[str, _Touches], align: int) -> list[str]:
    """The fields whose touched bytes lie across two lines wherever a value begins."""
    found: list[str] = []
    for name, touches in sorted(fields.items()):
        spans = [span(touch, step) for touch, step in touches]
        whole = min(first for first, _ in spans), max(last for _, last in spans)
        crossed = crossing(whole, align, LINE_BYTES)
        if crossed.always:
            found.append(name)
    return found


def _sink(described: TypeFacts, fields: tuple[str, ...], root: RootMemory) -> Sink:
    named = ", ".join(f"`{field}`" for field in fields)
    where = "lies" if len(fields) == 1 else "lie"
    return Sink(
        rule=CACHE_LINE_STRADDLE,
        what=described.name,
        verb="touches a field across two cache lines",
        alone=f"{named} of `{without_generics(described.name)}` {where} across two cache lines, touched",
        notes=(
            ("type", described.name),
            ("fields", fields),
            ("bytes", described.size),
            ("align", described.align),
        ),
        only_for=(root.root.id,),
    )

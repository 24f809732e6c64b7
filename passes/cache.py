"""RF301 cache-line-straddle: fields of the types that the hot path touches."""

from collections.abc import Iterator

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.layout import is_placement_certain, straddles
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function
from ringfence.graphs.types import TypeFacts
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink

CACHE_LINE_STRADDLE = Rule(
    id="RF301",
    slug="cache-line-straddle",
    what="A type whose method runs on the hot path has a field that lies across two cache lines.",
    why="Reading or writing that field touches two lines instead of one; where other cores write either, it waits for "
    "both.",
    example="struct Plant { name: [u8; 56], last: [u64; 2] } // `last` begins 8 bytes before the line's end",
    instead="Move the field to where it fits, or align the type to a line (`#[repr(align(64))]`); `ringfence layout "
    "TYPE` draws the lines.",
    false_positives="Where the type's alignment is below a line, values begin anywhere: what is computed for a value "
    "that begins on a line is one placement of several, the finding says so, and is a note. A field that the hot path "
    "never touches is reported with the others.",
    how="Sizes and offsets from debug info; a type is touched where one of its inherent methods is on the hot path, "
    "called or inlined.",
    levels={
        PathClass.HOT: Level.WARNING,
        PathClass.AMORTIZED: Level.NOTE,
        PathClass.FIRST_USE: Level.HIDDEN,
        PathClass.COLD: Level.HIDDEN,
        PathClass.PANIC: Level.HIDDEN,
    },
)


class CachePass:
    """One sink for each type that straddles and each function that touches it."""

    rules = (CACHE_LINE_STRADDLE,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Types whose methods are this function or are inlined into it, in the user's own code."""
        if not function.where.knows_receivers:
            return
        seen: set[str] = set()
        for receiver, location, site in _receivers(function, hot_path):
            if receiver in seen:
                continue
            seen.add(receiver)
            described = function.where.type_named(receiver)
            fields = straddles(described) if described else ()
            if described and fields:
                yield SinkSite(function.id, location, site, _sink(described, fields))


def _receivers(function: Function, hot_path: HotPath) -> Iterator[tuple[str, int, SiteClass]]:
    """(type, location, class) of the function itself, then of the own methods inlined at its events."""
    entry = SiteClass(PathClass.HOT, PathClass.HOT, grows=False, always=True, loop_depth=0)
    if function.entry and hot_path.classifier.is_own_frame(function, function.entry[0]):
        yield function.receiver_of(function.entry[0]), -1, entry
    facts = function.facts
    events = (
        *((call.place, call.location) for call in facts.calls),
        *((atomic.place, atomic.location) for atomic in facts.atomics),
        *((copy.place, copy.location) for copy in facts.copies),
    )
    for place, location in events:
        site = hot_path.classifier.of_event(function, place, location)
        for frame in function.chain(location)[:-1]:
            if hot_path.classifier.is_own_frame(function, frame):
                yield function.receiver_of(frame), location, site


def _sink(described: TypeFacts, fields: tuple[str, ...]) -> Sink:
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
            ("fields", fields),
            ("bytes", described.size),
            ("align", described.align),
            ("certain", certain),
        ),
    )

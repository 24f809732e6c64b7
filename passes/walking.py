"""RF305 pointer-chasing and RF306 hash-lookup-in-loop: memory that the processor cannot fetch ahead."""

import re
from collections.abc import Iterator

from ringfence.graphs.facts import Load, LoadKind
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import crate_of
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.lookups import HASH_LOOKUP, hashes, lookups
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink
from ringfence.passes.writers import Writer, writer_around, writer_of

POINTER_CHASING = Rule(
    id="RF305",
    slug="pointer-chasing",
    what="A loop follows a chain of pointers: a linked list, a chain of boxes, the parents of a tree.",
    why="The next address is known only when the load before it has ended: the processor can neither fetch ahead nor "
    "overlap the misses: each step may cost a whole trip to memory, some 100 ns.",
    example="while let Some(node) = current { sum += node.value; current = node.next.as_deref(); }",
    instead="Keep the elements in a `Vec` and link them by index, or sort them into the order of the walk; "
    "a list of many elements in each node (unrolled) also helps.",
    false_positives="A chain of two or three elements that was just written is in the cache.",
    how="A pointer that a loop carries from turn to turn and that is loaded through its own last value.",
    levels=ADVISORY_LEVELS,
)
_STANDARD = frozenset({"alloc", "core", "std"})
_COLLECTIONS = re.compile(r"^<?alloc::collections::(?:linked_list|btree)::")


class WalkingPass:
    """Chains of pointers, and look-ups in hash tables and trees."""

    rules = (POINTER_CHASING, HASH_LOOKUP)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own loads of either kind."""
        yield from _chains(function, hot_path)
        yield from lookups(function, hot_path)
        yield from hashes(function, hot_path)


def _chains(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    is_collection = _COLLECTIONS.match(function.name) is not None
    for load in function.facts.loads:
        if load.kind is not LoadKind.CHASED:
            continue
        writer = writer_around(function, load.location, hot_path)
        # A collection's own way to one element is short.
        is_short = is_collection or (
            writer_of(function, load.location, hot_path) is Writer.STANDARD and _is_standard_loop(function, load)
        )
        if writer is not Writer.STANDARD or is_collection:
            sink = Sink(
                POINTER_CHASING,
                "a chain of pointers",
                "follows a chain of pointers",
                "a chain of pointers is followed",
                at_most=Level.NOTE if is_short else writer.at_most,
            )
            site = hot_path.classifier.of_event(function, load.place, load.location)
            yield SinkSite(function.id, load.location, site, sink)


def _is_standard_loop(function: Function, load: Load) -> bool:
    """Whether the innermost loop around a load is one of std's own: where the user's loop goes on by a method of std,
    such as ``as_deref``, it is not."""
    loops = function.facts.places[load.place].loops
    owner = loops[-1] if loops else -1
    inside = (function.name_of(frame) for frame in function.chain(load.location) if frame.inlined_at == owner)
    return crate_of(next(inside, function.name)) in _STANDARD

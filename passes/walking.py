"""RF305 pointer-chasing and RF306 hash-lookup-in-loop: memory that the processor cannot fetch ahead.

Not handled: a look-up in a hash table that compares no group of control bytes, as in tables of other crates than
hashbrown's; trees of other crates than std's; ``BTreeMap::range``, which goes down at both of its ends at once.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.facts import Load, LoadKind
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import crate_of, display_name, method_name, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.frames import FramedName, best, outermost
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
HASH_LOOKUP = Rule(
    id="RF306",
    slug="hash-lookup-in-loop",
    what="A hash table or a tree is looked up in a loop: `map.get(&item.key)` for each item.",
    why="Each look-up in a hash table hashes its key (std's SipHash: some 15 to 20 ns for a short one) and touches "
    "a line of control bytes and a line of the entry, at random places: two misses where the table does not fit the "
    "cache. One in a `BTreeMap` compares its way down, with a node that must be loaded, and branches that are hard "
    "to predict, at each level.",
    example="for order in batch { if let Some(book) = self.books.get(&order.symbol) { … } }",
    instead="Give each key a small number when it is first seen and index a `Vec` by it; or sort the batch by key and "
    "look up once for each run of equal keys; at least take a fast hasher (`FxHashMap`, `ahash`) where nobody chooses "
    "the keys to harm you. Of a tree, walk the sorted batch and `range` side by side.",
    false_positives="A small table that stays in the first-level cache, with a cheap hasher, may be fast enough: allow "
    "it with that reason.",
    how="The load of a group of control bytes below a look-up of std's or hashbrown's tables in own code, of a child "
    "of a node below one of `BTreeMap` or `BTreeSet`, or a call of either, in a loop on the way from the root. Where "
    "the loop is not in the function itself, it is a note.",
)

_TABLE = re.compile(
    r"^<?(?:&mut |&)?(?:std::collections::hash::(?:map|set)::Hash(?:Map|Set)|hashbrown::(?:map|set)::Hash(?:Map|Set)"
    r"|hashbrown::(?:raw::(?:inner::)?RawTable|table::HashTable)|indexmap::(?:map|set)::Index(?:Map|Set)"
    r"|dashmap::DashMap)\b.*::(?:get\w*|contains\w*|entry\w*|insert\w*|remove\w*|take|replace|index|find\w*|rustc_entry"
    r"|raw_entry\w*|try_insert)$"
)
_TREE = re.compile(
    r"^<?(?:&mut |&)?alloc::collections::btree::(?:map::BTreeMap|set::BTreeSet)\b.*::(?:get\w*|contains\w*|entry"
    r"|insert|remove\w*|take|replace|index|try_insert)$"
    r"|^<?alloc::collections::btree::node::NodeRef\b.*::search_tree$"
)
_PATTERNS = {LoadKind.GROUP: _TABLE, LoadKind.DESCENDED: _TREE}
_INSTEAD_OF_TREE = (
    "sort the batch by key and walk it beside the tree's own order (`books.range(first..=last)`); or give each key a "
    "small number when it is first seen and index a `Vec` by it"
)
_HASHERS = (
    (re.compile(r"\bRandomState\b(?<!ahash::RandomState)|\bSipHasher|\bDefaultHasher\b"), "SipHash"),
    (re.compile(r"\bahash\b"), "ahash"),
    (re.compile(r"\bFx\w*|\brustc_hash\b|\bfxhash\b"), "FxHash"),
    (re.compile(r"\bfoldhash\b"), "foldhash"),
    (re.compile(r"\bfnv\b|\bFnv\w*"), "FNV"),
    (re.compile(r"\bnohash\w*|\bIdentityHasher\b"), "no hash"),
)
_CRATES_OF_TABLES = frozenset({"hashbrown", "indexmap", "dashmap"})
_COLLECTIONS = re.compile(r"^<?alloc::collections::(?:linked_list|btree)::")


class WalkingPass:
    """Chains of pointers, and look-ups in hash tables and trees."""

    rules = (POINTER_CHASING, HASH_LOOKUP)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own loads of either kind."""
        yield from _chains(function, hot_path)
        yield from _lookups(function, hot_path)


def _chains(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    is_collection = _COLLECTIONS.match(function.name) is not None
    for load in function.facts.loads:
        if load.kind is not LoadKind.CHASED:
            continue
        writer = writer_around(function, load.location, hot_path)
        # A collection's own way to one element is short.
        is_short = is_collection or writer_of(function, load.location, hot_path) is Writer.STANDARD
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


def _lookups(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    """One sink for each look-up that code outside of std and of the tables' crates writes: inlined, told by its
    outermost frame, or called."""
    classifier = hot_path.classifier
    frames: dict[FramedName, list[Load]] = {}
    for load in function.facts.loads:
        pattern = _PATTERNS.get(load.kind)
        frame = outermost(function, load.location, pattern) if pattern else None
        if frame is not None and frame.inlined_at >= 0:
            frames.setdefault(frame, []).append(load)
    for frame, loads in frames.items():
        writer = _user_of_table(function, frame.inlined_at, hot_path)
        reached = best([classifier.of_event(function, load.place, load.location) for load in loads])
        # The loop over the groups of a chain, or over the levels of a tree, is none of the caller's.
        reached = replace(reached, loop_depth=max(reached.loop_depth - 1, 0))
        names = " ".join(function.name_of(each) for each in function.chain(loads[0].location))
        if writer is not Writer.STANDARD:
            yield SinkSite(function.id, loads[0].location, reached, _lookup(frame.name, names, reached, writer))
    for site in function.facts.calls:
        callee = display_name(site.callee) if site.callee else ""
        plain = without_generics(callee)
        pattern = next((each for each in _PATTERNS.values() if each.match(plain)), None)
        if pattern is None:
            continue
        frame = outermost(function, site.location, pattern)
        written_at = frame.inlined_at if frame is not None and frame.inlined_at >= 0 else site.location
        writer = _user_of_table(function, written_at, hot_path)
        if writer is not Writer.STANDARD:
            reached = classifier.of_call(function, site)
            path = frame.name if frame is not None else callee
            yield SinkSite(function.id, site.location, reached, _lookup(path, callee, reached, writer))


def _user_of_table(function: Function, location: int, hot_path: HotPath) -> Writer:
    """Who writes a look-up; what a crate of tables does among its own types is as std's."""
    chain = function.chain(location)
    is_inside = bool(chain) and crate_of(function.name_of(chain[0])) in _CRATES_OF_TABLES
    return Writer.STANDARD if is_inside else writer_of(function, location, hot_path)


def _lookup(path: str, names: str, reached: SiteClass, writer: Writer) -> Sink:
    """``names`` are paths whose generic arguments tell the hasher."""
    is_tree = _TREE.match(without_generics(path)) is not None
    hasher = "" if is_tree else next((name for pattern, name in _HASHERS if pattern.search(names)), "")
    structure = "a tree" if is_tree else f"a hash table ({hasher})" if hasher else "a hash table"
    return Sink(
        HASH_LOOKUP,
        structure,
        f"looks up {structure}",
        # The loop may be that over the events themselves, far above.
        at_most=writer.at_most if reached.loop_depth else Level.NOTE,
        at_most_once=Level.HIDDEN,
        method=method_name(path),
        notes=(("hasher", hasher),) if hasher else (),
        help=_INSTEAD_OF_TREE if is_tree else "",
    )

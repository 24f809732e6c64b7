"""RF306: look-ups in hash tables and trees, and what the keys are hashed with.

1. A *look-up* is the load of a group of control bytes, or of a child of a tree's node, below the outermost frame of a
   table's or tree's own method; or a call of such a method. It is told where code outside of std and of the tables'
   crates calls that method.
2. The *hasher* is the last generic argument of the table's type that is no allocator (`ringfence.passes.hashers`).
3. A *hash without a table* is the end of SipHash (`ringfence.pipeline.ir.loads`, clause 4), inlined or in a
   library's function that own code calls, with no look-up of clause 1 around it.

Not handled: a look-up in a hash table that compares no group of control bytes, as in tables of other crates than
hashbrown's; trees of other crates than std's; ``BTreeMap::range``, which goes down at both of its ends at once; a hash
without a table by another function than SipHash.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.facts import Load, LoadKind
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import crate_of, display_name, method_name, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.frames import FramedName, best, from_outside, outermost
from ringfence.passes.hashers import SIPHASH, hasher_of
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink
from ringfence.passes.writers import Writer, writer_of

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
    "the loop is not in the function itself, it is a note. The hasher is the table's own, by its type. A key that is "
    "hashed with SipHash and looked up in no such table is told, too, as a warning: by the constants of its last "
    "rounds.",
    weight=40,
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
_LOOKED_UP = re.compile(f"{_TABLE.pattern}|.*hashbrown::.*::(?:rehash|reserve_rehash)")
_PATTERNS = {LoadKind.GROUP: _TABLE, LoadKind.DESCENDED: _TREE}
_CRATES_OF_TABLES = frozenset({"hashbrown", "indexmap", "dashmap"})
_INSTEAD_OF_TREE = (
    "sort the batch by key and walk it beside the tree's own order (`books.range(first..=last)`); or give each key a "
    "small number when it is first seen and index a `Vec` by it"
)
_INSTEAD_OF_HASHING = (
    "hash each key once and keep the hash with it; or take a fast hasher (`FxHasher`, `ahash`) where nobody chooses "
    "the keys to harm you"
)
_FAST_ALREADY = (
    "give each key a small number when it is first seen and index a `Vec` by it; or sort the batch by key and look up "
    "once for each run of equal keys"
)


def lookups(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
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
        # The loop over the groups of a chain, or over the levels of a tree, is none of the caller's.
        sites = [classifier.of_event(function, load.place, load.location) for load in loads]
        pairs = zip(loads, sites, strict=True)
        reached = best([from_outside(function, load.place, site, frame.inlined_at) for load, site in pairs])
        names = (frame.name, *(function.name_of(each) for each in function.chain(loads[0].location)))
        if writer is not Writer.STANDARD:
            hasher = hasher_of(names, function.where)
            yield SinkSite(function.id, loads[0].location, reached, _lookup(frame.name, hasher, reached, writer))
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
            reached = from_outside(function, site.place, classifier.of_call(function, site), written_at)
            path = frame.name if frame is not None else callee
            hasher = hasher_of((path, callee), function.where)
            yield SinkSite(function.id, site.location, reached, _lookup(path, hasher, reached, writer))


def _user_of_table(function: Function, location: int, hot_path: HotPath) -> Writer:
    """Who writes a look-up; what a crate of tables does among its own types is as std's."""
    chain = function.chain(location)
    is_inside = bool(chain) and crate_of(function.name_of(chain[0])) in _CRATES_OF_TABLES
    return Writer.STANDARD if is_inside else writer_of(function, location, hot_path)


def hashes(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    """Clause 3: one sink for each call that own code writes."""
    classifier = hot_path.classifier
    found: dict[tuple[str, int], list[tuple[SiteClass, int]]] = defaultdict(list)
    events = [
        (load.location, "", classifier.of_event(function, load.place, load.location))
        for load in function.facts.loads
        if load.kind is LoadKind.HASHED
    ]
    for edge in hot_path.reached.edges.get(function.id, ()):
        callee = hot_path.function(edge.callee)
        is_hash = any(load.kind is LoadKind.HASHED for load in callee.facts.loads)
        if is_hash and classifier.anchor(callee, -1) is None and not _LOOKED_UP.match(without_generics(callee.name)):
            events.append((edge.site.location, callee.name, classifier.of_call(function, edge.site)))
    for location, name, reached in events:
        called = _called(function, hot_path, location, name)
        if called is not None:
            found[called].append((reached, location))
    for (path, _), sites in sorted(found.items()):
        reached = best([each for each, _ in sites])
        yield SinkSite(function.id, sites[0][1], reached, _hash(path, reached))


def _called(function: Function, hot_path: HotPath, location: int, callee: str) -> tuple[str, int] | None:
    """The library's function that own code calls to hash, and where; None where none does, or where the call is a
    look-up."""
    classifier = hot_path.classifier
    position = classifier.anchor(function, location)
    if position is None:
        return None
    chain = function.chain(location)
    inner = [function.name_of(frame) for frame in chain[:position]]
    if any(_LOOKED_UP.match(without_generics(name)) for name in inner):
        return None
    if not inner:
        return (callee, location) if callee else None
    return inner[-1], chain[position - 1].inlined_at


def _hash(path: str, reached: SiteClass) -> Sink:
    return Sink(
        HASH_LOOKUP,
        SIPHASH,
        f"hashes with {SIPHASH}",
        at_most=Level.WARNING if reached.loop_depth else Level.NOTE,
        at_most_once=Level.HIDDEN,
        method=method_name(path),
        notes=(("hasher", SIPHASH),),
        help=_INSTEAD_OF_HASHING,
    )


def _lookup(path: str, hasher: str, reached: SiteClass, writer: Writer) -> Sink:
    is_tree = _TREE.match(without_generics(path)) is not None
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
        help=_INSTEAD_OF_TREE if is_tree else _FAST_ALREADY if hasher not in ("", SIPHASH) else "",
    )

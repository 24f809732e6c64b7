"""RF104 allocating-clone: what a ``clone`` of the user's own code allocates, told as one thing, where it is written.

1. A *clone* is the outermost frame of ``Clone::clone``, ``ToOwned::to_owned``, ``Cow::into_owned`` or ``cloned`` in an
   inline chain, or a call of such a function, that is written in the user's own code. What a derived ``clone`` clones
   in turn belongs to it.
2. Its *buffers* are the allocations under it: calls of the allocator in the frame, and calls that lead to one. The
   number is of places in the code; where one of them is in a loop, there is one for each element.
3. A clone that reaches no allocation (``Arc``, ``Rc``, plain data) is silent here; RF501 judges its size.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.contracts import Effect
from ringfence.graphs.facts import CallSite, PathClass
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import method_name, trait_method, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.frames import best, from_outside
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink
from ringfence.passes.writers import Writer, writer_of, writer_of_frame
from ringfence.passes.written_calls import WrittenCall, generic_argument, short_type

ALLOCATING_CLONE = Rule(
    id="RF104",
    slug="allocating-clone",
    what="A `clone()`, `to_owned()`, `cloned()` or `into_owned()` allocates: it copies buffers, not just the value.",
    why="One short word copies every string, vector and map that the value owns: an allocation and a copy for each, "
    "and a free for each when the clone is dropped.",
    example="let depth = self.depth.clone(); // two vectors and a string",
    instead="Borrow (`&self.depth`), share (`Arc<Depth>` and `Arc::clone`), or reuse the buffers of an old value: "
    "`self.shadow.clone_from(&self.depth);`.",
    false_positives="`clone_from` may still grow a buffer; an empty vector or string clones without allocating.",
    how="An allocation that is left after optimisation below a cloning function that your own code calls, inlined or "
    "not. The allocations themselves are RF101 findings, at the line that LLVM knows; this one stands where the clone "
    "is written. A clone that a dependency writes is a note at your call.",
    levels=ADVISORY_LEVELS,
    weight=75,
)

_CLONING = re.compile(
    r" as core::clone::Clone>::clone$| as alloc::borrow::ToOwned>::to_owned$|^alloc::borrow::Cow::into_owned$"
    r"|^core::option::Option::cloned$| as core::iter::traits::iterator::Iterator>::cloned$"
)
_ADAPTER = re.compile(r"^<core::iter::adapters::cloned::Cloned as ")
_ALLOCATING = frozenset({Effect.ALLOCATES, Effect.REALLOCATES})


@dataclass(frozen=True, slots=True)
class _Allocation:
    """One place below a clone where memory is asked for."""

    site: SiteClass
    buffers: int


class CloningPass:
    """One sink for each clone that code outside of std writes."""

    rules = (ALLOCATING_CLONE,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Clauses 1 and 2. What stands in a clone that was not inlined is told where that is called."""
        if function.id not in hot_path.allocating or is_cloning(function.name):
            return
        clones: dict[WrittenCall, list[_Allocation]] = defaultdict(list)
        for call in hot_path.reached.externals.get(function.id, ()):
            if call.effect in _ALLOCATING:
                _add(clones, function, hot_path, call.site, 1)
        for edge in hot_path.reached.edges.get(function.id, ()):
            if edge.callee in hot_path.allocating and not _panics(function, edge.site):
                callee = hot_path.function(edge.callee)
                buffers = _buffers(callee, hot_path) if is_cloning(callee.name) else 1
                _add(clones, function, hot_path, edge.site, buffers, callee.name)
        for clone, allocations in clones.items():
            site = best([each.site for each in allocations])
            buffers = sum(each.buffers for each in allocations)
            writer = writer_of(function, clone.location, hot_path)
            yield SinkSite(function.id, clone.location, site, _sink(function, clone.path, buffers, writer))


def is_cloning(path: str) -> bool:
    """Clause 1."""
    return _CLONING.search(without_generics(path)) is not None


def _add(
    clones: dict[WrittenCall, list[_Allocation]],
    function: Function,
    hot_path: HotPath,
    site: CallSite,
    buffers: int,
    callee: str = "",
) -> None:
    clone = _clone(function, hot_path, site.location, callee)
    if clone is not None:
        at = hot_path.classifier.of_call(function, site)
        if not _ADAPTER.match(without_generics(clone.path)):
            # An adapter's loop clones an item in each turn; the loop in a clone copies the parts of one value.
            at = from_outside(function, site.place, at, clone.location)
        # What an empty vector does not allocate is known to the callee only.
        clones[clone].append(_Allocation(replace(at, always=at.always and not callee), buffers))


def _clone(function: Function, hot_path: HotPath, location: int, callee: str) -> WrittenCall | None:
    """The clone that an event belongs to; None where there is none, or std wrote it."""
    chain = function.chain(location)
    writers = [writer_of_frame(function, frame, hot_path) for frame in chain]
    for position in range(len(chain) - 2, -1, -1):
        path = function.name_of(chain[position])
        if _ADAPTER.match(without_generics(path)) and Writer.OWN in writers[position:]:
            # `cloned()` clones where its items are asked for.
            return WrittenCall(path, chain[writers.index(Writer.OWN, position) - 1].inlined_at)
        if is_cloning(path):
            is_told = writers[position + 1] is not Writer.STANDARD
            return WrittenCall(path, chain[position].inlined_at) if is_told else None
    is_told = bool(writers) and writers[0] is not Writer.STANDARD and is_cloning(callee)
    return WrittenCall(callee, location) if is_told else None


def _buffers(clone: Function, hot_path: HotPath) -> int:
    """Places in the body of a clone that allocate or lead to an allocation, other than by a panic."""
    reached = hot_path.reached
    here = sum(call.effect in _ALLOCATING for call in reached.externals.get(clone.id, ()))
    edges = (edge for edge in reached.edges.get(clone.id, ()) if not _panics(clone, edge.site))
    return here + sum(edge.callee in hot_path.allocating for edge in edges)


def _panics(function: Function, site: CallSite) -> bool:
    """Whether a call is made only to panic, which may allocate the message."""
    return function.facts.places[site.place].path_class is PathClass.PANIC


def _sink(function: Function, path: str, buffers: int, writer: Writer) -> Sink:
    qualified = trait_method(path)
    is_adapter = _ADAPTER.match(without_generics(path)) is not None
    # Of an adapter the items' type stands deep in the types of other adapters: it is not named.
    full = "" if is_adapter else qualified[0] if qualified else generic_argument(path).removeprefix("&")
    described = function.where.type_named(full)
    type_ = short_type(full)
    method = "cloned" if is_adapter else method_name(path)
    size = f" ({described.size} bytes)" if described else ""
    of_type = f"`{type_}`{size} and " if type_ else ""
    count = "a heap buffer" if buffers == 1 else f"up to {buffers} heap buffers"
    verb = f"copies {of_type}{count}"
    notes = (
        ("api", f"{type_}::{method}" if type_ else method),
        ("buffers", buffers),
        ("deep", buffers > 1),
        *([("type", full)] if full else []),
        *([("type_bytes", described.size)] if described else []),
    )
    return Sink(ALLOCATING_CLONE, method, verb, f"`{method}` {verb}", at_most=writer.at_most, notes=notes, identity="")

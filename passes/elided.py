"""Allocations of the source that LLVM removed: told on request, because the next compiler may leave them in.

``alloc::alloc::alloc`` and its kin call ``__rust_no_alloc_shim_is_unstable_v2`` and then the allocator
(``library/alloc/src/alloc.rs``). The first is an ordinary call that LLVM must keep, the second may go when nobody needs
the memory. So an allocation was removed where a call of the first is left without a call of the allocator in the same
inlined copy of the same function.

Not handled: an allocation that LLVM moved out of the frame that it stood in looks like one that was removed.
"""

from collections.abc import Iterator

from ringfence.graphs.effects import Effect, is_allocation_mark
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.program import Function
from ringfence.passes.allocation import HEAP_ALLOCATION
from ringfence.passes.rule import Level
from ringfence.passes.sink import Sink

_Copy = tuple[int, int]
"""Subprogram, and the location that it was inlined at: one inlined copy of a function."""


class ElidedPass:
    """Marks of allocations without their allocation."""

    rules = (HEAP_ALLOCATION,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """One for each mark that is left alone."""
        calls = hot_path.reached.externals.get(function.id, ())
        left = {_copy(function, call.site.location) for call in calls if call.effect is Effect.ALLOCATES}
        for call in calls:
            if is_allocation_mark(call.symbol) and _copy(function, call.site.location) not in left:
                site = hot_path.classifier.of_call(function, call.site)
                yield SinkSite(function.id, call.site.location, site, ELIDED)


ELIDED = Sink(
    HEAP_ALLOCATION,
    "an allocation that LLVM removed",
    "allocates in the source, LLVM removed it (fragile),",
    "memory is allocated in the source, LLVM removed it (fragile),",
    at_most=Level.NOTE,
    notes=(("elided", True),),
)


def _copy(function: Function, location: int) -> _Copy:
    chain = function.chain(location)
    return (chain[0].subprogram, chain[0].inlined_at) if chain else (-1, -1)

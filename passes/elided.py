"""Allocations of the source that LLVM removed: told on request, because the next compiler may leave them in.

``alloc::alloc::alloc`` and its kin call ``__rust_no_alloc_shim_is_unstable_v2`` and then the allocator
(``library/alloc/src/alloc.rs``). The first is an ordinary call that LLVM must keep, the second may go when nobody needs
the memory.

1. A *copy* of a function is one place that it was inlined at.
2. An allocation was removed where the first call is left in a copy, and no call of the allocator is left in that copy
   or in one that was inlined into it. LLVM joins the first calls of the two arms of ``if zeroed``, and gives the joint
   call the frame that both arms stand in: so what was inlined into the copy counts too.

Not handled: of two allocations in one copy whose first calls were joined, one that was removed is not told.
"""

from collections.abc import Iterator

from ringfence.graphs.contracts import Effect
from ringfence.graphs.effects import is_allocation_mark
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.program import Function
from ringfence.passes.allocation import HEAP_ALLOCATION
from ringfence.passes.rule import Level
from ringfence.passes.sink import Sink

_Copy = tuple[int, int]
"""Subprogram, and the location that it was inlined at."""


class ElidedPass:
    """Clause 2."""

    rules = (HEAP_ALLOCATION,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """One for each first call that is left alone."""
        calls = hot_path.reached.externals.get(function.id, ())
        marks = [call for call in calls if is_allocation_mark(call.symbol)]
        if not marks:
            return
        allocates = (call for call in calls if call.effect is Effect.ALLOCATES)
        left = {copy for call in allocates for copy in _copies(function, call.site.location)}
        for call in marks:
            if next(_copies(function, call.site.location), None) not in left:
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


def _copies(function: Function, location: int) -> Iterator[_Copy]:
    """The copies that a call stands in, innermost first."""
    return ((frame.subprogram, frame.inlined_at) for frame in function.chain(location))

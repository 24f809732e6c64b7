"""RF101 heap-allocation, RF102 heap-growth, RF103 heap-free: calls into the allocator, Rust's or C's."""

from collections.abc import Iterator

from ringfence.graphs.contracts import Effect
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink, notes_on
from ringfence.passes.spilling import frees_by_shrinking_only

HEAP_ALLOCATION = Rule(
    id="RF101",
    slug="heap-allocation",
    what="A call into the allocator is reached: `Box::new`, `Vec::with_capacity`, `to_vec`, `to_string`, `format!`, "
    "`collect`, `Arc::new`, `malloc`; also one that moves a container into a smaller block: `shrink_to_fit`, "
    "`into_boxed_slice`, a `collect` into the memory of its source.",
    why="An allocation costs tens of nanoseconds when all goes well, takes the allocator's locks or asks the kernel "
    "when it does not, and touches cache lines that the event did not need. Its worst case is what the tail of the "
    "latency sees.",
    example="let label = quote.name.to_string();",
    instead="Borrow (`&str`, `&[T]`), intern (`Arc<str>`, an id), write into a buffer that lives on "
    "(`self.scratch.clear(); self.scratch.extend_from_slice(data)`), or take the object from a pool made at start.",
    false_positives="An allocator behind `#[global_allocator]` that never leaves its arena is still called. A branch "
    "that the running program never takes is reported as conditional.",
    how='A call that is left after optimisation whose callee has `allockind("alloc")` or is a known allocator '
    "function. What LLVM removed is told with `--elided` only, as a note: the next compiler may leave it in.",
    weight=60,
)
HEAP_GROWTH = Rule(
    id="RF102",
    slug="heap-growth",
    what="A container can grow: `push`, `extend`, `insert`, `reserve`, or a direct `realloc`.",
    why="Growth copies the whole container at a moment that the caller cannot foresee: cheap on average, an outlier "
    "when it happens.",
    example="self.history.push(event);",
    instead="Reserve at start and check the bound (`debug_assert!(self.history.len() < self.history.capacity())`), or "
    "use a container of fixed capacity (`ArrayVec`, a ring buffer).",
    false_positives="A container that was reserved large enough never grows, but the check and the call stay in the "
    "code: allow it with that reason.",
    how="A call into the allocator below a growth path of the standard library or of a known container crate. A "
    "container that outlives the call is amortised; one made, or taken with `mem::take`, in the same call grows every "
    "time.",
    weight=55,
)
HEAP_FREE = Rule(
    id="RF103",
    slug="heap-free",
    what="Heap memory is given back: a value that owns memory is dropped.",
    why="A free costs about as much as an allocation, may merge or unmap pages, and runs where no line of the source "
    "says so: at the end of a scope.",
    example="drop(message); // or the end of the scope",
    instead="Return the buffer to a pool, hand ownership out of the hot path, or do not allocate in the first place.",
    false_positives="The last `Arc` may be dropped elsewhere in practice; the possibility is reported as conditional.",
    how='A call that is left after optimisation whose callee has `allockind("free")` or is a known C function.',
    weight=25,
)

_BY_EFFECT = {
    Effect.ALLOCATES: (HEAP_ALLOCATION, "allocates", HEAP_GROWTH),
    Effect.REALLOCATES: (HEAP_GROWTH, "grows the heap", None),
    Effect.FREES: (HEAP_FREE, "frees heap memory", None),
}


class AllocationPass:
    """Every call of an allocator function is a sink."""

    rules = (HEAP_ALLOCATION, HEAP_GROWTH, HEAP_FREE)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own calls of external functions with an effect on the heap."""
        for call in hot_path.reached.externals.get(function.id, ()):
            judged = _BY_EFFECT.get(call.effect) if call.effect else None
            if judged is None:
                continue
            rule, verb, if_grows = judged
            if call.effect is Effect.REALLOCATES and hot_path.classifier.shrinks(function, call.site.location):
                rule, verb = HEAP_ALLOCATION, "reallocates into a smaller block"
            if rule is HEAP_FREE and frees_by_shrinking_only(function, call.site, hot_path):
                continue
            sink = Sink(
                rule,
                display_name(call.symbol),
                verb,
                if_grows=if_grows,
                size=call.site.size,
                notes=notes_on(call),
                identity="",
            )
            yield SinkSite(function.id, call.site.location, hot_path.classifier.of_call(function, call.site), sink)

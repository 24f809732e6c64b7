"""RF202 blocking-call: calls that may put the thread to sleep or enter the kernel."""

from collections.abc import Iterator

from ringfence.graphs.contracts import Effect
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink, notes_on

BLOCKING_CALL = Rule(
    id="RF202",
    slug="blocking-call",
    what="A function is called that enters the kernel or may wait: files, sockets, sleeping, parking, joining, "
    "printing, waiting on a condition; also what the kernel answers at once, such as `getpid`.",
    why="A system call costs hundreds of nanoseconds even where it does not wait, and where it waits there is no "
    "bound.",
    example='println!("{event:?}");',
    instead="Hand the work to another thread through a queue; use `io_uring` or a poll loop outside of Ring 0; log "
    "into a ring buffer that another thread drains.",
    false_positives="A non-blocking descriptor does not wait, but the kernel is still entered.",
    how="A call into the logger of `log` or `tracing` is a note: what the program's logger does is its own affair. A "
    "call of a C function that is known to enter the kernel or to wait; `syscall` itself for raw system calls. What "
    "the kernel answers at once (`getpid`, `sched_setaffinity`) has the class `syscall` and is said to enter the "
    "kernel, not to block. A clock that the vDSO reads is RF207.",
    weight=90,
)


_VERBS = {
    Effect.BLOCKS: "may block",
    Effect.ENTERS: "enters the kernel",
    Effect.LOGS: "logs, if its level is enabled,",
}


class BlockingPass:
    """Every call of a C function that enters the kernel is a sink."""

    rules = (BLOCKING_CALL,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own calls of external functions that enter the kernel or log."""
        for call in hot_path.reached.externals.get(function.id, ()):
            verb = _VERBS.get(call.effect) if call.effect else None
            if verb is None:
                continue
            site = hot_path.classifier.of_call(function, call.site)
            is_log = call.effect is Effect.LOGS
            sink = Sink(
                BLOCKING_CALL,
                display_name(call.symbol),
                verb,
                at_most=Level.NOTE if is_log else None,
                notes=notes_on(call),
                identity="answers at once" if call.effect is Effect.ENTERS else "",
            )
            yield SinkSite(function.id, call.site.location, site, sink)

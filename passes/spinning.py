"""RF203 spin-wait: a loop that looks at an atomic again and again, and gives way in between.

1. A call *waits* where it pauses the processor (``spin_loop``), yields, or sleeps.
2. It is a *spin* where its innermost cycle of blocks holds an atomic load or a compare-exchange as well: normal edges
   lead from either to the other. The least set of blocks that the waiting call lies in a cycle with is taken, so that
   a sleep in an event loop does not become a spin because of atomics elsewhere in that loop.
3. crossbeam's ``Backoff`` is a spin where it is called in a loop.
4. Loops inside of locks are RF201's, those inside of std's and of channels' own waiting RF202's or RF204's.

A loop that retries a compare-exchange without waiting makes progress whenever another thread does: lock-free, silent.

Not handled: a loop whose atomic load or pause stands in a function that was not inlined.
"""

import re
from collections.abc import Iterator, Sequence

from ringfence.graphs.facts import CallSite
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function
from ringfence.passes.channels import QUEUE
from ringfence.passes.frames import outermost
from ringfence.passes.lock_kinds import ACQUIRING
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

SPIN_WAIT = Rule(
    id="RF203",
    slug="spin-wait",
    what="The thread waits for another one in a loop: it looks at an atomic, pauses, yields or sleeps, and looks "
    "again.",
    why="How long it takes is up to the other thread, which may be descheduled. While it spins, the core does nothing "
    "else, and the cache line goes to and fro.",
    example="while !self.ready.load(Ordering::Acquire) { std::hint::spin_loop(); }",
    instead="Poll once for each turn of the event loop and go on with other work: "
    "`if self.ready.load(Ordering::Acquire) { … }`; or hand the data over through a single-producer, single-consumer "
    "queue.",
    false_positives="A thread that has a core of its own and nothing else to do may well spin: allow it with that "
    "reason.",
    how="A `pause`, yield or sleep in the innermost loop of which an atomic load or a compare-exchange stands as well; "
    "`crossbeam_utils::Backoff` in a loop. Locks that spin are RF201; a compare-exchange that is retried without "
    "waiting is lock-free and not reported.",
)

_WAITS = (
    ("pauses", re.compile(r"llvm\.(?:x86\.sse2\.pause|aarch64\.)|9spin_loop")),
    ("yields", re.compile(r"yield_now|sched_yield|SwitchToThread")),
    ("sleeps", re.compile(r"nanosleep|usleep|^sleep$|^Sleep$|3std6thread\w*5sleep")),
)
_BACKOFF = re.compile(r"^crossbeam_utils::backoff::Backoff::(?:spin|snooze)$")
_BACKOFF_SYMBOL = re.compile(r"15crossbeam_utils7backoff\w*7Backoff(?:4spin|6snooze)")
_LIBRARY = re.compile(r"^<?(?:std::sys|std::sync|parking_lot|parking_lot_core|spin|tokio)::")


class SpinPass:
    """One sink for each function and line that waits in a loop around an atomic."""

    rules = (SPIN_WAIT,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own calls that wait."""
        seen: set[object] = set()
        for position, site in enumerate(function.facts.calls):
            how = _how(function, position, site)
            if not how or _belongs_to_others(function, site):
                continue
            place = hot_path.classifier.anchor_place(function, site.location) or site.location
            if place in seen:
                continue
            seen.add(place)
            sink = Sink(
                SPIN_WAIT,
                how,
                f"waits in a loop and {how}",
                f"a loop waits for another thread and {how}",
                notes=(("waits", how),),
            )
            yield SinkSite(function.id, site.location, hot_path.classifier.of_call(function, site), sink)


def _how(function: Function, position: int, site: CallSite) -> str:
    """How a call makes a spin of its loop; empty where it does not."""
    depth = function.facts.places[site.place].loop_depth
    if depth and _BACKOFF_SYMBOL.search(site.callee):
        return "backs off"
    how = next((how for how, pattern in _WAITS if pattern.search(site.callee)), "")
    if not how or not depth:
        return ""
    if outermost(function, site.location, _BACKOFF) is not None:
        # Backoff's own loop of pauses is no wait.
        is_inlined = not _BACKOFF.match(without_generics(function.name))
        return "backs off" if is_inlined and depth > (how == "pauses") else ""
    return how if _turns_with_a_look(function, position) else ""


def _belongs_to_others(function: Function, site: CallSite) -> bool:
    names = [without_generics(function.name_of(frame)) for frame in function.chain(site.location)]
    inner = names[1:] if names and names[0].startswith("std::sys") else names
    return any(_LIBRARY.match(name) or ACQUIRING.match(name) or QUEUE.match(name) for name in inner)


def _turns_with_a_look(function: Function, position: int) -> bool:
    """Whether a shortest cycle through the waiting call's block meets an atomic load or a compare-exchange."""
    flow = function.facts.flow
    if flow is None:
        return False
    operations = [atomic.operation for atomic in function.facts.atomics]
    looks = {block for block, number in flow.events if number < 0 and operations[~number] in _LOOKS}
    waits = next(block for block, number in flow.events if number == position)
    return any(block in looks for block in _cycle(flow.successors, waits))


_LOOKS = ("load", "cmpxchg")


def _cycle(successors: Sequence[Sequence[int]], start: int) -> list[int]:
    """The blocks of a shortest cycle through one; none where it lies in no cycle."""
    parent: dict[int, int] = {}
    queue = [start]
    for block in queue:
        for successor in successors[block]:
            if successor == start:
                return [start, *_way(parent, block, start)]
            if successor not in parent:
                parent[successor] = block
                queue.append(successor)
    return []


def _way(parent: dict[int, int], block: int, start: int) -> Iterator[int]:
    while block != start:
        yield block
        block = parent[block]

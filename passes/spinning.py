"""RF203 spin-wait: a loop that looks at an atomic again and again, and gives way in between.

1. A call *waits* where it pauses the processor (``spin_loop``), yields, or sleeps.
2. It is a *spin* where a shortest cycle of blocks through it (normal edges) meets an atomic load, a compare-exchange or
   a call of a queue (`ringfence.passes.channels`) as well, so that a sleep in an event loop does not become a spin
   because of atomics elsewhere in that loop. A cycle in which nothing but waiting happens is a delay (the pauses of a
   back-off): then the cycle around it counts.
3. crossbeam's ``Backoff`` is a spin where it is called in a loop.
4. Loops inside of locks are RF201's, those inside of std's and of channels' own waiting RF202's or RF204's.

A loop that retries a compare-exchange without waiting makes progress whenever another thread does: lock-free, silent.

Not handled: a loop whose atomic load or pause stands in another function that was not inlined.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from ringfence.graphs.facts import CallSite
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name, without_generics
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
                f"waits for another thread and {how}",
                f"a loop waits for another thread and {how}",
                notes=(("waits", how),),
            )
            yield SinkSite(function.id, site.location, hot_path.classifier.of_call(function, site), sink)


def _how(function: Function, position: int, site: CallSite) -> str:
    """How a call makes a spin of its loop; empty where it does not."""
    depth = function.facts.places[site.place].loop_depth
    if depth and _BACKOFF_SYMBOL.search(site.callee):
        return "backs off"
    how = _wait(site)
    if not how or not depth:
        return ""
    if outermost(function, site.location, _BACKOFF) is not None:
        # Backoff's own loop of pauses is no wait.
        is_inlined = not _BACKOFF.match(without_generics(function.name))
        return "backs off" if is_inlined and depth > (how == "pauses") else ""
    return how if _turns_with_a_look(function, position) else ""


def _wait(site: CallSite) -> str:
    return next((how for how, pattern in _WAITS if pattern.search(site.callee)), "")


def _belongs_to_others(function: Function, site: CallSite) -> bool:
    names = [function.name_of(frame) for frame in function.chain(site.location)]
    inner = names[1:] if names and names[0].startswith("std::sys") else names
    return any(_LIBRARY.match(name) for name in inner) or is_of_others(inner)


def is_of_others(way: Iterable[str]) -> bool:
    """Whether a spin stands inside of a lock or a queue, given the paths of the functions that lead to it."""
    plain = (without_generics(name) for name in way)
    return any(ACQUIRING.match(name) or QUEUE.match(name) for name in plain)


def _turns_with_a_look(function: Function, position: int) -> bool:
    """Clause 2."""
    flow = function.facts.flow
    if flow is None:
        return False
    operations = [atomic.operation for atomic in function.facts.atomics]
    calls = function.facts.calls
    looks = {
        block
        for block, number in flow.events
        if (operations[~number] in _LOOKS if number < 0 else _asks_a_queue(calls[number]))
    }
    waits = next(block for block, number in flow.events if number == position)
    cycle = _cycle(flow.successors, {waits}, leaving=False)
    others = {block for block, number in flow.events if number < 0 or not _wait(calls[number])}
    if cycle and others.isdisjoint(cycle):
        cycle = _cycle(flow.successors, set(cycle), leaving=True)
    return not looks.isdisjoint(cycle)


def _asks_a_queue(site: CallSite) -> bool:
    return QUEUE.match(without_generics(display_name(site.callee))) is not None


_LOOKS = ("load", "cmpxchg")


def _cycle(successors: Sequence[Sequence[int]], inside: AbstractSet[int], *, leaving: bool) -> list[int]:
    """The blocks of a shortest way from a set of blocks back into it, the set included; none where there is no such
    way. ``leaving`` asks for one that leaves the set."""
    parent: dict[int, int] = {}
    queue = sorted(inside)
    for block in queue:
        for successor in successors[block]:
            if successor in inside:
                if block not in inside or not leaving:
                    return [*inside, *_way(parent, block, inside)]
            elif successor not in parent:
                parent[successor] = block
                queue.append(successor)
    return []


def _way(parent: dict[int, int], block: int, inside: AbstractSet[int]) -> Iterator[int]:
    while block not in inside:
        yield block
        block = parent[block]

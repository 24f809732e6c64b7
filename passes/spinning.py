"""RF203 spin-wait: a loop that looks at an atomic again and again, whether it gives way in between or not.

1. A call *waits* where it pauses the processor (``spin_loop``), yields, or sleeps.
2. It is a *spin* where a shortest cycle of blocks through it (normal edges) meets an atomic load, a compare-exchange or
   a call of a queue (`ringfence.passes.channels`) as well, so that a sleep in an event loop does not become a spin
   because of atomics elsewhere in that loop. A cycle in which nothing but waiting happens is a delay (the pauses of a
   back-off): then the cycle around it counts.
3. crossbeam's ``Backoff`` is a spin where it is called in a loop.
4. A loop that does nothing until another thread writes is a spin, whether it waits by a call or only looks again
   (`ringfence.pipeline.ir.waits`, with what the functions do that it calls: `ringfence.passes.calm`).
5. Loops inside of locks are RF201's, those inside of std's and of channels' own waiting RF202's or RF204's.

A loop that retries a compare-exchange with what it has just read makes progress whenever another thread does:
lock-free, silent.

Not handled: a loop whose turn does something on another way and waits without a call that pauses; a pause in a function
that was not inlined and does something else as well.
"""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from weakref import WeakKeyDictionary

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.facts import CallSite
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.calm import Calm
from ringfence.passes.channels import QUEUE
from ringfence.passes.frames import outermost
from ringfence.passes.lock_kinds import ACQUIRING
from ringfence.passes.pauses import pause
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

SPIN_WAIT = Rule(
    id="RF203",
    slug="spin-wait",
    what="The thread waits for another one in a loop: it looks at an atomic, or tries to take a flag, and looks again, "
    "with a pause, a yield or a sleep in between or without.",
    why="How long it takes is up to the other thread, which may be descheduled. While it spins, the core does nothing "
    "else, and the cache line goes to and fro. Without a pause it also slows the core's other hardware thread, and "
    "an exchange that is tried again and again keeps the line from the thread that is to give the flag back.",
    example="while !self.ready.load(Ordering::Acquire) {}",
    instead="Poll once for each turn of the event loop and go on with other work: "
    "`if self.ready.load(Ordering::Acquire) { … }`; or hand the data over through a single-producer, single-consumer "
    "queue.",
    false_positives="A thread that has a core of its own and nothing else to do may well spin: allow it with that "
    "reason.",
    how="A loop of which some turn changes nothing and is decided by an atomic or volatile load, by an exchange with "
    "operands that stay the same, or by a function that does no more than that; a count of the turns, a clock and "
    "pauses do not matter. Or a `pause`, yield or sleep in the innermost loop of which an atomic load or a "
    "compare-exchange stands as well; `crossbeam_utils::Backoff` in a loop. `detail.waits` says how: `pauses`, "
    "`yields`, `sleeps`, `backs off`, `never pauses`. Locks of libraries that spin are RF201; a compare-exchange that "
    "is retried with what was just read is lock-free and not reported, nor is a loop that never pauses and works in "
    "some of its turns.",
    weight=85,
)

_BACKOFF = re.compile(r"^crossbeam_utils::backoff::Backoff::(?:spin|snooze)$")
_BACKOFF_SYMBOL = re.compile(r"15crossbeam_utils7backoff\w*7Backoff(?:4spin|6snooze)")
_LIBRARY = re.compile(r"^<?(?:std::sys|std::sync|parking_lot|parking_lot_core|tokio)::")
_NEVER = "never pauses"


class SpinPass:
    """One sink for each function and line that waits in a loop around an atomic."""

    rules = (SPIN_WAIT,)

    def __init__(self) -> None:
        """What calls do is asked once for a whole program."""
        self._calm: WeakKeyDictionary[HotPath, Calm] = WeakKeyDictionary()

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own calls that wait, then its loops that only look."""
        seen: set[object] = set()
        for location, site, how in (*_pausing(function, hot_path), *self._looking(function, hot_path)):
            place = hot_path.classifier.anchor_place(function, location) or location
            if place in seen or _belongs_to_others(function, location):
                continue
            seen.add(place)
            sink = Sink(
                SPIN_WAIT,
                how,
                f"waits for another thread and {how}",
                f"a loop waits for another thread and {how}",
                notes=(("waits", how),),
            )
            yield SinkSite(function.id, location, site, sink)

    def _looking(self, function: Function, hot_path: HotPath) -> Iterator[tuple[int, SiteClass, str]]:
        """Clause 4: location, class, how it waits."""
        calm = self._calm.setdefault(hot_path, Calm(hot_path)) if function.facts.waits else None
        for wait in function.facts.waits:
            if calm is None or not calm.waits(function, wait):
                continue
            pauses = [function.facts.calls[number] for number in wait.calls if pause(function.facts.calls[number])]
            place, location = (pauses[0].place, pauses[0].location) if pauses else (wait.place, wait.location)
            how = pause(pauses[0]) if pauses else _NEVER
            yield location, hot_path.classifier.of_event(function, place, location), how


def _pausing(function: Function, hot_path: HotPath) -> Iterator[tuple[int, SiteClass, str]]:
    """Clauses 1 to 3."""
    for position, site in enumerate(function.facts.calls):
        how = _how(function, position, site)
        if how:
            yield site.location, hot_path.classifier.of_call(function, site), how


def _how(function: Function, position: int, site: CallSite) -> str:
    """How a call makes a spin of its loop; empty where it does not."""
    depth = function.facts.places[site.place].loop_depth
    if depth and _BACKOFF_SYMBOL.search(site.callee):
        return "backs off"
    how = pause(site)
    if not how or not depth:
        return ""
    if outermost(function, site.location, _BACKOFF) is not None:
        # Backoff's own loop of pauses is no wait.
        is_inlined = not _BACKOFF.match(without_generics(function.name))
        return "backs off" if is_inlined and depth > (how == "pauses") else ""
    return how if _turns_with_a_look(function, position) else ""


def _belongs_to_others(function: Function, location: int) -> bool:
    names = [function.name_of(frame) for frame in function.chain(location)]
    inner = names[1:] if names and names[0].startswith("std::sys") else names
    return any(_LIBRARY.match(name) or is_of_others(name) for name in inner)


@cache
def is_of_others(name: str) -> bool:
    """Whether a function on the way to a spin, given by its path, is a lock's or a queue's."""
    plain = without_generics(name)
    return ACQUIRING.match(plain) is not None or QUEUE.match(plain) is not None


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
    others = {block for block, number in flow.events if number < 0 or not pause(calls[number])}
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

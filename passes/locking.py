"""RF201 lock: mutexes, read-write locks and condition variables, their uncontended fast paths included.

The uncontended path of std's and parking_lot's locks is inlined to a bare compare-exchange; the only named call left,
to the contended path, stands in a cold block. So a lock is found by what was inlined: a compare-exchange (parking_lot's
and spin's read locks also add) under the frame of a function that acquires a lock.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.contracts import Effect
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink, notes_on

LOCK = Rule(
    id="RF201",
    slug="lock",
    what="A lock is taken: `Mutex`, `RwLock`, `Condvar`, parking_lot's and spin's kin, `pthread_mutex_lock`.",
    why="An uncontended lock is two locked read-modify-writes and a cache line that other cores fight for; a "
    "contended one puts the thread to sleep, and whoever holds it may be descheduled.",
    example="let book = self.book.lock().unwrap();",
    instead="Give the data to one thread and send messages through a single-producer, single-consumer queue; publish "
    "read-mostly data through an atomic pointer or a sequence lock; shard by core.",
    false_positives="A lock that only this thread ever takes still costs its atomics. A `try_lock` does not wait, but "
    "pays the same.",
    how="A compare-exchange under an inlined (or called) acquiring function of std, lock_api, parking_lot, spin or "
    "tokio, or a call of a known C locking function.",
)

_ACQUIRING = re.compile(
    r"^(?:std::sys(?:_common|::sync)?::(?:sync::)?(?:mutex|rwlock|locks)\b.*::(?:Mutex|RwLock)::"
    r"(?:try_)?(?:lock|read|write)"
    r"|std::sync::(?:poison::)?(?:mutex::Mutex|rwlock::RwLock|reentrant_lock::ReentrantLock)::"
    r"(?:try_)?(?:lock|read|write)"
    r"|lock_api::(?:mutex::Mutex|rwlock::RwLock|remutex::(?:Raw)?ReentrantMutex)::\w*(?:lock|read|write)\w*"
    r"|<parking_lot::raw_(?:mutex::RawMutex|rwlock::RawRwLock|fair_mutex::RawFairMutex) as lock_api::[\w:]+>::"
    r"\w*lock\w*"
    r"|spin::(?:mutex|rwlock)::[\w:]*::(?:try_)?(?:lock|read|write)\w*"
    r"|<spin::[\w:]+ as lock_api::[\w:]+>::\w*lock\w*)$"
)
_ATOMIC_FUNCTION = re.compile(r"4core4sync6atomic")
"""Where nothing is optimised, atomic operations are calls."""
_MODIFYING = re.compile(r"compare_exchange|swap|fetch_|atomic_(?:add|sub|or|and|xchg|cxchg)")
_RELEASING = re.compile(r"unlock")
_READ_MODIFY_WRITE = frozenset({"cmpxchg", "add", "or", "xchg", "sub", "and"})


@dataclass(frozen=True, slots=True)
class _Operation:
    """An atomic instruction, or a call that stands for one."""

    place: int
    location: int
    modifies: bool


class LockingPass:
    """Acquisitions in a function, one for each frame that acquires."""

    rules = (LOCK,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Inlined acquisitions, then calls of C locking functions."""
        yield from _inlined(function, hot_path)
        for call in hot_path.reached.externals.get(function.id, ()):
            if call.effect is Effect.LOCKS and ("unlock" not in call.symbol or call.assumption):
                site = hot_path.classifier.of_call(function, call.site)
                sink = Sink(LOCK, display_name(call.symbol), "takes a lock", notes=notes_on(call))
                yield SinkSite(function.id, call.site.location, site, sink)


def _inlined(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    """One sink for each acquiring frame with a read-modify-write. It may look before it takes, and try again in a loop
    of its own: the frame is reached as the best of its atomics is."""
    frames: dict[tuple[str, int], list[_Operation]] = defaultdict(list)
    for operation in _operations(function):
        frame = _acquiring_frame(function, operation.location)
        if frame is not None:
            frames[frame].append(operation)
    for (name, _), operations in frames.items():
        taking = [operation for operation in operations if operation.modifies]
        if not taking:
            continue
        sites = [hot_path.classifier.of_event(function, each.place, each.location) for each in operations]
        yield SinkSite(function.id, taking[0].location, _best(sites), Sink(LOCK, name, "takes a lock", method=name))


def _operations(function: Function) -> Iterator[_Operation]:
    for atomic in function.facts.atomics:
        yield _Operation(atomic.place, atomic.location, atomic.operation in _READ_MODIFY_WRITE)
    for site in function.facts.calls:
        called = _ATOMIC_FUNCTION.search(site.callee)
        if called is not None:
            yield _Operation(site.place, site.location, _MODIFYING.search(site.callee, called.end()) is not None)


def _best(sites: Sequence[SiteClass]) -> SiteClass:
    best = min(sites, key=lambda site: (site.path_class, site.loop_depth))
    always = any(site.always for site in sites if site.path_class is best.path_class)
    return replace(best, always=always, loop_depth=min(site.loop_depth for site in sites))


def _acquiring_frame(function: Function, location: int) -> tuple[str, int] | None:
    """Path of the outermost acquiring frame of an inline chain, and where it was inlined; None where there is none."""
    for frame in reversed(function.chain(location)):
        name = without_generics(function.name_of(frame))
        if _ACQUIRING.match(name) and not _RELEASING.search(name):
            return name, frame.inlined_at
    return None

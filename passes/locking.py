"""RF201 lock: mutexes, read-write locks and condition variables, their uncontended fast paths included.

The uncontended path of std's and parking_lot's locks is inlined to a bare compare-exchange; the only named call left,
to the contended path, stands in a cold block. So a lock is found by what was inlined: a compare-exchange (parking_lot's
and spin's read locks also add) under the frame of a function that acquires a lock.
"""

import re
from collections.abc import Iterator

from ringfence.graphs.effects import Effect
from ringfence.graphs.facts import Atomic
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

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
_RELEASING = re.compile(r"unlock")
_READ_MODIFY_WRITE = frozenset({"cmpxchg", "add", "or", "xchg", "sub", "and"})


class LockingPass:
    """Acquisitions in a function, one for each frame that acquires."""

    rules = (LOCK,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Inlined acquisitions, then calls of C locking functions."""
        for atomic in function.facts.atomics:
            acquired = self._acquisition(function, atomic)
            if acquired:
                site = hot_path.classifier.of_event(function, atomic.place, atomic.location)
                yield SinkSite(
                    function.id, atomic.location, site, Sink(LOCK, acquired, "takes a lock", method=acquired)
                )
        for call in hot_path.reached.externals.get(function.id, ()):
            if call.effect is Effect.LOCKS and "unlock" not in call.symbol:
                site = hot_path.classifier.of_call(function, call.site)
                yield SinkSite(function.id, call.site.location, site, Sink(LOCK, call.symbol, "takes a lock"))

    def _acquisition(self, function: Function, atomic: Atomic) -> str:
        """Path of the outermost acquiring frame around a read-modify-write, or nothing."""
        if atomic.operation not in _READ_MODIFY_WRITE:
            return ""
        chain = function.chain(atomic.location)
        for frame in reversed(chain):
            name = without_generics(function.name_of(frame))
            if _ACQUIRING.match(name) and not _RELEASING.search(name):
                return name
        return ""

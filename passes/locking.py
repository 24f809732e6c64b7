"""RF201 lock: mutexes, read-write locks and condition variables, their uncontended fast paths included.

The uncontended path of std's and parking_lot's locks is inlined to a bare compare-exchange; the only named call left,
to the contended path, stands in a cold block. So a lock is found by what was inlined: a compare-exchange (parking_lot's
and spin's read locks also add) under the frame of a function that acquires a lock. Locks without such a name are found
by their shape (`ringfence.passes.lock_shapes`).
"""

from collections.abc import Iterator
from dataclasses import replace

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.contracts import Effect
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name, last_segment, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.frames import (
    FramedName,
    Operation,
    atomic_operations,
    best,
    by_frame,
    outermost,
    reached_from_outside,
)
from ringfence.passes.lock_kinds import ACQUIRING, CONTENDED, RELEASING, LockKind, last_argument, lock_of
from ringfence.passes.lock_shapes import drops_of, shapes
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink, notes_on
from ringfence.passes.written_calls import short_type

LOCK = Rule(
    id="RF201",
    slug="lock",
    what="A lock is taken: `Mutex`, `RwLock`, `Condvar`, parking_lot's and spin's kin, `pthread_mutex_lock`, or a word "
    "that is taken and given back by hand.",
    why="An uncontended lock is two locked read-modify-writes and a cache line that other cores fight for; a "
    "contended one puts the thread to sleep, and whoever holds it may be descheduled.",
    example="let book = self.book.lock().unwrap();",
    instead="Give the data to one thread and send messages through a single-producer, single-consumer queue; publish "
    "read-mostly data through an atomic pointer or a sequence lock; shard by core.",
    false_positives="A lock that only this thread ever takes still costs its atomics. A `try_lock` does not wait, but "
    "pays the same.",
    how="A compare-exchange under an inlined (or called) acquiring function of std, lock_api (whoever implements its "
    "traits), parking_lot, spin or tokio, or a call of a known C locking function. In any other crate: an exchange "
    "that takes a word, in a loop or as a try, where the drop of a guard gives it back, or the same function does. "
    "`detail` names `library`, `kind`, the guarded `type` and the "
    "function that waits (`contended`); `held_over` lists what is done before the lock is given back in the same "
    "function: an allocation, a blocking, virtual or pointer call, a second lock. Two locks that are taken in both "
    "orders, under any roots, are findings of their own with the `cycle`: two threads can wait for each other for "
    "ever. Locks are told apart by the type that they guard, or by where they lie; two of one type are not compared.",
    weight=70,
)


class LockingPass:
    """Acquisitions in a function, one for each frame that acquires."""

    rules = (LOCK,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Inlined acquisitions, locks that only their shape tells, then calls of C locking functions."""
        yield from _inlined(function, hot_path)
        yield from _by_shape(function, hot_path)
        for call in hot_path.reached.externals.get(function.id, ()):
            if call.effect is Effect.LOCKS and ("unlock" not in call.symbol or call.assumption):
                site = hot_path.classifier.of_call(function, call.site)
                name = display_name(call.symbol)
                notes = (*_notes(name, ""), *notes_on(call))
                sink = Sink(LOCK, name, f"takes a lock{_which(name)}", notes=notes, identity=_identity(name))
                yield SinkSite(function.id, call.site.location, site, sink)


def _inlined(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    """One sink for each acquiring frame with a read-modify-write. It may look before it takes, and try again in a loop
    of its own: the frame is reached as the best of its atomics is."""
    frames = acquisitions(function)
    contended = _contended(function) if frames else {}
    for frame, operations in frames.items():
        taking = next(operation for operation in operations if operation.modifies)
        site = best(reached_from_outside(function, operations, frame.inlined_at, hot_path))
        name = without_generics(frame.name)
        notes = _notes(frame.name, contended.get(frame, ""))
        verb = f"takes a lock{_which(frame.name)}"
        sink = Sink(LOCK, name, verb, method=name, notes=notes, identity=_identity(frame.name))
        yield SinkSite(function.id, taking.location, site, sink)


def _outside(site: SiteClass) -> SiteClass:
    """Around the loop in which the lock itself waits: LLVM did not write its first turn apart."""
    return replace(site, loop_depth=max(site.loop_depth - 1, 0))


def _by_shape(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    for shape in shapes(function, drops_of(hot_path)):
        atomics = [function.facts.atomics[number] for number in shape.takes]
        sites = [hot_path.classifier.of_event(function, each.place, each.location) for each in atomics]
        depths = {site.loop_depth for site in sites}
        # LLVM may write the first turn of the lock's own loop apart; else the exchange stands in that loop.
        own_loop = shape.waits and len(depths) == 1 and atomics[0].operation != "add"
        site = best(sites)
        site = _outside(site) if own_loop else replace(site, loop_depth=min(depths))
        kind = LockKind.SPIN if shape.waits else LockKind.FLAG
        name = "a spin lock" if shape.waits else "a lock"
        told = f"{name} of `{last_segment(shape.guard)}`" if shape.guard else f"{name} (a store gives it back)"
        notes = (("kind", kind.value), ("type", last_argument(shape.guard)), ("guard", shape.guard))
        sink = Sink(
            LOCK,
            f"spin lock of {shape.guard or 'a flag'}" if shape.waits else f"lock of {shape.guard or 'a flag'}",
            f"takes {told}",
            f"{told} is taken",
            notes=tuple((key, value) for key, value in notes if value),
        )
        yield SinkSite(function.id, shape.location, site, sink)


def acquisitions(function: Function) -> dict[FramedName, list[Operation]]:
    """The frames of a function that take a lock, with their atomics."""
    found = by_frame(function, atomic_operations(function), ACQUIRING)
    return {
        frame: operations
        for frame, operations in found.items()
        if not RELEASING.search(frame.name) and any(operation.modifies for operation in operations)
    }


def _contended(function: Function) -> dict[FramedName, str]:
    """By acquiring frame, the function that it calls to wait."""
    found: dict[FramedName, str] = {}
    for site in function.facts.calls:
        waiting = CONTENDED.search(site.callee)
        frame = outermost(function, site.location, ACQUIRING) if waiting else None
        if frame is not None:
            found.setdefault(frame, without_generics(display_name(site.callee)))
    return found


def _identity(name: str) -> str:
    """Locks are told apart by library, kind and guarded type; not where only the project says that one is taken."""
    lock = lock_of(name)
    return f"{lock.library} {lock.kind} {lock.guarded}" if lock.library else ""


def _which(name: str) -> str:
    """In brackets, what tells it from others at the same line: `` (std mutex of `Book`)``; empty where nothing does."""
    lock = lock_of(name)
    guarded = f" of `{_brief(lock.guarded)}`" if lock.guarded else ""
    return f" ({lock.library} {_KINDS[lock.kind]}{guarded})" if lock.library else ""


def _brief(type_: str) -> str:
    short = short_type(type_)
    return short if len(short) <= _WIDEST else last_segment(type_)


_WIDEST = 48
"""Letters of a type that are still read in a sentence."""
_KINDS = {
    LockKind.MUTEX: "mutex",
    LockKind.READ: "read lock",
    LockKind.WRITE: "write lock",
    LockKind.CONDVAR: "condition variable",
    LockKind.ONCE: "once",
    LockKind.SPIN: "spin lock",
    LockKind.FLAG: "flag",
}


def _notes(name: str, contended: str) -> tuple[tuple[str, object], ...]:
    lock = lock_of(name)
    notes = (
        ("library", lock.library),
        ("kind", lock.kind.value),
        ("type", lock.guarded),
        ("contended", contended),
    )
    return tuple((key, value) for key, value in notes if value)

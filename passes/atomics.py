"""RF205 strong-atomic-ordering and RF206 weak-atomic-publication.

1. *Strong* is ``seq_cst``. Where the user's own code asks for it (the frame around ``core::sync::atomic`` is own code)
   every access and fence is told at its own line. What a library asks for is told at the user's call that leads to it,
   once for all of it: its fences, stores and read-modify-writes; a load costs no more than in acquire order
   (`ringfence.passes.atomic_costs`).
2. A read-modify-write of any other order takes a shared word from all other cores
   (`ringfence.passes.shared_words`).
3. A *weak publication* is a relaxed store in own code that follows, in the same block and with no releasing fence in
   between, plain stores to memory that others may see (`ringfence.graphs.facts.Atomic.publishes`). Read-modify-writes
   such as ``fetch_add`` count things and are silent.

Not handled: data that is written in one block, or by a callee, and published in another block.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from ringfence.graphs.classes import AnchorPlace
from ringfence.graphs.facts import Atomic
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS, NOTE_LEVELS
from ringfence.passes.atomic_costs import AtomicKind, cost, kind_of
from ringfence.passes.prose import listed
from ringfence.passes.rule import Rule
from ringfence.passes.shared_words import shared_words
from ringfence.passes.sink import Sink

STRONG_ORDERING = Rule(
    id="RF205",
    slug="strong-atomic-ordering",
    what="Your code asks for `Ordering::SeqCst`, or a library does where you call it; or a read-modify-write of any "
    "order changes a word that several threads may change.",
    why="Sequential consistency is the dearest order. On x86-64 a store becomes a locked `xchg` and a fence a locked "
    "instruction or an `mfence` (20 cycles and more, and the store buffer drains), while a load stays a plain `mov`, "
    "and a read-modify-write is locked in any order. On AArch64 a fence is a `dmb ish`; loads (`ldar`), stores "
    "(`stlr`) and read-modify-writes cost what `Acquire`, `Release` and `AcqRel` cost. A word that every thread "
    "changes (a global counter, the last time that was read, a count of references) costs more than any order: its "
    "cache line goes from core to core, tens of nanoseconds each time, and the more threads, the slower.",
    example="self.head.store(head + 1, Ordering::SeqCst);",
    instead="`Release` for the store that publishes and `Acquire` for the load that looks would do, unless several "
    "atomics must appear in one order to all threads: `self.head.store(head + 1, Ordering::Release);`. A counter that "
    "orders nothing needs only `Relaxed`. A word that all threads change: keep one for each thread and add up when "
    "somebody asks, or let one thread write it with a plain `store`.",
    false_positives="Algorithms that store to one atomic and then load another one (Dekker's, hazard pointers) need "
    "the single order. What a library asks for you cannot change; you can call it less often. A word of which only one "
    "thread knows is locked, too, but no other core wants it.",
    how="An atomic access or a fence of order `seq_cst`. Where the frame around `core::sync::atomic` is in your own "
    "code it is told at its line; else the fences, stores and read-modify-writes below one call of yours are one note "
    "at that call. `detail` names `operation`, or the `operations` of a library, and what they cost on the target "
    "(`cost`). A read-modify-write of another order is told in the same way, unless it belongs to a lock (RF201), a "
    "queue (RF204), the standard library's own counts, or a thread-local word.",
    levels=NOTE_LEVELS,
)
WEAK_PUBLICATION = Rule(
    id="RF206",
    slug="weak-atomic-publication",
    what="A flag, index or pointer is stored with `Ordering::Relaxed` after data was written that it may publish.",
    why="Nothing keeps the other thread from seeing the flag before the data. x86 happens to keep stores in order, but "
    "the compiler need not, and Arm does not: it is a data race that shows itself rarely.",
    example="unsafe { *self.slot.get() = value }; self.ready.store(true, Ordering::Relaxed);",
    instead="Store with `Release` and load with `Acquire`: `self.ready.store(true, Ordering::Release);` costs nothing "
    "on x86.",
    false_positives="The data written before may be private, or published by something else: a lock that is given "
    "back, a fence in another function.",
    how="A relaxed atomic store in your own code that follows plain stores to memory that is neither on the stack nor "
    "behind a `&mut` parameter, in the same block, with no release fence in between.",
    levels=ADVISORY_LEVELS,
    own_code_only=True,
)

_ATOMIC_MODULE = "core::sync::atomic::"
_INTRINSICS = "core::intrinsics::"
_IN_A_LIBRARY = (
    "the order is the library's choice: batch what goes through it, or take a structure that needs no single order, "
    "such as a single-producer, single-consumer ring"
)


class AtomicPass:
    """Orders that own code asks for, and strong ones that libraries do."""

    rules = (STRONG_ORDERING, WEAK_PUBLICATION)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own atomics."""
        of_libraries: dict[AnchorPlace | None, list[Atomic]] = defaultdict(list)
        for atomic in function.facts.atomics:
            rule = _rule(atomic)
            if rule is not None and _is_asked_for(function, atomic, hot_path):
                yield _site(function, hot_path, atomic, _own(rule, atomic, function.where.target))
            elif rule is STRONG_ORDERING and atomic.operation != "load":
                of_libraries[hot_path.classifier.anchor_place(function, atomic.location)].append(atomic)
        for atomics in of_libraries.values():
            sink = _of_library(atomics, function.where.target)
            yield from (_site(function, hot_path, atomic, sink) for atomic in atomics)
        yield from shared_words(STRONG_ORDERING, function, hot_path)


def _site(function: Function, hot_path: HotPath, atomic: Atomic, sink: Sink) -> SinkSite[Sink]:
    site = hot_path.classifier.of_event(function, atomic.place, atomic.location)
    return SinkSite(function.id, atomic.location, site, sink)


def _own(rule: Rule, atomic: Atomic, target: str) -> Sink:
    kind = kind_of(atomic.operation)
    price = cost(target, kind) if rule is STRONG_ORDERING else ""
    deed = f"{_DEEDS[rule]} ({price})" if price else _DEEDS[rule]
    notes = (("operation", atomic.operation), ("ordering", atomic.ordering), ("cost", price))
    return Sink(
        rule,
        f"{atomic.operation} {atomic.ordering}",
        deed,
        f"an atomic {kind} {deed}",
        notes=tuple((key, value) for key, value in notes if value),
    )


def _of_library(atomics: Sequence[Atomic], target: str) -> Sink:
    """All that a library asks for below one call."""
    counts = Counter(kind_of(atomic.operation) for atomic in atomics)
    kinds = [kind for kind in AtomicKind if counts[kind]]
    prices = {kind: cost(target, kind) for kind in kinds}
    told = [_counted(kind, counts[kind]) + (f" ({prices[kind]})" if prices[kind] else "") for kind in kinds]
    notes = (("operations", tuple(kind.value for kind in kinds)), ("ordering", "seq_cst"))
    priced = "; ".join(f"{kind}: {price}" for kind, price in prices.items() if price)
    return Sink(
        STRONG_ORDERING,
        f"{' and '.join(kinds)} seq_cst",
        f"executes {listed(told)} in sequentially consistent order",
        f"a library executes {listed(told)} in sequentially consistent order",
        help=_IN_A_LIBRARY,
        notes=(*notes, ("cost", priced)) if priced else notes,
        identity="library",
    )


def _counted(kind: AtomicKind, count: int) -> str:
    return f"a {kind}" if count == 1 else f"{count} {kind}s"


_DEEDS = {
    STRONG_ORDERING: "asks for sequential consistency",
    WEAK_PUBLICATION: "is relaxed but follows writes that it may publish",
}


def _rule(atomic: Atomic) -> Rule | None:
    if atomic.ordering == "seq_cst":
        return STRONG_ORDERING
    return WEAK_PUBLICATION if atomic.publishes else None


def _is_asked_for(function: Function, atomic: Atomic, hot_path: HotPath) -> bool:
    """Whether the innermost frame around ``core::sync::atomic`` is the user's own."""
    for frame in function.chain(atomic.location):
        name = without_generics(function.name_of(frame)).removeprefix("<")
        if not name.startswith((_ATOMIC_MODULE, _INTRINSICS)):
            return hot_path.classifier.is_own_frame(function, frame)
    return False

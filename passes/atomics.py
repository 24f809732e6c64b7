"""RF205 strong-atomic-ordering and RF206 weak-atomic-publication, and a census of the atomics below a function.

1. *Strong* is ``seq_cst`` where the user's own code asks for it: the frame around ``core::sync::atomic`` is an own one.
   What a library's lock or channel orders is the library's affair. On x86 a ``seq_cst`` store is a locked ``xchg`` and
   a fence is an ``mfence``; on Arm every one of them is a barrier or an acquire-release pair (LLVM, *Atomics*).
2. A *weak publication* is a relaxed store in own code that follows, in the same block and with no releasing fence in
   between, plain stores to memory that others may see (`ringfence.graphs.facts.Atomic.publishes`). Read-modify-writes
   such as ``fetch_add`` count things and are silent.

Not handled: data that is written in one block, or by a callee, and published in another block.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ringfence.graphs.facts import Atomic
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS, NOTE_LEVELS
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

STRONG_ORDERING = Rule(
    id="RF205",
    slug="strong-atomic-ordering",
    what="Your code asks for `Ordering::SeqCst`.",
    why="Sequential consistency is the dearest order: on x86 a store becomes a locked exchange and a fence an `mfence` "
    "(20 cycles and more, and the store buffer drains); on Arm each access is a barrier.",
    example="self.head.store(head + 1, Ordering::SeqCst);",
    instead="`Release` for the store that publishes and `Acquire` for the load that looks would do, unless several "
    "atomics must appear in one order to all threads: `self.head.store(head + 1, Ordering::Release);`. A counter that "
    "orders nothing needs only `Relaxed`.",
    false_positives="Algorithms that store to one atomic and then load another one (Dekker's, hazard pointers) need "
    "the single order.",
    how="An atomic access or a fence of order `seq_cst` whose frame around `core::sync::atomic` is in your own code.",
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
)

_ATOMIC_MODULE = "core::sync::atomic::"
_INTRINSICS = "core::intrinsics::"
_LOCKED = frozenset({"cmpxchg", "xchg", "add", "sub", "and", "or", "xor", "nand", "max", "min", "umax", "umin"})


class AtomicPass:
    """Orders that own code asks for."""

    rules = (STRONG_ORDERING, WEAK_PUBLICATION)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own atomics."""
        for atomic in function.facts.atomics:
            rule = _rule(atomic)
            if rule is None or not _is_asked_for(function, atomic, hot_path):
                continue
            sink = Sink(
                rule,
                f"{atomic.operation} {atomic.ordering}",
                _DEEDS[rule],
                f"an atomic {_NAMES.get(atomic.operation, 'read-modify-write')} {_DEEDS[rule]}",
                notes=(("operation", atomic.operation), ("ordering", atomic.ordering)),
            )
            site = hot_path.classifier.of_event(function, atomic.place, atomic.location)
            yield SinkSite(function.id, atomic.location, site, sink)


_NAMES = {"load": "load", "store": "store", "fence": "fence"}
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


@dataclass(frozen=True, slots=True)
class Census:
    """How many atomics there are in reached functions, each instruction counted once."""

    by_kind: tuple[tuple[str, str, int], ...]
    """Operation, ordering, count; sorted."""
    locked: int
    """Read-modify-writes, which x86 executes with a ``lock`` prefix, and ``seq_cst`` stores, which become ``xchg``."""
    full_fences: int
    """``mfence`` on x86, ``dmb ish`` on Arm."""
    barriers: int
    """Accesses that order anything, which Arm executes as acquire, release or barrier instructions."""


def census(root: Function, hot_path: HotPath) -> Census:
    """Of the atomics of every function that the root reaches, itself included."""
    counted: Counter[tuple[str, str]] = Counter()
    for function in _definitions(root, hot_path):
        counted.update((atomic.operation, atomic.ordering) for atomic in function.facts.atomics)
    return Census(
        by_kind=tuple(sorted((operation, ordering, count) for (operation, ordering), count in counted.items())),
        locked=sum(
            count
            for (operation, ordering), count in counted.items()
            if operation in _LOCKED or (operation, ordering) == ("store", "seq_cst")
        ),
        full_fences=counted["fence", "seq_cst"],
        barriers=sum(count for (_, ordering), count in counted.items() if ordering not in ("monotonic", "unordered")),
    )


def _definitions(root: Function, hot_path: HotPath) -> Collection[Function]:
    """What the root reaches; of several specialisations of one definition, one."""
    seen = {root.id}
    stack = [root.id]
    found: dict[tuple[int, str], Function] = {}
    while stack:
        function = hot_path.function(stack.pop())
        found.setdefault((function.module, function.facts.symbol), function)
        new = {edge.callee for edge in hot_path.reached.edges.get(function.id, ())} - seen
        seen |= new
        stack.extend(sorted(new))
    return found.values()

"""RF205 of shared words: read-modify-writes of any order, which take a word away from all other cores.

1. A word that is changed by a read-modify-write is one that several threads may change: that is what the instruction is
   for. It is locked in any order, and each core that executes it takes the cache line from the others.
2. What has a finding of its own is left out: locks by name and by shape (`ringfence.passes.locking`), queues
   (`ringfence.passes.channels`), loops that wait (`ringfence.passes.spinning`), strong orders
   (`ringfence.passes.atomics`), and what the standard library does for itself (counts of `Arc`, `Once`, parking).
3. So is a word that each thread has for itself.
4. So is what a library changes where a value is cloned or dropped: it counts those who hold the value, as `Arc` does.
5. Own code is told at its line, word by word where statics name them; what a library does below one call of the user's
   is told there, once.

Not handled: a word that only one thread has come to know, and one on the stack; a library that counts something else
where a value is dropped.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from ringfence.graphs.classes import AnchorPlace
from ringfence.graphs.facts import Atomic, Frame
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import STANDARD_CRATES, crate_of, display_name, last_segment, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.atomic_costs import AtomicKind, kind_of
from ringfence.passes.channels import QUEUE
from ringfence.passes.frames import from_outside, outermost
from ringfence.passes.lock_kinds import ACQUIRING, CONTENDED, RELEASING
from ringfence.passes.lock_shapes import drops_of, shapes
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

_ATOMIC = re.compile(r"<?core::(?:sync::atomic|intrinsics)::")
_OF_OTHERS = (ACQUIRING, QUEUE)
_IN_A_LIBRARY = (
    "call it less often, once for each batch; or take a version or another library that keeps the word for each thread"
)


def shared_words(rule: Rule, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    """The sinks of one function; ``rule`` is what they break."""
    of_libraries: dict[AnchorPlace | None, list[Atomic]] = defaultdict(list)
    for atomic in _modifying(function, hot_path):
        frame = _asker(function, atomic)
        if frame is None or crate_of(function.name_of(frame)) in STANDARD_CRATES:
            continue
        if hot_path.classifier.is_own_frame(function, frame):
            yield _site(function, hot_path, atomic, _own(rule, atomic))
        else:
            of_libraries[hot_path.classifier.anchor_place(function, atomic.location)].append(atomic)
    for atomics in of_libraries.values():
        sink = _of_library(rule, atomics)
        yield from (_site(function, hot_path, atomic, sink) for atomic in atomics)


def _modifying(function: Function, hot_path: HotPath) -> Iterator[Atomic]:
    """Clauses 1 to 3."""
    atomics = function.facts.atomics
    if not any(_is_meant(atomic) for atomic in atomics):
        return
    drops = drops_of(hot_path)
    given_back = {id(drop.atomic) for of_module in drops.values() for drop in of_module}
    of_locks = {number for shape in shapes(function, drops) for number in (*shape.takes, *shape.gives)}
    left_out = {each.location for each in function.facts.accesses if each.is_thread_local}
    left_out |= {atomics[~number].location for wait in function.facts.waits for number in wait.reads if number < 0}
    for number, atomic in enumerate(atomics):
        is_lock = number in of_locks or id(atomic) in given_back
        if _is_meant(atomic) and not is_lock and atomic.location not in left_out and not _is_told(function, atomic):
            yield atomic


def _is_meant(atomic: Atomic) -> bool:
    return kind_of(atomic.operation) is AtomicKind.MODIFY and atomic.ordering != "seq_cst"


def _is_told(function: Function, atomic: Atomic) -> bool:
    """By another rule: a lock's or a queue's."""
    if any(outermost(function, atomic.location, pattern) for pattern in _OF_OTHERS):
        return True
    names = [without_generics(function.name_of(frame)) for frame in function.chain(atomic.location)]
    return any(RELEASING.search(name) or CONTENDED.fullmatch(last_segment(name)) for name in names)


def _asker(function: Function, atomic: Atomic) -> Frame | None:
    """The innermost frame around an atomic that is not the atomic's own."""
    chain = function.chain(atomic.location)
    return next((frame for frame in chain if not _ATOMIC.match(without_generics(function.name_of(frame)))), None)


def _site(function: Function, hot_path: HotPath, atomic: Atomic, sink: Sink) -> SinkSite[Sink]:
    """A loop in which a library tries again is none of the caller's."""
    site = hot_path.classifier.of_event(function, atomic.place, atomic.location)
    frame = _asker(function, atomic)
    if frame is not None and is_of_a_library(sink):
        site = from_outside(function, atomic.place, site, frame.inlined_at)
    return SinkSite(function.id, atomic.location, site, sink)


_LIBRARY = "shared words of a library"
_COUNTING = re.compile(
    r" as core::(?:clone::Clone>::clone|ops::drop::Drop>::drop)$|^core::ptr::drop_(?:in_place|glue)\b"
)


@cache
def is_none_to_tell(name: str) -> bool:
    """Whether a function on the way to a library's word, given by its path, clones or drops a value (clause 4), or is
    a lock's or a queue's."""
    plain = without_generics(name)
    return _COUNTING.search(plain) is not None or any(pattern.match(plain) for pattern in _OF_OTHERS)


def is_of_a_library(sink: Sink) -> bool:
    """Whether a sink is a word that a library changes."""
    return sink.identity == _LIBRARY


def _own(rule: Rule, atomic: Atomic) -> Sink:
    static = _static(atomic)
    word = f"the static `{static}`, which all threads share" if static else "a word that other threads may change, too"
    return Sink(
        rule,
        f"{atomic.operation} {atomic.ordering}",
        f"changes {word} (locked in any order: the other cores lose its cache line)",
        f"{word}, is changed by an atomic read-modify-write (locked in any order: the other cores lose its cache line)",
        help="count in a `thread_local!` or in a field of the thread's own, and add up when somebody asks; or let one "
        "thread write with a plain `store`",
        notes=(("operation", atomic.operation), *((("static", static),) if static else ())),
        identity=f"shared word {static}",
    )


def _of_library(rule: Rule, atomics: Sequence[Atomic]) -> Sink:
    operations = tuple(sorted({atomic.operation for atomic in atomics}))
    statics = tuple(sorted({static for atomic in atomics if (static := _static(atomic))}))
    which = f": {', '.join(f'`{each}`' for each in statics)}" if statics else ""
    word = "words" if len(statics) > 1 else "a word"
    deed = f"changes {word} that other threads may change, too{which} (locked: the other cores lose the cache line)"
    return Sink(
        rule,
        f"{' and '.join(operations)} of a shared word",
        deed,
        f"a library {deed}",
        help=_IN_A_LIBRARY,
        notes=(("operations", operations), *((("statics", statics),) if statics else ())),
        identity=_LIBRARY,
    )


def _static(atomic: Atomic) -> str:
    """Name of the static that a word is, or is part of; empty where it is none."""
    symbol = atomic.target[1:].rpartition("+")[0] if atomic.target.startswith("@") else ""
    return last_segment(display_name(symbol)) if symbol else ""

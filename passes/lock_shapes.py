"""Locks that no name tells: a word that is taken and given back, in whatever crate.

1. A word is *taken* by an exchange that orders what follows (``acquire`` and stronger): a ``cmpxchg`` between two
   constants, a ``swap`` or an ``or`` of a constant. Where a loop *waits* for the word (`ringfence.graphs.facts.Wait`),
   also by a ``cmpxchg`` that counts a reader in; and by drawing a number, where what is waited for is another word.
2. It is *given back* by a store, ``swap``, ``and`` or ``sub`` of the word that orders what came before (``release`` and
   stronger) and leaves another value than the taken one: after a ``cmpxchg`` of constants, the value that it expected.
3. It is a lock where, in one function, a way leads from taking it to giving it back: in the drop of a value (its
   *guard*), by any of these where the thread waits, by a plain store where it only tries.
4. Where the function that takes it does not give it back, it is a lock if the drop of a type of the same module gives
   back a word at the same offset (or behind a pointer to the word itself): the guard that the function returns.
5. What is behind the names of `ringfence.passes.lock_kinds` and `ringfence.passes.channels`, and in the standard
   library, is told by those.

A flag that is set once, that is claimed and never given back, a count of references, a sequence number, and the ends of
a ring are none: no exchange takes them, or nothing gives them back.

Not handled: a word whose address is not constant (a table of locks) and that another function gives back.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ringfence.graphs.facts import Atomic, Flow
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.names import STANDARD_CRATES, crate_of, trait_method, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.channels import QUEUE
from ringfence.passes.frames import outermost
from ringfence.passes.lock_kinds import ACQUIRING

_ACQUIRES = frozenset({"acquire", "acq_rel", "seq_cst"})
_RELEASES = frozenset({"release", "acq_rel", "seq_cst"})
_TAKING = frozenset({"cmpxchg", "xchg", "or"})
_GIVING = frozenset({"store", "xchg", "and", "sub"})
_DROP = re.compile(r" as core::ops::drop::Drop>::drop$")
_ATOMIC = re.compile(r"^<?core::(?:sync::atomic|intrinsics)::")


@dataclass(frozen=True, slots=True)
class Shape:
    """One lock that a function takes. Atomics are positions in ``FunctionFacts.atomics``."""

    location: int
    takes: tuple[int, ...]
    """The exchanges at that location: LLVM may have written the first turn of a loop apart."""
    gives: tuple[int, ...]
    """What gives it back in the same function."""
    waits: bool
    guard: str
    """Path of the type whose drop gives it back; empty where none does."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The drop of a type gives a word back."""

    guard: str
    atomic: Atomic


Drops = Mapping[str, Sequence[Drop]]
"""By the module of the type."""


def shapes(function: Function, drops: Drops) -> Iterator[Shape]:
    """The locks that a function takes, one for each location, in the order of the text."""
    taken: dict[int, list[int]] = defaultdict(list)
    awaited = _awaited(function)
    for number, atomic in enumerate(function.facts.atomics):
        if _takes(atomic, awaited) and not _is_told(function, atomic.location):
            taken[atomic.location].append(number)
    for location, takes in taken.items():
        shape = _shape(function, location, takes, drops, awaited)
        if shape is not None:
            yield shape


def _awaited(function: Function) -> dict[int, str]:
    """The atomics that decide loops which wait, with the words that they ask."""
    asked = {~number for wait in function.facts.waits for number in wait.reads if number < 0}
    return {number: function.facts.atomics[number].target for number in sorted(asked)}


_drops_of: WeakKeyDictionary[HotPath, Drops] = WeakKeyDictionary()


def drops_of(hot_path: HotPath) -> Drops:
    """The drops in all reached functions that give a word back; asked once for a whole program."""
    known = _drops_of.get(hot_path)
    if known is None:
        known = _drops_of[hot_path] = _drops(hot_path)
    return known


def _drops(hot_path: HotPath) -> Drops:
    found: dict[str, dict[Drop, None]] = defaultdict(dict)
    for number in sorted(hot_path.reached.functions):
        function = hot_path.function(number)
        for atomic in function.facts.atomics:
            guard = _guard(function, atomic.location) if _gives(atomic) and atomic.offset >= 0 else ""
            if guard and crate_of(guard) not in STANDARD_CRATES:
                found[_module(guard)][Drop(guard, atomic)] = None
    return {module: tuple(each) for module, each in found.items()}


def _takes(atomic: Atomic, awaited: Mapping[int, str]) -> bool:
    if atomic.operation == "add":
        return bool(awaited) and bool(atomic.written)
    if atomic.operation not in _TAKING or atomic.ordering not in _ACQUIRES:
        return False
    is_awaited = bool(atomic.target) and atomic.target in awaited.values()
    return is_awaited or (bool(atomic.written) and (atomic.operation != "cmpxchg" or bool(atomic.expected)))


def _gives(atomic: Atomic) -> bool:
    return atomic.operation in _GIVING and atomic.ordering in _RELEASES


def _is_told(function: Function, location: int) -> bool:
    """Clause 5."""
    if outermost(function, location, ACQUIRING) or outermost(function, location, QUEUE):
        return True
    return crate_of(_taker(function, location)) in STANDARD_CRATES


def _taker(function: Function, location: int) -> str:
    """Path of the innermost function around an atomic that is not the atomic's own."""
    names = _names(function, location)
    return next((name for name in names if not _ATOMIC.match(without_generics(name))), "")


def _names(function: Function, location: int) -> list[str]:
    """Paths of the functions around a location, innermost first."""
    return [function.name_of(frame) for frame in function.chain(location)] or [function.name]


def _shape(
    function: Function, location: int, takes: Sequence[int], drops: Drops, awaited: Mapping[int, str]
) -> Shape | None:
    atomics = function.facts.atomics
    first = atomics[takes[0]]
    word = _word(first, awaited)
    waits = not awaited.keys().isdisjoint(takes) or (bool(word) and word in awaited.values())
    gives = tuple(_given_back(function, takes, word)) if word else ()
    guards = [guard for number in gives if (guard := _guard(function, atomics[number].location))]
    by_hand = waits or any(atomics[number].operation == "store" for number in gives)
    if gives and (guards or by_hand):
        return Shape(location, tuple(takes), gives, waits, guards[0] if guards else "")
    guard = _returned(_taker(function, location), first, drops) if first.operation != "add" else ""
    return Shape(location, tuple(takes), (), waits, guard) if guard else None


def _word(taken: Atomic, awaited: Mapping[int, str]) -> str:
    """The word that is given back: of a number that was drawn, the one that is waited for."""
    if taken.operation != "add":
        return taken.target
    return next((word for word in awaited.values() if word and word != taken.target), "")


def _given_back(function: Function, takes: Sequence[int], word: str) -> Iterator[int]:
    """Clauses 2 and 3."""
    flow = function.facts.flow
    atomics = function.facts.atomics
    taken = atomics[takes[0]]
    giving = [
        number
        for number, atomic in enumerate(atomics)
        if _gives(atomic) and atomic.target == word and _leaves_free(taken, atomic)
    ]
    if flow is None or not giving:
        return
    behind = _behind(flow, {~number for number in takes})
    yield from (number for number in giving if ~number in behind)


def _leaves_free(taken: Atomic, given: Atomic) -> bool:
    if taken.operation == "add":
        return not given.written or given.operation == "add"
    if given.operation == "and":
        return taken.operation == "or"
    if given.operation == "sub" or not taken.written:
        return given.operation == "sub" and not taken.written
    if taken.operation == "cmpxchg":
        return given.written == taken.expected
    return given.written != taken.written


def _behind(flow: Flow, numbers: set[int]) -> set[int]:
    """Numbers of the events that a way leads to from some of them."""
    starts = [row for row, (_, number) in enumerate(flow.events) if number in numbers]
    found = {
        number
        for start in starts
        for row, (block, number) in enumerate(flow.events)
        if block == flow.events[start][0] and row > start
    }
    stack = [successor for start in starts for successor in flow.successors[flow.events[start][0]]]
    seen: set[int] = set()
    while stack:
        block = stack.pop()
        if block not in seen:
            seen.add(block)
            stack.extend(flow.successors[block])
    return found.union(number for block, number in flow.events if block in seen)


def _guard(function: Function, location: int) -> str:
    """Path of the type whose ``Drop`` a location stands in, generic arguments kept; the innermost."""
    for name in _names(function, location):
        if _DROP.search(without_generics(name)):
            qualified = trait_method(name)
            return qualified[0] if qualified else ""
    return ""


def _returned(taker: str, taken: Atomic, drops: Drops) -> str:
    """Clause 4: the guard's type, or nothing."""
    qualified = trait_method(taker)
    path = qualified[0] if qualified else taker
    modules = (_module(path), _module(_module(path))) if not qualified else (_module(path),)
    for drop in (drop for module in modules for drop in drops.get(module, ())):
        is_at_word = drop.atomic.offset in (taken.offset, 0)
        if taken.offset >= 0 and is_at_word and _leaves_free(taken, drop.atomic):
            return drop.guard
    return ""


def _module(path: str) -> str:
    return without_generics(path).rpartition("::")[0]

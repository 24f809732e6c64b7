"""Allocations that do not live long: temporaries, and objects that a pool could serve.

Read from names and places alone, below one root:

1. An allocation and a free *fit* where both are hot and the frames behind their anchors name the same owner:
   ``String``, ``Vec<u8>``, ``Box<Quote>``.
2. A *temporary* is freed in the same function of the user's own, behind the place where it is allocated and on every
   call, and as many owners of that type are freed there as are allocated: none escapes, as far as names tell. What is
   freed on some ways only (where ``?`` leaves) may be returned, or kept, on the others.
3. A *pool candidate* is an allocation of a boxed or counted type that fits a free anywhere else under the root: each
   event makes one object and gives one back. What is assigned over an old value is of this kind.

Not handled: an owner inside of a struct that is dropped as a whole; which of two values of one type is the one freed,
as where a parameter is freed and a new value of its type returned.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import Anchored
from ringfence.graphs.names import STANDARD_CRATES, crate_of
from ringfence.passes.heap_detail import paths_behind_anchor
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink
from ringfence.passes.written_calls import owner_of

_ALLOCATING = frozenset({"RF101", "RF102"})
_POOLED = re.compile(r"(?:Box|Arc|Rc)<")
_COUNTED = re.compile(r"(?:Arc|Rc)<")
_PART_OF_A_CLOSURE = re.compile(r"\{closure")

Named = tuple[str, Rule, Anchored[Sink]]
"""Fingerprint, rule and way of a finding."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What the finding of an allocation says besides."""

    detail: Mapping[str, object]
    help: str


@dataclass(frozen=True, slots=True)
class _Event:
    """An allocation or a free in the user's own code."""

    fingerprint: str
    owner: str
    function: str
    place: tuple[int, int]
    """Line and column."""
    always: bool
    """On every call of the root."""
    is_own: bool
    """The user's own line makes or drops the value: what it calls is std's."""


def lifetimes(named: Iterable[Named]) -> dict[str, Advice]:
    """By fingerprint, clauses 2 and 3 of the findings of one root."""
    allocated: list[_Event] = []
    freed: list[_Event] = []
    for fingerprint, rule, each in named:
        if each.path_class is not PathClass.HOT or each.anchor < 0:
            continue
        event = _event(fingerprint, each)
        if event is None:
            continue
        if rule.id in _ALLOCATING:
            allocated.append(event)
        elif rule.id == "RF103":
            freed.append(event)
    return _advice(allocated, freed)


def _event(fingerprint: str, each: Anchored[Sink]) -> _Event | None:
    paths = paths_behind_anchor(each)
    owner = owner_of(paths)
    anchor = each.path[each.anchor]
    if not owner or _PART_OF_A_CLOSURE.search(owner):
        return None
    name = anchor.function.name_of(anchor.frame)
    place = (anchor.frame.line, anchor.frame.column)
    return _Event(fingerprint, owner, name, place, each.always, crate_of(paths[0]) in STANDARD_CRATES)


def _advice(allocated: Sequence[_Event], freed: Sequence[_Event]) -> dict[str, Advice]:
    here: dict[tuple[str, str], list[_Event]] = defaultdict(list)
    made: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
    for event in freed:
        here[event.owner, event.function].append(event)
    for event in allocated:
        made[event.owner, event.function].add(event.place)
    owners = {event.owner for event in freed}
    found: dict[str, Advice] = {}
    for event in allocated:
        frees = here[event.owner, event.function]
        behind = [each for each in frees if each.always and each.place > event.place]
        is_known = event.is_own or not _COUNTED.match(event.owner)
        if behind and is_known and len({each.place for each in frees}) >= len(made[event.owner, event.function]):
            found[event.fingerprint] = _temporary(event, behind[0])
        elif event.owner in owners and event.is_own and _POOLED.match(event.owner):
            found[event.fingerprint] = _pooled(event)
    return found


def _temporary(event: _Event, free: _Event) -> Advice:
    line, _ = free.place
    advice = (
        f"it is temporary: `{event.owner}` is freed again on line {line}; take it from an arena that is reset for each "
        "event (`self.arena.reset();` of `bumpalo`) or keep one buffer and clear it (`self.scratch.clear();`)"
    )
    return Advice({"temporary": True, "freed": free.fingerprint}, advice)


def _pooled(event: _Event) -> Advice:
    advice = (
        f"a `{event.owner}` is made and another one freed for each event: keep a pool of them "
        "(`let object = self.pool.pop().unwrap_or_default();`) and give each one back to it instead of dropping it"
    )
    return Advice({"pool": event.owner}, advice)

"""What makes a finding this one and no other: what is folded into it, and its fingerprint (docs/design/0011).

1. Findings of one expression of the user's own code (`ringfence.graphs.folding`) are told apart by rule, by how loud
   they are (class, the bounds of the sink, whether a loop repeats what is told of loops only), and by *identity*: the
   lock's library, kind and guarded type, the trait of a virtual call, the queue's operation, the clock, the missing
   function: `ringfence.passes.sink.Sink.identity`. Calls that may block are told apart by their class, which the way
   to them decides; a clock that is read for the deadline of a lock or queue is none of those that are read otherwise.
2. Allocations, frees and copies have no identity of their own: what one expression does of them is one finding with a
   number.
3. The fingerprint is made of names: rule, root, the function with the line, what it calls, identity, class, and the
   places in libraries (`ringfence.graphs.folded`), by function and by what is called there. So it survives edits that
   move lines, another version of std and another decision to inline, and changes where a library does the thing in one
   place more or less.
"""

import hashlib
from collections import Counter
from collections.abc import Hashable, Mapping

from ringfence.graphs.folding import ITSELF, NO_LABEL, Folding, Loudness, Rank
from ringfence.graphs.hotpath import Anchored
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function
from ringfence.passes.atomics import STRONG_ORDERING
from ringfence.passes.blocking import BLOCKING_CALL
from ringfence.passes.blocking_kinds import BlockingClass, class_at, label_of
from ringfence.passes.clocks import CLOCK_READ, is_deadline
from ringfence.passes.elided import ELIDED
from ringfence.passes.rule import Level, Rule
from ringfence.passes.shared_words import is_none_to_tell, is_of_a_library
from ringfence.passes.sink import Sink
from ringfence.passes.spinning import SPIN_WAIT, is_of_others


def rule_of(sink: Sink, *, grows: bool) -> Rule:
    """The rule that a sink breaks, given whether the way to it grows a container. What was removed grows nothing."""
    return sink.if_grows if grows and sink.if_grows else sink.rule


def kind_of(sink: Sink, grows: bool) -> Hashable:
    """Clauses 1 and 2, as far as the way has no part in it."""
    return (
        rule_of(sink, grows=grows).id,
        sink.what if sink is ELIDED or sink.identity is None else sink.identity,
        sink.at_most or "",
        sink.at_most_once or "",
        sink.only_for or (),
        sink.is_panic,
    )


def blocking_class_of(sink: Sink, label: int) -> BlockingClass:
    """Of a call that may block, given the least label (`ringfence.passes.blocking_kinds`) on the way to it."""
    return BlockingClass.LOG if sink.at_most is Level.NOTE else class_at(label, sink.what)


def _level_of(sink: Sink, rank: Rank) -> Loudness:
    return rank.path_class, int(sink.at_most_once is not None and not rank.loop_depth)


def _class_on_way(sink: Sink, rank: Rank) -> Hashable:
    return blocking_class_of(sink, rank.label).value


def _what_for(_sink: Sink, rank: Rank) -> Hashable:
    return "" if rank.label == NO_LABEL else FOR_A_DEADLINE


def _whose_word(sink: Sink, rank: Rank) -> Hashable:
    return WITHIN_OTHERS if rank.label != NO_LABEL and is_of_a_library(sink) else ""


def _whose(_sink: Sink, rank: Rank) -> Hashable:
    return "" if rank.label == NO_LABEL else WITHIN_OTHERS


WITHIN_OTHERS = "within others"
"""The part of a spin that stands in a lock or a queue, whose finding it is, and of a count of holders."""
FOR_A_DEADLINE = "for a deadline"
"""The part of a clock that a lock or a queue reads, to know how long it may wait."""


def _itself(sink: Sink) -> str:
    """An index and a division that begin in one column are two checks."""
    return sink.what if sink.is_panic else ITSELF


FOLDING: Folding[Sink] = Folding(kind_of, level_of=_level_of, name_of=_itself)
BY_WAY: Mapping[Rule, Folding[Sink]] = {
    BLOCKING_CALL: Folding(kind_of, _class_on_way, _level_of, label_of, _itself),
    CLOCK_READ: Folding(kind_of, _what_for, _level_of, lambda name: 0 if is_deadline(name) else NO_LABEL, _itself),
    STRONG_ORDERING: Folding(
        kind_of, _whose_word, _level_of, lambda name: 0 if is_none_to_tell(name) else NO_LABEL, _itself
    ),
    SPIN_WAIT: Folding(kind_of, _whose, _level_of, lambda name: 0 if is_of_others(name) else NO_LABEL, _itself),
}
"""Rules whose findings are told apart by the functions on the way; `FOLDING` serves the others."""


class Fingerprints:
    """Clause 3, of the findings of one root in the order of their places: those that only an ordinal tells apart are
    numbered."""

    def __init__(self, root: Function) -> None:
        self._root = root
        self._ordinals: Counter[str] = Counter()

    def of(self, rule: Rule, each: Anchored[Sink]) -> str:
        """The fingerprint of the next finding."""
        anchor = each.path[each.anchor] if each.anchor >= 0 else each.path[0]
        names = (
            rule.id,
            without_generics(self._root.name),
            without_generics(anchor.function.name_of(anchor.frame)),
            each.expression[1],
            repr((each.group, each.part, each.path_class.label)),
            *_places(each),
        )
        identity = "\0".join(names)
        self._ordinals[identity] += 1
        return hashlib.sha256(f"{identity}\0{self._ordinals[identity]}".encode()).hexdigest()[:12]


def _places(each: Anchored[Sink]) -> list[str]:
    return sorted(f"{place.function}\0{place.calls}" for place in each.folded if not place.is_immediate)

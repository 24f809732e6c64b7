"""Guards of growth that the first turn of a loop cannot pass by: the container is new in the call.

Where a container is made in front of a loop and filled in it, the check in front of its ``#[cold]`` growth stands, for
only the first turn is sure to find no room. So the growth is seldom among the turns, and always once in the call.

1. The *container* is a slot of the body's own stack that the cold call is given a pointer to.
2. What it *begins* with are the constants that are stored to it, or set as bytes, in front of the loop.
3. On the *first turn* a ``phi`` is what comes from in front of the loop, and a load from the container what that begins
   with. If a comparison of two such numbers sends the turn to the cold call, its edge is not unlikely.

*In front of the loop* is what the cold call does not lead back to.

Not handled: containers that are copied from a constant, or begun by a call.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.pipeline.ir.outcomes import constant
from ringfence.pipeline.ir.syntax import SYMBOL
from ringfence.pipeline.ir.turns import Instruction, Turn
from ringfence.pipeline.ir.waits import BodyText

_BEHIND = re.compile(rb"(?:inbounds |nuw |nusw )*i8, ptr (%" + SYMBOL + rb"), i64 (\d+)")
_STORE = re.compile(rb"[^ ]+ ([^ ,]+), ptr (%" + SYMBOL + rb")")
_LOAD = re.compile(rb"[^ ]+, ptr (%" + SYMBOL + rb")")
_SET = re.compile(rb"void @llvm\.memset[\w.]*\(ptr [^%]*(%" + SYMBOL + rb"), i8 0, i64 (\d+)")
_COMPARED = re.compile(rb"(?:samesign )?(\w+) [^ ]+ ([^ ,]+), ([^ ,]+)")
_GIVEN = re.compile(rb"ptr [^%,]*(%" + SYMBOL + rb")")
_HOLDS: Mapping[bytes, Callable[[int, int], bool]] = {
    b"eq": operator.eq,
    b"ne": operator.ne,
    b"lt": operator.lt,
    b"le": operator.le,
    b"gt": operator.gt,
    b"ge": operator.ge,
}
"""By the predicate without its sign: what containers begin with has none."""
_WAYS = 2

Edge = tuple[int, int]


def forced(
    body: BodyText, slots: Iterable[bytes], calls: Sequence[int], unlikely: Sequence[Sequence[int]]
) -> set[Edge]:
    """Unlikely edges that the first turn takes, given the blocks of the cold calls."""
    if not any(unlikely):
        return set()
    lines = body.lines(range(len(body.successors)))
    return {edge for block in calls for edge in _First(body, Turn(lines), frozenset(slots), block).edges(unlikely)}


@dataclass(slots=True)
class _First:
    """The first turn that may come to one cold call."""

    body: BodyText
    turn: Turn
    slots: frozenset[bytes]
    block: int

    def edges(self, unlikely: Sequence[Sequence[int]]) -> Iterator[Edge]:
        given = {name for line in self._calls() for name in _GIVEN.findall(line.text)}
        containers = {place[0] for name in given if (place := self._place(name)) is not None}
        for line in self.turn.lines if containers else ():
            following = self.body.successors[line.block]
            if line.operation != b"br" or len(following) != _WAYS or self.block not in following:
                continue
            edge = following.index(self.block)
            is_true = self._holds(line.operands[0], containers) if edge in unlikely[line.block] else None
            if is_true is not None and edge == 1 - is_true:
                yield line.block, self.block

    def _calls(self) -> Iterator[Instruction]:
        return (line for line in self.turn.lines if line.block == self.block and line.is_call)

    def _holds(self, condition: bytes, containers: set[bytes]) -> bool | None:
        """Whether a comparison holds on the first turn; None where that is not known."""
        line = self.turn.definition(condition)
        compared = _COMPARED.match(line.text) if line is not None and line.operation == b"icmp" else None
        if compared is None:
            return None
        left, right = (self._begins(side, containers) for side in compared.group(2, 3))
        if left is None or right is None:
            return None
        holds = _HOLDS.get(compared[1].lstrip(b"us"))
        return holds(left, right) if holds is not None else None

    def _begins(self, value: bytes, containers: set[bytes]) -> int | None:
        """Clause 3."""
        known = constant(value)
        line = self.turn.definition(value)
        if known is not None or line is None:
            return known
        if line.operation == b"phi":
            numbers = {constant(each) for each, label in line.incoming if self._is_in_front(label)}
            return numbers.pop() if len(numbers) == 1 else None
        loaded = _LOAD.match(line.text) if line.operation == b"load" else None
        place = self._place(loaded[1]) if loaded is not None else None
        return self._written(place) if place is not None and place[0] in containers else None

    def _written(self, place: tuple[bytes, int]) -> int | None:
        """Clause 2."""
        numbers: set[int | None] = set()
        for line in self.turn.lines:
            if line.block in self._led_to:
                continue
            stored = _STORE.match(line.text) if line.operation == b"store" else None
            if stored is not None and self._place(stored[2]) == place:
                numbers.add(constant(stored[1]))
            cleared = _SET.match(line.text) if line.is_call else None
            start = self._place(cleared[1]) if cleared is not None else None
            if cleared is not None and start is not None and start[0] == place[0]:
                numbers |= {0} if 0 <= place[1] - start[1] < int(cleared[2]) else set()
        return numbers.pop() if len(numbers) == 1 else None

    def _place(self, pointer: bytes) -> tuple[bytes, int] | None:
        """A slot, and bytes behind its start."""
        if pointer in self.slots:
            return pointer, 0
        line = self.turn.definition(pointer)
        behind = _BEHIND.match(line.text) if line is not None and line.operation == b"getelementptr" else None
        return (behind[1], int(behind[2])) if behind is not None and behind[1] in self.slots else None

    def _is_in_front(self, label: bytes) -> bool:
        # The label of an entry without a name is not printed.
        return self.body.labels.get(label, 0) not in self._led_to

    @property
    def _led_to(self) -> set[int]:
        found = {self.block}
        stack = [self.block]
        while stack:
            fresh = set(self.body.successors[stack.pop()]) - found
            found |= fresh
            stack.extend(fresh)
        return found

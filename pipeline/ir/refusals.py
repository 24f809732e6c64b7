"""What a function returns where it does nothing: how a ``try_push`` says that the queue is full.

1. A *way* leads from the entry to a ``ret`` and passes no block twice. On it the condition of each branch is known by
   the edge that is taken, and a ``phi`` by the block that the way comes from.
2. A value is known on a way where it is a constant, such a condition or its opposite, such a ``phi``, or what a
   conversion, a negation or a comparison with a constant makes of one. Of a pair or an enum that is returned in
   registers the first word counts: its discriminant.
3. A function *refuses* with a constant if each way on which it does nothing (`ringfence.pipeline.ir.waits`, clause 1)
   returns it, and none of the others does.

A loop that calls it goes on or ends by that constant: `ringfence.graphs.facts.Wait.staying`.

Not handled: functions with loops, and those that return through memory.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ringfence.graphs.facts import Refusal
from ringfence.pipeline.ir.turns import Instruction, Turn

_MOST_WAYS = 64
_NUMBER = re.compile(rb"-?\d+")
_WORDS = {b"true": 1, b"false": 0}
_COMPARISON = re.compile(rb"(?:samesign )?(eq|ne) [^ ]+ ([^ ,]+), ([^ ,]+)")
_RETURNED = re.compile(rb".* ([^ ,]+)$")
_INSERTED = re.compile(rb"(?:\{[^}]*\}|\[[^\]]*\]) ([^ ,]+), [^ ]+ ([^ ,]+), (\d+)")
_SAME = frozenset({b"zext", b"trunc", b"freeze"})
_CONVERTED = re.compile(rb"(?:nuw |nsw |nneg )*[^ ]+ ([^ ,]+)")
_NEGATED = re.compile(rb"i1 ([^ ,]+), (?:true|1)\b")


@dataclass(frozen=True, slots=True)
class _Way:
    blocks: tuple[int, ...]
    known: Mapping[bytes, int]


class Refusals:
    """Of one body."""

    def __init__(self, turn: Turn, successors: Sequence[Sequence[int]], labels: Mapping[bytes, int]) -> None:
        self._turn = turn
        self._successors = successors
        self._labels = labels
        self._ends = {line.block: line for line in turn.lines if line.operation in (b"br", b"ret")}

    def found(self, doing: AbstractSet[int]) -> Refusal | None:
        """Clause 3; ``doing`` are the blocks that do something. None where it refuses with nothing."""
        refused: set[int | None] = set()
        done: set[int | None] = set()
        for number, way in enumerate(self._ways()):
            if number == _MOST_WAYS or len(set(way.blocks)) < len(way.blocks):
                return None
            end = self._ends[way.blocks[-1]]
            value = _RETURNED.match(end.text.partition(b", !")[0])
            returned = self._on(way, value[1]) if value else None
            (refused if doing.isdisjoint(way.blocks) else done).add(returned)
        if len(refused) != 1 or not refused.isdisjoint(done):
            return None
        known = [value for value in (*refused, *done) if value is not None]
        return Refusal(known[0], tuple(sorted(known[1:]))) if len(known) == len(refused) + len(done) else None

    def _ways(self) -> Iterator[_Way]:
        stack = [_Way((0,), {})]
        while stack:
            way = stack.pop()
            block = way.blocks[-1]
            end = self._ends.get(block)
            if (end is not None and end.operation == b"ret") or way.blocks.count(block) > 1:
                yield way
                continue
            following = self._successors[block]
            for edge, successor in enumerate(following):
                taken = _taken(end, edge) if len(following) > 1 else {}
                stack.append(_Way((*way.blocks, successor), {**way.known, **taken}))

    def _on(self, way: _Way, value: bytes) -> int | None:
        """Clause 2."""
        for _ in range(len(self._turn.lines) + 1):
            number = _constant(value)
            if number is not None:
                return number
            if value in way.known:
                return way.known[value]
            line = self._turn.definition(value)
            if line is None:
                return None
            if line.operation in (b"xor", b"icmp"):
                return self._opposite(way, line)
            value = self._before(way, line)
        return None

    def _before(self, way: _Way, line: Instruction) -> bytes:
        """The value that this one is made of, unchanged; nothing where it is another."""
        if line.operation == b"phi" and line.block in way.blocks:
            came = way.blocks[way.blocks.index(line.block) - 1]
            # The label of an entry without a name is not printed.
            return next((value for value, label in line.incoming if self._labels.get(label, 0) == came), b"")
        if line.operation in _SAME:
            converted = _CONVERTED.match(line.text)
            return converted[1] if converted else b""
        inserted = _INSERTED.match(line.text) if line.operation == b"insertvalue" else None
        if inserted is None:
            return b""
        return inserted[2] if inserted[3] == b"0" else inserted[1]

    def _opposite(self, way: _Way, line: Instruction) -> int | None:
        negated = _NEGATED.match(line.text)
        if negated is not None:
            value = self._on(way, negated[1])
            return None if value is None else 1 - value
        compared = _COMPARISON.match(line.text)
        if compared is None:
            return None
        for known, truth in way.known.items():
            other = self._turn.definition(known)
            same = _COMPARISON.match(other.text) if other is not None and other.operation == b"icmp" else None
            if same is not None and same.groups()[1:] == compared.groups()[1:]:
                return truth if same[1] == compared[1] else 1 - truth
        left, right = self._on(way, compared[2]), self._on(way, compared[3])
        return None if left is None or right is None else int((left == right) == (compared[1] == b"eq"))


def _taken(end: Instruction | None, edge: int) -> dict[bytes, int]:
    """What a branch that took an edge tells of its condition."""
    is_branch = end is not None and end.operation == b"br" and bool(end.operands)
    return {end.operands[0]: 1 - edge} if is_branch and end is not None else {}


def _constant(value: bytes) -> int | None:
    if value in _WORDS:
        return _WORDS[value]
    return int(value) if _NUMBER.fullmatch(value) else None

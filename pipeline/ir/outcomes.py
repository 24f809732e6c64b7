"""Which ways through a body return an error, and which edges say something of the others.

A function that returns ``Result`` may have an early ``return Err(..)`` in front of a call of a cold function that every
success shares. Its branch is weighed as unlikely, but there is no way around the call for who succeeds.

1. Of a function that returns a *result of two ways* debug info tells where it says which
   (`ringfence.pipeline.ir.result_types`).
2. What is returned is *written* where a constant comes to that place: by a store behind the ``sret`` pointer, by a word
   of what is returned in registers, or by the edge into the ``phi`` of either. Where the word is what a branch asks,
   the edge tells.
3. *Failing* edges and blocks write an error. Without them, and what leads nowhere then, the rest of the body is what
   succeeds; where nothing is left, all of it.
4. An edge that is marked unlikely is not where all that its block has left is unlikely (`ringfence.pipeline.ir.marks`
   asks the same of the marks of calls).

Not handled: results in other enums (``Poll<Result<..>>``), results whose value is chosen without a branch, and those of
a body that was inlined into one that returns something else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.pipeline.ir.result_types import Outcome
from ringfence.pipeline.ir.syntax import RETURNED, SYMBOL
from ringfence.pipeline.ir.turns import Instruction, Turn
from ringfence.pipeline.ir.waits import BodyText

_NUMBER = re.compile(rb"-?\d+")
_WORDS: Mapping[bytes, int] = {b"true": 1, b"false": 0, b"null": 0}
_STORE = re.compile(rb"(?:[^ ]+|<[^>]*>|\{[^}]*\}) ([^,]+), ptr (%" + SYMBOL + rb")")
_BEHIND = re.compile(rb"(?:inbounds |nuw |nusw )*i8, ptr (%" + SYMBOL + rb"), i64 (\d+)")
_COPY = re.compile(rb"void @llvm\.mem(?:cpy|move)[\w.]*\(ptr [^%]*(%" + SYMBOL + rb"), ptr [^,]*, i64 (\d+)")
_RETURN = re.compile(rb"(\{[^}]*\}|[^ ]+) ([^ ,]+)$")
_INSERTED = re.compile(rb"\{[^}]*\} ([^ ,]+), [^ ]+ ([^ ,]+), (\d+)")
_CONVERTED = re.compile(rb"(?:nuw |nsw |nneg )*[^ ]+ ([^ ,]+)")
_SAME = frozenset({b"zext", b"trunc", b"freeze"})
_NEGATED = re.compile(rb"i1 ([^ ,]+), (?:true|1)\b")
_JOINED = re.compile(rb"(?:disjoint )?[^ ]+ ([^ ,]+), ([^ ,]+)")
_SHIFTED = re.compile(rb"(?:nuw |nsw )*[^ ]+ [^ ,]+, (\d+)")
_COMPARED = re.compile(rb"(?:samesign )?(eq|ne) [^ ]+ ([^ ,]+), ([^ ,]+)")
_CASE = re.compile(rb"\n    i\d+ (-?\d+), label %(" + SYMBOL + rb")")
_SWITCHED = re.compile(rb"i\d+ ([^ ,]+), label")
_WAYS = 2
"""Of a branch."""
_LARGEST = 8
"""Bytes of a word in a register."""

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Successes:
    """What is left of a body without its failing ways: parallel to its blocks."""

    successors: list[list[int]]
    unlikely: list[tuple[int, ...]]
    """Positions in ``successors`` of this."""
    steady: list[bool]
    """All that is left of a block's edges is unlikely: none is."""


def successes(body: BodyText, head: bytes, result: Outcome, unlikely: Sequence[Sequence[int]]) -> Successes | None:
    """Clauses 2 to 4; None where no way is known to fail, or none to succeed."""
    successors = body.successors
    lines = body.lines(range(len(successors)))
    returned = RETURNED.search(head)
    found = _Written(body, Turn(lines), returned[1] if returned else b"", result)
    failing = {edge for edge, value in found.written() if result.fails(value)}
    blocks = {target for source, target in failing if source < 0}
    if not failing or 0 in blocks:
        return None
    left = [
        [each for each in after if (block, each) not in failing and each not in blocks]
        for block, after in enumerate(successors)
    ]
    live = _leading_to([line.block for line in lines if line.operation == b"ret"], left)
    if 0 not in live:
        return None
    kept = [[each for each in after if each in live] for after in left]
    marked = [{after[each] for each in positions} for after, positions in zip(successors, unlikely, strict=True)]
    steady = [bool(after) and marked[block].issuperset(after) for block, after in enumerate(kept)]
    still = [
        () if steady[block] else tuple(number for number, each in enumerate(after) if each in marked[block])
        for block, after in enumerate(kept)
    ]
    return Successes(kept, still, steady)


def _leading_to(blocks: Sequence[int], successors: Sequence[Sequence[int]]) -> set[int]:
    before: list[list[int]] = [[] for _ in successors]
    for block, after in enumerate(successors):
        for each in after:
            before[each].append(block)
    found = set(blocks)
    stack = list(found)
    while stack:
        fresh = set(before[stack.pop()]) - found
        found |= fresh
        stack.extend(fresh)
    return found


@dataclass(slots=True)
class _Written:
    """Clause 2, of one body. What a block writes is told as an edge from -1 to it."""

    body: BodyText
    turn: Turn
    returned: bytes
    """The ``sret`` pointer, or nothing."""
    result: Outcome
    _seen: set[bytes] = field(default_factory=set[bytes])

    def written(self) -> Iterator[tuple[Edge, int | None]]:
        """Edges, each with the constant that is written, or None for what is no constant."""
        for line in self.turn.lines:
            if self.returned:
                yield from self._stored(line)
            elif line.operation == b"ret":
                yield from self._in_registers(line)

    def _stored(self, line: Instruction) -> Iterator[tuple[Edge, int | None]]:
        copied = _COPY.search(line.text) if line.is_call else None
        if copied is not None:
            start = self._offset(copied[1])
            if start is not None and 0 <= self.result.offset - start < int(copied[2]):
                yield (-1, line.block), None
        stored = _STORE.match(line.text) if line.operation == b"store" else None
        if stored is not None and self._offset(stored[2]) == self.result.offset:
            yield from self._values(stored[1], (-1, line.block))

    def _offset(self, pointer: bytes) -> int | None:
        if pointer == self.returned:
            return 0
        line = self.turn.definition(pointer)
        behind = _BEHIND.match(line.text) if line is not None and line.operation == b"getelementptr" else None
        return int(behind[2]) if behind is not None and behind[1] == self.returned else None

    def _in_registers(self, line: Instruction) -> Iterator[tuple[Edge, int | None]]:
        found = _RETURN.match(line.text.partition(b", !")[0])
        if found is None:
            return
        kind, value = found[1], found[2]
        if not kind.startswith(b"{"):
            yield from self._values(value, (-1, line.block))
            return
        word = _word_at(kind, self.result.offset)
        element = self._element(value, word) if word is not None else None
        if element is not None:
            yield from self._values(element, (-1, line.block))

    def _element(self, value: bytes, word: int) -> bytes | None:
        """A word of an aggregate that is put together."""
        for _ in range(len(self.turn.lines)):
            line = self.turn.definition(value)
            inserted = _INSERTED.match(line.text) if line is not None and line.operation == b"insertvalue" else None
            if inserted is None:
                return None
            if int(inserted[3]) == word:
                return inserted[2]
            value = inserted[1]
        return None

    def _values(self, value: bytes, edge: Edge, *, is_negated: bool = False) -> Iterator[tuple[Edge, int | None]]:
        known = constant(value)
        if known is not None:
            yield edge, 1 - known if is_negated else known
            return
        line = self.turn.definition(value)
        if line is not None and line.operation in _SAME:
            converted = _CONVERTED.match(line.text)
            yield from self._values(converted[1], edge, is_negated=is_negated) if converted else ()
            return
        negated = _NEGATED.match(line.text) if line is not None and line.operation == b"xor" else None
        if negated is not None:
            yield from self._values(negated[1], edge, is_negated=not is_negated)
            return
        lowest = self._lowest(line) if line is not None and line.operation == b"or" else None
        if lowest is not None:
            yield from self._values(lowest, edge)
            return
        if line is not None and line.operation == b"phi" and value not in self._seen:
            self._seen.add(value)
            for incoming, label in line.incoming:
                # The label of an entry without a name is not printed.
                yield from self._values(incoming, (self.body.labels.get(label, 0), line.block), is_negated=is_negated)
            return
        asked = [(each, 1 - told if is_negated else told) for each, told in self._asked(value)]
        yield from asked if edge[0] < 0 else [(each, told) for each, told in asked if each == edge]
        if not asked:
            yield edge, None

    def _lowest(self, line: Instruction) -> bytes | None:
        """The lowest bits of a register that more is packed into, where they are the discriminant."""
        parts = _JOINED.match(line.text)
        for upper, lower in ((parts[1], parts[2]), (parts[2], parts[1])) if parts and not self.result.offset else ():
            made = self.turn.definition(upper)
            shifted = _SHIFTED.match(made.text) if made is not None and made.operation == b"shl" else None
            if shifted is not None and int(shifted[1]) >= self.result.bits:
                return lower
        return None

    def _asked(self, value: bytes) -> Iterator[tuple[Edge, int]]:
        """Edges of the branches that a value decides, each with what it is there."""
        for line in self.turn.lines:
            if line.operation == b"switch" and (switched := _SWITCHED.match(line.text)) and switched[1] == value:
                for number, label in _CASE.findall(self._cases(line)):
                    yield (line.block, self.body.labels[label]), int(number)
            following = self.body.successors[line.block] if line.operation == b"br" else ()
            if len(following) != _WAYS or following[0] == following[1]:
                continue
            for truth, told in self._told(line.operands[0], value):
                yield (line.block, following[0 if truth else 1]), told

    def _cases(self, line: Instruction) -> bytes:
        return self.body.text[line.offset : self.body.text.find(b"\n  ]", line.offset)]

    def _told(self, condition: bytes, value: bytes) -> Iterator[tuple[bool, int]]:
        """What a value is where a condition is true, and where it is not."""
        line = self.turn.definition(condition)
        is_same = line is not None and line.operation in _SAME and value in line.operands
        if condition == value or is_same:
            yield from ((True, 1), (False, 0))
            return
        compared = _COMPARED.match(line.text) if line is not None and line.operation == b"icmp" else None
        known = constant(compared[3]) if compared is not None and compared[2] == value else None
        if compared is not None and known is not None:
            yield compared[1] == b"eq", known
            yield compared[1] == b"ne", self._other_than(known)

    def _other_than(self, value: int) -> int:
        """A value of the other variant."""
        tried = (each for each in (self.result.failure, self.result.success, value + 1) if each is not None)
        return next(each for each in tried if self.result.fails(each) != self.result.fails(value))


def constant(value: bytes) -> int | None:
    """The number that an operand is; None where it is no constant."""
    if value in _WORDS:
        return _WORDS[value]
    return int(value) if _NUMBER.fullmatch(value) else None


def _word_at(kind: bytes, offset: int) -> int | None:
    """Which word of ``{ i64, ptr }`` begins at an offset."""
    start = 0
    for number, each in enumerate(kind.strip(b"{ }").split(b",")):
        name = each.strip()
        size = _LARGEST if name == b"ptr" else max(int(name[1:]) // 8, 1) if name[1:].isdigit() else 0
        if not size:
            return None
        start = -(-start // size) * size
        if start == offset:
            return number
        start += size
    return None

"""Loops that wait: nothing that a turn does brings the thread on until another thread writes.

After M. Kokologiannakis, X. Ren, V. Vafeiadis, *Dynamic Partial Order Reductions for Spinloops* (FMCAD 2021), who call
such turns effect-free; what is said of one loop of one body here, `ringfence.passes.spinning` completes by what the
called functions do.

1. A turn *does* something where it stores a value that may differ from that of the turn before, copies memory, or
   changes a word by an exchange that is not the same each time. Writing the same constant again is nothing; nor is
   what was read from an atomic, kept aside; nor adding what is taken off again in the same turn.
2. An exchange *tries* where its operands are constant (`ringfence.pipeline.ir.turns`): that it fails tells only that
   the word is not yet as wanted. A ``cmpxchg`` that expects what was read before fails because another thread came
   first: whoever retries it is lock-free, and a turn through it is no wait. So is a turn that ends because two loads
   of one word differ, or goes on because a ``weak`` exchange failed for nothing: the word was as expected (LangRef,
   *cmpxchg Instruction*).
3. A turn *stands* where each value that the loop carries is, when it begins again, the same, or read anew, or a count
   that leads to no address and is not stored (the rounds until the thread yields or gives up). A walk does not stand:
   what it carries leads to the next address; but where one of the turns begins the walk anew, all of them do.
4. A loop *waits* where no block of it does anything, no exchange that succeeds goes on in it, some turn of it stands,
   and an edge that leaves that turn is decided by an atomic or volatile load, by a try, by a plain load behind a fence
   or by what a call returns; or it leaves at the end of a walk of its own, and these decide whether it walks on or
   begins anew (until all flags are set).
5. Of loops in one another the innermost that waits is told.
6. LLVM takes a loop apart by what no turn changes (*loop unswitching*): where there is nothing to do, a copy is left
   that only looks. What decides stands on one line of the source in both: where the other copy does something, the
   loop of the source does, and none of the copies waits.

A call of a function is *calm* where the same holds for its body from end to end (`Idle`). A function that does
something where it succeeds is calm for a loop that goes on only where it did not (`ringfence.pipeline.ir.refusals`).

Not handled: a turn that does something on another way (a thread's main loop that polls); a walk in a circle by a
remainder, which looks like a probe of a hash table.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.graphs.facts import Idle, Refusal
from ringfence.pipeline.ir.deeds import EXPECTED, IsSlot, deeds_of, may_do
from ringfence.pipeline.ir.loops import NaturalLoop
from ringfence.pipeline.ir.refusals import Refusals
from ringfence.pipeline.ir.syntax import SYMBOL
from ringfence.pipeline.ir.turns import Instruction, Turn, instructions

_COUNTING = frozenset(
    (b"add", b"sub", b"shl", b"and", b"or", b"icmp", b"select", b"phi", b"zext", b"sext", b"trunc", b"freeze", b"call")
)
"""Operations of a count; the calls among them are intrinsics such as ``llvm.umin``."""
_DIFFERS = {b"eq": 1, b"ne": 0}
"""The edge of a ``br`` that is taken where the two sides of its comparison differ."""
_JOINED = frozenset({b"and", b"or", b"select"})
_COMPARED = re.compile(rb"(eq|ne) [^\n ]+ ([^\n ,]+), ([^\n ,]+)")
_ASKED = re.compile(
    rb"(?:(?P<negated>xor) i1 |(?:trunc|zext|freeze) (?:nuw |nsw |nneg )*[^ ]+ |extractvalue (?:\{[^}]*\}|\[[^\]]*\]) "
    rb"|icmp (?:samesign )?(?P<predicate>eq|ne) [^ ]+ )(?P<value>%" + SYMBOL + rb"),? ?(?P<number>-?\d+)?"
)
"""How a condition is made of a call's value, or of its first word."""
_LOCATION = re.compile(rb"!dbg !(\d+)")
_SIDES = 2
_LARGEST_WITHOUT_ATOMICS = 8192
"""Bytes of a loop, or of a function, that has calls and no atomic of its own."""


@dataclass(frozen=True, slots=True)
class FoundWait:
    """A loop of clause 4, by offsets of its instructions."""

    reads: tuple[int, ...]
    """What decides, in the order of the text."""
    calls: tuple[int, ...]
    """Calls in the loop, those that wait among them."""
    is_certain: bool
    """There are no others."""
    staying: tuple[tuple[int, int, bool], ...]
    """`ringfence.graphs.facts.Wait.staying`."""


@dataclass(frozen=True, slots=True)
class BodyText:
    """The text of one body and its blocks."""

    text: bytes
    spans: Mapping[int, tuple[int, int]]
    """Offsets of the beginning and end of each block."""
    labels: Mapping[bytes, int]
    successors: Sequence[Sequence[int]]
    is_slot: IsSlot

    def lines(self, blocks: Iterable[int]) -> list[Instruction]:
        """The instructions of blocks, in the order of the text."""
        spans = sorted((self.spans[block], block) for block in blocks if block in self.spans)
        return instructions(self.text, ((block, start, end) for (start, end), block in spans))

    def size(self, blocks: Iterable[int]) -> int:
        """In bytes."""
        return sum(end - start for start, end in (self.spans[block] for block in blocks if block in self.spans))


def waits(body: BodyText, loops: Iterable[NaturalLoop], looks: frozenset[int]) -> Iterator[FoundWait]:
    """The loops that wait. ``looks`` are the blocks with an atomic, volatile or fence."""
    every = tuple(loops)
    found = list(_waiting(body, every, looks))
    waiting = frozenset[int]().union(*(loop.body for loop, _ in found))
    for loop, wait in found:
        others = (other.body - waiting for other in every if other.body.isdisjoint(loop.body))
        if not any(_reads_at(body, wait.reads[0], blocks) for blocks in others):
            yield wait


def _reads_at(body: BodyText, offset: int, blocks: Iterable[int]) -> bool:
    """Whether an atomic in some block has the location of the instruction at an offset."""
    line = body.text[offset + 1 : body.text.find(b"\n", offset + 1)]
    location = _LOCATION.search(line)
    if location is None:
        return False
    same = re.compile(rb"\n  [^\n]*(?:atomic|cmpxchg)[^\n]*!dbg !" + location[1] + rb"\b")
    return any(same.search(body.text, *body.spans[block]) for block in blocks if block in body.spans)


def _waiting(
    body: BodyText, loops: Sequence[NaturalLoop], looks: frozenset[int]
) -> Iterator[tuple[NaturalLoop, FoundWait]]:
    """Clauses 1 to 5."""
    told: list[frozenset[int]] = []
    for loop in sorted(loops, key=lambda each: (len(each.body), each.header)):
        if any(inner <= loop.body for inner in told):
            continue
        if looks.isdisjoint(loop.body) and body.size(loop.body) > _LARGEST_WITHOUT_ATOMICS:
            continue
        found = _Loop(body, loop).wait()
        if found is not None:
            if found.is_certain:
                told.append(loop.body)
            yield loop, found


def idle(body: BodyText) -> tuple[Idle, Refusal | None]:
    """What a call of a function does in a turn of its caller's loop, and what it returns where it does nothing."""
    if body.size(body.spans) > _LARGEST_WITHOUT_ATOMICS:
        return Idle.BUSY, None
    turn = Turn(body.lines(body.spans))
    deeds = deeds_of(turn, body.is_slot)
    if deeds.done or deeds.retries or not deeds.is_even:
        doing = {line.block for line in (*deeds.done, *deeds.retries)}
        can_refuse = deeds.is_even and (deeds.reads or deeds.tries)
        return Idle.BUSY, Refusals(turn, body.successors, body.labels).found(doing) if can_refuse else None
    if deeds.tries:
        return Idle.TRIES, None
    return Idle.LOOKS if deeds.reads else Idle.CALM, None


class _Loop:
    """Clauses 2 to 4 for one loop."""

    def __init__(self, body: BodyText, loop: NaturalLoop) -> None:
        self._body = body
        self._blocks = loop.body
        self._header = loop.header
        self._tails = loop.tails
        self._turn = Turn(body.lines(loop.body), loop.header)
        self._ends = {line.block: line for line in self._turn.lines if line.operation in (b"br", b"switch")}

    def wait(self) -> FoundWait | None:
        """What clause 4 finds; None where the loop does not wait."""
        deeds = deeds_of(self._turn, self._body.is_slot)
        if deeds.done or not deeds.is_even or self._goes_on(deeds.tries):
            return None
        closed = {line.block for line in deeds.retries}
        reads = {*(line.value for line in (*deeds.reads, *deeds.tries, *deeds.calls)), b""} - {b""}
        standing = self._standing(closed)
        deciding = self._deciding(standing, reads) if standing and reads else []
        deciding = deciding or self._beginning_anew(standing, reads)
        if not deciding:
            return None
        calls = tuple(line.offset for line in deeds.calls)
        is_certain = not any(may_do(line) for line in deeds.calls)
        reads_ = tuple(sorted({line.offset for line in deciding}))
        return FoundWait(reads_, calls, is_certain, tuple(self._staying(standing)))

    def _goes_on(self, tries: Sequence[Instruction]) -> bool:
        """Whether the loop goes on where a compare-exchange succeeded."""
        tried = {line.value for line in tries if line.operation == b"cmpxchg"}
        for block, end in self._ends.items():
            condition = self._turn.definition(end.operands[0]) if end.operands else None
            is_success = (
                condition is not None
                and condition.operation == b"extractvalue"
                and _part(condition) == b"1"
                and not tried.isdisjoint(condition.operands)
            )
            if is_success and self._body.successors[block][0] in self._blocks:
                return True
        return False

    def _standing(self, closed: set[int]) -> set[int]:
        """The blocks of the turns that stand (clause 3), none of them ``closed``."""
        if self._header in closed:
            return set()
        forward = self._reached({self._header}, lambda block: self._open_edges(block, closed))
        before: dict[int, set[int]] = defaultdict(set)
        for block in forward:
            for successor in self._open_edges(block, closed):
                before[successor].add(block)
        turns = [
            (tail, via, values)
            for tail in self._tails
            for via, values in self._carried(tail)
            if tail in before[self._header] and (via < 0 or via in before[tail])
        ]
        if not any(self._begins_anew(values) for _, _, values in turns):
            turns = [turn for turn in turns if self._stands(turn[2])]
        ends = {tail if via < 0 else via for tail, via, _ in turns}
        back = self._reached(ends, lambda block: before[block] if block != self._header else ())
        return back.union(tail for tail, _, _ in turns)

    def _begins_anew(self, values: Mapping[bytes, bytes]) -> bool:
        """Whether all that is carried is what it was before the first turn, a walk over several words included."""
        return bool(values) and all(values[phi.value] == self._first(phi) for phi in self._begun())

    def _first(self, phi: Instruction) -> bytes | None:
        outside = {value for value, label in phi.incoming if self._body.labels.get(label) not in self._blocks}
        return outside.pop() if len(outside) == 1 else None

    def _open_edges(self, block: int, closed: set[int]) -> list[int]:
        """Where a turn leads on inside of the loop, not by an edge of clause 2."""
        shut = (self._differs(block), self._failed_for_nothing(block))
        return [
            successor
            for position, successor in enumerate(self._body.successors[block])
            if successor in self._blocks and successor not in closed and position not in shut
        ]

    def _failed_for_nothing(self, block: int) -> int:
        """The edge that is taken only where an exchange brought what it expected; -1 where none is."""
        end = self._ends.get(block)
        condition = end.operands[0] if end is not None and end.operation == b"br" and end.operands else b""
        return next((edge for edge, is_true in enumerate((True, False)) if self._is_expected(condition, is_true)), -1)

    def _is_expected(self, condition: bytes, is_true: bool) -> bool:
        """Whether a condition has this truth value only where an exchange brought what it expected."""
        line = self._turn.definition(condition)
        compared = _COMPARED.match(line.text) if line is not None and line.operation == b"icmp" else None
        if compared is not None:
            sides = (compared.group(2, 3), compared.group(3, 2))
            return is_true == (compared[1] == b"eq") and any(self._expected(side) == other for side, other in sides)
        if line is None or line.operation not in _JOINED or is_true not in _joins(line):
            return False
        return any(self._is_expected(operand, is_true) for operand in line.operands)

    def _expected(self, brought: bytes) -> bytes:
        """What an exchange expected, given the value that it brought; empty where none did."""
        line = self._turn.definition(brought)
        is_value = line is not None and line.operation == b"extractvalue" and _part(line) == b"0"
        exchange = self._turn.definition(line.operands[0]) if line is not None and is_value else None
        found = EXPECTED.match(exchange.text) if exchange and exchange.operation == b"cmpxchg" else None
        return found[1] if found else b""

    def _differs(self, block: int) -> int:
        """The edge that is taken where two loads of one word differ; -1 where none is."""
        end = self._ends.get(block)
        condition = self._turn.definition(end.operands[0]) if end is not None and end.operands else None
        if condition is None or condition.operation != b"icmp":
            return -1
        sides = [self._turn.definition(value) for value in condition.operands]
        words = [side.address for side in sides if side is not None and side.is_open]
        is_one_word = len(words) == _SIDES and words[0] == words[1]
        return _DIFFERS.get(condition.text.split(b" ", 1)[0], -1) if is_one_word else -1

    def _reached(self, start: set[int], onward: Callable[[int], Iterable[int]]) -> set[int]:
        seen = set(start)
        stack = list(start)
        while stack:
            new = set(onward(stack.pop())) - seen
            seen |= new
            stack += new
        return seen

    def _carried(self, tail: int) -> Iterator[tuple[int, dict[bytes, bytes]]]:
        """What the header's ``phi``s get from a tail, by the block before it where the tail only chooses; -1 else."""
        choices = {line.value: line for line in self._turn.lines if line.block == tail and line.operation == b"phi"}
        values = {phi.value: self._from(phi, tail) for phi in self._begun()}
        if tail == self._header or choices.keys().isdisjoint(values.values()):
            yield -1, values
            return
        for before in sorted({self._body.labels[label] for line in choices.values() for _, label in line.incoming}):
            chosen = {value: self._from(line, before) for value, line in choices.items()}
            yield before, {phi: chosen.get(value, value) for phi, value in values.items()}

    def _from(self, phi: Instruction, block: int) -> bytes:
        return next((value for value, label in phi.incoming if self._body.labels.get(label) == block), b"")

    def _begun(self) -> list[Instruction]:
        return [line for line in self._turn.lines if self._turn.is_begun(line)]

    def _stands(self, values: Mapping[bytes, bytes]) -> bool:
        moving = {phi: self._moved_by(value) for phi, value in values.items() if value != phi}
        counts = {phi for phi, sources in moving.items() if any(self._turn.is_begun(line) for line in sources)}
        if not counts:
            return True
        is_counting = all(line.operation in _COUNTING for phi in counts for line in moving[phi])
        return is_counting and counts.isdisjoint(self._used())

    def _moved_by(self, value: bytes) -> list[Instruction]:
        return self._turn.sources([value])

    def _used(self) -> set[bytes]:
        """The header's ``phi``s that lead to an address, to memory or into a call that may do something."""
        used = [
            operand
            for line in self._turn.lines
            if line.operation in (b"load", b"store") or line.is_exchange or may_do(line)
            for operand in line.operands
        ]
        return {line.value for line in self._turn.sources(used) if self._turn.is_begun(line)}

    def _deciding(self, standing: set[int], reads: set[bytes]) -> list[Instruction]:
        """The reads that decide edges which leave what stands."""
        found: list[Instruction] = []
        for block in standing:
            end = self._ends.get(block)
            leaves = any(successor not in standing for successor in self._body.successors[block])
            if end is not None and leaves:
                found += [line for line in self._asked(end, reads) if line.value in reads]
        return found

    def _beginning_anew(self, standing: set[int], reads: set[bytes]) -> list[Instruction]:
        """The reads that decide whether a turn gets to its end, where nothing that turns carry decides it."""
        found: list[Instruction] = []
        for block in standing:
            end, successors = self._ends.get(block), self._body.successors[block]
            if end is None or len(successors) < _SIDES:
                continue
            asked = self._asked(end, reads)
            if any(successor not in standing for successor in successors):
                if any(self._turn.is_begun(line) for line in asked):
                    return []
            elif any(self._leads_to_header(successor) for successor in successors):
                found += [line for line in asked if line.value in reads]
        return found

    def _leads_to_header(self, block: int) -> bool:
        """Whether a block begins the next turn, or does nothing but go there."""
        for _ in self._blocks:
            successors = self._body.successors[block]
            if block == self._header or len(successors) != 1:
                break
            block = successors[0]
        return block == self._header

    def _staying(self, standing: set[int]) -> Iterator[tuple[int, int, bool]]:
        """The calls by whose value the loop goes on, by offset."""
        for block in sorted(standing):
            end, successors = self._ends.get(block), self._body.successors[block]
            if end is None or end.operation != b"br" or len(successors) != _SIDES:
                continue
            stays = [successor in standing for successor in successors]
            asked = self._asks(end.operands[0]) if end.operands and stays.count(True) == 1 else None
            if asked is not None:
                call, value, is_equal = asked
                yield call.offset, value, is_equal == stays[0]

    def _asks(self, condition: bytes) -> tuple[Instruction, int, bool] | None:
        """A call, a constant, and whether the condition says that the call returned it."""
        value, is_equal = 1, True
        for _ in range(len(self._turn.lines)):
            line = self._turn.definition(condition)
            if line is None or line.is_call:
                return (line, value, is_equal) if line is not None else None
            asked = _ASKED.match(line.operation + b" " + line.text)
            if asked is None:
                return None
            condition = asked["value"]
            if asked["negated"]:
                is_equal = not is_equal
            if asked["number"]:
                value, is_equal = int(asked["number"]), is_equal == (asked["predicate"] == b"eq")
        return None

    def _asked(self, end: Instruction, reads: set[bytes]) -> list[Instruction]:
        """What a condition is computed from, up to the reads of this turn or of the one before."""
        condition = end.operands[:1]
        begun = [line for line in self._turn.sources(condition, _named(reads)) if self._turn.is_begun(line)]
        carried = [value for line in begun for value in line.operands]
        return self._turn.sources([*condition, *carried], _named(reads))


def _part(extracted: Instruction) -> bytes:
    """Which part an ``extractvalue`` takes."""
    return extracted.text.split(b", !")[0].rsplit(b", ", 1)[-1]


def _joins(line: Instruction) -> tuple[bool, ...]:
    """The truth value that both sides of an ``and`` or ``or`` have where the whole has it; a ``select`` is one, too."""
    text = line.text.split(b", !")[0]
    is_either = line.operation == b"or" or b", i1 true, i1 " in text
    is_both = line.operation == b"and" or text.endswith(b", i1 false")
    return (False,) * is_either + (True,) * is_both


def _named(values: set[bytes]) -> Callable[[Instruction], bool]:
    return lambda line: line.value in values

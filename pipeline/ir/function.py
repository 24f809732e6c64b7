"""One body: blocks, their ends, and the events in them, in one pass over its lines."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ringfence.graphs.facts import (
    Address,
    Atomic,
    CallKind,
    Load,
    LoadKind,
    PathClass,
    Switch,
    Wait,
)
from ringfence.pipeline.ir.accesses import AccessReader, TracedAccess
from ringfence.pipeline.ir.blocks import BlockClasses, ControlFlow, Ending, classify
from ringfence.pipeline.ir.calls import Body, Call, CallReader, Copy
from ringfence.pipeline.ir.deeds import WAITING, IsSlot
from ringfence.pipeline.ir.events import Event, Events, forgiven, place
from ringfence.pipeline.ir.first_turns import forced
from ringfence.pipeline.ir.loads import GROUP_LOADS, chased_loads, hashed
from ringfence.pipeline.ir.loop_owners import owners
from ringfence.pipeline.ir.marks import Guards, Marked
from ringfence.pipeline.ir.outcomes import Successes, successes
from ringfence.pipeline.ir.result_types import outcome
from ringfence.pipeline.ir.syntax import RETURNED, SYMBOL, symbol_name
from ringfence.pipeline.ir.waits import BodyText, idle, waits

_LINE = re.compile(
    rb"\n(?:(" + SYMBOL + rb"):|  (?:(%" + SYMBOL + rb") = )?"
    rb"(br |switch |ret |unreachable|resume |indirectbr |cleanupret |catchret |catchswitch |callbr "
    rb"|(?:tail |musttail |notail )?call (?!void @llvm\.(?:assume|experimental|lifetime|dbg))"
    rb"|invoke |cmpxchg |atomicrmw |load atomic |store atomic |fence |alloca "
    rb"|load <(?:16|8) x i8>, ))"
)
_TARGET = re.compile(rb"label %(" + SYMBOL + rb")")
_NORMAL_TARGET = re.compile(rb"to label %(" + SYMBOL + rb")")
_CASE = re.compile(rb"\n    i\d+ (-?\d+), label ")
_PROFILE = re.compile(rb"!prof !(\d+)")
_FLAG = re.compile(rb"\n  (%" + SYMBOL + rb") = load atomic i8, ")
_BRANCH = re.compile(rb"\n  br i1 (%" + SYMBOL + rb"), label")
_ORDERING = re.compile(
    rb" (unordered|monotonic|acquire|release|acq_rel|seq_cst)(?: (?:monotonic|acquire|seq_cst))?(?:, |$)"
)
_CALLING_TERMINATORS = frozenset({b"invoke ", b"callbr "})
_TERMINATORS = _CALLING_TERMINATORS | {
    b"br ",
    b"switch ",
    b"ret ",
    b"unreachable",
    b"resume ",
    b"indirectbr ",
    b"cleanupret ",
    b"catchret ",
    b"catchswitch ",
}
_LOOKS_ANEW = re.compile(rb"\bload volatile |\n  fence ")
_ATOMICS = frozenset({b"cmpxchg ", b"atomicrmw ", b"load atomic ", b"store atomic ", b"fence "})
_POINTER = rb"ptr (?:getelementptr [^\n]*?\(i8, ptr )?([%@]" + SYMBOL + rb")"
_WORD = re.compile(rb"\b" + _POINTER)
_WORD_BEHIND = re.compile(rb", " + _POINTER)
"""Where an access stands behind what is stored or loaded."""
_VALUES = re.compile(rb", (?:\w+ ([^ ,]+), )?\w+ ([^ ,]+) (?:monotonic|acq|rel|seq_cst)")
_STORED = re.compile(rb"(?:volatile )?\w+ ([^ ,]+), ptr ")
_MODIFY = re.compile(rb"(?:volatile )?(\w+) ")


_FEWEST_CASES = 4
"""Of a ``switch`` that is a fact."""


@dataclass(slots=True)
class _Blocks:
    """The control-flow graph while its lines go by; a label gets its number when it is first seen or named."""

    numbers: dict[bytes, int] = field(default_factory=dict[bytes, int])
    successors: list[list[int]] = field(default_factory=list[list[int]])
    unlikely: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    endings: list[Ending] = field(default_factory=list[Ending])
    marks: dict[int, list[Marked]] = field(default_factory=dict[int, list[Marked]])
    """Of the calls in a block."""
    terminators: list[bytes] = field(default_factory=list[bytes])
    asks_flag: list[bool] = field(default_factory=list[bool])
    works: list[bool] = field(default_factory=list[bool])
    looks: list[bool] = field(default_factory=list[bool])
    starts: list[int] = field(default_factory=list[int])
    order: list[int] = field(default_factory=list[int])
    """Blocks in the order of the text, parallel to ``starts``, their offsets."""

    def number(self, label: bytes) -> int:
        known = self.numbers.get(label)
        if known is not None:
            return known
        self.numbers[label] = len(self.successors)
        self.successors.append([])
        self.unlikely.append(())
        self.endings.append(Ending.UNREACHABLE)
        self.terminators.append(b"")
        self.asks_flag.append(False)
        self.works.append(False)
        self.looks.append(False)
        return len(self.successors) - 1

    def begin(self, label: bytes, offset: int) -> int:
        """The block whose label stands at an offset of the text."""
        block = self.number(label)
        self.starts.append(offset)
        self.order.append(block)
        return block

    def at(self, offset: int) -> int:
        """The block that an offset of the text lies in."""
        return self.order[max(bisect_right(self.starts, offset) - 1, 0)]

    def end(self, block: int, keyword: bytes, statement: bytes, reader: CallReader) -> None:
        """Note where a terminator leads."""
        self.terminators[block] = statement
        if keyword == b"ret ":
            self.endings[block] = Ending.RETURN
            return
        targets = _NORMAL_TARGET if keyword in _CALLING_TERMINATORS else _TARGET
        self.successors[block] = [self.number(target) for target in targets.findall(statement)]
        self.unlikely[block] = _unlikely(statement, reader)
        if self.successors[block]:
            self.endings[block] = Ending.BRANCH

    def mark(self, block: int, call: Call) -> None:
        """Note the mark of a cold call, if it may count."""
        if call.mark and not forgiven(call.site):
            self.marks.setdefault(block, []).append(Marked(call.mark, call.site.location))

    def mark_waiting(self, text: bytes, start: int, end: int, events: Sequence[tuple[int, Event]]) -> None:
        """Note which blocks ask a flag, and which do work, where the body may do both; and which look."""
        if any(isinstance(event, Atomic) and event.operation == "load" for _, event in events):
            self.mark_flags(text, start, end)
            self.mark_work(events)
        self.mark_looks(text, start, end, events)

    def mark_flags(self, text: bytes, start: int, end: int) -> None:
        """Note which blocks' branches are decided by an atomic load of one byte."""
        for load in _FLAG.finditer(text, start, end):
            branch = _BRANCH.search(text, load.end(), end)
            block = self.at(load.start())
            if branch is not None and self.at(branch.start()) == block:
                self.asks_flag[block] = _is_decided_by(text, branch, load[1], load.end())

    def mark_work(self, events: Sequence[tuple[int, Event]]) -> None:
        """Note which blocks call something, other than to wait."""
        for block, event in events:
            if isinstance(event, Call) and not WAITING.search(event.site.callee):
                self.works[block] = True

    def mark_looks(self, text: bytes, start: int, end: int, events: Sequence[tuple[int, Event]]) -> None:
        """Note which blocks hold atomics, calls, volatile loads and fences, those for the compiler alone included."""
        for block, event in events:
            self.looks[block] |= isinstance(event, Atomic | Call)
        for found in _LOOKS_ANEW.finditer(text, start, end):
            self.looks[self.at(found.start())] = True

    def body(self, text: bytes, end: int, is_slot: IsSlot) -> BodyText:
        """The text of each block, ``end`` being that of the last."""
        spans = self.spans(end)
        return BodyText(text, spans, self.numbers, self.successors, is_slot)

    def spans(self, end: int) -> dict[int, tuple[int, int]]:
        """Where the text of each block begins and ends."""
        return dict(zip(self.order, pairwise([*self.starts, end]), strict=True))

    def classify(self, reader: CallReader, body: BodyText, head: bytes, slots: Collection[bytes]) -> BlockClasses:
        """What every way shares that does not return an error is not cold (`ringfence.pipeline.ir.outcomes`), nor what
        a first turn cannot pass by (`ringfence.pipeline.ir.first_turns`)."""
        for guard, block in forced(body, slots, tuple(self.marks), self.unlikely) if slots else ():
            self.unlikely[guard] = tuple(each for each in self.unlikely[guard] if self.successors[guard][each] != block)
            self.marks.pop(block, None)
        classes = self._classified(reader, None)
        result = outcome(head, reader.metadata) if PathClass.COLD in classes.classes else None
        found = successes(body, head, result, self.unlikely) if result is not None else None
        return classes if found is None else self._classified(reader, found)

    def _classified(self, reader: CallReader, found: Successes | None) -> BlockClasses:
        calls_cold = [False] * len(self.successors)
        for block in self._counting(reader, found) if self.marks else ():
            calls_cold[block] = True
        steady = found.steady if found is not None else [False] * len(self.successors)
        unlikely = [() if is_steady else each for each, is_steady in zip(self.unlikely, steady, strict=True)]
        return classify(
            ControlFlow(self.successors, unlikely, self.endings, calls_cold, self.asks_flag, self.works, self.looks)
        )

    def _counting(self, reader: CallReader, found: Successes | None) -> Iterator[int]:
        returns = [block for block, ending in enumerate(self.endings) if ending is Ending.RETURN]
        edges = (self.successors, self.unlikely) if found is None else (found.successors, found.unlikely)

        def location(block: int) -> int:
            return reader.location(self.terminators[block])

        return Guards(*edges, returns, location, reader.metadata).counting(self.marks)


def read_function(text: bytes, start: int, end: int, head: bytes, reader: CallReader, memory: AccessReader) -> Events:
    """Read the body between the ends of the ``define`` line and of the last instruction."""
    body = Body.of(head, start, end)
    blocks = _Blocks()
    slots: set[bytes] = set()
    events: list[tuple[int, Event]] = []
    calls: list[tuple[int, int, int]] = []
    atomics: list[int] = []
    panics: list[tuple[int, Event]] = []
    block = -1
    for match in _LINE.finditer(text, start, end + 1):
        label, value, keyword = match.groups()
        if label is not None:
            block = blocks.begin(label, match.start())
            continue
        if block < 0:
            # An entry block without a name is not printed, and nothing can branch to it.
            block = blocks.begin(b"", start)
        position = match.end()
        if keyword == b"alloca ":
            slots.add(value)
            continue
        statement = _statement(text, keyword, position)
        if keyword in _TERMINATORS:
            blocks.end(block, keyword, statement, reader)
        event = _event(keyword, statement, position, reader, body, slots)
        if event is None:
            continue
        told, *others = _told_apart(event, statement, body, reader)
        panics += [(block, each) for each in others]
        events.append((block, told))
        atomics += [position] * isinstance(event, Atomic)
        if isinstance(event, Call):
            calls.append((position, block, event.site.location))
            blocks.mark(block, event)
    events += _addresses(start, end, blocks, calls, reader)
    for offset, kind in (*chased_loads(text, start, end), *hashed(text, start, end)):
        events.append((blocks.at(offset), Load(kind, -1, _location_from(text, offset, reader))))
    blocks.mark_waiting(text, start, end, events)
    stack = slots.union(RETURNED.findall(head))
    whole = blocks.body(
        text, end, lambda pointer, offset: pointer in stack or reader.base(pointer, body, offset) in stack
    )
    if not events and not memory.has_variables and not any(blocks.looks):
        calm, refusal = idle(whole)
        return Events(idle=calm, refusal=refusal)
    classes = blocks.classify(reader, whole, head, slots)
    accesses = _accesses(memory, (start, end), head, slots, blocks, classes)
    events += _waits(whole, classes, blocks, calls, atomics, reader)
    events += panics
    spans = blocks.spans(end)
    around = owners(
        classes.loops, len(blocks.successors), lambda block: text[slice(*spans.get(block, (0, 0)))], reader.metadata
    )
    classes = replace(classes, owners=around)
    return place(events, accesses, blocks.successors, classes, reader.location, idle(whole))


def _waits(
    body: BodyText,
    classes: BlockClasses,
    blocks: _Blocks,
    calls: Sequence[tuple[int, int, int]],
    atomics: Sequence[int],
    reader: CallReader,
) -> Iterator[tuple[int, Wait]]:
    """The loops that wait, each with the block of what decides it."""
    looks = frozenset(blocks.at(position) for position in atomics)
    called = [position for position, _, _ in calls]
    # A loop without an atomic, a volatile, a fence or a call has nothing that could decide that it waits.
    loops = [loop for loop in classes.loops if any(blocks.looks[block] for block in loop.body)]
    for found in waits(body, loops, looks):
        first = found.reads[0]
        numbers = tuple(_numbers(body.text, found.reads, called, atomics))
        through = tuple(number for number in _numbers(body.text, found.calls, called, ()) if number >= 0)
        staying = tuple(
            (number, value, is_equal)
            for offset, value, is_equal in found.staying
            for number in _numbers(body.text, (offset,), called, ())
        )
        yield blocks.at(first), Wait(-1, _location_from(body.text, first, reader), numbers, through, staying)


def _numbers(text: bytes, offsets: Iterable[int], calls: Sequence[int], atomics: Sequence[int]) -> Iterator[int]:
    """Of the events on the lines that begin at these offsets, as in `ringfence.graphs.facts.Flow.events`."""
    for offset in offsets:
        end = text.find(b"\n", offset + 1)
        call, atomic = bisect_right(calls, offset), bisect_right(atomics, offset)
        if call < len(calls) and calls[call] < end:
            yield call
        if atomic < len(atomics) and atomics[atomic] < end:
            yield ~atomic


def _told_apart(event: Event, statement: bytes, body: Body, reader: CallReader) -> list[Event]:
    """A panic that LLVM joined of several, at each place in the source; any other event alone."""
    if not isinstance(event, Call) or event.site.kind is not CallKind.DIRECT:
        return [event]
    sites = reader.panics(statement, event.site, body)
    return [Call(site, event.mark) for site in sites] or [event]


def _accesses(
    memory: AccessReader,
    span: tuple[int, int],
    head: bytes,
    slots: set[bytes],
    blocks: _Blocks,
    classes: BlockClasses,
) -> list[tuple[int, TracedAccess]]:
    """The accesses in blocks that are not unlikely, each with its block."""

    def is_likely(offset: int) -> bool:
        return classes.classes[blocks.at(offset)] < PathClass.COLD

    return [(blocks.at(offset), access) for offset, access in memory.read(*span, head, slots, is_likely)]


def _addresses(
    start: int, end: int, blocks: _Blocks, calls: Sequence[tuple[int, int, int]], reader: CallReader
) -> Iterator[tuple[int, Address]]:
    """Addresses taken, each with its block. Where LLVM joined two instructions it leaves no line: what takes an address
    there stands where the next call of its block does. ``calls`` are offset, block and location."""
    for symbol, offset, location in reader.addresses(start, end):
        block = blocks.at(offset)
        row = location
        if not reader.metadata.has_line(location):
            behind = calls[bisect_right(calls, (offset, -1, -1)) :]
            here = (each for _, number, each in behind if number == block and reader.metadata.has_line(each))
            row = next(here, location)
        yield block, Address(symbol_name(symbol), -1, row)


def _location_from(text: bytes, offset: int, reader: CallReader) -> int:
    """Of the instruction at an offset, or, where LLVM left it no line, of the next one in its block that has one."""
    location = -1
    for line in text[offset + 1 : text.find(b"\n\n", offset + 1)].splitlines():
        location = reader.location(line)
        if reader.metadata.has_line(location):
            return location
    return location


def _is_decided_by(text: bytes, branch: re.Match[bytes], value: bytes, position: int) -> bool:
    """Whether a comparison or a truncation of a value is the condition of the branch behind it."""
    condition = rb"\n  " + re.escape(branch[1]) + rb" = (?:icmp|trunc) [^\n]*" + re.escape(value) + rb"\b"
    return re.compile(condition).search(text, position, branch.start() + 1) is not None


def _event(
    keyword: bytes, statement: bytes, position: int, reader: CallReader, body: Body, slots: set[bytes]
) -> Call | Copy | Atomic | Switch | Load | None:
    if keyword in GROUP_LOADS:
        return Load(LoadKind.GROUP, -1, reader.location(statement))
    if keyword == b"switch ":
        return _switch(statement, reader)
    if keyword in _ATOMICS:
        # A fence for one thread orders the compiler only: no instruction is left of it.
        is_for_compiler = b'syncscope("singlethread")' in statement
        return None if is_for_compiler else _atomic(keyword, statement, position, reader, body, slots)
    if keyword in _TERMINATORS and keyword not in _CALLING_TERMINATORS:
        return None
    return reader.read(statement, position, body, slots)


def _switch(statement: bytes, reader: CallReader) -> Switch | None:
    """The weights of a ``switch`` stand in the order of its targets, the default first."""
    cases = len(_TARGET.findall(statement)) - 1
    if cases < _FEWEST_CASES:
        return None
    profile = _PROFILE.search(statement)
    weights = reader.metadata.weights(int(profile[1])) if profile else []
    values = _CASE.findall(statement)
    usual, share = "", 0
    total = sum(weights)
    if len(weights) == len(values) + 1 and total:
        heaviest = max(range(len(weights)), key=weights.__getitem__)
        usual = values[heaviest - 1].decode() if heaviest else ""
        share = 100 * weights[heaviest] // total
    return Switch(cases, profile is not None, -1, reader.location(statement), usual, share)


def _statement(text: bytes, keyword: bytes, position: int) -> bytes:
    """The rest of the instruction: a ``switch`` runs over lines to its bracket, an ``invoke`` over two."""
    line_end = text.find(b"\n", position)
    if keyword == b"switch ":
        line_end = text.find(b"\n", text.find(b"\n  ]", position) + 1)
    elif keyword in _CALLING_TERMINATORS:
        line_end = text.find(b"\n", line_end + 1)
    return text[position:line_end]


def _unlikely(statement: bytes, reader: CallReader) -> tuple[int, ...]:
    profile = _PROFILE.search(statement)
    return reader.metadata.unlikely(int(profile[1])) if profile else ()


def _atomic(
    keyword: bytes, statement: bytes, position: int, reader: CallReader, body: Body, slots: set[bytes]
) -> Atomic:
    operation = keyword.split()[0].decode()
    if keyword == b"atomicrmw ":
        modify = _MODIFY.match(statement)
        operation = modify[1].decode() if modify else operation
    found = _ORDERING.search(statement if keyword != b"fence " else b" " + statement)
    ordering = found[1].decode() if found else ""
    word = (_WORD_BEHIND if operation in ("load", "store") else _WORD).search(statement)
    target, offset = reader.target(word[1], body, position) if word else ("", -1)
    publishes = (operation, ordering) == ("store", "monotonic") and reader.publishes(position, body, slots)
    written, expected = _constants(keyword, statement)
    return Atomic(operation, ordering, -1, reader.location(statement), target, publishes, offset, written, expected)


def _constants(keyword: bytes, statement: bytes) -> tuple[str, str]:
    """`Atomic.written` and `Atomic.expected`."""
    values = _VALUES.search(statement) if keyword in (b"cmpxchg ", b"atomicrmw ") else _STORED.match(statement)
    if values is None:
        return "", ""
    *expected, written = ["" if b"%" in value else value.decode() for value in values.groups() if value]
    return written, expected[0] if expected else ""

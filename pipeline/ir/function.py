"""One body: blocks, their ends, and the events in them, in one pass over its lines."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.graphs.facts import Address, Atomic, CallKind, CallSite, Flow, MemoryCopy, PathClass, Place
from ringfence.graphs.lazy_paths import is_first_use, is_growth, is_usual
from ringfence.pipeline.ir.blocks import BlockClasses, ControlFlow, Ending, classify
from ringfence.pipeline.ir.calls import Body, Call, CallReader, Copy
from ringfence.pipeline.ir.syntax import SYMBOL, symbol_name

_LINE = re.compile(
    rb"\n(?:(" + SYMBOL + rb"):|  (?:(%" + SYMBOL + rb") = )?"
    rb"(br |switch |ret |unreachable|resume |indirectbr |cleanupret |catchret |catchswitch |callbr "
    rb"|(?:tail |musttail |notail )?call (?!void @llvm\.(?:assume|experimental|lifetime|dbg))"
    rb"|invoke |cmpxchg |atomicrmw |load atomic |store atomic |fence |alloca ))"
)
_TARGET = re.compile(rb"label %(" + SYMBOL + rb")")
_NORMAL_TARGET = re.compile(rb"to label %(" + SYMBOL + rb")")
_PROFILE = re.compile(rb"!prof !(\d+)")
_FLAG = re.compile(rb"\n  (%" + SYMBOL + rb") = load atomic i8, ")
_ALL_CROSSINGS = 1_000_000
_BRANCH = re.compile(rb"\n  br i1 (%" + SYMBOL + rb"), label")
_WAITING = re.compile(r"yield_now|sched_yield|9spin_loop|4park|5sleep|^llvm\.(?:x86\.sse2\.pause|aarch64\.)")
_ORDERED = re.compile(r"yield_now|sched_yield|sleep|lock|llvm\.(?:x86\.sse2\.pause|aarch64\.)")
"""Calls whose order among the function's events is kept: those that may lock or wait."""
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
_ATOMICS = frozenset({b"cmpxchg ", b"atomicrmw ", b"load atomic ", b"store atomic ", b"fence "})
_TAKING = frozenset({"cmpxchg", "xchg"})
"""What locks are taken and given back with."""
_MODIFY = re.compile(rb"(?:volatile )?(\w+) ")


_Event = Call | Copy | Atomic | Address


@dataclass(frozen=True, slots=True)
class Events:
    """What one body contributes to its `FunctionFacts`."""

    places: tuple[Place, ...] = ()
    calls: tuple[CallSite, ...] = ()
    copies: tuple[MemoryCopy, ...] = ()
    atomics: tuple[Atomic, ...] = ()
    addresses: tuple[Address, ...] = ()
    stops_at_flag: bool = False
    flow: Flow | None = None


@dataclass(slots=True)
class _Blocks:
    """The control-flow graph while its lines go by; a label gets its number when it is first seen or named."""

    numbers: dict[bytes, int] = field(default_factory=dict[bytes, int])
    successors: list[list[int]] = field(default_factory=list[list[int]])
    unlikely: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    endings: list[Ending] = field(default_factory=list[Ending])
    calls_cold: list[bool] = field(default_factory=list[bool])
    asks_flag: list[bool] = field(default_factory=list[bool])
    works: list[bool] = field(default_factory=list[bool])
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
        self.calls_cold.append(False)
        self.asks_flag.append(False)
        self.works.append(False)
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
        if keyword == b"ret ":
            self.endings[block] = Ending.RETURN
            return
        targets = _NORMAL_TARGET if keyword in _CALLING_TERMINATORS else _TARGET
        self.successors[block] = [self.number(target) for target in targets.findall(statement)]
        self.unlikely[block] = _unlikely(statement, reader)
        if self.successors[block]:
            self.endings[block] = Ending.BRANCH

    def mark_flags(self, text: bytes, start: int, end: int) -> None:
        """Note which blocks' branches are decided by an atomic load of one byte."""
        for load in _FLAG.finditer(text, start, end):
            branch = _BRANCH.search(text, load.end(), end)
            block = self.at(load.start())
            if branch is not None and self.at(branch.start()) == block:
                self.asks_flag[block] = _is_decided_by(text, branch, load[1], load.end())

    def mark_work(self, events: "Sequence[tuple[int, _Event]]") -> None:
        """Note which blocks call something, other than to wait."""
        for block, event in events:
            if isinstance(event, Call) and not _WAITING.search(event.site.callee):
                self.works[block] = True

    def classify(self) -> BlockClasses:
        flow = ControlFlow(self.successors, self.unlikely, self.endings, self.calls_cold, self.asks_flag, self.works)
        return classify(flow)


def read_function(text: bytes, start: int, end: int, head: bytes, reader: CallReader) -> Events:
    """Read the body between the ends of the ``define`` line and of the last instruction."""
    body = Body.of(head, start, end)
    blocks = _Blocks()
    slots: set[bytes] = set()
    events: list[tuple[int, _Event]] = []
    calls: list[tuple[int, int, int]] = []
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
        events.append((block, event))
        if isinstance(event, Call):
            calls.append((position, block, event.site.location))
            blocks.calls_cold[block] |= event.cold and not _forgiven(event.site)
    events += _addresses(start, end, blocks, calls, reader)
    if any(isinstance(event, Atomic) and event.operation == "load" for _, event in events):
        blocks.mark_flags(text, start, end)
        blocks.mark_work(events)
    return _placed(events, blocks) if events else Events()


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


def _is_decided_by(text: bytes, branch: re.Match[bytes], value: bytes, position: int) -> bool:
    """Whether a comparison or a truncation of a value is the condition of the branch behind it."""
    condition = rb"\n  " + re.escape(branch[1]) + rb" = (?:icmp|trunc) [^\n]*" + re.escape(value) + rb"\b"
    return re.compile(condition).search(text, position, branch.start() + 1) is not None


def _event(
    keyword: bytes, statement: bytes, position: int, reader: CallReader, body: Body, slots: set[bytes]
) -> Call | Copy | Atomic | None:
    if keyword in _ATOMICS:
        # A fence for one thread orders the compiler only: no instruction is left of it.
        is_for_compiler = b'syncscope("singlethread")' in statement
        return None if is_for_compiler else _atomic(keyword, statement, position, reader, body, slots)
    if keyword in _TERMINATORS and keyword not in _CALLING_TERMINATORS:
        return None
    return reader.read(statement, position, body, slots)


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
    target = reader.target(statement, body, position) if operation in _TAKING else ""
    publishes = (operation, ordering) == ("store", "monotonic") and reader.publishes(position, body, slots)
    return Atomic(operation, ordering, -1, reader.location(statement), target, publishes)


def _forgiven(site: CallSite) -> int:
    """How many crossings (`ringfence.pipeline.ir.blocks`, clause 4) do not make a call cold."""
    if site.kind is not CallKind.DIRECT:
        return 0
    symbol = site.callee.encode()
    if is_usual(symbol):
        return _ALL_CROSSINGS
    return 1 if is_growth(symbol) or is_first_use(symbol) else 0


def _placed(events: list[tuple[int, _Event]], blocks: _Blocks) -> Events:
    """Give each event its row in the table of places; equal places share a row."""
    classes = blocks.classify()
    rows: dict[Place, int] = {}

    def row(block: int, *, forgiven: int = 0) -> int:
        path_class = classes.classes[block]
        if path_class is PathClass.COLD and 0 < classes.crossings[block] <= forgiven:
            path_class = PathClass.HOT
        place = Place(path_class, classes.depths[block], classes.always[block])
        return rows.setdefault(place, len(rows))

    calls: list[CallSite] = []
    copies: list[MemoryCopy] = []
    atomics: list[Atomic] = []
    addresses: set[Address] = set()
    order: list[tuple[int, int]] = []
    for block, event in events:
        match event:
            case Call(site):
                order.append((block, len(calls)))
                calls.append(_with_place(site, row(block, forgiven=_forgiven(site))))
            case Copy(operation, size, location):
                copies.append(MemoryCopy(operation, size, row(block), location))
            case Atomic(operation, ordering, _, location, target, publishes):
                order.append((block, ~len(atomics)))
                atomics.append(Atomic(operation, ordering, row(block), location, target, publishes))
            case Address(symbol, _, location):
                addresses.add(Address(symbol, row(block), location))
    return Events(
        tuple(rows),
        tuple(calls),
        tuple(copies),
        tuple(atomics),
        tuple(sorted(addresses, key=lambda each: (each.symbol, each.place, each.location))),
        classes.stops_at_flag,
        Flow(tuple(map(tuple, blocks.successors)), tuple(order)) if _needs_order(calls, atomics) else None,
    )


def _needs_order(calls: Sequence[CallSite], atomics: Sequence[Atomic]) -> bool:
    is_atomic = any(atomic.operation == "cmpxchg" for atomic in atomics)
    return is_atomic or any(_ORDERED.search(site.callee) for site in calls)


def _with_place(site: CallSite, place: int) -> CallSite:
    return CallSite(
        site.kind,
        site.callee,
        place,
        site.location,
        site.size,
        site.receiver,
        site.slot,
        site.vtable_size,
        site.signature,
        site.variable,
        site.callees,
        site.parameter,
        site.passed,
        site.forwarded,
    )

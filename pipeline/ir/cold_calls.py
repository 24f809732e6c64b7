"""The mark of a call of a cold function: of which kind it is (`ringfence.pipeline.ir.marks`, clauses 1 to 3 and 5)."""

import re
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Protocol

from ringfence.graphs.facts import Attribute
from ringfence.pipeline.ir.marks import Mark, is_seen
from ringfence.pipeline.ir.syntax import SYMBOL, split_list, symbol_name

_LABEL = re.compile(rb"\n(" + SYMBOL + rb"):")
_TARGET = re.compile(rb"(?<!unwind )label %(" + SYMBOL + rb")")
_READ = re.compile(rb" (?:readonly|readnone|dead_on_return|byval\(|sret\(|dead_on_unwind)")
"""Of an argument or a parameter that no memory of the caller's is written through, or that is what is returned: LLVM
may drop ``sret``, but keeps ``dead_on_unwind``."""
_CALL = re.compile(rb"(?:call|invoke) [^\n]*?@(" + SYMBOL + rb")\(")
_OPERAND = re.compile(rb"[%@]" + SYMBOL + rb"$")
_USE = re.compile(rb"\n  (?!  #dbg_)(?![^\n]*@llvm\.lifetime)")
"""How a line begins that looks at what it names."""
_GOES_ON = re.compile(rb"[-\w.$]")
"""Behind a name: it is a longer one."""


class HeadLike(Protocol):
    """What is needed of the callee's ``define`` or ``declare`` line."""

    @property
    def attributes(self) -> Attribute:
        """Of the declaration or definition."""
        ...

    @property
    def size_argument(self) -> int:
        """Position of the argument that ``allocsize`` names, or -1."""
        ...

    @property
    def line(self) -> bytes:
        """Its text."""
        ...

    @property
    def body(self) -> int:
        """Offset behind the line of a ``define``, 0 for a ``declare``."""
        ...


class ColdCalls:
    """Marks in one module."""

    def __init__(self, text: bytes, heads: Mapping[bytes, HeadLike], *, weighs_cold_calls: bool) -> None:
        """``weighs_cold_calls`` says whether the compiler does (`ringfence.pipeline.ir.marks`, clause 1)."""
        self._text = text
        self._heads = heads
        self._weighs_cold_calls = weighs_cold_calls
        self._derived: dict[bytes, bool] = {}

    def mark(
        self,
        name: bytes,
        arguments: bytes,
        base: Callable[[bytes], bytes],
        behind: tuple[int, int],
        slots: Container[bytes],
    ) -> Mark:
        """Of a marked call of a function: ``arguments`` is the text behind its opening bracket, ``base`` names what a
        pointer of the calling function points into, ``behind`` is the rest of that function, ``slots`` are those of its
        stack."""
        head = self._heads.get(name)
        if head is not None and head.body and self._is_derived(name, head):
            return Mark.NONE
        given = [base(value) for value in self._given(name, arguments)]
        if not any(value not in slots or self._is_used(value, *behind) for value in given):
            return Mark.FREE
        return Mark.WEIGHED if self._weighs_cold_calls and is_seen(symbol_name(name)) else Mark.GUARDED

    def _is_derived(self, name: bytes, head: HeadLike) -> bool:
        """Whether LLVM may have marked a function because each of its ways meets a cold call that writes."""
        known = self._derived.get(name)
        if known is None:
            end = self._text.find(b"\n}", head.body)
            body = self._text[head.body : end + 1]
            known = self._derived[name] = not can_avoid(body, self._calls_cold_writer)
        return known

    def _calls_cold_writer(self, block: bytes) -> bool:
        for call in _CALL.finditer(block):
            head = self._heads.get(call[1])
            attributes = head.attributes if head is not None else Attribute.NONE
            if Attribute.COLD not in attributes or Attribute.NORETURN in attributes:
                continue
            if any(True for _ in self._given(call[1], block[call.end() :].split(b"\n", 1)[0])):
                return True
        return False

    def _given(self, name: bytes, arguments: bytes) -> Iterator[bytes]:
        """The pointer arguments that a call may write through, other than to return something."""
        parts, _ = split_list(arguments, 0, len(arguments))
        parameters = self._parameters(name)
        for position, part in enumerate(parts):
            parameter = parameters[position] if position < len(parameters) else b""
            operand = _OPERAND.search(part) if part.startswith(b"ptr") and not _READ.search(part + parameter) else None
            if operand is not None:
                yield operand[0]

    def _parameters(self, name: bytes) -> list[bytes]:
        head = self._heads.get(name)
        if head is None:
            return []
        opening = head.line.find(b"@" + name + b"(") + len(name) + 2
        return split_list(head.line, opening, len(head.line))[0]

    def _is_used(self, slot: bytes, start: int, end: int) -> bool:
        """Whether a slot of the stack is looked at behind an offset: what was passed by value is not."""
        text = self._text
        position = text.find(slot, text.find(b"\n", start), end)
        while position >= 0:
            behind = position + len(slot)
            line = text[text.rfind(b"\n", 0, position) : text.find(b"\n", behind)]
            if _USE.match(line) and not _GOES_ON.match(text, behind):
                return True
            position = text.find(slot, behind, end)
        return False


def can_avoid(body: bytes, is_marked: Callable[[bytes], bool]) -> bool:
    """Whether a way from the entry of a body to a return meets no block that is marked, given its text."""
    labels = list(_LABEL.finditer(body))
    starts = [0, *(label.start() for label in labels)]
    ends = [*(label.start() for label in labels), len(body)]
    blocks = {label[1]: number for number, label in enumerate(labels, 1)}
    # An entry block without a name has no label.
    entry = 1 if labels and not body[: labels[0].start()].strip() else 0
    seen = {entry}
    stack = [entry]
    while stack:
        number = stack.pop()
        text = body[starts[number] : ends[number]]
        if is_marked(text):
            continue
        if b"\n  ret " in text:
            return True
        following = {blocks[target] for target in _TARGET.findall(text) if target in blocks} - seen
        seen |= following
        stack.extend(following)
    return False

"""The instructions of some blocks of a body, and what their values are computed from: the material of
`ringfence.pipeline.ir.waits`.

1. A value is *constant* here where none of these instructions defines it: numbers, parameters, what another block made.
2. The *sources* of a value are the instructions that it is computed from, itself included: on through arithmetic,
   choices (``phi``, ``select``), the arguments of calls and the addresses of what is read; the operands of an exchange
   end there, for what it brings is what lies in memory. A ``phi`` of a loop's header is where a turn begins: it ends
   there.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ringfence.pipeline.ir.syntax import SYMBOL

_INSTRUCTION = re.compile(rb"\n  (?:(%" + SYMBOL + rb") = )?(?:tail |musttail |notail )?([a-z]\w*) ([^\n]*)")
_VALUE = re.compile(rb"(?<!label )%" + SYMBOL)
_ADDRESS = re.compile(rb"ptr (?:getelementptr [^\n]*?\(i8, ptr )?([%@]" + SYMBOL + rb")")
_INCOMING = re.compile(rb"\[ ([^\n\]]+), %(" + SYMBOL + rb") \]")
_CALLED = re.compile(rb"@(" + SYMBOL + rb")\(")
_EXCHANGES = frozenset({b"cmpxchg", b"atomicrmw"})


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a block."""

    value: bytes
    """``%name`` of what it defines, or nothing."""
    operation: bytes
    text: bytes
    """What stands behind the operation."""
    block: int
    offset: int

    @property
    def operands(self) -> list[bytes]:
        """The names of local values in it."""
        return _VALUE.findall(self.text)

    @property
    def address(self) -> bytes:
        """The first pointer that it names; of a ``store``, the last."""
        found: list[bytes] = _ADDRESS.findall(self.text)
        if not found:
            return b""
        return found[-1 if self.operation == b"store" else 0]

    @property
    def callee(self) -> bytes:
        """Symbol of what is directly called, or nothing."""
        found = _CALLED.search(self.text)
        return found[1] if found else b""

    @property
    def incoming(self) -> list[tuple[bytes, bytes]]:
        """Of a ``phi``: values, each with the label of the block that it comes from."""
        return _INCOMING.findall(self.text)

    @property
    def is_exchange(self) -> bool:
        """It reads and writes a word at once."""
        return self.operation in _EXCHANGES

    @property
    def is_call(self) -> bool:
        """Of whatever is called, intrinsics included."""
        return self.operation in (b"call", b"invoke", b"callbr")

    @property
    def is_open(self) -> bool:
        """A load that the compiler may not leave out: others may write what it reads (LangRef, *Volatile Memory
        Accesses*, *Atomic Memory Ordering Constraints*)."""
        return self.operation == b"load" and self.text.startswith((b"atomic ", b"volatile "))


def instructions(text: bytes, spans: Iterable[tuple[int, int, int]]) -> list[Instruction]:
    """Of blocks given by number and the offsets of their beginning and end."""
    return [
        Instruction(match[1] or b"", match[2], match[3], block, match.start())
        for block, start, end in spans
        for match in _INSTRUCTION.finditer(text, start, end)
    ]


@dataclass(slots=True)
class Turn:
    """Some blocks; of a loop, with its header."""

    lines: Sequence[Instruction]
    header: int = -1
    _defined: dict[bytes, Instruction] = field(default_factory=dict[bytes, Instruction])

    def __post_init__(self) -> None:
        self._defined = {line.value: line for line in self.lines if line.value}

    def definition(self, value: bytes) -> Instruction | None:
        """The instruction that makes a value; None where it is constant (clause 1)."""
        return self._defined.get(value)

    def is_begun(self, line: Instruction) -> bool:
        """Whether it is what a turn of the loop begins with."""
        return line.operation == b"phi" and line.block == self.header

    def sources(
        self, values: Iterable[bytes], beyond: Callable[[Instruction], bool] | None = None
    ) -> list[Instruction]:
        """Clause 2. ``beyond`` says where else it ends."""
        found: dict[bytes, Instruction] = {}
        stack = list(values)
        while stack:
            value = stack.pop()
            line = self._defined.get(value)
            if line is None or value in found:
                continue
            found[value] = line
            if self.is_begun(line) or (beyond is not None and beyond(line)):
                continue
            stack += [line.address] if line.is_exchange else line.operands
        return list(found.values())

    def is_constant(self, values: Iterable[bytes]) -> bool:
        """Whether nothing here defines one of them."""
        return not any(value in self._defined for value in values)

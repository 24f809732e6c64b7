"""The records inside a block of bitcode, decoded one by one (LLVM, *Bitcode File Format*, *Abbreviations*).

Abbreviations that a BLOCKINFO block defines for others are not known here: rustc and clang define such only for blocks
that are skipped (constants, functions, value symbol tables).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

_END_BLOCK = 0
_ENTER_SUBBLOCK = 1
_DEFINE_ABBREVIATION = 2
_UNABBREVIATED = 3
_FIRST_ABBREVIATION = 4
_WORD_BITS = 32
_WINDOW_BYTES = 9
"""A value of at most 64 bits, at any bit of a byte."""
_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"


class _Encoding(IntEnum):
    """``BitCodeAbbrevOp::Encoding``; a literal has none."""

    LITERAL = 0
    FIXED = 1
    VBR = 2
    ARRAY = 3
    CHAR6 = 4
    BLOB = 5


_Operand = tuple[_Encoding, int]
"""With the literal's value, or the width in bits."""


@dataclass(frozen=True, slots=True)
class BitcodeRecord:
    """One record, or the beginning of a block in the block."""

    code: int
    operands: Sequence[int]
    block: int = -1
    """Of a block: its id; the other fields are empty."""


@dataclass(slots=True)
class RecordReader:
    """Reads one block; damaged bits end in `IndexError` or `ValueError`, or in records that make no sense."""

    data: bytes
    """Of the block and whatever stands around it."""
    position: int
    """In bits."""
    width: int
    """Bits of an abbreviation id."""
    abbreviations: list[list[_Operand]] = field(default_factory=list[list[_Operand]])

    def records(self) -> Iterator[BitcodeRecord]:
        """Up to the block's end. Behind a block's beginning `inner` reads it; otherwise it is skipped."""
        while self.position + self.width <= 8 * len(self.data):
            kind = self._fixed(self.width)
            if kind == _END_BLOCK:
                self._align()
                return
            if kind == _ENTER_SUBBLOCK:
                yield from self._block()
            elif kind == _DEFINE_ABBREVIATION:
                self.abbreviations.append(list(self._definition()))
            elif kind == _UNABBREVIATED:
                code = self._variable(6)
                yield BitcodeRecord(code, [self._variable(6) for _ in range(self._count())])
            else:
                values = list(self._abbreviated(self.abbreviations[kind - _FIRST_ABBREVIATION]))
                yield BitcodeRecord(values[0], values[1:])

    def inner(self) -> "RecordReader":
        """The block whose beginning was the last record."""
        return RecordReader(self.data, self._inner_position, self._inner_width)

    _inner_position: int = 0
    _inner_width: int = 0

    def _block(self) -> Iterator[BitcodeRecord]:
        block, self._inner_width = self._variable(8), self._variable(4)
        self._align()
        words = self._fixed(_WORD_BITS)
        self._inner_position = self.position
        self.position += words * _WORD_BITS
        yield BitcodeRecord(0, (), block)

    def _definition(self) -> Iterator[_Operand]:
        for _ in range(self._variable(5)):
            if self._fixed(1):
                yield _Encoding.LITERAL, self._variable(8)
                continue
            encoding = _Encoding(self._fixed(3))
            has_width = encoding in (_Encoding.FIXED, _Encoding.VBR)
            yield encoding, self._variable(5) if has_width else 0

    def _abbreviated(self, definition: Sequence[_Operand]) -> Iterator[int]:
        for position, (encoding, value) in enumerate(definition):
            if encoding is _Encoding.ARRAY:
                element = definition[position + 1]
                for _ in range(self._count()):
                    yield self._scalar(element)
                return
            if encoding is _Encoding.BLOB:
                self._skip_blob()
                return
            yield self._scalar((encoding, value))

    def _scalar(self, operand: _Operand) -> int:
        encoding, value = operand
        if encoding is _Encoding.LITERAL:
            return value
        if encoding is _Encoding.CHAR6:
            return ord(_CHARACTERS[self._fixed(6)])
        if value == 0:
            return 0
        return self._fixed(value) if encoding is _Encoding.FIXED else self._variable(value)

    def _count(self) -> int:
        """Of elements, which may be of no bits where the block is damaged: more than bits are none."""
        count = self._variable(6)
        if count > 8 * len(self.data):
            raise ValueError(count)
        return count

    def _skip_blob(self) -> None:
        size = self._variable(6)
        self._align()
        self.position += 8 * size
        self._align()

    def _fixed(self, width: int) -> int:
        start = self.position >> 3
        window = int.from_bytes(self.data[start : start + _WINDOW_BYTES], "little")
        value = window >> (self.position & 7) & (1 << width) - 1
        self.position += width
        if self.position > 8 * len(self.data):
            raise ValueError(self.position)
        return value

    def _variable(self, width: int) -> int:
        more = 1 << width - 1
        value = shift = 0
        while (chunk := self._fixed(width)) & more:
            value |= (chunk & more - 1) << shift
            shift += width - 1
        return value | chunk << shift

    def _align(self) -> None:
        self.position = -(-self.position // _WORD_BITS) * _WORD_BITS

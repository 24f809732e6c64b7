"""The frame of a bitcode file: its top-level blocks, found by their headers and skipped by their lengths.

LLVM's *Bitcode File Format* (llvm/docs/BitCodeFormat.rst): a stream of little-endian 32-bit words; at the top level
abbreviation ids are two bits wide and only blocks (id 1, ENTER_SUBBLOCK) may stand. Nothing inside a module is decoded.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from ringfence.pipeline.module_source import Span

RAW_MAGIC = b"BC\xc0\xde"
WRAPPER_MAGIC = b"\xde\xc0\x17\x0b"
MAGIC_BYTES = 4

_WORD_BYTES = 4
_TOP_LEVEL_WIDTH = 2
_ENTER_SUBBLOCK = 1
_DEFINE_ABBREVIATION = 2
_FIRST_ABBREVIATION = 4
_BLOB_ENCODING = 5
_BLOCK_HEADER = struct.Struct("<II")
_WRAPPER_HEADER = struct.Struct("<5I")
_RECORD_HEAD_BYTES = 32
"""More than the definition of an abbreviation of one literal and one blob, and the head of its record, can take."""


class BlockId(IntEnum):
    """Top-level blocks that matter here (llvm/Bitcode/LLVMBitCodes.h, ``BlockIDs``)."""

    MODULE = 8
    IDENTIFICATION = 13
    STRTAB = 23
    SYMTAB = 25


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level block; offset and size are those of its content, in bytes."""

    id: int
    width: int
    """Bits of an abbreviation id inside."""
    offset: int
    size: int

    @property
    def end(self) -> int:
        """Offset behind the block."""
        return self.offset + self.size


class _Bits:
    """Bits of a few bytes, lowest first (BitCodeFormat, *Primitives*)."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")
        self.position = 0

    def fixed(self, width: int) -> int:
        value = self._value >> self.position & (1 << width) - 1
        self.position += width
        return value

    def variable(self, width: int) -> int:
        """VBR: chunks of ``width`` bits whose highest bit says that another follows."""
        more = 1 << width - 1
        value = shift = 0
        while (chunk := self.fixed(width)) & more:
            value |= (chunk & more - 1) << shift
            shift += width - 1
        return value | chunk << shift


def is_bitcode(head: bytes) -> bool:
    """Whether a file or section that begins so is bitcode, bare or in the wrapper of Darwin's tools."""
    return head[:MAGIC_BYTES] in (RAW_MAGIC, WRAPPER_MAGIC)


def unwrap(span: Span) -> Span:
    """The bare stream. Raises `UnreadableModuleError` where the span is no bitcode."""
    if span.size == 0:
        raise span.unreadable("it is empty")
    magic = span.read(0, min(MAGIC_BYTES, span.size))
    if magic == RAW_MAGIC:
        return span
    if magic == WRAPPER_MAGIC:
        _, _, offset, size, _ = _WRAPPER_HEADER.unpack(span.read(0, _WRAPPER_HEADER.size))
        inner = span.part(offset, size)
        if inner.size >= MAGIC_BYTES and inner.read(0, MAGIC_BYTES) == RAW_MAGIC:
            return inner
    raise span.unreadable(f"it is not LLVM bitcode, it begins with the bytes {magic.hex(' ')}")


def blocks(stream: Span) -> Iterator[Block]:
    """The top-level blocks of a bare stream, up to its end, padding, or the magic of another stream."""
    offset = MAGIC_BYTES
    while offset + _BLOCK_HEADER.size <= stream.size:
        word, length = _BLOCK_HEADER.unpack(stream.read(offset, _BLOCK_HEADER.size))
        head = _Bits(word.to_bytes(_WORD_BYTES, "little"))
        if head.fixed(_TOP_LEVEL_WIDTH) != _ENTER_SUBBLOCK:
            # A bare or wrapper magic, read as an abbreviation id, is 2: it cannot be mistaken for a block.
            return
        block = Block(head.variable(8), head.variable(4), offset + _BLOCK_HEADER.size, length * _WORD_BYTES)
        if block.end > stream.size:
            raise stream.unreadable(
                f"it is cut short, a block that ends at {block.end} lies beyond {stream.size} bytes"
            )
        yield block
        offset = block.end


def streams(section: Span) -> Iterator[tuple[int, int]]:
    """Offset and size of each bitcode file in a section: a linker that keeps such sections puts them end to end.

    Raises `UnreadableModuleError` for bytes between them that are neither padding nor bitcode.
    """
    offset = _skip_padding(section, 0)
    while offset < section.size:
        rest = section.part(offset, section.size - offset)
        magic = rest.read(0, min(MAGIC_BYTES, rest.size))
        if magic == WRAPPER_MAGIC:
            inner = unwrap(rest)
            size = inner.offset - rest.offset + inner.size
        elif magic == RAW_MAGIC:
            size = max((block.end for block in blocks(rest)), default=MAGIC_BYTES)
        else:
            raise section.unreadable(f"at {offset} there is no LLVM bitcode, but the bytes {magic.hex(' ')}")
        yield offset, size
        offset = _skip_padding(section, offset + size)


def _skip_padding(section: Span, offset: int) -> int:
    """Offset of the first byte from here that is not zero, or the section's end."""
    while offset < section.size:
        chunk = section.read(offset, min(_RECORD_HEAD_BYTES, section.size - offset))
        filled = chunk.lstrip(b"\0")
        if filled:
            return offset + len(chunk) - len(filled)
        offset += len(chunk)
    return offset


def read_blob(stream: Span, block: Block) -> bytes | None:
    """The blob of a block that holds one record of a literal code and a blob, as SYMTAB and STRTAB do; else None."""
    head = _Bits(stream.read(block.offset, min(_RECORD_HEAD_BYTES, block.size)))
    is_abbreviated = head.fixed(block.width) == _DEFINE_ABBREVIATION and head.variable(5) == 2
    if not is_abbreviated or not head.fixed(1):
        return None
    head.variable(8)  # the record's code, 1 in both blocks
    if head.fixed(1) or head.fixed(3) != _BLOB_ENCODING or head.fixed(block.width) != _FIRST_ABBREVIATION:
        return None
    size = head.variable(6)
    start = -(-head.position // (8 * _WORD_BYTES)) * _WORD_BYTES
    if start + size > block.size:
        raise stream.unreadable(f"it is damaged, a table of {size} bytes does not fit its block of {block.size}")
    return stream.read(block.offset + start, size)

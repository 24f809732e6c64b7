"""Which AArch64 instructions leave a function (Arm Architecture Reference Manual, C4.1, *Branches* and *PC-rel.*)."""

import struct
from collections.abc import Iterator

from ringfence.pipeline.instruction import Instruction, Kind, UndecodableError

_WORD = struct.Struct("<I")
_BRANCH_REGISTER = 0x6B
"""Bits 31 to 25 of ``br``, ``blr``, ``ret`` and their authenticating kin; bits 24 to 21 tell them apart."""
_INDIRECT = {0: Kind.JUMP_INDIRECT, 8: Kind.JUMP_INDIRECT, 1: Kind.CALL_INDIRECT, 9: Kind.CALL_INDIRECT}


def instructions(code: bytes, start: int, end: int) -> Iterator[Instruction]:
    """The instructions of ``code`` between two offsets, in order; raises `UndecodableError`."""
    if (end - start) % _WORD.size:
        raise UndecodableError(f"the code from {start:#x} to {end:#x} is no row of words")
    for offset in range(start, end, _WORD.size):
        yield _decode(offset, _WORD.unpack_from(code, offset)[0])


def _decode(offset: int, word: int) -> Instruction:
    end = offset + _WORD.size
    if word >> 25 == _BRANCH_REGISTER:
        return Instruction(offset, end, _INDIRECT.get(word >> 21 & 15, Kind.OTHER))
    if word & 0xFFE0001F == 0xD4000001:
        return Instruction(offset, end, Kind.SYSTEM_CALL)
    if word & 0x7C000000 == 0x14000000:
        return Instruction(offset, end, Kind.CALL if word >> 31 else Kind.JUMP, offset + 4 * _signed(word, 0, 26))
    if word & 0xFF000000 == 0x54000000 or word & 0x7E000000 == 0x34000000:
        return Instruction(offset, end, Kind.JUMP, offset + 4 * _signed(word, 5, 19))
    if word & 0x7E000000 == 0x36000000:
        return Instruction(offset, end, Kind.JUMP, offset + 4 * _signed(word, 5, 14))
    if word & 0x9F000000 == 0x10000000:
        return Instruction(offset, end, Kind.ADDRESS, offset + 4 * _signed(word, 5, 19) + (word >> 29 & 3))
    return Instruction(offset, end)


def _signed(word: int, lowest: int, width: int) -> int:
    value = word >> lowest & (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value

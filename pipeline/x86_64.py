"""Where x86-64 instructions begin and end, and which of them leave a function.

A decoder of lengths: prefixes, opcode, ModRM, SIB, displacement, immediate, as in the Intel SDM, volume 2, chapter 2
and appendix A. Of the operands only those of calls, jumps and addresses relative to the instruction are looked at. XOP
is known by its length only; what no processor in 64-bit mode executes is an `UndecodableError`.
"""

from collections.abc import Iterator

from ringfence.pipeline.instruction import Instruction, Kind, UndecodableError

_PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3")
_OPERAND_SIZE, _ADDRESS_SIZE, _NOTRACK = 0x66, 0x67, 0x3E
_REX, _REX_W = range(0x40, 0x50), 0x08


def _opcodes(listed: str) -> frozenset[int]:
    """``04-3c/8 6a``: single ones and ranges, with a step."""
    found: set[int] = set()
    for part in listed.split():
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1, int(step or "1")))
    return frozenset(found)


# Appendix A, tables: what follows the opcode.
_INVALID = _opcodes("06 07 0e 16 17 1e 1f 27 2f 37 3f 60 61 82 9a ce d4-d6 ea")
_MODRM = _opcodes("00-38/8 01-39/8 02-3a/8 03-3b/8 63 69 6b 80-8f c0 c1 c6 c7 d0-d3 d8-df f6 f7 fe ff")
_IMMEDIATE_8 = _opcodes("04-3c/8 6a 6b 70-7f 80 83 a8 b0-b7 c0 c1 c6 cd e0-e7 eb")
_IMMEDIATE_Z = _opcodes("05-3d/8 68 69 81 a9 c7")
"""Four bytes, two with the prefix for operands of 16 bits."""
_IMMEDIATE_FIXED = {0xC2: 2, 0xCA: 2, 0xC8: 3, 0xE8: 4, 0xE9: 4}
_TWO_BYTE_WITHOUT_MODRM = _opcodes("05-09 0b 0e 30-37 77 80-8f a0-a2 a8-aa c8-cf")
_TWO_BYTE_INVALID = _opcodes("04 0a 0c 24-27 36 39 3b-3f")
_TWO_BYTE_IMMEDIATE_8 = _opcodes("0f 70-73 a4 ac ba c2 c4-c6")
_MAP_3A = 3
_EMMS = 0x77


def instructions(code: bytes, start: int, end: int) -> Iterator[Instruction]:
    """The instructions of ``code`` between two offsets, in order; raises `UndecodableError`."""
    text = code[:end]
    offset = start
    try:
        while offset < end:
            instruction = _decode(text, offset)
            _ = text[instruction.end - 1]
            yield instruction
            offset = instruction.end
    except IndexError as error:
        raise UndecodableError(f"the code ends within the instruction at {offset:#x}") from error


def _decode(code: bytes, offset: int) -> Instruction:
    position = offset
    while code[position] in _PREFIXES:
        position += 1
    prefixes = code[offset:position]
    rex = code[position] if code[position] in _REX else 0
    position += rex > 0
    opcode = code[position]
    if opcode in (0xC4, 0xC5, 0x62) or (opcode == 0x8F and code[position + 1] & 0x1F >= 8):
        return Instruction(offset, _vector_end(code, position, opcode))
    if opcode == 0x0F:
        return _two_byte(code, offset, position + 1)
    if opcode in _INVALID:
        raise UndecodableError(f"there is no instruction at {offset:#x}")
    operands = position + 1
    end = _behind_modrm(code, operands) if opcode in _MODRM else operands
    end += _immediate(opcode, code[operands : operands + 1], prefixes, rex)
    return _one_byte(code, Instruction(offset, end), opcode, operands, prefixes)


def _one_byte(code: bytes, plain: Instruction, opcode: int, operands: int, prefixes: bytes) -> Instruction:
    offset, end = plain.offset, plain.end
    if opcode in (0xE8, 0xE9):
        return Instruction(offset, end, Kind.CALL if opcode == 0xE8 else Kind.JUMP, _relative(code, end, 4))
    if opcode == 0xEB or 0x70 <= opcode < 0x80 or 0xE0 <= opcode < 0xE4:
        return Instruction(offset, end, Kind.JUMP, _relative(code, end, 1))
    if opcode == 0x8D and code[operands] & 0xC7 == 0x05:
        return Instruction(offset, end, Kind.ADDRESS, _relative(code, end, 4))
    if opcode == 0xCD and code[operands] == 0x80:
        return Instruction(offset, end, Kind.SYSTEM_CALL)
    extension = code[operands] >> 3 & 7 if opcode == 0xFF else 0
    if extension in (2, 3):
        return Instruction(offset, end, Kind.CALL_INDIRECT)
    if extension in (4, 5):
        return Instruction(offset, end, Kind.JUMP_INDIRECT, is_notrack=_NOTRACK in prefixes)
    return plain


def _two_byte(code: bytes, offset: int, position: int) -> Instruction:
    opcode = code[position]
    if opcode in (0x38, 0x3A):
        end = _behind_modrm(code, position + 2) + (opcode == 0x3A)
    elif opcode in _TWO_BYTE_INVALID:
        raise UndecodableError(f"there is no instruction at {offset:#x}")
    elif 0x80 <= opcode < 0x90:
        end = position + 5
    else:
        end = position + 1 if opcode in _TWO_BYTE_WITHOUT_MODRM else _behind_modrm(code, position + 1)
        end += opcode in _TWO_BYTE_IMMEDIATE_8
    if 0x80 <= opcode < 0x90:
        return Instruction(offset, end, Kind.JUMP, _relative(code, end, 4))
    return Instruction(offset, end, Kind.SYSTEM_CALL if opcode in (0x05, 0x34) else Kind.OTHER)


def _vector_end(code: bytes, position: int, opcode: int) -> int:
    """End of an instruction with a VEX, EVEX or XOP prefix: the prefix names the map of opcodes (2.3.5, 2.7.1)."""
    length, selector = {0xC5: (2, 1), 0xC4: (3, code[position + 1] & 0x1F), 0x62: (4, code[position + 1] & 0x07)}.get(
        opcode, (3, code[position + 1] & 0x1F)
    )
    operation = code[position + length]
    end = position + length + 1
    if opcode == 0x8F:
        # XOP: map 8 has an immediate of one byte, map 10 one of four.
        return _behind_modrm(code, end) + {8: 1, 10: 4}.get(selector, 0)
    if selector == 1 and operation == _EMMS:
        return end
    has_immediate = selector == _MAP_3A or (selector == 1 and operation in _TWO_BYTE_IMMEDIATE_8)
    return _behind_modrm(code, end) + has_immediate


def _behind_modrm(code: bytes, position: int) -> int:
    """Offset behind ModRM, SIB and displacement (2.1.5, tables 2-2 and 2-3)."""
    mode, register = code[position] >> 6, code[position] & 7
    end = position + 1
    if mode == 3:
        return end
    base = register
    if register == 4:
        base = code[end] & 7
        end += 1
    if mode == 0:
        return end + 4 * (base == 5)
    return end + (1 if mode == 1 else 4)


def _immediate(opcode: int, modrm: bytes, prefixes: bytes, rex: int) -> int:
    """Bytes of the immediate, or of an absolute address."""
    if opcode in _IMMEDIATE_8:
        return 1
    word = 2 if _OPERAND_SIZE in prefixes and not rex & _REX_W else 4
    if opcode in _IMMEDIATE_Z:
        return word
    if opcode in _IMMEDIATE_FIXED:
        return _IMMEDIATE_FIXED[opcode]
    if 0xB8 <= opcode < 0xC0:
        return 8 if rex & _REX_W else word
    if 0xA0 <= opcode < 0xA4:
        return 4 if _ADDRESS_SIZE in prefixes else 8
    if opcode in (0xF6, 0xF7) and not modrm[0] & 0x30:
        # Only TEST, /0 and /1, has one.
        return 1 if opcode == 0xF6 else word
    return 0


def _relative(code: bytes, end: int, width: int) -> int:
    return end + int.from_bytes(code[end - width : end], "little", signed=True)

"""The one question that is asked of every ELF file on the way: where is its bitcode?

Section headers are unpacked with `struct`, because the sysroot's archives alone have hundreds of objects; the few whose
code is needed go through pyelftools (`ringfence.pipeline.object_file`). Layout: ELF gABI, *ELF Header*, *Sections*.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.pipeline.bitstream import streams
from ringfence.pipeline.module_source import Span

ELF_MAGIC = b"\x7fELF"
BITCODE_SECTION = b".llvmbc"
"""Where ``-C embed-bitcode`` and ``-fembed-bitcode`` put it."""

_IDENT_BYTES = 16
_CLASS_64 = 2
_BIG_ENDIAN = 2
_RELOCATABLE = 1
_NOBITS = 8
_INDEX_ELSEWHERE = 0xFFFF
"""``SHN_XINDEX``: the number did not fit and stands in the first section header."""

# e_ (behind ident): type machine version entry phoff shoff flags ehsize phentsize phnum shentsize shnum shstrndx
_HEADER = {32: "HHIIIIIHHHHHH", 64: "HHIQQQIHHHHHH"}
# sh_: name type flags addr offset size link info addralign entsize
_SECTION = {32: "10I", 64: "IIQQQQIIQQ"}


def is_object(file: Span) -> bool:
    """Whether an ELF file is what a compiler writes and a linker has not seen yet."""
    order = _order(file.read(0, _IDENT_BYTES))
    (kind,) = struct.unpack(f"{order}H", file.read(_IDENT_BYTES, 2))
    return bool(kind == _RELOCATABLE)


def embedded_bitcode(file: Span) -> list[Span]:
    """Every bitcode file in an ELF file, in order; none where it was built without.

    Raises `UnreadableModuleError` where the file is cut short or damaged.
    """
    found: list[Span] = []
    for offset, size in _sections(file, BITCODE_SECTION):
        section = file.part(offset, size)
        found += (section.part(start, length) for start, length in streams(section))
    return found


def _order(ident: bytes) -> str:
    return ">" if ident[5] == _BIG_ENDIAN else "<"


@dataclass(frozen=True, slots=True)
class SectionHeader:
    """What is asked of a section's header."""

    name: int
    """Offset in the section of names."""
    type: int
    flags: int
    offset: int
    size: int
    link: int


def _sections(file: Span, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Offset and size of the sections of that name."""
    headers, names_index = section_headers(file)
    if not headers:
        return
    if names_index >= len(headers):
        raise file.unreadable(
            f"it is no intact ELF file, section {names_index} of {len(headers)} should hold the names"
        )
    names = file.read(headers[names_index].offset, headers[names_index].size)
    terminated = wanted + b"\0"
    for header in headers:
        if header.type != _NOBITS and names[header.name : header.name + len(terminated)] == terminated:
            yield header.offset, header.size


def section_headers(file: Span) -> tuple[list[SectionHeader], int]:
    """All section headers, and the number of the section that holds their names.

    Raises `UnreadableModuleError` where the file is cut short or damaged.
    """
    order, bits = byte_order_and_bits(file)
    header = struct.Struct(order + _HEADER[bits])
    layout = struct.Struct(order + _SECTION[bits])
    fields = header.unpack(file.read(_IDENT_BYTES, header.size))
    table, entry_size, count, names_index = fields[5], fields[10], fields[11], fields[12]
    if table == 0:
        return [], 0
    if entry_size != layout.size:
        raise file.unreadable(f"it is no intact ELF file, its section headers have {entry_size} bytes")
    first = layout.unpack(file.read(table, layout.size))
    count = count or first[5]
    names_index = first[6] if names_index == _INDEX_ELSEWHERE else names_index
    rows = layout.iter_unpack(file.read(table, count * layout.size))
    return [SectionHeader(row[0], row[1], row[2], row[4], row[5], row[6]) for row in rows], names_index


def byte_order_and_bits(file: Span) -> tuple[str, int]:
    """`struct`'s sign for the byte order, and 32 or 64."""
    ident = file.read(0, _IDENT_BYTES)
    return _order(ident), 64 if ident[4] == _CLASS_64 else 32

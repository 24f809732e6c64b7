"""The one question that is asked of every ELF file on the way: where is its bitcode?

Section headers are unpacked with `struct`, because the sysroot's archives alone have hundreds of objects; whatever is
asked of few files goes through pyelftools (`ringfence.pipeline.native`). Layout: ELF gABI, *ELF Header*, *Sections*.
"""

import struct
from collections.abc import Iterator

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


def _sections(file: Span, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Offset and size of the sections of that name."""
    ident = file.read(0, _IDENT_BYTES)
    bits = 64 if ident[4] == _CLASS_64 else 32
    header = struct.Struct(_order(ident) + _HEADER[bits])
    layout = struct.Struct(_order(ident) + _SECTION[bits])
    fields = header.unpack(file.read(_IDENT_BYTES, header.size))
    table, entry_size, count, names_index = fields[5], fields[10], fields[11], fields[12]
    if table == 0:
        return
    if entry_size != layout.size:
        raise file.unreadable(f"it is no intact ELF file, its section headers have {entry_size} bytes")
    first = layout.unpack(file.read(table, layout.size))
    count = count or first[5]
    names_index = first[6] if names_index == _INDEX_ELSEWHERE else names_index
    headers = file.read(table, count * layout.size)
    if names_index >= count:
        raise file.unreadable(f"it is no intact ELF file, section {names_index} of {count} should hold the names")
    names_offset, names_size = layout.unpack_from(headers, names_index * layout.size)[4:6]
    names = file.read(names_offset, names_size)
    terminated = wanted + b"\0"
    for name, kind, _, _, offset, size, *_ in layout.iter_unpack(headers):
        if kind != _NOBITS and names[name : name + len(terminated)] == terminated:
            yield offset, size

"""Which parameters the functions of a module take that it defines or declares, read without parsing the module.

1. Bitcode's module block begins with the table of types and, behind it, a record for each function with the number of
   its type (llvm/Bitcode/LLVMBitCodes.h, ``MODULE_CODE_FUNCTION`` of version 2: offset and size of the name in the
   string table, type, …). Reading ends before the first block of constants, metadata or code.
2. Types are written as LLVM prints them, so that they compare with `CallSite.signature`; the attribute ``sret`` is no
   type, so `ringfence.graphs.candidates.parameters_of` takes it out of a signature.
3. LLVM's own intrinsics have no address and are left out.

Not handled: modules as text, and of a version before 2; of these nothing is known.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum

from ringfence.pipeline.bitstream import BlockId, blocks, read_blob, unwrap
from ringfence.pipeline.module_source import ModuleKind, ModuleSource, Span
from ringfence.pipeline.records import BitcodeRecord, RecordReader


class _Inner(IntEnum):
    """Blocks of a module."""

    CONSTANTS = 11
    FUNCTION = 12
    METADATA = 15
    TYPES = 17


_ENDS_AT = (_Inner.CONSTANTS, _Inner.FUNCTION, _Inner.METADATA)
_VERSION = 1
_FUNCTION = 8
_SUPPORTED = 2
_INTRINSIC = b"llvm."
_MORE = "?"
"""For ``...``, as `ringfence.pipeline.ir.syntax.signature` writes it."""


class _Type(IntEnum):
    """Codes of the type table (``TypeCodes``)."""

    COUNT = 1
    INTEGER = 7
    POINTER = 8
    ARRAY = 11
    VECTOR = 12
    STRUCTURE = 18
    NAME = 19
    NAMED = 20
    FUNCTION = 21
    OPAQUE_POINTER = 25


_PLAIN: Mapping[int, str] = {
    2: "void",
    3: "float",
    4: "double",
    5: "label",
    10: "half",
    13: "x86_fp80",
    14: "fp128",
    15: "ppc_fp128",
    16: "metadata",
    17: "x86_mmx",
    22: "token",
    23: "bfloat",
    24: "x86_amx",
    _Type.POINTER: "ptr",
    _Type.OPAQUE_POINTER: "ptr",
}


def parameters_in(source: ModuleSource) -> frozenset[str] | None:
    """The parameter lists of all functions that a module names, as ``i64, ptr``; None where that is not known.

    Raises `UnreadableModuleError` for what is empty, cut short or no module at all.
    """
    if source.kind is not ModuleKind.BITCODE:
        return None
    with source.open() as span:
        stream = unwrap(span)
        try:
            return _parameters(stream)
        except (IndexError, ValueError):
            return None


def _parameters(stream: Span) -> frozenset[str] | None:
    names = b""
    module = None
    for block in blocks(stream):
        if block.id == BlockId.MODULE:
            module = block
        elif block.id == BlockId.STRTAB:
            names = read_blob(stream, block) or b""
    if module is None or not names:
        return None
    reader = RecordReader(stream.read(module.offset, module.size), 0, module.width)
    return _named(reader, names)


def _named(reader: RecordReader, names: bytes) -> frozenset[str] | None:
    types: Sequence[str] = ()
    found: set[int] = set()
    for record in reader.records():
        if record.block in _ENDS_AT:
            break
        if record.block == _Inner.TYPES:
            types = list(_types(reader.inner().records()))
        elif record.block < 0 and record.code == _VERSION and record.operands[0] != _SUPPORTED:
            return None
        elif record.block < 0 and record.code == _FUNCTION:
            offset, _, kind, *_ = record.operands
            found.update(() if names.startswith(_INTRINSIC, offset) else (kind,))
    return frozenset(types[kind] for kind in found)


def _types(records: Iterator[BitcodeRecord]) -> Iterator[str]:
    """The printed type of each number; of a function's its parameters."""
    printed: list[str] = []
    name = ""
    for record in records:
        if record.code == _Type.NAME:
            name = "".join(map(chr, record.operands))
        elif record.code != _Type.COUNT:
            printed.append(_printed(record, name, printed))
            yield printed[-1]


def _printed(record: BitcodeRecord, name: str, known: Sequence[str]) -> str:
    operands = record.operands
    if record.code in _PLAIN:
        return _PLAIN[record.code]
    if record.code == _Type.INTEGER:
        return f"i{operands[0]}"
    if record.code == _Type.ARRAY:
        return f"[{operands[0]} x {known[operands[1]]}]"
    if record.code == _Type.VECTOR:
        return f"<{operands[0]} x {known[operands[1]]}>"
    if record.code == _Type.FUNCTION:
        return ", ".join((*(known[each] for each in operands[2:]), *((_MORE,) if operands[0] else ())))
    if record.code == _Type.STRUCTURE:
        inside = ", ".join(known[each] for each in operands[1:])
        packed = ("<{", "}>") if operands[0] else ("{", "}")
        return f"{packed[0]} {inside} {packed[1]}" if inside else "".join(packed)
    return f"%{name}"

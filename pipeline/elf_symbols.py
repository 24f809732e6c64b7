"""The function symbols of an ELF object, read with `struct`: a C library may have a thousand objects, and every audit
asks all of them what they define. The same functions as `ringfence.pipeline.object_file` finds, which reads the few
whose code is needed. Layout: ELF gABI, *Symbol Table*.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.graphs.symbols import ModuleSymbols
from ringfence.pipeline.elf import SectionHeader, byte_order_and_bits, section_headers
from ringfence.pipeline.module_source import ModuleSource, Span, UnreadableModuleError

# st_: name value size info other shndx (32 bits), name info other shndx value size (64 bits)
_LAYOUT = {32: "IIIBBH", 64: "IBBHQQ"}
_PROGBITS, _SYMBOL_TABLE = 1, 2
_EXECUTABLE = 4
_UNDEFINED = 0
_LOCAL, _WEAK = 0, 2
_NO_TYPE, _FUNCTIONS = 0, (2, 10)
"""``STT_NOTYPE``; ``STT_FUNC`` and ``STT_GNU_IFUNC``."""


@dataclass(frozen=True, slots=True)
class _Symbol:
    name: int
    binding: int
    type: int
    section: int
    end: int

    @property
    def is_function(self) -> bool:
        """Given that it lies in code; untyped global labels of assembly are functions too."""
        return self.type in _FUNCTIONS or (self.type == _NO_TYPE and self.binding != _LOCAL)


def native_symbols(source: ModuleSource) -> ModuleSymbols:
    """Function symbols of an object; whatever it leaves undefined, whether code or data: ELF does not say.

    Raises `UnreadableModuleError` where the object is cut short or damaged.
    """
    with source.open() as span:
        if span.size == 0:
            raise UnreadableModuleError(source.place, "it is empty")
        try:
            return _symbols(span)
        except (struct.error, LookupError, ValueError, UnreadableModuleError) as error:
            raise UnreadableModuleError(source.place, "it is no intact ELF object") from error


def _symbols(file: Span) -> ModuleSymbols:
    headers, _ = section_headers(file)
    code = {
        number: header.size
        for number, header in enumerate(headers)
        if header.type == _PROGBITS and header.flags & _EXECUTABLE
    }
    groups: dict[int, set[str]] = {_LOCAL: set(), _WEAK: set()}
    strong: set[str] = set()
    undefined: set[str] = set()
    for header in headers:
        if header.type != _SYMBOL_TABLE:
            continue
        names = _content(file, headers[header.link])
        for symbol in _rows(file, header):
            is_code = symbol.section in code
            if is_code and symbol.end > code[symbol.section]:
                raise ValueError("a symbol lies beyond its section")
            if not symbol.name or (symbol.section != _UNDEFINED and not (is_code and symbol.is_function)):
                continue
            name = names[symbol.name : names.index(b"\0", symbol.name)].decode(errors="replace")
            group = undefined if symbol.section == _UNDEFINED else groups.get(symbol.binding, strong)
            group.add(name)
    return ModuleSymbols(*(tuple(sorted(each)) for each in (strong, groups[_WEAK], groups[_LOCAL], undefined)))


def _rows(file: Span, table: SectionHeader) -> Iterator[_Symbol]:
    order, bits = byte_order_and_bits(file)
    for row in struct.iter_unpack(order + _LAYOUT[bits], _content(file, table)):
        name, info, section = row[0], row[1 if bits == 64 else 3], row[3 if bits == 64 else 5]
        end = row[4] + row[5] if bits == 64 else row[1] + row[2]
        yield _Symbol(name, info >> 4, info & 15, section, end)


def _content(file: Span, section: SectionHeader) -> bytes:
    return file.read(section.offset, section.size)

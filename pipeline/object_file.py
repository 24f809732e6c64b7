"""An ELF object as its compiler left it: function symbols, executable sections, relocations.

Functions are symbols of type ``STT_FUNC`` and ``STT_GNU_IFUNC``, and untyped global labels in executable sections,
which is how hand-written assembly often names its functions. Layout: ELF gABI, *Symbol Table* and *Relocation*.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate

from elftools.construct import Container
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import Section, SymbolTableSection

from ringfence.pipeline.module_source import ModuleSource, UnreadableModuleError

_FUNCTION_TYPES = ("STT_FUNC", "STT_LOOS")
"""pyelftools' name for number 10 is that of the reserved range; on Linux it is ``STT_GNU_IFUNC``."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One entry of the symbol table."""

    name: str
    value: int
    size: int
    section: int
    """-1 for undefined, absolute and common symbols."""
    binding: str
    type: str
    is_undefined: bool


@dataclass(frozen=True, slots=True)
class Relocation:
    """A place in a section that the linker fills in."""

    offset: int
    symbol: int
    addend: int
    type: int


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """What matters of the object."""

    machine: str
    file_name: str
    """Of the source, where the compiler says it (``STT_FILE``)."""
    sections: Sequence[str]
    """Names by number."""
    code: Mapping[int, bytes]
    """Content of the executable sections by number."""
    symbols: Sequence[Symbol]
    relocations: Mapping[int, Sequence[Relocation]]
    """By section, sorted by offset."""

    def is_function(self, symbol: Symbol) -> bool:
        """Whether a symbol names a function that is defined here."""
        if not symbol.name or symbol.section not in self.code:
            return False
        is_label = symbol.type == "STT_NOTYPE" and symbol.binding != "STB_LOCAL"
        return is_label or symbol.type in _FUNCTION_TYPES

    def functions(self) -> dict[int, "Functions"]:
        """The functions of each executable section."""
        in_section: dict[int, list[Symbol]] = {section: [] for section in self.code}
        for symbol in filter(self.is_function, self.symbols):
            in_section[symbol.section].append(symbol)
        return {section: Functions(symbols, len(self.code[section])) for section, symbols in in_section.items()}


class Functions:
    """The functions of one section by address."""

    def __init__(self, functions: Sequence[Symbol], section_size: int) -> None:
        self._functions = sorted(functions, key=lambda each: (each.value, each.name))
        self._starts = [function.value for function in self._functions]
        self._ends = [self._end(function, section_size) for function in self._functions]
        self._furthest = list(accumulate(self._ends, max))
        """The furthest end of all functions up to each: assembly may put one function inside another."""

    def __iter__(self) -> Iterator[tuple[Symbol, int, int]]:
        """Symbol, first offset and end of each."""
        return zip(self._functions, self._starts, self._ends, strict=True)

    def starting(self, offset: int) -> list[str]:
        """Names of the functions that begin exactly here; several where they share a body."""
        same = slice(bisect_left(self._starts, offset), bisect_right(self._starts, offset))
        return [function.name for function in self._functions[same]]

    def containing(self, offset: int) -> list[str]:
        """Names of the functions whose bytes hold the offset."""
        names: list[str] = []
        position = bisect_right(self._starts, offset) - 1
        while position >= 0 and self._furthest[position] > offset:
            if self._ends[position] > offset:
                names.append(self._functions[position].name)
            position -= 1
        return names

    def _end(self, function: Symbol, section_size: int) -> int:
        """Offset behind a function; where assembly gives no size, up to the next one."""
        if function.size:
            return function.value + function.size
        following = bisect_right(self._starts, function.value)
        return self._starts[following] if following < len(self._starts) else section_size


def read_object(source: ModuleSource) -> ObjectFile:
    """Read an object. Raises `UnreadableModuleError` where it is cut short or damaged."""
    data = source.read()
    try:
        return _parse(data)
    except Exception as error:
        # pyelftools meets damaged files with whatever its parts raise: its own errors, those of its parser generator,
        # struct, dictionaries and assertions.
        reason = "it is no intact ELF object" if data else "it is empty"
        raise UnreadableModuleError(source.place, reason) from error


def _parse(data: bytes) -> ObjectFile:
    elf = ELFFile(BytesIO(data))
    sections = list(elf.iter_sections())
    executable = {n: each for n, each in enumerate(sections) if _is_code(each)}
    code = {number: section.data() for number, section in executable.items()}
    symbols = [
        _symbol(str(row.name), row.entry)
        for section in sections
        if isinstance(section, SymbolTableSection) and section["sh_type"] == "SHT_SYMTAB"
        for row in section.iter_symbols()
    ]
    if any(each.section in code and each.value + each.size > len(code[each.section]) for each in symbols):
        raise ValueError("a symbol lies beyond its section")
    relocations = _relocations(sections)
    if any(each.symbol >= len(symbols) for rows in relocations.values() for each in rows):
        raise ValueError("a relocation names a symbol that is not there")
    return ObjectFile(
        machine=str(elf["e_machine"]),
        file_name=next((symbol.name for symbol in symbols if symbol.type == "STT_FILE"), ""),
        sections=[str(section.name) for section in sections],
        code=code,
        symbols=symbols,
        relocations=relocations,
    )


def _relocations(sections: Sequence[Section]) -> dict[int, list[Relocation]]:
    """Those of sections that are loaded; debug info has many more."""
    found: dict[int, list[Relocation]] = defaultdict(list)
    for section in sections:
        if not isinstance(section, RelocationSection) or not section["sh_info"]:
            continue
        if sections[section["sh_info"]]["sh_flags"] & SH_FLAGS.SHF_ALLOC:
            found[int(section["sh_info"])] += (_relocation(row.entry) for row in section.iter_relocations())
    return {number: sorted(rows, key=lambda row: row.offset) for number, rows in found.items()}


def _is_code(section: Section) -> bool:
    return bool(section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR) and section["sh_type"] == "SHT_PROGBITS"


def _symbol(name: str, entry: Container) -> Symbol:
    section = entry["st_shndx"]
    return Symbol(
        name=name,
        value=int(entry["st_value"]),
        size=int(entry["st_size"]),
        section=section if isinstance(section, int) else -1,
        binding=str(entry["st_info"]["bind"]),
        type=str(entry["st_info"]["type"]),
        is_undefined=section == "SHN_UNDEF",
    )


def _relocation(entry: Container) -> Relocation:
    addend = int(entry["r_addend"]) if "r_addend" in entry else 0
    return Relocation(int(entry["r_offset"]), int(entry["r_info_sym"]), addend, int(entry["r_info_type"]))

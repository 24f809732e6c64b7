"""What an ELF object without bitcode says: its function symbols, and what each function's code names.

1. *Symbols* are functions of the symbol table (``STT_FUNC``, ``STT_GNU_IFUNC``), and untyped global labels in
   executable sections, which is how hand-written assembly often names its functions.
2. *Calls*: the relocations inside a function's bytes name what it calls, or takes the address of. One against a
   section names the function at that place. Objects that are defined are left out: data is not called.
3. The assembler itself resolves what leads to a function of the same section. On x86-64 such places are found by trying
   every byte as the start of a ``call``, ``jmp``, ``jcc`` or ``lea`` and keeping those that hit a function's first byte
   exactly: none of these is missed, a few may be made up where data or the inside of an instruction looks alike.

Not handled: clause 3 on other machines and for conditional jumps of one byte; places in sections (clause 2) on 32-bit
machines, which keep them in the code; calls through tables and pointers, whose targets are not named where the call is.
So an empty answer for a function is no proof that it calls nothing.
"""

import re
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

from ringfence.graphs.symbols import ModuleSymbols
from ringfence.pipeline.module_source import ModuleSource, UnreadableModuleError

_FUNCTION_TYPES = ("STT_FUNC", "STT_LOOS")
"""pyelftools' name for number 10 is that of the reserved range; on Linux it is ``STT_GNU_IFUNC``."""
_X86_64 = "EM_X86_64"
_X86_64_PC_RELATIVE = (2, 4)
"""``R_X86_64_PC32`` and ``R_X86_64_PLT32`` (psABI, *Relocation Types*): counted from the end of their four bytes."""
_PC_BIAS = 4
_JUMP_SHORT = 0xEB
_NEAR = re.compile(
    rb"(?=([\xe8\xe9]....|\x0f[\x80-\x8f]....|[\x48-\x4f]\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d]....|\xeb.))", re.DOTALL
)
"""``call rel32``, ``jmp rel32``, ``jcc rel32``, ``lea r64, [rip + rel32]``, ``jmp rel8`` (Intel SDM, volume 2)."""


@dataclass(frozen=True, slots=True)
class _Symbol:
    name: str
    value: int
    size: int
    section: int
    """-1 for undefined, absolute and common symbols."""
    binding: str
    type: str
    is_undefined: bool


@dataclass(frozen=True, slots=True)
class _Relocation:
    section: int
    offset: int
    symbol: int
    addend: int
    type: int


@dataclass(frozen=True, slots=True)
class _Object:
    machine: str
    code: Mapping[int, bytes]
    """Content of the executable sections by number."""
    symbols: Sequence[_Symbol]
    relocations: Sequence[_Relocation]
    """Those of executable sections."""

    def is_function(self, symbol: _Symbol) -> bool:
        """Whether a symbol names a function that is defined here (clause 1)."""
        if not symbol.name or symbol.section not in self.code:
            return False
        is_label = symbol.type == "STT_NOTYPE" and symbol.binding != "STB_LOCAL"
        return is_label or symbol.type in _FUNCTION_TYPES


class _Functions:
    """The functions of one section by address."""

    def __init__(self, functions: Sequence[_Symbol], section_size: int) -> None:
        self._functions = sorted(functions, key=lambda each: (each.value, each.name))
        self._starts = [function.value for function in self._functions]
        self._ends = [self._end(function, section_size) for function in self._functions]
        self._furthest = list(accumulate(self._ends, max))
        """The furthest end of all functions up to each: assembly may put one function inside another."""

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        """Name, first offset and end of each."""
        names = (function.name for function in self._functions)
        return zip(names, self._starts, self._ends, strict=True)

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

    def _end(self, function: _Symbol, section_size: int) -> int:
        """Offset behind a function; where assembly gives no size, up to the next one."""
        if function.size:
            return function.value + function.size
        following = bisect_right(self._starts, function.value)
        return self._starts[following] if following < len(self._starts) else section_size


def native_symbols(source: ModuleSource) -> ModuleSymbols:
    """Function symbols of an object; whatever it leaves undefined, whether code or data: ELF does not say.

    Raises `UnreadableModuleError` where the object is cut short or damaged.
    """
    elf = _read(source)
    by_binding: dict[str, set[str]] = defaultdict(set)
    undefined: set[str] = set()
    for symbol in elf.symbols:
        if symbol.is_undefined and symbol.name:
            undefined.add(symbol.name)
        elif elf.is_function(symbol):
            by_binding[symbol.binding].add(symbol.name)
    weak, local = by_binding.pop("STB_WEAK", set()), by_binding.pop("STB_LOCAL", set())
    defined = set[str]().union(*by_binding.values())
    return ModuleSymbols(tuple(sorted(defined)), tuple(sorted(weak)), tuple(sorted(local)), tuple(sorted(undefined)))


def native_calls(source: ModuleSource) -> dict[str, tuple[str, ...]]:
    """For each function that an object defines, the functions and undefined symbols that its code names, sorted.

    Raises `UnreadableModuleError` where the object is cut short or damaged.
    """
    elf = _read(source)
    in_section: dict[int, list[_Symbol]] = {section: [] for section in elf.code}
    for symbol in filter(elf.is_function, elf.symbols):
        in_section[symbol.section].append(symbol)
    functions = {section: _Functions(symbols, len(elf.code[section])) for section, symbols in in_section.items()}
    calls: dict[str, set[str]] = {name: set() for table in functions.values() for name, _, _ in table}
    relocated: dict[int, set[int]] = {section: set() for section in elf.code}
    for relocation in elf.relocations:
        relocated[relocation.section].add(relocation.offset)
        callees = _targets(elf, functions, relocation)
        for caller in functions[relocation.section].containing(relocation.offset):
            calls[caller].update(callees)
    for section, table in functions.items() if elf.machine == _X86_64 else ():
        for caller, start, end in table:
            calls[caller].update(_resolved(elf.code[section], start, end, table, relocated[section]))
    return {caller: tuple(sorted(callees)) for caller, callees in sorted(calls.items())}


def _targets(elf: _Object, functions: Mapping[int, _Functions], relocation: _Relocation) -> list[str]:
    symbol = elf.symbols[relocation.symbol]
    if symbol.type == "STT_SECTION" and symbol.section in functions:
        bias = _PC_BIAS if elf.machine == _X86_64 and relocation.type in _X86_64_PC_RELATIVE else 0
        return functions[symbol.section].containing(symbol.value + relocation.addend + bias)
    is_callable = symbol.is_undefined or elf.is_function(symbol)
    return [symbol.name] if symbol.name and is_callable else []


def _resolved(code: bytes, start: int, end: int, functions: _Functions, relocated: set[int]) -> Iterator[str]:
    """Functions of the same section that the code between two offsets leads to by distance alone (clause 3)."""
    for match in _NEAR.finditer(code, start, end):
        instruction = match[1]
        width = 1 if instruction[0] == _JUMP_SHORT else 4
        following = match.start() + len(instruction)
        target = following + int.from_bytes(instruction[-width:], "little", signed=True)
        # What the linker fills in is zero until then, which looks like a jump behind the instruction.
        if not start <= target < end and following - width not in relocated:
            yield from functions.starting(target)


def _read(source: ModuleSource) -> _Object:
    data = source.read()
    try:
        return _parse(data)
    except Exception as error:
        # pyelftools meets damaged files with whatever its parts raise: its own errors, those of its parser generator,
        # struct, dictionaries and assertions.
        reason = "it is no intact ELF object" if data else "it is empty"
        raise UnreadableModuleError(source.place, reason) from error


def _parse(data: bytes) -> _Object:
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
    relocations = [
        _relocation(int(section["sh_info"]), row.entry)
        for section in sections
        if isinstance(section, RelocationSection) and section["sh_info"] in code
        for row in section.iter_relocations()
    ]
    if any(each.symbol >= len(symbols) for each in relocations):
        raise ValueError("a relocation names a symbol that is not there")
    if any(each.section in code and each.value + each.size > len(code[each.section]) for each in symbols):
        raise ValueError("a symbol lies beyond its section")
    return _Object(str(elf["e_machine"]), code, symbols, relocations)


def _is_code(section: Section) -> bool:
    return bool(section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR) and section["sh_type"] == "SHT_PROGBITS"


def _symbol(name: str, entry: Container) -> _Symbol:
    section = entry["st_shndx"]
    return _Symbol(
        name=name,
        value=int(entry["st_value"]),
        size=int(entry["st_size"]),
        section=section if isinstance(section, int) else -1,
        binding=str(entry["st_info"]["bind"]),
        type=str(entry["st_info"]["type"]),
        is_undefined=section == "SHN_UNDEF",
    )


def _relocation(section: int, entry: Container) -> _Relocation:
    addend = int(entry["r_addend"]) if "r_addend" in entry else 0
    return _Relocation(section, int(entry["r_offset"]), int(entry["r_info_sym"]), addend, int(entry["r_info_type"]))

"""What the functions of a native object call: machine code has no IR, but its calls can be read.

1. Every instruction of a function is decoded (`ringfence.pipeline.x86_64`, `ringfence.pipeline.aarch64`).
2. A call or jump that the linker fills in goes to the symbol of its relocation; one against a section goes to the
   function at that place. A call through the symbol's word in the global offset table is a call of the symbol.
3. The assembler itself resolves what leads to a function of the same section: its distance says where to. A jump within
   the function is no call.
4. A relocation of any other instruction, or an address computed by distance, *names* a function or a datum: ELF does
   not say which, where the symbol is defined elsewhere. Whoever links decides (`ringfence.graphs.dispatch`, clause 8).
5. A call through a register or through memory has a target that nobody knows. So has a jump, unless it is the jump of a
   switch: marked as one (CET's *NOTRACK*), or in a function without such marks whose code names a constant table of
   places inside functions.
6. What stands in ``.text.unlikely`` or in a function's ``.cold`` part, the compiler holds for cold.
7. Where the bytes are no instructions, or the machine is another one, the relocations are all that is known: those of
   calls by their type where that says so, the others as in 4; and the function is called unreadable.

Not handled: conditions and loops (a call is neither *always* nor in a loop); a tail call through a pointer in a
function that also has an unmarked switch; calls that do not return, which in IR make a place *panic*.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ringfence.pipeline import aarch64, x86_64
from ringfence.pipeline.instruction import Instruction, Kind, UndecodableError
from ringfence.pipeline.module_source import ModuleSource
from ringfence.pipeline.object_file import Functions, ObjectFile, Relocation, Symbol, read_object

_X86_64, _AARCH64 = "EM_X86_64", "EM_AARCH64"
_DECODERS: Mapping[str, Callable[[bytes, int, int], Iterator[Instruction]]] = {
    _X86_64: x86_64.instructions,
    _AARCH64: aarch64.instructions,
}
_OFFSET_TABLE = {_X86_64: frozenset({9, 41, 42})}
"""``R_X86_64_GOTPCREL``, ``GOTPCRELX``, ``REX_GOTPCRELX`` (psABI, *Relocation Types*)."""
_CALLS = {_X86_64: frozenset({4}), _AARCH64: frozenset({279, 280, 282, 283})}
"""What only calls and jumps have: ``R_X86_64_PLT32``; ``R_AARCH64_TSTBR14``, ``CONDBR19``, ``JUMP26``, ``CALL26``."""
_PC_RELATIVE = {_X86_64: frozenset({2, 4, 9, 41, 42})}
"""Counted from the end of the instruction, where the linker counts from the relocated bytes."""
_COLD_SECTION, _COLD_PART = ".text.unlikely", ".cold"
_CONSTANT_SECTIONS = (".rodata", ".data.rel.ro")


@dataclass(slots=True)
class NativeFunction:
    """What the code of one function does that a caller may care about."""

    symbol: str
    binding: str
    is_cold: bool
    calls: set[str] = field(default_factory=set[str])
    names: set[str] = field(default_factory=set[str])
    """Symbols that it names without calling them (clause 4)."""
    calls_pointer: bool = False
    enters_kernel: bool = False
    unreadable: bool = False


def native_functions(source: ModuleSource) -> tuple[str, dict[str, NativeFunction]]:
    """The name of the source file, if it is known, and the functions that an object defines, by symbol, sorted. Local
    functions that share a name count as one. Raises `UnreadableModuleError` where the object is cut short or damaged.
    """
    elf = read_object(source)
    tables = elf.functions()
    found: dict[str, NativeFunction] = {}
    for section, table in tables.items():
        code = _Section(elf, section, tables)
        for symbol, start, end in table:
            is_cold = _COLD_PART in symbol.name or elf.sections[section].startswith(_COLD_SECTION)
            function = found.setdefault(symbol.name, NativeFunction(symbol.name, symbol.binding, is_cold))
            code.read(function, start, end)
    return elf.file_name, {name: found[name] for name in sorted(found)}


class _Section:
    """One section of code, its functions read one by one."""

    def __init__(self, elf: ObjectFile, number: int, tables: Mapping[int, Functions]) -> None:
        self._elf = elf
        self._number = number
        self._tables = tables
        self._code = elf.code[number]
        self._relocations = elf.relocations.get(number, ())
        self._offsets = [relocation.offset for relocation in self._relocations]

    def read(self, function: NativeFunction, start: int, end: int) -> None:
        """Add what the code between two offsets does."""
        decode = _DECODERS.get(self._elf.machine)
        try:
            decoded = list(decode(self._code, start, end)) if decode else []
        except UndecodableError:
            decoded = []
        if not decoded and end > start:
            function.unreadable = True
            self._read_relocations(function, start, end)
            return
        jumps = [each for each in decoded if each.kind is Kind.JUMP_INDIRECT]
        is_switch_marked = any(jump.is_notrack for jump in jumps)
        for instruction in decoded:
            self._read_instruction(function, instruction, start, end)
        if not is_switch_marked and jumps and self._names_switch(start, end):
            return
        pointers = (jump for jump in jumps if not jump.is_notrack and not self._through_offset_table(jump))
        function.calls_pointer = function.calls_pointer or any(True for _ in pointers)

    def _read_instruction(self, function: NativeFunction, instruction: Instruction, start: int, end: int) -> None:
        relocations = self._within(instruction.offset, instruction.end)
        match instruction.kind:
            case Kind.SYSTEM_CALL:
                function.enters_kernel = True
            case Kind.CALL | Kind.JUMP if relocations:
                called = [name for each in relocations for name in self._called(each, instruction.end)]
                function.calls.update(called)
                function.unreadable = function.unreadable or not called
            case Kind.CALL | Kind.JUMP if not start <= instruction.target < end:
                called = self._tables[self._number].containing(instruction.target)
                function.calls.update(called)
                function.unreadable = function.unreadable or not called
            case Kind.CALL_INDIRECT | Kind.JUMP_INDIRECT if self._through_offset_table(instruction):
                function.calls.update(name for each in relocations for name in self._named(each, instruction.end))
            case Kind.CALL_INDIRECT:
                function.calls_pointer = True
            case Kind.ADDRESS if not relocations and not start <= instruction.target < end:
                function.names.update(self._tables[self._number].starting(instruction.target))
            case _:
                function.names.update(name for each in relocations for name in self._named(each, instruction.end))

    def _read_relocations(self, function: NativeFunction, start: int, end: int) -> None:
        """Clause 7."""
        calls = _CALLS.get(self._elf.machine, frozenset())
        for each in self._within(start, end):
            if each.type in calls:
                function.calls.update(self._called(each, each.offset + 4))
            else:
                function.names.update(self._named(each, each.offset + 4))

    def _within(self, start: int, end: int) -> list[Relocation]:
        first = bisect_left(self._offsets, start)
        return list(self._relocations[first : bisect_left(self._offsets, end, first)])

    def _through_offset_table(self, instruction: Instruction) -> bool:
        types = _OFFSET_TABLE.get(self._elf.machine, frozenset())
        return any(each.type in types for each in self._within(instruction.offset, instruction.end))

    def _called(self, relocation: Relocation, end: int) -> list[str]:
        symbol = self._elf.symbols[relocation.symbol]
        if symbol.type == "STT_SECTION":
            table = self._tables.get(symbol.section)
            return table.containing(self._place(symbol, relocation, end)) if table else []
        return [symbol.name] if symbol.is_undefined or self._elf.is_function(symbol) else []

    def _named(self, relocation: Relocation, end: int) -> list[str]:
        symbol = self._elf.symbols[relocation.symbol]
        if symbol.type == "STT_SECTION":
            table = self._tables.get(symbol.section)
            return table.starting(self._place(symbol, relocation, end)) if table else []
        is_callable = symbol.is_undefined or self._elf.is_function(symbol)
        return [symbol.name] if symbol.name and is_callable else []

    def _place(self, symbol: Symbol, relocation: Relocation, end: int) -> int:
        """The offset in the section that a relocation against the section means."""
        is_relative = relocation.type in _PC_RELATIVE.get(self._elf.machine, frozenset())
        return symbol.value + relocation.addend + (end - relocation.offset if is_relative else 0)

    def _names_switch(self, start: int, end: int) -> bool:
        """Whether the code names a constant section that holds places inside functions, not at their beginning."""
        named = {self._elf.symbols[each.symbol].section for each in self._within(start, end)}
        return any(
            self._is_inside(each)
            for section in named
            if section >= 0 and self._elf.sections[section].startswith(_CONSTANT_SECTIONS)
            for each in self._elf.relocations.get(section, ())
        )

    def _is_inside(self, entry: Relocation) -> bool:
        symbol = self._elf.symbols[entry.symbol]
        table = self._tables.get(symbol.section)
        if table is None or self._elf.is_function(symbol):
            return False
        place = symbol.value + entry.addend
        return bool(table.containing(place)) and not table.starting(place)

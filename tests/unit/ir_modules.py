"""Small programs for tests of the graph: IR modules with debug info, read as real ones are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType

from ringfence.graphs.candidates import parameters_of
from ringfence.graphs.contracts import Assumption
from ringfence.graphs.dispatch import Dispatch
from ringfence.graphs.facts import ModuleFacts
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.liveness import MOST_READ, Liveness, Users
from ringfence.graphs.pointer_calls import Build
from ringfence.graphs.program import Function, Program
from ringfence.graphs.reach import reach
from ringfence.pipeline.ir.module import print_module
from ringfence.pipeline.ir.reader import read_module

ALLOC = "_RNvCs1_7___rustc12___rust_alloc"
DEALLOC = "_RNvCs1_7___rustc14___rust_dealloc"
GROW = "_RNvMs_5alloc7raw_vecINtB5_6RawVecyE8grow_oneCs2_4test"

_DECLARED = f"""
declare noalias ptr @{ALLOC}(i64, i64 allocalign) #0
declare void @{DEALLOC}(ptr allocptr, i64, i64) #1
attributes #0 = {{ nounwind allockind("alloc,uninitialized,aligned") allocsize(0) "alloc-family"="__rust_alloc" }}
attributes #1 = {{ nounwind allockind("free") "alloc-family"="__rust_alloc" }}
attributes #2 = {{ cold }}
"""


@dataclass
class Source:
    """Numbers the debug info of one module as it is written."""

    nodes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        for node in (
            "distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, isOptimized: true, emissionKind: 2)",
            '!DIFile(filename: "unit.rs", directory: "/own")',
            "!DISubroutineType(types: !3)",
            "!{null}",
            '!{i32 2, !"Debug Info Version", i32 3}',
        ):
            self.add(node)

    def add(self, node: str) -> str:
        """The reference of a new node."""
        self.nodes.append(node)
        return f"!{len(self.nodes) - 1}"

    def subprogram(self, name: str, path: str, line: int = 1) -> str:
        """The reference of a new ``DISubprogram`` in a file given by its absolute path."""
        directory, _, filename = path.rpartition("/")
        file = self.add(f'!DIFile(filename: "{filename}", directory: "{directory}")')
        return self.add(
            f'distinct !DISubprogram(name: "{name}", linkageName: "{name}", scope: {file}, file: {file}, line: {line}, '
            "type: !2, unit: !0, spFlags: DISPFlagDefinition)"
        )

    def at(self, scope: str, line: int, column: int = 1, inlined_at: str = "") -> str:
        """The reference of a new ``DILocation``."""
        outer = f", inlinedAt: {inlined_at}" if inlined_at else ""
        return self.add(f"distinct !DILocation(line: {line}, column: {column}, scope: {scope}{outer})")

    def module(self, code: str) -> str:
        """The module's text."""
        numbered = "\n".join(f"!{number} = {node}" for number, node in enumerate(self.nodes))
        return f"{code}\n{_DECLARED}\n!llvm.dbg.cu = !{{!0}}\n!llvm.module.flags = !{{!4}}\n{numbered}\n"


def facts_of(text: str) -> ModuleFacts:
    """What the real reader makes of a module."""
    return read_module(print_module(text.encode(), text=True))


class Symbols:
    """The symbol index of modules that were read already."""

    def __init__(self, modules: Sequence[ModuleFacts], exported: AbstractSet[str] | None = None) -> None:
        """``exported`` are the functions that a binary exports; a library exports all that are visible."""
        self._exported = exported
        self._visible: dict[str, list[int]] = defaultdict(list)
        self._defined = [{*facts.functions, *facts.aliases} for facts in modules]
        self._called = {
            site.callee for facts in modules for each in facts.functions for site in facts.function(each).calls
        }
        self._named = [set(facts.references.symbols) for facts in modules]
        for number, facts in enumerate(modules):
            for symbol in facts.references.shared:
                self._visible[symbol].append(number)
            for symbol in facts.aliases:
                self._visible[symbol].append(number)
            for symbol in facts.functions:
                if facts.function(symbol).linkage != "internal":
                    self._visible[symbol].append(number)

    def definitions(self, symbol: str) -> Sequence[int]:
        return self._visible.get(symbol, ())

    def defines(self, module: int, symbol: str) -> bool:
        return symbol in self._defined[module]

    def needing(self, symbol: str) -> list[int]:
        defined = (number for number, names in enumerate(self._named) if symbol in names)
        return [number for number in defined if symbol not in self._defined[number]]

    def exported(self, module: int) -> set[str]:
        visible = {symbol for symbol in self._defined[module] if module in self._visible.get(symbol, ())}
        return visible if self._exported is None else visible & self._exported

    def size(self, module: int) -> int:
        return len(self._defined[module])

    def mentioned(self) -> set[str]:
        return self._called.union(*self._defined)

    def functions(self) -> list[tuple[str, tuple[int, ...]]]:
        table: dict[str, list[int]] = defaultdict(list)
        for number, symbols in enumerate(self._defined):
            for symbol in symbols:
                table[symbol].append(number)
        return [(symbol, tuple(table[symbol])) for symbol in sorted(table)]


@dataclass
class Linked:
    """A program, what its root reaches, and which modules were read for that."""

    program: Program
    hot_path: HotPath
    root: Function
    modules_read: list[int]

    def names(self) -> list[str]:
        """Symbols of the functions reached, sorted."""
        return sorted(self.program.functions[number].facts.symbol for number in self.hot_path.reached.functions)


def link(
    *texts: str,
    root: str = "root",
    follow_panic: bool = False,
    ask_panics: bool = False,
    words: Mapping[tuple[str, int, int], str] | None = None,
    own_crates: frozenset[str] = frozenset(),
    modules_of_crate: Mapping[str, Sequence[int]] = MappingProxyType({}),
    machine_code: Sequence[ModuleFacts] = (),
    assumed: Mapping[str, Assumption] = MappingProxyType({}),
    exported: AbstractSet[str] | None = None,
    most_read: int = MOST_READ,
) -> Linked:
    """Link modules from a root in the first one; files below ``/own/`` are the user's. ``exported`` are the functions
    that a binary exports, of its first module; without them it is a library."""
    modules = [*(facts_of(text) for text in texts), *machine_code]
    symbols = Symbols(modules, exported)
    read: list[int] = []

    def read_modules(numbers: Sequence[int]) -> dict[int, ModuleFacts]:
        read.extend(numbers)
        return {number: modules[number] for number in numbers}

    native = frozenset(range(len(texts), len(modules)))
    program = Program(symbols, read_modules, native=native, assumed=assumed)
    program.load([0])
    function = program.function(0, root)
    assert function is not None
    known = words or {}
    is_library = exported is None
    dispatch = Dispatch(
        program,
        symbols.functions(),
        lambda file, line, column: known.get((file, line, column), ""),
        own_crates.__contains__,
        lambda crate: modules_of_crate.get(crate, ()),
        Liveness(
            program,
            symbols,
            lambda module: Users.ANY if is_library or module == 0 else Users.NONE,
            [function],
            is_library=is_library,
            most_read=most_read,
        ),
        build=Build(
            range(len(texts)),
            parameters=lambda number: _parameters(modules[number]),
            is_library=is_library,
            most_read=most_read,
        ),
    )
    reached = reach(
        program,
        [function],
        dispatch,
        follow_panic=follow_panic,
        panics_of=_is_own if ask_panics else None,
    )
    return Linked(program, HotPath(reached, lambda file: file.startswith("/own/")), function, read)


def _parameters(facts: ModuleFacts) -> frozenset[str]:
    signatures = [facts.function(symbol).signature for symbol in facts.functions]
    return frozenset(map(parameters_of, (*signatures, *(each.signature for each in facts.externals.values()))))


def _is_own(function: Function) -> bool:
    return bool(function.entry) and function.file_of(function.entry[0]).startswith("/own/")

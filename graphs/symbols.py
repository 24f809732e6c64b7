"""Which module defines which function, known before any module is parsed.

A module's symbols come from an index that the compiler wrote beside the code (`ringfence.pipeline.bitcode`). Only
functions are kept, and names that stand for one (aliases, ifuncs): data and LLVM's own ``llvm.*`` never decide where a
call goes. Names are those of the IR, as `ringfence.graphs.facts` writes them, not demangled.
"""

from bisect import bisect_left
from collections.abc import Iterable

import msgspec


class ModuleSymbols(msgspec.Struct, frozen=True, gc=False):
    """The function symbols of one module, each tuple sorted and without repetitions."""

    defined: tuple[str, ...] = ()
    """Strong definitions, visible to other modules."""
    weak: tuple[str, ...] = ()
    """``weak`` and ``linkonce`` definitions: any one in the program is as good."""
    local: tuple[str, ...] = ()
    """Definitions visible in this module only; another module may use the same name for something else."""
    undefined: tuple[str, ...] = ()
    """Declared here, defined elsewhere; with ``available_externally``, whose body is only a copy."""
    variables: tuple[str, ...] = ()
    """Global variables that are declared here and defined elsewhere."""
    hidden: tuple[str, ...] = ()
    """Those of the visible definitions that are for this program only: who links it, or loads it, does not see them."""


class SymbolIndex:
    """The symbols of a whole program; a module's number is its position in the input.

    A module whose symbols are unknown keeps its number by an empty ``ModuleSymbols()``.
    """

    __slots__ = ("_defined_by_module", "_exported_by_module", "_functions", "_modules", "_needed", "_visible")

    def __init__(self, modules: Iterable[ModuleSymbols]) -> None:
        self._modules = tuple(modules)
        self._visible: dict[str, tuple[int, ...]] = {}
        self._defined_by_module: dict[int, frozenset[str]] = {}
        self._exported_by_module: dict[int, frozenset[str]] = {}
        self._needed: dict[str, tuple[int, ...]] = {}
        self._functions: tuple[tuple[str, tuple[int, ...]], ...] = ()
        for number, module in enumerate(self._modules):
            _add(self._visible, module.defined, number)
        for number, module in enumerate(self._modules):
            _add(self._visible, module.weak, number)

    def __len__(self) -> int:
        """How many modules there are."""
        return len(self._modules)

    def definitions(self, symbol: str) -> tuple[int, ...]:
        """Modules with a definition that other modules can see: strong ones in their order, then weak ones."""
        return self._visible.get(symbol, ())

    def is_local(self, module: int, symbol: str) -> bool:
        """Whether the module has a definition of that name which only itself can see."""
        local = self._modules[module].local
        position = bisect_left(local, symbol)
        return position < len(local) and local[position] == symbol

    def defines(self, module: int, symbol: str) -> bool:
        """Whether the module has a definition of that name, whoever can see it."""
        names = self._defined_by_module.get(module)
        if names is None:
            # Only of modules that are asked about: an audit asks about few.
            symbols = self._modules[module]
            names = frozenset((*symbols.defined, *symbols.weak, *symbols.local))
            self._defined_by_module[module] = names
        return symbol in names

    def exported(self, module: int) -> frozenset[str]:
        """Definitions that others than this program may call."""
        names = self._exported_by_module.get(module)
        if names is None:
            symbols = self._modules[module]
            names = frozenset((*symbols.defined, *symbols.weak)).difference(symbols.hidden)
            self._exported_by_module[module] = names
        return names

    def needing(self, symbol: str) -> tuple[int, ...]:
        """The modules that name a symbol, a function's or a variable's, which they do not define."""
        if not self._needed:
            for number, module in enumerate(self._modules):
                _add(self._needed, (*module.undefined, *module.variables), number)
        return self._needed.get(symbol, ())

    def size(self, module: int) -> int:
        """How many functions the module defines."""
        symbols = self._modules[module]
        return len(symbols.defined) + len(symbols.weak) + len(symbols.local)

    def functions(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Every name that some module defines, sorted, with all modules that do: visible definitions before local."""
        if not self._functions:
            table = dict(self._visible)
            for number, module in enumerate(self._modules):
                _add(table, module.local, number)
            self._functions = tuple((symbol, table[symbol]) for symbol in sorted(table))
        return self._functions

    def mentioned(self) -> set[str]:
        """Every name that some module defines or needs."""
        found: set[str] = set()
        for module in self._modules:
            found.update(module.defined, module.weak, module.local, module.undefined)
        return found


def _add(table: dict[str, tuple[int, ...]], symbols: Iterable[str], module: int) -> None:
    """Append the module to each symbol's row; rows with the same single module share one tuple."""
    alone = (module,)
    for symbol in symbols:
        others = table.get(symbol)
        table[symbol] = alone if others is None else others + alone

"""Who names whom inside one module: what keeps a function or a table of functions in the program."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec


class References(msgspec.Struct, frozen=True, array_like=True, dict=True):
    """By symbol, the functions and global variables of a module whose body or initialiser names it."""

    symbols: tuple[str, ...] = ()
    """Everything that names or is named, sorted."""
    namers: tuple[tuple[int, ...], ...] = ()
    """For each of them the rows of those that name it, sorted."""
    kept: tuple[str, ...] = ()
    """Global variables that hold addresses and that the linker keeps, whoever names them: what ``llvm.used`` and its
    like list, and what stands in a section of its own. Sorted."""
    shared: tuple[str, ...] = ()
    """Other global variables that hold addresses and that other modules see, sorted."""

    @classmethod
    def of(
        cls, names: Mapping[str, Iterable[str]], kept: Iterable[str] = (), shared: Iterable[str] = ()
    ) -> "References":
        """``names`` has for each symbol what its body or initialiser names."""
        namers: dict[str, set[str]] = defaultdict(set)
        for namer, named in names.items():
            for symbol in named:
                if symbol != namer:
                    namers[symbol].add(namer)
        symbols = sorted(namers.keys() | {each for found in namers.values() for each in found})
        row = {symbol: number for number, symbol in enumerate(symbols)}
        rows = tuple(tuple(sorted(row[each] for each in namers.get(symbol, ()))) for symbol in symbols)
        return cls(tuple(symbols), rows, tuple(sorted(kept)), tuple(sorted(shared)))

    def naming(self, symbol: str) -> tuple[str, ...]:
        """Who names a symbol, sorted."""
        row = self._rows.get(symbol)
        return () if row is None else tuple(self.symbols[each] for each in self.namers[row])

    @cached_property
    def kept_names(self) -> frozenset[str]:
        """``kept``, to be asked for one name."""
        return frozenset(self.kept)

    @cached_property
    def shared_names(self) -> frozenset[str]:
        """``shared``, to be asked for one name."""
        return frozenset(self.shared)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {symbol: row for row, symbol in enumerate(self.symbols)}

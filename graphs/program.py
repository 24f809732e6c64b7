"""The linked program: definitions by number, symbols resolved as a linker would, modules read when asked for.

Resolution of a symbol named in a module (ELF gABI, *Symbol Table*; LangRef, *Linkage Types*):

1. a definition in the same module, whatever its linkage, because local symbols of two modules may share a name;
2. otherwise a definition that other modules see: one in a module that was read already, else the first strong one
   in the order of the modules, else the first weak one. Bodies under one name are the same (LangRef, ``_odr``);
3. otherwise it is external.

What the project assumes of a symbol comes before all of these: its body is not followed. Machine code
(`ringfence.pipeline.native_facts`) comes last: where there is IR of the same function, that says more.

An alias stands for its target in the same module. A cycle of aliases, which LLVM's verifier refuses, is external.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Protocol

from ringfence.graphs.contracts import Assumption
from ringfence.graphs.facts import Attribute, Frame, FunctionFacts, ModuleFacts, VTable
from ringfence.graphs.inlined import joined, outermost, part_of
from ringfence.graphs.names import display_name


class Symbols(Protocol):
    """What linking needs of the symbol index of the whole program."""

    def definitions(self, symbol: str) -> Sequence[int]:
        """Modules with a definition that other modules can see, strong ones first."""
        ...

    def defines(self, module: int, symbol: str) -> bool:
        """Whether the module defines the symbol, visibly or not."""
        ...

    def needing(self, symbol: str) -> Sequence[int]:
        """Modules that name a symbol which they do not define."""
        ...

    def exported(self, module: int) -> AbstractSet[str]:
        """What code outside of the program may call of a module."""
        ...

    def size(self, module: int) -> int:
        """How many functions a module defines."""
        ...

    def functions(self) -> Sequence[tuple[str, Sequence[int]]]:
        """Every name that some module defines, sorted, with all modules that do."""
        ...

    def mentioned(self) -> AbstractSet[str]:
        """Every name that some module defines or declares."""
        ...


ReadModules = Callable[[Sequence[int]], Mapping[int, ModuleFacts]]
"""Reads modules by number; one that cannot be read is missing from the answer."""


Binding = tuple[int, int, str]
"""A pointer parameter with the function, or the global that holds functions, that is passed for it: the parameter's
position, the module in which the symbol is meant, the symbol."""


@dataclass(frozen=True)
class Function:
    """One definition in the program, or a specialisation of it for what its callers pass."""

    id: int
    module: int
    facts: FunctionFacts
    where: ModuleFacts
    bindings: tuple[Binding, ...] = ()
    known_as: str = ""
    """The symbol that it goes by, where that is another one, whose body was folded into this one."""
    drops: frozenset[str] = frozenset()
    """Traits whose objects it drops, where that are others than its name tells (`ringfence.graphs.folded_glue`)."""
    inlined_as: frozenset[int] = frozenset()
    """Subprograms of an inlined function, of which this is what is left (`Program.inlined`)."""

    @cached_property
    def name(self) -> str:
        """The path as a user knows it, generic arguments kept."""
        return display_name(self.known_as or self.facts.symbol)

    def chain(self, location: int) -> tuple[Frame, ...]:
        """Inline chain of an event, innermost first; one frame for the whole function where it has no location."""
        chain = self.where.inline_chain(location)
        if self.inlined_as:
            chain = chain[: outermost(chain, self.inlined_as) + 1]
        return chain or self.entry

    def loops_outside(self, place: int, written_at: int) -> int:
        """How many of the loops around a place do not stand in what was inlined at a location
        (`ringfence.pipeline.ir.loop_owners`); -1 where that is the function itself."""
        if written_at < 0:
            return 0
        return sum(not self._is_inside(owner, written_at) for owner in self.facts.places[place].loops)

    def _is_inside(self, owner: int, written_at: int) -> bool:
        return owner == written_at or any(frame.inlined_at == written_at for frame in self.chain(owner))

    def bound(self, parameter: int) -> tuple[int, str] | None:
        """Module and symbol of what is passed for a parameter; None where callers may differ."""
        return next(((module, symbol) for position, module, symbol in self.bindings if position == parameter), None)

    @cached_property
    def pointers_used(self) -> frozenset[int]:
        """Positions of the parameters that are called, or passed on to functions that might call them."""
        called = {site.parameter for site in self.facts.calls if site.parameter >= 0}
        return frozenset(called.union(here for site in self.facts.calls for _, here in site.forwarded))

    def events(self) -> Iterator[tuple[int, int]]:
        """Place and location of everything that the facts tell of the body."""
        facts = self.facts
        for events in (facts.calls, facts.copies, facts.atomics, facts.addresses):
            for event in events:
                yield event.place, event.location

    @cached_property
    def entry(self) -> tuple[Frame, ...]:
        """The function's own first line as a chain of one frame; empty without debug info."""
        if self.facts.subprogram < 0:
            return ()
        subprogram = self.where.subprograms[self.facts.subprogram]
        return (Frame(self.facts.subprogram, subprogram.file, subprogram.line, 0, -1),)

    def file_of(self, frame: Frame) -> str:
        """The frame's file as the compiler named it, or nothing."""
        return self.where.files[frame.file] if frame.file >= 0 else ""

    def receiver_of(self, frame: Frame) -> str:
        """Path of the type whose inherent method a frame stands in, or nothing."""
        return self.where.subprograms[frame.subprogram].receiver if frame.subprogram >= 0 else ""

    def name_of(self, frame: Frame) -> str:
        """Path of the function that a frame stands in."""
        return display_name(self.symbol_of(frame))

    def line_of(self, frame: Frame) -> int:
        """Line on which a frame's function begins; 0 where that is not known."""
        return self.where.subprograms[frame.subprogram].line if frame.subprogram >= 0 else 0

    def symbol_of(self, frame: Frame) -> str:
        """Linkage name of the function that a frame stands in."""
        return self.where.subprograms[frame.subprogram].name if frame.subprogram >= 0 else self.facts.symbol


@dataclass(frozen=True, slots=True)
class Inlined:
    """What is left of an inlined function."""

    function: Function
    into: tuple[str, ...]
    """Paths of the functions that hold it, sorted."""


MOST_SPECIALISATIONS = 32
"""Of one function; a library function that takes callbacks may be called from everywhere."""


class Program:
    """Definitions that were asked for, so far. Grows, never changes its mind."""

    def __init__(
        self,
        symbols: Symbols,
        read: ReadModules,
        *,
        native: AbstractSet[int] = frozenset(),
        assumed: Mapping[str, Assumption] = MappingProxyType({}),
    ) -> None:
        """``native`` are the modules of machine code, ``assumed`` is what the project says of symbols."""
        self._symbols = symbols
        self._read = read
        self._native = native
        self.assumed = assumed
        self.modules: dict[int, ModuleFacts] = {}
        self.unreadable: set[int] = set()
        self.functions: list[Function] = []
        self._id_of: dict[tuple[int, str], int] = {}
        self._aliases: dict[tuple[int, str], Function] = {}
        self._inlined: dict[tuple[int, str], Inlined | None] = {}
        self._mentioned: dict[re.Pattern[str], bool] = {}
        self._specialised: dict[int, dict[tuple[Binding, ...], Function]] = {}
        self._dropping: dict[tuple[int, frozenset[str]], Function] = {}

    def load(self, modules: Iterable[int]) -> None:
        """Read modules that were not read before, together."""
        wanted = sorted(set(modules) - self.modules.keys() - self.unreadable)
        if not wanted:
            return
        found = self._read(wanted)
        self.modules.update(found)
        self.unreadable.update(module for module in wanted if module not in found)

    def locate(self, module: int, symbol: str) -> int | None:
        """The module that defines what ``symbol`` means in ``module``; None for an external symbol."""
        if self._symbols.defines(module, symbol):
            return module
        definitions = self._symbols.definitions(symbol)
        if len(definitions) > 1:
            definitions = [each for each in definitions if each not in self._native] or definitions
            return next((each for each in definitions if each in self.modules), definitions[0])
        return definitions[0] if definitions else None

    def size_of(self, module: int) -> int:
        """How many functions a module defines, read or not."""
        return self._symbols.size(module)

    def is_native(self, module: int) -> bool:
        """Whether a module is machine code: its calls are known, what it does with pointers is not."""
        return module in self._native

    def is_opaque(self, module: int, symbol: str) -> bool:
        """Whether nobody can see what the function does with what it is passed: it is external, or machine code."""
        located = self.locate(module, symbol)
        return located is None or located in self._native

    def function(self, module: int, symbol: str) -> Function | None:
        """A definition in a module that was read; None where it is declared only."""
        facts = self.modules.get(module)
        if facts is None:
            return None
        known = self._id_of.get((module, symbol))
        if known is not None:
            return self.functions[known]
        target = _follow_aliases(facts.aliases, symbol)
        if target not in facts.functions:
            return None
        if target != symbol:
            return self.function(module, target)
        function = self._added(Function(len(self.functions), module, facts.function(symbol), facts))
        self._id_of[module, symbol] = function.id
        return function

    def specialised(self, function: Function, bindings: Iterable[Binding]) -> Function:
        """The function as a caller sees it that passes these pointers; itself where they make no difference, or where
        it has `MOST_SPECIALISATIONS` of them already: it then stands for all further callers."""
        useful = tuple(sorted(each for each in bindings if each[0] in function.pointers_used))
        if not useful:
            return function
        of_function = self._specialised.setdefault(function.id, {})
        known = of_function.get(useful)
        if known is None:
            if len(of_function) == MOST_SPECIALISATIONS:
                return function
            known = self._added(replace(function, id=len(self.functions), bindings=useful))
            of_function[useful] = known
        return known

    def dropping(self, function: Function, traits: frozenset[str]) -> Function:
        """The function as a caller sees it that drops objects of these traits."""
        known = self._dropping.get((function.id, traits))
        if known is None:
            known = self._added(replace(function, id=len(self.functions), drops=traits))
            self._dropping[function.id, traits] = known
        return known

    def alias(self, function: Function, symbol: str) -> Function:
        """The function under another symbol that stands for the same body: LLVM folds equal ones."""
        if symbol == function.facts.symbol:
            return function
        known = self._aliases.get((function.id, symbol))
        if known is None:
            known = self._added(replace(function, id=len(self.functions), known_as=symbol))
            self._aliases[function.id, symbol] = known
        return known

    def inlined(self, module: int, symbol: str) -> Inlined | None:
        """What is left of a function that was inlined into others of a module that was read; None where nothing is."""
        if (module, symbol) not in self._inlined:
            self._inlined[module, symbol] = self._left_of(module, symbol)
        return self._inlined[module, symbol]

    def _left_of(self, module: int, symbol: str) -> Inlined | None:
        where = self.modules[module]
        subprograms = frozenset(row for row, each in enumerate(where.subprograms) if each.name == symbol)
        locations = where.locations_in(subprograms)
        parts = {each: part_of(where.function(each), locations) for each in sorted(where.functions)}
        left = {each: part for each, part in parts.items() if part is not None}
        if not left:
            return None
        facts = joined(symbol, min(subprograms), tuple(left.values()))
        function = self._added(Function(len(self.functions), module, facts, where, inlined_as=subprograms))
        return Inlined(function, tuple(sorted({display_name(each) for each in left})))

    def _added(self, function: Function) -> Function:
        self.functions.append(function)
        return function

    def names_with(self, pattern: re.Pattern[str]) -> set[str]:
        """Symbols in which a pattern is found: of the whole program, and of what was inlined in the modules read."""
        inlined = (each.name for module in self.modules.values() for each in module.subprograms)
        defined = (symbol for symbol, _ in self._symbols.functions())
        return {name for names in (defined, inlined) for name in names if pattern.search(name)}

    def mentions(self, pattern: re.Pattern[str]) -> bool:
        """Whether some module defines or declares a symbol that matches."""
        known = self._mentioned.get(pattern)
        if known is None:
            known = self._mentioned[pattern] = any(map(pattern.match, self._symbols.mentioned()))
        return known

    def attributes_of(self, module: int, symbol: str) -> Attribute:
        """What the module's own declaration says of an external function."""
        external = self.modules[module].externals.get(symbol)
        return external.attributes if external else Attribute.NONE

    def vtables(self) -> Iterable[tuple[int, VTable]]:
        """Every vtable of the modules read so far, with its module."""
        for module in sorted(self.modules):
            for vtable in self.modules[module].vtables:
                yield module, vtable


def _follow_aliases(aliases: Mapping[str, str], symbol: str) -> str:
    seen = {symbol}
    while symbol in aliases:
        symbol = aliases[symbol]
        if symbol in seen:
            break
        seen.add(symbol)
    return symbol

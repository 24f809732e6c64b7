"""Which functions an indirect call may reach.

A virtual call is known by its slot, its signature and, where the source can be read, the name of the method: rustc puts
the column of a method's name into the call's location. Without source, the name of the function that the call was
written in serves where it is a method of some vtable at that slot (``Formatter::write_str`` calls ``write_str``).
Objects may be made anywhere, long before the root runs, so candidates are sought in the whole program:

1. *By vtable*: every vtable of the modules read so far whose slot holds a function of the call's signature, and, where
   the method's name is known, of that name. The slot of a function that another vtable shares (merged bodies) counts
   with the function's own name or the trait's.
2. *By name*: ``<T as Trait>::method`` anywhere in the symbol index, for the traits that clause 1 found; where it found
   none, for the traits of the caller's crate that have such a method, else for all. Where the trait stands in a
   crate of the user's own, or nothing was found otherwise, their modules are read, and what does not fit the signature
   falls out again. Other implementations in modules that were not read are named, not followed.
3. *Drop glue* (slot -1): the drop entries of the vtables of the trait named as ``dyn Trait`` in the innermost frame
   that names one; where none does, nothing is known.
4. *By closed set*: ``!callees`` names all targets, or the pointer is chosen among constants or loaded from a constant
   table; nothing is open.
5. *By argument*: the pointer, or the vtable, is a parameter of the calling function, and its caller passes a constant
   (`Function.bindings`: the function is specialised for it, as if it had been generic). That is the target.
6. *Function pointers*: functions of the call's signature whose address is taken in a body, or stands in a table that is
   no vtable, in the modules read so far. The set is open.
7. *Formatting*: the argument list and the writer of ``core::fmt`` are made right where they are used. So a body that
   takes the address of a formatting function, or of a vtable of one of ``core::fmt``'s traits, is taken to call it
   there, and the indirect calls inside ``core::fmt``, or of methods of its traits, add nothing to that.

Candidates of which nothing but the signature is known are followed only if there are at most `FOLLOWED_BY_SIGNATURE`:
a common signature fits half the program. What is not followed is an unresolved call.

Not handled: vtables made by code that is not in the build (a trait that is public can be implemented elsewhere: the
set is called open), pointers that come out of foreign code, and pointers whose ABI changes the signature.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from ringfence.graphs.facts import CallKind, CallSite, ModuleFacts, VTable
from ringfence.graphs.names import crate_of, display_name, method_name, trait_method, without_generics
from ringfence.graphs.program import Function, Program

DROP_SLOT = -1
FOLLOWED_BY_SIGNATURE = 4
_DYN = re.compile(r"dyn ([\w:]+)")
_TRAIT_METHOD = ("_RNvX", "_RINvX", "_RNvY", "_RINvY", "_ZN")
_FORMATTING = "core::fmt::"
_CALLS = frozenset({"call", "call_mut", "call_once"})
_CALLABLE = "core::ops::function::Fn"

MethodAt = Callable[[str, int, int], str]
"""The identifier that starts at a line and column of a file, or nothing."""


class Evidence(StrEnum):
    """Why a function is a candidate, strongest first."""

    CALLEES = "callees"
    ARGUMENT = "argument"
    """A caller passes it, or the vtable that holds it, as a constant."""
    VTABLE = "vtable"
    """A vtable of the program holds it in that slot, and name or signature agree."""
    NAME = "name"
    """It implements a method of that name and signature; no vtable with it was read."""
    ADDRESS = "address"
    """Its address is taken and the signature agrees."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One function that an indirect call may reach."""

    module: int
    symbol: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _VirtualCall:
    """What tells one virtual call from another."""

    slot: int
    signature: str
    method: str
    is_written: bool
    """The method's name is known from the call itself, not taken from the enclosing function."""
    dyn: str
    """The trait that a frame names as ``dyn Trait``, where the name is not written."""
    crate: str
    """In whose code the call was written."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The candidates of one call, sorted by name."""

    candidates: tuple[Candidate, ...]
    method: str
    """Name of the method at the call's place in the source, or nothing."""
    traits: tuple[str, ...]
    closed: bool
    """No other target is possible."""
    unread: tuple[str, ...] = ()
    """Implementations in modules that were not read, by name."""
    followed: bool = True
    """The candidates are likely enough to be followed; otherwise the call is unresolved."""


@dataclass(frozen=True, slots=True)
class _Virtual:
    """What is known of virtual calls that are alike."""

    resolution: Resolution
    wanted: set[int]
    """Modules that clause 2 asks for."""


class Dispatch:
    """Resolves indirect calls against what is known of the program so far."""

    def __init__(
        self,
        program: Program,
        symbols: Iterable[tuple[str, Sequence[int]]],
        method_at: MethodAt,
        is_own_crate: Callable[[str], bool],
    ) -> None:
        """``symbols`` are all function symbols of the program with the modules that define them."""
        self._program = program
        self._is_own_crate = is_own_crate
        self._method_at = method_at
        self._trait_methods = [(symbol, modules) for symbol, modules in symbols if symbol.startswith(_TRAIT_METHOD)]
        self._implementations_of: dict[str, dict[str, list[tuple[int, str]]]] = {}
        self._vtables: list[tuple[int, VTable]] = []
        self._seen_modules: set[int] = set()
        self._methods: set[tuple[str, int]] = set()
        self._found: dict[tuple[int, str, str, str], tuple[Candidate, ...]] = {}
        self._virtuals: dict[_VirtualCall, _Virtual] = {}
        self._pointed: dict[str, tuple[Candidate, ...]] = {}
        self._functions_seen = 0

    def wanted(self, caller: Function, site: CallSite) -> set[int]:
        """Modules that must be read before `resolve` can judge clause 2 for this call."""
        if site.kind is not CallKind.VIRTUAL or site.slot == DROP_SLOT:
            return set()
        self._refresh()
        return self._virtual(caller, site).wanted

    def resolve(self, caller: Function, site: CallSite) -> Resolution:
        """The candidates by what was read so far; more may come once `wanted` modules are read."""
        self._refresh()
        if site.callees:
            targets = tuple(Candidate(caller.module, symbol, Evidence.CALLEES) for symbol in site.callees)
            return Resolution(targets, "", (), closed=True)
        if _innermost(caller, site).startswith(_FORMATTING):
            return Resolution((), "", (), closed=True)
        passed = self._passed(caller, site)
        if passed is not None:
            return Resolution((passed,), "", (), closed=True)
        if site.kind is CallKind.POINTER:
            pointed = self._by_address(site)
            return Resolution(pointed, "", (), closed=False, followed=0 < len(pointed) <= FOLLOWED_BY_SIGNATURE)
        if site.slot == DROP_SLOT:
            dropped = _sorted(self._by_drop(caller, site))
            return Resolution(dropped, "", (), closed=False, followed=bool(dropped))
        return self._virtual(caller, site).resolution

    def _passed(self, caller: Function, site: CallSite) -> Candidate | None:
        """Clause 5."""
        bound = caller.bound(site.parameter) if site.parameter >= 0 else None
        if bound is None:
            return None
        module, symbol = bound
        facts = self._program.modules[module]
        vtable = _vtable(facts, symbol)
        if site.kind is CallKind.POINTER:
            target = "" if symbol in facts.address_globals else symbol
        elif vtable is None or site.slot >= len(vtable.methods):
            target = ""
        else:
            target = vtable.drop if site.slot == DROP_SLOT else vtable.methods[site.slot]
        return self._located(module, target, Evidence.ARGUMENT) if target else None

    def calls_where_taken(self, module: int, symbol: str) -> list[str]:
        """Clause 7: functions that a body calls by taking this address; empty for any other address."""
        facts = self._program.modules[module]
        if symbol not in facts.address_globals:
            qualified = trait_method(display_name(symbol))
            return [symbol] if qualified and qualified[1].startswith(_FORMATTING) else []
        vtable = _vtable(facts, symbol)
        # A trait with a supertrait in `core::fmt` has its methods too: making such an object formats nothing.
        if vtable is None or not _traits(vtable) or not all(each.startswith(_FORMATTING) for each in _traits(vtable)):
            return []
        return [method for method in vtable.methods if _trait_of(display_name(method)).startswith(_FORMATTING)]

    def _virtual(self, caller: Function, site: CallSite) -> "_Virtual":
        """The same for all calls alike."""
        call = self._described(caller, site)
        known = self._virtuals.get(call)
        if known is None:
            by_vtable, by_name = self._by_vtable(call), self._by_name(call)
            wanted = {
                module
                for module, symbol in by_name
                if not by_vtable or self._is_own_crate(crate_of(_trait_of(display_name(symbol))))
            }
            known = self._virtuals[call] = _Virtual(self._resolved(call, by_name), wanted)
        return known

    def _resolved(self, call: _VirtualCall, by_name: list[tuple[int, str]]) -> Resolution:
        found = {(each.module, each.symbol): each for each in self._by_vtable(call)}
        unread: set[str] = set()
        for module, symbol in by_name:
            if module not in self._program.modules:
                unread.add(display_name(symbol))
            elif self._has_signature(module, symbol, call.signature):
                found.setdefault((module, symbol), Candidate(module, symbol, Evidence.NAME))
        unread -= {display_name(symbol) for _, symbol in found}
        traits = {_trait_of(display_name(symbol)) for _, symbol in found} - {""}
        if traits and all(trait.startswith(_FORMATTING) for trait in traits):
            return Resolution((), call.method, tuple(sorted(traits)), closed=True)
        followed = bool(found) and (call.is_written or bool(call.dyn) or len(found) <= FOLLOWED_BY_SIGNATURE)
        return Resolution(
            candidates=_sorted(found.values()),
            method=call.method,
            traits=tuple(sorted(traits)),
            closed=False,
            unread=tuple(sorted(unread)),
            followed=followed,
        )

    def _refresh(self) -> None:
        if len(self._program.modules) == len(self._seen_modules):
            return
        self._seen_modules = set(self._program.modules)
        self._vtables = list(self._program.vtables())
        self._methods = {
            (method_name(display_name(symbol)), slot)
            for _, vtable in self._vtables
            for slot, symbol in enumerate(vtable.methods)
        }
        self._found.clear()
        self._virtuals.clear()

    def _described(self, caller: Function, site: CallSite) -> _VirtualCall:
        chain = caller.chain(site.location)
        innermost = _innermost(caller, site)
        crate = crate_of(without_generics(innermost))
        place = (caller.file_of(chain[0]), chain[0].line, chain[0].column) if chain and chain[0].column else None
        written = self._method_at(*place) if place else ""
        if written and ((written, site.slot) in self._methods or self._implementations(written)):
            return _VirtualCall(site.slot, site.signature, written, is_written=True, dyn="", crate=crate)
        enclosing = method_name(innermost)
        is_method = not written and bool(chain) and (enclosing, site.slot) in self._methods
        method = enclosing if is_method else written
        dyn = _dyn_trait(caller, site)
        return _VirtualCall(site.slot, site.signature, method, is_written=False, dyn=dyn, crate=crate)

    def _by_vtable(self, call: _VirtualCall) -> tuple[Candidate, ...]:
        key = (call.slot, call.signature, call.method, call.dyn)
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = tuple(self._in_slot(*key))
        return known

    def _in_slot(self, slot: int, signature: str, method: str, dyn: str) -> Iterator[Candidate]:
        for module, vtable in self._vtables:
            if slot >= len(vtable.methods):
                continue
            symbol = vtable.methods[slot]
            if not symbol or (method and not _is_named(symbol, method)):
                continue
            if dyn and not _has_trait(vtable, dyn):
                continue
            if self._has_signature(module, symbol, signature):
                yield self._located(module, symbol, Evidence.VTABLE)

    def _by_name(self, call: _VirtualCall) -> list[tuple[int, str]]:
        by_trait = self._implementations(call.method) if call.is_written else {}
        if not by_trait:
            return []
        seen = {_trait_of(display_name(candidate.symbol)) for candidate in self._by_vtable(call)}
        traits = seen & by_trait.keys()
        if not traits:
            traits = {trait for trait in by_trait if crate_of(trait) == call.crate} or set(by_trait)
        return [pair for trait in sorted(traits) for pair in by_trait[trait]]

    def _implementations(self, method: str) -> dict[str, list[tuple[int, str]]]:
        """Trait -> (module, symbol) of every implementation of a method of that name."""
        known = self._implementations_of.get(method)
        if known is not None:
            return known
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        # v0 puts an underscore between the length and a name that begins with one (rustc, ``v0.rs``).
        mark = f"{len(method)}{'_' if method.startswith('_') else ''}{method}"
        for symbol, modules in self._trait_methods:
            qualified = trait_method(display_name(symbol)) if mark in symbol else None
            if qualified is not None and without_generics(qualified[2]) == method:
                found[without_generics(qualified[1])].extend((module, symbol) for module in modules)
        self._implementations_of[method] = found
        return found

    def _by_drop(self, caller: Function, site: CallSite) -> Iterator[Candidate]:
        dyn = _dyn_trait(caller, site)
        for module, vtable in self._vtables if dyn else ():
            if vtable.drop and _has_trait(vtable, dyn):
                yield self._located(module, vtable.drop, Evidence.VTABLE)

    def _by_address(self, site: CallSite) -> tuple[Candidate, ...]:
        if self._functions_seen != len(self._program.functions):
            self._pointed.clear()
            self._functions_seen = len(self._program.functions)
        known = self._pointed.get(site.signature)
        if known is None:
            pointed = [
                self._located(module, symbol, Evidence.ADDRESS)
                for module, symbol in sorted(set(self._in_tables()))
                if self._has_signature(module, symbol, site.signature, unknown=False)
            ]
            known = self._pointed[site.signature] = _sorted(pointed)
        return known

    def _in_tables(self) -> Iterator[tuple[int, str]]:
        """Functions whose address is taken by a table, or by a body that was reached."""
        for function in self._program.functions:
            for address in function.facts.addresses:
                if address.symbol not in function.where.address_globals:
                    yield function.module, address.symbol
        for module, facts in self._program.modules.items():
            vtables = {vtable.symbol for vtable in facts.vtables}
            for holder, symbols in facts.address_globals.items():
                if holder not in vtables:
                    yield from ((module, symbol) for symbol in symbols if symbol not in facts.address_globals)

    def _located(self, module: int, symbol: str, evidence: Evidence) -> Candidate:
        located = self._program.locate(module, symbol)
        return Candidate(module if located is None else located, symbol, evidence)

    def _has_signature(self, module: int, symbol: str, signature: str, *, unknown: bool = True) -> bool:
        """Compare signatures; ``unknown`` is the answer where the definition was not read."""
        located = self._program.locate(module, symbol)
        if located is None or located not in self._program.modules:
            return unknown
        function = self._program.function(located, symbol)
        return function is not None and _compatible(function.facts.signature, signature)


def _vtable(facts: ModuleFacts, symbol: str) -> VTable | None:
    return next((each for each in facts.vtables if each.symbol == symbol), None)


def _is_named(symbol: str, method: str) -> bool:
    """A closure is its own ``call``: its body stands in the slot without a method's name."""
    name = method_name(display_name(symbol))
    return name == method or (method in _CALLS and name.startswith("{"))


def _has_trait(vtable: VTable, trait: str) -> bool:
    """``Fn`` has ``FnMut`` and ``FnOnce`` as supertraits, and a vtable without debug name may tell one of them only."""
    return trait in _traits(vtable) or (trait.startswith(_CALLABLE) and _is_of_closure(vtable))


def _is_of_closure(vtable: VTable) -> bool:
    return any(trait.startswith(_CALLABLE) for trait in _traits(vtable))


def _innermost(caller: Function, site: CallSite) -> str:
    """Path of the function that the call was written in."""
    chain = caller.chain(site.location)
    return caller.name_of(chain[0]) if chain else caller.name


@cache
def _trait_of(name: str) -> str:
    qualified = trait_method(name)
    return without_generics(qualified[1]) if qualified else ""


def _dyn_trait(caller: Function, site: CallSite) -> str:
    for frame in caller.chain(site.location):
        traits: set[str] = set(_DYN.findall(caller.name_of(frame)))
        if len(traits) == 1:
            return traits.pop()
    return ""


@cache
def _traits(vtable: VTable) -> frozenset[str]:
    """Traits that the vtable's debug name or the names of its methods tell, supertraits included."""
    traits = {_trait_of(display_name(method)) for method in vtable.methods}
    qualified = trait_method(f"{vtable.name}::vtable") if vtable.name else None
    if qualified:
        traits.add(without_generics(qualified[1]))
    return frozenset(traits - {""})


def _compatible(definition: str, call: str) -> bool:
    """Equal, or equal but for a result that one of them ignores."""
    if definition == call:
        return True
    return definition.partition(" (")[2] == call.partition(" (")[2] and "void" in (
        definition.partition(" ")[0],
        call.partition(" ")[0],
    )


def _sorted(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    unique = {(candidate.module, candidate.symbol): candidate for candidate in candidates}
    return tuple(sorted(unique.values(), key=lambda each: (display_name(each.symbol), each.module, each.symbol)))

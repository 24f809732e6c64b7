"""Which methods a virtual call may reach (`ringfence.graphs.dispatch`, clauses 1 to 3)."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from ringfence.graphs.candidates import (
    FOLLOWED_BY_SIGNATURE,
    Candidate,
    Evidence,
    Resolution,
    is_compatible,
    one_of_each,
)
from ringfence.graphs.dyn_names import CALLABLE, dyn_traits, first_tuple
from ringfence.graphs.facts import CallKind, CallSite, VTable
from ringfence.graphs.liveness import Liveness
from ringfence.graphs.names import crate_of, display_name, method_name, trait_method, without_generics
from ringfence.graphs.program import Function, Program

DROP_SLOT = -1
FORMATTING = ("core::fmt::", "<core::fmt::")
_ANY_SLOT = -2
MOST_READ = 4000
"""Functions in the modules that one audit reads only for implementations of traits that are not the user's own."""
STANDARD = frozenset({"core", "alloc", "std"})
_Pair = tuple[int, str]
"""A module and the symbol of an implementation in it."""
_TRAIT_METHOD = ("_RNvX", "_RINvX", "_RNvY", "_RINvY", "_ZN")
_DROP_GLUE = re.compile(r"core::ptr::(?:drop_in_place|drop_glue)::<(.*)>")
_CALLS = frozenset({"call", "call_mut", "call_once"})
_RESUMES = frozenset({"poll", "resume"})
_ANY_CLOSURE = CALLABLE
"""Instead of a trait: it is a closure's, and its arguments are not known."""
_WITHOUT_ARGUMENTS = ("Fn", "FnMut", "FnOnce", "()")
HEADER_WORDS = 3
"""Drop, size and align stand before the methods of a vtable."""
_ONE_IMPLEMENTATION = frozenset({"core::any::Any"})
"""Traits that only a blanket implementation of the standard library has, whose methods do nothing but answer."""

CALLED_VALUE = "()"
"""Stands for the name of a method where a value is called: a closure, or a function pointer."""
MethodAt = Callable[[str, int, int], str]
"""The name of the method called at a line and column of a file, `CALLED_VALUE`, or nothing."""


@dataclass(frozen=True, slots=True)
class _VirtualCall:
    """What tells one virtual call from another."""

    slot: int
    signature: str
    method: str
    is_written: bool
    """The method's name is known from the call itself, not taken from the enclosing function."""
    dyn: frozenset[str]
    """The traits that frames name as ``dyn Trait``, where name and slot are not both known."""
    crate: str
    """In whose code the call was written."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A method in a slot of a vtable."""

    module: int
    vtable: str
    symbol: str


@dataclass(frozen=True, slots=True)
class _Virtual:
    """What is known of virtual calls that are alike."""

    resolution: Resolution
    wanted: frozenset[int]
    """Modules that clause 2 asks for."""


class VirtualCalls:
    """Resolves virtual calls against the vtables and names that are known by now."""

    def __init__(
        self,
        program: Program,
        symbols: Iterable[tuple[str, Sequence[int]]],
        method_at: MethodAt,
        is_own_crate: Callable[[str], bool],
        liveness: Liveness,
    ) -> None:
        """``symbols`` are all function symbols of the program with the modules that define them."""
        self._program = program
        self._is_own_crate = is_own_crate
        self._liveness = liveness
        self._may_read = MOST_READ
        self._granted: set[int] = set()
        self._method_at = method_at
        self._symbols = tuple(symbols)
        self._trait_methods = [(symbol, where) for symbol, where in self._symbols if symbol.startswith(_TRAIT_METHOD)]
        self._implementations_of: dict[str, dict[str, list[_Pair]]] = {}
        self._implementors: dict[str, set[str]] = {}
        self._drop_glue: dict[str, tuple[int, str]] = {}
        self._vtables: list[tuple[int, VTable]] = []
        self._seen_modules = 0
        self._methods: set[tuple[str, int]] = set()
        self._found: dict[tuple[int, str, str, frozenset[str]], tuple[_Held, ...]] = {}
        self._virtuals: dict[_VirtualCall, _Virtual] = {}
        self._drops: dict[frozenset[str], Resolution] = {}

    def wanted(self, caller: Function, site: CallSite) -> frozenset[int] | None:
        """Modules that must be read before `resolve` can judge clause 2 for this call; None where it is none of a
        method."""
        if site.kind is CallKind.VIRTUAL and site.slot == DROP_SLOT:
            return frozenset()
        known = self._known(caller, site)
        return known.wanted if known else None

    def resolve(self, caller: Function, site: CallSite) -> Resolution | None:
        """The candidates by what was read so far; None for a call that is not known to be one of a method."""
        if site.kind is CallKind.VIRTUAL and site.slot == DROP_SLOT:
            return self._dropped(_dyn_traits_at(caller, site))
        known = self._known(caller, site)
        return known.resolution if known else None

    def _known(self, caller: Function, site: CallSite) -> _Virtual | None:
        """The same for all calls alike."""
        self._refresh()
        call = self._described(caller, site)
        is_told = call.is_written or self._is_in_a_vtable(call) or _is_fat(site, call)
        if site.kind is CallKind.POINTER and not is_told:
            return None
        known = self._virtuals.get(call)
        if known is None:
            by_vtable, by_name = self._by_vtable(call), self._by_name(call)
            likely = [pair for pair in by_name if not by_vtable or not self._is_std_trait(pair[1])]
            wanted = self._wanted(by_name, at_once=[] if by_vtable else by_name)
            known = self._virtuals[call] = _Virtual(self._resolved(call, by_name, likely), wanted)
        return known

    def _wanted(self, by_name: list[_Pair], *, at_once: list[_Pair]) -> frozenset[int]:
        """What clause 2 reads: of the user's own traits everything, of others what the limit leaves room for."""
        own = {module for module, symbol in by_name if self._is_own_crate(crate_of(_trait_of(display_name(symbol))))}
        own.update(module for module, _ in at_once)
        others = {module for module, _ in by_name} - own
        for module in sorted(others - self._granted - self._program.modules.keys(), key=self._program.size_of):
            size = self._program.size_of(module)
            if size > self._may_read:
                break
            self._may_read -= size
            self._granted.add(module)
        return frozenset(own | (others & self._granted))

    def _is_std_trait(self, symbol: str) -> bool:
        return crate_of(_trait_of(display_name(symbol))) in STANDARD

    def _resolved(self, call: _VirtualCall, by_name: list[_Pair], likely: list[_Pair]) -> Resolution:
        modules = self._program.modules
        found = {(each.module, each.symbol): each for each in self._alive_by_vtable(call)}
        for module, symbol in likely:
            if module in modules and self._may_be_called(module, symbol, call.signature):
                found.setdefault((module, symbol), Candidate(module, symbol, Evidence.NAME))
        unread = {display_name(symbol) for module, symbol in by_name if module not in modules}
        unread -= {display_name(symbol) for _, symbol in found}
        traits = {_trait_of(display_name(symbol)) for _, symbol in found} - {""}
        if traits and traits <= _ONE_IMPLEMENTATION:
            return Resolution((), call.method, tuple(sorted(traits)), closed=True, is_virtual=True)
        return Resolution(
            candidates=one_of_each(found.values()),
            method=call.method,
            traits=tuple(sorted(traits or {dyn for dyn in call.dyn if not dyn.startswith(CALLABLE)})),
            unread=tuple(sorted(unread)),
            is_virtual=True,
            followed=bool(found) and (_is_told(call) or len(found) <= FOLLOWED_BY_SIGNATURE or _is_one_method(found)),
        )

    def _refresh(self) -> None:
        if len(self._program.modules) == self._seen_modules:
            return
        self._seen_modules = len(self._program.modules)
        self._vtables = list(self._program.vtables())
        methods = {
            (method_name(display_name(symbol)), slot)
            for _, vtable in self._vtables
            for slot, symbol in enumerate(vtable.methods)
        }
        self._methods = methods | {(name, _ANY_SLOT) for name, _ in methods}
        self._found.clear()
        self._virtuals.clear()
        self._drops.clear()

    def _described(self, caller: Function, site: CallSite) -> _VirtualCall:
        chain = caller.chain(site.location)
        innermost = innermost_name(caller, site)
        crate = crate_of(without_generics(innermost))
        slot = site.slot if site.kind is CallKind.VIRTUAL else _ANY_SLOT
        dyn = _dyn_traits_at(caller, site)
        place = (caller.file_of(chain[0]), chain[0].line, chain[0].column) if chain and chain[0].column else None
        written = self._method_at(*place) if place else ""
        if written == CALLED_VALUE:
            closures = frozenset(trait for trait in dyn if trait.startswith(CALLABLE)) or frozenset({_ANY_CLOSURE})
            return _VirtualCall(slot, site.signature, "", is_written=False, dyn=closures, crate=crate)
        if written and ((written, slot) in self._methods or self._implementations(written)):
            dyn = dyn if slot == _ANY_SLOT else self._of_self(caller, site, written)
            return _VirtualCall(slot, site.signature, written, is_written=True, dyn=dyn, crate=crate)
        if slot == _ANY_SLOT and dyn and site.slot >= HEADER_WORDS:
            slot = site.slot - HEADER_WORDS
        enclosing = method_name(innermost)
        is_method = not written and bool(chain) and (enclosing, slot) in self._methods
        method = enclosing if is_method else written
        return _VirtualCall(slot, site.signature, method, is_written=False, dyn=dyn, crate=crate)

    def _of_self(self, caller: Function, site: CallSite, method: str) -> frozenset[str]:
        """The trait of a call through the vtable that a method of ``dyn Trait`` was given with its ``self``."""
        qualified = trait_method(caller.name)
        own = dyn_traits(qualified[0]) if qualified else frozenset[str]()
        is_own = site.parameter == 1 + ("sret(" in caller.facts.signature) and len(caller.chain(site.location)) == 1
        is_told = len(own) == 1 and is_own and bool(self._in_slot(site.slot, site.signature, method, own))
        return own if is_told else frozenset()

    def _is_in_a_vtable(self, call: _VirtualCall) -> bool:
        """A vtable's slot may be loaded without a mark where LLVM moved the load into another function."""
        return call.slot != _ANY_SLOT and bool(call.dyn) and bool(self._by_vtable(call))

    def may_be_handed_over(self, caller: Function, site: CallSite) -> bool:
        """Whether a method in a vtable that is alive may be what a plain pointer calls: LLVM hands methods over that it
        loaded elsewhere, and drops the mark of a load that it moves."""
        slot = _ANY_SLOT if site.slot < 0 else site.slot - HEADER_WORDS
        if slot < 0 and (site.is_loaded or site.slot >= 0):
            return False
        self._refresh()
        return any(self._alive_by_vtable(replace(self._described(caller, site), slot=slot)))

    def _may_be_called(self, module: int, symbol: str, signature: str) -> bool:
        """Of a method that stands in no vtable which is alive and was read."""
        return self._has_signature(module, symbol, signature) and self._liveness.may_be_an_objects(module, symbol)

    def _alive_by_vtable(self, call: _VirtualCall) -> Iterator[Candidate]:
        for each in self._by_vtable(call):
            if self._liveness.is_alive(each.module, each.vtable):
                yield self._located(each.module, each.symbol)

    def _by_vtable(self, call: _VirtualCall) -> tuple[_Held, ...]:
        return self._in_slot(call.slot, call.signature, call.method, call.dyn)

    def _in_slot(self, slot: int, signature: str, method: str, dyn: frozenset[str]) -> tuple[_Held, ...]:
        key = (slot, signature, method, dyn)
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = tuple(self._sought(*key))
        return known

    def _sought(self, slot: int, signature: str, method: str, dyn: frozenset[str]) -> Iterator[_Held]:
        for module, vtable in self._vtables:
            if dyn and not _has_one_of(vtable, dyn):
                continue
            for symbol in vtable.methods if slot == _ANY_SLOT else vtable.methods[slot : slot + 1]:
                if not symbol or (method and not _is_named(vtable, symbol, method)):
                    continue
                if self._has_signature(module, symbol, signature):
                    yield _Held(module, vtable.symbol, symbol)

    def _by_name(self, call: _VirtualCall) -> list[_Pair]:
        by_trait = self._implementations(call.method) if call.is_written else {}
        if not by_trait:
            return []
        seen = {_trait_of(display_name(candidate.symbol)) for candidate in self._by_vtable(call)}
        traits = seen & by_trait.keys()
        if not traits:
            traits = {trait for trait in by_trait if crate_of(trait) == call.crate} or set(by_trait)
        return [pair for trait in sorted(traits) for pair in by_trait[trait]]

    def _implementations(self, method: str) -> dict[str, list[_Pair]]:
        """Trait -> (module, symbol) of every implementation of a method of that name."""
        known = self._implementations_of.get(method)
        if known is not None:
            return known
        found: dict[str, list[_Pair]] = defaultdict(list)
        # v0 puts an underscore between the length and a name that begins with one (rustc, ``v0.rs``).
        mark = f"{len(method)}{'_' if method.startswith('_') else ''}{method}"
        for symbol, modules in self._trait_methods:
            qualified = trait_method(display_name(symbol)) if mark in symbol else None
            if qualified is not None and without_generics(qualified[2]) == method:
                found[without_generics(qualified[1])].extend((module, symbol) for module in modules)
        self._implementations_of[method] = found
        return found

    def _dropped(self, dyn: frozenset[str]) -> Resolution:
        """Clause 3."""
        self._refresh()
        known = self._drops.get(dyn)
        if known is None:
            each = [self._dropped_of(frozenset({trait})) for trait in sorted(dyn)] or [self._dropped_of(dyn)]
            found = (candidate for candidates, _ in each for candidate in candidates)
            known = Resolution(one_of_each(found), followed=all(is_known for _, is_known in each))
            self._drops[dyn] = known
        return known

    def _dropped_of(self, dyn: frozenset[str]) -> tuple[list[Candidate], bool]:
        """Of one trait, or of none that is known: the glue, and whether anything is known."""
        vtables = [(module, vtable) for module, vtable in self._vtables if _has_one_of(vtable, dyn)]
        alive = [each for each in vtables if self._liveness.is_alive(each[0], each[1].symbol)]
        dropped = [self._located(module, vtable.drop) for module, vtable in alive if vtable.drop]
        if not vtables:
            dropped += [found for each in sorted(dyn) for found in self._drops_by_name(each)]
            dropped = dropped or self._drops_of_unnamed(dyn)
        return dropped, bool(dropped or alive)

    def _drops_by_name(self, dyn: str) -> list[Candidate]:
        """Drop glue of the types that implement the trait."""
        if not self._implementors:
            for symbol, _ in self._trait_methods:
                qualified = trait_method(display_name(symbol))
                if qualified is not None:
                    self._implementors.setdefault(without_generics(qualified[1]), set()).add(qualified[0])
            for symbol, modules in self._symbols:
                glue = _DROP_GLUE.fullmatch(display_name(symbol)) if "drop_" in symbol else None
                if glue is not None:
                    self._drop_glue.setdefault(glue[1], (modules[0], symbol))
        glued = (self._drop_glue.get(type_) for type_ in sorted(self._implementors.get(dyn, ())))
        return [Candidate(*each, Evidence.NAME) for each in glued if each]

    def _drops_of_unnamed(self, dyn: frozenset[str]) -> list[Candidate]:
        """A trait without methods leaves its name in no vtable: any without methods and name may be one of it."""
        if not dyn or dyn & self._implementors.keys():
            return []
        unnamed = {
            (module, vtable.drop)
            for module, vtable in self._vtables
            if vtable.drop and not vtable.methods and not vtable.name and self._liveness.is_alive(module, vtable.symbol)
        }
        found = [self._located(module, symbol) for module, symbol in sorted(unnamed)]
        return found if len(one_of_each(found)) <= FOLLOWED_BY_SIGNATURE else []

    def _located(self, module: int, symbol: str) -> Candidate:
        located = self._program.locate(module, symbol)
        return Candidate(module if located is None else located, symbol, Evidence.VTABLE)

    def _has_signature(self, module: int, symbol: str, signature: str) -> bool:
        """Compare signatures; what was not read may have any."""
        located = self._program.locate(module, symbol)
        if located is None or located not in self._program.modules:
            return True
        function = self._program.function(located, symbol)
        return function is not None and is_compatible(function.facts.signature, signature)


def _is_fat(site: CallSite, call: _VirtualCall) -> bool:
    """Whether a frame names ``dyn Trait``, and what the call passes lies beside the table as in a trait object."""
    return site.is_fat and call.slot >= 0 and bool(call.dyn)


def _is_told(call: _VirtualCall) -> bool:
    """Whether more than the signature is known; every closure without arguments is a ``dyn Fn()``."""
    if call.dyn == frozenset((_ANY_CLOSURE,)):
        return not call.signature.endswith("(ptr)")
    is_any_closure = all(dyn.startswith(CALLABLE) and dyn.endswith(_WITHOUT_ARGUMENTS) for dyn in call.dyn)
    return call.is_written or not is_any_closure


def _is_one_method(found: Iterable[tuple[int, str]]) -> bool:
    """Whether the slot and the signature leave one method of one trait."""
    named = {trait_method(display_name(symbol)) for _, symbol in found}
    methods = {(without_generics(each[1]), without_generics(each[2])) if each else None for each in named}
    return len(methods) == 1 and None not in methods


def innermost_name(caller: Function, site: CallSite) -> str:
    """Path of the function that a call was written in."""
    chain = caller.chain(site.location)
    return caller.name_of(chain[0]) if chain else caller.name


def is_formatting(symbol: str) -> bool:
    """Whether a symbol is a method of one of ``core::fmt``'s traits."""
    return _trait_of(display_name(symbol)).startswith(FORMATTING)


def _is_named(vtable: VTable, symbol: str, method: str) -> bool:
    """A closure is its own ``call``, and the body of an ``async fn`` its own ``poll``: they go by a number."""
    name = method_name(display_name(symbol))
    is_numbered = name.startswith("{")
    if method in _CALLS:
        return name == method or is_numbered
    return name == method or (is_numbered and method in _RESUMES and not _is_of_closure(vtable))


def _has_one_of(vtable: VTable, dyn: frozenset[str]) -> bool:
    return any(_has_trait(vtable, each) for each in dyn)


def _has_trait(vtable: VTable, dyn: str) -> bool:
    """``Fn`` has ``FnMut`` and ``FnOnce`` as supertraits, and a vtable without debug name may tell one of them only."""
    if not dyn.startswith(CALLABLE):
        return dyn == _principal(vtable) if vtable.name else dyn in traits_of(vtable)
    if dyn == _ANY_CLOSURE:
        return _is_of_closure(vtable)
    arguments = _closure_arguments(vtable)
    return _is_of_closure(vtable) and (not arguments or dyn[dyn.find("(") :] in arguments)


def _is_of_closure(vtable: VTable) -> bool:
    return any(trait.startswith(CALLABLE) for trait in traits_of(vtable))


@cache
def _trait_of(name: str) -> str:
    qualified = trait_method(name)
    return without_generics(qualified[1]) if qualified else ""


def _dyn_traits_at(caller: Function, site: CallSite) -> frozenset[str]:
    """The only trait that the innermost frame with any names as ``dyn Trait``; of a closure's with its arguments. Equal
    bodies are folded and keep the frames of one of them: where that trait is in the function's own name, the traits in
    the names of its twins are meant as well, or those that its caller tells (`ringfence.graphs.folded_glue`)."""
    for frame in caller.chain(site.location):
        traits = dyn_traits(caller.name_of(frame))
        if len(traits) == 1:
            return _of_twins(caller, traits) if traits <= dyn_traits(caller.name) else traits
    return frozenset()


def _of_twins(caller: Function, traits: frozenset[str]) -> frozenset[str]:
    if caller.drops:
        return caller.drops
    twins = caller.where.twins.get(caller.facts.symbol, ())
    return traits.union(*(dyn_traits(display_name(twin)) for twin in twins))


@cache
def _closure_arguments(vtable: VTable) -> frozenset[str]:
    """The tuples of argument types that the vtable's methods take, where their names tell."""
    traits = (qualified[1] for method in vtable.methods if (qualified := trait_method(display_name(method))))
    tuples = (
        first_tuple(trait.removeprefix(CALLABLE).lstrip("OnceMut")) for trait in traits if trait.startswith(CALLABLE)
    )
    return frozenset(tuples) - {""}


def _principal(vtable: VTable) -> str:
    """The trait that the vtable was made for; debug info tells."""
    qualified = trait_method(f"{vtable.name}::vtable")
    return without_generics(qualified[1]) if qualified else ""


@cache
def traits_of(vtable: VTable) -> frozenset[str]:
    """Traits that the vtable's debug name or the names of its methods tell, supertraits included."""
    traits = {_trait_of(display_name(method)) for method in vtable.methods}
    return frozenset((traits | {_principal(vtable)}) - {""})

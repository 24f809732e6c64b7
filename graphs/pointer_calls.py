"""Which functions a call through an ordinary function pointer may reach (`ringfence.graphs.dispatch`, clause 6)."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from ringfence.graphs.candidates import (
    FOLLOWED_BY_SIGNATURE,
    FOLLOWED_OF_ONE_CRATE,
    Candidate,
    Evidence,
    Resolution,
    is_compatible,
    one_of_each,
    parameters_of,
)
from ringfence.graphs.facts import CallSite, ModuleFacts, Variable
from ringfence.graphs.liveness import Liveness
from ringfence.graphs.names import crate_of, display_name, without_generics
from ringfence.graphs.program import Function, Program
from ringfence.graphs.registries import only_ends_threads
from ringfence.graphs.virtual_calls import STANDARD, is_formatting

_CALLS_WAKERS = ("core::task::wake::", "<core::task::wake::")
_WAKER_WORDS = 4
"""A `RawWakerVTable` is always a constant: clone, wake, wake by reference, drop."""
_RAW_WAKER = "{ ptr, ptr } "
"""What ``clone`` returns."""


MOST_READ = 4000
"""Functions in the modules that one audit reads only to see which functions of a signature they hand out."""


@dataclass(frozen=True, slots=True)
class Build:
    """What is known of all modules with IR, read or not."""

    modules: Collection[int] = ()
    standard: frozenset[int] = frozenset()
    """Those of the standard library: it hands no function of its own to others as a pointer."""
    parameters: Callable[[int], frozenset[str] | None] = lambda _: None
    """The parameter lists of the functions that a module names (`parameters_of`); None where that is not known."""
    is_library: bool = True
    """Code outside of the build may call it, and hand functions to it."""
    most_read: int = MOST_READ


class PointerCalls:
    """Functions whose address is taken, by signature and by place in a table."""

    def __init__(self, program: Program, liveness: Liveness, build: Build, is_own_crate: Callable[[str], bool]) -> None:
        self._program = program
        self._liveness = liveness
        self._build = build
        self._is_own_crate = is_own_crate
        self._may_read = build.most_read
        self._granted: set[int] = set()
        self._parameters: dict[int, frozenset[str] | None] = {}
        self._handed_out: frozenset[int] = frozenset()
        self._found: dict[tuple[str, int], tuple[Candidate, ...]] = {}
        self._seen_modules = 0

    def wanted(self, caller: Function, site: CallSite) -> frozenset[int]:
        """What must be read to know all functions that the pointer can be; nothing where that is too much."""
        unread = self._unread(caller, site)
        size = sum(map(self._program.size_of, unread - self._granted))
        if size > self._may_read or unread & self._program.unreadable:
            return frozenset()
        self._may_read -= size
        self._granted |= unread
        return unread

    def resolve(self, caller: Function, site: CallSite, innermost: str) -> Resolution:
        """``innermost`` is the path of the function that the call was written in."""
        candidates = self._candidates(site)
        if innermost.startswith(_CALLS_WAKERS):
            functions = self._functions_of_wakers()
            of_wakers = tuple(each for each in candidates if each.symbol in functions)
            in_place = tuple(each for each in of_wakers if each.evidence is Evidence.TABLE)
            return Resolution(in_place or of_wakers, followed=bool(of_wakers))
        crate = crate_of(without_generics(innermost))
        private = tuple(each for each in candidates if crate_of(display_name(each.symbol)) == crate)
        if private and all(each.evidence is Evidence.TABLE for each in private):
            return Resolution(private, closed=True)
        is_complete = not self._comes_from_users(caller, site) and not self._unread(caller, site)
        most = FOLLOWED_OF_ONE_CRATE if is_complete and len(private) == len(candidates) else FOLLOWED_BY_SIGNATURE
        return Resolution(candidates, followed=0 < len(candidates) <= most, is_signature_only=not is_complete)

    def _comes_from_users(self, caller: Function, site: CallSite) -> bool:
        """Whether code outside of the build may choose the pointer: it is a parameter, something that the user's own
        library was given leads to it, or a variable holds it that more than loads and stores of functions use."""
        if not self._build.is_library or (site.is_static and not site.variable):
            return False
        is_parameter = site.parameter >= 0 and site.slot < 0 and caller.bound(site.parameter) is None
        return is_parameter or bool(site.variable) or self._is_own_crate(_written_in(caller, site))

    def _unread(self, caller: Function, site: CallSite) -> frozenset[int]:
        """Modules that were not read and may hand out a function with the call's parameters: all that name one. A
        function of the standard library is one only where another module that was read takes its address."""
        self._refresh()
        wanted = parameters_of(site.signature)
        own = self._build.standard if caller.module not in self._build.standard else frozenset[int]()
        others = (set(self._build.modules) - own) | self._handed_out
        return frozenset(each for each in others - self._program.modules.keys() if self._may_name(each, wanted))

    def _may_name(self, module: int, parameters: str) -> bool:
        if module not in self._parameters:
            self._parameters[module] = self._build.parameters(module)
        known = self._parameters[module]
        return known is None or parameters in known

    def _refresh(self) -> None:
        if self._seen_modules == len(self._program.modules):
            return
        self._seen_modules = len(self._program.modules)
        self._found.clear()
        self._handed_out = frozenset(candidate.module for candidate, _ in self._pointed(-1))

    def stored(self, caller: Function, site: CallSite, innermost: str) -> tuple[Candidate, ...] | None:
        """What the variable can hold that the pointer was loaded from; None where that is not known."""
        if not site.variable:
            return None
        here = caller.where.variables[site.variable]
        if not here.is_private and crate_of(display_name(site.variable)) != crate_of(without_generics(innermost)):
            return None
        holding = [(caller.module, here)] if here.is_private else self._sharing(site.variable)
        if any(variable.escapes for _, variable in holding):
            return None
        found = {self._located(module, symbol, Evidence.CALLEES) for module, each in holding for symbol in each.values}
        return one_of_each(found) or None

    def _sharing(self, symbol: str) -> list[tuple[int, Variable]]:
        modules = self._program.modules
        return [
            (module, modules[module].variables[symbol]) for module in modules if symbol in modules[module].variables
        ]

    def _candidates(self, site: CallSite) -> tuple[Candidate, ...]:
        self._refresh()
        key = (site.signature, site.slot)
        known = self._found.get(key)
        if known is None:
            # Looking at a function numbers it, so the order must be the same in every run.
            pointed = sorted(set(self._pointed(site.slot)), key=_order)
            fitting = [each for each in pointed if self._fits(each[0], each[1][0], site.signature)]
            named = ((each, where) for each, where in fitting if not is_formatting(each.symbol))
            known = self._found[key] = one_of_each(each for each, where in named if self._is_alive(each, *where))
        return known

    def _is_alive(self, candidate: Candidate, module: int, holder: str) -> bool:
        if holder:
            return self._liveness.is_alive(module, holder)
        where = self._program.modules[module]
        return self._liveness.is_taken(module, candidate.symbol) and not only_ends_threads(where, candidate.symbol)

    def _pointed(self, slot: int) -> Iterator[tuple[Candidate, tuple[int, str]]]:
        """Each with the module that takes its address, and the table there that holds it, if one does."""
        for module, facts in self._program.modules.items():
            for symbol in facts.addresses_taken:
                yield self._located(module, symbol, Evidence.ADDRESS), (module, "")
            vtables = {vtable.symbol for vtable in facts.vtables}
            for holder in facts.address_globals.keys() - vtables:
                evidence, symbols = _held(facts, holder, slot)
                for symbol in symbols:
                    if symbol and symbol not in facts.address_globals:
                        yield self._located(module, symbol, evidence), (module, holder)

    def _functions_of_wakers(self) -> frozenset[str]:
        """What stands in tables that can be a ``RawWakerVTable``."""
        tables = (
            (module, table)
            for module, facts in self._program.modules.items()
            for table in facts.tables.values()
            if len(table) == _WAKER_WORDS and all(table)
        )
        return frozenset(symbol for module, table in tables if self._clones(module, table[0]) for symbol in table)

    def _clones(self, module: int, symbol: str) -> bool:
        located = self._located(module, symbol, Evidence.TABLE)
        function = self._program.function(located.module, symbol)
        return function is not None and function.facts.signature.startswith(_RAW_WAKER)

    def _located(self, module: int, symbol: str, evidence: Evidence) -> Candidate:
        located = self._program.locate(module, symbol)
        return Candidate(module if located is None else located, symbol, evidence)

    def _fits(self, candidate: Candidate, taker: int, signature: str) -> bool:
        function = self._program.function(candidate.module, candidate.symbol)
        if function is None:
            external = self._program.modules[taker].externals.get(candidate.symbol)
            return external is not None and is_compatible(external.signature, signature)
        # Machine code has no signatures: any may be meant.
        return self._program.is_native(candidate.module) or is_compatible(function.facts.signature, signature)


def _written_in(caller: Function, site: CallSite) -> str:
    """The crate of the innermost frame that is none of the standard library."""
    crates = (crate_of(without_generics(caller.name_of(frame))) for frame in caller.chain(site.location))
    return next((crate for crate in crates if crate not in STANDARD), crate_of(without_generics(caller.name)))


def _order(pointed: tuple[Candidate, tuple[int, str]]) -> tuple[int, str, str, int, str]:
    candidate, (module, holder) = pointed
    return candidate.module, candidate.symbol, candidate.evidence, module, holder


def _held(facts: ModuleFacts, holder: str, slot: int) -> tuple[Evidence, tuple[str, ...]]:
    """The functions that a global holds at a place; all of them where the place or its shape is not known."""
    table = facts.tables.get(holder)
    if table is None or slot < 0:
        return Evidence.ADDRESS, facts.address_globals[holder]
    return Evidence.TABLE, table[slot : slot + 1]

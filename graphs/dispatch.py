"""Which functions an indirect call may reach.

A virtual call is known by its slot, its signature and, where the source can be read, the name of the method: rustc puts
the column of a method's name into the call's location. Without source, the name of the function that the call was
written in serves where it is a method of some vtable at that slot (``Formatter::write_str`` calls ``write_str``).
Objects may be made anywhere, long before the root runs, so candidates are sought in the whole program:

1. *By vtable*: every vtable of the modules read so far whose slot holds a function of the call's signature, and, where
   the method's name is known, of that name. The slot of a function that another vtable shares (merged bodies) counts
   with the function's own name or the trait's.
2. *By name*: ``<T as Trait>::method`` anywhere in the symbol index, for the traits that clause 1 found; where it found
   none, for the traits of the caller's crate that have such a method, else for all. Their modules are read, and what
   does not fit the signature falls out again: all where the trait stands in a crate of the user's own or nothing was
   found otherwise; else the smallest first, up to `ringfence.graphs.virtual_calls.MOST_READ` functions in one audit.
   What stands in modules that were not read is named, and the call is unresolved. Of the standard library's traits,
   which half of all types implement, only what stands in a vtable is a candidate.
   A method pointer that was loaded elsewhere and handed over (argument promotion) is called as an ordinary pointer,
   unless its way tells the table (`ringfence.pipeline.ir.fat_pointers`) and a frame the trait; if the source
   has a method's name at the call, it is that method, in whatever slot.
   Where the source shows that a value is called, no method of it, the vtables are those of closures.
   ``Any`` has one implementation for all types, which answers with a constant: its calls have no candidates.
3. *Drop glue* (slot -1): the drop entries of the vtables of the trait named as ``dyn Trait`` in the innermost frame
   that names one. If no vtable tells that trait: the drop glue of the types that have methods of it; if there is
   none, the trait may have no methods, and a few vtables without methods and name are taken for its own.
4. *By closed set*: ``!callees`` names all targets, or the pointer is chosen among constants, loaded from a constant
   table, or loaded from a variable that nothing but loads and stores of functions use: in its module, or, where others
   see it and its crate makes the call, in all modules that were read, those of its crate among them. Nothing is open.
5. *By argument*: the pointer, or the vtable, is a parameter of the calling function, and its caller passes a constant
   (`Function.bindings`: the function is specialised for it, as if it had been generic). That is the target. A pointer
   that was loaded without a mark is a method where what is passed is a vtable.
6. *Function pointers*: functions of the call's signature whose address is taken in a module that was read, or stands in
   a table that is no vtable; the modules of the crate that makes the call are read for that, those of the user's own
   crates together. Where the pointer was loaded from a known place in a table, only what tables hold at that
   place counts. The set is open, but for hand-written vtables (of `bytes`, say): where the crate that makes the call
   has functions that fit, and they stand in tables only, it is those. The tables of wakers are constants of four
   functions, of which the first makes a waker; other crates' are among them, and nothing else is a
   waker's. What only the destructors of thread-locals are handed is no candidate (`ringfence.graphs.registries`).
7. *Formatting*: the argument list and the writer of ``core::fmt`` are made right where they are used. So a body that
   takes the address of a formatting function, or of a vtable of one of ``core::fmt``'s traits, is taken to call it
   there, and the indirect calls inside ``core::fmt``, or of methods of its traits, add nothing to that.
8. *Machine code*: what a native function names without calling it, it is taken to call, if that is a function of the
   program or one that is known by name. Its calls through pointers have no candidates of their own.

Only what the program can make is a candidate (`ringfence.graphs.liveness`): a vtable, a table or an address counts
where something alive names it.

Candidates of which nothing but the signature is known are followed only if there are at most `FOLLOWED_BY_SIGNATURE`,
or if slot and signature leave one method of one trait: a common signature fits half the program. What is not followed
is an unresolved call.

Not handled: vtables made by code that is not in the build (a trait that is public can be implemented elsewhere: the
set is called open), pointers that come out of foreign code, and pointers whose ABI changes the signature.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ringfence.graphs.candidates import Candidate, Evidence, Resolution
from ringfence.graphs.effects import effect_of
from ringfence.graphs.facts import CallKind, CallSite, ModuleFacts, VTable
from ringfence.graphs.liveness import Liveness
from ringfence.graphs.names import crate_of, display_name, trait_method, without_generics
from ringfence.graphs.pointer_calls import Build, PointerCalls
from ringfence.graphs.program import Function, Program
from ringfence.graphs.virtual_calls import (
    DROP_SLOT,
    FORMATTING,
    HEADER_WORDS,
    MethodAt,
    VirtualCalls,
    innermost_name,
    is_formatting,
    traits_of,
)


class Dispatch:
    """Resolves indirect calls against what is known of the program so far."""

    def __init__(
        self,
        program: Program,
        symbols: Iterable[tuple[str, Sequence[int]]],
        method_at: MethodAt,
        is_own_crate: Callable[[str], bool],
        modules_of: Callable[[str], Iterable[int]],
        liveness: Liveness,
        *,
        build: Build,
    ) -> None:
        """``symbols`` are all function symbols of the program with the modules that define them; ``modules_of`` gives
        the modules of a crate, for one of the user's own those of all of them."""
        self._program = program
        self._modules_of = modules_of
        self._virtual = VirtualCalls(program, symbols, method_at, is_own_crate, liveness)
        self._pointer = PointerCalls(program, liveness, build, is_own_crate)

    def wanted(self, caller: Function, site: CallSite) -> frozenset[int]:
        """Modules that must be read before `resolve` can judge clauses 2 and 6 for this call."""
        innermost = innermost_name(caller, site)
        if site.callees or innermost.startswith(FORMATTING) or self._passed(caller, site):
            return frozenset()
        wanted = self._virtual.wanted(caller, site)
        if wanted is None:
            return self._wanted_of_pointer(caller, site, innermost)
        return wanted

    def _wanted_of_pointer(self, caller: Function, site: CallSite, innermost: str) -> frozenset[int]:
        of_crate = frozenset(self._modules_of(crate_of(without_generics(innermost))))
        is_known = self._pointer.stored(caller, site, innermost) is not None
        return of_crate if is_known else of_crate | self._pointer.wanted(caller, site)

    def resolve(self, caller: Function, site: CallSite) -> Resolution:
        """The candidates by what was read so far; more may come once `wanted` modules are read."""
        if site.callees:
            return Resolution(
                tuple(Candidate(caller.module, symbol, Evidence.CALLEES) for symbol in site.callees), closed=True
            )
        innermost = innermost_name(caller, site)
        if innermost.startswith(FORMATTING):
            return Resolution((), closed=True)
        passed = self._passed(caller, site)
        if passed is not None:
            return passed
        stored = self._pointer.stored(caller, site, innermost)
        if stored is not None:
            return Resolution(stored, closed=True)
        virtual = self._virtual.resolve(caller, site)
        if virtual is not None:
            return virtual
        found = self._pointer.resolve(caller, site, innermost)
        is_sure = found.closed or found.is_signature_only or not self._virtual.may_be_handed_over(caller, site)
        return found if is_sure else replace(found, is_signature_only=True)

    def calls_where_taken(self, module: int, symbol: str) -> list[str]:
        """Clauses 7 and 8: functions that a body calls by taking this address; empty for any other address."""
        if self._program.is_native(module):
            is_function = self._program.locate(module, symbol) is not None or effect_of(symbol) is not None
            return [symbol] if is_function else []
        facts = self._program.modules[module]
        if symbol not in facts.address_globals:
            qualified = trait_method(display_name(symbol))
            return [symbol] if qualified and qualified[1].startswith(FORMATTING) else []
        vtable = _vtable(facts, symbol)
        # A trait with a supertrait in `core::fmt` has its methods too: making such an object formats nothing.
        if (
            vtable is None
            or not traits_of(vtable)
            or not all(each.startswith(FORMATTING) for each in traits_of(vtable))
        ):
            return []
        return [method for method in vtable.methods if is_formatting(method)]

    def _passed(self, caller: Function, site: CallSite) -> Resolution | None:
        """Clause 5."""
        bound = caller.bound(site.parameter) if site.parameter >= 0 else None
        if bound is None:
            return None
        module, symbol = bound
        facts = self._program.modules[module]
        vtable = _vtable(facts, symbol)
        is_method = site.kind is CallKind.VIRTUAL and symbol not in facts.address_globals
        if is_method or (site.kind is CallKind.POINTER and site.slot < 0):
            target = "" if symbol in facts.address_globals else symbol
        else:
            slot = site.slot if site.kind is CallKind.VIRTUAL else _slot_of_word(site.slot)
            target = _held(vtable, slot) if vtable else ""
        if not target:
            return None
        located = self._program.locate(module, target)
        passed = (Candidate(module if located is None else located, target, Evidence.ARGUMENT),)
        qualified = trait_method(display_name(target)) if vtable else None
        if qualified is None:
            return Resolution(passed, closed=True, is_virtual=vtable is not None)
        trait, method = without_generics(qualified[1]), without_generics(qualified[2])
        return Resolution(passed, method, (trait,), closed=True, is_virtual=True)


def _slot_of_word(word: int) -> int | None:
    """The slot at a word of a vtable; None where its size or align stands."""
    if word == 0:
        return DROP_SLOT
    return word - HEADER_WORDS if word >= HEADER_WORDS else None


def _held(vtable: VTable, slot: int | None) -> str:
    """The function in a slot of a vtable, or nothing."""
    if slot is None or slot >= len(vtable.methods):
        return ""
    return vtable.drop if slot == DROP_SLOT else vtable.methods[slot]


def _vtable(facts: ModuleFacts, symbol: str) -> VTable | None:
    return next((each for each in facts.vtables if each.symbol == symbol), None)

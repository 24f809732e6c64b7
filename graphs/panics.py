"""Where what the roots reach can panic.

1. A call *ends* its function where it stands in a block that cannot return and that is entered without unwinding
   (`ringfence.graphs.facts.Place`), and its callee never returns (``noreturn``).
2. A callee *panics* where a call that ends it panics, or where it is what every panic comes to: the program's panic
   handler, or std's functions behind it. What aborts, exits or ends the thread otherwise does not: nothing of it comes
   to the handler. Nor does an allocation that fails (``handle_alloc_error``): it aborts.
3. What ends in the compiler's own ``panic_nounwind``, ``panic_cannot_unwind`` and ``panic_in_cleanup`` is no panic of
   the user's: it stands behind one, or for undefined behaviour. Nor is the check of a coroutine that it is not resumed
   after its end: whoever polls it has promised that.
4. A call that panics is an event of the function in which it stands, unless the callee is the user's own: then what
   ends the callee is the event, and the call leads there.
5. What a library function does on the way to a panic (formatting, hooks, unwinding) is none of its caller's places:
   ways go through blocks of class *panic* by calls of clause 4 only.
6. A function that is not there and whose name is Rust's is taken to panic where it never returns.

Not handled: a call through a pointer that never returns; what a logger does with a record.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from ringfence.graphs.effects import effect_of
from ringfence.graphs.facts import Attribute, CallKind, CallSite, PathClass
from ringfence.graphs.program import Function, Program

_HANDLER = re.compile(r"7___rustc\d+_?(?:rust_begin_unwind|rust_panic|__rust_start_panic)$|^rust_begin_unwind$")
_BEHIND_THE_HANDLER = re.compile(
    r"3std9panicking\w*(?:20rust_panic_with_hook|23rust_panic_without_hook|15rust_panic|10rust_panic)"
)
_NO_PANIC = re.compile(
    r"4core9panicking\w*(?:14panic_nounwind|18panic_nounwind_fmt|28panic_nounwind_nobacktrace|19panic_cannot_unwind"
    r"|16panic_in_cleanup|\d+panic_const_(?:async|coroutine|gen)\w*)"
)
_RUST = re.compile(r"_R|_ZN")


IsOwnFunction = Callable[[Function], bool]
"""Whether a function is the user's own code."""


@cache
def is_panic_handler(symbol: str) -> bool:
    """Whether a function is what every panic comes to: the program's panic handler, or std's functions behind it."""
    return _HANDLER.search(symbol) is not None or _BEHIND_THE_HANDLER.search(symbol) is not None


@dataclass(frozen=True, slots=True)
class PanicCall:
    """A call that ends its function in a panic."""

    site: CallSite
    symbol: str


@dataclass(slots=True)
class Panics:
    """What was found; see the clauses."""

    calls: dict[int, list[PanicCall]] = field(default_factory=dict[int, list[PanicCall]])
    """By function."""
    into_own: dict[int, list[tuple[CallSite, Function]]] = field(
        default_factory=dict[int, list[tuple[CallSite, Function]]]
    )
    """Calls of functions of the user's own that panic, by caller."""


class PanicFinder:
    """Asks one program; what it learns of a callee is kept."""

    def __init__(self, program: Program, is_own: IsOwnFunction) -> None:
        self._program = program
        self._is_own = is_own
        self._panics: dict[tuple[int, str], bool] = {}

    def find(self, functions: set[int]) -> Panics:
        """Of these functions, and of those of the user's own that they call to panic."""
        found = Panics()
        work = sorted(functions)
        seen = set(work)
        while work:
            function = self._program.functions[work.pop()]
            for site in self._ending(function):
                if not self._panics_in(function.module, site.callee):
                    continue
                callee = self._body(function.module, site.callee)
                if callee is None or not self._is_own(callee):
                    found.calls.setdefault(function.id, []).append(PanicCall(site, site.callee))
                    continue
                found.into_own.setdefault(function.id, []).append((site, callee))
                if callee.id not in seen:
                    seen.add(callee.id)
                    work.append(callee.id)
        return found

    def _ending(self, function: Function) -> Iterator[CallSite]:
        """Clause 1."""
        places = function.facts.places
        for site in function.facts.calls:
            place = places[site.place]
            is_end = site.kind is CallKind.DIRECT and place.path_class is PathClass.PANIC and place.is_entered
            if is_end and self._never_returns(function, site.callee):
                yield site

    def _never_returns(self, caller: Function, symbol: str) -> bool:
        """As the module of the caller knows the function: it declares or defines it."""
        if Attribute.NORETURN in self._program.attributes_of(caller.module, symbol):
            return True
        callee = self._program.function(caller.module, symbol)
        return callee is not None and Attribute.NORETURN in callee.facts.attributes

    def _panics_in(self, module: int, symbol: str) -> bool:
        """Clauses 2, 3 and 6. A circle of functions that call each other panics where something in it does."""
        if _NO_PANIC.search(symbol):
            return False
        if is_panic_handler(symbol):
            return True
        known = self._panics.get((module, symbol))
        if known is not None:
            return known
        self._panics[module, symbol] = False
        callee = self._body(module, symbol)
        if callee is None:
            panics = _RUST.match(symbol) is not None and effect_of(symbol) is None
        else:
            panics = any(self._panics_in(callee.module, site.callee) for site in self._ending(callee))
        self._panics[module, symbol] = panics
        return panics

    def _body(self, module: int, symbol: str) -> Function | None:
        located = self._program.locate(module, symbol)
        if located is None or self._program.is_native(located):
            return None
        self._program.load([located])
        return self._program.function(located, symbol)

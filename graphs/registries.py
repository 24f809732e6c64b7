"""Calls through what one function of a library registers, in a program that never calls that function.

``std::thread::spawnhook`` runs the hooks that ``add_spawn_hook`` was given in every thread that is started, and nothing
else can give it one. Where nothing in the program names that function, its calls are never made. (The test harness of
the sysroot names it, to capture what tests print: that is no part of a program that ships.)

``std::sys::thread_local::destructors`` keeps what drops the values of thread-locals, and calls it when the thread ends:
what is handed to it alone is called by nobody else.

Not handled: a registering function that was inlined everywhere.
"""

import re
from dataclasses import dataclass

from ringfence.graphs.facts import Address, CallSite, FunctionFacts, ModuleFacts
from ringfence.graphs.program import Function, Program


@dataclass(frozen=True, slots=True)
class _Registry:
    """By symbols."""

    calls: re.Pattern[str]
    """Functions that call what is registered."""
    registers: re.Pattern[str]
    """The one that fills it, matched from the beginning."""


_ADDS_HOOK = re.compile(r"(?!.*Cs\w+_4test\d).*3std6thread9spawnhook14add_spawn_hook")
_REGISTRIES = (_Registry(re.compile(r"3std6thread9spawnhook"), _ADDS_HOOK),)


def is_never_made(program: Program, function: Function, site: CallSite) -> bool:
    """Whether an indirect call stands in the code of a registry that is empty."""
    symbols = [function.symbol_of(frame) for frame in function.chain(site.location)] or [function.facts.symbol]
    return any(
        any(map(registry.calls.search, symbols)) and not program.mentions(registry.registers)
        for registry in _REGISTRIES
    )


_REGISTERS_DESTRUCTOR = re.compile(r"(?:_R|_ZN).*3std3sys12thread_local11destructors")


def only_ends_threads(where: ModuleFacts, symbol: str) -> bool:
    """Whether all bodies of a module that take a function's address hand it to the destructors of thread-locals."""
    namers = [namer for namer in where.references.naming(symbol) if namer in where.functions]
    taken = [(function, each) for function in map(where.function, namers) for each in function.addresses]
    uses = [(function, each) for function, each in taken if each.symbol == symbol]
    return bool(uses) and all(_is_registered(*use) for use in uses)


def _is_registered(function: FunctionFacts, address: Address) -> bool:
    return any(
        (site.place, site.location) == (address.place, address.location)
        and any(symbol == address.symbol for _, symbol in site.passed)
        and _REGISTERS_DESTRUCTOR.match(site.callee) is not None
        for site in function.calls
    )

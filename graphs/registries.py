"""Calls through what one function of a library registers, in a program that never calls that function.

``std::thread::spawnhook`` runs the hooks that ``add_spawn_hook`` was given in every thread that is started, and nothing
else can give it one. Where nothing in the program names that function, its calls are never made. (The test harness of
the sysroot names it, to capture what tests print: that is no part of a program that ships.)

Not handled: a registering function that was inlined everywhere.
"""

import re
from dataclasses import dataclass

from ringfence.graphs.facts import CallSite
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

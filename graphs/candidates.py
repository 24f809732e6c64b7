"""What an indirect call may reach: candidates with their evidence, and what is known of the whole set."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ringfence.graphs.names import display_name

_RETURNED = re.compile(r" sret\([^()]*\)")
_SAME_CRATE = re.compile(r"B[0-9A-Za-z]*_$")
_CRATE = re.compile(r"Cs[0-9A-Za-z]*_(\d{1,3})_?(\w+)")

FOLLOWED_BY_SIGNATURE = 4
"""At most this many candidates are followed of which nothing but the signature is known."""
FOLLOWED_OF_ONE_CRATE = 16
"""So many where all of the build was looked at, and all of them stand in the crate that makes the call."""


class Evidence(StrEnum):
    """Why a function is a candidate, strongest first."""

    CALLEES = "callees"
    ARGUMENT = "argument"
    """A caller passes it, or the vtable that holds it, as a constant."""
    VTABLE = "vtable"
    """A vtable of the program holds it in that slot, and name or signature agree."""
    NAME = "name"
    """It implements a method of that name and signature; no vtable with it was read."""
    TABLE = "table"
    """A constant holds it at the place that the pointer was loaded from, and the signature agrees."""
    ADDRESS = "address"
    """Its address is taken and the signature agrees."""


_STRENGTH = {evidence: strength for strength, evidence in enumerate(Evidence)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One function that an indirect call may reach."""

    module: int
    symbol: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Resolution:
    """The candidates of one call, sorted by name."""

    candidates: tuple[Candidate, ...]
    method: str = ""
    """Name of the method at the call's place in the source, or nothing."""
    traits: tuple[str, ...] = ()
    closed: bool = False
    """No other target is possible."""
    unread: tuple[str, ...] = ()
    """Implementations in modules that were not read, by name."""
    followed: bool = True
    """The candidates are likely enough to be followed; otherwise the call is unresolved."""
    is_virtual: bool = False
    """The candidates were found in vtables, although nothing marks the call as one through a vtable."""
    is_signature_only: bool = False
    """Nothing but the signature speaks for the candidates: others are as likely."""

    @property
    def is_unresolved(self) -> bool:
        """Nothing likely was found, or not all that is as likely."""
        return not self.closed and (not self.followed or self.is_signature_only or bool(self.unread))


def one_of_each(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Sorted by name. A generic function that several crates instantiate alike is one candidate, whichever copy the
    evidence is best for: they were compiled from one body."""
    best: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda each: (_STRENGTH[each.evidence], each.module, each.symbol)):
        best.setdefault(_without_instantiating_crate(candidate.symbol), candidate)
    return tuple(sorted(best.values(), key=lambda each: (display_name(each.symbol), each.module, each.symbol)))


def _without_instantiating_crate(symbol: str) -> str:
    """The v0 scheme of rustc ends the name of a copy with the crate that made it, or with a reference back to one."""
    if _SAME_CRATE.search(symbol):
        return _SAME_CRATE.sub("", symbol)
    start = symbol.rfind("Cs")
    crate = _CRATE.fullmatch(symbol, start) if start > 0 else None
    return symbol[:start] if crate and len(crate[2]) == int(crate[1]) else symbol


def is_compatible(definition: str, call: str) -> bool:
    """Whether signatures are equal, or equal but for a result that one of them ignores."""
    if definition == call:
        return True
    return definition.partition(" (")[2] == call.partition(" (")[2] and "void" in (
        definition.partition(" ")[0],
        call.partition(" ")[0],
    )


def parameters_of(signature: str) -> str:
    """The types of a signature's parameters, as the table of types of a module has them: ``i64, ptr``."""
    return _RETURNED.sub("", signature.partition(" (")[2].removesuffix(")"))

"""What the roots can reach, as records: filled by `ringfence.graphs.reach`, then only read."""

from collections import defaultdict
from dataclasses import dataclass, field

from ringfence.graphs.candidates import Resolution
from ringfence.graphs.contracts import Assumption, Effect
from ringfence.graphs.facts import CallKind, CallSite
from ringfence.graphs.folded_glue import FoldedGlue
from ringfence.graphs.panics import Panics
from ringfence.graphs.program import Function, Program
from ringfence.graphs.virtual_calls import DROP_SLOT


@dataclass(frozen=True, slots=True)
class Edge:
    """One call site with one of its targets, by function number."""

    number: int
    """Position among all edges, in the order in which they were found."""
    caller: int
    callee: int
    site: CallSite


@dataclass(frozen=True, slots=True)
class ExternalCall:
    """A call that leaves what can be read."""

    site: CallSite
    symbol: str
    effect: Effect | None
    """None: nobody knows."""
    unreadable: bool = False
    """A module of the build defines it, but could not be read."""
    assumption: Assumption | None = None
    """Whose word the effect is, where it is the project's own."""


@dataclass(frozen=True, slots=True)
class Start:
    """A call that starts a thread."""

    function: int
    site: CallSite
    entry: Function | None
    """What the thread begins in; None where it is not known."""


@dataclass(slots=True)
class Reach:
    """What was reached; filled by `reach`, then only read."""

    program: Program
    reads_every_body: bool = False
    """Nothing is told by its name alone that has a body."""
    glue: FoldedGlue = field(default_factory=FoldedGlue)
    functions: set[int] = field(default_factory=set[int])
    edges: dict[int, list[Edge]] = field(default_factory=lambda: defaultdict(list))
    externals: dict[int, list[ExternalCall]] = field(default_factory=lambda: defaultdict(list))
    resolutions: dict[tuple[int, int], Resolution] = field(default_factory=dict[tuple[int, int], Resolution])
    """By (function, position of the call in its facts)."""
    resolved_at: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    """How many modules were read when a call was resolved last."""
    starts: list[Start] = field(default_factory=list[Start])
    """Of threads; what they run is reached only where it is waited for."""
    panic_calls_not_followed: int = 0
    edge_count: int = 0
    panics: Panics = field(default_factory=Panics)
    """Where it can panic, if somebody asked."""
    beyond_panics: set[int] = field(default_factory=set[int])
    """Edges, by number, that stand in a block of class *panic* and lead to no place that panics."""

    @property
    def native_pointer_calls(self) -> int:
        """Machine code reached that calls through pointers: nobody resolves that."""
        functions = (self.program.functions[number] for number in self.functions)
        native = (function for function in functions if self.program.is_native(function.module))
        return sum(any(site.kind is CallKind.POINTER for site in function.facts.calls) for function in native)

    @property
    def definitions(self) -> int:
        """Distinct definitions reached; one that was specialised counts once."""
        functions = (self.program.functions[number] for number in self.functions)
        return len({(function.module, function.facts.symbol) for function in functions})


def is_drop(site: CallSite) -> bool:
    """Whether an indirect call runs the drop glue of a trait object."""
    return site.kind is CallKind.VIRTUAL and site.slot == DROP_SLOT

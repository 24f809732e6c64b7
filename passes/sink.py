"""What a pass yields: sinks in functions, before it is known which root reaches them and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.program import Function
from ringfence.graphs.reached import ExternalCall
from ringfence.passes.options import Options
from ringfence.passes.rule import Level, Rule


@dataclass(frozen=True, slots=True)
class Sink:
    """One kind of thing that happens at a site."""

    rule: Rule
    what: str
    """The callee or the operation, as the report names it."""
    verb: str
    """Behind the name of the function that leads to it: ``allocates``, ``calls a function pointer``."""
    alone: str = ""
    """What to say where the user's own line does it without calling anything: ``a function pointer is called``."""
    if_grows: Rule | None = None
    """The rule that applies instead where the path grows a container."""
    size: int = -1
    """Bytes, -1 where not constant."""
    candidates: tuple[str, ...] = ()
    """Functions that an indirect call may reach, as ``name [evidence]``."""
    targets: tuple[int, ...] | None = None
    """The same by function number; None where some were not followed."""
    unread: tuple[str, ...] = ()
    """Implementations in modules that were not read."""
    closed: bool = True
    """An indirect call has no other targets than the candidates."""
    at_most: Level | None = None
    """The loudest level, where this sink is milder than its rule."""
    at_most_once: Level | None = None
    """The loudest level where no loop of the path repeats it."""
    only_in_loops: bool = False
    """It is nothing to tell where no loop of the path repeats it."""
    notes: tuple[tuple[str, object], ...] = ()
    """Further details for the report, by name."""
    method: str = ""
    """Name of the called method or of the locked operation, where the path does not say it."""
    help: str = ""
    """What to do instead, where the sink knows better than its rule."""
    only_for: tuple[int, ...] | None = None
    """Roots, by number, that it counts for; None where it counts for all that reach it."""
    identity: str | None = None
    """What tells it from others of its rule in one expression of the user's own code: ``what`` where it is None,
    nothing where it is empty."""
    is_panic: bool = False
    """The code panics here; so only ways count on which it has not panicked yet."""


def notes_on(call: ExternalCall) -> tuple[tuple[str, object], ...]:
    """The project's reason, where a call's effect is what the project assumes."""
    return (("assumed", call.assumption.reason),) if call.assumption else ()


class Pass(Protocol):
    """Judges one family of rules. It walks no module, prints nothing, and does not know the command line."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that it can report."""
        ...

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """The sinks in one reached function."""
        ...


@runtime_checkable
class Configurable(Protocol):
    """A pass with thresholds."""

    def configured(self, options: Options) -> Pass:
        """The pass with the project's thresholds."""
        ...

"""The class of one event or edge: its block's class, made worse by what it lies behind.

1. The class of the block (`ringfence.pipeline.ir.blocks`): hot, cold or panic.
2. A call *grows* where it, or a frame that it was inlined through, is a growth path (`ringfence.graphs.lazy_paths`).
   It is amortised, unless the container is made or taken in this very call (its address is a stack slot of the
   calling function, or a parameter to which a caller passed one of its own): then it grows every time and keeps 1.
3. A call is *first-use* where it, or a frame that it was inlined through, is a lazy initialisation.

A class is never made better: growth on a cold branch stays cold.

Not handled: a local container with capacity enough still counts as growing (LLVM keeps the check, so nothing in the IR
says that it cannot).
"""

from dataclasses import dataclass

from ringfence.graphs.facts import CallSite, PathClass, Receiver
from ringfence.graphs.lazy_paths import is_first_use, is_growth
from ringfence.graphs.program import Function


@dataclass(frozen=True, slots=True)
class SiteClass:
    """How a site is reached inside its function."""

    path_class: PathClass
    if_local: PathClass
    """The class where the function's first pointer parameter is a local of its caller."""
    grows: bool
    always: bool
    loop_depth: int


class Classifier:
    """Clauses 1 to 3, remembered per site."""

    def __init__(self) -> None:
        self._lazy: dict[str, tuple[bool, bool]] = {}

    def of_call(self, function: Function, site: CallSite) -> SiteClass:
        """Class of a call and so of the edges and effects that stand for it."""
        return self._classified(function, site.place, site.location, site.callee, site.receiver)

    def of_event(self, function: Function, place: int, location: int) -> SiteClass:
        """Class of an event that is no call: an atomic or a copy."""
        return self._classified(function, place, location, "", Receiver.OTHER)

    def _classified(self, function: Function, place: int, location: int, callee: str, receiver: Receiver) -> SiteClass:
        block = function.facts.places[place]
        grows, first_use = self._lazy_path(callee)
        for frame in function.chain(location)[:-1]:
            frame_grows, frame_first_use = self._lazy_path(function.symbol_of(frame))
            grows, first_use = grows or frame_grows, first_use or frame_first_use
        worst = block.path_class
        if first_use:
            worst = max(worst, PathClass.FIRST_USE)
        amortized = max(worst, PathClass.AMORTIZED) if grows else worst
        local = worst if receiver is Receiver.LOCAL else amortized
        return SiteClass(
            path_class=local,
            if_local=worst if receiver is Receiver.PARAMETER else local,
            grows=grows,
            always=block.always,
            loop_depth=block.loop_depth,
        )

    def _lazy_path(self, symbol: str) -> tuple[bool, bool]:
        known = self._lazy.get(symbol)
        if known is None:
            name = symbol.encode()
            known = self._lazy[symbol] = (is_growth(name), is_first_use(name))
        return known

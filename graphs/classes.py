"""The class of one event or edge: its block's class, made worse by what it lies behind.

1. The class of the block (`ringfence.pipeline.ir.blocks`): hot, cold or panic.
2. A call *grows* where it, or a frame that it was inlined through, is a growth path (`ringfence.graphs.lazy_paths`).
   It is amortised, unless the container is made or taken in this very call (its address is a stack slot of the
   calling function, or a parameter to which a caller passed one of its own): then it grows every time and keeps 1.
   Where the user's own code in that function makes a container `with_capacity`, it is amortised again: the user has
   said how much it will hold, and nothing in the IR says that it cannot grow. Below a library's function that shrinks a
   container nothing grows: a table gets smaller by the same resize.
3. A call is *first-use* where it, or a frame that it was inlined through, is a lazy initialisation.

4. In a root that is an event loop, what stands in no loop runs once: it is first-use. A root is one where the user
   says so, or where it stops at a flag (`ringfence.pipeline.ir.blocks`, clause 8; a root that never returns: clause 3).

A class is never made better: growth on a cold branch stays cold.

Not handled: two local containers in one function of which only one was given a capacity.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from ringfence.graphs.effects import is_allocator
from ringfence.graphs.facts import CallSite, Frame, PathClass, Receiver
from ringfence.graphs.lazy_paths import is_first_use, is_growth
from ringfence.graphs.names import method_name, trait_method, without_generics
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


_CAPACITY = "with_capacity"
_DERIVABLE = frozenset(
    f"core::{trait}"
    for trait in ("clone::Clone", "cmp::Ord", "cmp::PartialEq", "cmp::PartialOrd", "default::Default", "fmt::Debug")
) | {"core::hash::Hash"}
_SHRINKING = frozenset({"shrink", "shrink_to", "shrink_to_fit", "shrink_unchecked"})
_GLOBAL_ALLOCATOR = "11GlobalAlloc"
"""In the symbols of the methods of ``core::alloc::GlobalAlloc``."""

IsOwn = Callable[[str], bool]
"""Whether a file, as the compiler named it, is the user's own code."""

AnchorPlace = tuple[str, int, int]
"""File as the compiler named it, line, column."""


class Classifier:
    """Clauses 1 to 4, and where the user's own code stands in an inline chain; both remembered."""

    def __init__(self, is_own: IsOwn, event_loops: AbstractSet[int] = frozenset()) -> None:
        """``event_loops`` are functions by number of which only the loops run for each event."""
        self._event_loops = event_loops
        self._lazy: dict[str, tuple[bool, bool]] = {}
        self._is_own = cache(is_own)
        self._capacities: dict[int, bool] = {}
        self._anchors: dict[tuple[int, int], int | None] = {}
        self._sites: dict[tuple[int, int, int, str, Receiver], SiteClass] = {}

    def is_own_frame(self, function: Function, frame: Frame) -> bool:
        """Whether a frame has a line in the user's own code."""
        return frame.line > 0 and self._is_own(function.file_of(frame))

    def anchor(self, function: Function, location: int) -> int | None:
        """Position in the inline chain of the innermost own frame; None where there is none. A global allocator of the
        user's own asks for no memory: what stands inside it belongs to whoever called it. So does derived code of
        which only the line of the ``derive`` is known, where an own frame around it is known."""
        key = (function.id, location)
        if key not in self._anchors:
            chain = function.chain(location)
            outside = 1 + max((at for at, frame in enumerate(chain) if _is_allocator(function, frame)), default=-1)
            own = [at for at in range(outside, len(chain)) if self.is_own_frame(function, chain[at])]
            written = (at for at in own if not _is_at_its_derive(function, chain[at]))
            self._anchors[key] = next(written, own[0] if own else None)
        return self._anchors[key]

    def anchor_place(self, function: Function, location: int) -> AnchorPlace | None:
        """Where that frame stands."""
        position = self.anchor(function, location)
        if position is None:
            return None
        frame = function.chain(location)[position]
        return function.file_of(frame), frame.line, frame.column

    def of_call(self, function: Function, site: CallSite) -> SiteClass:
        """Class of a call and so of the edges and effects that stand for it."""
        # One virtual call has an edge for each candidate.
        key = (function.id, site.location, site.place, site.callee, site.receiver)
        known = self._sites.get(key)
        if known is None:
            known = self._classified(function, site.place, site.location, site.callee, site.receiver)
            self._sites[key] = known
        return known

    def of_event(self, function: Function, place: int, location: int) -> SiteClass:
        """Class of an event that is no call: an atomic or a copy."""
        return self._classified(function, place, location, "", Receiver.OTHER)

    def _classified(self, function: Function, place: int, location: int, callee: str, receiver: Receiver) -> SiteClass:
        block = function.facts.places[place]
        grows, first_use = self._lazy_path(callee)
        for frame in function.chain(location)[:-1]:
            frame_grows, frame_first_use = self._lazy_path(function.symbol_of(frame))
            grows, first_use = grows or frame_grows, first_use or frame_first_use
        grows = grows and not self.shrinks(function, location)
        worst = block.path_class
        if first_use:
            worst = max(worst, PathClass.FIRST_USE)
        if function.id in self._event_loops and not block.loop_depth:
            worst = max(worst, PathClass.FIRST_USE)
        amortized = max(worst, PathClass.AMORTIZED) if grows else worst
        is_fresh = receiver is Receiver.LOCAL and not (grows and self._gives_capacity(function))
        local = worst if is_fresh else amortized
        # What a growth path itself calls grows the container that it was called for.
        is_callers = receiver is Receiver.PARAMETER or self._lazy_path(function.facts.symbol)[0]
        return SiteClass(
            path_class=local,
            if_local=worst if is_callers else local,
            grows=grows,
            always=block.always,
            loop_depth=block.loop_depth,
        )

    def _gives_capacity(self, function: Function) -> bool:
        """Whether the user's own code in this function calls a constructor that takes a capacity."""
        known = self._capacities.get(function.id)
        if known is None:
            known = any(self._is_capacity_call(function, site.location) for site in function.facts.calls)
            self._capacities[function.id] = known
        return known

    def _is_capacity_call(self, function: Function, location: int) -> bool:
        chain = function.chain(location)
        if not any(_CAPACITY in function.symbol_of(frame) for frame in chain):
            return False
        position = self.anchor(function, location)
        if not position:
            return False
        return method_name(function.name_of(chain[position - 1])).startswith(_CAPACITY)

    def shrinks(self, function: Function, location: int) -> bool:
        """Whether a library's function around a location, the function itself included, makes a container smaller."""
        return any(
            method_name(function.name_of(frame)) in _SHRINKING and not self.is_own_frame(function, frame)
            for frame in function.chain(location)
        )

    def _lazy_path(self, symbol: str) -> tuple[bool, bool]:
        known = self._lazy.get(symbol)
        if known is None:
            name = symbol.encode()
            known = self._lazy[symbol] = (is_growth(name), is_first_use(name))
        return known


def _is_at_its_derive(function: Function, frame: Frame) -> bool:
    """Whether a frame may stand in what ``derive`` wrote, on the line of the ``derive`` itself: rustc gives that line
    to the function and to what it inlines of it. A method that is written in one line looks the same."""
    if frame.line != function.line_of(frame):
        return False
    qualified = trait_method(function.name_of(frame))
    return qualified is not None and without_generics(qualified[1]) in _DERIVABLE


def _is_allocator(function: Function, frame: Frame) -> bool:
    symbol = function.symbol_of(frame)
    return _GLOBAL_ALLOCATOR in symbol or is_allocator(symbol)

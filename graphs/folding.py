"""What is told as one thing: which events below one expression of the user's own code are folded together.

1. An *expression* is the anchor's place in the source, and what is called there: the function whose inlined copy, or
   whose call, stands directly below the anchor's frame. LLVM gives several expressions one place where it joins them
   (line 0), and the source does where a value's scope ends (``}``), in a macro and in derived code.
2. What a virtual call or a call of a pointer may reach is one expression: the callee is not the user's choice there.
   A function that is called where its address is taken (an argument of ``format!``) is part of what the expression at
   that place calls.
3. Drop glue is told apart by the type that is dropped, any other function without its generic arguments.
4. Events of one expression and one *kind* (`Folding.kind_of`) are split into *parts* (`Folding.part_of`) by what the
   way to them tells, and into *levels* (`Folding.level_of`) by how loud they are there. What is left is one entry.
   Call chains are counted by expression and kind.
5. An event that is reached at several levels counts for the loudest.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ringfence.graphs.classes import AnchorPlace, Classifier
from ringfence.graphs.facts import CallKind, PathClass
from ringfence.graphs.names import display_name, without_generics
from ringfence.graphs.program import Function
from ringfence.graphs.reached import Edge

P = TypeVar("P", bound=Hashable)

ITSELF = ""
"""What an expression calls that is the event itself."""
ANY = "*"
"""What an expression calls through a pointer."""
NO_LABEL = 15
"""Of a way on which no function has a label; labels are smaller numbers."""

_DROP = re.compile(r"core::ptr::(?:drop_in_place|drop_glue)::<")

Expression = tuple[AnchorPlace | None, str]
"""The anchor's place, and the path of what is called there, `ITSELF` or `ANY`."""


@dataclass(frozen=True, slots=True)
class Rank:
    """What a way is judged by; parts of a way join to the rank of the whole."""

    path_class: PathClass
    calls: int
    loop_depth: int
    grows: bool
    label: int = NO_LABEL
    """The least label of a function on the way (`Folding.label_of`)."""

    def joined(self, other: "Rank") -> "Rank":
        """Of the two parts together."""
        return Rank(
            max(self.path_class, other.path_class),
            self.calls + other.calls,
            self.loop_depth + other.loop_depth,
            self.grows or other.grows,
            min(self.label, other.label),
        )

    @property
    def order(self) -> tuple[PathClass, int]:
        """Better ones are smaller."""
        return self.path_class, self.calls


Loudness = tuple[int, ...]
"""Louder ones are smaller."""


def _no_part(_payload: object, _rank: Rank) -> Hashable:
    return None


def _one_level(_payload: object, _rank: Rank) -> Loudness:
    return ()


@dataclass(frozen=True, slots=True)
class Folding(Generic[P]):
    """How events are told apart."""

    kind_of: Callable[[P, bool], Hashable]
    """The kind of a payload, given whether its path grows a container."""
    part_of: Callable[[P, Rank], Hashable] = _no_part
    """What tells ways to one kind apart. Whatever is joined in front of two ways, what is not told apart before is not
    told apart behind; so it is with levels."""
    level_of: Callable[[P, Rank], Loudness] = _one_level
    label_of: Callable[[str], int] | None = None
    """Of the path of a function, where the ways to a payload are told apart by the functions on them."""
    name_of: Callable[[P], str] | None = None
    """What an expression is taken to call that is the event itself; `ITSELF` where it is None."""
    by_call: bool = True
    """Expressions at one place are told apart by what they call."""

    def expression(
        self,
        classifier: Classifier,
        function: Function,
        location: int,
        call: tuple[Edge, Function] | None,
    ) -> Expression:
        """Clauses 1 to 3; ``call`` is the edge with its callee, None for an event of the function itself."""
        place = classifier.anchor_place(function, location)
        if not self.by_call:
            return place, ITSELF
        return place, self._called(classifier, function, location, call)

    def of_event(self, classifier: Classifier, function: Function, location: int, payload: P) -> Expression:
        """As `expression`, of an event of the function itself."""
        place, called = self.expression(classifier, function, location, None)
        return place, self.name_of(payload) if called == ITSELF and self.name_of else called

    def _called(
        self, classifier: Classifier, function: Function, location: int, call: tuple[Edge, Function] | None
    ) -> str:
        position = classifier.anchor(function, location)
        chain = function.chain(location)
        outer = position if position is not None else len(chain) - 1
        if outer > 0:
            return called_name(function.name_of(chain[outer - 1]))
        if call is None:
            return ITSELF
        edge, callee = call
        if edge.site.kind is CallKind.DIRECT:
            return called_name(callee.name)
        is_where_taken = edge.site.kind is CallKind.POINTER and not edge.site.signature
        return self._called_at(classifier, function, location) if is_where_taken else ANY

    def _called_at(self, classifier: Classifier, function: Function, location: int) -> str:
        """What the first direct call at the place of a location calls; `ANY` where there is none."""
        place = classifier.anchor_place(function, location)
        for site in function.facts.calls:
            if site.kind is not CallKind.DIRECT or classifier.anchor_place(function, site.location) != place:
                continue
            chain = function.chain(site.location)
            position = classifier.anchor(function, site.location)
            outer = position if position is not None else len(chain) - 1
            return called_name(function.name_of(chain[outer - 1]) if outer > 0 else display_name(site.callee))
        return ANY

    def label(self, function: Function, location: int, position: int | None = None) -> int:
        """The least label of the frames at a location: of all, or of those inside of a position of the chain."""
        if self.label_of is None:
            return NO_LABEL
        chain = function.chain(location)
        inner = chain if position is None else chain[:position]
        return min((self.label_of(function.name_of(frame)) for frame in inner), default=NO_LABEL)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told as one thing."""

    expression: Expression
    kind: Hashable
    part: Hashable
    level: Loudness


@dataclass(frozen=True, slots=True, order=True)
class FoldedPlace:
    """A place in a library where what is told of an expression happens (`ringfence.graphs.folded`)."""

    function: str
    """Path without generic arguments."""
    file: str
    """As the compiler named it."""
    line: int
    column: int
    calls: str
    """The function that is called or inlined there; empty where the event is no call, or its callee has no body."""
    is_immediate: bool
    """The expression reaches it through the standard library alone."""


def called_name(path: str) -> str:
    """Clause 3."""
    return path if _DROP.match(path) else without_generics(path)

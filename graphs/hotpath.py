"""The hot path: what was reached, classed, and anchored in the user's code.

Every sink is reported at the *anchor*, the deepest frame of the user's own code on its path:

1. A site is *anchored* if its inline chain has a frame in an own file; the anchor is the innermost such frame.
2. Below an anchored call lie the *foreign* sites: what its callee reaches through calls that are not anchored. They
   belong to that anchor. The set depends on the callee alone, so it is searched once and shared by all callers and
   roots.
3. The sinks below one anchor that are told as one thing (`ringfence.graphs.folding`) are one entry, with the best way
   to any of them (`ringfence.graphs.search`) and their number.
4. A sink is *always* executed if its site is, and a chain of direct calls that are always executed leads to it.
5. A root that is no own code itself anchors everything that it reaches at its first line.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import networkx

from ringfence.graphs.classes import AnchorPlace, Classifier, IsOwn, SiteClass
from ringfence.graphs.contracts import Effect
from ringfence.graphs.facts import CallKind, Frame, PathClass
from ringfence.graphs.folding import Expression, FoldedPlace
from ringfence.graphs.program import Function
from ringfence.graphs.reached import Edge, Reach, is_drop
from ringfence.graphs.search import Ways, leading_to

P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True, slots=True)
class SinkSite(Generic[P]):
    """One event that a rule cares about; ``payload`` is the rule's business."""

    function: int
    location: int
    site_class: SiteClass
    payload: P


@dataclass(frozen=True, slots=True)
class Hop:
    """One frame of a path. ``via`` is how it was entered: ``root``, ``call``, ``inline``, ``virtual``, ``pointer``,
    ``drop``, ``native`` where a call enters machine code, or ``thread`` where another thread, which is waited for, runs
    it; the frame's line is where it leads on."""

    function: Function
    frame: Frame
    via: str
    own: bool


@dataclass(frozen=True, slots=True)
class Anchored(Generic[P]):
    """The best way from a root to the sinks below one anchor that are one entry."""

    payload: P
    path_class: PathClass
    always: bool
    loop_depth: int
    """Loops around all calls of the path, those of libraries too."""
    own_loop_depth: int
    """Loops around the anchor: how often the user's own code comes there. All, where nothing is the user's own."""
    grows: bool
    path: tuple[Hop, ...]
    anchor: int
    """Position of the anchor in ``path``; -1 where no frame is the user's own."""
    sinks: int
    """Distinct sink sites folded into this one."""
    payloads: frozenset[Hashable]
    """What they are."""
    folded: tuple[FoldedPlace, ...]
    """Where they stand in libraries, sorted."""
    place: AnchorPlace | None
    """Where the anchor stands."""
    expression: Expression
    """That, and what is called there."""
    group: Hashable
    """The kind (`ringfence.graphs.folding`, clause 4)."""
    part: Hashable
    """The part of the kind."""
    calls: tuple[Edge, ...]
    """The calls of the path, the root's first."""
    calls_above: int
    """How many of them come before the anchored one."""
    site: SinkSite[P]
    """The sink that the path ends in."""


_ALLOCATING = frozenset({Effect.ALLOCATES, Effect.REALLOCATES})


class HotPath:
    """Questions about one `Reach`."""

    def __init__(self, reached: Reach, is_own: IsOwn, event_loops: AbstractSet[int] = frozenset()) -> None:
        """``event_loops`` are the roots, by number, of which only the loops run for each event."""
        self.reached = reached
        self.classifier = Classifier(is_own, event_loops)
        self.ways = Ways(reached, self.classifier)

    @cached_property
    def graph(self) -> "networkx.MultiDiGraph[int]":
        """Functions by number (attributes ``name``, ``module``), call sites as edges (``path_class``, ``always``,
        ``loop_depth``, ``via``), for export and for the algorithms of networkx."""
        graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
        for number in sorted(self.reached.functions):
            function = self.function(number)
            graph.add_node(number, name=function.name, module=function.where.name)
            for link in self.ways.links(number):
                graph.add_edge(
                    number,
                    link.edge.callee,
                    path_class=link.site.path_class.label,
                    always=link.site.always,
                    loop_depth=link.site.loop_depth,
                    via=via(link.edge),
                )
        return graph

    @cached_property
    def allocating(self) -> AbstractSet[int]:
        """Functions, by number, that allocate or lead to an allocation."""
        externals = self.reached.externals
        goals = (number for number, calls in externals.items() if any(call.effect in _ALLOCATING for call in calls))
        return leading_to(self.reached, goals)

    @cached_property
    def calls_of(self) -> Mapping[int, Sequence[Edge]]:
        """The calls of each function that is called, by its number."""
        calls: dict[int, list[Edge]] = defaultdict(list)
        for edges in self.reached.edges.values():
            for edge in edges:
                calls[edge.callee].append(edge)
        return calls

    def function(self, number: int) -> Function:
        """A function of the program by its number."""
        return self.reached.program.functions[number]


def via(edge: Edge) -> str:
    """How a call enters its callee: ``call``, ``virtual``, ``pointer``, ``drop``, or ``thread``."""
    if is_drop(edge.site):
        return "drop"
    match edge.site.kind:
        case CallKind.VIRTUAL:
            return "virtual"
        case CallKind.POINTER:
            return "pointer"
        case CallKind.THREAD:
            return "thread"
        case _:
            return "call"

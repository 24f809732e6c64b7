"""Ways through the reached program: which functions a function reaches, how well, and by which calls.

A search state is a triple, written as one number: the function, the least label of the functions on the way
(`ringfence.graphs.folding`; `NO_LABEL` where nobody asks), whether the function's first pointer parameter is a local of
the caller. The last decides whether growth is amortised (`ringfence.graphs.classes`, clause 2).
A way is better if its class is better, then if it has fewer calls; it has the worst class of its parts.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ringfence.graphs.classes import Classifier, SiteClass
from ringfence.graphs.facts import CallKind, PathClass, Receiver
from ringfence.graphs.folding import NO_LABEL
from ringfence.graphs.program import Function
from ringfence.graphs.reached import Edge, Reach

_LABEL_BITS = 4
_FUNCTION_SHIFT = 1 + _LABEL_BITS
_NO_LABEL_BITS = NO_LABEL << 1


def state_of(function: int, *, is_local: bool = False) -> int:
    """The state of a function before any label is met."""
    return function << _FUNCTION_SHIFT | _NO_LABEL_BITS | is_local


def function_of(state: int) -> int:
    """The function of a state."""
    return state >> _FUNCTION_SHIFT


def label_of(state: int) -> int:
    """The least label on the way to it."""
    return state >> 1 & NO_LABEL


def _with_label(state: int, label: int) -> int:
    return state & ~_NO_LABEL_BITS | label << 1


LabelAt = Callable[[Function, int], int]
"""The least label of the frames at a location of a function."""


@dataclass(frozen=True, slots=True)
class Link:
    """One edge as a search sees it."""

    edge: Edge
    targets: tuple[int, int]
    """State of the callee, by whether the caller was reached with a local."""
    site: SiteClass
    classes: tuple[PathClass, PathClass]
    """Class of the call, likewise."""
    is_anchored: bool
    """A frame of the user's own code stands at the call."""
    label: int
    """The least label of the frames at the call."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a state was reached best."""

    path_class: PathClass
    calls: int
    parent: int
    """The state before; -1 at the start."""
    edge: Edge | None
    loop_depth: int
    grows: bool


class Ways:
    """Searches in one `Reach`; what it learns of a call is kept."""

    def __init__(
        self,
        reached: Reach,
        classifier: Classifier,
        only: AbstractSet[int] | None = None,
        label_at: LabelAt | None = None,
        avoid: AbstractSet[int] = frozenset(),
    ) -> None:
        """``only`` are the functions to go to, where not all are of interest. With ``label_at`` ways below an anchor
        are told apart by their labels. ``avoid`` are calls, by the numbers of their edges, that are not taken."""
        self._reached = reached
        self._only = only
        self._label_at = label_at
        self._avoid = avoid
        self._classifier = classifier
        self._links: dict[int, tuple[Link, ...]] = {}

    def links(self, function: int) -> tuple[Link, ...]:
        """The calls of a function, in the order of its edges."""
        known = self._links.get(function)
        if known is None:
            edges = self._reached.edges.get(function, ())
            known = tuple(self._link(edge) for edge in edges if self._is_taken(edge))
            self._links[function] = known
        return known

    def _is_taken(self, edge: Edge) -> bool:
        return (self._only is None or edge.callee in self._only) and edge.number not in self._avoid

    def arrivals(self, start: int, *, foreign_only: bool) -> dict[int, Arrival]:
        """Best arrival in every state, in the order of settling; ``foreign_only`` takes no anchored call."""
        settled: dict[int, Arrival] = {}
        queue = [(PathClass.HOT, 0, 0, start, Arrival(PathClass.HOT, 0, -1, None, 0, grows=False))]
        pushed = 0
        while queue:
            path_class, calls, _, state, arrival = heapq.heappop(queue)
            if state in settled:
                continue
            settled[state] = arrival
            is_local = state & 1
            for link in self.links(function_of(state)):
                target = link.targets[is_local]
                if foreign_only and link.is_anchored:
                    continue
                if (foreign_only and link.label < NO_LABEL) or label_of(state) < NO_LABEL:
                    target = _with_label(target, min(link.label, label_of(state)))
                if target in settled:
                    continue
                worst = max(path_class, link.classes[is_local])
                depth = arrival.loop_depth + link.site.loop_depth
                step = Arrival(worst, calls + 1, state, link.edge, depth, arrival.grows or link.site.grows)
                pushed += 1
                heapq.heappush(queue, (worst, calls + 1, pushed, target, step))
        return settled

    def always(self, start: int, *, foreign_only: bool) -> set[int]:
        """Functions that run whenever ``start`` runs to its end: behind chains of direct calls always executed."""
        certain = {start}
        stack = [start]
        while stack:
            for link in self.links(stack.pop()):
                is_new = link.edge.callee not in certain and not (foreign_only and link.is_anchored)
                if is_new and is_certain(link):
                    certain.add(link.edge.callee)
                    stack.append(link.edge.callee)
        return certain

    def _link(self, edge: Edge) -> Link:
        function = self._reached.program.functions[edge.caller]
        site = self._classifier.of_call(function, edge.site)
        plain = state_of(edge.callee, is_local=edge.site.receiver is Receiver.LOCAL)
        inherited = state_of(edge.callee, is_local=True) if edge.site.receiver is Receiver.PARAMETER else plain
        is_anchored = self._classifier.anchor(function, edge.site.location) is not None
        label = self._label_at(function, edge.site.location) if self._label_at else NO_LABEL
        return Link(edge, (plain, inherited), site, (site.path_class, site.if_local), is_anchored, label)


def leading_to(reached: Reach, goals: Iterable[int]) -> set[int]:
    """The goals, and every function that some way leads from to a goal."""
    callers: dict[int, list[int]] = defaultdict(list)
    for caller, edges in reached.edges.items():
        for edge in edges:
            callers[edge.callee].append(caller)
    leading = set(goals)
    stack = list(leading)
    while stack:
        for caller in callers[stack.pop()]:
            if caller not in leading:
                leading.add(caller)
                stack.append(caller)
    return leading


def is_certain(link: Link) -> bool:
    """The call happens whenever its function runs to its end, and it has no other target."""
    return link.site.always and link.edge.site.kind is CallKind.DIRECT


def edges_to(state: int, arrivals: Mapping[int, Arrival]) -> list[Edge]:
    """The calls of the best way to a state, first call first."""
    edges: list[Edge] = []
    arrival = arrivals[state]
    while arrival.edge is not None:
        edges.append(arrival.edge)
        arrival = arrivals[arrival.parent]
    return edges[::-1]

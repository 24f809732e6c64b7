"""Whether the calls of a loop that may wait are calm: nothing is done by them but to look, to try and to pause.

What one body does is a fact (`ringfence.graphs.facts.Idle`); here the bodies are joined over the calls between them. A
virtual call is as calm as the least calm of its candidates. A function that calls itself is as calm as the rest of it;
what is not known, and functions that call each other, are not calm.
"""

from collections.abc import Iterator, Sequence

from ringfence.graphs.facts import CallSite, Idle, PathClass
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.program import Function
from ringfence.passes.clocks import reads_a_clock
from ringfence.passes.pauses import pause


class Calm:
    """Of one hot path; asked for each function once."""

    def __init__(self, hot_path: HotPath) -> None:
        self._hot_path = hot_path
        self._known: dict[int, Idle] = {}

    def of_call(self, function: Function, site: CallSite) -> Idle:
        """What one call does."""
        if pause(site) or reads_a_clock(site):
            return Idle.CALM
        return _joined([self._of(callee) for callee in self._callees(function, site)] or [Idle.BUSY])

    def _callees(self, function: Function, site: CallSite) -> Iterator[int]:
        edges = self._hot_path.reached.edges.get(function.id, ())
        return (edge.callee for edge in edges if edge.site is site)

    def _of(self, number: int) -> Idle:
        known = self._known.get(number)
        if known is None:
            self._known[number] = Idle.BUSY
            known = self._known[number] = self._of_body(self._hot_path.function(number))
        return known

    def _of_body(self, function: Function) -> Idle:
        facts = function.facts
        if facts.idle is Idle.BUSY:
            return Idle.BUSY
        followed = [site for site in facts.calls if facts.places[site.place].path_class is not PathClass.PANIC]
        others = [site for site in followed if function.id not in self._callees(function, site)]
        return _joined([facts.idle, *(self.of_call(function, site) for site in others)])


def _joined(parts: Sequence[Idle]) -> Idle:
    return Idle.BUSY if Idle.BUSY in parts else max(parts)

"""Whether the calls of a loop that may wait are calm: nothing is done by them but to look, to try and to pause.

What one body does is a fact (`ringfence.graphs.facts.Idle`); here the bodies are joined over the calls between them. A
virtual call is as calm as the least calm of its candidates. A function that calls itself is as calm as the rest of it;
what is not known, and functions that call each other, are not calm. A function that does something where it succeeds
(`ringfence.graphs.facts.Refusal`) is calm where it refuses.
"""

from collections.abc import Iterator, Sequence

from ringfence.graphs.facts import CallSite, Idle, PathClass, Wait
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.program import Function
from ringfence.passes.clocks import reads_a_clock
from ringfence.passes.pauses import pause


class Calm:
    """Of one hot path; asked for each function once."""

    def __init__(self, hot_path: HotPath) -> None:
        self._hot_path = hot_path
        self._known: dict[int, Idle] = {}

    def waits(self, function: Function, wait: Wait) -> bool:
        """Whether a loop waits, given what the functions do that it calls."""
        done = {number: self._in_turn(function, wait, number) for number in wait.calls}
        looks = not wait.reads or any(done.get(number, Idle.LOOKS) is not Idle.CALM for number in wait.reads)
        return looks and Idle.BUSY not in done.values()

    def _in_turn(self, function: Function, wait: Wait, number: int) -> Idle:
        """What a call does where the loop goes on."""
        site = function.facts.calls[number]
        idle = self._of_call(function, site)
        if idle is not Idle.BUSY:
            return idle
        staying = [(value, is_equal) for each, value, is_equal in wait.staying if each == number]
        callees = [self._hot_path.function(number) for number in self._callees(function, site)]
        refuses = bool(callees) and any(all(_refuses(each, stays) for each in callees) for stays in staying)
        return Idle.TRIES if refuses and all(map(self._calls_calmly, callees)) else Idle.BUSY

    def _calls_calmly(self, function: Function) -> bool:
        return Idle.BUSY not in [self._of_call(function, site) for site in _followed(function)]

    def _of_call(self, function: Function, site: CallSite) -> Idle:
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
        others = [site for site in _followed(function) if function.id not in self._callees(function, site)]
        return _joined([facts.idle, *(self._of_call(function, site) for site in others)])


def _refuses(function: Function, stays: tuple[int, bool]) -> bool:
    """Whether a function does nothing where it returns a value, or another one, and something everywhere else."""
    value, is_equal = stays
    refusal = function.facts.refusal
    if refusal is None or (refusal.refused == value) != is_equal:
        return False
    return all((done == value) != is_equal for done in refusal.done)


def _followed(function: Function) -> list[CallSite]:
    places = function.facts.places
    return [site for site in function.facts.calls if places[site.place].path_class is not PathClass.PANIC]


def _joined(parts: Sequence[Idle]) -> Idle:
    return Idle.BUSY if Idle.BUSY in parts else max(parts)

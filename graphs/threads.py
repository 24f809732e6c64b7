"""Threads that are started, and those of them that whoever starts them waits for.

A thread runs beside its starter: the call that starts it is below a root, what it runs is not. Where the starter also
waits for its end, that is on the root's time, and belongs to it.

1. *Start*: a call of an external function that begins a thread at one of its arguments (`contracts.ENTRY_OF_THREAD`).
2. *What it runs*: the entry that is passed, or what is handed over with it. An entry that calls through pointers
   (std's takes a boxed closure) may run whatever is a candidate of these calls; of them those count whose address, or
   vtable, is taken in the nearest function on the way to the start. Where that function starts several threads, an
   address belongs to the start with which it shares most inlined frames. Where nothing is handed over on some way from
   a root, it is the entry itself. An entry that is not passed as a constant is not known.
3. *Wait*: a call of an external function that comes back when a thread has ended (`contracts.WAITS_FOR_THREADS`), or
   the loop of ``std::thread::scope`` in which it waits for its threads.
4. A thread is *waited for* in a function that, behind a call that leads to its start, has a call that leads to a wait:
   there, and nowhere else, an edge leads from the first call to what the thread runs. *Behind* is what control can come
   to, unwinding apart. A way to a wait may go through anything but the drop of a trait object.

Which thread a wait is for is not looked at: a function that starts two and joins one is taken to wait for both.

Not handled: waiting for a thread by other means (a channel, a condition variable, a flag); what native code starts;
what an entry does itself beside calling what was handed over.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.graphs.contracts import WAITS_FOR_THREADS
from ringfence.graphs.facts import CallKind, CallSite, PathClass
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function, Program
from ringfence.graphs.reached import Edge, Reach, Start, is_drop

Target = tuple[int, str]
"""Module and symbol of a function."""

_SCOPE = "std::thread::scoped::scope"
_LIBRARIES = ("std::", "core::", "alloc::", "<std::", "<core::", "<alloc::")
_SCOPE_SYMBOL = re.compile(r"6thread6scoped5scope")

TargetsOf = Callable[[Function], frozenset[Target]]
"""What the pointers may be that an entry calls."""


@dataclass(frozen=True, slots=True)
class Waited:
    """What a thread runs, and the call in a function that waits for it that leads to its start."""

    function: int
    call: CallSite
    target: Target | None
    """None where it is not known."""

    @property
    def site(self) -> CallSite:
        """The edge from there."""
        return CallSite(CallKind.THREAD, "", self.call.place, self.call.location)


@dataclass(frozen=True, slots=True)
class Call:
    """A call by its function's number and its position there."""

    function: int
    position: int


def waited_for(reached: Reach, calls: "Calls", targets_of: TargetsOf) -> Iterator[Waited]:
    """The threads that are waited for by what was reached so far; those that were told before are told again."""
    waits = _Waits(reached, calls) if reached.starts else None
    if waits is None or not waits.are_there:
        return
    for start in reached.starts:
        for call, targets in _started(start, calls, targets_of):
            for waiting in _waiting(call, calls, waits):
                site = calls.function(waiting).facts.calls[waiting.position]
                yield from (Waited(waiting.function, site, target) for target in targets)


def _started(start: Start, calls: "Calls", targets_of: TargetsOf) -> Iterator[tuple[Call, tuple[Target | None, ...]]]:
    """Clause 2: the calls that start the thread and hand over what it runs, with what that is."""
    first = [Call(start.function, position) for position in calls.positions(start.function, start.site)]
    if start.entry is None:
        yield from ((call, (None,)) for call in first)
        return
    possible = targets_of(start.entry)
    entry = (start.entry.module, start.entry.facts.symbol)
    stack, seen, is_open = list(first), set(first), False
    while stack:
        call = stack.pop()
        handed = tuple(sorted(_handed(call, calls, possible))) if possible else ()
        if handed:
            yield call, handed
            continue
        callers = calls.callers(call.function)
        is_open = is_open or not callers
        new = [each for each in callers if each not in seen] if possible else []
        seen.update(new)
        stack += new
    if is_open or not possible:
        yield from ((call, (entry,)) for call in first)


def _handed(call: Call, calls: "Calls", possible: frozenset[Target]) -> Iterator[Target]:
    """What of the possible the call's function takes the address of for this call."""
    function = calls.function(call)
    places: dict[str, list[int]] = defaultdict(list)
    for address in function.facts.addresses:
        if function.facts.places[address.place].path_class is not PathClass.PANIC:
            places[address.symbol].append(address.location)
    for symbol, locations in places.items():
        found = possible.intersection(held_by(calls.program, function.module, symbol))
        if found and _is_nearest(function, call, calls.starting(call.function), locations):
            yield from found


def _is_nearest(function: Function, call: Call, rivals: Iterable[Call], locations: Sequence[int]) -> bool:
    """Whether no other call shares more frames with one of the places."""

    def nearness(each: Call) -> int:
        return max(_shared(function, location, each) for location in locations)

    return nearness(call) >= max(map(nearness, rivals), default=0)


def held_by(program: Program, module: int, symbol: str) -> set[Target]:
    """The functions that a symbol is, or holds."""
    facts = program.modules[module]
    held = facts.address_globals.get(symbol, (symbol,))
    located = ((program.locate(module, each), each) for each in held if each not in facts.address_globals)
    return {(module if where is None else where, each) for where, each in located}


def _shared(function: Function, location: int, call: Call) -> int:
    """How many inlined frames two places of a function stand in together, counted from the outside."""
    here, there = function.chain(location), function.chain(function.facts.calls[call.position].location)
    together = 0
    for one, other in zip(reversed(here), reversed(there), strict=False):
        if (one.subprogram, one.inlined_at) != (other.subprogram, other.inlined_at):
            break
        together += 1
    return together


def _waiting(call: Call, calls: "Calls", waits: "_Waits") -> Iterator[Call]:
    """Clause 4: the nearest calls on the ways to a start whose functions wait for the thread."""
    stack, seen = [call], {call}
    while stack:
        here = stack.pop()
        if waits.follow(here):
            yield here
            continue
        new = [each for each in calls.callers(here.function) if each not in seen]
        seen.update(new)
        stack += new


class Calls:
    """The calls of what was reached, by what they lead to. What a thread calls is none of its starter's calls."""

    def __init__(self, reached: Reach) -> None:
        self.program = reached.program
        self._positions: dict[int, dict[CallSite, list[int]]] = {}
        self._callers: dict[int, dict[tuple[int, CallSite], None]] = defaultdict(dict)
        for edge in _edges(reached):
            self._callers[edge.callee][edge.caller, edge.site] = None
        self._starting: dict[int, list[Call]] = defaultdict(list)
        for start in reached.starts:
            for position in self.positions(start.function, start.site):
                self._starting[start.function].append(Call(start.function, position))
        for call in self._leading({start.function for start in reached.starts}):
            self._starting[call.function].append(call)

    def function(self, call: Call) -> Function:
        """Who makes a call."""
        return self.program.functions[call.function]

    def positions(self, function: int, site: CallSite) -> Sequence[int]:
        """Where a call stands among its function's; an equal one may stand there several times."""
        known = self._positions.get(function)
        if known is None:
            known = self._positions[function] = defaultdict(list)
            for position, each in enumerate(self.program.functions[function].facts.calls):
                known[each].append(position)
        return known.get(site, ())

    def callers(self, function: int) -> list[Call]:
        """The calls of a function."""
        sites = self._callers.get(function, {})
        return [Call(caller, position) for caller, site in sites for position in self.positions(caller, site)]

    def starting(self, function: int) -> list[Call]:
        """The calls of a function that start a thread, or lead to a start."""
        return self._starting[function]

    def _leading(self, goals: Iterable[int]) -> Iterator[Call]:
        stack = sorted(goals)
        seen = set(stack)
        while stack:
            for call in self.callers(stack.pop()):
                yield call
                if call.function not in seen:
                    seen.add(call.function)
                    stack.append(call.function)


class _Waits:
    """Clause 3, and what leads to a wait."""

    def __init__(self, reached: Reach, calls: Calls) -> None:
        self._reached = reached
        self._calls = calls
        self._has_scope: dict[int, bool] = {}
        self._positions: dict[int, tuple[int, ...]] = {}
        self._own = {number: tuple(self._waits_of(number)) for number in sorted(reached.functions)}
        self._leading = leading_to(reached, (number for number, positions in self._own.items() if positions))

    @property
    def are_there(self) -> bool:
        """Whether anything that was reached waits for threads."""
        return bool(self._leading)

    def follow(self, call: Call) -> bool:
        """Whether control can come from a call to one of its function's that leads to a wait."""
        function = self._calls.function(call)
        return any(is_behind(function, call.position, each) for each in self._of(call.function))

    def _of(self, number: int) -> tuple[int, ...]:
        known = self._positions.get(number)
        if known is None:
            edges = (edge for edge in self._reached.edges.get(number, ()) if edge.callee in self._leading)
            sites = {edge.site for edge in edges if may_wait(edge)}
            there = (position for site in sites for position in self._calls.positions(number, site))
            known = self._positions[number] = tuple(sorted({*there, *self._own[number]}))
        return known

    def _waits_of(self, number: int) -> Iterator[int]:
        function = self._reached.program.functions[number]
        waiting = {call.site for call in self._reached.externals.get(number, ()) if call.symbol in WAITS_FOR_THREADS}
        is_scope = self._may_be_scope(function)
        for position, site in enumerate(function.facts.calls if waiting or is_scope else ()):
            if site in waiting or (is_scope and _is_in_the_loop_of_scope(function, site)):
                yield position

    def _may_be_scope(self, function: Function) -> bool:
        """Whether its module has the code of a scope at all."""
        known = self._has_scope.get(function.module)
        if known is None:
            known = any(_SCOPE_SYMBOL.search(each.name) for each in function.where.subprograms)
            self._has_scope[function.module] = known
        return known


def _edges(reached: Reach) -> Iterator[Edge]:
    """All but those to what a thread runs."""
    for edges in reached.edges.values():
        yield from (edge for edge in edges if edge.site.kind is not CallKind.THREAD)


def may_wait(edge: Edge) -> bool:
    """A way to a wait may lead there; a trait object of which only the drop is known may be of any type."""
    return edge.site.kind is not CallKind.THREAD and not is_drop(edge.site)


def leading_to(reached: Reach, goals: Iterable[int], is_way: Callable[[Edge], bool] | None = None) -> set[int]:
    """The goals, and every function that some way to a wait leads from to a goal."""
    callers: dict[int, list[int]] = defaultdict(list)
    for edge in filter(is_way or may_wait, _edges(reached)):
        callers[edge.callee].append(edge.caller)
    leading = set(goals)
    stack = list(leading)
    while stack:
        new = set(callers[stack.pop()]) - leading
        leading |= new
        stack += new
    return leading


def _is_in_the_loop_of_scope(function: Function, site: CallSite) -> bool:
    """The loop of the library's own in which a scope waits; what the user's closure does stands in its frames, too."""
    if not function.facts.places[site.place].loop_depth:
        return False
    for frame in function.chain(site.location):
        name = without_generics(function.name_of(frame))
        if name == _SCOPE:
            return True
        if not name.startswith(_LIBRARIES):
            return False
    return False


def is_behind(function: Function, first: int, second: int) -> bool:
    """Whether control can come from one call of a function to another, or again to the same one. Where the order is
    not known, it can to any other."""
    facts = function.facts
    if any(facts.places[facts.calls[each].place].path_class is PathClass.PANIC for each in (first, second)):
        return False
    flow = facts.flow
    if flow is None:
        return first != second
    rows = {number: (block, row) for row, (block, number) in enumerate(flow.events) if number in (first, second)}
    if len(rows) < len({first, second}):
        return first != second
    (start, before), (end, after) = rows[first], rows[second]
    return (start == end and before < after) or end in _behind(flow.successors, start)


def _behind(successors: Sequence[Sequence[int]], start: int) -> set[int]:
    """The blocks that control can come to from the end of a block."""
    seen: set[int] = set()
    stack = [start]
    while stack:
        new = set(successors[stack.pop()]) - seen
        seen |= new
        stack += new
    return seen

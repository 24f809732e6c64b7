"""Work that a library hands to its threads and waits for: the jobs of a pool.

A pool's threads run long before a job is given to them, so no start leads to it (`ringfence.graphs.threads`). What
tells a job is that one library makes an object of its own trait of it, and then waits:

1. *Job*: a function whose address is taken, or a method of a vtable that is named, where it implements a trait of a
   library: ``<HeapJob<F> as rayon_core::job::Job>::execute``, ``<F as threadpool::FnBox>::call_box``.
2. *Wait*: a call in the code of that library that leads to a condition variable, to ``park`` or to the receiving end of
   a channel. The sending end waits for room, not for a job.
3. A job is *waited for* in a function where such a wait may come behind it, as a thread is: then an edge leads from
   there to the job.

Not handled: a pool whose jobs are plain ``Box<dyn FnOnce()>``, or functions; which of several jobs a wait is for.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from ringfence.graphs.facts import CallKind, CallSite, PathClass
from ringfence.graphs.names import crate_of, display_name, trait_method, without_generics
from ringfence.graphs.program import Function, Program
from ringfence.graphs.reached import Edge, Reach
from ringfence.graphs.threads import Calls, Target, Waited, held_by, is_behind, leading_to, may_wait

_STANDARD = frozenset({"", "core", "alloc", "std"})
_WAITS = re.compile(r"7condvar\w*7Condvar\w*4wait|7Condvar4wait|6thread\w*4park|mp[ms]c\w*(?:4recv|12recv_timeout)")


_SENDS = re.compile(r"mp[ms]c\w*(?:4send|8try_send|12send_timeout)")


def jobs_waited_for(reached: Reach, calls: Calls) -> Iterator[Waited]:
    """The jobs that are waited for by what was reached so far; those that were told before are told again."""
    waits = _Waits(reached, calls)
    crates = {
        (module, vtable.symbol): _crate_of_trait(f"{vtable.name}::method")
        for module, vtable in reached.program.vtables()
        if vtable.name
    }
    for number in sorted(reached.functions) if waits.crates else ():
        function = reached.program.functions[number]
        for address in function.facts.addresses:
            if function.facts.places[address.place].path_class is PathClass.PANIC:
                continue
            at = CallSite(CallKind.THREAD, "", address.place, address.location)
            for target in sorted(held_by(reached.program, function.module, address.symbol)):
                made = crates.get((function.module, address.symbol), "")
                for crate in sorted(waits.crates.intersection({made, *_crates_of(reached.program, target)})):
                    yield from _waiting(function, at, target, crate, calls, waits)


def _crates_of(program: Program, target: Target) -> set[str]:
    """The libraries whose traits a function implements, itself or under the names of bodies folded into it."""
    module, symbol = target
    facts = program.modules.get(module)
    return {_crate_of_trait(display_name(each)) for each in (symbol, *(facts.twins.get(symbol, ()) if facts else ()))}


@cache
def _crate_of_trait(path: str) -> str:
    """The library whose trait a method implements; empty for the standard library's, and where it is no method."""
    qualified = trait_method(path)
    crate = crate_of(f"{without_generics(qualified[1])}::method") if qualified else ""
    return "" if crate in _STANDARD else crate


def _waiting(
    function: Function, at: CallSite, target: Target, crate: str, calls: Calls, waits: "_Waits"
) -> Iterator[Waited]:
    """Clause 3: the nearest functions on the ways to where the job is made that wait behind it."""
    if waits.of(function.id, crate):
        yield Waited(function.id, at, target)
        return
    stack = calls.callers(function.id)
    seen = set(stack)
    while stack:
        here = stack.pop()
        caller = calls.function(here)
        if any(is_behind(caller, here.position, each) for each in waits.of(here.function, crate)):
            yield Waited(here.function, caller.facts.calls[here.position], target)
            continue
        new = [each for each in calls.callers(here.function) if each not in seen]
        seen.update(new)
        stack += new


class _Waits:
    """Clause 2: by function and library, the positions of the calls that wait."""

    def __init__(self, reached: Reach, calls: Calls) -> None:
        functions = reached.program.functions
        own = {number: list(_own_waits(functions[number])) for number in sorted(reached.functions)}

        def is_way(edge: Edge) -> bool:
            return may_wait(edge) and not _sends(functions[edge.caller], edge.site)

        leading = leading_to(reached, (number for number, positions in own.items() if positions), is_way)
        self._found: dict[tuple[int, str], list[int]] = defaultdict(list)
        for number in sorted(leading):
            led = {edge.site for edge in reached.edges.get(number, ()) if edge.callee in leading and is_way(edge)}
            positions = {at for site in led for at in calls.positions(number, site)}.union(own.get(number, ()))
            for position in sorted(positions):
                for crate in _crates_at(reached.program.functions[number], position):
                    self._found[number, crate].append(position)
        self.crates = frozenset(crate for _, crate in self._found)

    def of(self, number: int, crate: str) -> list[int]:
        """In the code of one library."""
        return self._found.get((number, crate), [])


@cache
def _is_sending(symbol: str) -> bool:
    return _SENDS.search(symbol) is not None


def _sends(function: Function, site: CallSite) -> bool:
    """Whether a call stands in the code of a channel's sending end."""
    frames = function.chain(site.location)
    return _is_sending(function.facts.symbol) or any(_is_sending(function.symbol_of(frame)) for frame in frames)


def _own_waits(function: Function) -> Iterator[int]:
    for position, site in enumerate(function.facts.calls):
        if _WAITS.search(site.callee) and not _sends(function, site):
            yield position


def _crates_at(function: Function, position: int) -> set[str]:
    """The libraries in whose code a call stands, or that it enters."""
    site = function.facts.calls[position]
    if function.facts.places[site.place].path_class is PathClass.PANIC:
        return set()
    names = [function.name_of(frame) for frame in function.chain(site.location)]
    entered = [display_name(site.callee)] if site.callee else []
    return {crate_of(without_generics(name)) for name in (*names, *entered)} - _STANDARD

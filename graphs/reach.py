"""Everything that the roots can reach, to a fixed point: modules are read when a reached call needs them.

One wave follows the direct calls of all functions that are new, asks for the modules that they need, together, and
goes on. When no direct call is left, indirect calls are resolved against what is known by then; new candidates start
the next wave. It ends when nothing new appears and no module was read since the calls were resolved.

A call in a block of class *panic* is followed only on request: whatever lies behind it is panic as well. Which of these
calls panic is asked separately (`ringfence.graphs.panics`).

What a thread runs is followed only where the thread is waited for (`ringfence.graphs.threads`): looked for when nothing
else is new.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.graphs.candidates import Resolution
from ringfence.graphs.contracts import ENTRY_OF_THREAD, Effect
from ringfence.graphs.dispatch import Dispatch
from ringfence.graphs.effects import effect_of, effect_of_body, is_allocator, is_never_followed
from ringfence.graphs.facts import CallKind, CallSite, PathClass
from ringfence.graphs.jobs import jobs_waited_for
from ringfence.graphs.panics import IsOwnFunction, PanicFinder, Panics, is_panic_handler
from ringfence.graphs.program import Binding, Function, Program
from ringfence.graphs.reached import Edge, ExternalCall, Reach, Start
from ringfence.graphs.registries import is_never_made
from ringfence.graphs.threads import Calls, Target, Waited, waited_for


def reach(
    program: Program,
    roots: Iterable[Function],
    dispatch: Dispatch,
    *,
    follow_panic: bool,
    panics_of: IsOwnFunction | None = None,
) -> Reach:
    """Run to the fixed point; the order of the roots does not matter for the result. ``panics_of`` tells the user's own
    functions, where somebody asks what can panic: then every body is read, also those whose names tell the rest."""
    reached = Reach(program, reads_every_body=panics_of is not None)
    indirect: list[tuple[Function, int]] = []
    threads = _Threads(reached, dispatch)
    fresh = sorted(roots, key=lambda function: function.id)
    read = -1
    while fresh or read != len(program.modules):
        while fresh:
            fresh = _follow_direct(reached, fresh, indirect, dispatch, follow_panic=follow_panic)
        read = len(program.modules)
        fresh = _follow_indirect(reached, indirect, dispatch) or threads.follow()
    if panics_of is not None:
        _add_panics(reached, PanicFinder(program, panics_of).find(reached.functions))
    for edges in reached.edges.values():
        edges.sort(key=lambda edge: (edge.callee, edge.site.place, edge.site.location))
    return reached


def _add_panics(reached: Reach, panics: Panics) -> None:
    """Keep what was found, with the edges to functions of the user's own that panic."""
    reached.panics = panics
    leading: set[int] = set()
    for caller, calls in panics.into_own.items():
        for site, callee in calls:
            known = [edge for edge in reached.edges.get(caller, ()) if edge.site is site]
            if not known:
                known = [Edge(reached.edge_count, caller, callee.id, site)]
                reached.edges[caller] += known
                reached.edge_count += 1
                reached.functions.update((caller, callee.id))
            leading.update(edge.number for edge in known)
    functions = reached.program.functions
    reached.beyond_panics = {
        edge.number
        for caller, edges in reached.edges.items()
        for edge in edges
        if functions[caller].facts.places[edge.site.place].path_class is PathClass.PANIC and edge.number not in leading
    }


def _followed(function: Function, *, follow_panic: bool) -> Iterator[tuple[int, CallSite]]:
    places = function.facts.places
    for position, site in enumerate(function.facts.calls):
        if follow_panic or places[site.place].path_class is not PathClass.PANIC:
            yield position, site


def _follow_direct(
    reached: Reach,
    fresh: Sequence[Function],
    indirect: list[tuple[Function, int]],
    dispatch: Dispatch,
    *,
    follow_panic: bool,
) -> list[Function]:
    program = reached.program
    calls: list[tuple[Function, CallSite, str, int | None]] = []
    for function in fresh:
        if function.id in reached.functions:
            continue
        reached.functions.add(function.id)
        followed = 0
        for position, site in _followed(function, follow_panic=follow_panic):
            followed += 1
            if site.kind is CallKind.DIRECT:
                calls.append((function, site, site.callee, _module_of(reached, function.module, site.callee)))
            elif _has_candidates(program, function, site):
                indirect.append((function, position))
            if _starts_thread(program, function, site):
                reached.starts.append(Start(function.id, site, _entry(program, function, site)))
            elif site.kind is CallKind.DIRECT and site.passed and program.is_opaque(function.module, site.callee):
                handed = _handed_over(program, function, site)
                calls.extend(
                    (function, call, symbol, program.locate(module, symbol)) for call, module, symbol in handed
                )
        reached.panic_calls_not_followed += len(function.facts.calls) - followed
        for site, symbol in _called_where_taken(function, dispatch, follow_panic=follow_panic):
            calls.append((function, site, symbol, program.locate(function.module, symbol)))
    program.load(module for *_, module in calls if module is not None)
    return [
        callee for function, site, symbol, module in calls if (callee := _link(reached, function, site, symbol, module))
    ]


def _has_candidates(program: Program, caller: Function, site: CallSite) -> bool:
    is_pointer = site.kind is not CallKind.ASSEMBLY and not program.is_native(caller.module)
    return is_pointer and not is_never_made(program, caller, site)


def _starts_thread(program: Program, caller: Function, site: CallSite) -> bool:
    is_known = site.kind is CallKind.DIRECT and site.callee in ENTRY_OF_THREAD and site.callee not in program.assumed
    return is_known and program.is_opaque(caller.module, site.callee)


def _entry(program: Program, caller: Function, site: CallSite) -> Function | None:
    """What a thread begins in, where it is passed as a constant."""
    bound = {position: (module, symbol) for position, module, symbol in _bindings(caller, site)}
    entry = bound.get(ENTRY_OF_THREAD[site.callee])
    return _read(program, entry) if entry else None


def _read(program: Program, target: Target) -> Function | None:
    module, symbol = target
    located = program.locate(module, symbol)
    program.load([] if located is None else [located])
    return None if located is None else program.function(located, symbol)


@dataclass(slots=True)
class _Threads:
    """Follows what threads run that are waited for."""

    reached: Reach
    dispatch: Dispatch
    told: set[Waited] = field(default_factory=set[Waited])
    possible: dict[int, frozenset[Target]] = field(default_factory=dict[int, frozenset[Target]])

    def follow(self) -> list[Function]:
        """What they run, as far as it was not told before."""
        fresh: list[Function] = []
        calls = Calls(self.reached)
        found = {*waited_for(self.reached, calls, self._targets_of), *jobs_waited_for(self.reached, calls)}
        for waited in sorted(found - self.told, key=_order):
            self.told.add(waited)
            callee = self._linked(waited)
            fresh += [callee] if callee else []
        return fresh

    def _linked(self, waited: Waited) -> Function | None:
        program = self.reached.program
        caller = program.functions[waited.function]
        if waited.target is None:
            position = caller.facts.calls.index(waited.call)
            self.reached.resolutions.setdefault((caller.id, position), Resolution((), followed=False))
            return None
        if _read(program, waited.target) is None:
            return None
        module, symbol = waited.target
        return _link(self.reached, caller, waited.site, symbol, module)

    def _targets_of(self, entry: Function) -> frozenset[Target]:
        """The candidates of the calls through pointers that an entry makes, itself or in what it calls directly."""
        known = self.possible.get(entry.id)
        if known is None:
            known = self.possible[entry.id] = frozenset(self._candidates(entry))
        return known

    def _candidates(self, entry: Function) -> Iterator[Target]:
        program, apart = self.reached.program, Reach(self.reached.program, glue=self.reached.glue)
        indirect: list[tuple[Function, int]] = []
        fresh = [entry]
        while fresh:
            fresh = _follow_direct(apart, fresh, indirect, self.dispatch, follow_panic=False)
        sites = [(function, function.facts.calls[position]) for function, position in indirect]
        program.load({module for each in sites for module in self.dispatch.wanted(*each)})
        for each in sites:
            yield from ((one.module, one.symbol) for one in self.dispatch.resolve(*each).candidates)


def _order(waited: Waited) -> tuple[int, int, int, Target]:
    return waited.function, waited.call.place, waited.call.location, waited.target or (-1, "")


_ONLY_REGISTERS = frozenset({"__cxa_thread_atexit_impl", "__cxa_atexit", "atexit", "pthread_key_create", "sigaction"})


def _handed_over(program: Program, caller: Function, site: CallSite) -> Iterator[tuple[CallSite, int, str]]:
    """Functions that a call hands to foreign code, itself or in a table: it is taken to call them, unless the project
    says what it does."""
    call = CallSite(CallKind.POINTER, "", site.place, site.location)
    is_called = site.callee not in _ONLY_REGISTERS and site.callee not in program.assumed
    for _, module, symbol in _bindings(caller, site) if is_called else ():
        held = program.modules[module].address_globals.get(symbol, (symbol,))
        yield from ((call, module, each) for each in held if each not in program.modules[module].address_globals)


def _module_of(reached: Reach, caller: int, symbol: str) -> int | None:
    """The module to read for a callee; none where the name tells all that a module not read so far would."""
    program = reached.program
    if symbol in program.assumed or is_allocator(symbol) or _is_an_end(symbol):
        return None
    module = program.locate(caller, symbol)
    is_known = module is not None and module not in program.modules and effect_of_body(symbol) in _TOLD_BY_NAME
    return None if is_known and not reached.reads_every_body else module


def _is_an_end(symbol: str) -> bool:
    """Whether a function is not followed, whatever is asked. What the panic handler does (it prints, unwinds, aborts)
    is the same for every panic: that there is one is told."""
    return is_never_followed(symbol) or is_panic_handler(symbol)


_TOLD_BY_NAME = frozenset({Effect.REALLOCATES, Effect.FREES, Effect.LOCKS, Effect.NONE})


def _called_where_taken(
    function: Function, dispatch: Dispatch, *, follow_panic: bool
) -> Iterator[tuple[CallSite, str]]:
    places = function.facts.places
    logged = {_line(function, site.location) for site in function.facts.calls if is_logging(site)}
    for address in function.facts.addresses:
        if places[address.place].path_class is PathClass.PANIC and not follow_panic:
            continue
        if logged and _line(function, address.location) in logged:
            # The arguments of a log line are formatted by the logger, if at all.
            continue
        for symbol in dispatch.calls_where_taken(function.module, address.symbol):
            yield CallSite(CallKind.POINTER, "", address.place, address.location), symbol


def _link(reached: Reach, caller: Function, site: CallSite, symbol: str, module: int | None) -> Function | None:
    """Add the edge, or the external call; the callee where there is one."""
    program = reached.program
    assumption = program.assumed.get(symbol)
    if assumption is not None:
        said = (ExternalCall(site, symbol, effect, assumption=assumption) for effect in assumption.effects)
        reached.externals[caller.id].extend(said)
        return None
    has_body = module is not None and not _is_an_end(symbol)
    callee = program.function(module, symbol) if module is not None and has_body else None
    if callee is None:
        attributes = program.attributes_of(caller.module, symbol)
        unreadable = module in program.unreadable
        effect = Effect.TERMINATES if is_panic_handler(symbol) else effect_of(symbol, attributes)
        reached.externals[caller.id].append(ExternalCall(site, symbol, effect, unreadable))
        return None
    if site.passed or caller.bindings:
        callee = program.specialised(callee, _bindings(caller, site))
    dropped = reached.glue.dropped_by(caller, site, callee)
    if dropped:
        callee = program.dropping(callee, dropped)
    reached.edges[caller.id].append(Edge(reached.edge_count, caller.id, callee.id, site))
    reached.edge_count += 1
    return callee


def _bindings(caller: Function, site: CallSite) -> Iterator[Binding]:
    """What a call passes to its callee, as far as it is known."""
    for position, symbol in site.passed:
        yield position, caller.module, symbol
    for position, parameter in site.forwarded:
        bound = caller.bound(parameter)
        if bound is not None:
            yield position, *bound


def _follow_indirect(reached: Reach, indirect: Sequence[tuple[Function, int]], dispatch: Dispatch) -> list[Function]:
    program = reached.program
    calls = [
        (function, position, function.facts.calls[position])
        for function, position in indirect
        if reached.resolved_at.get((function.id, position)) != len(program.modules)
    ]
    program.load({module for function, _, site in calls for module in dispatch.wanted(function, site)})
    fresh: list[Function] = []
    for function, position, site in calls:
        reached.resolved_at[function.id, position] = len(program.modules)
        resolution = dispatch.resolve(function, site)
        before = reached.resolutions.get((function.id, position))
        if before == resolution:
            continue
        known = {(each.module, each.symbol) for each in before.candidates} if before else set[tuple[int, str]]()
        reached.resolutions[function.id, position] = resolution
        candidates = resolution.candidates if resolution.followed else ()
        new = [each for each in candidates if (each.module, each.symbol) not in known]
        modules = [_module_of(reached, each.module, each.symbol) for each in new]
        program.load(module for module in modules if module is not None)
        for candidate, module in zip(new, modules, strict=True):
            callee = _link(reached, function, site, candidate.symbol, module)
            if callee is not None:
                fresh.append(callee)
    return fresh


def is_logging(site: CallSite) -> bool:
    """Whether a call hands a record to the program's logger."""
    return site.kind is CallKind.DIRECT and effect_of_body(site.callee) is Effect.LOGS


def _line(function: Function, location: int) -> tuple[int, int]:
    """File and line of the outermost frame: the line of this function that an event belongs to."""
    chain = function.chain(location)
    return (chain[-1].file, chain[-1].line) if chain else (-1, 0)

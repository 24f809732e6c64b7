"""The whole way of an audit, on one screen: cargo, modules, facts, program, hot path, findings, report."""

import datetime
import gc
import resource
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from ringfence.graphs.dispatch import Dispatch
from ringfence.graphs.hotpath import Anchored, HotPath
from ringfence.graphs.liveness import Liveness, Users
from ringfence.graphs.names import crate_of
from ringfence.graphs.pointer_calls import Build
from ringfence.graphs.program import Function, Program
from ringfence.graphs.reach import reach
from ringfence.graphs.reached import Reach
from ringfence.passes.judge import RULES, Judged, findings_and_ways, judged
from ringfence.passes.memory import Memory, memory_of
from ringfence.passes.memory_rules import ABOUT_TYPES
from ringfence.passes.rule import Finding, Level, Location
from ringfence.passes.sink import Sink
from ringfence.pipeline.allow import allowed
from ringfence.pipeline.assume import Assumed, assumed
from ringfence.pipeline.build import Built, Request, build_or_open
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.config import NEVER
from ringfence.pipeline.coverage import coverage_of, with_accesses
from ringfence.pipeline.declared import declared_in_vain
from ringfence.pipeline.entry_points import Discovered, EntryPoints
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.layout_facts import hot_layout, touched_in
from ringfence.pipeline.levels import Levels, RuleLevel, allowed_by_level, silenced, with_level
from ringfence.pipeline.library import Library
from ringfence.pipeline.module_source import ModuleSource, Origin
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.propose import message, proposals
from ringfence.pipeline.report.compose import RootResult, build_report
from ringfence.pipeline.report.model import Report
from ringfence.pipeline.roots import Miss, Root, RootPattern
from ringfence.pipeline.store import store_if
from ringfence.pipeline.threads import THREAD
from ringfence.pipeline.workers import WorkerPool


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """What the user asked for."""

    selection: Selection
    roots: tuple[str, ...] = ()
    ir: tuple[Path, ...] = ()
    config: Path | None = None
    strict: bool = False
    levels: Levels = field(default_factory=dict[str, RuleLevel])
    """How loud rules are, before what the configuration says."""
    elided: bool = False
    """Tell the allocations that LLVM removed."""
    layout_all: bool = False
    emit_text: bool = False
    use_cache: bool = True
    workers: int = 1
    workspace: Path | None = None
    """Where the sources of ``ir`` lie; the current folder where it is not given."""

    @property
    def build(self) -> Request:
        """The part that decides which modules there are."""
        return Request(
            self.selection, self.roots, self.ir, self.config, self.layout_all, self.emit_text, self.workspace
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of an audit took, for `make bench`."""

    name: str
    wall_seconds: float
    cpu_seconds: float
    """User and system time of this process and of its children that ended."""


@dataclass(slots=True)
class Clock:
    """Collects the steps of one audit."""

    steps: list[Step] = field(default_factory=list[Step])
    worker_peak_bytes: int = 0
    modules_read: list[tuple[str, int, int]] = field(default_factory=list[tuple[str, int, int]])
    """Path, offset and size of each."""

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        """Time a step."""
        wall, cpu = time.monotonic(), _cpu_seconds()
        yield
        self.steps.append(Step(name, time.monotonic() - wall, _cpu_seconds() - cpu))

    def split(self, inner: str, outer: str, seconds: float) -> None:
        """Tell the last step, ``outer``, from what it waited for: this process is busy while it does not wait."""
        whole = self.steps.pop()
        rest = whole.wall_seconds - seconds
        self.steps += [Step(inner, seconds, max(whole.cpu_seconds - rest, 0.0)), Step(outer, rest, rest)]


@dataclass(frozen=True)
class Linked:
    """Modules, program and the functions to audit."""

    built: Built
    library: Library
    program: Program
    roots: tuple[Root | Miss, ...]
    assumed: Assumed
    today: datetime.date

    @property
    def functions(self) -> list[Function]:
        """The roots that were found, each once."""
        found = {root.function.id: root.function for root in self.roots if isinstance(root, Root)}
        return list(found.values())

    @property
    def event_loops(self) -> frozenset[int]:
        """The roots that were found, by number, of which only the loops run for each event."""
        found = (root for root in self.roots if isinstance(root, Root))
        return frozenset(
            root.function.id for root in found if root.pattern.event_loop or root.function.facts.stops_at_flag
        )

    @property
    def never_panic(self) -> frozenset[int]:
        """The roots that were found, by number, that the project says may never panic."""
        found = (root for root in self.roots if isinstance(root, Root))
        return frozenset(root.function.id for root in found if root.pattern.never_panics)

    def is_own_type(self, name: str) -> bool:
        """Whether a type is the user's own: of the user's crates, or of one that defines a root."""
        crate = crate_of(name)
        return bool(crate) and (self.built.is_own_crate(crate) or crate in self._crates_of_roots)

    @cached_property
    def _crates_of_roots(self) -> frozenset[str]:
        return frozenset(crate_of(function.name) for function in self.functions)

    @property
    def threads(self) -> dict[int, str]:
        """The thread of each root for which the project says it, or that was found as what a thread runs, by number."""
        found = [root for root in self.roots if isinstance(root, Root)]
        started = {
            root.function.id: root.pattern.text.removeprefix(THREAD)
            for root in found
            if root.pattern.text.startswith(THREAD)
        }
        return started | {root.function.id: root.pattern.thread for root in found if root.pattern.thread}


def run_audit(request: AuditRequest, progress: Progress, clock: Clock | None = None) -> Report:
    """Build, analyse and judge. Raises `RingfenceError` for what the user can mend."""
    with uncollected():
        return _run(request, progress, clock or Clock())


@contextmanager
def uncollected() -> Generator[None]:
    """Records by the hundred thousand and no cycles among them: the cyclic collector would only look in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Way:
    """A finding, with the root and the way that it was found by."""

    root: Function
    finding: Finding
    best: Anchored[Sink]


@dataclass(frozen=True, slots=True)
class Analysed:
    """An audit before its report."""

    linked: Linked
    hot_path: HotPath
    memory: Memory
    sinks: Judged
    ways: tuple[Way, ...]


def _run(request: AuditRequest, progress: Progress, clock: Clock) -> Report:
    analysed = analyse(request, progress, clock)
    with clock.step("report"):
        return report_of(request, analysed)


def analyse(request: AuditRequest, progress: Progress, clock: Clock) -> Analysed:
    """Everything up to the findings. Raises `RingfenceError`."""
    with clock.step("cargo"):
        built = build_or_open(request.build, progress)
    pool = WorkerPool(request.workers)
    with clock.step("index"):
        library = index(request, built, pool, progress)
    with clock.step("link"), closing(pool):
        linked = link(request, built, library)
        if not linked.roots:
            raise UsageError(message(proposals(built.own_packages)))
        reached = _reach(linked, follow_panic=request.strict or built.config.strict)
    clock.split("read", "link", library.reading_seconds)
    clock.worker_peak_bytes = pool.peak_bytes
    clock.modules_read = [_span(library.sources[number]) for number in sorted(linked.program.modules)]
    with clock.step("passes"):
        hot_path = HotPath(reached, built.own_files(map(file_of, linked.functions)), linked.event_loops)
        options = built.config.rules
        memory = memory_of(
            hot_path, linked.functions, linked.threads, linked.is_own_type, options, built.description.target or ""
        )
        sinks = judged(hot_path, memory=memory, elided=request.elided, options=options)
        ways = tuple(_judge(linked, sinks, levels_of(request, built)))
    progress.close()
    return Analysed(linked, hot_path, memory, sinks, ways)


def list_entries(request: AuditRequest, progress: Progress) -> tuple[RootResult, ...]:
    """The functions that the patterns and markers resolve to, and the patterns that resolve to nothing."""
    built = build_or_open(request.build, progress)
    with closing(WorkerPool(request.workers)) as pool:
        linked = link(request, built, index(request, built, pool, progress))
    progress.close()
    return tuple(_result(root, built) for root in linked.roots)


def discover_entries(request: AuditRequest, progress: Progress) -> tuple[list[Discovered], Built]:
    """The functions of the user's own crates that look like entry points."""
    built = build_or_open(request.build, progress)
    with closing(WorkerPool(request.workers)) as pool:
        library = index(request, built, pool, progress)
        program = Program(library.symbols, library.read, native=library.native)
        found = EntryPoints(built, library, program).discover()
    progress.close()
    return found, built


def hot_path_of(request: AuditRequest, progress: Progress) -> tuple[Linked, HotPath]:
    """What the roots reach, not judged: for those who ask the graph itself; nothing where there is no root. Raises
    `RingfenceError` for what the user can mend."""
    with uncollected():
        built = build_or_open(request.build, progress)
        with closing(WorkerPool(request.workers)) as pool:
            linked = link(request, built, index(request, built, pool, progress))
            reached = _reach(linked, follow_panic=request.strict)
        progress.close()
        return linked, HotPath(reached, built.own_files(map(file_of, linked.functions)), linked.event_loops)


def index(request: AuditRequest, built: Built, pool: WorkerPool, progress: Progress) -> Library:
    """All modules with their symbols; none is parsed."""
    return Library(built.sources, store_if(wanted=request.use_cache), pool, progress)


def link(request: AuditRequest, built: Built, library: Library) -> Linked:
    """Find the roots among the symbols."""
    today = datetime.datetime.now(tz=datetime.UTC).date()
    entries = built.config.assume
    said = assumed(entries, library.symbols.mentioned() if entries else (), today)
    program = Program(library.symbols, library.read, native=library.native, assumed=said.of_symbol)
    entry_points = EntryPoints(built, library, program)
    roots = entry_points.find(_patterns(request, built))
    return Linked(built, library, program, tuple(roots), said, today)


def _patterns(request: AuditRequest, built: Built) -> list[RootPattern]:
    declared = [
        RootPattern(root.path, root.budget_ns, root.reason, root.event_loop, root.thread, root.panics == NEVER)
        for root in built.config.roots
    ]
    known = {pattern.text for pattern in declared}
    return declared + [RootPattern(text) for text in dict.fromkeys(request.roots) if text not in known]


def _reach(linked: Linked, *, follow_panic: bool) -> Reach:
    built, library = linked.built, linked.library
    own = [number for crate in sorted(built.own_crates) for number in library.modules_of(crate)]

    def modules_of(crate: str) -> Sequence[int]:
        return own if built.is_own_crate(crate) else library.modules_of(crate)

    liveness = _liveness(linked)
    modules = Build(library.with_ir(), library.standard, library.parameters, is_library=_is_library(linked))
    at = built.files.method_at
    dispatch = Dispatch(linked.program, library.functions, at, built.is_own_crate, modules_of, liveness, build=modules)
    is_own = built.own_files(map(file_of, linked.functions))
    is_asked = follow_panic or linked.never_panic
    return reach(
        linked.program,
        linked.functions,
        dispatch,
        follow_panic=follow_panic,
        panics_of=(lambda function: is_own(file_of(function))) if is_asked else None,
    )


def _is_library(linked: Linked) -> bool:
    said = linked.built.is_library
    return linked.library.exports_rust if said is None else said


def _liveness(linked: Linked) -> Liveness:
    """Whoever uses a library of the user's own may call what it exports and, through code of it that is generic or
    inlined, what its dependencies do; of a program others see the plain names."""
    library, is_library = linked.library, _is_library(linked)
    of = {Origin.OWN: Users.FOREIGN}
    if is_library:
        of = {Origin.OWN: Users.ANY, Origin.DEPENDENCY: Users.ANY}
    return Liveness(
        linked.program,
        library.symbols,
        lambda module: of.get(library.sources[module].origin, Users.NONE),
        linked.functions,
        is_library=is_library,
    )


def _judge(linked: Linked, sinks: Judged, levels: Levels) -> Iterator[Way]:
    never_panic = linked.never_panic
    for root in linked.functions:
        for finding, best in findings_and_ways(root, sinks, linked.built.files.display):
            is_forbidden = best.payload.is_panic and root.id in never_panic
            told = replace(finding, level=Level.ERROR) if is_forbidden else with_level(finding, levels)
            yield Way(root, told, best)


def levels_of(request: AuditRequest, built: Built) -> Levels:
    """What the command line sets, then what the configuration does."""
    return {**(built.config_file.levels if built.config_file else {}), **request.levels}


def report_of(request: AuditRequest, analysed: Analysed) -> Report:
    """What the audit has to say."""
    linked, reached = analysed.linked, analysed.hot_path.reached
    built, library = linked.built, linked.library
    findings = [way.finding for way in analysed.ways]
    strict = request.strict or built.config.strict
    levels = levels_of(request, built)
    told = [*findings, *(with_level(each, levels) for each in _declared_in_vain(linked, findings))]
    not_run = silenced(levels) | {rule.id for rule in ABOUT_TYPES if not analysed.memory.is_seen}
    return build_report(
        build=built.description,
        coverage=with_accesses(coverage_of(library, reached, built.config.assume, strict=strict), analysed.memory),
        rules=[rule for rule in RULES if rule.id not in not_run],
        roots=[_result(root, built) for root in linked.roots],
        findings=told,
        excerpt=built.files.excerpt,
        allowed=allowed_by_level(told, levels) | allowed(findings, built.config.allow, linked.today),
        strict=strict,
        layouts=[hot_layout(each) for name, each in touched_in(analysed.memory).items() if linked.is_own_type(name)],
        formula=built.config.verdict,
        notes=[*built.notes, *library.notes],
    )


def file_of(function: Function) -> str:
    """The file of a function as the compiler named it; empty without debug info."""
    return function.file_of(function.entry[0]) if function.entry else ""


def _declared_in_vain(linked: Linked, findings: Sequence[Finding]) -> Iterator[Finding]:
    file = linked.built.config_file
    if file is not None:
        name = linked.built.files.display(str(file.path.resolve()))
        yield from declared_in_vain(file, name, findings, linked.assumed.unused, linked.today)


def _result(root: Root | Miss, built: Built) -> RootResult:
    if isinstance(root, Miss):
        return RootResult(pattern=root.pattern.text, budget_ns=root.pattern.budget_ns, reason=root.message)
    function = root.function
    frame = function.entry[0] if function.entry else None
    return RootResult(
        pattern=root.pattern.text,
        function=function.name,
        symbol=function.facts.symbol,
        location=Location(built.files.display(function.file_of(frame)), frame.line) if frame else None,
        budget_ns=root.pattern.budget_ns,
        reason=root.pattern.reason,
        inlined_into=root.inlined_into,
    )


def _span(source: ModuleSource) -> tuple[str, int, int]:
    return str(source.path), source.offset, source.size


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)

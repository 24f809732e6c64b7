"""The report: what every writer writes, in the names of its JSON form.

`ringfence.pipeline.report.tables` lays it out in tables as ``ringfence-report/2``. The JSON Schema is made from these
records, so their docstrings are its descriptions. Fields may be added; none is renamed or removed without a new number.
Everything is sorted, and nothing depends on the time or the machine.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

from ringfence.passes.rule import Frequency, Level
from ringfence.pipeline.errors import ExitCode
from ringfence.pipeline.source import Excerpt

ClassName = Literal["hot", "amortized", "first-use", "cold", "panic"]
"""`ringfence.graphs.facts.PathClass` by its name in reports."""

ViaName = Literal["call", "inline", "virtual", "pointer", "drop", "native", "thread"]
"""How a step was entered; ``thread``: it runs on another thread, which is waited for."""


class RootStatus(StrEnum):
    """Whether a pattern found a function."""

    AUDITED = "audited"
    NOT_FOUND = "not-found"


class RootVerdict(StrEnum):
    """What was found below one root.

    ``violations``: something of level *error*. ``unknown``: no violation, but something could not be followed, panics
    apart, and the project accepts it by no name; or the root was not found. ``cold-only``: whatever was found lies off
    the steady hot path: amortised, on first use, or cold. ``clean``: nothing at all, panics apart.
    """

    CLEAN = "clean"
    COLD_ONLY = "cold-only"
    VIOLATIONS = "violations"
    UNKNOWN = "unknown"


class Capability(StrEnum):
    """What a root can do, in the order of the summary. ``unknown``: call what was not analysed."""

    ALLOCATE = "allocate"
    FREE = "free"
    LOCK = "lock"
    BLOCK = "block"
    VIRTUAL = "virtual"
    POINTER = "pointer"
    UNKNOWN = "unknown"


class CheckStatus(StrEnum):
    """The answer to one item of the checklist. ``review``: a person must look; ``not-measured``: nothing looked."""

    PASS = "pass"  # noqa: S105  (no password)
    FAIL = "fail"
    REVIEW = "review"
    NOT_MEASURED = "not-measured"


class Verdict(StrEnum):
    """Of the whole audit, or of one root; `ringfence.pipeline.verdict` has the formula and its thresholds.

    ``redesign``: violations of three kinds or more (memory, locking, branching …). ``significant``: at least one.
    ``minor``: warnings, something that could not be followed, or no benchmark that was measured. ``meets-targets``:
    none of these.
    """

    MEETS_TARGETS = "meets-targets"
    MINOR = "minor"
    SIGNIFICANT = "significant"
    REDESIGN = "redesign"


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote the report."""

    name: str
    version: str


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """The build that was audited; null where only IR was given."""

    rustc: str | None = None
    llvm: str | None = None
    target: str | None = None
    profile: str | None = None
    panic: str | None = None
    opt_level: str | None = None
    lto: str | None = None
    made_from: str = ""
    """Where the modules came from, in a few words: ``cargo check``, ``IR files``."""
    differences: tuple[str, ...] = ()
    """How it differs from the build that ships, a sentence each."""


class UnreadableFile(msgspec.Struct, frozen=True, kw_only=True):
    """A module that could not be read; its functions count as missing."""

    file: str
    reason: str


class AssumedFunctions(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of ``[[assume]]`` that the verdicts rest on."""

    pattern: str
    effects: tuple[str, ...]
    reason: str
    functions: tuple[str, ...]
    """The functions whose calls were judged by it, sorted."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much was looked at."""

    modules: int
    modules_read: int
    functions: int
    functions_reached: int
    unresolved_calls: int
    missing_functions: int
    panic_paths_followed: bool = False
    not_followed: tuple[str, ...] = ()
    """What was reached and left alone on purpose, a sentence each."""
    unreadable: tuple[UnreadableFile, ...] = ()
    contracts: str = ""
    """The shipped set of what library functions do, with its version."""
    accesses: int = 0
    """Instructions of the hot paths, of all roots together, that touch memory other than their own stack slots, in
    modules whose debug info describes variables."""
    accesses_traced: int = 0
    """Those of them that are traced to a field, an element or a static."""
    assumptions: tuple[AssumedFunctions, ...] = ()
    """What was taken on the project's word, in the order of the configuration."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the source; the file is relative to the workspace root or begins with ``name-version/`` or ``std/``.
    The column counts UTF-8 bytes from 1, 0 where it is unknown."""

    file: str
    line: int
    column: int = 0


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """One function that a pattern found, or a pattern that found none."""

    pattern: str
    function: str | None
    symbol: str | None
    location: Place | None
    status: RootStatus
    verdict: RootVerdict
    assessment: Verdict | None = None
    """The level of the whole report's verdict, of this root alone; null where it was not found."""
    assessment_reason: str = ""
    budget_ns: int | None
    reason: str
    """Why it is a root, in the user's words; of a pattern that found nothing, why."""
    inlined_into: tuple[str, ...] = ()
    """Where it has no code of its own: the functions that it was inlined into, where what is left of it was audited."""
    instances: int
    """How many functions the pattern found."""
    findings: int
    """How many of the report's findings are below it, allowed ones apart."""
    summary: dict[Capability, ClassName | None]
    """The best class at which the root can do each thing; null: no way was found."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of a path; ``line`` is where it leads on to the next one. ``via`` says how it was entered."""

    function: str
    file: str | None
    line: int | None
    via: ViaName
    own: bool


class FindingWithoutPath(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding says of itself; where its path stands is the form's."""

    fingerprint: str
    rule: str
    slug: str
    level: Level
    class_: ClassName = msgspec.field(name="class")
    frequency: Frequency
    loop_depth: int
    """Loops around all calls of the path, those of libraries too."""
    own_loop_depth: int = 0
    """Loops around the line of ``location``: how often the user's own code comes there."""
    root: str
    sink: str
    message: str
    location: Place | None
    source: Excerpt | None
    """The line at ``location``, where it could be read."""
    paths: int
    """Call chains from the root to what is told as this one finding, counted apart where a function, the position of a
    call in the source or an inlined frame differs; recursion counts once. 1,000,000,000 stands for as many or more."""
    help: str
    detail: dict[str, object]
    suppressed: str | None = None
    """The reason for which the project allows it."""
    confirmed: Literal["confirmed", "not-seen"] | None = None


class Finding(FindingWithoutPath, frozen=True, kw_only=True):
    """One thing that a root can do, anchored at the deepest line of the user's own code that leads to it."""

    path: tuple[Step, ...]


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What one call does equally often: effects of one class and frequency, all of them in a loop or none."""

    when: str
    """As the message says it: ``on every call``, ``in a loop``, ``on first use``."""
    what: str
    rules: tuple[str, ...]
    findings: tuple[str, ...]
    """Fingerprints, the heaviest first."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What a person reads: an own call expression under a root, with everything that happens there. Its place, path and
    advice are those of the first finding of ``leading``."""

    root: str
    level: Level
    """Of the worst finding."""
    message: str
    leading: Effects
    others: tuple[Effects, ...] = ()
    """What happens there besides, less often or less badly."""

    @property
    def findings(self) -> tuple[str, ...]:
        """Fingerprints of all of its findings, the leading one first."""
        return tuple(name for each in (self.leading, *self.others) for name in each.findings)


def is_elided(detail: Mapping[str, object]) -> bool:
    """The details are those of an allocation that LLVM removed: told on request, and never a failure."""
    return detail.get("elided") is True


class FieldAccess(msgspec.Struct, frozen=True, kw_only=True):
    """What the hot path of one root does with a field: instructions that read and that write it."""

    root: str
    reads: int
    writes: int
    atomic: bool
    in_loop: bool


class AtomicField(msgspec.Struct, frozen=True, kw_only=True):
    """An atomic of a type, and what else may lie on its cache line."""

    field: str
    """Names that lead to it, joined by dots."""
    holds: bool
    """It has its line to itself, wherever the value begins and whatever lies beside it."""
    shares: tuple[str, ...]
    """Parts that are on its line wherever the value begins."""
    may_share: tuple[str, ...]
    """Parts that are on its line for some beginnings of the value."""


class LayoutField(msgspec.Struct, frozen=True, kw_only=True):
    """One field: offset and size in bytes, ``lines`` the first and the last cache line that it touches."""

    name: str
    type_: str = msgspec.field(name="type")
    offset: int
    size: int
    lines: tuple[int, int]
    touched_by: tuple[str, ...] = ()
    accesses: tuple[FieldAccess, ...] = ()
    """Of the roots in ``touched_by``."""
    variant: str = ""
    """Of an enum the variant, of a state machine the state (``Suspend0``: what the first ``await`` keeps alive)."""
    crossing: int = 0
    """In how many of the layout's ``placements`` the field lies on more lines than it needs."""


class LayoutSplit(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that the hot path touches in a struct of their own (``repr(C)``, in this order), its size in bytes,
    and the cache lines that the hot path fetches of a value now and would fetch then."""

    fields: tuple[str, ...]
    size: int
    lines_now: int
    lines_after: int


class LayoutVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant of an enum or a state of a state machine; ``bytes`` are those that its own fields cover."""

    name: str
    value: str | None
    bytes_: int = msgspec.field(name="bytes")
    fields: tuple[str, ...]
    line: int = 0
    """Of a suspend point: where its ``await`` stands; 0 where debug info does not say."""


class LayoutHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Where values of the type lie: in a field of another type, in a heap block, in the elements of an array.

    ``offset`` is that of the (first) value in ``holder``, ``stride`` the distance between two of them, 0 for one;
    ``crossing`` names the fields that lie on more lines than they need in some of the ``placements``, and in how many.
    """

    holder: str
    offset: int
    stride: int
    placements: int
    crossing: tuple[tuple[str, int], ...]


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How a type lies on cache lines when its value starts on one. Sizes in bytes; ``padding`` is the size minus the
    sizes of the direct fields; ``straddles`` names fields of at most a line's size that cross a line."""

    type_: str = msgspec.field(name="type")
    size: int
    align: int
    padding: int
    location: Place | None
    fields: tuple[LayoutField, ...]
    straddles: tuple[str, ...] = ()
    shared_lines: tuple[tuple[str, ...], ...] = ()
    atomics: tuple[AtomicField, ...] = ()
    split: LayoutSplit | None = None
    """Where a hot and a cold struct would save lines; null where they would not, or no root touches the type."""
    kind: str = "struct"
    tail_padding: int = 0
    """The part of ``padding`` behind the last field."""
    line_size: int = 64
    """Bytes of a cache line, for ``lines``, ``straddles`` and ``placements``."""
    placements: int = 1
    """At how many places of a line a value may begin, as far as the type's alignment says."""
    variants: tuple[LayoutVariant, ...] = ()
    holders: tuple[LayoutHolder, ...] = ()
    described_in: tuple[str, ...] = ()
    """The modules with this layout, where other modules have a type of this name that is laid out differently."""


class Benchmark(msgspec.Struct, frozen=True, kw_only=True):
    """A measured operation against its target, in nanoseconds."""

    operation: str
    current_ns: float | None
    target_ns: float | None
    status: Literal["ok", "over", "missing"]
    source: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the checklist, answered."""

    section: str
    item: str
    status: CheckStatus
    evidence: str


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be followed and makes roots *unknown*."""

    rule: str
    function: str
    """The function that is not known, or that calls what is not known."""
    message: str
    """Of the best of the findings."""
    location: Place | None
    roots: tuple[str, ...]
    findings: tuple[str, ...]
    """Fingerprints."""
    accept: str
    """What `ringfence.toml` says to accept it: TOML, but for the reason, which a person has to give."""


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the source, and what it removes."""

    change: str
    """What to do, in a sentence."""
    location: Place | None
    also: tuple[Place, ...] = ()
    """Further lines that the same change serves: a field that is locked in several functions is changed once."""
    function: str
    """The user's function that holds the line; empty where nothing of the path is the user's."""
    before: str
    """The line as it is, where it could be read."""
    after: str
    """Code to start from; empty where the change cannot be shown."""
    effect: str
    """What is gone afterwards."""
    removes: tuple[str, ...]
    """Fingerprints of the findings that go, under all roots; none that an earlier recommendation removes."""


class ReportWithoutFindings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an audit has to say, the findings apart."""

    tool: Tool
    build: Build
    coverage: Coverage
    strict: bool = False
    """Findings of every class are shown, and every one fails."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that looked."""
    roots: tuple[Root, ...] = ()
    causes: tuple[Cause, ...] = ()
    """The findings as people read them, the heaviest first."""
    hidden: int = 0
    """Findings that only ``--strict`` shows."""
    layouts: tuple[Layout, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    checklist: tuple[Check, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    """What removes most comes first."""
    unknown: tuple[Unknown, ...] = ()
    """What makes the verdict of roots *unknown*, by rule and function."""
    verdict: Verdict | None = None
    """Null where nothing was audited."""
    verdict_reason: str = ""
    """What decided it."""
    notes: tuple[str, ...] = ()
    """What the reader should know besides, a sentence each."""


class Report(ReportWithoutFindings, frozen=True, kw_only=True):
    """Everything that an audit has to say."""

    findings: tuple[Finding, ...] = ()
    """By level, class, root, rule and place."""

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail the audit: errors, or all in strict mode, but none that the project allows."""
        return tuple(
            finding
            for finding in self.findings
            if finding.suppressed is None
            and (finding.level is Level.ERROR or (self.strict and not is_elided(finding.detail)))
        )

    @property
    def exit_code(self) -> int:
        """As the contract lists them. A root that was not found weighs more than findings: part of the audit did not
        take place. One that is unknown fails as findings do: nobody can say that it has none."""
        if any(root.status is RootStatus.NOT_FOUND for root in self.roots):
            return ExitCode.ROOT_NOT_FOUND
        return ExitCode.FINDINGS if self.failing or self.unknown_roots else ExitCode.CLEAN

    @property
    def unknown_roots(self) -> tuple[str, ...]:
        """The functions whose verdict is *unknown*, sorted."""
        audited = (root for root in self.roots if root.status is RootStatus.AUDITED)
        return tuple(sorted({root.function or "" for root in audited if root.verdict is RootVerdict.UNKNOWN}))

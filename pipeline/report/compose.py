"""From the results of an audit to its report: levels, verdicts, order. Pure: whatever is read was read before."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from importlib.metadata import version

import msgspec

from ringfence.graphs.facts import PathClass
from ringfence.passes.limits import ROOT_NOT_FOUND
from ringfence.passes.rule import Finding, Frequency, Level, Location, Rule, Step, Via
from ringfence.pipeline.report import model
from ringfence.pipeline.report.causes import causes
from ringfence.pipeline.report.checklist import Audited, answer
from ringfence.pipeline.report.model import (
    Benchmark,
    Build,
    Capability,
    ClassName,
    Coverage,
    Layout,
    Report,
    RootStatus,
    RootVerdict,
    Tool,
    is_elided,
)
from ringfence.pipeline.report.names import with_short_names
from ringfence.pipeline.report.recommend import ExcerptOf, recommendations
from ringfence.pipeline.report.unknown import is_unknown, unknowns
from ringfence.pipeline.verdict import DEFAULT_FORMULA, Formula, verdict

_CAPABILITIES: Mapping[str, Capability] = {
    "RF101": Capability.ALLOCATE,
    "RF102": Capability.ALLOCATE,
    "RF103": Capability.FREE,
    "RF201": Capability.LOCK,
    "RF202": Capability.BLOCK,
    "RF203": Capability.BLOCK,
    "RF401": Capability.VIRTUAL,
    "RF402": Capability.POINTER,
    "RF902": Capability.UNKNOWN,
    "RF903": Capability.UNKNOWN,
    "RF905": Capability.UNKNOWN,
}
CLASS_NAMES: Mapping[PathClass, ClassName] = {
    PathClass.HOT: "hot",
    PathClass.AMORTIZED: "amortized",
    PathClass.FIRST_USE: "first-use",
    PathClass.COLD: "cold",
    PathClass.PANIC: "panic",
}
VIA_NAMES: Mapping[Via, model.ViaName] = {
    Via.ROOT: "call",
    Via.CALL: "call",
    Via.INLINE: "inline",
    Via.VIRTUAL: "virtual",
    Via.POINTER: "pointer",
    Via.DROP: "drop",
    Via.NATIVE: "native",
    Via.THREAD: "thread",
}
_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class RootResult:
    """What became of one pattern and function; ``function`` is empty where the pattern found none."""

    pattern: str
    function: str = ""
    symbol: str = ""
    location: Location | None = None
    budget_ns: int | None = None
    reason: str = ""
    """Why it is a root; of a pattern that found nothing, the sentence that says so and what to do."""
    inlined_into: tuple[str, ...] = ()
    """Functions that hold what is left of it, where it has no code of its own."""

    @property
    def status(self) -> RootStatus:
        """By whether there is a function."""
        return RootStatus.AUDITED if self.function else RootStatus.NOT_FOUND


def build_report(
    *,
    build: Build,
    coverage: Coverage,
    rules: Iterable[Rule],
    roots: Sequence[RootResult],
    findings: Iterable[Finding],
    excerpt: ExcerptOf,
    allowed: Mapping[str, str] | None = None,
    strict: bool = False,
    layouts: Iterable[Layout] = (),
    benchmarks: Sequence[Benchmark] = (),
    formula: Formula = DEFAULT_FORMULA,
    notes: Iterable[str] = (),
) -> Report:
    """The report of an audit.

    ``rules`` are those that looked, ``allowed`` gives the reason for each fingerprint that the project accepts. A
    pattern that found nothing becomes a finding of RF901 here. Findings told twice (two patterns found one function)
    are told once. Findings of level *hidden* are counted, and shown as notes where ``strict``.
    """
    rules = tuple(rules)
    reasons = allowed or {}
    every = map(_readable, (*findings, *_not_found(roots)))
    told = {finding.fingerprint: finding for finding in every}.values()
    shown = sorted((each for each in told if strict or each.level is not Level.HIDDEN), key=_rank)
    open_findings = [each for each in told if each.fingerprint not in reasons]
    names = frozenset(each.fingerprint for each in shown)
    # What LLVM removed is told, and judged nowhere; a root that is not there is no word on performance.
    deeds = [each for each in open_findings if not is_elided(each.detail) and each.rule is not ROOT_NOT_FOUND]
    audited = Audited(
        rules=frozenset(rule.id for rule in rules),
        own_code_only=frozenset(rule.id for rule in rules if rule.own_code_only),
        roots=sum(root.status is RootStatus.AUDITED for root in roots),
        unknown=sum(is_unknown(finding) for finding in deeds),
    )
    told_findings = tuple(
        _finding(_without_hidden(each, names), excerpt, reasons.get(each.fingerprint)) for each in shown
    )
    level, reason = verdict(deeds, benchmarks, formula) if audited.roots else (None, "")
    told_roots = _roots(roots, deeds, benchmarks, formula, strict=strict)
    return Report(
        tool=this_tool(),
        build=build,
        coverage=coverage,
        strict=strict,
        rules=tuple(sorted({rule.id for rule in rules} | {finding.rule.id for finding in told})),
        roots=told_roots,
        findings=told_findings,
        causes=tuple(causes(shown, reasons)),
        hidden=len(told) - len(shown),
        layouts=tuple(sorted(layouts, key=lambda layout: layout.type_)),
        checklist=answer(deeds, audited),
        benchmarks=tuple(benchmarks),
        recommendations=recommendations(
            [each for each in told_findings if each.rule != ROOT_NOT_FOUND.id], excerpt, strict=strict
        ),
        unknown=unknowns(told_roots, deeds),
        verdict=level,
        verdict_reason=reason,
        notes=tuple(notes),
    )


def layout_report(*, build: Build, coverage: Coverage, layouts: Iterable[Layout], notes: Iterable[str] = ()) -> Report:
    """The report of ``layout``: no root was audited, so nothing is judged."""
    by_name = tuple(sorted(layouts, key=lambda layout: layout.type_))
    return Report(tool=this_tool(), build=build, coverage=coverage, layouts=by_name, notes=tuple(notes))


def this_tool() -> Tool:
    """Who writes reports."""
    return Tool(name="ringfence", version=version("ringfence"))


def _readable(finding: Finding) -> Finding:
    """What is said in words has no name that fills lines; the fields that name things keep them whole."""
    return replace(
        finding,
        message=with_short_names(finding.message),
        subject=with_short_names(finding.subject),
        deed=with_short_names(finding.deed),
    )


def _not_found(roots: Iterable[RootResult]) -> Iterable[Finding]:
    for root in roots:
        if root.status is RootStatus.AUDITED:
            continue
        yield Finding(
            rule=ROOT_NOT_FOUND,
            level=Level.ERROR,
            path_class=PathClass.HOT,
            frequency=Frequency.ALWAYS,
            loop_depth=0,
            root=root.pattern,
            sink=root.pattern,
            message=root.reason or f"the root `{root.pattern}` matches no function of this build",
            anchor=root.location,
            path=(),
            fingerprint=hashlib.sha256(f"RF901\0{root.pattern}".encode()).hexdigest()[:12],
            paths=0,
            help=ROOT_NOT_FOUND.instead,
        )


def _rank(finding: Finding) -> tuple[bool, int, int, str, str, tuple[str, int, int], str]:
    """What is not there stands first: the audit is not the one that was asked for."""
    place = finding.place
    where = (place.file, place.line, place.column) if place else ("", 0, 0)
    level = _LEVELS.index(finding.level)
    found = finding.rule is not ROOT_NOT_FOUND
    return found, level, finding.path_class, finding.root, finding.rule.id, where, finding.fingerprint


def _without_hidden(finding: Finding, shown: AbstractSet[str]) -> Finding:
    """A finding whose call removes others names only those that the report has."""
    names = msgspec.convert(finding.detail.get("removes", ()), tuple[str, ...])
    kept = {key: value for key, value in finding.detail.items() if key != "removes"}
    left = [name for name in names if name in shown]
    return replace(finding, detail={**kept, "removes": left} if left else kept)


def _finding(finding: Finding, excerpt: ExcerptOf, allowed: str | None) -> model.Finding:
    place = finding.place
    return model.Finding(
        fingerprint=finding.fingerprint,
        rule=finding.rule.id,
        slug=finding.rule.slug,
        level=finding.level.shown,
        class_=CLASS_NAMES[finding.path_class],
        frequency=finding.frequency,
        loop_depth=finding.loop_depth,
        own_loop_depth=finding.own_loop_depth,
        root=finding.root,
        sink=finding.sink,
        message=finding.message,
        location=_place(place),
        source=excerpt(place.file, place.line, place.column) if place else None,
        path=tuple(_step(step) for step in finding.path),
        paths=finding.paths,
        help=finding.help,
        detail=dict(finding.detail),
        suppressed=allowed,
    )


def _step(step: Step) -> model.Step:
    place = step.location
    return model.Step(
        function=step.function,
        file=place.file if place else None,
        line=place.line if place else None,
        via=VIA_NAMES[step.via],
        own=step.own,
    )


def _place(location: Location | None) -> model.Place | None:
    return model.Place(file=location.file, line=location.line, column=location.column) if location else None


def _roots(
    roots: Sequence[RootResult],
    findings: Iterable[Finding],
    benchmarks: Sequence[Benchmark],
    formula: Formula,
    *,
    strict: bool,
) -> tuple[model.Root, ...]:
    below: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        below[finding.root].append(finding)
    instances = Counter(root.pattern for root in roots if root.status is RootStatus.AUDITED)
    by_name = sorted(roots, key=lambda root: (root.function or root.pattern, root.symbol, root.pattern))
    made: list[model.Root] = []
    for root in by_name:
        own = below[root.function or root.pattern]
        measured = [each for each in benchmarks if each.operation in (root.function, root.pattern)]
        found = root.status is RootStatus.AUDITED
        level, reason = verdict(own, measured, formula) if found else (None, root.reason)
        basic = _root(root, own, instances[root.pattern], strict=strict)
        made.append(msgspec.structs.replace(basic, assessment=level, assessment_reason=reason))
    return tuple(made)


def _root(root: RootResult, findings: Sequence[Finding], instances: int, *, strict: bool) -> model.Root:
    is_audited = root.status is RootStatus.AUDITED
    return model.Root(
        pattern=root.pattern,
        function=root.function or None,
        symbol=root.symbol or None,
        location=_place(root.location),
        status=root.status,
        verdict=_root_verdict(findings) if is_audited else RootVerdict.UNKNOWN,
        budget_ns=root.budget_ns,
        reason=root.reason,
        inlined_into=root.inlined_into,
        instances=instances,
        findings=sum(strict or finding.level is not Level.HIDDEN for finding in findings),
        summary=_summary(findings),
    )


def _summary(findings: Iterable[Finding]) -> dict[Capability, ClassName | None]:
    best: dict[Capability, PathClass] = {}
    for finding in findings:
        capability = _CAPABILITIES.get(finding.rule.id)
        if capability:
            best[capability] = min(finding.path_class, best.get(capability, finding.path_class))
    return {each: CLASS_NAMES[best[each]] if each in best else None for each in Capability}


def _root_verdict(findings: Sequence[Finding]) -> RootVerdict:
    """What is not known may do anything, also where it is reached on an unlikely path only."""
    if any(finding.level is Level.ERROR for finding in findings):
        return RootVerdict.VIOLATIONS
    if any(map(is_unknown, findings)):
        return RootVerdict.UNKNOWN
    deeds = [finding for finding in findings if finding.rule.id in _CAPABILITIES]
    if any(finding.path_class is not PathClass.PANIC for finding in deeds):
        return RootVerdict.COLD_ONLY
    return RootVerdict.CLEAN

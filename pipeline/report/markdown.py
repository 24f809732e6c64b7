"""The report as a performance engineer would write it for a pull request: short, ranked, a line for each place.

Places stand for findings: what happens at one line under several roots is told once. Sections are folded after
`_MOST_PLACES` places and recommendations after `_MOST_RECOMMENDED`; the rest is counted, and the JSON form has all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ringfence.graphs.names import without_generics
from ringfence.passes.rule import Level
from ringfence.pipeline.report.markdown_text import code, fence, prose, table
from ringfence.pipeline.report.model import (
    Benchmark,
    Check,
    CheckStatus,
    Finding,
    Place,
    Recommendation,
    Report,
    Root,
    RootStatus,
    RootVerdict,
    Unknown,
    Verdict,
)
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.sentences import (
    assumption_sentence,
    build_sentence,
    counted,
    coverage_sentence,
    level_counts,
    not_looked_at,
    open_causes,
)
from ringfence.pipeline.report.terminal import UNBREAKABLE

VERDICTS = {
    Verdict.MEETS_TARGETS: "Meets performance targets",
    Verdict.MINOR: "Minor optimizations recommended",
    Verdict.SIGNIFICANT: "Significant performance issues",
    Verdict.REDESIGN: "Requires redesign for performance",
}
_SECTIONS = (("Allocations Found", "RF1"), ("Locks Found", "RF2"), ("Cache Issues", "RF3"))
_FURTHER_SECTIONS = (
    ("Dispatch and Branching", "RF4"),
    ("Copying", "RF5"),
    ("Benchmarks to Write", "RF6"),
    ("Limits of the Analysis", "RF9"),
)
_NOTHING = {
    "RF1": "None: no way was found to allocate, grow or free.",
    "RF2": "None: no way was found to lock, block or wait.",
    "RF3": "None found by the rules that ran.",
}
_ROOT_VERDICTS = {
    RootVerdict.VIOLATIONS: "✗ violations",
    RootVerdict.UNKNOWN: "? unknown",
    RootVerdict.COLD_ONLY: "✓ cold-only",
    RootVerdict.CLEAN: "✓ clean",
}
_ANSWERS = {
    CheckStatus.PASS: "✓ pass",
    CheckStatus.FAIL: "✗ fail",
    CheckStatus.REVIEW: "? review",
    CheckStatus.NOT_MEASURED: "· not measured",
}
_MOST_PLACES = 40
_MOST_ROOTS = 40
_MOST_RECOMMENDED = 20
_MOST_FINGERPRINTS = 6
_LONGEST_NAME = 88
_LEVELS = tuple(Level)
_CLASSES = ("hot", "amortized", "first-use", "cold", "panic")


def write(report: Report) -> str:
    """The Markdown text; ends in a newline."""
    blocks = [
        ["## Performance Audit"],
        [_summary(report)],
        ["### Hot Path Analysis"],
        _roots(report.roots),
        *_sections(report, _SECTIONS, is_card=True),
        ["#### Benchmark Results"],
        _benchmarks(report),
        *_sections(report, _FURTHER_SECTIONS, is_card=False),
        ["#### To Accept by Name"] if report.unknown else [],
        list(_unknown(report.unknown)),
        ["#### Coverage"],
        _coverage(report),
        ["#### Checklist"],
        _checklist(report.checklist),
        ["### Recommendations"],
        _recommendations(report.recommendations),
        ["### Verdict"],
        [f"- [{'x' if report.verdict is each else ' '}] {text}" for each, text in VERDICTS.items()],
        [f"{prose(_sentence(report.verdict_reason))}." if report.verdict_reason else ""],
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if any(block))
    return text.replace(UNBREAKABLE, " ") + "\n"


def _summary(report: Report) -> str:
    open_findings = [each for each in report.findings if each.suppressed is None]
    allowed = len(report.findings) - len(open_findings)
    parts = [
        f"{level_counts(open_causes(report)) or 'No findings'} under {counted(len(report.roots), 'root')}",
        f"{counted(allowed, 'finding')} allowed by the project" if allowed else "",
        f"{report.hidden:,} on panic paths or silent by default" if report.hidden else "",
    ]
    return f"{'; '.join(filter(None, parts))}. Build: {prose(build_sentence(report.build))}."


def _roots(roots: Sequence[Root]) -> list[str]:
    """Worst first, each function once."""
    if not roots:
        return ["No root was audited."]
    order = list(RootVerdict)
    once = {root.function or root.pattern: root for root in reversed(roots)}
    ranked = sorted(
        once.values(), key=lambda root: (-_badness(root), order.index(root.verdict), root.function or root.pattern)
    )
    rows = [_root(root) for root in ranked[:_MOST_ROOTS]]
    lines = table(("Root", "Where", "Verdict", "Can"), rows)
    if len(ranked) > _MOST_ROOTS:
        lines += ["", f"And {counted(len(ranked) - _MOST_ROOTS, 'more root')}, no worse than these."]
    return lines


def _badness(root: Root) -> int:
    return list(Verdict).index(root.assessment) if root.assessment else len(Verdict)


def _root(root: Root) -> tuple[str, str, str, str]:
    deeds = [f"{deed.value} ({name})" for deed, name in root.summary.items() if name]
    name = code(shorten(root.function or root.pattern, _LONGEST_NAME))
    if root.status is RootStatus.NOT_FOUND:
        return name, "", "? matches nothing", ""
    return name, _place(root.location), _ROOT_VERDICTS[root.verdict], ", ".join(deeds) or "none of these"


def _place(place: Place | None) -> str:
    return code(f"{place.file}:{place.line}") if place else "(no line)"


def _sections(report: Report, sections: Iterable[tuple[str, str]], *, is_card: bool) -> Iterator[list[str]]:
    """Headings of the card are always there; the others where there is something to say."""
    by_family: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_family[finding.rule[:3]].append(finding)
    for heading, family in sections:
        lines = list(_found(by_family[family]))
        if not lines and not is_card:
            continue
        yield [f"#### {heading}"]
        looked = any(rule.startswith(family) for rule in report.rules)
        yield lines or [_NOTHING[family] if looked else "Not measured: no rule of this kind ran."]


def _found(findings: Sequence[Finding]) -> Iterator[str]:
    """A line for each place with an error or a warning, then what the rest is."""
    told = [each for each in findings if each.suppressed is None and each.level is not Level.NOTE]
    places: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in told:
        places[_of(finding.location), finding.class_, *_apart(finding)].append(finding)
    ranked = sorted(places.values(), key=lambda group: (*_rank(group[0]), -len(group), _of(group[0].location)))
    yield from (_line(group) for group in ranked[:_MOST_PLACES])
    if len(ranked) > _MOST_PLACES:
        rest = [each for group in ranked[_MOST_PLACES:] for each in group]
        rules = ", ".join(f"{number:,} {rule}" for rule, number in sorted(Counter(each.rule for each in rest).items()))
        more = counted(len(ranked) - _MOST_PLACES, "more place")
        yield f"- … {more} with {counted(len(rest), 'finding')} ({rules}): `--format json` has all of them"
    yield from _quiet(findings)


def _apart(finding: Finding) -> tuple[str, ...]:
    """What an allocation and its growth at one call need not be told as."""
    is_one = finding.rule.startswith("RF1") and finding.location is not None and finding.location.column
    return () if is_one else (finding.rule, _deed(finding))


def _of(place: Place | None) -> tuple[str, int, int]:
    return (place.file, place.line, place.column) if place else ("", 0, 0)


def _deed(finding: Finding) -> str:
    """The message up to the root's name, which roots that share a line do not share."""
    return finding.message.rsplit(" of `", 1)[0].rsplit(" in `", 1)[0]


def _rank(finding: Finding) -> tuple[int, int, int]:
    return _LEVELS.index(finding.level), _CLASSES.index(finding.class_), -finding.own_loop_depth


def _line(group: Sequence[Finding]) -> str:
    first = min(group, key=lambda each: (each.root, each.rule, each.fingerprint))
    rules = ", ".join(sorted({each.rule for each in group}))
    others = len({each.root for each in group}) - 1
    more = f", and under {counted(others, 'more root')}" if others else ""
    root = f" under {code(_short(first.root))}" if f"`{_short(first.root)}`" not in first.message else ""
    return f"- {_place(first.location)} **{first.class_}**: {prose(first.message)}{root}{more} ({rules})"


def _short(path: str) -> str:
    plain = without_generics(path)
    return plain if plain.startswith("<") or " " in plain else "::".join(plain.split("::")[-2:])


def _quiet(findings: Sequence[Finding]) -> Iterator[str]:
    """Notes and what the project allows, counted."""
    notes = [each for each in findings if each.suppressed is None and each.level is Level.NOTE]
    allowed = [each for each in findings if each.suppressed is not None]
    if notes:
        classes = Counter[str](each.class_ for each in notes)
        words = ", ".join(f"{classes[name]:,} {name}" for name in _CLASSES if classes[name])
        yield f"- {counted(len(notes), 'note')} ({words}), first at {_first_place(notes)}"
    if allowed:
        reasons = sorted({each.suppressed or "without a reason" for each in allowed})
        more = f" and {len(reasons) - 1} more reasons" if len(reasons) > 1 else ""
        yield f"- {len(allowed):,} allowed by the project: {prose(reasons[0])}{more}"


def _first_place(findings: Sequence[Finding]) -> str:
    return _place(min((each.location for each in findings if each.location), key=_of, default=None))


def _benchmarks(report: Report) -> list[str]:
    """What was measured, and the budgets that nothing was measured against."""
    rows = [_benchmark(each) for each in report.benchmarks]
    measured = {each.operation for each in report.benchmarks}
    rows += [
        (code(_short(root.function or root.pattern)), "not measured", _time(root.budget_ns), "✗")
        for root in report.roots
        if root.budget_ns and not measured & {root.function, root.pattern}
    ]
    lines = table(("Operation", "Current", "Target", "Status"), rows[:_MOST_ROOTS])
    if len(rows) > _MOST_ROOTS:
        lines += ["", f"And {len(rows) - _MOST_ROOTS:,} more."]
    return lines if report.benchmarks else [*lines, "", "No benchmark was measured."]


def _benchmark(each: Benchmark) -> tuple[str, str, str, str]:
    current = _time(each.current_ns) if each.current_ns is not None else "not measured"
    target = _time(each.target_ns) if each.target_ns is not None else "none"
    return code(each.operation), current, target, "✓" if each.status == "ok" else "✗"


def _time(nanoseconds: float | None) -> str:
    if nanoseconds is None:
        return ""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:g} {unit}"
    return f"{nanoseconds:g} ns"


def _coverage(report: Report) -> list[str]:
    coverage = report.coverage
    return [
        f"- {prose(line)}"
        for line in (
            coverage_sentence(coverage),
            *report.build.differences,
            *(f"not looked at: {each}" for each in not_looked_at(report)),
            *(f"assumed: {assumption_sentence(each)}" for each in coverage.assumptions[:_MOST_ROOTS]),
            *(f"unreadable: {each.file}: {each.reason}" for each in coverage.unreadable[:_MOST_ROOTS]),
            *report.notes,
        )
    ]


def _unknown(unknown: Sequence[Unknown]) -> Iterator[str]:
    """What makes roots unknown, as one block of TOML to paste: a person deletes what is to be followed instead."""
    if not unknown:
        return
    yield "What could not be followed makes a root *unknown*, and an unknown root fails the audit. Follow it,"
    yield "or accept it in `ringfence.toml`:"
    yield ""
    entries = (f"# {_comment(each)}\n{each.accept}" for each in unknown[:_MOST_PLACES])
    yield from fence("\n\n".join(entries), language="toml")
    if len(unknown) > _MOST_PLACES:
        yield ""
        yield f"And {counted(len(unknown) - _MOST_PLACES, 'more function')}: `--format json` has all of them."


def _comment(each: Unknown) -> str:
    place = f"{each.location.file}:{each.location.line}: " if each.location else ""
    more = f", and under {counted(len(each.roots) - 1, 'more root')}" if len(each.roots) > 1 else ""
    return f"{place}{each.message}{more}".replace("\n", " ")


def _checklist(checks: Sequence[Check]) -> list[str]:
    rows = [(check.section, prose(check.item), _ANSWERS[check.status], prose(check.evidence)) for check in checks]
    return table(("Section", "Item", "Answer", "Evidence"), rows) if rows else []


def _recommendations(recommendations: Sequence[Recommendation]) -> list[str]:
    if not recommendations:
        return ["None."]
    lines: list[str] = []
    for number, each in enumerate(recommendations[:_MOST_RECOMMENDED], 1):
        lines += [*([""] if lines else []), *_recommendation(number, each)]
    left = recommendations[_MOST_RECOMMENDED:]
    if left:
        removed = counted(sum(len(each.removes) for each in left), "finding")
        more = counted(len(left), "more change")
        lines += ["", f"{more} would remove {removed}: `--format json` has all of them."]
    return lines


def _recommendation(number: int, each: Recommendation) -> Iterator[str]:
    indent = " " * (len(str(number)) + 2)
    where = f" in {code(_short(each.function))}" if each.function else ""
    names = ", ".join(code(name) for name in each.removes[:_MOST_FINGERPRINTS])
    more = f" and {len(each.removes) - _MOST_FINGERPRINTS:,} more" if len(each.removes) > _MOST_FINGERPRINTS else ""
    others = ", ".join(_place(place) for place in each.also[:_MOST_FINGERPRINTS])
    rest = f" and {len(each.also) - _MOST_FINGERPRINTS:,} more" if len(each.also) > _MOST_FINGERPRINTS else ""
    also = f"; also {others}{rest}" if others else ""
    yield f"{number}. **{prose(each.change)}.** {_place(each.location)}{where}{also}"
    yield ""
    blocks = [f"// now\n{each.before}" if each.before else "", f"// instead\n{each.after}" if each.after else ""]
    shown = "\n\n".join(filter(None, blocks))
    if shown:
        yield from fence(shown, indent)
        yield ""
    yield f"{indent}Effect: {prose(each.effect)}. Findings: {names}{more}."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]

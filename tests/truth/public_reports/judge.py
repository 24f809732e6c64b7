"""What the report on either version says of what was reported."""

from collections.abc import Iterator
from dataclasses import dataclass

from truth.public_reports.entry import Entry, Expected, Rest, Result

from ringfence.pipeline.report.model import Finding, Report, Root, RootVerdict


@dataclass(frozen=True)
class Judged:
    """The answer for one version."""

    result: Result | Rest
    verdicts: tuple[str, ...]
    """Of the roots that something is expected of, each once."""
    told: tuple[str, ...]
    """Rule and class of what was expected and found."""


def judged(entry: Entry, which: str, report: Report) -> Judged:
    """Compare with what the entry expects."""
    result = _broken(entry, report) if which == "broken" else _fixed(entry, report)
    verdicts = [str(_root(report, each).verdict) for each in entry.expect]
    told = [_told(finding) for each in entry.expect for finding in _meeting(report, each)]
    return Judged(result, tuple(dict.fromkeys(verdicts)), tuple(dict.fromkeys(told)))


def _broken(entry: Entry, report: Report) -> Result:
    met = [any(_meeting(report, each)) for each in entry.expect]
    if all(met):
        return "found"
    if any(_is_wrongly_clean(report, each) for each in entry.expect):
        return "wrongly clean"
    same_rule = any(any(_of_rule(report, each)) for each in entry.expect)
    return "partly" if any(met) or same_rule else "missed"


def _fixed(entry: Entry, report: Report) -> Rest:
    removed = [each for each in entry.expect if not each.stays]
    return "still" if any(any(_meeting(report, each)) for each in removed) else "gone"


def _is_wrongly_clean(report: Report, expected: Expected) -> bool:
    return _root(report, expected).verdict is RootVerdict.CLEAN and not any(_of_rule(report, expected))


def _root(report: Report, expected: Expected) -> Root:
    return next(each for each in report.roots if each.function and _is_named(each.function, expected.root))


def _of_rule(report: Report, expected: Expected) -> Iterator[Finding]:
    for finding in report.findings:
        if finding.rule == expected.rule and _is_named(finding.root, expected.root):
            yield finding


def _meeting(report: Report, expected: Expected) -> Iterator[Finding]:
    for finding in _of_rule(report, expected):
        if _is_met_by(expected, finding):
            yield finding


def _is_met_by(expected: Expected, finding: Finding) -> bool:
    named = all(word in _text(finding) for word in expected.words)
    return named and finding.class_ == expected.class_ and finding.loop_depth >= expected.loops


def _is_named(function: str, name: str) -> bool:
    return function.partition("<")[0].endswith(f"::{name}") or function.endswith(f"::{name}")


def _text(finding: Finding) -> str:
    return "\n".join((finding.message, finding.sink, *(step.function for step in finding.path)))


def _told(finding: Finding) -> str:
    return f"{finding.rule} {finding.class_}"

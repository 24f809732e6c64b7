"""Workflow commands of GitHub Actions: findings as annotations of a pull request's lines.

GitHub shows ten annotations of a level for each step and hides the rest, so findings at one call are one annotation,
the worst come first, and at most `_MOST` of a level are written.
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ringfence.passes.rule import Level
from ringfence.pipeline.report.model import Finding, Report
from ringfence.pipeline.report.sentences import counted, level_counts
from ringfence.pipeline.report.terminal import safe

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice", Level.HIDDEN: "notice"}
_MOST = 50
_LONGEST = 1000


def write(report: Report) -> str:
    """A line for each annotation, and a last one with the verdict."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    told = [each for each in report.findings if each.suppressed is None]
    for level in Level:
        places = _places([each for each in told if each.level is level])
        yield from (_annotation(group) for group in places[:_MOST])
        if len(places) > _MOST:
            text = f"{counted(len(places) - _MOST, 'more line')} with findings of this level: see the JSON report"
            yield f"::{_COMMANDS[level]} title=ringfence::{_data(text)}"
    failed = "failed" if report.exit_code else "passed"
    verdict = f"; verdict: {report.verdict}" if report.verdict else ""
    reason = f" ({report.verdict_reason})" if report.verdict_reason else ""
    unknown = f"; {counted(len(report.unknown_roots), 'root')} unknown" if report.unknown_roots else ""
    yield _data(f"ringfence {failed}: {level_counts(told) or 'no findings'}{unknown}{verdict}{reason}")


def _places(findings: Sequence[Finding]) -> list[list[Finding]]:
    """By place, in the order of the report."""
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        place = finding.location
        key = (place.file, place.line, place.column) if place else (finding.fingerprint,)
        groups[key].append(finding)
    return list(groups.values())


def _annotation(group: Sequence[Finding]) -> str:
    first = group[0]
    place = first.location
    where = {"file": place.file, "line": str(place.line)} if place else {}
    if place and place.column:
        where["col"] = str(place.column)
    properties = {**where, "title": f"{first.rule} {first.slug}"}
    rules = ", ".join(sorted({each.rule for each in group}))
    others = f" (and {counted(len(group) - 1, 'more finding')} here: {rules})" if len(group) > 1 else ""
    text = safe(first.message)[:_LONGEST] + others
    if first.help:
        text += f"\n{safe(first.help)[:_LONGEST]}"
    text += f"\nringfence explain {first.fingerprint}"
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[first.level]} {shown}::{_data(text)}"


def _data(text: str) -> str:
    """Escaped as ``escapeData`` of actions/toolkit, ``packages/core/src/command.ts``."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escaped as ``escapeProperty`` there."""
    return _data(safe(text)).replace(":", "%3A").replace(",", "%2C")

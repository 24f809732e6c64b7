"""Workflow commands of GitHub Actions: causes as annotations of a pull request's lines.

GitHub shows ten annotations of a level for each step and hides the rest, so the causes at one call, of whatever root,
are one annotation, the worst come first, and at most `_MOST` of a level are written.
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ringfence.passes.rule import Level
from ringfence.pipeline.report.model import Cause, Finding, Report
from ringfence.pipeline.report.sentences import counted, level_counts, open_causes
from ringfence.pipeline.report.terminal import safe

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice", Level.HIDDEN: "notice"}
_MOST = 50
_LONGEST = 1000


def write(report: Report) -> str:
    """A line for each annotation, and a last one with the verdict."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    causes = open_causes(report)
    told = {finding.fingerprint: finding for finding in report.findings}
    for level in Level:
        places = _places([each for each in causes if each.level is level], told)
        yield from (_annotation(group, told) for group in places[:_MOST])
        if len(places) > _MOST:
            text = f"{counted(len(places) - _MOST, 'more line')} with findings of this level: see the JSON report"
            yield f"::{_COMMANDS[level]} title=ringfence::{_data(text)}"
    failed = "failed" if report.exit_code else "passed"
    verdict = f"; verdict: {report.verdict}" if report.verdict else ""
    reason = f" ({report.verdict_reason})" if report.verdict_reason else ""
    unknown = f"; {counted(len(report.unknown_roots), 'root')} unknown" if report.unknown_roots else ""
    yield _data(f"ringfence {failed}: {level_counts(causes) or 'no findings'}{unknown}{verdict}{reason}")


def _places(causes: Sequence[Cause], told: Mapping[str, Finding]) -> list[list[Cause]]:
    """By place, in the order of the report."""
    groups: dict[tuple[object, ...], list[Cause]] = defaultdict(list)
    for cause in causes:
        first = cause.findings[0]
        place = told[first].location
        groups[(place.file, place.line, place.column) if place else (first,)].append(cause)
    return list(groups.values())


def _annotation(group: Sequence[Cause], told: Mapping[str, Finding]) -> str:
    cause, first = group[0], told[group[0].findings[0]]
    place = first.location
    where = {"file": place.file, "line": str(place.line)} if place else {}
    if place and place.column:
        where["col"] = str(place.column)
    properties = {**where, "title": f"{first.rule} {first.slug}"}
    text = safe(cause.message)[:_LONGEST] + _besides(group)
    if first.help:
        text += f"\n{safe(first.help)[:_LONGEST]}"
    text += f"\nringfence explain {first.fingerprint}"
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[cause.level]} {shown}::{_data(text)}"


def _besides(group: Sequence[Cause]) -> str:
    """`` (and 2 more findings here: RF101, RF103)``."""
    effects = [each for cause in group for each in (cause.leading, *cause.others)]
    more = sum(len(each.findings) for each in effects) - 1
    rules = ", ".join(sorted({rule for each in effects for rule in each.rules}))
    return f" (and {counted(more, 'more finding')} here: {rules})" if more > 0 else ""


def _data(text: str) -> str:
    """Escaped as ``escapeData`` of actions/toolkit, ``packages/core/src/command.ts``."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escaped as ``escapeProperty`` there."""
    return _data(safe(text)).replace(":", "%3A").replace(",", "%2C")

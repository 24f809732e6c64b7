"""SARIF 2.1.0 (OASIS, March 2020): the findings for code scanning services, with their paths as code flows.

Lines and columns count from 1; columns count code points, as ``columnKind`` says. Files of the user's own code are
relative to ``SRCROOT``, the workspace. What the same call does besides is a related location of each of its findings.
What the project allows is there, suppressed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from ringfence.passes.rule import Level, Rule
from ringfence.pipeline.report.json import encode
from ringfence.pipeline.report.model import Finding, Report, Step
from ringfence.pipeline.rules import all_rules, rule_page

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT = "ringfenceFingerprint/v1"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note", Level.HIDDEN: "none"}


def write(report: Report) -> bytes:
    """UTF-8 JSON that ends in a newline."""
    used = {finding.rule for finding in report.findings} | set(report.rules)
    rules = [rule for rule in all_rules() if rule.id in used]
    index = {rule.id: number for number, rule in enumerate(rules)}
    driver = {"name": report.tool.name, "version": report.tool.version, "rules": [_rule(each) for each in rules]}
    told = {finding.fingerprint: finding for finding in report.findings}
    beside = {
        name: [told[other] for other in cause.findings if other != name]
        for cause in report.causes
        for name in cause.findings
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the workspace."}}},
        "invocations": [{"executionSuccessful": True, "exitCode": report.exit_code}],
        "results": [_result(each, index, beside.get(each.fingerprint, ())) for each in report.findings],
        "properties": {"verdict": report.verdict, "verdictReason": report.verdict_reason},
    }
    return encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.slug.replace("-", " ")},
        "fullDescription": {"text": rule.what},
        "help": {"text": f"{rule.what}\n\n{rule.why}\n\nInstead: {rule.instead}", "markdown": rule_page(rule)},
        "defaultConfiguration": {"level": _LEVELS[min(rule.levels.values(), key=tuple(Level).index)]},
    }


def _result(finding: Finding, index: Mapping[str, int], beside: Sequence[Finding]) -> dict[str, object]:
    text = f"{finding.message}. {finding.help}" if finding.help else finding.message
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.level],
        "message": {"text": text},
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": {
            "class": finding.class_,
            "frequency": finding.frequency,
            "loopDepth": finding.loop_depth,
            "root": finding.root,
            "sink": finding.sink,
            "paths": finding.paths,
        },
    }
    if finding.location:
        is_own = any(step.own and step.file == finding.location.file for step in finding.path)
        place = {"artifactLocation": _artifact(finding.location.file, is_own=is_own), "region": _region(finding)}
        result["locations"] = [{"physicalLocation": place}]
        if beside:
            result["relatedLocations"] = [
                {"id": number, "physicalLocation": place, "message": {"text": f"{each.rule}: {each.message}"}}
                for number, each in enumerate(beside)
            ]
    steps = list(_steps(finding.path))
    if steps:
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if finding.suppressed is not None:
        result["suppressions"] = [{"kind": "external", "justification": finding.suppressed}]
    return result


def _artifact(file: str, *, is_own: bool) -> dict[str, object]:
    uri: dict[str, object] = {"uri": quote(file)}
    return uri | {"uriBaseId": "SRCROOT"} if is_own else uri


def _region(finding: Finding) -> dict[str, object]:
    place, source = finding.location, finding.source
    region: dict[str, object] = {"startLine": max(place.line, 1) if place else 1}
    if place and place.column and source and source.length:
        column = place.column if source.text.isascii() else source.start + 1
        region |= {"startColumn": column, "endColumn": column + source.length}
    return region


def _steps(path: tuple[Step, ...]) -> Iterator[dict[str, object]]:
    """Every frame with a place; the others have none to show."""
    for step in path:
        if step.file and step.line:
            place = {"artifactLocation": _artifact(step.file, is_own=step.own), "region": {"startLine": step.line}}
            text = step.function if step.via == "call" else f"{step.function} [{step.via}]"
            yield {"location": {"physicalLocation": place, "message": {"text": text}}}

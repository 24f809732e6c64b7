"""The verdict of an audit: four levels, by a formula with thresholds that ``[verdict]`` of ``ringfence.toml`` sets.

*Places* are what is counted: findings of one rule at one line count once, however many roots lead there. Errors at
places of ``redesign_kinds`` families of rules (memory, locking, cache, branching, copying; limits of the analysis are
none) call for a redesign. ``significant_errors`` places with errors are significant issues, and so is a benchmark over
its target. Fewer errors, ``minor_warnings`` places with warnings, or a call that could not be followed are minor.
What is left meets its targets where benchmarks were measured against them, or none is asked for.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from ringfence.graphs.facts import PathClass
from ringfence.passes.limits import EXPIRED_ALLOW, UNUSED_ALLOW
from ringfence.passes.rule import Finding, Level
from ringfence.pipeline.report.model import Benchmark, Verdict

LIMITS = "RF9"
_FAMILIES = {
    "RF1": "memory",
    "RF2": "locking",
    "RF3": "cache",
    "RF4": "branching",
    "RF5": "copying",
    "RF6": "benchmarks",
}

Kinds = Annotated[int, msgspec.Meta(ge=1, le=len(_FAMILIES))]
Places = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Formula(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[verdict]``."""

    redesign_kinds: Kinds = 3
    significant_errors: Places = 1
    minor_warnings: Places = 1
    need_benchmarks: bool = True
    """Without a measured benchmark nothing meets its targets."""


DEFAULT_FORMULA = Formula()


def verdict(
    findings: Iterable[Finding], benchmarks: Sequence[Benchmark], formula: Formula = DEFAULT_FORMULA
) -> tuple[Verdict, str]:
    """The level, and what decided it; ``findings`` are those that the project does not allow."""
    judged = [each for each in findings if not is_of_configuration(each)]
    errors = {_place(each): each.rule.id for each in judged if each.level is Level.ERROR}
    kinds = sorted({_FAMILIES[rule[:3]] for rule in errors.values() if rule[:3] in _FAMILIES})
    over = [each for each in benchmarks if each.status == "over"]
    if len(kinds) >= formula.redesign_kinds:
        return Verdict.REDESIGN, f"violations of {_count(len(kinds), 'kind')}: {', '.join(kinds)}"
    if len(errors) >= formula.significant_errors:
        return Verdict.SIGNIFICANT, _errors(errors.values())
    if over:
        return Verdict.SIGNIFICANT, f"{_count(len(over), 'benchmark')} over target, `{over[0].operation}` first"
    return _mild(judged, len(errors), benchmarks, formula)


def _mild(
    findings: Sequence[Finding], errors: int, benchmarks: Sequence[Benchmark], formula: Formula
) -> tuple[Verdict, str]:
    warnings = len({_place(each) for each in findings if each.level is Level.WARNING})
    unknown = sum(is_limit(each) and each.path_class is not PathClass.PANIC for each in findings)
    measured = [each for each in benchmarks if each.status == "ok"]
    if errors:
        return Verdict.MINOR, f"violations at {_count(errors, 'place')}, fewer than {formula.significant_errors}"
    if warnings >= formula.minor_warnings:
        return Verdict.MINOR, f"warnings at {_count(warnings, 'place')}"
    if unknown:
        return Verdict.MINOR, f"{_count(unknown, 'call')} that could not be followed"
    if formula.need_benchmarks and len(measured) < max(len(benchmarks), 1):
        missing = _count(len(benchmarks) - len(measured), "benchmark") + " without a target or a measurement"
        reason = missing if benchmarks else "no benchmark was measured"
        return Verdict.MINOR, f"nothing to object to in the code, but {reason}"
    return Verdict.MEETS_TARGETS, f"no violation, and {_count(len(measured), 'benchmark')} within target"


def _errors(rules: Iterable[str]) -> str:
    """What the code does, and what could not be audited."""
    limits = [rule.startswith(LIMITS) for rule in rules]
    parts = [
        f"violations at {_count(limits.count(False), 'place')}" if not all(limits) else "",
        f"{_count(limits.count(True), 'error')} of the audit itself" if any(limits) else "",
    ]
    return " and ".join(filter(None, parts))


def is_limit(finding: Finding) -> bool:
    """Something that the analysis could not see; what is wrong in the configuration is none."""
    return finding.rule.id.startswith(LIMITS) and not is_of_configuration(finding)


def is_of_configuration(finding: Finding) -> bool:
    """What is wrong in the configuration says nothing about the program."""
    return finding.rule in (UNUSED_ALLOW, EXPIRED_ALLOW)


def _place(finding: Finding) -> tuple[str, str, int]:
    anchor = finding.anchor
    return (finding.rule.id, anchor.file, anchor.line) if anchor else (finding.rule.id, finding.sink, 0)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

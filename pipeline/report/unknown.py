"""What makes a root *unknown*, and what the project says to accept it: entries to paste into ``ringfence.toml``.

A function without IR is described by `[[assume]]`, because somebody can know what it does. A call without a known
target, and inline assembly, are accepted by `[[allow]]`, at the innermost function of the path that a pattern finds
again. What several roots reach through one function is one entry.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ringfence.graphs.facts import PathClass
from ringfence.graphs.names import Pattern, without_generics
from ringfence.passes.limits import MISSING_IR
from ringfence.passes.rule import Finding
from ringfence.pipeline.report.model import Place, Root, RootVerdict, Unknown
from ringfence.pipeline.verdict import is_limit

_REASON = "TODO: why this may pass"
_EFFECTS = "the worst; or what it does: none, allocates, reallocates, frees, locks, enters-kernel, terminates"


def is_unknown(finding: Finding) -> bool:
    """Whether a finding makes its root unknown: something could not be followed, on a way that can be taken without a
    panic."""
    return is_limit(finding) and finding.path_class is not PathClass.PANIC


def unknowns(roots: Iterable[Root], findings: Iterable[Finding]) -> tuple[Unknown, ...]:
    """One entry for each rule and function that makes some root unknown, sorted by rule and function. ``findings`` are
    those that the project does not allow."""
    undecided = {root.function: root for root in roots if root.function and root.verdict is RootVerdict.UNKNOWN}
    together: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.root in undecided and is_unknown(finding):
            together[finding.rule.id, _named(finding)].append(finding)
    return tuple(_unknown(function, together[rule, function], undecided) for rule, function in sorted(together))


def _named(finding: Finding) -> str:
    """The function that an entry names: the one without IR, or the innermost that a pattern finds; empty where none is
    found."""
    if finding.rule is MISSING_IR:
        return without_generics(finding.sink)
    return next(_found_again(finding), "")


def _found_again(finding: Finding) -> Iterator[str]:
    for step in reversed(finding.path[:-1]):
        name = without_generics(step.function)
        if Pattern(name).select([step.function]):
            yield name


def _unknown(function: str, findings: list[Finding], roots: Mapping[str, Root]) -> Unknown:
    first = min(findings, key=lambda each: (each.path_class, each.root, each.fingerprint))
    names = sorted({finding.root for finding in findings})
    patterns = sorted({roots[name].pattern for name in names})
    place = first.anchor
    return Unknown(
        rule=first.rule.id,
        function=function,
        message=first.message,
        location=Place(file=place.file, line=place.line, column=place.column) if place else None,
        roots=tuple(names),
        findings=tuple(sorted(finding.fingerprint for finding in findings)),
        accept="\n".join(_entry(first, function, names, patterns)),
    )


def _entry(finding: Finding, function: str, names: list[str], patterns: list[str]) -> Iterator[str]:
    if finding.rule is MISSING_IR:
        yield "[[assume]]"
        yield f"function = {_quoted(function)}"
        yield f'effects = ["blocks"]  # {_EFFECTS}'
    else:
        yield "[[allow]]"
        yield f"rule = {_quoted(finding.rule.id)}"
        if len(names) == 1:
            yield f"root = {_quoted(_root(names[0], patterns[0]))}"
        if function and function != without_generics(names[0]):
            yield f"function = {_quoted(function)}"
    yield f"reason = {_quoted(_REASON)}"


def _root(name: str, pattern: str) -> str:
    """The root's own pattern where it stands for a function; a thread's name, or a module's, stands for many."""
    plain = without_generics(name)
    if Pattern(plain).select([name]):
        return plain
    return pattern if Pattern(pattern).select([name]) else name


def _quoted(text: str) -> str:
    """A basic string (TOML 1.0, *String*); JSON's escapes are among its own."""
    return json.dumps(text, ensure_ascii=False)

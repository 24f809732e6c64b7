"""JUnit's XML, as Jenkins and GitLab read it: a suite for each root, a case for each rule that looked.

A case fails where a finding of the rule fails the audit, or makes the root unknown. A root that matches nothing is an
error.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape

from ringfence.pipeline.report.model import Finding, Report, Root, RootStatus
from ringfence.pipeline.report.sentences import counted
from ringfence.pipeline.report.terminal import safe
from ringfence.pipeline.rules import all_rules

_MOST = 100
"""Findings that one failure lists."""
_LONGEST = 1000


def write(report: Report) -> str:
    """The document; ends in a newline."""
    slugs = {rule.id: f"{rule.id} {rule.slug}" for rule in all_rules()}
    failing: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    undecided = {name for each in report.unknown for name in each.findings}
    failed = {finding.fingerprint for finding in report.failing} | undecided
    for finding in report.findings:
        if finding.fingerprint in failed:
            failing[finding.root, finding.rule].append(finding)
    once = {root.function or root.pattern: root for root in reversed(report.roots)}
    rules = [slugs.get(rule, rule) for rule in report.rules]
    suites = [line for name in sorted(once) for line in _suite(once[name], rules, failing)]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="ringfence">', *suites, "</testsuites>"]
    return "".join(f"{line}\n" for line in lines)


def _suite(root: Root, rules: Sequence[str], failing: dict[tuple[str, str], list[Finding]]) -> Iterator[str]:
    name = root.function or root.pattern
    if root.status is RootStatus.NOT_FOUND:
        yield f"  <testsuite {_attributes(name=name, tests='1', failures='0', errors='1')}>"
        yield f"    <testcase {_attributes(classname=name, name='root')}>"
        yield f"      <error {_attributes(message=root.reason or 'the root matches no function')}/>"
        yield "    </testcase>"
        yield "  </testsuite>"
        return
    found = [failing.get((name, rule.split()[0]), []) for rule in rules]
    failures = str(sum(map(bool, found)))
    yield f"  <testsuite {_attributes(name=name, tests=str(len(rules)), failures=failures, errors='0')}>"
    for rule, findings in zip(rules, found, strict=True):
        yield from _case(name, rule, findings)
    yield "  </testsuite>"


def _case(root: str, rule: str, findings: Sequence[Finding]) -> Iterator[str]:
    case = _attributes(classname=root, name=rule)
    if not findings:
        yield f"    <testcase {case}/>"
        return
    yield f"    <testcase {case}>"
    yield f"      <failure {_attributes(type=findings[0].slug, message=_message(findings))}>"
    yield from (_text(line) for finding in findings[:_MOST] for line in _told(finding))
    if len(findings) > _MOST:
        yield f"and {len(findings) - _MOST:,} more"
    yield "      </failure>"
    yield "    </testcase>"


def _message(findings: Sequence[Finding]) -> str:
    more = f" (and {counted(len(findings) - 1, 'more finding')})" if len(findings) > 1 else ""
    return findings[0].message[:_LONGEST] + more


def _told(finding: Finding) -> Iterator[str]:
    place = f"{finding.location.file}:{finding.location.line}: " if finding.location else ""
    yield f"{place}{finding.message[:_LONGEST]}"
    yield f"  ringfence explain {finding.fingerprint}"


def _text(text: str) -> str:
    return escape(safe(text), quote=False)


def _attributes(**values: str) -> str:
    return " ".join(f'{key}="{escape(safe(value))}"' for key, value in values.items())

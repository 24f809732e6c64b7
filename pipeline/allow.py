"""``[[allow]]``: which findings the project accepts, and why. They stay in the report and fail nothing."""

import datetime
from collections.abc import Iterable, Sequence

from ringfence.graphs.names import Pattern
from ringfence.passes.rule import Finding
from ringfence.pipeline.config import Allow


def allowed(findings: Iterable[Finding], allows: Sequence[Allow], today: datetime.date) -> dict[str, str]:
    """The reason for each fingerprint that an entry accepts; the first entry that fits counts. From the day on which it
    expires an entry accepts nothing."""
    valid = [allow for allow in allows if not allow.has_expired(today)]
    reasons: dict[str, str] = {}
    for finding in findings if valid else ():
        fitting = (allow.reason for allow in valid if _fits(finding, allow))
        reason = next(fitting, None)
        if reason is not None:
            reasons[finding.fingerprint] = reason
    return reasons


def unused_allows(findings: Sequence[Finding], allows: Sequence[Allow], today: datetime.date) -> list[int]:
    """Positions of the entries that have not expired and fit no finding."""
    return [
        number
        for number, allow in enumerate(allows)
        if not allow.has_expired(today) and not any(_fits(finding, allow) for finding in findings)
    ]


def _fits(finding: Finding, allow: Allow) -> bool:
    if allow.rule not in (finding.rule.id, finding.rule.slug):
        return False
    if allow.root is not None and not Pattern(allow.root).select([finding.root]):
        return False
    return allow.function is None or bool(Pattern(allow.function).select(step.function for step in finding.path))

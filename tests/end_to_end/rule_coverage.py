"""Which rules the testcrates show: each fires under some root, and is silent under another one that was audited.

A rule of the contract that is not written yet is listed here, and the list must shrink: a rule that is written and
still listed fails the test, and so does one that is neither.
"""

from collections.abc import Iterable, Mapping

from ringfence.pipeline.report.model import Report, RootStatus

CONTRACT = frozenset(
    f"RF{number}"
    for family in (
        range(101, 105),
        range(201, 208),
        range(301, 308),
        range(401, 406),
        range(501, 506),
        range(601, 606),
        range(901, 907),
    )
    for number in family
)
"""Every rule that the contract names."""

NOT_WRITTEN = frozenset(
    {
        *("RF601", "RF602", "RF603", "RF604", "RF605"),
    }
)

SHOWN_ELSEWHERE = frozenset({"RF901"})
"""A testcrate whose roots are not found is no testcrate: `test_roots` shows this one."""


def firing(reports: Mapping[str, Report]) -> dict[str, set[tuple[str, str]]]:
    """Crate and root of each rule's findings."""
    found: dict[str, set[tuple[str, str]]] = {}
    for crate, report in reports.items():
        for finding in report.findings:
            found.setdefault(finding.rule, set()).add((crate, finding.root))
    return found


def shortcomings(reports: Mapping[str, Report], rules: Iterable[str]) -> list[str]:
    """A line for each rule that never fires, or that fires under every root there is."""
    found = firing(reports)
    roots = {
        (crate, root.function)
        for crate, report in reports.items()
        for root in report.roots
        if root.status is RootStatus.AUDITED and root.function
    }
    told = sorted(rules)
    return [f"{rule} never fires" for rule in told if rule not in found] + [
        f"{rule} is never silent" for rule in told if rule in found and not roots - found[rule]
    ]

"""Prints what the roots did beside the heap, and what the audit says of it. Two tables.

    PYTHONPATH=tests python -m truth.deed_tables

The roots are stepped through (`truth.stepping`): a minute once everything is built. Builds go to ``build/truth``.
"""

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from truth.deeds import Comparison, Kind, compare
from truth.oracle import CLASSES, WIDTH, add_row, counted_table, list_lines, place, share
from truth.recording import crate_of
from truth.stepping import NotHere

from ringfence.pipeline.report.model import Finding

RULES = ("RF201", "RF202", "RF203", "RF205", "RF207", "RF401", "RF402")


def main() -> None:
    """Find out, and print the tables."""
    try:
        found = compare()
    except NotHere as reason:
        sys.exit(f"the roots cannot be stepped through: {reason}")
    console = Console(width=WIDTH, markup=False, highlight=False, emoji=False)
    for table in (_happened(found), _reported(found)):
        console.print(table)
    said = set(found.missing) - set(found.silent)
    missing = (f"{event}{' (the root is said to be unknown)' if event in said else ''}" for event in found.missing)
    list_lines(console, "seen at run time and not reported", missing)
    list_lines(console, "seen otherwise than reported", wrong(found))


def _happened(found: Comparison) -> Table:
    title = "run time -> report: lines below a root, by what happened there"
    table = counted_table(title, ("what", "lines", "events", "reported", "missing", "in silence", "recall"), 1)
    for kind in (*Kind, "all"):
        events = [event for event in found.events if kind in (event.kind, "all")]
        missing = [event for event in found.missing if event in events]
        silent = [event for event in found.silent if event in events]
        told, times = len(events) - len(missing), sum(found.events[event] for event in events)
        add_row(table, kind, len(events), times, told, len(missing), len(silent), share(told, len(events)))
    return table


def _reported(found: Comparison) -> Table:
    title = "report -> run time: findings, and what they say that counting can refute"
    headings = ("rule", "class", "findings", "seen", "statements", "right", "share")
    table = counted_table(title, headings, 2)
    for rule in (*RULES, "all"):
        for path_class in CLASSES:
            of_kind = [each for each in found.findings if rule in (each.rule, "all") and each.class_ == path_class]
            of_kind = [each for each in of_kind if each.rule in RULES]
            if of_kind:
                seen = sum(bool(found.seen(each)) for each in of_kind)
                said = [holds for each in of_kind for holds in found.statements(each).values()]
                add_row(table, rule, path_class, len(of_kind), seen, len(said), sum(said), share(sum(said), len(said)))
    return table


def wrong(found: Comparison) -> Iterator[str]:
    """A line for each statement that counting refutes."""
    for finding in found.findings:
        for statement in (said for said, holds in found.statements(finding).items() if not holds):
            yield f"{told(finding)}: `{statement}`, and it happened {_times(finding, found)}"


def told(finding: Finding) -> str:
    """Root, rule, class and line."""
    file, line = place(finding)
    about = f"{finding.rule} {finding.class_} {finding.frequency}"
    return f"{finding.root}: {about} at {crate_of(finding.root)}/{file}:{line}"


def _times(finding: Finding, found: Comparison) -> str:
    seen = found.seen(finding)
    calls = found.stepped.calls.get(finding.root, frozenset())
    return f"in {len(seen.keys() & calls)} of {len(calls)} calls, at most {max(seen.values(), default=0)} times in one"


if __name__ == "__main__":
    main()

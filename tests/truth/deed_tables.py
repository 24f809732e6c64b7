"""Prints what the roots did beside the heap, and what the audit says of it. Three tables.

    PYTHONPATH=tests python -m truth.deed_tables

The roots are stepped through (`truth.stepping`): a minute once everything is built. Builds go to ``build/truth``.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from truth import oracle
from truth.deeds import Comparison, Event, Kind, compare
from truth.oracle import CLASSES, WIDTH, Truth, add_row, counted_table, list_lines, place, share
from truth.recording import crate_of
from truth.stepping import NotHere

from ringfence.pipeline.report.model import Finding

KINDS = Path(__file__).parent / "kinds" / "src"
RULES = ("RF201", "RF202", "RF203", "RF205", "RF207", "RF401", "RF402")


def main() -> None:
    """Find out, and print the tables."""
    truth = oracle.find_out()
    try:
        found = compare()
    except NotHere as reason:
        sys.exit(f"the roots cannot be stepped through: {reason}")
    console = Console(width=WIDTH, markup=False, highlight=False, emoji=False)
    for table in (_happened(found), _reported(found), _by_kind(found, truth)):
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


def _by_kind(found: Comparison, truth: Truth) -> Table:
    title = "tests/truth/kinds: what the roots did, the heap included, and what is said of it"
    headings = ("kind", "roots", "happened", "missing", "recall", "statements", "right", "share")
    table = counted_table(title, headings, 1)
    for module, about in kinds():
        roots = sorted(root for root in truth.recording.calls if root.startswith(f"kinds::{module}::"))
        happened, missing = _events(roots, found, truth)
        said = list(_statements(roots, found, truth))
        recall = share(happened - len(missing), happened)
        add_row(
            table, about, len(roots), happened, len(missing), recall, len(said), sum(said), share(sum(said), len(said))
        )
    return table


def kinds() -> Iterator[tuple[str, str]]:
    """Module and first sentence of each kind, in the order of the names."""
    for file in sorted(KINDS.glob("*.rs")):
        if file.stem != "lib":
            text = " ".join(line[3:].strip() for line in file.read_text().splitlines() if line.startswith("//!"))
            yield file.stem, text.partition(".")[0].partition(":")[0]


def _events(roots: Sequence[str], found: Comparison, truth: Truth) -> tuple[int, list[object]]:
    events: list[Event] = [event for event in found.events if event.root in roots]
    sites = [site for site in truth.sites if site.root in roots]
    missing = [event for event in found.missing if event in events]
    return len(events) + len(sites), [*missing, *(site for site in truth.missing if site in sites)]


def _statements(roots: Sequence[str], found: Comparison, truth: Truth) -> Iterator[bool]:
    for finding in found.findings:
        if finding.root in roots:
            yield from found.statements(finding).values()
    for finding in truth.findings:
        if finding.root in roots and truth.can_be_refuted(finding) and truth.seen(finding).times:
            yield truth.holds(finding)


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

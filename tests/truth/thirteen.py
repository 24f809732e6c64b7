"""A row for each kind of thing that an audit is easily wrong about. Prints a table, and one of crates that do not run.

    PYTHONPATH=tests python -m truth.thirteen

*Members* is what happened or is marked, *statements* what the report says that counting, the program or a mark can
refute. Minutes: the roots are stepped through (`truth.deeds`), panic (`truth.panicking`), say where their words lie
(`truth.sharing`); of the rest `truth.told` judges.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from end_to_end.expectations import ADVISORY, compare, marks
from rich.console import Console
from truth import oracle, told
from truth.deeds import Comparison
from truth.deeds import compare as compare_deeds
from truth.oracle import WIDTH, Truth, add_row, counted_table, list_lines, share
from truth.panicking import panics
from truth.recording import TESTCRATES, folder_of
from truth.sharing import pairs
from truth.stepping import NotHere

KINDS = Path(__file__).parent / "kinds" / "src"
NOT_RUN = {
    "alive": "is a program, not a library",
    "assumed": "calls functions of a library that does not exist",
    "batches": "never goes to the heap",
    "clean": "never goes to the heap",
    "facade": "is about what stands behind a facade, not about the heap",
    "folded": "is about guards that were folded away; what it allocates other crates do as well",
    "folds": "shows what is told apart; what it allocates other crates do as well",
    "glue": "is about which object is dropped; what that does to the heap other crates do as well",
    "handed": "is about what is told of calls; what they do to the heap other crates do as well",
    "handmade": "takes locks, and allocates under one of them only",
    "hashers": "never goes to the heap",
    "laminardb-0.1.0": "has a test of its own",
    "neighbours": "never goes to the heap",
    "panics": "panics, and does to the heap what other crates do",
    "pools": "runs jobs in pools of threads, and does to the heap what other crates do",
    "registered": "is about which functions may be called; what they do to the heap other crates do as well",
    "threads": "starts threads and thread pools, which is what `kinds` and `spellings` do as well",
    "turns": "is about loops; what it allocates other crates do as well",
    "unknown": "calls functions of a library that does not exist",
    "variants": "goes to the heap only where a queue grows",
    "walks": "never goes to the heap",
}
"""Testcrates that are not run, and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind."""

    about: str
    members: int
    missing: tuple[str, ...]
    said: int
    right: int


def rows() -> Iterator[Row]:
    """In the order of the kinds. Raises `NotHere` where the roots cannot be stepped through."""
    truth, found = oracle.find_out(), compare_deeds()
    for kind in _KINDS:
        yield kind(truth, found)


def modules() -> Iterator[str]:
    """The modules of ``kinds/``."""
    return (file.stem for file in sorted(KINDS.glob("*.rs")) if file.stem != "lib")


def _ran(about: str, module: str) -> "_Kind":
    def row(truth: Truth, found: Comparison) -> Row:
        roots = sorted(root for root in truth.recording.calls if root.startswith(f"kinds::{module}::"))
        events = [event for event in found.events if event.root in roots]
        sites = [site for site in truth.sites if site.root in roots]
        missing = [str(each) for each in found.missing if each in events]
        missing += [str(each) for each in truth.missing if each in sites]
        said = list(_said(roots, found, truth))
        return Row(about, len(events) + len(sites), tuple(missing), len(said), sum(said))

    return row


def _said(roots: Sequence[str], found: Comparison, truth: Truth) -> Iterator[bool]:
    for finding in found.findings:
        if finding.root in roots:
            yield from found.statements(finding).values()
    for finding in truth.findings:
        if finding.root in roots and truth.can_be_refuted(finding) and truth.seen(finding).times:
            yield truth.holds(finding)


def _marked(about: str, kind: str) -> "_Kind":
    def row(_truth: Truth, _found: Comparison) -> Row:
        members = sum(len(each.expected) for each in told.roots()[kind])
        said = list(told.statements(kind))
        return Row(about, members, tuple(told.missing(kind)), len(said), sum(each.holds for each in said))

    return row


def _panics(_truth: Truth, _found: Comparison) -> Row:
    found = panics()
    quiet = [root for root, places in found.seen.items() if not places]
    silent = len(quiet) - len({each.root for each in found.spurious})
    return Row("Places that can panic", len(found.all_seen), tuple(map(str, found.missing)), len(quiet), silent)


def _sharing(_truth: Truth, _found: Comparison) -> Row:
    close, apart = ([pair for pair in pairs() if pair.shares is shares] for shares in (True, False))
    untold = tuple(pair.name for pair in close if not pair.is_told)
    return Row("Words on one cache line", len(close), untold, len(apart), sum(not pair.is_told for pair in apart))


_Kind = Callable[[Truth, Comparison], Row]
_KINDS: tuple[_Kind, ...] = (
    _ran("Cold behind a folded guard", "cold_mark"),
    _ran("Two things on one line", "one_line"),
    _ran("Waits without a pause", "waited"),
    _ran("Locks of one's own", "flagged"),
    _ran("Calls of what others made", "dispatched"),
    _ran("In a loop, and once", "counted"),
    _panics,
    _ran("What libraries make the processor do", "in_library"),
    _marked("What dependencies do behind a call", "behind"),
    _sharing,
    _marked("Sizes beside types", "sized"),
    _ran("Threads", "started"),
    _marked("What cannot be followed", "open"),
)


@dataclass(frozen=True, slots=True)
class Crate:
    """A testcrate that does not run, by its marks."""

    name: str
    roots: int
    marks: int
    differences: tuple[str, ...]


def marked_crates() -> Iterator[Crate]:
    """Those of `NOT_RUN` that carry marks; ``panics`` has a namesake here that panics."""
    for name in sorted(NOT_RUN):
        expected = marks(TESTCRATES / name)
        if not expected or name.startswith("laminardb") or folder_of(name) != TESTCRATES / name:
            continue
        report = oracle.audit(name)
        silent = ADVISORY - {mark.rule for mark in expected}
        differences = compare(expected, (each for each in report.findings if each.rule not in silent))
        yield Crate(name, len(report.roots), len(expected), tuple(differences))


def main() -> None:
    """Find out, and print."""
    console = Console(width=WIDTH, markup=False, highlight=False, emoji=False)
    headings = ("kind", "members", "missing", "recall", "statements", "right", "share")
    table = counted_table("what an audit is easily wrong about", headings, 1)
    missing: list[str] = []
    try:
        for number, row in enumerate(rows(), 1):
            lost = len(row.missing)
            recall, right = share(row.members - lost, row.members), share(row.right, row.said)
            add_row(table, f"{number:2} {row.about}", row.members, lost, recall, row.said, row.right, right)
            missing += row.missing
    except NotHere as reason:
        sys.exit(f"the roots cannot be stepped through: {reason}")
    console.print(table)
    list_lines(console, "missing", missing)
    of_crates = counted_table("testcrates that do not run, by their marks", ("crate", "roots", "marks", "different"), 1)
    for crate in marked_crates():
        add_row(of_crates, crate.name, crate.roots, crate.marks, len(crate.differences))
    console.print(of_crates)


if __name__ == "__main__":
    main()

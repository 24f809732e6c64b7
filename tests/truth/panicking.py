"""Where the roots of ``panics/`` panicked, against where `--strict` says that they can. Prints a table.

    PYTHONPATH=tests python -m truth.panicking

A panic hook says file, line and column; of a panic that std places in its own code only the root is known.
"""

import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from truth.marked import audit
from truth.oracle import WIDTH, add_row, counted_table, list_lines, place, share
from truth.recording import TARGET

from ringfence.pipeline.report.model import Finding

CRATE = Path(__file__).parent / "panics"
RULE = "RF404"


@dataclass(frozen=True, slots=True, order=True)
class Panic:
    """A place where a root panicked; the line is 0 where it is in std."""

    root: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.root}:{self.line}:{self.column}" if self.line else f"{self.root}, in std"


@dataclass(frozen=True)
class Panics:
    """What happened, and what is reported."""

    seen: Mapping[str, frozenset[Panic]]
    """By root, of all roots."""
    findings: tuple[Finding, ...]
    """Of class *panic*, of all rules."""

    @property
    def all_seen(self) -> list[Panic]:
        """In the order of the roots and lines."""
        return sorted(panic for panics in self.seen.values() for panic in panics)

    def is_reported(self, panic: Panic, *rules: str) -> bool:
        """Whether there is a finding at the line, of these rules or of any."""
        of_root = [each for each in self.findings if each.root == panic.root and (not rules or each.rule in rules)]
        return any(not panic.line or place(each)[1] == panic.line for each in of_root)

    @property
    def untold(self) -> list[Panic]:
        """Panics of which no rule says anything: not even what they allocate."""
        return [panic for panic in self.all_seen if not self.is_reported(panic)]

    @property
    def missing(self) -> list[Panic]:
        """Panics that are not reported as such."""
        return [panic for panic in self.all_seen if not self.is_reported(panic, RULE)]

    @property
    def misplaced(self) -> list[Panic]:
        """Those that are reported on the right line, and at another column."""
        places = [(each.root, each.location) for each in self.findings if each.rule == RULE and each.location]
        columns = {(root, location.line, location.column) for root, location in places}
        reported = (panic for panic in self.all_seen if panic.line and self.is_reported(panic, RULE))
        return [panic for panic in reported if (panic.root, panic.line, panic.column) not in columns]

    @property
    def spurious(self) -> list[Finding]:
        """What is reported of roots that cannot panic."""
        return [each for each in self.findings if not self.seen.get(each.root, True)]


def panics() -> Panics:
    """Run, audit, compare."""
    report = audit("panics", TARGET, strict=True)
    return Panics(_run(), tuple(each for each in report.findings if each.class_ == "panic"))


def _run() -> Mapping[str, frozenset[Panic]]:
    command = ("cargo", "run", "--quiet", "--locked", "--release", "--manifest-path", CRATE / "Cargo.toml")
    finished = subprocess.run([*command, "--target-dir", TARGET / "panics"], capture_output=True, text=True, check=True)
    seen: dict[str, set[Panic]] = defaultdict(set)
    for line in finished.stdout.splitlines():
        root, _, where = line.partition("\t")
        of_root = seen[root]
        if where:
            file, row, column = where.rsplit(":", 2)
            is_own = file == "src/lib.rs"
            of_root.add(Panic(root, int(row) if is_own else 0, int(column) if is_own else 0))
    return {root: frozenset(places) for root, places in seen.items()}


def main() -> None:
    """Find out, and print."""
    console, found = Console(width=WIDTH, markup=False, highlight=False, emoji=False), panics()
    headings = ("roots", "places", "reported", "missing", "recall", "at that column", "cannot panic", "silent")
    table = counted_table("places that panicked, and what `--strict` says", headings, 0)
    silent = {root for root, places in found.seen.items() if not places}
    told = len(found.all_seen) - len(found.missing)
    in_place = sum(panic.line > 0 for panic in found.all_seen if found.is_reported(panic, RULE)) - len(found.misplaced)
    quiet = len(silent) - len({each.root for each in found.spurious})
    places = (len(found.all_seen), told, len(found.missing), share(told, len(found.all_seen)), in_place)
    add_row(table, len(found.seen), *places, len(silent), quiet)
    console.print(table)
    list_lines(console, "panicked and not reported", map(str, found.missing))
    list_lines(console, "reported at another column", map(str, found.misplaced))
    list_lines(
        console, "reported of roots that cannot panic", (f"{each.root}: {each.message}" for each in found.spurious)
    )


if __name__ == "__main__":
    main()

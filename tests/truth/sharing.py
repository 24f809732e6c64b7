"""Words that roots write on one cache line of the running program, against what RF302 says. Prints a table.

    PYTHONPATH=tests python -m truth.sharing

``shared/`` has pairs of roots that each write a word of their own, and says where the words lie when it runs; of
statics `nm` says it, too. Only the two words of a pair are compared: what else the linker puts beside them is its own.
"""

import subprocess
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import cast

from rich.console import Console
from truth.marked import audit
from truth.oracle import WIDTH, add_row, counted_table, list_lines, share
from truth.recording import TARGET

from ringfence.passes.sharing_rule import Neighbour
from ringfence.pipeline.report.model import Finding

CRATE = Path(__file__).parent / "shared"
EXECUTABLE = TARGET / "shared" / "release" / "shared"
LINE = 64
"""Bytes of a cache line on the machines that run this."""
PAGE = 4096
_RULE = "RF302"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two roots and the addresses of the words that they write."""

    name: str
    first: int
    second: int
    is_told: bool
    """One of the roots has a finding that names the other."""

    @property
    def shares(self) -> bool:
        """Whether the words lie on one line."""
        return self.first // LINE == self.second // LINE


@cache
def pairs() -> tuple[Pair, ...]:
    """Run, audit, compare; once a process."""
    command = ("cargo", "run", "--quiet", "--locked", "--release", "--manifest-path", CRATE / "Cargo.toml")
    ran = subprocess.run([*command, "--target-dir", TARGET / "shared"], capture_output=True, text=True, check=True)
    told = {
        (each.root, neighbour)
        for each in audit("shared", TARGET).findings
        if each.rule == _RULE
        for neighbour in _neighbours(each)
    }
    found = (line.split() for line in ran.stdout.splitlines())
    return tuple(
        Pair(name, int(first), int(second), not told.isdisjoint(permutations(_roots(name))))
        for name, first, second in found
    )


def _roots(pair: str) -> tuple[str, str]:
    return f"shared::{pair}::first", f"shared::{pair}::second"


def _neighbours(finding: Finding) -> list[str]:
    """The roots that touch the same line, as the finding says."""
    told = cast("tuple[object, ...]", finding.detail.get("neighbours", ()))
    return [each.root for each in told if isinstance(each, Neighbour)]


def statics() -> dict[str, int]:
    """Address of each static in the executable's file, by `nm` of the GNU binutils."""
    told = subprocess.run(["nm", "--demangle", EXECUTABLE], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=2) for line in told.stdout.splitlines())
    return {row[2].removeprefix("shared::"): int(row[0], 16) for row in rows if len(row) == 3 and row[1] in "bBdD"}


def main() -> None:
    """Find out, and print."""
    console, found = Console(width=WIDTH, markup=False, highlight=False, emoji=False), pairs()
    table = counted_table(
        "words that two roots write", ("pairs", "on one line", "told", "recall", "apart", "silent"), 0
    )
    close = [pair for pair in found if pair.shares]
    told = sum(pair.is_told for pair in close)
    apart = [pair for pair in found if not pair.shares]
    silent = sum(not pair.is_told for pair in apart)
    add_row(table, len(found), len(close), told, share(told, len(close)), len(apart), silent)
    console.print(table)
    list_lines(console, "on one line and not told", (pair.name for pair in close if not pair.is_told))
    list_lines(console, "told and apart", (pair.name for pair in apart if pair.is_told))


if __name__ == "__main__":
    main()

"""What a testcrate expects of its audit, written beside its code.

``//~ RF101 hot`` at the end of a line says: on this line a finding of that rule and class is anchored. A word
``always`` or ``conditional`` may follow. Several are separated by semicolons; the same one twice means two findings.
Every finding must be expected, and every expectation found.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ringfence.pipeline.report.model import Report

_LAYOUT = "RF301"
"""Expected only in crates that mark it: any type may lie across lines, and most testcrates are about calls."""
_MARK = re.compile(r"//~ (.+)$")


@dataclass(frozen=True, order=True)
class Expected:
    """One finding, by what a mark says of it."""

    file: str
    line: int
    rule: str
    path_class: str
    frequency: str = ""
    """Empty where the mark does not say."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule} {self.path_class} {self.frequency}".rstrip()


def marks(crate: Path) -> Counter[Expected]:
    """All marks of a crate's sources."""
    return Counter(mark for file in sorted(crate.rglob("src/**/*.rs")) for mark in _marks_in(file, crate))


def _marks_in(file: Path, crate: Path) -> Iterator[Expected]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        match = _MARK.search(line)
        for text in match[1].split(";") if match else ():
            yield Expected(file.relative_to(crate).as_posix(), number, *text.split())


def differences(report: Report, crate: Path) -> list[str]:
    """One line for each finding that no mark expects, and for each mark that no finding meets."""
    expected = marks(crate)
    speaks_of_layout = any(mark.rule == _LAYOUT for mark in expected)
    unexpected: list[str] = []
    for finding in report.findings:
        if finding.rule == _LAYOUT and not speaks_of_layout:
            continue
        file, line = (finding.location.file, finding.location.line) if finding.location else ("", 0)
        plain = Expected(file, line, finding.rule, finding.class_)
        exact = Expected(file, line, finding.rule, finding.class_, finding.frequency)
        met = next((mark for mark in (exact, plain) if expected[mark]), None)
        if met is None:
            unexpected.append(f"unexpected  {exact}: {finding.message}")
        else:
            expected[met] -= 1
    return sorted(unexpected) + [f"missing     {mark}" for mark in sorted(expected.elements())]

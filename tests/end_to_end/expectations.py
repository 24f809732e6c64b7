"""What a testcrate expects of its audit, written beside its code.

``//~ RF101 hot`` at the end of a line says: on this line a finding of that rule and class is anchored. Words that
narrow it may follow: ``always`` or ``conditional``, ``loop=2`` for the depth, ``own=1`` for that of the own code alone,
``root=NAME`` where several come by.
Several marks are separated by semicolons; the same one twice means two findings. A line that holds nothing but
``//~^ …`` speaks of the line of code above it. Every finding must be marked, and every mark must be found.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ringfence.pipeline.report.model import Finding, Report

_OF_LOCKS = ("RF204", "RF205", "RF206", "RF207")
_OF_CACHE = ("RF301", "RF302", "RF303", "RF304", "RF305", "RF306", "RF307", "RF403", "RF404", "RF405")
_OF_COPIES = ("RF104", "RF501", "RF502", "RF503", "RF504", "RF505")
ADVISORY = frozenset({*_OF_LOCKS, *_OF_CACHE, *_OF_COPIES})
"""Rules that are expected only in crates that mark them: what they advise is beside the point of most testcrates."""
_MARK = re.compile(r"//~(?P<above>\^?)\s+(?P<marks>.+)$")
_FREQUENCIES = ("always", "conditional")


@dataclass(frozen=True, order=True)
class Mark:
    """One finding, by what is said of it; what is not said matches anything."""

    file: str
    line: int
    rule: str
    path_class: str
    frequency: str = ""
    loop_depth: int = -1
    root: str = ""
    own_loop_depth: int = -1

    def matches(self, finding: Finding) -> bool:
        """Whether the finding is the one that is meant."""
        return (
            place(finding) == (self.file, self.line)
            and (finding.rule, finding.class_) == (self.rule, self.path_class)
            and self.frequency in ("", finding.frequency)
            and self.loop_depth in (-1, finding.loop_depth)
            and self.own_loop_depth in (-1, finding.own_loop_depth)
            and (not self.root or f"::{finding.root}".endswith(f"::{self.root}"))
        )

    @property
    def precision(self) -> int:
        """How many of the words that may follow are there: the most precise marks choose first."""
        depths = (self.loop_depth >= 0) + (self.own_loop_depth >= 0)
        return bool(self.frequency) + depths + bool(self.root)

    def __str__(self) -> str:
        depth = f"loop={self.loop_depth}" if self.loop_depth >= 0 else ""
        own = f"own={self.own_loop_depth}" if self.own_loop_depth >= 0 else ""
        root = f"root={self.root}" if self.root else ""
        words = (self.rule, self.path_class, self.frequency, depth, own, root)
        return f"{self.file}:{self.line}: {' '.join(filter(None, words))}"


def place(finding: Finding) -> tuple[str, int]:
    """File and line of a finding's anchor."""
    return (finding.location.file, finding.location.line) if finding.location else ("", 0)


def marks(crate: Path) -> list[Mark]:
    """All marks of a crate's sources and configuration, sorted. Raises ``ValueError`` for one that cannot be read."""
    return sorted(mark for file in _marked_files(crate) for mark in _marks_in(file, crate))


def _marked_files(crate: Path) -> Iterator[Path]:
    yield from crate.rglob("src/**/*.rs")
    yield from crate.glob("ringfence.toml")


def _marks_in(file: Path, crate: Path) -> Iterator[Mark]:
    code_line = 0
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        found = _MARK.search(text)
        is_about_above = found is not None and bool(found["above"])
        if not is_about_above:
            code_line = number
        for written in found["marks"].split(";") if found else ():
            yield _mark(written, file.relative_to(crate).as_posix(), code_line)


def _mark(written: str, file: str, line: int) -> Mark:
    rule, path_class, *narrowing = written.split()
    frequency, loop_depth, own_loop_depth, root = "", -1, -1, ""
    for word in narrowing:
        key, _, value = word.partition("=")
        if word in _FREQUENCIES:
            frequency = word
        elif key == "loop":
            loop_depth = int(value)
        elif key == "own":
            own_loop_depth = int(value)
        elif key == "root" and value:
            root = value
        else:
            raise ValueError(f"{file}:{line}: `{word}` says nothing about a finding")
    return Mark(file, line, rule, path_class, frequency, loop_depth, root, own_loop_depth)


def differences(report: Report, crate: Path) -> list[str]:
    """One line for each finding that no mark expects, and for each mark that no finding meets."""
    expected = marks(crate)
    silent = ADVISORY - {mark.rule for mark in expected}
    findings = [finding for finding in report.findings if finding.rule not in silent]
    return compare(expected, findings)


def compare(expected: Iterable[Mark], findings: Iterable[Finding]) -> list[str]:
    """As `differences`, of marks and findings that are at hand."""
    left = list(findings)
    missing: list[Mark] = []
    for mark in sorted(expected, key=lambda each: (-each.precision, each)):
        met = next((finding for finding in left if mark.matches(finding)), None)
        if met is None:
            missing.append(mark)
        else:
            left.remove(met)
    return sorted(_unexpected(finding) for finding in left) + [f"missing     {mark}" for mark in sorted(missing)]


def _unexpected(finding: Finding) -> str:
    file, line = place(finding)
    depths = finding.loop_depth, finding.root, finding.own_loop_depth
    found = Mark(file, line, finding.rule, finding.class_, finding.frequency, *depths)
    return f"unexpected  {found}: {finding.message}"

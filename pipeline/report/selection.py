"""Which findings a person is shown: roots take turns, and within a root its rules do, worst first.

Nobody reads two thousand findings. What is left over is counted by root and rule; `--show-all` and the JSON form have
all of it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ringfence.passes.rule import Frequency, Level
from ringfence.pipeline.report.model import Finding

MOST_SHOWN = 30
_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show, in the order of the report, and how many of each root are left over."""

    shown: tuple[Finding, ...]
    left_over: tuple[tuple[str, Counter[str]], ...]
    """Root, and number by rule."""


def select(findings: Sequence[Finding], most: int | None) -> Selection:
    """At most ``most`` findings, all where it is None."""
    if most is None or len(findings) <= most:
        return Selection(tuple(findings), ())
    chosen = {finding.fingerprint for finding in _in_turns(findings)[:most]}
    left: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        if finding.fingerprint not in chosen:
            left[finding.root][finding.rule] += 1
    shown = tuple(finding for finding in findings if finding.fingerprint in chosen)
    return Selection(shown, tuple(sorted(left.items())))


def _in_turns(findings: Sequence[Finding]) -> list[Finding]:
    """All findings: first those of the worst level; in a level one of each root, and of each rule of a root, before
    the second of any."""
    rows: dict[tuple[int, str], dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in sorted(findings, key=_weight):
        rows[_LEVELS.index(finding.level), finding.root][finding.rule].append(finding)
    by_level: dict[int, list[list[Finding]]] = defaultdict(list)
    for (level, _), by_rule in sorted(rows.items()):
        by_level[level].append(_interleaved([by_rule[rule] for rule in sorted(by_rule)]))
    return [finding for level in sorted(by_level) for finding in _interleaved(by_level[level])]


def _interleaved(rows: Sequence[Sequence[Finding]]) -> list[Finding]:
    return [finding for turn in zip_longest(*rows) for finding in turn if finding is not None]


def _weight(finding: Finding) -> tuple[bool, int, str]:
    """What is always executed first, then what stands in deeper loops."""
    return finding.frequency is not Frequency.ALWAYS, -finding.loop_depth, finding.fingerprint

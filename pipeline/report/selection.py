"""Which causes a person is shown: roots take turns, and within a root its rules do, worst first.

Nobody reads two thousand causes. What is left over is counted by root and rule; `--show-all` and the JSON form have
all of it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ringfence.passes.rule import Level
from ringfence.pipeline.report.model import Cause

MOST_SHOWN = 30
_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show, in the order of the report, and how many of each root are left over."""

    shown: tuple[Cause, ...]
    left_over: tuple[tuple[str, Counter[str]], ...]
    """Root, and number by the rule that leads."""


def select(causes: Sequence[Cause], most: int | None) -> Selection:
    """At most ``most`` causes, all where it is None."""
    if most is None or len(causes) <= most:
        return Selection(tuple(causes), ())
    chosen = {id(cause) for cause in _in_turns(causes)[:most]}
    left: dict[str, Counter[str]] = defaultdict(Counter)
    for cause in causes:
        if id(cause) not in chosen:
            left[cause.root][cause.leading.rules[0]] += 1
    shown = tuple(cause for cause in causes if id(cause) in chosen)
    return Selection(shown, tuple(sorted(left.items())))


def _in_turns(causes: Sequence[Cause]) -> list[Cause]:
    """All causes: first those of the worst level; in a level one of each root, and of each leading rule of a root,
    before the second of any. They come heaviest first, and stay so."""
    rows: dict[tuple[int, str], dict[str, list[Cause]]] = defaultdict(lambda: defaultdict(list))
    for cause in causes:
        rows[_LEVELS.index(cause.level), cause.root][cause.leading.rules[0]].append(cause)
    by_level: dict[int, list[list[Cause]]] = defaultdict(list)
    for (level, _), by_rule in sorted(rows.items(), key=lambda row: row[0]):
        by_level[level].append(_interleaved(list(by_rule.values())))
    return [cause for level in sorted(by_level) for cause in _interleaved(by_level[level])]


def _interleaved(rows: Sequence[Sequence[Cause]]) -> list[Cause]:
    return [cause for turn in zip_longest(*rows) for cause in turn if cause is not None]

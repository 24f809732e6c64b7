"""Levels of rules that advise: warn of what is hot at most, and never fail an audit."""

from collections.abc import Mapping

from ringfence.graphs.facts import PathClass
from ringfence.passes.rule import Level

ADVISORY_LEVELS: Mapping[PathClass, Level] = {
    PathClass.HOT: Level.WARNING,
    PathClass.AMORTIZED: Level.NOTE,
    PathClass.FIRST_USE: Level.NOTE,
    PathClass.COLD: Level.HIDDEN,
    PathClass.PANIC: Level.HIDDEN,
}
NOTE_LEVELS: Mapping[PathClass, Level] = {
    path_class: max(level, Level.NOTE, key=tuple(Level).index) for path_class, level in ADVISORY_LEVELS.items()
}
"""For advice that may not apply: no louder than a note."""

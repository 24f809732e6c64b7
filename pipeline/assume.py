"""``[[assume]]``: what the project says of functions whose bodies are not to be read, or not there.

A pattern is held against everything that the modules define or need, so a plain C symbol will do. The first entry that
names a function counts. An entry that names nothing is unused; from the day on which it expires it says nothing.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ringfence.graphs.contracts import Assumption, Effect
from ringfence.graphs.names import Pattern
from ringfence.pipeline.config import Assume
from ringfence.pipeline.roots import FunctionNames


@dataclass(frozen=True, slots=True)
class Assumed:
    """The project's assumptions, held against one build. Numbers are positions among the entries."""

    of_symbol: Mapping[str, Assumption]
    unused: tuple[int, ...] = ()


def assumed(entries: Sequence[Assume], symbols: Iterable[str], today: datetime.date) -> Assumed:
    """What is assumed of each of the ``symbols``, which are all that the build defines or needs."""
    valid = [(number, entry) for number, entry in enumerate(entries) if not entry.has_expired(today)]
    if not valid:
        return Assumed({})
    names = FunctionNames(dict.fromkeys(symbols, (0,)))
    of_symbol: dict[str, Assumption] = {}
    unused: list[int] = []
    for number, entry in valid:
        named = [symbol for _, _, symbol in names.matching(Pattern(entry.function))]
        if not named:
            unused.append(number)
        effects = tuple(dict.fromkeys(Effect(effect) for effect in entry.effects))
        for symbol in named:
            of_symbol.setdefault(symbol, Assumption(effects, entry.reason, number))
    return Assumed(of_symbol, tuple(unused))

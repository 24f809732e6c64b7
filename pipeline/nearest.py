"""Did you mean …? The names closest to one that does not exist, for every message that names an unknown thing."""

import difflib
from collections.abc import Iterable

_CUTOFF = 0.6
"""Similarity below which a suggestion confuses more than it helps; the default of `difflib.get_close_matches`."""


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The candidates most like ``word``, best first, case ignored; empty where none is close."""
    spellings: dict[str, str] = {}
    for candidate in sorted(candidates):
        spellings.setdefault(candidate.casefold(), candidate)
    matches = difflib.get_close_matches(word.casefold(), spellings, n=limit, cutoff=_CUTOFF)
    return tuple(spellings[match] for match in matches)


def suggestion(word: str, candidates: Iterable[str], limit: int = 1) -> str:
    """A clause to end a sentence with: ``; did you mean `path`?``, or empty where nothing is close."""
    names = nearest(word, candidates, limit)
    if not names:
        return ""
    return f"; did you mean {' or '.join(f'`{name}`' for name in names)}?"

"""Words in a row, as a sentence has them."""

from collections.abc import Sequence


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a``; ``a and b``; ``a, b and c``. There is at least one."""
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end

"""Patterns over mangled names: a segment stands behind its length; with a wrong one a pattern matches nothing."""

import re
from typing import cast

import pytest

from ringfence.graphs import effects, lazy_paths
from ringfence.pipeline.ir import function

_SEGMENT = re.compile(r"(?<![\d{,])(\d{1,2})_?([a-zA-Z][a-zA-Z_]*)")


def patterns() -> dict[str, str]:
    found: dict[str, str] = {}
    for module in (effects, lazy_paths, function):
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                pattern = cast("re.Pattern[str] | re.Pattern[bytes]", value).pattern
                found[f"{module.__name__}.{name}"] = pattern.decode() if isinstance(pattern, bytes) else pattern
    return found


_PATTERNS = patterns()


def wrong_lengths(pattern: str) -> list[str]:
    segments = [(int(length), name) for length, name in _SEGMENT.findall(pattern)]
    return [f"{length}{name}" for length, name in segments if not _has_length(name, length)]


def _has_length(name: str, length: int) -> bool:
    # Behind a name the mangling may go on with a capital letter.
    return len(name) == length or name[length : length + 1].isupper()


@pytest.mark.parametrize("name", sorted(_PATTERNS))
def test_every_segment_stands_behind_its_length(name: str) -> None:
    assert wrong_lengths(_PATTERNS[name]) == []


def test_a_wrong_length_is_seen() -> None:
    assert wrong_lengths(r"7bumpalo.*(?:14alloc_layout_slow|9new_chunk)") == ["14alloc_layout_slow"]

"""Where a key stands in a TOML text. `tomllib` gives values without positions; a message about a key wants its line."""

import re
from collections import Counter

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


def line_of(text: str, key_path: str) -> int | None:
    """Line of the key that ``key_path`` names (``roots[1].path``), counted from 1.

    Falls back to the header of the table that holds the key, then to ``None``. Only tables written with headers are
    followed, not inline tables or dotted keys: what cannot be placed gets no line rather than a wrong one.
    """
    places = _places(text)
    path = key_path
    while path and path not in places:
        path = _parent(path)
    return places.get(path)


def _places(text: str) -> dict[str, int]:
    places: dict[str, int] = {}
    elements: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            brackets, name = header.groups()
            table = f"{name}[{elements[name]}]" if brackets == "[[" else name
            elements[name] += 1
            places.setdefault(table, number)
            places.setdefault(name, number)
        elif assignment := _ASSIGNMENT.match(line):
            key = assignment.group(1)
            places.setdefault(f"{table}.{key}" if table else key, number)
    return places


def _parent(key_path: str) -> str:
    steps = list(_STEP.finditer(key_path))
    return key_path[: steps[-1].start()] if steps else ""

"""``// ringfence: root`` above a function: roots that the source itself names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

_MARKER = re.compile(r"^\s*//+!?\s*ringfence:\s*root\b")
_FUNCTION = re.compile(r"^\s*(?:#\[[^\]]*\]\s*)*(?:[\w():\s\"]*\s)?fn\s+(?P<name>\w+)")
_MACRO = re.compile(r"^\s*macro_rules!")
_ASYNC = re.compile(r"\basync\b[^(]*\bfn\b")
_PASSED_OVER = re.compile(r"^\s*(?:$|//|#\[)")
_FURTHEST = 40
"""Lines of attributes and comments that may stand between a marker and its function."""


@dataclass(frozen=True, slots=True)
class Marker:
    """One marked function."""

    file: Path
    line: int
    """Line of ``fn``, as debug info gives it."""
    name: str
    """Empty where no function follows the marker."""
    is_async: bool = False
    """Its body is polled as a closure, which stands on the same line."""
    is_in_macro: bool = False
    """Several functions may stand on its line."""


def find_markers(folders: Iterable[Path]) -> Iterator[Marker]:
    """Markers in the Rust files below the folders, ``target`` folders left out, sorted by file and line."""
    for file in source_files(folders):
        yield from _markers_in(file)


def source_files(folders: Iterable[Path]) -> list[Path]:
    """The Rust files below the folders, ``target`` folders left out, sorted."""
    return sorted({file for folder in folders for file in folder.rglob("*.rs") if "target" not in _parts(file, folder)})


def _parts(file: Path, folder: Path) -> tuple[str, ...]:
    return file.relative_to(folder).parts


def _markers_in(file: Path) -> Iterator[Marker]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    if "ringfence:" not in text:
        return
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if _MARKER.match(line):
            yield replace(_marked(file, lines, number), is_in_macro=_is_in_macro(lines[:number]))


def _is_in_macro(before: Sequence[str]) -> bool:
    """Whether a ``macro_rules!`` is open behind some lines: more brackets were opened since than closed."""
    opened = next((number for number in reversed(range(len(before))) if _MACRO.match(before[number])), None)
    if opened is None:
        return False
    text = "\n".join(before[opened:])
    return text.count("{") > text.count("}")


def _marked(file: Path, lines: list[str], marker: int) -> Marker:
    open_brackets = 0
    for number in range(marker + 1, min(marker + 1 + _FURTHEST, len(lines))):
        line = lines[number]
        function = _FUNCTION.match(line)
        if function and not open_brackets:
            return Marker(file, number + 1, function["name"], _ASYNC.search(line) is not None)
        if not open_brackets and not _PASSED_OVER.match(line):
            break
        if open_brackets or line.lstrip().startswith("#["):
            # An attribute may run over lines.
            open_brackets += line.count("[") - line.count("]")
    return Marker(file, marker + 1, "")

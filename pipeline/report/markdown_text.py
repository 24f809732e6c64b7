"""Text for Markdown (CommonMark 0.31 with GitHub's tables): names, code and cells that mean only themselves."""

import re
from collections.abc import Iterable, Sequence

from ringfence.pipeline.report.terminal import safe

_SPAN = re.compile(r"(`[^`]*`)")
_ACTIVE = re.compile(r"([\\*\[\]<>#|~]|(?<!\w)_|_(?!\w))")
"""An underscore inside of a word is one (*Emphasis and strong emphasis*, rule 2)."""
_LONGEST = 400
"""Characters of a message: names of instances may be megabytes long."""


def prose(text: str) -> str:
    """One line; what stands in backticks is code, and nothing else has a meaning in Markdown."""
    parts = _SPAN.split(_clipped(safe(text)))
    return "".join(part if _is_span(part) else _ACTIVE.sub(r"\\\1", part).replace("`", "\\`") for part in parts)


def code(text: str) -> str:
    """A code span; a backtick, which no Rust name has, becomes a quote."""
    return f"`{_clipped(safe(text)).replace('`', chr(39))}`"


def fence(text: str, indent: str = "", language: str = "rust") -> list[str]:
    """A block of code."""
    lines = [safe(line) for line in text.split("\n")]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    mark = "`" * max(3, longest + 1)
    return [f"{indent}{line}".rstrip() for line in (f"{mark}{language}", *lines, mark)]


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Cells are Markdown already; only the bars in them are escaped."""
    return [
        f"| {' | '.join(heading)} |",
        f"|{'|'.join(' --- ' for _ in heading)}|",
        *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows),
    ]


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def _is_span(part: str) -> bool:
    return len(part) >= 2 and part.startswith("`") and part.endswith("`")


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

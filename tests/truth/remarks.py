"""What the source says above a function, in comments that begin with ``//~``."""

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

_REMARK_OR_ATTRIBUTE = re.compile(r"\s*(?://|#\[)")


def remarks_above(file: Path, line: int) -> Iterator[str]:
    """The remarks between a function's first line, counted from 1, and the code before it, in the order of the file."""
    before = file.read_text(encoding="utf-8").splitlines()[: line - 1]
    above = takewhile(_REMARK_OR_ATTRIBUTE.match, reversed(before))
    for text in reversed(list(above)):
        _, mark, remark = text.partition("//~")
        if mark:
            yield remark.strip()

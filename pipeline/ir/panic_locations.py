"""Where the source panics, from the constant that a panic is told it by, where LLVM lost the line.

A function marked ``#[track_caller]`` takes a ``core::panic::Location`` of its caller as its last argument: a constant
of the file's name (with its length) and line and column, two 32-bit numbers (core, ``panic/location.rs``). It names the
expression of whoever wrote it, through every wrapper that is marked so.

1. LLVM joins calls of one panicking function that unwind to one place (SimplifyCFG, *mergeCompatibleInvokes*). What is
   left is one call at line 0, whose arguments are chosen by a ``phi``: each constant among them is a place of its own.
2. A place stands in the function of which the debug location is left. Where another function of that file begins
   nearest above the line, it stands in a copy of that one.

Not handled: a function that cannot be told its caller (``#[track_caller]`` is missing): it keeps line 0.
"""

import re
from collections.abc import Iterator

from ringfence.pipeline.ir.metadata import Metadata, unescape_bytes
from ringfence.pipeline.ir.syntax import SYMBOL

_LAST_POINTER = re.compile(rb"ptr (?:[^,()%@]|\([^()]*\))*([%@]" + SYMBOL + rb")\)")
_LOCATION = re.compile(
    rb"[^\n]*constant <\{ ptr, \[16 x i8\] \}> <\{ ptr @(" + SYMBOL + rb'), \[16 x i8\] c"([^"]*)" \}>'
)
_STRING = re.compile(rb'[^\n]*constant (?:<\{ )?\[\d+ x i8\](?: \}> <\{ \[\d+ x i8\])? c"([^"]*)"')
_REFERENCE = re.compile(rb"@(" + SYMBOL + rb")")
_PHI = re.compile(rb"(?:phi|select) [^\n]*")

Place = tuple[str, int, int]
"""File as the compiler was given it, line, column."""


class PanicLocations:
    """Of one module's text; what was read is kept."""

    def __init__(self, text: bytes, metadata: Metadata) -> None:
        self._text = text
        self._metadata = metadata
        self._known: dict[bytes, Place | None] = {}

    def rows(self, statement: bytes, location: int, start: int, end: int) -> list[int]:
        """Rows of ``frames`` for the places that a call tells, which stands in the body between two offsets at a
        debug location without a line; nothing where it tells none."""
        if location < 0:
            return []
        argument = _LAST_POINTER.search(statement)
        names = self._chosen(argument[1], start, end) if argument else ()
        places = sorted({place for name in names if (place := self._place(name)) is not None})
        return [self._metadata.frame_at(location, *place) for place in places]

    def _chosen(self, value: bytes, start: int, end: int) -> Iterator[bytes]:
        """The constants that a value may be."""
        if value.startswith(b"@"):
            yield value[1:]
            return
        mark = b"\n  " + value + b" = "
        at = self._text.find(mark, start, end)
        choice = _PHI.match(self._text, at + len(mark)) if at >= 0 else None
        yield from _REFERENCE.findall(choice[0]) if choice else ()

    def _place(self, name: bytes) -> Place | None:
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, name: bytes) -> Place | None:
        constant = self._constant(_LOCATION, name)
        string = self._constant(_STRING, constant[1]) if constant else None
        if constant is None or string is None:
            return None
        numbers, file = unescape_bytes(constant[2]), unescape_bytes(string[1])
        length, line, column = (int.from_bytes(numbers[at:to], "little") for at, to in ((0, 8), (8, 12), (12, 16)))
        return file[:length].decode(errors="replace"), line, column

    def _constant(self, form: re.Pattern[bytes], name: bytes) -> re.Match[bytes] | None:
        mark = b"\n@" + name + b" = "
        at = self._text.find(mark)
        return form.match(self._text, at + len(mark)) if at >= 0 else None

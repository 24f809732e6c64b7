"""Names for people: what rustc prints in full, cut to what tells functions and types apart at a glance.

1. A type keeps the last segment of its path: ``Vec<u64>`` for ``alloc::vec::Vec<u64, alloc::alloc::Global>``.
2. A function keeps the segment before its name too: ``Reactor::poll``, ``ptr::drop_in_place``; a closure keeps the
   function that it stands in.
3. Generic arguments that are the standard library's defaults go: the global allocator, the hash map's random state.
4. Where that is still too long, generic arguments are folded to ``…``, the innermost first.
5. What is left of a name that fills lines (an iterator of forty adapters, a future of futures) loses its middle.

Where a report names a function, a type or a frame in a field of its own, the name is whole.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ringfence.graphs.names import STANDARD_CRATES, crate_of

_QUOTED = re.compile(r"`([^`]+)`")
_LINE = 80
_IDENTIFIER = re.compile(r"(?:r#)?[\w$]+")
_DEFAULT_ARGUMENTS = frozenset(
    {
        "alloc::alloc::Global",
        "std::alloc::Global",
        "std::hash::random::RandomState",
        "std::collections::hash::map::RandomState",
        "std::collections::hash_map::RandomState",
    }
)
_OPENING = "<([{"
_CLOSING = ">)]}"
_UNLIMITED = 99
_DEEPEST_FOLD = 4
_DEEPEST_NAME = 200
"""Brackets of the longest name that is read: each may nest, and the parser calls itself for each."""


def is_standard(function: str, file: str | None) -> bool:
    """The frame is in the standard library's source; where that is not known, its name is."""
    return file.startswith("std/") if file else crate_of(function) in STANDARD_CRATES


def with_short_names(sentence: str) -> str:
    """The sentence, no name between its backticks longer than a line."""
    return _QUOTED.sub(lambda quoted: f"`{_short(quoted[1])}`", sentence)


def _short(name: str) -> str:
    return name if len(name) <= _LINE else shorten(name, _LINE)


@lru_cache(maxsize=50_000)
def shorten(name: str, width: int = 0) -> str:
    """The short form of a function's or a type's name as Rust prints it.

    With a ``width`` its generic arguments are folded until it fits, or nothing is left to fold; then its middle goes
    where it would fill lines. What is no Rust path is cut only so.
    """
    if name.count("<") > _DEEPEST_NAME:
        return _without_middle(name, width)
    short = _Parser(name, _UNLIMITED).whole()
    depth = _DEEPEST_FOLD
    while width and len(short) > width and depth >= 0:
        short = _Parser(name, depth).whole()
        depth -= 1
    return _without_middle(short, width)


def _without_middle(name: str, width: int) -> str:
    """Both ends of a name of more than two lines: it begins with whose it is and ends in what it is."""
    if not width or len(name) <= 2 * _LINE:
        return name
    return f"{name[:_LINE]}…{name[-_LINE:]}"


@dataclass(slots=True)
class _Parser:
    """Copies a name from left to right; ``deepest`` is how deep generic arguments may nest before they are folded."""

    text: str
    deepest: int
    position: int = 0

    def whole(self, depth: int = 0, kept: int = 2) -> str:
        """The text with its paths cut: the first one to ``kept`` segments, the others, being types, to one."""
        parts: list[str] = []
        while self.position < len(self.text):
            parts.append(self._piece(depth, kept if not parts else 1))
        return "".join(parts)

    def _piece(self, depth: int, kept: int) -> str:
        """One path, or one character of what stands between paths."""
        mark = self.text[self.position]
        if mark in "<{" or _IDENTIFIER.match(self.text, self.position):
            return self._path(depth, kept)
        self.position += 1
        return mark

    def _path(self, depth: int, kept: int) -> str:
        segments = [self._segment(depth)]
        while self.text.startswith("::", self.position) and self.position + 2 < len(self.text):
            self.position += 2
            segments.append(self._segment(depth))
        return "::".join(segments[_first_kept(segments, kept) :])

    def _segment(self, depth: int) -> str:
        if self.text[self.position] == "<":
            return self._bracketed(depth, folds=False)
        if self.text[self.position] == "{":
            return self._braced()
        word = _IDENTIFIER.match(self.text, self.position)
        if word is None:
            return ""
        self.position = word.end()
        colons = "::" if self.text.startswith("::<", self.position) else ""
        if not self.text.startswith("<", self.position + len(colons)):
            return word[0]
        self.position += len(colons)
        arguments = self._bracketed(depth + 1, folds=True)
        return word[0] + colons + arguments if arguments else word[0]

    def _braced(self) -> str:
        """``{closure#0}``, ``{impl#3}``, ``{shim:vtable#0}``: never cut."""
        start = self.position
        end = self.text.find("}", start)
        while end >= 0 and self.text.startswith("}", end + 1):
            end += 1
        self.position = end + 1 if end >= 0 else len(self.text)
        return self.text[start : self.position]

    def _bracketed(self, depth: int, *, folds: bool) -> str:
        """``<…>``: generic arguments, or with ``folds`` false the ``<T as Trait>`` that a path may begin with."""
        end = _closing(self.text, self.position)
        inner = self.text[self.position + 1 : end]
        if end == len(self.text):
            self.position = end
            return "<" + inner
        self.position = end + 1
        if not folds:
            return f"<{self._inside(inner, depth)}>"
        arguments = [each for each in _split(inner) if each.strip() not in _DEFAULT_ARGUMENTS]
        if not arguments:
            return ""
        if depth > self.deepest:
            return "<…>"
        return f"<{', '.join(self._inside(each.strip(), depth) for each in arguments)}>"

    def _inside(self, text: str, depth: int) -> str:
        return _Parser(text, self.deepest).whole(depth, kept=1)


def _first_kept(segments: list[str], kept: int) -> int:
    """Segments in braces bring the one that they stand in; a type or a variant needs no module."""
    if len(segments) > 1 and segments[-1][:1].isupper() and segments[-2][:1].islower():
        kept = 1
    first = len(segments)
    while first > 0 and kept > 0:
        first -= 1
        if not segments[first].startswith("{"):
            kept -= 1
    return first


def _closing(text: str, opening: int) -> int:
    """Position of the bracket that closes the one at ``opening``; the ``>`` of ``->`` closes nothing."""
    depth = 0
    for position in range(opening, len(text)):
        mark = text[position]
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING and not (mark == ">" and text[position - 1] == "-"):
            depth -= 1
            if depth == 0:
                return position
    return len(text)


def _split(arguments: str) -> list[str]:
    """At the commas outside of brackets."""
    parts: list[str] = []
    start = depth = 0
    for position, mark in enumerate(arguments):
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING and not (mark == ">" and arguments[position - 1] == "-"):
            depth -= 1
        elif mark == "," and depth == 0:
            parts.append(arguments[start:position])
            start = position + 1
    parts.append(arguments[start:])
    return parts

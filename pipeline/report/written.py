"""The call at a finding's place as the user wrote it: what it is called on, what it is given, what its result is named.

Read from one line of Rust by its brackets, not parsed: a call that goes over several lines has no arguments here, and
whoever asks must do without.
"""

import re
from dataclasses import dataclass

_OPENING = {")": "(", "]": "[", "}": "{"}
_PART = re.compile(r"[\w.:?&]")
_LET = re.compile(r"\blet\s+(?:mut\s+)?(\w+)\s*(?::[^=]*)?=\s*&?(?:[\w:<>]*::)?$")
_LONGEST = 60
"""Characters of an expression that still reads well in an example."""


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """What stands around the name of a called function; what cannot be read is empty."""

    receiver: str
    """``self.data`` of ``self.data.lock()``."""
    arguments: str
    """Between the brackets; of a macro, too."""
    binding: str
    """``label`` of ``let label = …``."""

    @property
    def field(self) -> str:
        """The last name of the receiver: ``data``."""
        names = re.findall(r"[A-Za-z_]\w*(?!\w*\()", self.receiver)
        return names[-1] if names and names[-1] != "self" else ""


NOTHING_WRITTEN = WrittenCall("", "", "")


def written_call(text: str, start: int, method: str) -> WrittenCall:
    """The call of ``method`` in a line, at ``start`` where the word stands there, else the first one in the line."""
    named = re.compile(rf"\b{re.escape(method)}\b(?=!?\s*(?:::<[^()]*>)?\s*[(\[])")
    found = named.match(text, start) or named.search(text)
    if not method or found is None:
        return NOTHING_WRITTEN
    begin = found.start()
    receiver = _before(text, begin - 1) if text[:begin].endswith(".") else ""
    return WrittenCall(
        receiver=receiver,
        arguments=_within(text, found.end()),
        binding=_binding(text[: begin - len(receiver) - bool(receiver)]),
    )


def _before(text: str, dot: int) -> str:
    """The expression that ends at the dot; empty where a bracket is opened on an earlier line."""
    position = dot
    while position > 0:
        mark = text[position - 1]
        if mark in _OPENING:
            position = _opened(text, position - 1)
            if position < 0:
                return ""
        elif _PART.match(mark):
            position -= 1
        else:
            break
    expression = text[position:dot].lstrip("&?:.")
    return expression if len(expression) <= _LONGEST else ""


def _opened(text: str, closing: int) -> int:
    """Position of the bracket that the one at ``closing`` closes, -1 where it is not in the line."""
    depth = 0
    for position in range(closing, -1, -1):
        if text[position] in _OPENING:
            depth += 1
        elif text[position] in _OPENING.values():
            depth -= 1
            if depth == 0:
                return position
    return -1


def _within(text: str, end: int) -> str:
    opening = next((position for position in range(end, len(text)) if text[position] in "(["), -1)
    depth = 0
    for position in range(max(opening, 0), len(text)):
        depth += (text[position] in "([{") - (text[position] in ")]}")
        if depth == 0:
            inside = text[opening + 1 : position].strip()
            return inside if len(inside) <= _LONGEST else ""
    return ""


def _binding(before: str) -> str:
    found = _LET.search(before)
    return found[1] if found else ""

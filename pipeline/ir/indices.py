"""Where an index comes from: whether it goes from element to element.

1. An index *walks* if it is made, by a few steps of arithmetic, of a ``phi`` that counts itself up, as a loop does, or
   of the value of an atomic, as the position of a queue is.
2. Any other one, such as a parameter, a field or what a call returned, stays the caller's.
"""

import re

from ringfence.pipeline.ir.syntax import SYMBOL

_MADE_OF = re.compile(
    rb"(add|sub|and|or|xor|shl|lshr|urem|udiv|mul|zext|sext|trunc|freeze|extractvalue|phi|load atomic|cmpxchg)\b"
    rb"([^\n!]*)"
)
_OPERAND = re.compile(rb"%" + SYMBOL)
_ATOMIC = frozenset({b"load atomic", b"cmpxchg"})
_LONGEST = 5
"""Steps of arithmetic that are followed."""


def walks(value: bytes, text: bytes, start: int, end: int, depth: int = 0) -> bool:
    """Whether a value of the body between two offsets does (clause 1)."""
    made = _made_of(value, text, start, end)
    if made is None or depth == _LONGEST:
        return False
    how, operands = made
    if how in _ATOMIC or (how == b"phi" and any(_is_made_of(each, value, text, start, end) for each in operands)):
        return True
    return any(walks(each, text, start, end, depth + 1) for each in operands)


def _is_made_of(value: bytes, other: bytes, text: bytes, start: int, end: int) -> bool:
    made = _made_of(value, text, start, end)
    return made is not None and other in made[1]


def _made_of(value: bytes, text: bytes, start: int, end: int) -> tuple[bytes, list[bytes]] | None:
    """The operation that makes a value, and its operands; None for any that is no step of an index."""
    position = text.find(b"\n  " + value + b" = ", start, end)
    made = _MADE_OF.match(text, position + len(value) + 6) if position >= 0 else None
    return (made[1], _OPERAND.findall(made[2])) if made else None

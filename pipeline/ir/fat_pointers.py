"""Pairs of an address and a vtable, where nothing but their way tells that they are one.

LLVM drops the mark ``!invariant.load`` of a slot's load where it moves the load (*ArgumentPromotion*, GVN). What is
left of a ``dyn Trait`` are two values that go the same way. Two values are a pair if they are

1. loads of two words that lie side by side, the address first;
2. members 0 and 1 of the same value;
3. parameters that stand side by side;
4. chosen alike: ``phi`` of the same blocks or ``select`` by the same condition, of pairs, of which constants are one.

And a parameter that LLVM made of a load names the place: ``x.1.32.val`` is the word 32 bytes behind the second half of
``x`` (llvm/lib/Transforms/IPO/ArgumentPromotion.cpp, ``createArg``).

Not handled: objects behind ``Arc`` and ``Rc``, whose address is computed from that of their counts. A structure of an
address and a hand-written table has the same shape: who asks must know that the source says ``dyn``.
"""

import re
from collections.abc import Callable, Mapping

from ringfence.pipeline.ir.syntax import SYMBOL

_PROMOTED = re.compile(rb"%(?P<name>[-\w.$]+)\.1\.(?P<offset>\d+)\.val\d*$")
_FIRST = re.compile(rb"%(?P<name>[-\w.$]+)\.0\d*$")
_LOAD = re.compile(rb"load ptr, ptr (.*?)(?:, (?:align|!)|$)")
_STEP = re.compile(rb"getelementptr [^\n]*?i8, ptr ([%@]" + SYMBOL + rb"), i64 (-?\d+)")
_CONSTANT_STEP = re.compile(rb"getelementptr [^\n(]*\(i8, ptr (@" + SYMBOL + rb"), i64 (\d+)\)")
_MEMBER = re.compile(rb"extractvalue (.*), (\d+)(?:, !|$)")
_SELECT = re.compile(rb"select (i1 [^,]+), ptr ([^,]+), ptr ([^,]+)")
_WAY = re.compile(rb"\[ ([^,\]]+), (%[^ \]]+) \]")
_WORD = 8
_MOST_CHOICES = 4

Definition = Callable[[bytes], bytes]
"""The right-hand side of the instruction that defines a value; empty for a parameter."""


def promoted_offset(pointer: bytes, address: bytes) -> int:
    """Bytes behind a vtable at which a pointer was loaded that comes with an object's address; else -1."""
    promoted, first = _PROMOTED.match(pointer), _FIRST.match(address)
    return int(promoted["offset"]) if promoted and first and promoted["name"] == first["name"] else -1


def is_pair(
    address: bytes, table: bytes, definition: Definition, parameters: Mapping[bytes, int], depth: int = 0
) -> bool:
    """Whether two values can be the halves of one fat pointer."""
    if address in parameters or table in parameters:
        return parameters.get(table, -1) == parameters.get(address, -3) + 1
    if table[:1] != b"%":
        return True
    one, other = definition(address), definition(table)
    if one.startswith(b"load ") and other.startswith(b"load "):
        return _beside(one, other, definition)
    members = _MEMBER.match(one), _MEMBER.match(other)
    if members[0] and members[1]:
        return (members[0][1], members[0][2], members[1][2]) == (members[1][1], b"0", b"1")
    ways = _ways(one), _ways(other)
    is_alike = bool(ways[0]) and ways[0].keys() == ways[1].keys() and depth < _MOST_CHOICES
    return is_alike and all(
        is_pair(value, ways[1][way], definition, parameters, depth + 1) for way, value in ways[0].items()
    )


def _beside(one: bytes, other: bytes, definition: Definition) -> bool:
    """Clause 1."""
    places = _place(one, definition), _place(other, definition)
    return places[0][0] == places[1][0] and places[1][1] - places[0][1] == _WORD


def _place(load: bytes, definition: Definition) -> tuple[bytes, int]:
    match = _LOAD.match(load)
    address = match[1] if match else b""
    step = _CONSTANT_STEP.match(address) or _STEP.match(definition(address) if address[:1] == b"%" else b"")
    return (step[1], int(step[2])) if step else (address, 0)


def _ways(definition: bytes) -> dict[bytes, bytes]:
    """Clause 4: the value for each way to a choice."""
    if definition.startswith(b"phi ptr "):
        return {way[2]: way[1] for way in _WAY.finditer(definition)}
    select = _SELECT.match(definition)
    return {select[1] + b" true": select[2], select[1] + b" false": select[3].split(b" ")[0]} if select else {}

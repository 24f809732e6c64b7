"""Results of two ways: enums with two variants of which one is named ``Err`` or ``None``.

Debug info of a function tells its return type, where the discriminant or niche of that lies, and which value means
which (rustc's ``debuginfo/metadata/enums``): of a variant without a value of its own every other value is a sign.
"""

import re
from dataclasses import dataclass

from ringfence.pipeline.ir.metadata import Metadata

_DEBUG = re.compile(rb"!dbg !(\d+)")
_TYPE = re.compile(rb"\btype: !(\d+)")
_TYPES = re.compile(rb"\btypes: !(\d+)")
_FIRST = re.compile(rb"\{!(\d+)")
_ELEMENTS = re.compile(rb"\belements: !(\d+)")
_REFERENCE = re.compile(rb"!(\d+)")
_DISCRIMINATOR = re.compile(rb"\bdiscriminator: !(\d+)")
_SIZE = re.compile(rb"\bsize: (\d+)")
_OFFSET = re.compile(rb"\boffset: (\d+)")
_NAME = re.compile(rb'\bname: "([^"]*)"')
_VALUE = re.compile(rb"\bextraData: i\d+ (-?\d+)")
_FAILURES = frozenset({b"Err", b"None"})
_WAYS = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a result says which of two ways it went."""

    offset: int
    """Of the discriminant or niche, in bytes."""
    bits: int
    failure: int | None
    """The value that means the error; None where every value does that does not mean the other one."""
    success: int | None

    def fails(self, value: int | None) -> bool:
        """Whether a value, or one that is not constant, means the error."""
        if value is None:
            return self.failure is None
        if self.failure is None:
            return value & self._mask != (self.success or 0) & self._mask
        return value & self._mask == self.failure & self._mask

    @property
    def _mask(self) -> int:
        return (1 << self.bits) - 1


def outcome(head: bytes, metadata: Metadata) -> Outcome | None:
    """Of the function of a ``define`` line; None where debug info tells of none."""
    node = _follow(metadata, head, _DEBUG, _TYPE, _TYPES, _FIRST, _ELEMENTS, _FIRST)
    if b"DW_TAG_variant_part" not in node:
        return None
    place = _follow(metadata, node, _DISCRIMINATOR)
    elements = _REFERENCE.findall(_follow(metadata, node, _ELEMENTS).partition(b"{")[2])
    variants = [metadata.node(int(each)) for each in elements]
    failing = [each for each in variants if (name := _NAME.search(each)) and name[1] in _FAILURES]
    if not place or len(variants) != _WAYS or len(failing) != 1:
        return None
    other = next(each for each in variants if each is not failing[0])
    return Outcome(_number(_OFFSET, place) // 8, _number(_SIZE, place), _value(failing[0]), _value(other))


def _follow(metadata: Metadata, text: bytes, *fields: re.Pattern[bytes]) -> bytes:
    for each in fields:
        found = each.search(text)
        if found is None:
            return b""
        text = metadata.node(int(found[1]))
    return text


def _number(pattern: re.Pattern[bytes], text: bytes) -> int:
    found = pattern.search(text)
    return int(found[1]) if found else 0


def _value(variant: bytes) -> int | None:
    found = _VALUE.search(variant)
    return int(found[1]) if found else None

"""The comparison ``ringfence-layout-diff/1``: types of two builds, in the names of the JSON form. Sizes in bytes.

As for the report, fields may be added; none is renamed or removed, and two runs on the same input are byte-identical.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from ringfence.pipeline.report.model import Tool


class LayoutChangeKind(StrEnum):
    """What became of a type; several may hold of one."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    GREW = "grew"
    SHRANK = "shrank"
    REALIGNED = "realigned"
    PADDED = "padded"
    """It has more padding than before."""
    UNPADDED = "unpadded"
    MOVED = "moved"
    """A field lies on other cache lines than before, or came to cross one."""
    REARRANGED = "rearranged"
    """Fields came, went, or have other offsets or sizes."""


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """A type as a whole, in one build."""

    size: int
    align: int
    padding: int


class FieldPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A field in one build."""

    offset: int
    size: int
    lines: tuple[int, int]
    straddles: bool


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is not as it was; null in the build that has none of its name."""

    name: str
    before: FieldPlace | None
    after: FieldPlace | None


class LayoutChange(msgspec.Struct, frozen=True, kw_only=True):
    """A type that is not as it was; null in the build that does not have it."""

    type_: str = msgspec.field(name="type")
    kinds: tuple[LayoutChangeKind, ...]
    before: Extent | None
    after: Extent | None
    fields: tuple[FieldChange, ...] = ()


class LayoutDiff(msgspec.Struct, frozen=True, kw_only=True):
    """``changes`` by type; the counts are of types."""

    schema: Literal["ringfence-layout-diff/1"] = "ringfence-layout-diff/1"
    tool: Tool
    before: str
    after: str
    line_size: int
    compared: int
    """In both builds."""
    unchanged: int
    changes: tuple[LayoutChange, ...]

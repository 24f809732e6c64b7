"""Thresholds of the rules: one frozen record a rule, with the values that hold where the project sets none.

``[rules.RF501]`` in ``ringfence.toml`` is decoded into the field of that name, ranges checked.
"""

from typing import Annotated

import msgspec

Bytes = Annotated[int, msgspec.Meta(ge=16, le=1 << 30)]


Kibibytes = Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]


class LargeCopy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules.RF501]``."""

    bytes: Bytes = 256
    """A copy of at least this many bytes is large."""


class LargeMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules.RF502]``."""

    bytes: Bytes = 256
    """A move of at least this many bytes is large."""


class PaddingWaste(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules.RF303]``."""

    bytes: Annotated[int, msgspec.Meta(ge=1, le=1 << 30)] = 8
    """Another order of the fields must save at least this many."""


class WorkingSetLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules.RF304]``."""

    l1_kib: Kibibytes = 32
    """The data cache nearest to a core."""
    l2_kib: Kibibytes = 1024
    """The next one."""


class LargeVariant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules.RF505]``."""

    bytes: Bytes = 200
    """The largest variant has at least this many more than the next."""


class WideMatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules.RF405]``."""

    cases: Annotated[int, msgspec.Meta(ge=4, le=1 << 16)] = 8
    """A match of at least this many cases is wide."""
    percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    """Of a match with weights, a case that has at least this part of them is the usual one."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of all rules that have any, by id."""

    RF303: PaddingWaste = PaddingWaste()
    RF304: WorkingSetLimits = WorkingSetLimits()
    RF405: WideMatch = WideMatch()
    RF501: LargeCopy = LargeCopy()
    RF502: LargeMove = LargeMove()
    RF505: LargeVariant = LargeVariant()


DEFAULT_OPTIONS = Options()

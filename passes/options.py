"""Thresholds of the rules: one frozen record a rule, with the values that hold where the project sets none.

``[rules.RF501]`` in ``ringfence.toml`` is decoded into the field of that name, ranges checked.
"""

from typing import Annotated

import msgspec

Bytes = Annotated[int, msgspec.Meta(ge=16, le=1 << 30)]


class LargeCopy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules.RF501]``."""

    bytes: Bytes = 256
    """A copy of at least this many bytes is large."""


class LargeMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules.RF502]``."""

    bytes: Bytes = 256
    """A move of at least this many bytes is large."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of all rules that have any, by id."""

    RF501: LargeCopy = LargeCopy()
    RF502: LargeMove = LargeMove()


DEFAULT_OPTIONS = Options()

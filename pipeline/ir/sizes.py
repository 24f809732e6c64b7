"""Bytes of types as LLVM prints them, on a target of 64 bits (LangRef, *Type System*; rustc's data layouts)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from ringfence.pipeline.ir.syntax import SYMBOL, split_list

_SCALARS = {b"ptr": 8, b"double": 8, b"float": 4, b"half": 2, b"bfloat": 2, b"fp128": 16, b"i1": 1}
_SEQUENCE = re.compile(rb"[<\[](\d+) x (.*)[>\]]", re.DOTALL)
_NAMED = re.compile(rb"^(%" + SYMBOL + rb") = type ([<{][^\n]*)", re.MULTILINE)
_WIDEST = 16
_DEEPEST = 16
"""Structures in structures that are entered."""
_NONE: Mapping[bytes, bytes] = MappingProxyType({})


def named_types(text: bytes, end: int) -> Mapping[bytes, bytes]:
    """Structures that the head of a module gives names to, as they are printed."""
    return dict(_NAMED.findall(text, 0, end))


def size_of(kind: bytes, named: Mapping[bytes, bytes] = _NONE) -> int:
    """Bytes from one element of the type to the next; 0 where that is not known."""
    return _named_layout(kind.strip(), named, 0)[0] if b"%" in kind else _layout(kind.strip())[0]


@lru_cache(maxsize=20_000)
def _layout(kind: bytes) -> tuple[int, int]:
    return _named_layout(kind, _NONE, 0)


def _named_layout(kind: bytes, named: Mapping[bytes, bytes], depth: int) -> tuple[int, int]:
    """Size and alignment; 0 and 1 where they are not known."""
    if kind in _SCALARS:
        return _SCALARS[kind], _SCALARS[kind]
    if kind[:1] == b"i" and kind[1:].isdigit():
        size = -(-int(kind[1:]) // 8)
        align = min(1 << (size - 1).bit_length(), _WIDEST)
        return -(-size // align) * align, align
    if depth == _DEEPEST:
        return 0, 1
    sequence = _SEQUENCE.fullmatch(kind)
    if sequence is not None:
        size, align = _named_layout(sequence[2], named, depth + 1)
        return int(sequence[1]) * size, align
    if kind in named:
        return _named_layout(named[kind], named, depth + 1)
    return _structure(kind, named, depth)


def _structure(kind: bytes, named: Mapping[bytes, bytes], depth: int) -> tuple[int, int]:
    is_packed = kind.startswith(b"<{")
    if not is_packed and not kind.startswith(b"{"):
        return 0, 1
    end, strictest = 0, 1
    for member in split_list(kind, 2 if is_packed else 1, len(kind))[0]:
        size, align = _named_layout(member, named, depth + 1)
        if not size and not member.startswith(b"[0 x"):
            return 0, 1
        align = 1 if is_packed else align
        end = -(-end // align) * align + size
        strictest = max(strictest, align)
    return -(-end // strictest) * strictest, strictest

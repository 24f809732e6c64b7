"""Whether the atomics of a type have their cache lines to themselves, wherever a value begins.

1. The *parts* of a type are its fields, those of nested structs in their place; arrays, enums, unions, and types of the
   standard library are one part. A ``[u8; N]`` whose name says so is padding and no part.
2. An atomic *holds* if no other part ever shares its line, and the value itself is aligned to a line and fills its last
   one: what lies beside the value cannot share it either.
3. It is *shared* with the parts that are on its line wherever the value begins, and *may share* with those that are for
   some beginning.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.objects import TypeNamed, is_library
from ringfence.graphs.placement import sharing
from ringfence.graphs.types import TypeFacts, TypeKind

_ATOMIC = re.compile(r"(?:core|std)::sync::atomic::Atomic\w*|portable_atomic::Atomic\w*|crossbeam_utils::atomic::")
_PADDING = re.compile(r"_*pad(?:ding)?\w*$")
_BYTES = re.compile(r"\[u8; \d+\]$")
_NESTED = frozenset({TypeKind.STRUCT, TypeKind.TUPLE})
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One field that holds bytes of its own."""

    path: str
    """Names of the fields that lead to it, joined by dots."""
    offset: int
    size: int
    is_atomic: bool

    @property
    def span(self) -> tuple[int, int]:
        """First and last byte."""
        return self.offset, self.offset + self.size - 1


@dataclass(frozen=True, slots=True)
class Isolation:
    """One atomic of a type, and who lies on its line."""

    field: str
    shares: tuple[str, ...]
    """Wherever the value begins."""
    may_share: tuple[str, ...]
    """For some beginning only."""
    is_value_apart: bool
    """What lies beside the value is never on the atomic's line."""

    @property
    def holds(self) -> bool:
        """It has its line to itself."""
        return not self.shares and not self.may_share and self.is_value_apart


def parts(described: TypeFacts, type_named: TypeNamed) -> tuple[Part, ...]:
    """By offset; padding left out."""
    return tuple(sorted(_parts(described, "", 0, type_named, 0), key=lambda part: (part.offset, part.path)))


def isolation(described: TypeFacts, type_named: TypeNamed, line_bytes: int = LINE_BYTES) -> tuple[Isolation, ...]:
    """Of each atomic, by offset; empty for a type that has none, or is nothing but one."""
    found = parts(described, type_named)
    if len(found) < 2 and described.size < line_bytes:
        return ()
    return tuple(_of(part, found, described, line_bytes) for part in found if part.is_atomic)


def _of(atomic: Part, found: tuple[Part, ...], described: TypeFacts, line_bytes: int) -> Isolation:
    near = [(part, sharing(atomic.span, part.span, described.align, line_bytes)) for part in found if part != atomic]
    first, last = atomic.span
    is_aligned = described.align >= line_bytes
    ends_line = first // line_bytes != (described.size - 1) // line_bytes or described.size % line_bytes == 0
    begins_line = last // line_bytes > 0 or is_aligned
    return Isolation(
        field=atomic.path,
        shares=tuple(part.path for part, each in near if each.always),
        may_share=tuple(part.path for part, each in near if each.ever and not each.always),
        is_value_apart=is_aligned and ends_line and begins_line,
    )


def _parts(described: TypeFacts, path: str, start: int, type_named: TypeNamed, depth: int) -> Iterator[Part]:
    for field in described.fields:
        name = f"{path}.{field.name}" if path else field.name
        if not field.size or (_PADDING.match(field.name) and _BYTES.match(field.type_name)):
            continue
        inner = type_named(field.type_name)
        is_atomic = _ATOMIC.match(field.type_name) is not None
        is_nested = inner is not None and inner.kind in _NESTED and not is_library(field.type_name)
        if inner is not None and is_nested and inner.fields and depth < _DEEPEST:
            yield from _parts(inner, name, start + field.offset, type_named, depth + 1)
        else:
            yield Part(name, start + field.offset, field.size, is_atomic)

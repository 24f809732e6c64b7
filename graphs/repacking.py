"""What a type would be after a change: its fields in the best order, a variant boxed. The same figures as any layout.

A struct of fields ordered by alignment, the largest first, has no padding but at its end, and so the least size that an
order can have where every field's size is a multiple of its alignment (The Rust Reference, *Type layout*).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import msgspec

from ringfence.graphs.layout import DISCRIMINANT
from ringfence.graphs.objects import Objects
from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind

TypeNamed = Callable[[str], TypeFacts | None]
_POINTER_BYTES = 8


def reordered(described: TypeFacts, type_named: TypeNamed) -> TypeFacts | None:
    """A struct with its fields by alignment and then size, the largest first; None where an alignment is not known."""
    aligned: list[tuple[int, FieldFacts]] = []
    for field in described.fields:
        align = alignment(field.type_name, type_named) if field.size else 1
        if not align or field.size % align:
            return None
        aligned.append((align, field))
    aligned.sort(key=lambda each: (-each[0], -each[1].size, each[1].offset))
    return laid_out(described, [field for _, field in aligned], type_named)


def laid_out(described: TypeFacts, fields: Sequence[FieldFacts], type_named: TypeNamed) -> TypeFacts:
    """The struct with its fields in a given order, as ``repr(C)`` places them."""
    placed: list[FieldFacts] = []
    end = 0
    for field in fields:
        align = alignment(field.type_name, type_named) if field.size else 1
        start = _up(end, max(align, 1))
        placed.append(msgspec.structs.replace(field, offset=start))
        end = start + field.size
    return msgspec.structs.replace(described, size=_up(end, described.align), fields=tuple(placed))


def alignment(name: str, type_named: TypeNamed) -> int:
    """Bytes that a type is aligned to; 0 where that is not known."""
    described = type_named(name)
    if described is not None:
        return described.align
    if name.startswith("[") and ";" in name:
        return alignment(name[1:-1].rpartition(";")[0].strip(), type_named)
    size = Objects(type_named).size(name)
    return min(size, 2 * _POINTER_BYTES if name.endswith("128") else _POINTER_BYTES)


def variant_sizes(described: TypeFacts) -> tuple[tuple[int, str], ...]:
    """Bytes that the fields of each variant span, the discriminant left out, with the variant's name; largest first."""
    if described.kind is not TypeKind.ENUM:
        return ()
    spans: dict[str, int] = defaultdict(int)
    for field in described.fields:
        if field.variant:
            spans[field.variant] += field.size
    return tuple(sorted(((size, name) for name, size in spans.items()), key=lambda each: (-each[0], each[1])))


@dataclass(frozen=True, slots=True)
class Split:
    """A struct's touched fields in a struct of their own: what the hot path would still fetch of it."""

    fields: tuple[str, ...]
    """In the order that needs the least room."""
    bytes: int
    lines_now: int
    """Cache lines of a value that begins on one which hold touched fields."""
    lines_after: int


def split(described: TypeFacts, touched: Collection[str], type_named: TypeNamed, line_bytes: int) -> Split | None:
    """The split that puts these fields together; None where it saves no line, or an alignment is not known."""
    hot = tuple(field for field in described.fields if field.name in touched and field.size)
    if described.kind is not TypeKind.STRUCT or not hot or len(hot) == len(described.fields):
        return None
    lines: set[int] = set()
    for field in hot:
        lines.update(range(field.offset // line_bytes, (field.offset + field.size - 1) // line_bytes + 1))
    aligns = [alignment(field.type_name, type_named) for field in hot]
    alone = msgspec.structs.replace(described, fields=hot, align=max(aligns))
    order = reordered(alone, type_named) if all(aligns) else None
    if order is None:
        return None
    after = -(-order.size // line_bytes)
    if after >= len(lines):
        return None
    return Split(tuple(field.name for field in order.fields), order.size, len(lines), after)


def boxed_bytes(described: TypeFacts) -> int:
    """Size of an enum whose largest variant holds a box instead; 0 where the discriminant hides in a niche, for then
    the box changes where it hides."""
    if not any(field.name == DISCRIMINANT for field in described.fields):
        return 0
    tag = sum(field.size for field in described.fields if field.name == DISCRIMINANT)
    _, largest = variant_sizes(described)[0]
    ends = [field.offset + field.size for field in described.fields if field.variant not in ("", largest)]
    align = max(described.align, _POINTER_BYTES)
    return _up(max(*ends, _up(tag, _POINTER_BYTES) + _POINTER_BYTES, tag), align)


def padded_bytes(described: TypeFacts, fields: Sequence[str], type_named: TypeNamed, line_bytes: int) -> int:
    """Size of a struct that gives each of these fields a line of its own, and keeps the others together behind them;
    0 where an alignment is not known."""
    rest = tuple(field for field in described.fields if field.name not in fields)
    together = reordered(msgspec.structs.replace(described, fields=rest, align=1), type_named)
    lines = sum(_up(field.size, line_bytes) for field in described.fields if field.name in fields)
    return lines + _up(together.size, line_bytes) if together else 0


def _up(offset: int, align: int) -> int:
    return -(-offset // align) * align

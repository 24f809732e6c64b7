"""Types as debug info describes them: sizes, alignments and offsets, in bytes."""

from enum import StrEnum

import msgspec


class TypeKind(StrEnum):
    """What a type is, as far as its layout goes."""

    STRUCT = "struct"
    TUPLE = "tuple"
    ENUM = "enum"
    UNION = "union"
    CLOSURE = "closure"
    ASYNC = "async"
    """The state machine of an ``async`` block or function: its variants are its suspend points."""


class FieldFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A direct field, or a field of one variant of an enum."""

    name: str
    type_name: str
    offset: int
    size: int
    variant: str = ""


class VariantFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One variant of an enum, or one state of a state machine."""

    name: str
    value: str | None = None
    """Of the discriminant in decimal (it may have 128 bits), signed as LLVM prints it. ``None`` where every other value
    of a niche means this variant."""
    line: int = 0
    """Of a suspend point: where its ``await`` stands; 0 where debug info does not say."""


class TypeFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One monomorphic type."""

    name: str
    """Full path as Rust prints it, generic arguments kept."""
    kind: TypeKind
    size: int
    align: int
    fields: tuple[FieldFacts, ...]
    """By offset; of an enum, by variant and then by offset. A discriminant of its own is a field named
    ``{discriminant}``; one that hides in a niche is none."""
    variants: tuple[VariantFacts, ...] = ()
    """In the order of debug info, those without fields too."""

"""From types, and from what the roots touch of them, to the layouts that reports tell."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ringfence.graphs import layout
from ringfence.graphs.holders import Holder
from ringfence.graphs.isolation import isolation
from ringfence.graphs.objects import TypeNamed
from ringfence.graphs.placement import starts, wasteful
from ringfence.graphs.repacking import split
from ringfence.graphs.touched_types import FieldUse, TouchedType, touched_types
from ringfence.graphs.types import FieldFacts, TypeFacts
from ringfence.passes.memory import Memory
from ringfence.pipeline.report.model import (
    AtomicField,
    FieldAccess,
    Layout,
    LayoutField,
    LayoutHolder,
    LayoutSplit,
    LayoutVariant,
)


def touched_in(memory: Memory) -> dict[str, TouchedType]:
    """The types that the roots touch, by name."""
    return touched_types({each.root.name: each.touches for each in memory.roots})


def hot_layout(touched: TouchedType, line_bytes: int = layout.LINE_BYTES) -> Layout:
    """The report's form of a type that roots touch."""
    return layout_of(touched.described, touched.type_named, touched, line_bytes=line_bytes)


def layout_of(
    described: TypeFacts,
    type_named: TypeNamed,
    touched: TouchedType | None = None,
    *,
    line_bytes: int = layout.LINE_BYTES,
    held: Sequence[Holder] = (),
    modules: Iterable[str] = (),
) -> Layout:
    """The report's form of a type, and of how the roots touch it where that is known; ``held`` are the places where it
    lies."""
    possible = starts(described.align, line_bytes)
    uses = touched.uses if touched else {}
    return Layout(
        type_=described.name,
        size=described.size,
        align=described.align,
        padding=layout.padding(described),
        location=None,
        fields=tuple(
            _field(field, uses.get((field.variant, field.name), {}), possible, line_bytes) for field in described.fields
        ),
        straddles=layout.straddles(described, line_bytes),
        shared_lines=layout.shared_lines(described, line_bytes),
        atomics=tuple(
            AtomicField(field=each.field, holds=each.holds, shares=each.shares, may_share=each.may_share)
            for each in isolation(described, type_named, line_bytes)
        ),
        split=_split(described, type_named, {name for _, name in uses}, line_bytes),
        kind=described.kind.value,
        tail_padding=layout.tail_padding(described),
        line_size=line_bytes,
        placements=len(possible),
        variants=_variants(described),
        holders=tuple(_holder(each, described.fields, line_bytes) for each in held),
        described_in=tuple(sorted(modules)),
    )


def _split(
    described: TypeFacts, type_named: TypeNamed, touched: Collection[str], line_bytes: int
) -> LayoutSplit | None:
    found = split(described, touched, type_named, line_bytes)
    if found is None:
        return None
    return LayoutSplit(fields=found.fields, size=found.bytes, lines_now=found.lines_now, lines_after=found.lines_after)


def _variants(described: TypeFacts) -> tuple[LayoutVariant, ...]:
    found: list[LayoutVariant] = []
    for variant in described.variants:
        fields = [field for field in described.fields if field.variant == variant.name]
        alone = TypeFacts(described.name, described.kind, described.size, described.align, tuple(fields))
        found.append(
            LayoutVariant(
                name=variant.name,
                value=variant.value,
                bytes_=described.size - layout.padding(alone),
                fields=tuple(field.name for field in fields),
                line=variant.line,
            )
        )
    return tuple(found)


def _holder(holder: Holder, fields: Sequence[FieldFacts], line_bytes: int) -> LayoutHolder:
    possible = holder.starts(line_bytes)
    found = [(_name(field), _crossing(field, possible, line_bytes)) for field in fields]
    return LayoutHolder(
        holder=holder.name,
        offset=holder.offset,
        stride=holder.stride,
        placements=len(possible),
        crossing=tuple(each for each in found if each[1]),
    )


def _crossing(field: FieldFacts, possible: range, line_bytes: int) -> int:
    if not field.size:
        return 0
    return wasteful((field.offset, field.offset + field.size - 1), possible, line_bytes).shared


def _name(field: FieldFacts) -> str:
    return f"{field.variant}.{field.name}" if field.variant else field.name


def _field(field: FieldFacts, uses: Mapping[str, FieldUse], possible: range, line_bytes: int) -> LayoutField:
    return LayoutField(
        name=_name(field),
        type_=field.type_name,
        offset=field.offset,
        size=field.size,
        lines=layout.lines(field, line_bytes),
        touched_by=tuple(sorted(uses)),
        accesses=tuple(
            FieldAccess(root=root, reads=use.reads, writes=use.writes, atomic=use.is_atomic, in_loop=use.in_loop)
            for root, use in sorted(uses.items())
        ),
        variant=field.variant,
        crossing=_crossing(field, possible, line_bytes),
    )

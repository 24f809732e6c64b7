"""From types, and from what the roots touch of them, to the layouts that reports tell."""

from collections.abc import Mapping

from ringfence.graphs import layout
from ringfence.graphs.isolation import isolation
from ringfence.graphs.objects import TypeNamed
from ringfence.graphs.touched_types import FieldUse, TouchedType, touched_types
from ringfence.graphs.types import FieldFacts, TypeFacts
from ringfence.passes.memory import Memory
from ringfence.pipeline.report.model import AtomicField, FieldAccess, Layout, LayoutField


def touched_in(memory: Memory) -> dict[str, TouchedType]:
    """The types that the roots touch, by name."""
    return touched_types({each.root.name: each.touches for each in memory.roots})


def hot_layout(touched: TouchedType) -> Layout:
    """The report's form of a type that roots touch."""
    return layout_of(touched.described, touched.type_named, touched)


def layout_of(described: TypeFacts, type_named: TypeNamed, touched: TouchedType | None = None) -> Layout:
    """The report's form of a type, and of how the roots touch it where that is known."""
    uses = touched.uses if touched else {}
    return Layout(
        type_=described.name,
        size=described.size,
        align=described.align,
        padding=layout.padding(described),
        location=None,
        fields=tuple(_field(field, uses.get((field.variant, field.name), {})) for field in described.fields),
        straddles=layout.straddles(described),
        shared_lines=layout.shared_lines(described),
        atomics=tuple(
            AtomicField(field=each.field, holds=each.holds, shares=each.shares, may_share=each.may_share)
            for each in isolation(described, type_named)
        ),
    )


def _field(field: FieldFacts, uses: Mapping[str, FieldUse]) -> LayoutField:
    name = f"{field.variant}.{field.name}" if field.variant else field.name
    return LayoutField(
        name=name,
        type_=field.type_name,
        offset=field.offset,
        size=field.size,
        lines=layout.lines(field),
        touched_by=tuple(sorted(uses)),
        accesses=tuple(
            FieldAccess(root=root, reads=use.reads, writes=use.writes, atomic=use.is_atomic, in_loop=use.in_loop)
            for root, use in sorted(uses.items())
        ),
    )

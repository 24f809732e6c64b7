"""``ringfence layout``: how types lie on cache lines, from the debug info of the modules that describe them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing

from ringfence.graphs import layout
from ringfence.graphs.holders import Holder, holders
from ringfence.graphs.names import Pattern, without_generics
from ringfence.graphs.placement import starts, wasteful
from ringfence.graphs.types import FieldFacts, TypeFacts
from ringfence.pipeline.audit import AuditRequest
from ringfence.pipeline.build import Built, build_or_open
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.library import Library
from ringfence.pipeline.module_source import Origin
from ringfence.pipeline.nearest import suggestion
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.report.compose import layout_report
from ringfence.pipeline.report.model import (
    Coverage,
    Layout,
    LayoutField,
    LayoutHolder,
    LayoutVariant,
    Report,
    UnreadableFile,
)
from ringfence.pipeline.store import store_if
from ringfence.pipeline.workers import WorkerPool

_HOW_TO_GET_TYPES = (
    "ringfence builds the workspace's members with full debug info and other packages with line tables only: "
    "`--layout-all` builds all of them with full debug info; IR for `--ir` has types with `-C debuginfo=2` "
    '(`debug = "full"` in the cargo profile)'
)


_Versions = Mapping[TypeFacts, Sequence[str]]
"""Types of one name that are laid out differently, with the modules that describe each."""


def run_layout(
    request: AuditRequest, patterns: tuple[str, ...], progress: Progress, line_bytes: int = layout.LINE_BYTES
) -> Report:
    """The types that the patterns name, all types of the user's own crates without one, on lines of that many bytes.
    Raises `UsageError` where a pattern names none."""
    built = build_or_open(request.build, progress)
    with closing(WorkerPool(request.workers)) as pool:
        library = Library(built.sources, store_if(wanted=request.use_cache), pool, progress)
        wanted = (Origin.OWN, Origin.DEPENDENCY) if request.layout_all else (Origin.OWN,)
        numbers = [number for number, source in enumerate(library.sources) if source.origin in wanted]
        modules = library.read(numbers)
    progress.close()
    types: dict[str, dict[TypeFacts, list[str]]] = defaultdict(dict)
    for number in sorted(modules):
        for each in modules[number].described_types():
            types[each.name].setdefault(each, []).append(modules[number].name)
    chosen = _chosen(types, patterns, built)
    held = holders(each for versions in types.values() for each in versions)
    ambiguous = sum(len(types[name]) > 1 for name in chosen)
    return layout_report(
        build=built.description,
        coverage=_coverage(library),
        layouts=[each for name in chosen for each in _layouts(types[name], held.get(name, ()), line_bytes)],
        notes=[*built.notes, *library.notes, *_ambiguity(ambiguous)],
    )


def _layouts(versions: _Versions, held: Sequence[Holder], line_bytes: int) -> list[Layout]:
    only = len(versions) == 1
    return [
        layout_of(each, line_bytes=line_bytes, held=held, modules=() if only else modules)
        for each, modules in versions.items()
    ]


def _ambiguity(names: int) -> list[str]:
    if not names:
        return []
    what = "1 name stands" if names == 1 else f"{names} names stand"
    note = (
        f"{what} for types that are laid out differently (two versions of a crate, or two crates of one name): each "
        "layout is shown with the modules that describe it; fields that are typed by such a name may mean either"
    )
    return [note]


def layout_of(
    described: TypeFacts,
    touched: Iterable[str] = (),
    *,
    line_bytes: int = layout.LINE_BYTES,
    held: Sequence[Holder] = (),
    modules: Iterable[str] = (),
) -> Layout:
    """The report's form of a type; ``touched`` are the roots that touch it, ``held`` the places where it lies."""
    possible = starts(described.align, line_bytes)
    roots = tuple(sorted(touched))
    return Layout(
        type_=described.name,
        size=described.size,
        align=described.align,
        padding=layout.padding(described),
        location=None,
        fields=tuple(_field(field, roots, possible, line_bytes) for field in described.fields),
        straddles=layout.straddles(described, line_bytes),
        shared_lines=layout.shared_lines(described, line_bytes),
        kind=described.kind.value,
        tail_padding=layout.tail_padding(described),
        line_size=line_bytes,
        placements=len(possible),
        variants=_variants(described),
        holders=tuple(_holder(each, described.fields, line_bytes) for each in held),
        described_in=tuple(sorted(modules)),
    )


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


def _field(field: FieldFacts, touched: tuple[str, ...], possible: range, line_bytes: int) -> LayoutField:
    return LayoutField(
        name=_name(field),
        type_=field.type_name,
        offset=field.offset,
        size=field.size,
        lines=layout.lines(field, line_bytes),
        touched_by=touched,
        variant=field.variant,
        crossing=_crossing(field, possible, line_bytes),
    )


def _chosen(types: Mapping[str, _Versions], patterns: Sequence[str], built: Built) -> list[str]:
    if not types:
        message = f"no type is described in the debug info of the modules that were read; {_HOW_TO_GET_TYPES}"
        raise UsageError(message)
    if not patterns:
        own = tuple(f"{crate}::" for crate in built.own_crates)
        return [name for name in sorted(types) if not own or name.startswith(own)]
    chosen: set[str] = set()
    for pattern in patterns:
        found = Pattern(pattern).select(types) or _state_machine(pattern, types)
        if not found:
            hint = suggestion(pattern, sorted({without_generics(name) for name in types}), limit=3)
            message = f"no type `{pattern}` in the debug info of the modules that were read{hint}; {_HOW_TO_GET_TYPES}"
            raise UsageError(message)
        chosen.update(found)
    return sorted(chosen)


def _state_machine(function: str, types: Iterable[str]) -> list[str]:
    """An ``async fn`` is known by its name; its type is that of its body."""
    machines = {name.rsplit("::", 1)[0]: name for name in types if "::{async_fn_env#" in name}
    return sorted(machines[name] for name in Pattern(function).select(machines))


def _coverage(library: Library) -> Coverage:
    return Coverage(
        modules=len(library.sources),
        modules_read=library.modules_read,
        functions=library.function_count,
        functions_reached=0,
        unresolved_calls=0,
        missing_functions=0,
        unreadable=tuple(UnreadableFile(file=each.module, reason=each.reason) for each in library.unreadable),
    )

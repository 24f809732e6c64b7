"""``ringfence layout``: how types lie on cache lines, from the debug info of the modules that describe them."""

from collections.abc import Iterable, Sequence
from contextlib import closing

from ringfence.graphs import layout
from ringfence.graphs.names import Pattern, without_generics
from ringfence.graphs.types import FieldFacts, TypeFacts
from ringfence.pipeline.audit import AuditRequest
from ringfence.pipeline.build import Built, build_or_open
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.library import Library
from ringfence.pipeline.module_source import Origin
from ringfence.pipeline.nearest import suggestion
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.report.compose import layout_report
from ringfence.pipeline.report.model import Coverage, Layout, LayoutField, Report, UnreadableFile
from ringfence.pipeline.store import store_if
from ringfence.pipeline.workers import WorkerPool

_HOW_TO_GET_TYPES = (
    "ringfence builds the workspace's members with full debug info and other packages with line tables only: "
    "`--layout-all` builds all of them with full debug info"
)


def run_layout(request: AuditRequest, patterns: tuple[str, ...], progress: Progress) -> Report:
    """The types that the patterns name, all types of the user's own crates without one. Raises `UsageError` where a
    pattern names none."""
    built = build_or_open(request.build, progress)
    with closing(WorkerPool(request.workers)) as pool:
        library = Library(built.sources, store_if(wanted=request.use_cache), pool, progress)
        wanted = (Origin.OWN, Origin.DEPENDENCY) if request.layout_all else (Origin.OWN,)
        numbers = [number for number, source in enumerate(library.sources) if source.origin in wanted]
        modules = library.read(numbers)
    progress.close()
    types = {each.name: each for number in sorted(modules) for each in modules[number].described_types()}
    chosen = _chosen(types, patterns, built)
    return layout_report(
        build=built.description,
        coverage=_coverage(library),
        layouts=[layout_of(each) for each in chosen],
        notes=[*built.notes, *library.notes],
    )


def layout_of(described: TypeFacts, touched: Iterable[str] = ()) -> Layout:
    """The report's form of a type; ``touched`` are the roots that touch it."""
    return Layout(
        type_=described.name,
        size=described.size,
        align=described.align,
        padding=layout.padding(described),
        location=None,
        fields=tuple(_field(field, tuple(sorted(touched))) for field in described.fields),
        straddles=layout.straddles(described),
        shared_lines=layout.shared_lines(described),
    )


def _field(field: FieldFacts, touched: tuple[str, ...]) -> LayoutField:
    name = f"{field.variant}.{field.name}" if field.variant else field.name
    return LayoutField(
        name=name,
        type_=field.type_name,
        offset=field.offset,
        size=field.size,
        lines=layout.lines(field),
        touched_by=touched,
    )


def _chosen(types: dict[str, TypeFacts], patterns: Sequence[str], built: Built) -> list[TypeFacts]:
    if not types:
        message = f"no type is described in the debug info of the modules that were read; {_HOW_TO_GET_TYPES}"
        raise UsageError(message)
    if not patterns:
        own = tuple(f"{crate}::" for crate in built.own_crates)
        return [types[name] for name in sorted(types) if not own or name.startswith(own)]
    chosen: dict[str, TypeFacts] = {}
    for pattern in patterns:
        found = Pattern(pattern).select(types)
        if not found:
            hint = suggestion(pattern, sorted({without_generics(name) for name in types}), limit=3)
            message = f"no type `{pattern}` in the debug info of the modules that were read{hint}; {_HOW_TO_GET_TYPES}"
            raise UsageError(message)
        chosen.update((name, types[name]) for name in found)
    return [chosen[name] for name in sorted(chosen)]


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

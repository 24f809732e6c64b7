"""``ringfence layout``: how types lie on cache lines, from the debug info of the modules that describe them."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from ringfence.graphs.names import Pattern, without_generics
from ringfence.graphs.types import TypeFacts
from ringfence.passes.memory import memory_of
from ringfence.pipeline.audit import AuditRequest, hot_path_of
from ringfence.pipeline.build import Built, build_or_open
from ringfence.pipeline.coverage import coverage_of, with_accesses
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.layout_facts import hot_layout, layout_of, touched_in
from ringfence.pipeline.library import Library
from ringfence.pipeline.module_source import Origin
from ringfence.pipeline.nearest import suggestion
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.propose import message, proposals
from ringfence.pipeline.report.compose import layout_report
from ringfence.pipeline.report.model import Coverage, Report, UnreadableFile
from ringfence.pipeline.store import store_if
from ringfence.pipeline.workers import WorkerPool

_HOW_TO_GET_TYPES = (
    "ringfence builds the workspace's members with full debug info and other packages with line tables only: "
    "`--layout-all` builds all of them with full debug info"
)


_HOW_TO_TOUCH = "without `--hot` every type is looked for"


def run_layout(request: AuditRequest, patterns: tuple[str, ...], progress: Progress, *, hot: bool) -> Report:
    """The types that the patterns name, all types of the user's own crates without one; ``hot`` keeps those that the
    roots touch. Raises `UsageError` where a pattern names none."""
    if hot:
        return _hot_layouts(request, patterns, progress)
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
        layouts=[layout_of(each, types.get) for each in chosen],
        notes=[*built.notes, *library.notes],
    )


def _hot_layouts(request: AuditRequest, patterns: tuple[str, ...], progress: Progress) -> Report:
    linked, hot_path = hot_path_of(request, progress)
    if not linked.roots:
        raise UsageError(message(proposals(linked.built.own_packages)))
    memory = memory_of(hot_path, linked.functions, linked.threads, linked.is_own_type, linked.built.config.rules)
    touched = touched_in(memory)
    types = {name: each.described for name, each in touched.items()}
    chosen = sorted(filter(linked.is_own_type, types))
    if patterns:
        chosen = [each.name for each in _selected(types, patterns, "that the hot path touches", _HOW_TO_TOUCH)]
    return layout_report(
        build=linked.built.description,
        coverage=with_accesses(coverage_of(linked.library, hot_path.reached, (), strict=request.strict), memory),
        layouts=[hot_layout(touched[name]) for name in chosen],
        notes=[*linked.built.notes, *linked.library.notes],
    )


def _chosen(types: dict[str, TypeFacts], patterns: Sequence[str], built: Built) -> list[TypeFacts]:
    if not types:
        message = f"no type is described in the debug info of the modules that were read; {_HOW_TO_GET_TYPES}"
        raise UsageError(message)
    if not patterns:
        own = tuple(f"{crate}::" for crate in built.own_crates)
        return [types[name] for name in sorted(types) if not own or name.startswith(own)]
    return _selected(types, patterns, "in the debug info of the modules that were read", _HOW_TO_GET_TYPES)


def _selected(types: Mapping[str, TypeFacts], patterns: Sequence[str], where: str, how: str) -> list[TypeFacts]:
    chosen: dict[str, TypeFacts] = {}
    for pattern in patterns:
        found = Pattern(pattern).select(types)
        if not found:
            hint = suggestion(pattern, sorted({without_generics(name) for name in types}), limit=3)
            message = f"no type `{pattern}` {where}{hint}; {how}"
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

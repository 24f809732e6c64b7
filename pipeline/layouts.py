"""``ringfence layout``: how types lie on cache lines, from the debug info of the modules that describe them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing

from ringfence.graphs import layout
from ringfence.graphs.holders import Holder, holders
from ringfence.graphs.names import Pattern, without_generics
from ringfence.graphs.objects import TypeNamed
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
from ringfence.pipeline.report.model import Coverage, Layout, Report, UnreadableFile
from ringfence.pipeline.store import store_if
from ringfence.pipeline.workers import WorkerPool

_HOW_TO_GET_TYPES = (
    "ringfence builds the workspace's members with full debug info and other packages with line tables only: "
    "`--layout-all` builds all of them with full debug info; IR for `--ir` has types with `-C debuginfo=2` "
    '(`debug = "full"` in the cargo profile)'
)
_HOW_TO_TOUCH = "without `--hot` every type is looked for"

_Versions = Mapping[TypeFacts, Sequence[str]]
"""Types of one name that are laid out differently, with the modules that describe each."""


def run_layout(
    request: AuditRequest,
    patterns: tuple[str, ...],
    progress: Progress,
    line_bytes: int = layout.LINE_BYTES,
    *,
    hot: bool = False,
) -> Report:
    """The types that the patterns name, all types of the user's own crates without one, on lines of that many bytes;
    ``hot`` keeps those that the roots touch. Raises `UsageError` where a pattern names none."""
    if hot:
        return _hot_layouts(request, patterns, progress, line_bytes)
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
    first = {name: next(iter(versions)) for name, versions in types.items()}
    held = holders(each for versions in types.values() for each in versions)
    ambiguous = sum(len(types[name]) > 1 for name in chosen)
    return layout_report(
        build=built.description,
        coverage=_coverage(library),
        layouts=[each for name in chosen for each in _layouts(types[name], held.get(name, ()), first.get, line_bytes)],
        notes=[*built.notes, *library.notes, *_ambiguity(ambiguous)],
    )


def _hot_layouts(request: AuditRequest, patterns: tuple[str, ...], progress: Progress, line_bytes: int) -> Report:
    linked, hot_path = hot_path_of(request, progress)
    if not linked.roots:
        raise UsageError(message(proposals(linked.built.own_packages)))
    memory = memory_of(hot_path, linked.functions, linked.threads, linked.is_own_type, linked.built.config.rules)
    touched = touched_in(memory)
    types = {name: each.described for name, each in touched.items()}
    chosen = sorted(filter(linked.is_own_type, types))
    if patterns:
        chosen = _selected(types, patterns, "that the hot path touches", _HOW_TO_TOUCH)
    return layout_report(
        build=linked.built.description,
        coverage=with_accesses(coverage_of(linked.library, hot_path.reached, (), strict=request.strict), memory),
        layouts=[hot_layout(touched[name], line_bytes) for name in chosen],
        notes=[*linked.built.notes, *linked.library.notes],
    )


def _layouts(versions: _Versions, held: Sequence[Holder], type_named: TypeNamed, line_bytes: int) -> list[Layout]:
    only = len(versions) == 1
    return [
        layout_of(each, type_named, line_bytes=line_bytes, held=held, modules=() if only else modules)
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


def _chosen(types: Mapping[str, _Versions], patterns: Sequence[str], built: Built) -> list[str]:
    if not types:
        message = f"no type is described in the debug info of the modules that were read; {_HOW_TO_GET_TYPES}"
        raise UsageError(message)
    if not patterns:
        own = tuple(f"{crate}::" for crate in built.own_crates)
        return [name for name in sorted(types) if not own or name.startswith(own)]
    return _selected(types, patterns, "in the debug info of the modules that were read", _HOW_TO_GET_TYPES)


def _selected(types: Collection[str], patterns: Sequence[str], where: str, how: str) -> list[str]:
    chosen: set[str] = set()
    for pattern in patterns:
        found = Pattern(pattern).select(types) or _state_machine(pattern, types)
        if not found:
            hint = suggestion(pattern, sorted({without_generics(name) for name in types}), limit=3)
            message = f"no type `{pattern}` {where}{hint}; {how}"
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

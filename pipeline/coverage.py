"""How much an audit looked at, what it could not see, and on whose word its verdicts rest."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from ringfence.graphs import contracts
from ringfence.graphs.accesses import tracing
from ringfence.graphs.names import display_name
from ringfence.graphs.reached import Reach
from ringfence.passes.memory import Memory
from ringfence.pipeline.config import Assume
from ringfence.pipeline.library import Library
from ringfence.pipeline.report.model import AssumedFunctions, Coverage, UnreadableFile


def coverage_of(library: Library, reached: Reach, entries: Sequence[Assume], *, strict: bool) -> Coverage:
    """What the report says of it; ``entries`` are the project's assumptions."""
    unresolved = sum(each.is_unresolved for each in reached.resolutions.values())
    unresolved += reached.native_pointer_calls
    missing = {call.symbol for calls in reached.externals.values() for call in calls if call.effect is None}
    skipped = reached.panic_calls_not_followed
    return Coverage(
        modules=len(library.sources),
        modules_read=library.modules_read,
        functions=library.function_count,
        functions_reached=reached.definitions,
        unresolved_calls=unresolved,
        missing_functions=len(missing),
        panic_paths_followed=strict,
        not_followed=()
        if strict
        else (f"{skipped:,} {'call' if skipped == 1 else 'calls'} on panic paths (`--strict` follows them)",),
        unreadable=tuple(UnreadableFile(file=each.module, reason=each.reason) for each in library.unreadable),
        contracts=contracts.NAME,
        assumptions=tuple(_assumptions(entries, reached)),
    )


def with_accesses(coverage: Coverage, memory: Memory) -> Coverage:
    """With how many accesses of memory were seen, and traced."""
    counts = [tracing(root.touches) for root in memory.roots]
    return msgspec.structs.replace(
        coverage,
        accesses=sum(each.total for each in counts),
        accesses_traced=sum(each.total - each.unknown for each in counts),
    )


def _assumptions(entries: Sequence[Assume], reached: Reach) -> Iterator[AssumedFunctions]:
    """The entries that calls were judged by."""
    used: dict[int, set[str]] = defaultdict(set)
    for calls in reached.externals.values():
        for call in calls:
            if call.assumption is not None:
                used[call.assumption.entry].add(display_name(call.symbol))
    for number in sorted(used):
        entry = entries[number]
        yield AssumedFunctions(
            pattern=entry.function, effects=entry.effects, reason=entry.reason, functions=tuple(sorted(used[number]))
        )

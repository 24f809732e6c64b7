"""What the audit knows of everything below a root, by the library's own words: functions, atomics, limits."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from truth.recording import TARGET, folder_of

from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function
from ringfence.graphs.search import function_of, state_of
from ringfence.passes.limits import LimitsPass
from ringfence.pipeline.audit import AuditRequest, hot_path_of
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.progress import SilentProgress

Lines = tuple[tuple[str, int], ...]
"""File and line of each frame of an inline chain, the innermost first."""


@dataclass(frozen=True, slots=True)
class Below:
    """Everything below one root, panics apart."""

    functions: frozenset[str]
    atomics: frozenset[Lines]
    is_open: bool
    """Something is called that is not known, and that is said."""


@cache
def below_roots(crate: str) -> Mapping[str, Below]:
    """By root of a crate, once a process."""
    os.environ.setdefault("RINGFENCE_CACHE", str(TARGET / "store"))
    manifest = folder_of(crate) / "Cargo.toml"
    selection = Selection(manifest_path=manifest, target_dir=TARGET / "audits", locked=True)
    linked, hot_path = hot_path_of(AuditRequest(selection), SilentProgress())
    return {root.name: _below(root, hot_path) for root in linked.functions}


def _below(root: Function, hot_path: HotPath) -> Below:
    numbers = sorted(set(map(function_of, hot_path.ways.arrivals(state_of(root.id), foreign_only=False))))
    functions = [hot_path.function(number) for number in numbers]
    return Below(
        functions=frozenset(name for function in functions for name in _names(function)),
        atomics=frozenset(
            tuple((function.file_of(frame), frame.line) for frame in function.chain(atomic.location))
            for function in functions
            for atomic in function.facts.atomics
        ),
        is_open=any(True for function in functions for _ in LimitsPass().sinks(function, hot_path)),
    )


def _names(function: Function) -> set[str]:
    """A body has the names of all that LLVM folded into it."""
    twins = function.where.twins.get(function.facts.symbol, ())
    return {display_name(symbol) for symbol in (function.facts.symbol, *twins)}

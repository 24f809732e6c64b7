"""What each root of ``call_graph/`` can truly call, as its sources say, beside what the audit reached below it.

A function counts as reached where its body is, or where a frame of it was inlined into a body that is. Names are those
of the module that the root stands in: ``leaf`` for ``call_graph::direct::chain::leaf``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from truth.remarks import remarks_above

from ringfence.graphs.facts import Atomic, CallSite, PathClass
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function
from ringfence.graphs.search import function_of, state_of
from ringfence.passes.limits import LimitsPass
from ringfence.pipeline.audit import AuditRequest, hot_path_of
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.markers import find_markers
from ringfence.pipeline.progress import SilentProgress

CRATE = Path(__file__).parent / "call_graph"
LEVELS = {"0": "unoptimised", "3": "release"}
"""Opt-level to the profile of that level."""
_TRUTH = re.compile(r"calls: (?P<names>.+)$")
_SPURIOUS = re.compile(r"also(?: at (?P<level>\w+))?: (?P<names>.+)$")
_STD_PATH = re.compile(r"\b(?:core|alloc|std)::(?:\w+::)*")
_NOTHING = "nothing"
_CRATE = f"{CRATE.name}::"
_SHIM = "{shim"
"""In the names of what the compiler writes between a caller and a function."""


@dataclass(frozen=True)
class Case:
    """One root, what is said of it, and what was found."""

    name: str
    """Path of the root behind its crate: ``direct::chain::root``."""
    level: str
    truth: frozenset[str]
    known_spurious: frozenset[str]
    reached: frozenset[str] = frozenset()
    is_open: bool = False
    """The audit says that below this root something is called that it does not know."""

    @property
    def family(self) -> str:
        """The file that the case stands in."""
        return self.name.partition("::")[0]

    @property
    def missing(self) -> list[str]:
        """Functions that the root can call, and the audit did not reach."""
        return sorted(self.truth - self.reached)

    @property
    def missing_in_silence(self) -> list[str]:
        """Those of which not even a hint is given: below this root everything is said to be known."""
        return [] if self.is_open else self.missing

    @property
    def spurious(self) -> list[str]:
        """Functions that the audit reached, and the root cannot call."""
        return sorted(self.reached - self.truth)


def audited(level: str, target: Path) -> list[Case]:
    """Build and audit the crate at an opt-level, in a folder for modules; one case a root, sorted by name.

    Raises ``ValueError`` for a root of which the sources say nothing.
    """
    selection = Selection(manifest_path=CRATE / "Cargo.toml", profile=LEVELS[level], target_dir=target, locked=True)
    linked, hot_path = hot_path_of(AuditRequest(selection), SilentProgress())
    cases = (_case(function, hot_path, level) for function in linked.functions)
    return sorted(cases, key=lambda case: case.name)


def roots_written() -> int:
    """How many roots the sources mark."""
    return sum(1 for _ in find_markers([CRATE / "src"]))


def _case(root: Function, hot_path: HotPath, level: str) -> Case:
    below = sorted(map(function_of, hot_path.ways.arrivals(state_of(root.id), foreign_only=False)))
    functions = [hot_path.function(number) for number in below]
    names = {name for function in functions for name in _own_names(function)} - {root.name}
    truth, spurious = _said_of(root, level)
    case = "::".join(root.name.split("::")[:3])
    return Case(
        name=root.name.removeprefix(_CRATE),
        level=level,
        truth=truth,
        known_spurious=spurious,
        reached=frozenset(_short(name, case) for name in names),
        is_open=any(True for function in functions for _ in LimitsPass().sinks(function, hot_path)),
    )


def _own_names(function: Function) -> Iterator[str]:
    """The function itself and what was inlined into it, panics apart, as far as it was written in the crate."""
    facts, where = function.facts, function.where
    events: tuple[CallSite | Atomic, ...] = (*facts.calls, *facts.atomics)
    live = (each for each in events if facts.places[each.place].path_class < PathClass.PANIC)
    frames = {frame for event in live for frame in function.chain(event.location)}
    for frame in {*function.entry, *(frame for frame in frames if frame.subprogram >= 0)}:
        subprogram = where.subprograms[frame.subprogram]
        name = display_name(subprogram.name)
        if where.files[subprogram.file].startswith(f"{CRATE}/") and _SHIM not in name:
            yield name


def _short(name: str, case: str) -> str:
    """In the words of the case, std's paths by their last word, generic arguments as they are written in a type."""
    return _STD_PATH.sub("", name.replace(f"{case}::", "").replace(_CRATE, "").replace("::<", "<"))


def _said_of(root: Function, level: str) -> tuple[frozenset[str], frozenset[str]]:
    """The truth about a root, and what is known to be spurious."""
    frame = root.entry[0]
    remarks = list(remarks_above(Path(root.file_of(frame)), frame.line))
    truths = [_names(found["names"]) for remark in remarks if (found := _TRUTH.match(remark))]
    if not truths:
        raise ValueError(f"{root.file_of(frame)}:{frame.line}: no line `//~ calls:` above a root")
    also = filter(None, map(_SPURIOUS.match, remarks))
    spurious = (_names(found["names"]) for found in also if found["level"] in (None, level))
    return frozenset[str]().union(*truths), frozenset[str]().union(*spurious)


def _names(listed: str) -> frozenset[str]:
    return frozenset(re.split(r",\s+", listed.strip())) - {_NOTHING}

"""RF302: the rule, who runs at the same time, and what apart would cost."""

from collections.abc import Callable
from dataclasses import dataclass

from ringfence.graphs.facts import PathClass
from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.names import without_generics
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.memory import RootMemory
from ringfence.passes.rule import Level, Rule

FALSE_SHARING = Rule(
    id="RF302",
    slug="false-sharing",
    what="What one root writes (a field, a static, an element of an array) lies on the cache line of what a root of "
    "another thread touches.",
    why="A core that writes a line takes it away from all others. Two threads that never touch the same field still "
    "wait for each other at every write: tens of nanoseconds each.",
    example="struct Queue { head: AtomicUsize, tail: AtomicUsize } // the consumer writes `head`, the producer `tail`",
    instead="Give each its own line: `head: CachePadded<AtomicUsize>` (crossbeam-utils: 128 bytes on x86-64 and "
    "aarch64, where the adjacent line is prefetched), or a `#[repr(align(64))]` wrapper. A static: `static SENT: "
    "CachePadded<AtomicU64>`. Counters of workers: `[CachePadded<AtomicU64>; WORKERS]`, or a `thread_local!` that is "
    "summed when somebody asks.",
    false_positives="Types are told apart, values are not: two roots that touch different values of one type are told "
    'like two that share one. Say `thread = "…"` in `[[roots]]`, then roots of one thread are never told, and those of '
    "two are an error; without it, it is a warning. Where a value's alignment leaves most places to it at which the "
    "two are apart, and where each root touches both anyway, it is a note. Elements that an index leads to at run time "
    "lie on one line only if the indices are near each other. Statics are told by the object of the audit: another "
    "number of codegen units may order those of different modules otherwise.",
    how="Loads, stores and atomics of each root, traced to type and field, static, or element; offsets and alignment "
    "from debug info, statics laid out in the order of their object, as the linker does. The bytes that are touched "
    "count, not the padding around them. Types of dependencies count, those of std do not. Not looked at: objects "
    "beside each other on the heap, statics of different objects, and accesses in dependencies that were built "
    "without debug info of their variables and are no atomics.",
    levels={**ADVISORY_LEVELS, PathClass.HOT: Level.ERROR, PathClass.AMORTIZED: Level.WARNING},
    about_line=True,
)
_PADDED_TO = {
    128: ("x86_64", "aarch64", "arm64ec", "powerpc64"),
    32: ("arm", "thumb", "mips", "sparc", "hexagon"),
    256: ("s390x",),
}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who touches the same line, as the report tells it."""

    field: str
    root: str
    thread: str
    writes: bool
    shared: int
    """Placements of the value in which they are on one line."""
    placements: int


def cache_padded_align(target: str) -> int:
    """What crossbeam-utils' ``CachePadded`` is aligned to on a target, by its triple; 0 where there is none. Source:
    crossbeam-utils 0.8, ``src/cache_padded.rs``."""
    if not target:
        return 0
    architecture = target.partition("-")[0]
    found = (align for align, names in _PADDED_TO.items() if architecture.startswith(names))
    return next(found, 64)


def are_told_apart(one: RootMemory, other: RootMemory) -> bool:
    """The project says that they run on different threads."""
    return bool(one.thread and other.thread and one.thread != other.thread)


def is_one_thread(one: RootMemory, other: RootMemory) -> bool:
    """The project says that they run on the same thread; a name with a ``*`` is that of several."""
    return bool(one.thread) and one.thread == other.thread and not is_pool(one)


def is_pool(root: RootMemory) -> bool:
    """Several threads of one pattern run it."""
    return "*" in root.thread


def loudest(*, is_good: bool, is_told: bool) -> Level | None:
    """The level at most: an error needs good evidence of the place, and word of the two threads."""
    if not is_good:
        return Level.NOTE
    return None if is_told else Level.WARNING


def lines_of_their_own(written: str, size: Callable[[int], int], target: str) -> tuple[str, int]:
    """The advice to write something with an alignment of its own, with the bytes that it then takes in all
    (``size`` gives them for an alignment, 0 where they are not known), and those for a line."""
    bytes_ = size(LINE_BYTES)
    align = cache_padded_align(target)
    padded = size(align) if align else 0
    whole = f": {bytes_:,} bytes" if bytes_ else ""
    said = f", aligned to {align} here: {padded:,} bytes" if padded else ""
    line = f"a `#[repr(align({LINE_BYTES}))]` wrapper{whole}"
    return f"write {written} with {line}; or with `CachePadded<…>` of crossbeam-utils{said}", bytes_


def on_thread(root: RootMemory, *, is_told: bool) -> str:
    """Who it is that touches the other one: `` on thread `feed` ``."""
    return f" on thread `{root.thread}`" if is_told else ""


def short(path: str) -> str:
    """``Plant::on_packet``."""
    return "::".join(without_generics(path).split("::")[-2:])

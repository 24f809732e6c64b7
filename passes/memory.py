"""What a pass over memory sees: what each root touches, and which types are the user's own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ringfence.graphs.accesses import Accesses, RootTouch
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.objects import FieldStep
from ringfence.graphs.program import Function
from ringfence.passes.options import Options
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

IsOwnType = Callable[[str], bool]
"""Whether a type, by its full name, is the user's to change."""


@dataclass(frozen=True, slots=True)
class RootMemory:
    """What one root touches while it is hot."""

    root: Function
    thread: str
    """The thread that it runs on, as the project says; empty where it does not."""
    touches: tuple[RootTouch, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What all roots touch."""

    hot_path: HotPath
    roots: tuple[RootMemory, ...]
    is_own_type: IsOwnType
    options: Options
    target: str = ""
    """Triple of what it runs on; empty where that is not known."""

    @property
    def is_seen(self) -> bool:
        """Whether anything of it is traced to a type: debug info may not describe variables."""
        return any(touch.touched.object for root in self.roots for touch in root.touches)

    def site(self, touch: RootTouch, sink: Sink) -> SinkSite[Sink]:
        """A sink where a touch happens."""
        function, access = touch.touched.function, touch.touched.access
        classified = self.hot_path.classifier.of_event(function, access.place, access.location)
        return SinkSite(function.id, access.location, classified, sink)


class MemoryPass(Protocol):
    """Judges rules that need to know what several accesses, or several roots, touch together."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that it can report."""
        ...

    def sinks(self, memory: Memory) -> Iterator[SinkSite[Sink]]:
        """The sinks of all roots; one that counts for some roots only says so."""
        ...


def memory_of(
    hot_path: HotPath,
    roots: Iterable[Function],
    threads: Mapping[int, str],
    is_own_type: IsOwnType,
    options: Options,
    target: str = "",
) -> Memory:
    """Trace what each root touches; ``threads`` are by number of the root, ``target`` is a triple."""
    accesses = Accesses(hot_path)
    seen = tuple(RootMemory(root, threads.get(root.id, ""), tuple(accesses.of_root(root))) for root in roots)
    return Memory(hot_path, seen, is_own_type, options, target)


def earliest(touches: Sequence[RootTouch]) -> RootTouch:
    """The one to show: of the best class, then the deepest in loops, then the first of the program."""
    return min(
        touches,
        key=lambda each: (
            each.path_class,
            -each.loop_depth,
            each.touched.function.id,
            each.touched.access.location,
        ),
    )


def span(touch: RootTouch, step: FieldStep) -> tuple[int, int]:
    """First and last byte that are touched, behind the start of the field's owner; of an array that an index walks
    those of one element."""
    first = touch.touched.offset - step.start
    end = step.field.offset + step.field.size
    return first, max(min(first + max(touch.touched.access.size, 1), end) - 1, first)

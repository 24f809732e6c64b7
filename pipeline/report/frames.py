"""A path of the graph as an explanation tells it: its frames, and at which of them it became what it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.graphs.facts import PathClass
from ringfence.graphs.reasons import Ground, Part, ground, lazy_frame, turning_frame
from ringfence.passes.rule import Location, Step
from ringfence.passes.wording import short_name
from ringfence.pipeline.report.compose import CLASS_NAMES, VIA_NAMES
from ringfence.pipeline.report.explanation_model import Frame, Turn
from ringfence.pipeline.report.model import Place
from ringfence.pipeline.source import SourceTree

_CALLEE = -1
"""Behind the innermost frame of a part."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Which frames of a path stand in the body of which of its functions."""

    starts: tuple[int, ...]
    """Position of the first frame, by position of the function in the path."""

    @classmethod
    def of(cls, path: Sequence[Part]) -> "Spans":
        """The frames of a function are those that were inlined around its call; one where there is no debug info."""
        starts = [0]
        for part in path:
            starts.append(starts[-1] + (len(part.function.chain(part.location)) or 1))
        return cls(tuple(starts))

    def outer(self, position: int, depth: int) -> int:
        """A frame by how deep it was inlined; the innermost one for what is deeper."""
        return min(self.starts[position] + depth, self.starts[position + 1] - 1)

    def inner(self, position: int, from_inside: int) -> int:
        """A frame by its position in the inline chain, innermost first."""
        return self.starts[position + 1] - 1 - from_inside


def frames(path: Sequence[Step], files: SourceTree) -> tuple[Frame, ...]:
    """The frames of a path; the lines of the user's own code are read."""
    return tuple(_frame(step, files) for step in path)


def _frame(step: Step, files: SourceTree) -> Frame:
    place = step.location
    source = files.excerpt(place.file, place.line, place.column) if place and step.own else None
    return Frame(function=step.function, location=place_of(place), via=VIA_NAMES[step.via], own=step.own, source=source)


def place_of(location: Location | None) -> Place | None:
    """A location in the form of reports."""
    return Place(file=location.file, line=location.line, column=location.column) if location else None


def turns(path: Sequence[Part], spans: Spans, steps: Sequence[Step]) -> Iterator[Turn]:
    """Where the path becomes worse than it was, root first; of a hot path, what keeps a growing container hot."""
    worst, is_fresh = PathClass.HOT, False
    for position, part in enumerate(path):
        reason = ground(part)
        grows_first = reason is Ground.FRESH and worst is PathClass.HOT and not is_fresh
        if part.path_class <= worst and not grows_first:
            continue
        worst, is_fresh = max(worst, part.path_class), is_fresh or grows_first
        frame = spans.inner(position, _turning(part, reason))
        name = f"`{short_name(steps[frame].function)}`"
        yield Turn(frame=frame, class_=CLASS_NAMES[part.path_class], why=f"{name} {_WHY[reason]}")


def _turning(part: Part, reason: Ground) -> int:
    """The frame that says why, by its position in the inline chain, innermost first."""
    match reason:
        case Ground.GROWTH | Ground.FRESH:
            lazy = lazy_frame(part, PathClass.AMORTIZED)
        case Ground.FIRST_USE:
            lazy = lazy_frame(part, PathClass.FIRST_USE)
        case Ground.MARKED:
            return _CALLEE
        case Ground.ONCE:
            return max(len(part.function.chain(part.location)) - 1, 0)
        case _:
            return turning_frame(part)
    return 0 if lazy is None else lazy


_WHY = {
    Ground.HOT: "leads on every time",
    Ground.FRESH: "grows a container that is made, or taken, in this very call: every time",
    Ground.GROWTH: "grows a container that lives on: one growth serves many calls",
    Ground.FIRST_USE: "makes something on first use, once",
    Ground.ONCE: "does this outside of its loop of events: once",
    Ground.MARKED: "is marked `#[cold]`",
    Ground.UNLIKELY: "leads on from an unlikely block only: a cold callee or branch weights say so",
    Ground.PANIC: "leads on only when it panics or aborts",
}

"""A path of the graph as an explanation tells it: its frames, and at which of them it became what it is."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import Hop
from ringfence.graphs.reasons import Ground, Part, ground, lazy_frame, turning_frame
from ringfence.passes.judge import short_name
from ringfence.passes.rule import Location, Step
from ringfence.pipeline.report.compose import CLASS_NAMES, VIA_NAMES
from ringfence.pipeline.report.explanation_model import Condition, Frame, Turn
from ringfence.pipeline.report.model import Place
from ringfence.pipeline.source import SourceTree


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

    def first(self, position: int) -> int:
        """The frame of the function itself."""
        return self.starts[position]

    def end(self, position: int) -> int:
        """The frame behind its last one."""
        return self.starts[position + 1]

    def inner(self, position: int, from_inside: int) -> int:
        """A frame by its position in the inline chain, innermost first; -1 is what is called."""
        return self.starts[position + 1] - 1 - from_inside


def frames(path: Sequence[Step], files: SourceTree, common: Collection[int] = ()) -> tuple[Frame, ...]:
    """The frames of a path; the lines of the user's own code are read."""
    return tuple(_frame(step, files, common=position in common) for position, step in enumerate(path))


def _frame(step: Step, files: SourceTree, *, common: bool) -> Frame:
    place = step.location
    source = files.excerpt(place.file, place.line, place.column) if place and step.own else None
    return Frame(
        function=step.function,
        location=place_of(place),
        via=VIA_NAMES[step.via],
        own=step.own,
        source=source,
        common=common,
    )


def place_of(location: Location | None) -> Place | None:
    """A location in the form of reports."""
    return Place(file=location.file, line=location.line, column=location.column) if location else None


def turns(path: Sequence[Part], spans: Spans, hops: Sequence[Hop]) -> Iterator[Turn]:
    """Where the path becomes worse than it was, root first; of a hot path, what keeps a growing container hot."""
    worst = PathClass.HOT
    for position, part in enumerate(path):
        reason = ground(part)
        if part.path_class <= worst and reason is not Ground.FRESH:
            continue
        worst = max(worst, part.path_class)
        frame = min(spans.inner(position, _turning(part, reason)), len(hops))
        name = _name(hops, frame) if frame < len(hops) else _callee(part)
        yield Turn(frame=frame, class_=CLASS_NAMES[part.path_class], why=_why(reason, name))


def _turning(part: Part, reason: Ground) -> int:
    match reason:
        case Ground.GROWTH | Ground.FRESH:
            lazy = lazy_frame(part, PathClass.AMORTIZED)
        case Ground.FIRST_USE:
            lazy = lazy_frame(part, PathClass.FIRST_USE)
        case _:
            lazy = None
    return turning_frame(part) if lazy is None else lazy


def _name(hops: Sequence[Hop], frame: int) -> str:
    return f"`{short_name(hops[frame].function.name_of(hops[frame].frame))}`"


def _callee(part: Part) -> str:
    return f"`{short_name(part.callee.name)}`" if part.callee else "what is called"


def _why(reason: Ground, name: str) -> str:
    match reason:
        case Ground.FRESH:
            return f"{name} grows a container that is made, or taken, in this very call: it grows every time"
        case Ground.GROWTH:
            return f"{name} grows a container that lives on; one growth serves many calls"
        case Ground.FIRST_USE:
            return f"{name} makes something on first use, once"
        case Ground.ONCE:
            return f"this stands outside of the loop of events of {name}, and runs once"
        case Ground.UNLIKELY:
            return f"{name} leads on from here on an unlikely way: a `cold` function or branch weights say so"
        case Ground.PANIC:
            return f"{name} leads on from here only when it panics or aborts"
        case Ground.HOT:
            return f"{name} leads on every time"


def conditions(path: Sequence[Part], spans: Spans, hops: Sequence[Hop]) -> Iterator[Condition]:
    """Where the path is not taken every time, and the loops that it stands in."""
    is_certain = True
    for position, part in enumerate(path):
        if is_certain and not part.certain:
            is_certain = False
            frame = spans.inner(position, 0 if part.site.always else turning_frame(part, conditional=True))
            why = "the call may go elsewhere" if part.site.always else "does not come here every time"
            yield Condition(
                frame=frame, why=f"{_name(hops, frame)}: {why}" if part.site.always else f"{_name(hops, frame)} {why}"
            )
        if part.site.loop_depth:
            frame = spans.inner(position, turning_frame(part, conditional=False))
            yield Condition(frame=frame, why="in a loop", loop_depth=part.site.loop_depth)

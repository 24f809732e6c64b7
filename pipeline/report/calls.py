"""A call path for people: every frame with its place, how it was entered, and the dull middle folded."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from ringfence.graphs.names import crate_of, without_generics
from ringfence.pipeline.report.model import Step
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.terminal import QUIET, styled, unbroken

ARROW = "-> "

_FOLDED_FROM = 8
"""Paths with at most as many frames are shown whole."""
_LAST = 2
_MOST_OWN = 12
"""Frames that must stay, before their middle is folded as well."""
_LONGEST_NAME = 88
_MARKS = {"inline": "[inlined]", "virtual": "[virtual]", "pointer": "[pointer]", "drop": "[drop]"}


def path_lines(path: Sequence[Step], width: int) -> list[Text]:
    """The path on one line where it fits into ``width``, else a frame a line; an arrow leads to all but the first."""
    frames = list(_frames(_without_echo(path)))
    joined = Text(f" {ARROW}").join(frames)
    return [joined] if joined.cell_len <= width else frames


def _without_echo(path: Sequence[Step]) -> Sequence[Step]:
    """An operation, such as taking a lock, may be named after a function that the path already shows."""
    names = [without_generics(step.function) for step in path]
    return path[:-1] if path and path[-1].file is None and names[-1] in names[:-1] else path


def _frames(path: Sequence[Step]) -> Iterator[Text]:
    kept = kept_frames(path)
    position = 0
    while position < len(path):
        if position in kept:
            yield _frame(path[position])
            position += 1
            continue
        end = next((after for after in range(position, len(path)) if after in kept), len(path))
        yield styled((_folded(path[position:end]), QUIET))
        position = end


def kept_frames(path: Sequence[Step]) -> frozenset[int]:
    """Positions of the frames to show: the root, the user's own frames and what they call, where dispatch or a drop
    enters, and the last two. A gap of one frame is not worth a fold."""
    if len(path) <= _FOLDED_FROM:
        return frozenset(range(len(path)))
    last = len(path) - _LAST
    matters = [
        position
        for position, step in enumerate(path)
        if position == 0 or position >= last or step.own or path[position - 1].own or step.via not in ("call", "inline")
    ]
    if len(matters) > _MOST_OWN:
        matters = matters[: _MOST_OWN // 2] + matters[-_MOST_OWN // 2 :]
    kept = set(matters)
    kept |= {position for position in range(1, len(path)) if position - 1 in kept and position + 1 in kept}
    return frozenset(kept)


def _frame(step: Step) -> Text:
    name = unbroken(shorten(step.function, _LONGEST_NAME))
    mark = f" {_MARKS[step.via]}" if step.via in _MARKS else ""
    place = f" ({unbroken(f'{step.file}:{step.line}')})" if step.file else ""
    return styled(
        (name, "bold" if step.own else ""), (mark, "magenta" if step.via != "inline" else QUIET), (place, QUIET)
    )


def _folded(steps: Sequence[Step]) -> str:
    crates = sorted({crate_of(step.function) for step in steps} - {""})
    where = f" in {', '.join(crates)}" if crates else ""
    return f"… {len(steps)} frames{where}"

"""A call path for people: every frame with its place, how it was entered, and the dull middle folded."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from ringfence.graphs.names import crate_of, without_generics
from ringfence.pipeline.report.model import Step
from ringfence.pipeline.report.names import is_standard, shorten
from ringfence.pipeline.report.terminal import QUIET, UNBREAKABLE, styled, unbroken, wrapped

_ARROW = f"->{UNBREAKABLE}"
OUTDENT = len(_ARROW)
_CONTINUED = 2

_FOLDED_FROM = 8
"""Paths with at most as many frames are shown whole."""
_MOST_KEPT = 12
"""Frames that matter, before their middle is folded as well."""
_LONGEST_NAME = 88
_MARKS = {
    "inline": "[inlined]",
    "virtual": "[virtual]",
    "pointer": "[pointer]",
    "drop": "[drop]",
    "native": "[native]",
    "thread": "[on another thread, waited for]",
}


def path_lines(path: Sequence[Step], width: int) -> list[Text]:
    """The path on one line where it fits into ``width``, else a frame a line; all lines but the first stand `OUTDENT`
    columns further left, for their arrow."""
    first, *others = _frames(_without_echo(path))
    joined = Text(f" {_ARROW}").join([first, *others])
    if joined.cell_len <= width:
        return [joined]
    lines = wrapped(first, width, OUTDENT + _CONTINUED)
    for frame in others:
        lines += wrapped(styled((_ARROW, QUIET)) + frame, width + OUTDENT, OUTDENT + _CONTINUED)
    return lines


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
    enters, where the standard library is entered last, and the last two. A gap of one frame is not worth a fold."""
    if len(path) <= _FOLDED_FROM:
        return frozenset(range(len(path)))
    matters = {0, 1, len(path) - 2, len(path) - 1, *_last_entry(path)}
    matters |= {position for position, step in enumerate(path) if step.own or step.via not in ("call", "inline")}
    matters |= {position for position in range(1, len(path)) if path[position - 1].own}
    kept = sorted(matters)
    if len(kept) > _MOST_KEPT:
        kept = kept[: _MOST_KEPT // 2] + kept[-_MOST_KEPT // 2 :]
    return frozenset(kept) | {position + 1 for position in kept if position + 2 in kept}


def _last_entry(path: Sequence[Step]) -> tuple[int, ...]:
    """The deepest frame outside of the standard library, and what it calls there."""
    inside = [is_standard(step.function, step.file) for step in path]
    entries = (position for position in range(len(path) - 1, 0, -1) if inside[position] and not inside[position - 1])
    entry = next(entries, None)
    return () if entry is None else (entry - 1, entry)


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

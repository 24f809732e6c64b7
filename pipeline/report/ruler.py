"""Where the fields of a layout lie on rows of one cache line's length: what the terminal and the SVG draw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.pipeline.report.model import Layout, LayoutField

ROW = 64
"""Bytes of a row: a cache line, or half of one of 128 bytes."""

Track = list[tuple[int, LayoutField]]
"""Fields that do not overlap, each with its position in the layout."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its tracks, or a run of rows like the one before that are left out."""

    number: int
    tracks: tuple[Track, ...]
    left_out: int = 0
    """Rows that this one stands for without being drawn."""


def rows_of(layout: Layout) -> Iterator[Row]:
    """Each row; of a run that one field fills, the first, then the number of the others, then the last."""
    tracks = _tracks(layout.fields)
    total = -(-layout.size // ROW)
    number = 0
    while number < total:
        yield Row(number, _on_row(tracks, number))
        filled = number + 1
        while filled < total - 1 and _is_inside_one(layout.fields, filled):
            filled += 1
        if filled - number > 2:
            yield Row(number + 1, (), filled - number - 1)
            number = filled
        else:
            number += 1


def end_of(field: LayoutField) -> int:
    """The first byte behind a field."""
    return field.offset + field.size


_IN_LOOP = 4
"""How much more an instruction in a loop counts."""


def touches(field: LayoutField) -> int:
    """Instructions of the hot path that touch a field; those in loops count more."""
    return sum((each.reads + each.writes) * (_IN_LOOP if each.in_loop else 1) for each in field.accesses)


def heat(field: LayoutField, hottest: int, steps: int) -> int:
    """0 for a field that nothing touches, ``steps`` for the most touched one of the type."""
    return -(-touches(field) * steps // hottest) if hottest else 0


def label_of(layout: Layout, row: int) -> str:
    """``line 3``; of the second half of a long line ``+64``."""
    line, part = divmod(row, layout.line_size // ROW)
    return f"+{part * ROW}" if part else f"line {line}"


def _is_inside_one(fields: Sequence[LayoutField], row: int) -> bool:
    """The whole row, and those on both its sides, belong to one field."""
    first, last = row * ROW, (row + 1) * ROW
    on_row = [each for each in fields if each.offset < last and end_of(each) > first]
    return len(on_row) == 1 and on_row[0].offset < first and end_of(on_row[0]) > last


def _tracks(fields: Sequence[LayoutField]) -> list[Track]:
    """So that no field overlaps another in its track; fields without bytes are left out."""
    tracks: list[Track] = []
    ordered = sorted((each.offset, -each.size, position) for position, each in enumerate(fields) if each.size)
    for _, _, position in ordered:
        field = fields[position]
        free = next((track for track in tracks if end_of(track[-1][1]) <= field.offset), None)
        if free is None:
            tracks.append([(position, field)])
        else:
            free.append((position, field))
    return tracks


def _on_row(tracks: Sequence[Track], row: int) -> tuple[Track, ...]:
    first, last = row * ROW, (row + 1) * ROW
    kept = [
        [(position, field) for position, field in track if field.offset < last and end_of(field) > first]
        for track in tracks
    ]
    return tuple(track for track in kept if track) or ([],)

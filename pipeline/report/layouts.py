"""Struct layouts on a ruler: a row for each cache line, a column for each byte.

A field is a block ``[name====]``; one that goes on to the next line ends with ``>`` and begins there with ``<``.
Padding is hatched. A line of more than 64 bytes has several rows.
Fields that lie on each other, as those of an enum's variants do, get rows of their own.
"""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells
from rich.text import Text

from ringfence.pipeline.report.model import Layout, LayoutField
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.terminal import QUIET, STRONG, Page, safe, styled, unbroken

LINE = 64
"""Columns of the ruler, one a byte: a cache line, or a part of a longer one."""

_PADDING = "░"
_LONGEST_TYPE = 48
_BLOCK_STYLES = ("black on cyan", "black on green", "black on yellow", "black on blue", "black on magenta")
_STRADDLE_STYLE = "bold white on red"
_TICK = 8
_GAP = "  "


_MOST_DRAWN = 200


def most_telling(layouts: Sequence[Layout]) -> tuple[Layout, ...]:
    """As many as a person may read, in their order: those with fields across lines, then those with most padding."""
    ranked = sorted(enumerate(layouts), key=lambda each: (not each[1].straddles, -each[1].padding, each[0]))
    return tuple(layout for _, layout in sorted(ranked[:_MOST_DRAWN], key=lambda each: each[0]))


def add_layout(page: Page, layout: Layout) -> None:
    """Heading, ruler and table of one type."""
    _add_heading(page, layout)
    if layout.size:
        _add_ruler(page, layout)
    if layout.fields:
        _add_table(page, layout)
    _add_variants(page, layout)
    _add_holders(page, layout)
    page.blank()


def _add_heading(page: Page, layout: Layout) -> None:
    lines = -(-layout.size // layout.line_size)
    tail = f" ({layout.tail_padding:,} at the end)" if layout.tail_padding else ""
    line = "cache line" if layout.line_size == LINE else f"{layout.line_size}-byte line"
    facts = (
        f"size {layout.size:,}, align {layout.align}, padding {layout.padding:,}{tail}, {lines} {line}{_plural(lines)}"
    )
    page.add(styled((safe(layout.type_), STRONG)))
    if layout.described_in:
        page.add_wrapped(styled(_GAP, (f"as {', '.join(map(safe, layout.described_in))} has it", QUIET)), len(_GAP))
    if layout.location:
        page.add(styled((f"{_GAP}--> {safe(layout.location.file)}:{layout.location.line}", QUIET)))
    page.add(styled(f"{_GAP}{facts}"))
    if layout.straddles:
        names = ", ".join(unbroken(name) for name in layout.straddles)
        verb = "crosses" if len(layout.straddles) == 1 else "cross"
        page.add_wrapped(styled(_GAP, (f"{names} {verb} a cache line", "bold red")), len(_GAP))
    _add_placements(page, layout)
    page.blank()


def _add_placements(page: Page, layout: Layout) -> None:
    """What depends on where a value begins; nothing where it begins on a line or where nothing crosses."""
    found = [each for each in layout.fields if each.crossing]
    if layout.placements == 1 or not found:
        return
    parts = (f"{unbroken(each.name)} {_share(each.crossing, layout.placements)}" for each in found)
    what = f"begins at one of {layout.placements} places of a line; crosses one: {', '.join(parts)}"
    page.add_wrapped(styled(_GAP, (what, QUIET)), len(_GAP))


def _share(number: int, placements: int) -> str:
    return "always" if number == placements else f"at {number} of {placements}"


def _plural(number: int) -> str:
    return "" if number == 1 else "s"


def _add_ruler(page: Page, layout: Layout) -> None:
    rows_a_line = layout.line_size // LINE
    label_width = len(f"line {-(-layout.size // layout.line_size) - 1}")
    ticks = "".join(f"{byte:<{_TICK}}" for byte in range(0, LINE, _TICK)).rstrip()
    page.add(styled((f"{_GAP}{'':{label_width}}{_GAP}{ticks}", QUIET)))
    for number, rows in folded_lines(layout):
        if not rows:
            unit = "lines" if rows_a_line == 1 else "rows"
            page.add(styled(f"{_GAP}{'':{label_width}}{_GAP}", (f"… {number} {unit} like this", QUIET)))
        for position, row in enumerate(rows):
            line, part = divmod(number, rows_a_line)
            label = f"+{part * LINE}" if part else f"line {line}"
            label = label if not position else ""
            page.add(styled((f"{_GAP}{label:>{label_width}}{_GAP}", QUIET)) + row)
    page.blank()


def folded_lines(layout: Layout) -> Iterator[tuple[int, list[Text]]]:
    """Each cache line with its rows; of a run of lines that one field fills, the first, then the number of the others
    with no rows, then the last."""
    tracks = _tracks(layout.fields)
    straddles = frozenset(layout.straddles)
    total = -(-layout.size // LINE)
    number = 0
    while number < total:
        yield number, [_row(track, number, layout.size, straddles) for track in _on_line(tracks, number)]
        filled = number + 1
        while filled < total - 1 and _is_inside_one(layout.fields, filled):
            filled += 1
        if filled - number > 2:
            yield filled - number - 1, []
            number = filled
        else:
            number += 1


def _is_inside_one(fields: Sequence[LayoutField], line: int) -> bool:
    """The whole line, and those on both its sides, belong to one field."""
    first, last = line * LINE, (line + 1) * LINE
    on_line = [each for each in fields if each.offset < last and each.offset + each.size > first]
    return len(on_line) == 1 and on_line[0].offset < first and on_line[0].offset + on_line[0].size > last


_Track = list[tuple[int, LayoutField]]


def _tracks(fields: Sequence[LayoutField]) -> list[_Track]:
    """Fields with their position, so that none overlaps another in its track; fields without bytes are left out."""
    tracks: list[_Track] = []
    ordered = sorted((each.offset, -each.size, position) for position, each in enumerate(fields) if each.size)
    for _, _, position in ordered:
        field = fields[position]
        free = next((track for track in tracks if _end(track[-1][1]) <= field.offset), None)
        if free is None:
            tracks.append([(position, field)])
        else:
            free.append((position, field))
    return tracks


def _end(field: LayoutField) -> int:
    return field.offset + field.size


def _on_line(tracks: list[_Track], line: int) -> list[_Track]:
    first, last = line * LINE, (line + 1) * LINE
    kept = [
        [(position, field) for position, field in track if field.offset < last and _end(field) > first]
        for track in tracks
    ]
    return [track for track in kept if track] or [[]]


def _row(track: _Track, line: int, size: int, straddles: frozenset[str]) -> Text:
    """One track of one line: blocks, and hatching between them up to the end of the type."""
    row = Text()
    position, end = line * LINE, min((line + 1) * LINE, size)
    for number, field in track:
        start, stop = max(field.offset, position), min(_end(field), end)
        row.append(_PADDING * (start - position), style=QUIET)
        style = _STRADDLE_STYLE if field.name in straddles else _BLOCK_STYLES[number % len(_BLOCK_STYLES)]
        row.append(block(field, start, stop), style=style)
        position = stop
    row.append(_PADDING * (end - position), style=QUIET)
    return row


def block(field: LayoutField, start: int, stop: int) -> str:
    """Bytes ``start`` to ``stop`` of a field as that many columns: ``[name==]``, ``<`` and ``>`` where it goes on."""
    width = stop - start
    opening = "[" if start == field.offset else "<"
    closing = "]" if stop == _end(field) else ">"
    if width == 1:
        return opening if closing == ">" else "|"
    room = width - 2
    label = _fitting(safe(field.name), room)
    return f"{opening}{label}{'=' * (room - cell_len(label))}{closing}"


def _fitting(name: str, room: int) -> str:
    """The name, or without its variant, or its beginning: whatever fits."""
    if cell_len(name) <= room:
        return name
    plain = name.rsplit("::", 1)[-1]
    return chop_cells(plain, room)[0] if room > 1 else plain[: room if plain.isascii() else 0]


def _add_table(page: Page, layout: Layout) -> None:
    """Name, type, offset, size, lines; ``!`` marks what straddles. The type comes last: it is the longest."""
    names = [safe(field.name) for field in layout.fields]
    width = max(map(cell_len, ("field", *names)))
    touched = any(field.touched_by for field in layout.fields)
    heading = f"{_GAP}{'field':{width}}  {'offset':>8}  {'size':>8}  {'lines':>7}  type"
    page.add(styled((heading + ("  (touched by)" if touched else ""), STRONG)))
    for name, field in zip(names, layout.fields, strict=True):
        first, last = field.lines
        lines = f"{first}" if first == last else f"{first}-{last}"
        mark = "!" if field.name in layout.straddles else " "
        numbers = f"  {field.offset:>8,}  {field.size:>8,}  {lines:>6}"
        padded = name + " " * (width - cell_len(name))
        by = f"  ({', '.join(shorten(each) for each in field.touched_by)})" if field.touched_by else ""
        kind = unbroken(shorten(field.type_, _LONGEST_TYPE))
        page.add(styled(f"{_GAP}{padded}{numbers}", (mark, "bold red"), f"  {kind}", (by, QUIET)))


def _add_variants(page: Page, layout: Layout) -> None:
    """Bytes of each variant of an enum with data; of a state machine what each suspend point keeps alive."""
    if not any(each.fields for each in layout.variants):
        return
    is_machine = layout.kind == "async"
    page.blank()
    page.add(styled((f"{_GAP}{'state' if is_machine else 'variant'}: bytes of its own", STRONG)))
    for variant in layout.variants:
        names = ", ".join(map(unbroken, variant.fields)) or "nothing"
        waits = is_machine and variant.name.startswith("Suspend")
        kept = f" are kept across the `await` in line {variant.line}: {names}" if waits else ""
        value = "" if is_machine or variant.value is None else f" (= {variant.value})"
        text = f"{unbroken(variant.name)}{value}: {variant.bytes_:,}{' bytes' if kept else ''}{kept}"
        page.add_wrapped(styled(_GAP, text), 2 * len(_GAP))


_HOLDERS_SHOWN = 8


def _add_holders(page: Page, layout: Layout) -> None:
    """Where values of the type lie, and what crosses a line there."""
    if not layout.holders:
        return
    page.blank()
    page.add(styled((f"{_GAP}lies in", STRONG)))
    for holder in layout.holders[:_HOLDERS_SHOWN]:
        stride = f", every {holder.stride:,}" if holder.stride else ""
        parts = (f"{unbroken(name)} {_share(number, holder.placements)}" for name, number in holder.crossing)
        crossed = f"crosses a line: {', '.join(parts)}" if holder.crossing else "nothing crosses a line"
        name = unbroken(shorten(holder.holder, _LONGEST_TYPE))
        text = f"{name} (offset {holder.offset:,}{stride}): {crossed}"
        page.add_wrapped(styled(_GAP, text), 2 * len(_GAP))
    left = len(layout.holders) - _HOLDERS_SHOWN
    if left > 0:
        page.add(styled((f"{_GAP}… and {left:,} more (`--format json` has them)", QUIET)))

"""A layout as an SVG: a row for each cache line, fields as blocks, padding hatched, heat by how often the hot path
touches a field. Colours come from the page's style sheet (`ringfence.pipeline.report.html`), for light and dark.
"""

from collections.abc import Iterator
from html import escape

from ringfence.pipeline.report.model import Layout, LayoutField
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.ruler import ROW, Row, Track, end_of, heat, label_of, rows_of, touches

_BYTE = 11
_HEIGHT = 24
_GAP = 4
_LABELS = 64
_TICKS = 18
_TICK = 8
_LETTER = 6.4
"""Width of a letter of the labels, in pixels, about."""
_HEATS = 4
"""Steps of heat above none."""
_LONGEST_TYPE = 60


def layout_svg(layout: Layout) -> str:
    """The drawing; empty for a type without bytes."""
    rows = list(rows_of(layout))
    if not rows:
        return ""
    hottest = max(map(touches, layout.fields), default=0)
    straddles = frozenset(layout.straddles)
    body: list[str] = [*_ticks()]
    top = _TICKS
    for row in rows:
        if row.left_out:
            body.append(_text(_LABELS, top + _HEIGHT * 0.7, f"… {row.left_out} more like this", "quiet"))
            top += _HEIGHT + _GAP
        for position, track in enumerate(row.tracks):
            if not position:
                label = label_of(layout, row.number)
                body.append(_text(_LABELS - 8, top + _HEIGHT * 0.7, label, "quiet", anchor="end"))
            body += _track(track, row, top, layout.size, hottest, straddles)
            top += _HEIGHT + _GAP
    width = _LABELS + ROW * _BYTE + 2
    title = escape(f"cache lines of {layout.type_}")
    return (
        f'<svg class="layout" viewBox="0 0 {width} {top}" width="{width}" height="{top}" role="img" '
        f'aria-label="{title}"><title>{title}</title>{"".join(body)}</svg>'
    )


def _ticks() -> Iterator[str]:
    for byte in range(0, ROW, _TICK):
        yield _text(_LABELS + byte * _BYTE, _TICKS - 6, str(byte), "quiet")


def _track(track: Track, row: Row, top: float, size: int, hottest: int, straddles: frozenset[str]) -> Iterator[str]:
    position, end = row.number * ROW, min((row.number + 1) * ROW, size)
    for _, field in track:
        start, stop = max(field.offset, position), min(end_of(field), end)
        if start > position:
            yield _rectangle(position, start, row.number, top, "padding", f"padding, {start - position} bytes")
        yield from _block(field, start, stop, row.number, top, hottest, is_straddling=field.name in straddles)
        position = stop
    if position < end:
        yield _rectangle(position, end, row.number, top, "padding", f"padding, {end - position} bytes")


def _block(
    field: LayoutField, start: int, stop: int, row: int, top: float, hottest: int, *, is_straddling: bool
) -> Iterator[str]:
    kind = f"field heat{heat(field, hottest, _HEATS)}{' straddle' if is_straddling else ''}"
    yield _rectangle(start, stop, row, top, kind, _told(field))
    room = int(((stop - start) * _BYTE - 8) / _LETTER)
    name = field.name if len(field.name) <= room else field.name.rsplit(".", 1)[-1]
    if room > 1:
        shown = name if len(name) <= room else f"{name[: room - 1]}…"
        yield _text(_LABELS + (start - row * ROW) * _BYTE + 5, top + _HEIGHT * 0.68, shown, "name")


def _told(field: LayoutField) -> str:
    """What a pointer over the block shows."""
    lines = [f"{field.name}: {shorten(field.type_, _LONGEST_TYPE)}", f"offset {field.offset:,}, {field.size:,} bytes"]
    for each in field.accesses:
        words = [f"{each.reads} reads", f"{each.writes} writes", *(["atomic"] if each.atomic else [])]
        words += ["in a loop"] if each.in_loop else []
        lines.append(f"{shorten(each.root)}: {', '.join(words)}")
    return "\n".join(lines)


def _rectangle(start: int, stop: int, row: int, top: float, kind: str, told: str) -> str:
    left = _LABELS + (start - row * ROW) * _BYTE
    return (
        f'<rect class="{kind}" x="{left + 0.5}" y="{top + 0.5}" width="{(stop - start) * _BYTE - 1}" '
        f'height="{_HEIGHT - 1}" rx="2"><title>{escape(told)}</title></rect>'
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'

"""Struct layouts on a ruler: a row for each cache line, a column for each byte.

A field is a block ``[name====]``; one that goes on to the next line ends with ``>`` and begins there with ``<``.
Padding is hatched. A line of more than 64 bytes has several rows.
Fields that lie on each other, as those of an enum's variants do, get rows of their own.
"""

from collections.abc import Sequence

from rich.cells import cell_len, chop_cells
from rich.text import Text

from ringfence.pipeline.report.model import AtomicField, FieldAccess, Layout, LayoutField
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.ruler import ROW, Track, end_of, heat, label_of, rows_of, touches
from ringfence.pipeline.report.sentences import isolation_sentence, split_sentence
from ringfence.pipeline.report.terminal import QUIET, STRONG, Page, safe, styled, unbroken

_PADDING = "░"
_LONGEST_TYPE = 48
_BLOCK_STYLES = ("black on cyan", "black on green", "black on yellow", "black on blue", "black on magenta")
_HEAT_STYLES = ("black on white", "black on cyan", "black on green", "black on yellow", "black on magenta")
"""From what no root touches to what they touch most; red is for what crosses a line."""
_HEATS = ("none", "few", "some", "many", "most")
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
    line = "cache line" if layout.line_size == ROW else f"{layout.line_size}-byte line"
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
    for atomic in layout.atomics:
        page.add_wrapped(styled(_GAP) + _isolation(atomic), len(_GAP))
    if layout.split is not None:
        page.add_wrapped(styled(_GAP, (split_sentence(layout.split), "yellow")), len(_GAP))
    _add_placements(page, layout)
    page.blank()


def _isolation(atomic: AtomicField) -> Text:
    mark, style = ("✓", "green") if atomic.holds else ("✗", "red")
    name = unbroken(safe(atomic.field))
    return styled((f"{mark} ", style), f"atomic `{name}` {isolation_sentence(atomic)}")


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
    label_width = len(f"line {-(-layout.size // layout.line_size) - 1}")
    ticks = "".join(f"{byte:<{_TICK}}" for byte in range(0, ROW, _TICK)).rstrip()
    page.add(styled((f"{_GAP}{'':{label_width}}{_GAP}{ticks}", QUIET)))
    straddles = frozenset(layout.straddles)
    hottest = max(map(touches, layout.fields), default=0)
    for row in rows_of(layout):
        if row.left_out:
            unit = "lines" if layout.line_size == ROW else "rows"
            page.add(styled(f"{_GAP}{'':{label_width}}{_GAP}", (f"… {row.left_out} {unit} like this", QUIET)))
        for position, track in enumerate(row.tracks):
            label = label_of(layout, row.number) if not position else ""
            drawn = _row(track, row.number, layout.size, straddles, hottest)
            page.add(styled((f"{_GAP}{label:>{label_width}}{_GAP}", QUIET)) + drawn)
    if hottest and page.is_coloured:
        legend = styled((f"{_GAP}{'':{label_width}}{_GAP}touched by", QUIET))
        for name, style in zip(_HEATS, _HEAT_STYLES, strict=True):
            legend.append(" ").append(f" {name} ", style=style)
        page.add(legend.append(" instructions", style=QUIET))
    page.blank()


def _row(track: Track, line: int, size: int, straddles: frozenset[str], hottest: int) -> Text:
    """One track of one line: blocks, and hatching between them up to the end of the type."""
    row = Text()
    position, end = line * ROW, min((line + 1) * ROW, size)
    for number, field in track:
        start, stop = max(field.offset, position), min(end_of(field), end)
        row.append(_PADDING * (start - position), style=QUIET)
        style = _STRADDLE_STYLE if field.name in straddles else _style(field, number, hottest)
        row.append(block(field, start, stop), style=style)
        position = stop
    row.append(_PADDING * (end - position), style=QUIET)
    return row


def _style(field: LayoutField, number: int, hottest: int) -> str:
    """By heat where roots touch the type; else one colour beside another."""
    if not hottest:
        return _BLOCK_STYLES[number % len(_BLOCK_STYLES)]
    return _HEAT_STYLES[heat(field, hottest, len(_HEAT_STYLES) - 1)]


def block(field: LayoutField, start: int, stop: int) -> str:
    """Bytes ``start`` to ``stop`` of a field as that many columns: ``[name==]``, ``<`` and ``>`` where it goes on."""
    width = stop - start
    opening = "[" if start == field.offset else "<"
    closing = "]" if stop == end_of(field) else ">"
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
    """Name, offset, size, lines, type; ``!`` marks what straddles. Below each field the roots that touch it."""
    names = [safe(field.name) for field in layout.fields]
    width = max(map(cell_len, ("field", *names)))
    page.add(styled((f"{_GAP}{'field':{width}}  {'offset':>8}  {'size':>8}  {'lines':>7}  type", STRONG)))
    for name, field in zip(names, layout.fields, strict=True):
        first, last = field.lines
        lines = f"{first}" if first == last else f"{first}-{last}"
        mark = "!" if field.name in layout.straddles else " "
        numbers = f"  {field.offset:>8,}  {field.size:>8,}  {lines:>6}"
        padded = name + " " * (width - cell_len(name))
        kind = unbroken(shorten(field.type_, _LONGEST_TYPE))
        page.add(styled(f"{_GAP}{padded}{numbers}", (mark, "bold red"), f"  {kind}"))
        for access in field.accesses:
            page.add(styled((f"{_GAP}{_GAP}{_use(access)}  {shorten(access.root)}", QUIET)))


def _use(access: FieldAccess) -> str:
    """``3 reads, 1 write, atomic, in a loop``, counted in instructions."""
    counts = [_counted(access.reads, "read"), _counted(access.writes, "write")]
    words = ["atomic"] if access.atomic else []
    words += ["in a loop"] if access.in_loop else []
    return ", ".join([*filter(None, counts), *words])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{_plural(number)}" if number else ""


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

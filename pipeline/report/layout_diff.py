"""Two builds' types for a person: those that changed, what of them, and how many did not."""

from rich.console import Console
from rich.text import Text

from ringfence.pipeline.report.layout_diff_model import Extent, FieldChange, FieldPlace, LayoutChange, LayoutDiff
from ringfence.pipeline.report.terminal import QUIET, STRONG, Page, safe, styled, unbroken

_GAP = "  "


def render_layout_diff(diff: LayoutDiff, console: Console) -> None:
    """A block for each changed type, then a line of counts."""
    page = Page(console)
    for change in diff.changes:
        _add_change(page, change)
    counts = f"{len(diff.changes):,} changed, {diff.unchanged:,} as they were, {diff.compared:,} in both builds"
    page.add_wrapped(styled(("types: ", STRONG), counts), len(_GAP))
    page.add_wrapped(styled((f"from {safe(diff.before)} to {safe(diff.after)}", QUIET)), len(_GAP))
    page.print()


def _add_change(page: Page, change: LayoutChange) -> None:
    kinds = ", ".join(change.kinds)
    page.add(styled((safe(change.type_), STRONG)))
    page.add_wrapped(styled(f"{_GAP}{kinds}: {_extents(change.before, change.after)}"), 2 * len(_GAP))
    for field in change.fields:
        page.add_wrapped(_field_line(field), 2 * len(_GAP))
    page.blank()


def _field_line(field: FieldChange) -> Text:
    old, new = _place(field.before), _place(field.after)
    came_to_cross = field.after is not None and field.after.straddles and not (field.before and field.before.straddles)
    mark = ("  now crosses a cache line", "bold red") if came_to_cross else ""
    text = f"came: {new}" if field.before is None else f"went: {old}" if field.after is None else f"{old} -> {new}"
    return styled(f"{_GAP}{_GAP}{unbroken(field.name)}  {text}", mark)


def _place(place: FieldPlace | None) -> str:
    if place is None:
        return ""
    first, last = place.lines
    line = f"line {first}" if first == last else f"lines {first}-{last}"
    return f"offset {place.offset:,}, size {place.size:,}, {line}"


def _extents(before: Extent | None, after: Extent | None) -> str:
    only = before or after
    if only is None:
        return ""
    if before is None or after is None:
        return f"size {only.size:,}, align {only.align}, padding {only.padding:,}"
    parts = (("size", before.size, after.size), ("align", before.align, after.align))
    numbers = (*parts, ("padding", before.padding, after.padding))
    return ", ".join(f"{name} {old:,}" if old == new else f"{name} {old:,} -> {new:,}" for name, old, new in numbers)

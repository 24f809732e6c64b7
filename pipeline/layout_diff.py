"""``ringfence layout --diff A B``: what became of the types between two builds.

Each side is a JSON report of ``ringfence layout --format json``, or IR in any form that ``--ir`` takes. A type is known
by its name; of several that share one, the smallest is compared with the smallest, and so on.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ringfence.graphs.names import Pattern
from ringfence.pipeline.audit import AuditRequest
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.layouts import run_layout
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.report.compose import this_tool
from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.layout_diff_model import (
    Extent,
    FieldChange,
    FieldPlace,
    LayoutChange,
    LayoutChangeKind,
    LayoutDiff,
)
from ringfence.pipeline.report.model import Layout, LayoutField

_HOW_TO_MAKE = "make one with `ringfence layout --format json`, or name IR"


def run_layout_diff(
    request: AuditRequest,
    patterns: tuple[str, ...],
    sides: tuple[Path, Path],
    progress: Progress,
    line_bytes: int,
) -> LayoutDiff:
    """Compare the types that the patterns name, all without one. Raises `UsageError` for a side that is neither a
    report of layouts nor IR, and where the sides have lines of different sizes."""
    before, after = (_layouts(request, patterns, side, progress, line_bytes) for side in sides)
    sizes = {each.line_size for each in (*before, *after)}
    if len(sizes) > 1:
        message = (
            f"{sides[0]} and {sides[1]} count cache lines of different sizes "
            f"({' and '.join(map(str, sorted(sizes)))} bytes): make both with the same --line-size"
        )
        raise UsageError(message)
    return compare(before, after, (str(sides[0]), str(sides[1])), next(iter(sizes), line_bytes))


def compare(before: Sequence[Layout], after: Sequence[Layout], names: tuple[str, str], line_bytes: int) -> LayoutDiff:
    """Every type that is not the same on both sides; ``names`` are what the sides are called."""
    old, new = dict(_named(before)), dict(_named(after))
    pairs = [(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]
    changes = [change for key, one, other in pairs if (change := _change(key[0], one, other)) is not None]
    compared = sum(one is not None and other is not None for _, one, other in pairs)
    return LayoutDiff(
        tool=this_tool(),
        before=names[0],
        after=names[1],
        line_size=line_bytes,
        compared=compared,
        unchanged=len(pairs) - len(changes),
        changes=tuple(changes),
    )


def _layouts(
    request: AuditRequest, patterns: tuple[str, ...], side: Path, progress: Progress, line_bytes: int
) -> tuple[Layout, ...]:
    if side.suffix != ".json":
        of_side = AuditRequest(
            selection=request.selection,
            ir=(side,),
            config=request.config,
            layout_all=request.layout_all,
            use_cache=request.use_cache,
            workers=request.workers,
        )
        return run_layout(of_side, patterns, progress, line_bytes).layouts
    try:
        layouts = read(side.read_bytes()).layouts
    except OSError as error:
        message = f"cannot read {side}: {error.strerror or error}; {_HOW_TO_MAKE}"
        raise UsageError(message) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{side} is no JSON report of ringfence ({error}); {_HOW_TO_MAKE}"
        raise UsageError(message) from error
    if not layouts:
        message = f"the report {side} describes no types; {_HOW_TO_MAKE}"
        raise UsageError(message)
    return _selected(layouts, patterns, side)


def _selected(layouts: Sequence[Layout], patterns: Sequence[str], side: Path) -> tuple[Layout, ...]:
    if not patterns:
        return tuple(layouts)
    names = [each.type_ for each in layouts]
    wanted: set[str] = set()
    for pattern in patterns:
        found = Pattern(pattern).select(names)
        if not found:
            message = f"no type `{pattern}` in the report {side}: leave the pattern out to compare all types"
            raise UsageError(message)
        wanted.update(found)
    return tuple(each for each in layouts if each.type_ in wanted)


def _named(layouts: Sequence[Layout]) -> Iterator[tuple[tuple[str, int], Layout]]:
    seen: Counter[str] = Counter()
    for layout in sorted(layouts, key=lambda each: (each.type_, each.size, each.align)):
        yield (layout.type_, seen[layout.type_]), layout
        seen[layout.type_] += 1


def _change(name: str, before: Layout | None, after: Layout | None) -> LayoutChange | None:
    if before is None or after is None:
        kind = LayoutChangeKind.APPEARED if before is None else LayoutChangeKind.VANISHED
        return LayoutChange(type_=name, kinds=(kind,), before=_extent(before), after=_extent(after))
    fields = tuple(_field_changes(before, after))
    kinds = tuple(_kinds(before, after, fields))
    if not kinds:
        return None
    return LayoutChange(type_=name, kinds=kinds, before=_extent(before), after=_extent(after), fields=fields)


def _kinds(before: Layout, after: Layout, fields: Sequence[FieldChange]) -> Iterator[LayoutChangeKind]:
    if after.size != before.size:
        yield LayoutChangeKind.GREW if after.size > before.size else LayoutChangeKind.SHRANK
    if after.align != before.align:
        yield LayoutChangeKind.REALIGNED
    if after.padding != before.padding:
        yield LayoutChangeKind.PADDED if after.padding > before.padding else LayoutChangeKind.UNPADDED
    if any(_is_moved(each) for each in fields):
        yield LayoutChangeKind.MOVED
    if fields:
        yield LayoutChangeKind.REARRANGED


def _is_moved(change: FieldChange) -> bool:
    old, new = change.before, change.after
    return old is not None and new is not None and (old.lines, old.straddles) != (new.lines, new.straddles)


def _field_changes(before: Layout, after: Layout) -> Iterator[FieldChange]:
    old, new = dict(_fields(before)), dict(_fields(after))
    for name, position in sorted(old.keys() | new.keys(), key=lambda key: (_offset(old, new, key), key)):
        key = name, position
        if old.get(key) != new.get(key):
            yield FieldChange(name=name, before=old.get(key), after=new.get(key))


_Places = dict[tuple[str, int], FieldPlace]


def _offset(old: _Places, new: _Places, key: tuple[str, int]) -> int:
    return (new.get(key) or old[key]).offset


def _fields(layout: Layout) -> Iterator[tuple[tuple[str, int], FieldPlace]]:
    seen: Counter[str] = Counter()
    for field in layout.fields:
        yield (field.name, seen[field.name]), _place(field, layout)
        seen[field.name] += 1


def _place(field: LayoutField, layout: Layout) -> FieldPlace:
    straddles = field.name in layout.straddles
    return FieldPlace(offset=field.offset, size=field.size, lines=field.lines, straddles=straddles)


def _extent(layout: Layout | None) -> Extent | None:
    return Extent(size=layout.size, align=layout.align, padding=layout.padding) if layout else None

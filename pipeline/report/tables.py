"""The form ``ringfence-report/2``: paths, their frames and the functions of those are tables that findings refer to.

Thousands of findings share few frames, so that a report grows with what is reached and not with the ways that lead
there. Findings of class *panic* carry no path: `explain` shows it.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

from ringfence.pipeline.report.model import (
    Finding,
    FindingWithoutPath,
    Report,
    ReportWithoutFindings,
    Step,
    ViaName,
)

SCHEMA: Final = "ringfence-report/2"
_Row = TypeVar("_Row")
_HashableRow = TypeVar("_HashableRow", bound=Hashable)


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A step of paths: ``function`` is a place in ``functions``, ``line`` is where it leads on to the next one, ``via``
    how it was entered."""

    function: int
    file: str | None
    line: int | None
    via: ViaName
    own: bool


class TabledFinding(FindingWithoutPath, frozen=True, kw_only=True):
    """One thing that a root can do, anchored at the deepest line of the user's own code that leads to it."""

    path: int | None
    """A place in ``paths``; null where it panics only, and where nothing leads there."""


class TabledReport(ReportWithoutFindings, frozen=True, kw_only=True):
    """Everything that an audit has to say. Places in tables count from 0."""

    schema: Literal["ringfence-report/2"] = SCHEMA
    findings: tuple[TabledFinding, ...]
    """By level, class, root, rule and place."""
    functions: tuple[str, ...]
    """Full paths as Rust prints them, generic arguments kept."""
    frames: tuple[Frame, ...]
    paths: tuple[tuple[int, ...], ...]
    """From the root to the sink: places in ``frames``."""


class _Table(Generic[_HashableRow]):
    """Rows without repetition, in the order in which they first came."""

    def __init__(self) -> None:
        self._places: dict[_HashableRow, int] = {}

    def place(self, row: _HashableRow) -> int:
        """Where the row stands; it is added where it is new."""
        return self._places.setdefault(row, len(self._places))

    def rows(self) -> tuple[_HashableRow, ...]:
        """All rows."""
        return tuple(self._places)


def tabled(report: Report) -> TabledReport:
    """The report in the form that is written."""
    functions, frames, paths = _Table[str](), _Table[Frame](), _Table[tuple[int, ...]]()

    def frame(step: Step) -> int:
        function = functions.place(step.function)
        return frames.place(Frame(function=function, file=step.file, line=step.line, via=step.via, own=step.own))

    def path(finding: Finding) -> int | None:
        if not finding.path or finding.class_ == "panic":
            return None
        return paths.place(tuple(map(frame, finding.path)))

    findings = tuple(TabledFinding(**_fields(each, FindingWithoutPath), path=path(each)) for each in report.findings)
    return TabledReport(
        **_fields(report, ReportWithoutFindings),
        findings=findings,
        functions=functions.rows(),
        frames=frames.rows(),
        paths=paths.rows(),
    )


def resolved(written: TabledReport) -> Report:
    """Inverse of `tabled`, but for the paths of panics; raises ``msgspec.ValidationError`` for a place in no table."""
    steps = [
        Step(
            function=_row(written.functions, frame.function),
            file=frame.file,
            line=frame.line,
            via=frame.via,
            own=frame.own,
        )
        for frame in written.frames
    ]
    paths = [tuple(_row(steps, place) for place in path) for path in written.paths]
    findings = tuple(
        Finding(**_fields(each, FindingWithoutPath), path=() if each.path is None else _row(paths, each.path))
        for each in written.findings
    )
    return Report(**_fields(written, ReportWithoutFindings), findings=findings)


def records(written: TabledReport) -> Iterator[tuple[str, object]]:
    """The fields of the form by their written names, the schema first."""
    names = zip(type(written).__struct_fields__, type(written).__struct_encode_fields__, strict=True)
    fields = [(shown, getattr(written, name)) for name, shown in names]
    return iter(sorted(fields, key=lambda field: field[0] != "schema"))


def _row(table: Sequence[_Row], place: int) -> _Row:
    if not 0 <= place < len(table):
        raise msgspec.ValidationError(f"the report refers to row {place} of a table of {len(table)} rows")
    return table[place]


def _fields(record: msgspec.Struct, kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in kind.__struct_fields__}

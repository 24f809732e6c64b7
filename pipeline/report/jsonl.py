"""JSON Lines: the JSON report in pieces, for tools that read line by line.

The first line has ``kind`` *report* and everything but the long lists; each further line is one row of a table, one
finding, cause, recommendation or layout, named by its ``kind``, with the fields that it has in the JSON report. The
n-th line of kind *function*, *frame* or *path* is row n of that table, counted from 0; tables stand before what refers
to them.
"""

from collections.abc import Iterator, Mapping

import msgspec

from ringfence.pipeline.report.model import Report
from ringfence.pipeline.report.tables import records, tabled

_KINDS = {
    "functions": "function",
    "frames": "frame",
    "paths": "path",
    "findings": "finding",
    "causes": "cause",
    "recommendations": "recommendation",
    "layouts": "layout",
}
_ONE_VALUE = {"function": "name", "path": "frames"}
"""Rows that are a value and no record: its field on the line."""


def write(report: Report) -> bytes:
    """UTF-8; every line ends in a newline."""
    return b"".join(msgspec.json.encode(record, order="deterministic") + b"\n" for record in _lines(report))


def _lines(report: Report) -> Iterator[Mapping[str, object]]:
    whole = dict(records(tabled(report)))
    yield {"kind": "report", **{name: value for name, value in whole.items() if name not in _KINDS}}
    for name, kind in _KINDS.items():
        for row in msgspec.convert(msgspec.to_builtins(whole[name]), list[object]):
            yield {"kind": kind, **_record(kind, row)}


def _record(kind: str, row: object) -> Mapping[str, object]:
    if kind in _ONE_VALUE:
        return {_ONE_VALUE[kind]: row}
    return msgspec.convert(row, dict[str, object])

"""The JSON report: `ringfence.pipeline.report.tables` as text, one record a line."""

from typing import TypeGuard

import msgspec

from ringfence.pipeline.report.model import Report
from ringfence.pipeline.report.tables import SCHEMA, TabledReport, records, resolved, tabled

_FIRST_SCHEMA = "ringfence-report/1"


class _Named(msgspec.Struct):
    """What every report says of its form."""

    schema: str


def write(report: Report) -> bytes:
    """UTF-8 text that ends in a newline; the same report gives the same bytes."""
    fields = b",\n".join(b'"%s": %s' % (name.encode(), _value(value)) for name, value in records(tabled(report)))
    return b"{\n" + fields + b"\n}\n"


def encode(record: object) -> bytes:
    """Any record, one field a line."""
    return msgspec.json.format(msgspec.json.encode(record, order="deterministic"), indent=2) + b"\n"


def read(data: bytes) -> Report:
    """Inverse of `write`, but for the paths of panics; reads ``ringfence-report/1`` too, where paths stand in the
    findings. Raises ``msgspec.DecodeError`` for anything else."""
    schema = msgspec.json.decode(data, type=_Named).schema
    if schema == _FIRST_SCHEMA:
        return msgspec.json.decode(data, type=Report)
    if schema == SCHEMA:
        return resolved(msgspec.json.decode(data, type=TabledReport))
    raise msgspec.ValidationError(f"`{schema}` is not `{SCHEMA}` nor `{_FIRST_SCHEMA}`")


def _value(value: object) -> bytes:
    return b"[\n" + b",\n".join(map(_line, value)) + b"\n]" if _has_rows(value) else _line(value)


def _line(record: object) -> bytes:
    return msgspec.json.encode(record, order="deterministic")


def _has_rows(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple) and value != ()

"""The JSON report: the records of `ringfence.pipeline.report.model` as they are, one field a line."""

import msgspec

from ringfence.pipeline.report.model import Report


def write(report: Report) -> bytes:
    """UTF-8 text that ends in a newline; the same report gives the same bytes."""
    return encode(report)


def encode(record: object) -> bytes:
    """Any record in the form of `write`."""
    return msgspec.json.format(msgspec.json.encode(record, order="deterministic"), indent=2) + b"\n"


def read(data: bytes) -> Report:
    """Inverse of `write`; raises ``msgspec.DecodeError`` for anything else."""
    return msgspec.json.decode(data, type=Report)

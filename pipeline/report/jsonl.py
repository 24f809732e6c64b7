"""JSON Lines: the JSON report in pieces, for tools that read line by line.

The first line has ``kind`` *report* and everything but the long lists; each further line is one finding, cause,
recommendation or layout, named by its ``kind``, with the fields that it has in the JSON report.
"""

from collections.abc import Iterator, Mapping

import msgspec

from ringfence.pipeline.report.model import Report

_LISTS = {"finding": "findings", "cause": "causes", "recommendation": "recommendations", "layout": "layouts"}


def write(report: Report) -> bytes:
    """UTF-8; every line ends in a newline."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record in _records(report))


def _records(report: Report) -> Iterator[Mapping[str, object]]:
    whole: dict[str, object] = msgspec.to_builtins(report, order="deterministic")
    yield {"kind": "report", **{key: value for key, value in whole.items() if key not in _LISTS.values()}}
    for kind, name in _LISTS.items():
        for record in msgspec.convert(whole[name], list[dict[str, object]]):
            yield {"kind": kind, **record}

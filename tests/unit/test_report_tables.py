"""Paths, frames and functions stand once in a JSON report; a report of the first form can still be read."""

import json as standard_json

import msgspec
import pytest
from report_samples import ROOT, finding, location, numbered, report, step

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION
from ringfence.passes.checks import PANIC_PATH
from ringfence.passes.rule import Finding, Via
from ringfence.pipeline.report import json
from ringfence.pipeline.report.tables import tabled

PATH = (
    step(ROOT, location(3, 5), Via.ROOT, own=True),
    step("alloc::fmt::format", location(9, 1, "std/fmt.rs"), Via.INLINE),
    step("__rust_alloc"),
)
ELSEWHERE = (*PATH[:1], step("alloc::vec::from_elem", location(7, 1, "std/vec.rs")), PATH[-1])


def panicking() -> Finding:
    return numbered(1, finding(PANIC_PATH, PathClass.PANIC, path=PATH))


def test_what_findings_share_stands_once() -> None:
    found = [numbered(number, finding(path=path)) for number, path in enumerate((PATH, PATH, ELSEWHERE))]
    written = tabled(report(found))
    assert written.functions == (ROOT, "alloc::fmt::format", "__rust_alloc", "alloc::vec::from_elem")
    assert [each.function for each in written.frames] == [0, 1, 2, 3]
    assert written.paths == ((0, 1, 2), (0, 3, 2))
    assert [each.path for each in written.findings] == [0, 0, 1]


def test_a_frame_that_leads_on_from_another_line_is_another_frame() -> None:
    moved = (step(ROOT, location(4, 5), Via.ROOT, own=True), *PATH[1:])
    written = tabled(report([finding(path=PATH), numbered(1, finding(path=moved))]))
    assert written.paths == ((0, 1, 2), (3, 1, 2))
    assert (written.frames[0].line, written.frames[3].line) == (3, 4)


def test_a_panic_carries_no_path() -> None:
    written = tabled(report([panicking()], strict=True))
    assert [each.path for each in written.findings] == [None]
    assert (written.functions, written.frames, written.paths) == ((), (), ())


def test_a_report_reads_back_as_it_was() -> None:
    told = report([finding(path=PATH), numbered(2, finding(path=ELSEWHERE))])
    assert json.read(json.write(told)) == told


def test_writing_what_was_read_gives_the_same_bytes() -> None:
    data = json.write(report([finding(path=PATH), panicking(), numbered(2, finding(path=()))], strict=True))
    assert json.write(json.read(data)) == data
    assert data.endswith(b"\n}\n")


def test_each_finding_is_a_line() -> None:
    lines = json.write(report([finding(path=PATH), numbered(2, finding(path=ELSEWHERE))])).decode().splitlines()
    assert lines[1].startswith('"schema": ')
    assert sum('"fingerprint"' in line for line in lines) == 2


def test_a_report_of_the_first_form_is_read() -> None:
    told = report([finding(HEAP_ALLOCATION, path=PATH)])
    first = standard_json.loads(msgspec.json.encode(told))
    first["schema"] = "ringfence-report/1"
    first["findings"][0]["same_call"] = []
    assert json.read(standard_json.dumps(first).encode()) == told


def broken(table: str, row: object) -> bytes:
    written = standard_json.loads(json.write(report([finding(path=PATH)])))
    return standard_json.dumps(written | {table: [row]}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b'{"schema": "ringfence-report/3"}',
        b'{"schema": "ringfence-report/2"}',
        b"[]",
        b"{",
        broken("paths", [0, 99]),
        broken("paths", [-1]),
        broken("frames", {"function": 99, "file": None, "line": None, "via": "call", "own": False}),
    ],
)
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        json.read(data)

"""Where a report goes, and which exit code comes of it."""

import os
from pathlib import Path

import pytest

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION
from ringfence.passes.rule import Finding, Frequency, Level, Location
from ringfence.pipeline.cli.output import Destination, Format, check_destinations, deliver, exit_code
from ringfence.pipeline.errors import ExitCode, UsageError
from ringfence.pipeline.report.compose import RootResult, build_report
from ringfence.pipeline.report.human import render
from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Build, Coverage, Report

COVERAGE = Coverage(
    modules=2, modules_read=1, functions=3, functions_reached=1, unresolved_calls=0, missing_functions=0
)
AUDITED = RootResult("plant::on_packet", "plant::on_packet", "_RNv5plant9on_packet", Location("src/plant.rs", 3))
NOT_FOUND = RootResult("plant::of_packet", reason="the root `plant::of_packet` matches no function of this build")
ALLOCATION = Finding(
    rule=HEAP_ALLOCATION,
    level=Level.ERROR,
    path_class=PathClass.HOT,
    frequency=Frequency.ALWAYS,
    loop_depth=0,
    root="plant::on_packet",
    sink="__rust_alloc",
    message="`<[u8]>::to_vec` allocates on every call of `plant::on_packet`",
    anchor=Location("src/plant.rs", 4, 9),
    path=(),
    fingerprint="7f3a9c7f3a9c",
)


def report(*findings: Finding, root: RootResult = AUDITED) -> Report:
    return build_report(
        build=Build(),
        coverage=COVERAGE,
        rules=[HEAP_ALLOCATION],
        roots=[root],
        findings=findings,
        excerpt=lambda _file, _line, _column: None,
    )


def test_the_human_form_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    deliver(report(ALLOCATION), Format.HUMAN, (), render)
    out, err = capsys.readouterr()
    assert "error[RF101]: `<[u8]>::to_vec` allocates" in out
    assert err == ""


def test_json_goes_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    deliver(report(ALLOCATION), Format.JSON, (), render)
    assert read(capfdbinary.readouterr().out) == report(ALLOCATION)


def test_files_get_their_forms_beside_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {form: tmp_path / f"report.{form}" for form in Format}
    deliver(report(ALLOCATION), Format.HUMAN, [Destination(*item) for item in files.items()], render)
    assert read(files[Format.JSON].read_bytes()) == report(ALLOCATION)
    written = files[Format.HUMAN].read_text(encoding="utf-8")
    assert "error[RF101]: `<[u8]>::to_vec` allocates" in written
    assert "\x1b" not in written
    assert "error[RF101]" in capsys.readouterr().out


def test_a_full_disk_is_named_with_the_file() -> None:
    with pytest.raises(UsageError, match="cannot write the report /dev/full: No space left on device"):
        deliver(report(), Format.HUMAN, [Destination(Format.JSON, Path("/dev/full"))], render)


def test_findings_fail_unless_they_are_forgiven() -> None:
    assert exit_code(report(ALLOCATION), exit_zero=False) == ExitCode.FINDINGS
    assert exit_code(report(ALLOCATION), exit_zero=True) == ExitCode.CLEAN
    assert exit_code(report(), exit_zero=False) == ExitCode.CLEAN


def test_a_root_that_was_not_found_is_never_forgiven() -> None:
    assert exit_code(report(root=NOT_FOUND), exit_zero=True) == ExitCode.ROOT_NOT_FOUND


def test_a_destination_that_can_be_written_passes(tmp_path: Path) -> None:
    check_destinations(
        [Destination(Format.JSON, tmp_path / "report.json"), Destination(Format.HUMAN, Path(os.devnull))]
    )


@pytest.mark.parametrize(
    ("file", "reason"),
    [("", "it is a folder"), ("absent/report.json", "there is no folder")],
    ids=["a folder", "in no folder"],
)
def test_a_destination_that_cannot_be_written_is_refused_before_the_work(
    file: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=reason):
        check_destinations([Destination(Format.JSON, tmp_path / file)])

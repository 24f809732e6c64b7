"""What a report says of functions without IR: on whose word, by which contracts, through whose machine code."""

import subprocess
from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Report
from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is read is read once."""
    return str(tmp_path_factory.mktemp("store"))


def audit(ringfence: Run, checkout: Path, store: str, crate: str, *options: str) -> subprocess.CompletedProcess[str]:
    return ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / crate / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates"),
        *options,
        environment={"RINGFENCE_CACHE": store},
    )


def report_of(ringfence: Run, checkout: Path, store: str, crate: str) -> Report:
    return read(audit(ringfence, checkout, store, crate, "--format", "json").stdout.encode())


def test_the_assumptions_that_verdicts_rest_on_are_listed(ringfence: Run, checkout: Path, store: str) -> None:
    coverage = report_of(ringfence, checkout, store, "assumed").coverage
    assert coverage.contracts.startswith("ringfence ")
    assert [(each.pattern, each.effects, each.functions) for each in coverage.assumptions] == [
        ("vendor_now", ("none",), ("vendor_now",)),
        ("vendor_batch_*", ("allocates", "frees", "locks"), ("vendor_batch_begin",)),
        ("vendor_flush", ("blocks",), ("vendor_flush",)),
        ("assumed::warm", ("none",), ("assumed::warm",)),
        (
            "<* as assumed::Codec>::encode",
            ("locks",),
            ("<assumed::Kept as assumed::Codec>::encode", "<assumed::Plain as assumed::Codec>::encode"),
        ),
    ]


def test_people_are_told_what_was_assumed_and_what_holds_no_longer(ringfence: Run, checkout: Path, store: str) -> None:
    finished = audit(ringfence, checkout, store, "assumed")
    assert finished.returncode == 100
    lines = finished.stdout.splitlines()
    assert "assumed: `vendor_flush`: blocks (waits for the card)" in lines
    assert any(line.startswith("warning[RF904]: unused assumption") for line in lines)
    assert any(line.startswith("warning[RF906]: the assumption about `vendor_open` expired") for line in lines)
    assert "   = assumed: waits for the card" in lines


def test_a_root_with_unknown_machine_code_is_unknown_and_one_without_is_clean(
    ringfence: Run, checkout: Path, store: str
) -> None:
    report = report_of(ringfence, checkout, store, "native")
    verdicts = {root.function: root.verdict for root in report.roots}
    assert verdicts["native::checksum"] == verdicts["native::kind"] == "clean"
    assert verdicts["native::forward"] == verdicts["native::notify"] == "unknown"
    assert verdicts["native::queue"] == "violations"
    assert (report.coverage.unresolved_calls, report.coverage.missing_functions) == (1, 1)


def test_the_path_shows_the_native_functions(ringfence: Run, checkout: Path, store: str) -> None:
    report = report_of(ringfence, checkout, store, "native")
    (lock,) = (each for each in report.findings if each.root == "native::queue")
    assert [(step.function, step.via) for step in lock.path] == [
        ("native::queue", "call"),
        ("vendor_queue", "native"),
        ("append", "native"),
        ("pthread_mutex_lock", "call"),
    ]


def test_two_audits_say_the_same(ringfence: Run, checkout: Path, store: str) -> None:
    first, second = (audit(ringfence, checkout, store, "native", "--format", "json").stdout for _ in range(2))
    assert first == second


def test_an_object_that_is_handed_over_is_followed(ringfence: Run, tmp_path: Path, checkout: Path, store: str) -> None:
    vendor = checkout / "testcrates" / "native" / "vendor.c"
    subprocess.run(["cc", "-c", "-O2", "-fPIC", vendor, "-o", tmp_path / "vendor.o"], check=True)
    source = checkout / "testcrates" / "native" / "src" / "lib.rs"
    subprocess.run(
        ["rustc", "--edition=2021", "--crate-type=lib", "-Copt-level=3", "-Cdebuginfo=1", "--emit=llvm-bc", source],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    finished = ringfence(
        *("audit", "--ir", tmp_path / "lib.bc", "--ir", tmp_path / "vendor.o"),
        *("--root", "lib::queue", "--root", "lib::checksum", "--format", "json"),
        environment={"RINGFENCE_CACHE": store},
    )
    report = read(finished.stdout.encode())
    assert {root.function: root.verdict for root in report.roots} == {
        "lib::queue": "violations",
        "lib::checksum": "clean",
    }

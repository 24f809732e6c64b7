"""``layout --hot``: the types that the roots touch, who reads and writes each field, and which paddings hold."""

from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Layout, Report
from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def flags(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    crate = checkout / "testcrates" / "lines"
    return ["--manifest-path", crate / "Cargo.toml", "--target-dir", tmp_path_factory.mktemp("lines")]


@pytest.fixture(scope="module")
def hot(ringfence: Run, flags: list[str | Path]) -> Report:
    finished = ringfence("layout", "--hot", "--format", "json", *flags)
    assert finished.returncode == 0, finished.stderr
    return read(finished.stdout.encode())


def layout(report: Report, name: str) -> Layout:
    return next(each for each in report.layouts if each.type_ == f"lines::{name}")


def uses(report: Report, name: str, field: str) -> set[tuple[str, bool, bool, bool]]:
    """Root, reads, writes, atomic."""
    found = next(each for each in layout(report, name).fields if each.name == field)
    return {
        (each.root.removeprefix("lines::"), bool(each.reads), bool(each.writes), each.atomic) for each in found.accesses
    }


def test_each_field_says_which_root_reads_and_writes_it(hot: Report) -> None:
    assert uses(hot, "ring::Close", "sent") == {
        ("ring::Close::send", True, True, True),
        ("ring::Close::receive", True, False, True),
    }
    assert uses(hot, "ring::Close", "received") == {("ring::Close::receive", True, True, True)}
    assert uses(hot, "straddling::Plant", "count") == {("straddling::Plant::next", True, True, False)}


def test_a_field_that_no_root_touches_has_no_accesses(hot: Report) -> None:
    assert uses(hot, "packing::Loose", "side") == set()
    assert uses(hot, "packing::Loose", "price") == {("packing::notional", True, False, False)}


def test_only_types_that_a_root_touches_are_shown(ringfence: Run, hot: Report, flags: list[str | Path]) -> None:
    every = read(ringfence("layout", "--format", "json", *flags).stdout.encode())
    assert "lines::straddling::Spare" in {each.type_ for each in every.layouts}
    assert "lines::straddling::Spare" not in {each.type_ for each in hot.layouts}


def test_a_padding_holds_or_is_named(hot: Report) -> None:
    def holds(name: str) -> list[bool]:
        return [each.holds for each in layout(hot, name).atomics]

    assert holds("ring::Apart") == [True, True]
    assert holds("ring::Close") == [False, False]
    assert holds("ring::Hopeful") == [False, False]
    (received, sent) = layout(hot, "ring::Hopeful").atomics
    assert received.may_share == ("sent.value",)
    assert sent.may_share == ("received",)


def test_a_loop_is_told(hot: Report) -> None:
    ladder = layout(hot, "tables::Ladder").fields[0]
    assert [each.in_loop for each in ladder.accesses] == [False]


def test_the_coverage_says_how_much_was_traced(hot: Report) -> None:
    assert hot.coverage.accesses > 40
    assert hot.coverage.accesses_traced >= 0.95 * hot.coverage.accesses


def test_a_type_that_no_root_touches_is_refused_with_what_to_do(ringfence: Run, flags: list[str | Path]) -> None:
    finished = ringfence("layout", "--hot", "lines::straddling::Plan", *flags)
    assert finished.returncode == 2
    assert "no type `lines::straddling::Plan` that the hot path touches; did you mean" in finished.stderr
    assert "without `--hot` every type is looked for" in finished.stderr


def test_the_page_shows_who_touches_what(ringfence: Run, flags: list[str | Path]) -> None:
    page = ringfence("layout", "--hot", "ring::Close", *flags).stdout
    assert "✗ atomic `sent` may share its line with `received`" in page
    assert "1 read, 1 write, atomic" in page


def test_without_roots_it_says_how_to_name_some(ringfence: Run, checkout: Path, tmp_path: Path) -> None:
    manifest = checkout / "testcrates" / "layouts" / "Cargo.toml"
    finished = ringfence("layout", "--hot", "--manifest-path", manifest, "--target-dir", tmp_path)
    assert finished.returncode == 2
    assert "--root" in finished.stderr

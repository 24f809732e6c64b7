"""Layouts from debug info against what the program says of itself: ``size_of``, ``align_of``, ``offset_of!``."""

import subprocess
from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Layout
from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def crate(checkout: Path) -> Path:
    return checkout / "testcrates" / "layouts"


@pytest.fixture(scope="module")
def described(ringfence: Run, crate: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Layout]:
    target = tmp_path_factory.mktemp("layouts")
    finished = ringfence("layout", "--manifest-path", crate / "Cargo.toml", "--target-dir", target, "--format", "json")
    assert finished.returncode == 0, finished.stderr
    return {layout.type_: layout for layout in read(finished.stdout.encode()).layouts}


@pytest.fixture(scope="module")
def measured(crate: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int, dict[str, int]]]:
    command = ["cargo", "run", "--quiet", "--release", "--example", "measure"]
    places: list[str | Path] = [
        "--manifest-path",
        crate / "Cargo.toml",
        "--target-dir",
        tmp_path_factory.mktemp("measured"),
    ]
    finished = subprocess.run([*map(str, [*command, *places])], capture_output=True, text=True, check=True)
    return dict(map(measurement, finished.stdout.splitlines()))


def measurement(line: str) -> tuple[str, tuple[int, int, dict[str, int]]]:
    name, size, align, *fields = line.split("|")
    offsets = dict(field.split("=") for field in fields)
    return name, (int(size), int(align), {field: int(offset) for field, offset in offsets.items()})


def test_every_type_is_described_with_the_size_and_alignment_that_it_has(
    described: dict[str, Layout], measured: dict[str, tuple[int, int, dict[str, int]]]
) -> None:
    assert len(measured) == 15
    for name, (size, align, _) in measured.items():
        assert (name, described[name].size, described[name].align) == (name, size, align)


def test_every_field_lies_where_the_compiler_put_it(
    described: dict[str, Layout], measured: dict[str, tuple[int, int, dict[str, int]]]
) -> None:
    for name, (_, _, offsets) in measured.items():
        found = {field.name.removeprefix("__"): field.offset for field in described[name].fields}
        for field, offset in offsets.items():
            assert (name, field, found[field]) == (name, field, offset)


def test_padding_and_straddles_are_those_that_one_counts_by_hand(described: dict[str, Layout]) -> None:
    assert described["layouts::Ordered"].padding == 24 - 1 - 8 - 2
    assert described["layouts::Packed"].padding == 0
    assert described["layouts::Padded"].padding == 56
    assert described["layouts::Straddling"].straddles == ("last",)
    assert described["layouts::Ordered"].straddles == ()


def test_the_variants_of_an_enum_are_its_fields(described: dict[str, Layout]) -> None:
    wide = {field.name: field for field in described["layouts::Wide"].fields}
    assert {"Small.__0", "Large.values", "Large.count"} <= wide.keys()
    assert wide["Large.values"].size == 160
    niche = {field.name for field in described["layouts::Niche"].fields}
    assert niche == {"Some.__0"}


def test_the_state_machine_of_an_async_function_is_a_type(described: dict[str, Layout]) -> None:
    machines = [name for name in described if "wait" in name and "async" in name]
    assert machines
    assert described[machines[0]].size >= 16


def test_a_type_can_be_chosen_and_one_that_is_not_there_is_told_with_the_nearest(
    ringfence: Run, crate: Path, tmp_path: Path
) -> None:
    flags = ("--manifest-path", crate / "Cargo.toml", "--target-dir", tmp_path)
    chosen = ringfence("layout", "Straddling", *flags)
    assert chosen.returncode == 0
    assert "last crosses a cache line" in chosen.stdout
    missing = ringfence("layout", "layouts::Stradling", *flags)
    assert missing.returncode == 2
    assert "`layouts::Straddling`" in missing.stderr

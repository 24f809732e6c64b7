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


def test_a_suspend_point_tells_what_its_await_keeps_alive(described: dict[str, Layout]) -> None:
    machine = described["layouts::wait::{async_fn_env#0}"]
    states = {variant.name: variant for variant in machine.variants}
    assert {"Unresumed", "Returned", "Panicked", "Suspend0"} == states.keys()
    assert {"owner", "first", "__awaitee"} == set(states["Suspend0"].fields)
    assert states["Suspend0"].line > 0


def test_variants_have_discriminants_and_sizes_of_their_own(described: dict[str, Layout]) -> None:
    wide = {variant.name: (variant.value, variant.bytes_) for variant in described["layouts::Wide"].variants}
    assert wide == {"Empty": ("0", 0), "Small": ("1", 1), "Large": ("2", 162)}
    plain = [(variant.name, variant.value) for variant in described["layouts::Plainly"].variants]
    assert plain == [("One", "0"), ("Two", "1"), ("Three", "2")]
    assert described["layouts::Plainly"].padding == 0


def test_padding_at_the_end_is_told_apart(described: dict[str, Layout]) -> None:
    ordered = described["layouts::Ordered"]
    assert (ordered.padding, ordered.tail_padding) == (13, 6)


def test_a_field_is_told_with_the_placements_in_which_it_crosses_a_line(described: dict[str, Layout]) -> None:
    straddling = described["layouts::Straddling"]
    by_hand = sum((start + 60) // 64 != (start + 75) // 64 for start in range(0, 64, 8))
    crossing = {field.name: field.crossing for field in straddling.fields}
    assert (straddling.placements, crossing["last"], crossing["after"]) == (8, by_hand, 0)
    assert described["layouts::Owner"].placements == 1


def test_inside_its_holder_a_type_has_the_placements_of_the_real_offset(described: dict[str, Layout]) -> None:
    (holder,) = described["layouts::Generic<u16>"].holders
    assert (holder.holder, holder.offset, holder.placements) == ("layouts::Owner.generic", 64, 1)
    assert holder.crossing == ()


def test_lines_of_128_bytes_are_counted_as_such(ringfence: Run, crate: Path, tmp_path: Path) -> None:
    flags = ("--manifest-path", crate / "Cargo.toml", "--target-dir", tmp_path, "--line-size", "128")
    finished = ringfence("layout", "Straddling", *flags, "--format", "json")
    (layout,) = read(finished.stdout.encode()).layouts
    assert (layout.line_size, layout.straddles, layout.placements) == (128, (), 16)

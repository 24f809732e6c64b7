"""Layouts of types that nobody chose, against what the compiled program says of each of them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from generated_types import program

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Layout
from support import Run

pytestmark = pytest.mark.end_to_end

COUNT = 300
SEED = 6


@dataclass(frozen=True, slots=True)
class Measured:
    """What the program printed of a type: bytes, and offset and size of each field (of an enum without data: the value
    of each variant, and 0)."""

    size: int
    align: int
    fields: dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def crate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("generated")
    (made / "src").mkdir()
    (made / "src" / "main.rs").write_text(program(SEED, COUNT))
    (made / "Cargo.toml").write_text(
        '[package]\nname = "generated"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n'
    )
    return made


@pytest.fixture(scope="module")
def measured(crate: Path) -> dict[str, Measured]:
    command = ["cargo", "run", "--quiet", "--release", "--manifest-path", str(crate / "Cargo.toml")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-4000:]
    return dict(map(measurement, finished.stdout.splitlines()))


@pytest.fixture(scope="module")
def described(ringfence: Run, crate: Path) -> dict[str, Layout]:
    finished = ringfence("layout", "--manifest-path", crate / "Cargo.toml", "--format", "json")
    assert finished.returncode == 0, finished.stderr
    return {without_spaces(layout.type_): layout for layout in read(finished.stdout.encode()).layouts}


def measurement(line: str) -> tuple[str, Measured]:
    name, size, align, *fields = line.split("|")
    places = (field.split("=") for field in fields)
    by_name = {field: (int(place.split(":")[0]), int(place.split(":")[1])) for field, place in places}
    return without_spaces(name), Measured(int(size), int(align), by_name)


def without_spaces(name: str) -> str:
    """Debug info and `type_name` differ in spaces, and `type_name` leaves the default allocator out."""
    return name.replace(" ", "").replace(",alloc::alloc::Global", "")


def test_every_generated_type_has_the_size_and_alignment_that_the_program_prints(
    described: dict[str, Layout], measured: dict[str, Measured]
) -> None:
    assert len(measured) == COUNT
    found = {name: (described[name].size, described[name].align) for name in measured if name in described}
    assert found == {name: (each.size, each.align) for name, each in measured.items()}


def test_every_field_of_a_generated_type_lies_where_the_program_has_it(
    described: dict[str, Layout], measured: dict[str, Measured]
) -> None:
    checked = 0
    for name, each in measured.items():
        if name.startswith("generated::C"):
            continue
        fields = {field.name.replace("__", ""): (field.offset, field.size) for field in described[name].fields}
        for field, place in each.fields.items():
            assert (name, field, fields[field]) == (name, field, place)
            checked += 1
    assert checked > 2 * COUNT


def test_padding_is_what_the_sizes_of_the_fields_leave(
    described: dict[str, Layout], measured: dict[str, Measured]
) -> None:
    structs = {name: each for name, each in measured.items() if name.split("::")[1][0] in "SPG"}
    found = {name: described[name].padding for name in structs}
    assert found == {name: each.size - sum(size for _, size in each.fields.values()) for name, each in structs.items()}
    assert any(found.values())


def test_variants_without_data_have_the_values_that_the_program_prints(
    described: dict[str, Layout], measured: dict[str, Measured]
) -> None:
    plain = {name: each for name, each in measured.items() if name.startswith("generated::C")}
    assert len(plain) >= COUNT // 10
    for name, each in plain.items():
        values = {variant.name: int(variant.value or "0") for variant in described[name].variants}
        assert (name, values) == (name, {field: value for field, (value, _) in each.fields.items()})

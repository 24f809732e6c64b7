"""Advice on layouts is computed, and holds: what is advised is compiled, and the program prints its sizes."""

import random
import subprocess
from pathlib import Path

import msgspec
import pytest

from ringfence.graphs.repacking import laid_out, reordered
from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind
from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report
from support import Run

pytestmark = pytest.mark.end_to_end

_PRIMITIVES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16, "[u8; 3]": 3, "[u32; 5]": 20, "f64": 8}


@pytest.fixture(scope="module")
def audited(ringfence: Run, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    crate = checkout / "testcrates" / "lines" / "Cargo.toml"
    target = tmp_path_factory.mktemp("lines")
    finished = ringfence("audit", "--exit-zero", "--format", "json", "--manifest-path", crate, "--target-dir", target)
    return read(finished.stdout.encode())


def printed(folder: Path, code: str) -> list[int]:
    """The numbers that a program prints."""
    source, program = folder / "main.rs", folder / "main"
    source.write_text(f"#![allow(dead_code)]\n{code}", encoding="utf-8")
    subprocess.run(["rustc", "-o", program, source], check=True, capture_output=True, text=True)
    return [int(line) for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.split()]


def found(report: Report, rule: str, type_: str) -> Finding:
    named = (each for each in report.findings if each.rule == rule and each.detail.get("type") == f"lines::{type_}")
    return next(named)


def generated(generator: random.Random, number: int) -> TypeFacts:
    kinds = [generator.choice(sorted(_PRIMITIVES)) for _ in range(generator.randint(2, 9))]
    fields = tuple(FieldFacts(f"f{place}", kind, 0, _PRIMITIVES[kind]) for place, kind in enumerate(kinds))
    align = max(_align(kind) for kind in kinds)
    return laid_out(TypeFacts(f"S{number}", TypeKind.STRUCT, 0, align, fields), fields, lambda _: None)


def _align(kind: str) -> int:
    return {"[u8; 3]": 1, "[u32; 5]": 4}.get(kind) or _PRIMITIVES[kind]


def declared(described: TypeFacts) -> str:
    fields = ", ".join(f"{field.name}: {field.type_name}" for field in described.fields)
    return f"#[repr(C)] struct {described.name} {{ {fields} }}\n"


def test_the_order_that_is_advised_has_the_size_and_offsets_that_are_told(tmp_path: Path) -> None:
    generator = random.Random(7)  # noqa: S311  # no secret
    types = [order for number in range(60) if (order := reordered(generated(generator, number), lambda _: None))]
    prints = "".join(
        f'println!("{{}}", std::mem::size_of::<{each.name}>());'
        + "".join(f'println!("{{}}", std::mem::offset_of!({each.name}, {field.name}));' for field in each.fields)
        for each in types
    )
    measured = printed(tmp_path, f"{''.join(map(declared, types))}\nfn main() {{ {prints} }}")
    assert measured == [value for each in types for value in (each.size, *(field.offset for field in each.fields))]


def test_no_order_of_the_fields_is_smaller_than_the_one_that_is_advised(tmp_path: Path) -> None:
    generator = random.Random(11)  # noqa: S311  # no secret
    types = [generated(generator, number) for number in range(60)]
    # Without `repr(C)` rustc chooses the order itself.
    code = "".join(declared(each).replace("#[repr(C)] ", "") for each in types)
    prints = "".join(f'println!("{{}}", std::mem::size_of::<{each.name}>());' for each in types)
    best = printed(tmp_path, f"{code}\nfn main() {{ {prints} }}")
    orders = [reordered(each, lambda _: None) for each in types]
    assert [order.size for order in orders if order] == best


def test_the_struct_of_the_testcrate_has_the_size_that_its_finding_promises(audited: Report, tmp_path: Path) -> None:
    detail = found(audited, "RF303", "packing::Loose").detail
    kinds = {"side": "u8", "price": "u64", "kind": "u8", "size": "u64"}
    order = msgspec.convert(detail["order"], list[str])
    fields = ", ".join(f"{name}: {kinds[name]}" for name in order)
    code = f'#[repr(C)] struct Loose {{ {fields} }} fn main() {{ println!("{{}}", std::mem::size_of::<Loose>()); }}'
    assert printed(tmp_path, code) == [detail["reordered_bytes"]]


def test_a_boxed_variant_gives_the_enum_the_size_that_is_promised(audited: Report, tmp_path: Path) -> None:
    detail = found(audited, "RF505", "packing::Event").detail
    code = (
        "enum Event { Tick(u64), Trade(u64, u64), Snapshot(Box<[u64; 64]>) } "
        'fn main() { println!("{}", std::mem::size_of::<Event>()); }'
    )
    assert printed(tmp_path, code) == [detail["boxed_bytes"]]


def test_padded_fields_give_the_struct_the_size_that_is_promised(audited: Report, tmp_path: Path) -> None:
    code = """
        #[repr(align(64))] struct Padded<T>(T);
        struct Close { sent: Padded<u64>, received: Padded<u64> }
        #[repr(align(64))] struct Board { limit: u64, last: Padded<u64>, seen: Padded<u64> }
        fn main() {
            println!("{}", std::mem::size_of::<Close>());
            println!("{}", std::mem::size_of::<Board>());
        }"""
    close = found(audited, "RF302", "ring::Close").detail["padded_bytes"]
    board = {
        each.detail["padded_bytes"]
        for each in audited.findings
        if each.rule == "RF302" and each.detail.get("type") == "lines::threads::Board"
    }
    assert printed(tmp_path, code) == [close, 192]
    # Only two of the three are advised at once: the field of the finding and the one that is named with it.
    assert board == {192}


def test_a_split_struct_has_the_size_that_is_promised(ringfence: Run, checkout: Path, tmp_path: Path) -> None:
    crate = checkout / "testcrates" / "lines" / "Cargo.toml"
    flags = ("--format", "json", "--manifest-path", crate, "--target-dir", tmp_path / "target")
    shown = read(ringfence("layout", "--hot", "lines::packing::Scattered", *flags).stdout.encode())
    (scattered,) = shown.layouts
    assert scattered.split is not None
    assert (scattered.split.lines_now, scattered.split.lines_after) == (3, 1)
    kinds = {"price": "u64", "kind": "u8", "size": "u64"}
    fields = ", ".join(f"{name}: {kinds[name]}" for name in scattered.split.fields)
    code = f'#[repr(C)] struct Hot {{ {fields} }} fn main() {{ println!("{{}}", std::mem::size_of::<Hot>()); }}'
    assert printed(tmp_path, code) == [scattered.split.size]

"""``make layout-bench``: the layouts that ringfence reads from IR against the DWARF of the same compilation.

One call of cargo writes bitcode and object code of a package's library. The object files are linked to a shared
object, which an independent reader (pyelftools) and the published tools (pahole, layout-audit) read; ringfence reads
the bitcode. Every size, alignment and offset is compared. Prints tables and fails on nothing: it measures.

    python tests/layout_bench.py [--manifest-path Cargo.toml] [--package NAME] [--target-dir DIRECTORY]
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.dwarf.die import DIE
from elftools.elf.elffile import ELFFile
from rich.console import Console
from rich.table import Table

from ringfence.pipeline.report.json import read

_CHECKOUT = Path(__file__).parent.parent
_LAMINAR = _CHECKOUT / "testcrates" / "laminardb-0.1.0" / "Cargo.toml"
_SHOWN = 20
_NO_TYPE = re.compile(r"\{vtable_type\}$|^[&*]|^dyn ")
"""Vtables and wide pointers: described as structs, but no types that a user lays out."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is compared of a type, in bytes; fields as variant, name, offset, size."""

    size: int
    align: int
    fields: frozenset[tuple[str, str, int, int]]


Types = dict[str, set[Shape]]


def main() -> int:
    """Build, read twice, compare, ask the other tools."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 120, markup=False, emoji=False, highlight=False)
    bitcode, linked = build(options.manifest_path, options.package, options.target_dir)
    report = options.target_dir / "layouts.json"
    program = Path(sys.executable).with_name("ringfence")
    started = time.perf_counter()
    command: list[str | Path] = [program, "layout", "--ir", bitcode, "--no-cache", "--output", f"json={report}", "**"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ours_seconds = time.perf_counter() - started
    ours = from_report(report)
    started = time.perf_counter()
    theirs = from_dwarf(linked)
    theirs_seconds = time.perf_counter() - started
    console.print(f"{bitcode.name}, {bitcode.stat().st_size:,} bytes of bitcode")
    _print_agreement(console, ours, theirs, ours_seconds, theirs_seconds)
    _print_tools(console, linked, ours, ours_seconds)
    _print_traced(console, program, options.manifest_path)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare ringfence's layouts with the DWARF of the same build.")
    parser.add_argument("--manifest-path", type=Path, default=_LAMINAR)
    parser.add_argument("--package", help="where the manifest's workspace has several")
    parser.add_argument("--target-dir", type=Path, default=_CHECKOUT / "build" / "layout-bench")
    return parser.parse_args()


def build(manifest: Path, package: str | None, target: Path) -> tuple[Path, Path]:
    """The library's bitcode, and its objects linked to a shared object."""
    if not manifest.exists():
        raise SystemExit(f"there is no {manifest}: name a Cargo.toml with --manifest-path")
    choice = ["--package", package] if package else []
    command = ["cargo", "rustc", "--release", "--lib", "--quiet", "--message-format=json", *choice]
    places = ["--manifest-path", str(manifest), "--target-dir", str(target)]
    flags = [
        "--emit=llvm-bc,link",
        "-Cdebuginfo=2",
        "-Cstrip=none",
        "-Ccodegen-units=1",
        "-Csymbol-mangling-version=v0",
    ]
    finished = subprocess.run([*command, *places, "--", *flags], stdout=subprocess.PIPE, text=True, check=False)
    artifacts = [json.loads(line) for line in finished.stdout.splitlines()]
    files = [Path(name) for each in artifacts if each["reason"] == "compiler-artifact" for name in each["filenames"]]
    # Only the chosen package's library is put beside `deps`, and it may be ready before its dependencies' machine code.
    libraries = [each for each in files if each.suffix == ".rlib" and each.parent.name != "deps"]
    if finished.returncode or not libraries:
        raise SystemExit(f"cargo could not build the library of {manifest}: correct what it reports above")
    library = libraries[-1]
    written = (library.parent / "deps").glob(f"{library.stem.removeprefix('lib')}-*.bc")
    bitcode = max(written, key=lambda each: each.stat().st_mtime)
    objects = target / "objects"
    shutil.rmtree(objects, ignore_errors=True)
    objects.mkdir(parents=True)
    subprocess.run(["ar", "x", library.resolve()], cwd=objects, check=True)
    linked = target / f"{bitcode.stem}.so"
    members = sorted(map(str, objects.glob("*.o")))
    subprocess.run(["gcc", "-shared", "-nostdlib", "-Wl,--no-gc-sections", "-o", str(linked), *members], check=True)
    return bitcode, linked


def from_report(report: Path) -> Types:
    """What ``ringfence layout`` says."""
    found: Types = defaultdict(set)
    for layout in read(report.read_bytes()).layouts:
        fields = frozenset(
            (
                each.variant,
                each.name.removeprefix(f"{each.variant}.") if each.variant else each.name,
                each.offset,
                each.size,
            )
            for each in layout.fields
        )
        found[layout.type_].add(Shape(layout.size, layout.align, fields))
    return found


def from_dwarf(linked: Path) -> Types:
    """The same of the DWARF, read without any of ringfence's code (DWARF 5, chapter 5)."""
    found: Types = defaultdict(set)
    with linked.open("rb") as stream:
        for unit in ELFFile(stream).get_dwarf_info().iter_CUs():
            for entry in unit.iter_DIEs():
                if _is_type(entry):
                    found[_path(entry)].add(_shape(entry))
    return found


_COMPOSITE = ("DW_TAG_structure_type", "DW_TAG_union_type", "DW_TAG_enumeration_type")


def _is_type(entry: DIE) -> bool:
    if entry.tag not in _COMPOSITE or "DW_AT_declaration" in entry.attributes or "DW_AT_name" not in entry.attributes:
        return False
    parent = entry.get_parent()
    is_variant = parent is not None and parent.tag == "DW_TAG_structure_type" and _variant_part(parent) is not None
    return not is_variant and not _NO_TYPE.search(_text(entry, "DW_AT_name"))


def _shape(entry: DIE) -> Shape:
    """DWARF gives a member no size of its own, only its type's: one that would end behind the value is of an unsized
    type, or a function item, whose type is described as a pointer to the function."""
    size = _number(entry, "DW_AT_byte_size")
    fields = frozenset(
        (variant, name, offset, min(length, size - offset)) for variant, name, offset, length in _fields(entry)
    )
    return Shape(size, max(_number(entry, "DW_AT_alignment"), 1), fields)


def _fields(entry: DIE) -> Iterator[tuple[str, str, int, int]]:
    if entry.tag == "DW_TAG_enumeration_type":
        yield "", "{discriminant}", 0, _number(entry, "DW_AT_byte_size")
        return
    part = _variant_part(entry)
    if part is None:
        yield from _members(entry, 0, "")
        return
    variants = [child for child in part.iter_children() if child.tag == "DW_TAG_variant"]
    has_own = len(variants) > 1 and all("DW_AT_discr_value" in variant.attributes for variant in variants)
    if has_own and "DW_AT_discr" in part.attributes:
        discriminant = part.get_DIE_from_attribute("DW_AT_discr")
        yield "", "{discriminant}", _number(discriminant, "DW_AT_data_member_location"), _size(_base(discriminant))
    for variant in variants:
        for member in variant.iter_children():
            body = _base(member)
            yield from _members(body, _number(member, "DW_AT_data_member_location"), _text(body, "DW_AT_name"))


def _members(entry: DIE, start: int, variant: str) -> Iterator[tuple[str, str, int, int]]:
    for child in entry.iter_children():
        if child.tag == "DW_TAG_member" and "DW_AT_external" not in child.attributes:
            offset = start + _number(child, "DW_AT_data_member_location")
            yield variant, _text(child, "DW_AT_name"), offset, _size(_base(child))


def _variant_part(entry: DIE) -> DIE | None:
    return next((child for child in entry.iter_children() if child.tag == "DW_TAG_variant_part"), None)


def _base(entry: DIE) -> DIE:
    return entry.get_DIE_from_attribute("DW_AT_type")


def _size(entry: DIE) -> int:
    if "DW_AT_byte_size" in entry.attributes:
        return _number(entry, "DW_AT_byte_size")
    if entry.tag == "DW_TAG_pointer_type":
        return int(entry.cu["address_size"])
    if entry.tag != "DW_TAG_array_type":
        return _size(_base(entry)) if "DW_AT_type" in entry.attributes else 0
    total = _size(_base(entry))
    for child in entry.iter_children():
        if child.tag == "DW_TAG_subrange_type":
            total *= _number(child, "DW_AT_count")
    return total


def _path(entry: DIE) -> str:
    names: list[str] = []
    outer: DIE | None = entry
    while outer is not None and outer.tag != "DW_TAG_compile_unit":
        declared = _declared(outer)
        names.append(_text(declared, "DW_AT_name"))
        outer = declared.get_parent()
    return "::".join(name for name in reversed(names) if name)


def _declared(entry: DIE) -> DIE:
    return entry.get_DIE_from_attribute("DW_AT_specification") if "DW_AT_specification" in entry.attributes else entry


def _text(entry: DIE, attribute: str) -> str:
    found = entry.attributes.get(attribute)
    return found.value.decode("utf-8", "replace") if found else ""


def _number(entry: DIE, attribute: str) -> int:
    found = entry.attributes.get(attribute)
    return int(found.value) if found else 0


def _print_agreement(console: Console, ours: Types, theirs: Types, ours_seconds: float, theirs_seconds: float) -> None:
    both = ours.keys() & theirs.keys()
    equal = {name for name in both if ours[name] == theirs[name]}
    fields = sum(len(shape.fields) for name in equal for shape in ours[name])
    table = Table("reading", "types", "layouts", "seconds")
    table.add_row(
        "ringfence, of the bitcode", f"{len(ours):,}", f"{sum(map(len, ours.values())):,}", f"{ours_seconds:.2f}"
    )
    table.add_row(
        "pyelftools, of the DWARF", f"{len(theirs):,}", f"{sum(map(len, theirs.values())):,}", f"{theirs_seconds:.2f}"
    )
    console.print(table)
    console.print(
        f"{len(both):,} types in both; {len(equal):,} agree in size, alignment and all of {fields:,} fields; "
        f"{len(both) - len(equal):,} differ; only in the IR {len(ours.keys() - both):,}, only in the DWARF "
        f"{len(theirs.keys() - both):,}"
    )
    for name in sorted(both - equal)[:_SHOWN]:
        console.print(f"  differs: {name}")
        console.print(f"    IR    {_told(ours[name] - theirs[name])}")
        console.print(f"    DWARF {_told(theirs[name] - ours[name])}")
    for what, names in (("IR", ours.keys() - both), ("DWARF", theirs.keys() - both)):
        for name in sorted(names)[:_SHOWN]:
            console.print(f"  only in the {what}: {name}")


def _told(shapes: set[Shape]) -> str:
    return "; ".join(sorted(f"{each.size}/{each.align} {sorted(each.fields)}" for each in shapes))[:400]


def _print_tools(console: Console, linked: Path, ours: Types, ours_seconds: float) -> None:
    table = Table("tool", "types", "of them with padding or holes", "seconds")
    padded = sum(any(_gap(shape) for shape in shapes) for shapes in ours.values())
    table.add_row("ringfence layout", f"{len(ours):,}", f"{padded:,}", f"{ours_seconds:.2f}")
    table.add_row("pahole", *_pahole(linked))
    table.add_row("layout-audit", *_layout_audit(linked))
    console.print(table)


def _print_traced(console: Console, program: Path, manifest: Path) -> None:
    """How much of what the hot path touches is traced to a field; nothing for a crate without roots."""
    command: list[str | Path] = [program, "layout", "--hot", "--format", "json", "--manifest-path", manifest]
    finished = subprocess.run(command, capture_output=True, check=False)
    if finished.returncode:
        console.print("no root is declared: what a hot path touches is not known")
        return
    report = read(finished.stdout)
    seen, traced = report.coverage.accesses, report.coverage.accesses_traced
    console.print(
        f"{traced:,} of {seen:,} memory accesses of the hot path are traced, {100 * traced / max(seen, 1):.1f}%; "
        f"{len(report.layouts):,} of the user's own types are touched"
    )


def _gap(shape: Shape) -> int:
    covered = {byte for _, _, offset, size in shape.fields for byte in range(offset, offset + size)}
    return shape.size - len(covered)


def _pahole(linked: Path) -> tuple[str, str, str]:
    """Types as ``pahole --sizes`` lists them, and those of its summary that have holes."""
    if not shutil.which("pahole"):
        return "not installed (`apt install dwarves`)", "", ""
    started = time.perf_counter()
    finished = subprocess.run(["pahole", "--sizes", linked], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if finished.returncode:
        return "failed: " + (finished.stderr.strip().splitlines() or [f"exit {finished.returncode}"])[-1][:60], "", ""
    rows = [line.split("\t") for line in finished.stdout.splitlines() if line.count("\t") == 2]
    return f"{len(rows):,}", f"{sum(row[2] != '0' for row in rows):,} with holes", f"{seconds:.2f}"


def _layout_audit(linked: Path) -> tuple[str, str, str]:
    if not shutil.which("layout-audit"):
        return "not installed (`cargo install layout-audit`)", "", ""
    started = time.perf_counter()
    command = ["layout-audit", "inspect", str(linked), "--output", "json"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if finished.returncode:
        return "failed: " + (finished.stderr.strip().splitlines() or [f"exit {finished.returncode}"])[-1][:60], "", ""
    structs = json.loads(finished.stdout)["structs"]
    padded = sum(each["metrics"]["padding_bytes"] > 0 for each in structs)
    return f"{len(structs):,}", f"{padded:,}", f"{seconds:.2f}"


if __name__ == "__main__":
    raise SystemExit(main())

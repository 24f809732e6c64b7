"""Layouts of what C compilers describe, of odd names, of very many types, and of none."""

from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Layout
from support import Run

pytestmark = pytest.mark.end_to_end

_HEAD = """
source_filename = "foreign.c"
target triple = "x86_64-unknown-linux-gnu"
define void @f() !dbg !9 { ret void, !dbg !8 }
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!5}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !1, emissionKind: FullDebug, retainedTypes: !10)
!1 = !DIFile(filename: "foreign.c", directory: "/src")
!2 = !DIBasicType(name: "unsigned int", size: 32, encoding: DW_ATE_unsigned)
!3 = !DIBasicType(name: "char", size: 8, encoding: DW_ATE_signed_char)
!4 = !DISubroutineType(types: !{null})
!5 = !{i32 2, !"Debug Info Version", i32 3}
!8 = !DILocation(line: 1, scope: !9)
!9 = distinct !DISubprogram(name: "f", scope: !1, file: !1, line: 1, type: !4, unit: !0, spFlags: DISPFlagDefinition)
"""

_BIT_FIELDS = (
    _HEAD
    + """
!10 = !{!20, !30, !40}
!20 = !DICompositeType(tag: DW_TAG_structure_type, name: "flags", file: !1, line: 1, size: 64, elements: !21)
!21 = !{!22, !23, !24}
!22 = !DIDerivedType(tag: DW_TAG_member, name: "low", scope: !20, file: !1, baseType: !2, size: 3,
    flags: DIFlagBitField, extraData: i64 0)
!23 = !DIDerivedType(tag: DW_TAG_member, name: "wide", scope: !20, file: !1, baseType: !2, size: 7, offset: 3,
    flags: DIFlagBitField, extraData: i64 0)
!24 = !DIDerivedType(tag: DW_TAG_member, name: "kind", scope: !20, file: !1, baseType: !3, size: 8, offset: 32)
!30 = !DICompositeType(tag: DW_TAG_structure_type, name: "declared", file: !1, line: 1, flags: DIFlagFwdDecl)
!40 = !DICompositeType(tag: DW_TAG_structure_type, name: "odd\\22[bold]\\22", file: !1, line: 1, size: 8, elements: !41)
!41 = !{!42}
!42 = !DIDerivedType(tag: DW_TAG_member, name: "[/red]", scope: !40, file: !1, baseType: !3, size: 8)
"""
)  # fmt: skip


def layouts(ringfence: Run, module: Path, source: str) -> dict[str, Layout]:
    """What `ringfence layout` says of a module's text."""
    module.write_text(source)
    finished = ringfence("layout", "--ir", module, "--no-cache", "--format", "json")
    assert finished.returncode == 0, finished.stderr
    return {layout.type_: layout for layout in read(finished.stdout.encode()).layouts}


def test_bit_fields_of_c_lie_in_the_bytes_that_they_touch(ringfence: Run, tmp_path: Path) -> None:
    flags = layouts(ringfence, tmp_path / "foreign.ll", _BIT_FIELDS)["flags"]
    assert (flags.size, flags.align) == (8, 4)
    assert [(each.name, each.offset, each.size) for each in flags.fields] == [
        ("low:3", 0, 1),
        ("wide:7", 0, 2),
        ("kind", 4, 1),
    ]
    assert (flags.padding, flags.tail_padding) == (5, 3)


def test_a_type_of_c_that_is_only_declared_is_no_type(ringfence: Run, tmp_path: Path) -> None:
    assert "declared" not in layouts(ringfence, tmp_path / "foreign.ll", _BIT_FIELDS)


def test_quotes_and_markup_in_names_are_text(ringfence: Run, tmp_path: Path) -> None:
    module = tmp_path / "foreign.ll"
    assert 'odd"[bold]"' in layouts(ringfence, module, _BIT_FIELDS)
    shown = ringfence("layout", "--ir", module)
    assert 'odd"[bold]"' in shown.stdout
    assert "[/red]" in shown.stdout


def test_a_module_without_types_is_told_with_the_setting_that_brings_them(ringfence: Run, tmp_path: Path) -> None:
    module = tmp_path / "bare.ll"
    module.write_text("define void @f() { ret void }\n")
    finished = ringfence("layout", "--ir", module)
    assert finished.returncode == 2
    assert "-C debuginfo=2" in finished.stderr


def test_of_very_many_types_a_person_reads_some_and_a_program_gets_all(ringfence: Run, tmp_path: Path) -> None:
    count = 20_000
    types = [
        f'!{number} = !DICompositeType(tag: DW_TAG_structure_type, name: "T{number}", file: !1, size: 64, align: 32, '
        f"elements: !11)"
        for number in range(20, 20 + count)
    ]
    listed = ", ".join(f"!{number}" for number in range(20, 20 + count))
    member = '!12 = !DIDerivedType(tag: DW_TAG_member, name: "a", file: !1, baseType: !2, size: 32)'
    module = tmp_path / "many.ll"
    module.write_text("\n".join([_HEAD, f"!10 = !{{{listed}}}", "!11 = !{!12}", member, *types]))
    finished = ringfence("layout", "--ir", module)
    assert finished.returncode == 0, finished.stderr
    assert f"{count - 200:,} more types" in finished.stdout
    assert len(finished.stdout.splitlines()) < 3000

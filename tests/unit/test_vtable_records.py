"""Virtual calls whose loads LLVM joined: the records of the variables tell which word is a vtable."""

import pytest

from ringfence.graphs.facts import CallKind
from ringfence.pipeline.ir.module import print_module
from ringfence.pipeline.ir.reader import read_module


def called(type_name: str, fragment: str = "64, 64", offset: int = 40, chosen: str = "%two, %left") -> CallKind:
    """How a call is read whose table is chosen between two words of variables of a type."""
    text = f"""
declare void @llvm.dbg.value(metadata, metadata, metadata)
define void @f(i1 %c, ptr %a, ptr %b) !dbg !4 {{
  br i1 %c, label %left, label %right
left:
  %one = load ptr, ptr %a, !dbg !9
  %at = getelementptr i8, ptr %a, i64 8
  %two = load ptr, ptr %at, !dbg !9
    #dbg_value(ptr %two, !7, !DIExpression(DW_OP_LLVM_fragment, {fragment}), !9)
  br label %joined
right:
  %three = load ptr, ptr %b, !dbg !9
  %place = getelementptr i8, ptr %b, i64 8
  %four = load ptr, ptr %place, !dbg !9
  br label %joined
joined:
  %data = phi ptr [ %one, %left ], [ %three, %right ]
  %table = phi ptr [ {chosen} ], [ %four, %right ]
  %slot = getelementptr i8, ptr %table, i64 {offset}
  %method = load ptr, ptr %slot
  call void %method(ptr %data), !dbg !9
  ret void
}}
!llvm.dbg.cu = !{{!0}}
!llvm.module.flags = !{{!3}}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug)
!1 = !DIFile(filename: "lib.rs", directory: "/own")
!3 = !{{i32 2, !"Debug Info Version", i32 3}}
!4 = distinct !DISubprogram(name: "f", scope: !1, file: !1, line: 1, type: !5, unit: !0, spFlags: DISPFlagDefinition)
!5 = !DISubroutineType(types: !6)
!6 = !{{null}}
!7 = !DILocalVariable(name: "sink", scope: !4, file: !1, line: 2, type: !8)
!8 = !DICompositeType(tag: DW_TAG_structure_type, name: "{type_name}", file: !1, size: 128, align: 64)
!9 = !DILocation(line: 3, column: 5, scope: !4)
"""
    facts = read_module(print_module(text.encode(), text=True)).function("f")
    return facts.calls[-1].kind


def test_a_method_of_a_joined_vtable_is_a_virtual_call() -> None:
    assert called("&dyn own::Recorder") is CallKind.VIRTUAL


@pytest.mark.parametrize(
    ("type_name", "fragment", "offset"),
    [
        ("core::task::wake::RawWaker", "64, 64", 40),
        ("&dyn own::Recorder", "0, 64", 40),
        ("&dyn own::Recorder", "64, 64", 16),
    ],
    ids=["a table of one's own", "the first word", "a size"],
)
def test_what_is_no_vtable_is_a_pointer(type_name: str, fragment: str, offset: int) -> None:
    assert called(type_name, fragment, offset) is CallKind.POINTER

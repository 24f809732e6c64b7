"""What a module says of its functions' parameters without being parsed, against what LLVM prints of them."""

# llvmlite ships no types.
# pyright: reportUnknownMemberType=none

import re
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from ringfence.graphs.candidates import parameters_of
from ringfence.pipeline.ir.module import print_module
from ringfence.pipeline.ir.syntax import SYMBOL, signature_of
from ringfence.pipeline.module_source import ModuleKind, ModuleSource, Origin, UnreadableModuleError
from ringfence.pipeline.signatures import parameters_in

TYPES = """
%opaque = type opaque
%pair = type { i32, double }
define void @nothing() { ret void }
define i64 @numbers(i1 %a, i8 %b, i64 %c, i128 %d) { ret i64 0 }
define internal { ptr, i64 } @slice(ptr %a, i64 %b) { ret { ptr, i64 } undef }
define void @returned(ptr sret([24 x i8]) align 8 %r, ptr noalias %a) { ret void }
define void @arrays([2 x i64] %a, <4 x float> %b, { i8, ptr } %c, <{ i8, [3 x i16] }> %d) { ret void }
define void @named(%pair %a) { ret void }
declare float @floats(half, bfloat, float, double, x86_fp80, fp128)
declare i32 @printf(ptr, ...)
declare i64 @llvm.ctpop.i64(i64)
@holder = global ptr @slice
"""


def source_of(path: Path, data: bytes, kind: ModuleKind = ModuleKind.BITCODE) -> ModuleSource:
    path.write_bytes(data)
    return ModuleSource(path, "", 0, len(data), kind, "test", Origin.OWN)


def printed_of(data: bytes) -> frozenset[str]:
    text = print_module(data, text=False)
    lines = re.finditer(rb"^(?:define|declare) [^\n]*?@(" + SYMBOL + rb")\([^\n]*", text, re.MULTILINE)
    names = ((line[0], line[1]) for line in lines if not line[1].startswith(b"llvm."))
    return frozenset(parameters_of(signature_of(line, name)) for line, name in names)


def test_parameters_are_those_that_llvm_prints(tmp_path: Path) -> None:
    data = llvm.parse_assembly(TYPES).as_bitcode()
    found = parameters_in(source_of(tmp_path / "types.bc", data))
    assert found == printed_of(data)
    assert found is not None
    assert found >= {"", "i1, i8, i64, i128", "ptr, i64", "ptr, ptr", "%pair", "ptr, ?"}


def test_the_parameters_of_the_bundled_modules_are_those_that_llvm_prints(checkout: Path, tmp_path: Path) -> None:
    data = (checkout / "pipeline" / "demo_crate" / "gateway.bc").read_bytes()
    assert parameters_in(source_of(tmp_path / "gateway.bc", data)) == printed_of(data)


def test_of_text_nothing_is_known(tmp_path: Path) -> None:
    assert parameters_in(source_of(tmp_path / "types.ll", TYPES.encode(), ModuleKind.TEXT)) is None


@pytest.mark.parametrize("kept", [3, 40, 200, 400])
def test_what_is_cut_short_is_an_error_or_not_known(tmp_path: Path, kept: int) -> None:
    data = llvm.parse_assembly(TYPES).as_bitcode()[:kept]
    with pytest.raises(UnreadableModuleError):
        parameters_in(source_of(tmp_path / "cut.bc", data))


def test_damaged_records_are_not_known_and_end(tmp_path: Path) -> None:
    data = bytearray(llvm.parse_assembly(TYPES).as_bitcode())
    for position in range(64, len(data) - 64, 7):
        damaged = data.copy()
        damaged[position] ^= 0xFF
        try:
            found = parameters_in(source_of(tmp_path / "damaged.bc", bytes(damaged)))
        except UnreadableModuleError:
            continue
        assert found is None or all(isinstance(each, str) for each in found)

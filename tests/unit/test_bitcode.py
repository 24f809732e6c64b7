"""The symbols of a module as the compiler's own tables say them, against what LLVM and rustc's text say."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# llvmlite ships no types.

import os
import shutil
import struct
import subprocess
from pathlib import Path

import llvmlite.binding as llvm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.graphs.symbols import ModuleSymbols
from ringfence.pipeline.bitcode import read_symbols
from ringfence.pipeline.bitstream import BlockId, blocks, unwrap
from ringfence.pipeline.containers import discover
from ringfence.pipeline.errors import ExitCode
from ringfence.pipeline.module_source import ModuleKind, ModuleSource, Origin, UnreadableModuleError, open_span

pytestmark = pytest.mark.skipif(shutil.which("rustc") is None, reason="rustc is not installed")

RUST = """
#![feature(linkage)]
extern "C" { fn imported(x: u32) -> u32; }
#[inline(never)] fn hidden(x: u32) -> u32 { unsafe { imported(x) + imported(x + 1) } }
#[no_mangle] pub fn visible(x: u32, y: u32) -> u32 { hidden(x) ^ hidden(y) ^ hidden(x + y) }
#[no_mangle] pub fn twin_a(x: u64) -> u64 { x.wrapping_mul(77).rotate_left(3) }
#[no_mangle] pub fn twin_b(x: u64) -> u64 { x.wrapping_mul(77).rotate_left(3) }
#[no_mangle] #[linkage = "weak"] pub fn replaceable() -> u32 { 4 }
#[no_mangle] #[linkage = "linkonce_odr"] pub extern "C" fn kept_once() -> u32 { 5 }
#[used] static KEEP: extern "C" fn() -> u32 = kept_once;
#[no_mangle] pub static DATA: u32 = 6;
pub fn grow(bytes: &[u8]) -> Vec<u8> { bytes.to_vec() }
"""

TEXT = """
target triple = "x86_64-unknown-linux-gnu"
@data = global i32 7
@sentence = constant [30 x i8] c"alias void (), ptr @not_a_call"
@data_alias = alias i32, ptr @data
@inside_data = alias i8, getelementptr (i8, ptr @data, i64 2)
@twin = unnamed_addr alias { i32, ptr } (i32), ptr @pair
@hidden_twin = internal alias void (), ptr @hidden
@chosen = ifunc void (), ptr @chooser
define void @strong() { ret void }
define { i32, ptr } @pair(i32 %x) { ret { i32, ptr } zeroinitializer }
define internal void @hidden() { ret void }
define private void @"very private"() { ret void }
define weak void @weak() { ret void }
define linkonce_odr hidden void @once() { ret void }
define available_externally void @copy() { ret void }
define dso_local ptr @chooser() { ret ptr @hidden }
define void @"\\01as is"() { ret void }
define void @"<T as Trait>::m\\C3\\A9"() personality ptr @personality {
  call void @needed()
  call void @maybe()
  call void @llvm.trap()
  ret void
}
declare void @needed()
declare extern_weak void @maybe()
declare i32 @personality(...)
declare void @llvm.trap()
"""


@pytest.fixture(scope="module")
def crate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crate as bitcode and as text, ``made.bc`` and ``made.ll``."""
    folder = tmp_path_factory.mktemp("crate")
    (folder / "made.rs").write_text(RUST)
    subprocess.run(
        ["rustc", "--crate-type=lib", "--emit=llvm-bc,llvm-ir", "-O", "-Csymbol-mangling-version=v0", "made.rs"],
        cwd=folder,
        env=dict(os.environ, RUSTC_BOOTSTRAP="1"),
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def bitcode(crate: Path) -> bytes:
    return (crate / "made.bc").read_bytes()


def source_of(path: Path, kind: ModuleKind = ModuleKind.BITCODE) -> ModuleSource:
    return ModuleSource(path, "", 0, path.stat().st_size, kind, path.stem, Origin.OWN)


def symbols_of(path: Path, content: bytes, kind: ModuleKind = ModuleKind.BITCODE) -> ModuleSymbols | None:
    path.write_bytes(content)
    return read_symbols(source_of(path, kind))


def outcome(
    path: Path, content: bytes, kind: ModuleKind = ModuleKind.BITCODE
) -> ModuleSymbols | UnreadableModuleError | None:
    """The symbols or the error; an error that does not name the file is none."""
    try:
        return symbols_of(path, content, kind)
    except UnreadableModuleError as error:
        if str(path) not in str(error):
            raise
        return error


def known_symbols(path: Path) -> ModuleSymbols:
    symbols = read_symbols(source_of(path, ModuleKind.TEXT if path.suffix == ".ll" else ModuleKind.BITCODE))
    assert symbols is not None
    return symbols


def listed_by_llvm(data: bytes) -> ModuleSymbols:
    """The same from LLVM's own parser, which lists aliases nowhere."""
    groups: dict[str, set[str]] = {"external": set(), "weak": set(), "internal": set(), "undefined": set()}
    for function in llvm.parse_bitcode(data).functions:
        linkage = {"private": "internal", "weak_any": "weak", "linkonce_odr": "weak"}.get(
            function.linkage.name, function.linkage.name
        )
        if not function.name.startswith("llvm."):
            groups["undefined" if function.is_declaration else linkage].add(function.name)
    return ModuleSymbols(*(tuple(sorted(names)) for names in groups.values()))


def test_the_table_of_a_module_says_what_llvm_says_after_parsing_it(crate: Path, bitcode: bytes) -> None:
    symbols, listed = known_symbols(crate / "made.bc"), listed_by_llvm(bitcode)
    aliases = {*symbols.defined, *symbols.weak, *symbols.local} - {*listed.defined, *listed.weak, *listed.local}
    assert aliases == {"twin_b"}, "the merged twin is an alias, which LLVM's list of functions leaves out"
    assert symbols.weak == listed.weak == ("kept_once", "replaceable")
    assert set(symbols.defined) - aliases == set(listed.defined)
    assert (symbols.local, symbols.undefined) == (listed.local, listed.undefined)


def test_functions_are_sorted_into_strong_weak_local_and_undefined(crate: Path) -> None:
    symbols = known_symbols(crate / "made.bc")
    assert {"visible", "twin_a", "twin_b"} <= set(symbols.defined)
    assert any(name.endswith("4made6hidden") for name in symbols.local)
    assert "imported" in symbols.undefined
    assert any(name.endswith("12___rust_alloc") for name in symbols.undefined)


def test_data_and_intrinsics_are_no_function_symbols(crate: Path) -> None:
    symbols = known_symbols(crate / "made.bc")
    names = {*symbols.defined, *symbols.weak, *symbols.local, *symbols.undefined}
    assert b"llvm." in (crate / "made.ll").read_bytes()
    assert b"@DATA = " in (crate / "made.ll").read_bytes()
    assert not {name for name in names if name == "DATA" or name.startswith(("llvm.", "alloc_"))}


def test_text_and_bitcode_of_a_module_have_the_same_symbols(crate: Path) -> None:
    assert known_symbols(crate / "made.ll") == known_symbols(crate / "made.bc")


def test_a_module_of_std_has_the_symbols_that_llvm_finds_in_it(sysroot_libraries: Path) -> None:
    (source,) = (each for each in discover(next(sysroot_libraries.glob("libhashbrown-*.rlib")), Origin.STD))
    symbols, listed = read_symbols(source), listed_by_llvm(source.read())
    assert symbols is not None
    assert symbols.local, "std's modules have local functions"
    assert set(symbols.defined) >= set(listed.defined)
    assert set(symbols.local) >= set(listed.local)
    assert symbols.undefined == listed.undefined


@pytest.fixture(scope="module")
def sysroot_libraries() -> Path:
    run = subprocess.run(["rustc", "--print", "target-libdir"], capture_output=True, text=True, check=True)
    return Path(run.stdout.strip())


def test_every_linkage_of_text_is_understood_and_printing_it_again_changes_nothing(tmp_path: Path) -> None:
    expected = ModuleSymbols(
        defined=("<T as Trait>::mé", "as is", "chooser", "chosen", "pair", "strong", "twin"),
        weak=("once", "weak"),
        local=("hidden", "hidden_twin", "very private"),
        undefined=("copy", "maybe", "needed", "personality"),
        hidden=("once",),
    )
    printed = str(llvm.parse_assembly(TEXT))
    assert symbols_of(tmp_path / "written.ll", TEXT.encode(), ModuleKind.TEXT) == expected
    assert symbols_of(tmp_path / "printed.ll", printed.encode(), ModuleKind.TEXT) == expected


def test_a_wrapped_module_has_the_symbols_of_the_module_inside(tmp_path: Path, bitcode: bytes) -> None:
    header = struct.pack("<5I", 0x0B17C0DE, 0, 32, len(bitcode), 7)
    wrapped = symbols_of(tmp_path / "wrapped.bc", header.ljust(32, b"\0") + bitcode + b"\0" * 12)
    assert wrapped == symbols_of(tmp_path / "bare.bc", bitcode)


def without_block(path: Path, unwanted: BlockId) -> bytes:
    data = path.read_bytes()
    with open_span(path) as span:
        (block,) = (block for block in blocks(unwrap(span)) if block.id == unwanted)
    return data[: block.offset - 8] + data[block.end :]


@pytest.mark.parametrize("missing", [BlockId.SYMTAB, BlockId.STRTAB])
def test_a_module_without_its_tables_is_valid_and_its_symbols_are_unknown(
    crate: Path, tmp_path: Path, missing: BlockId
) -> None:
    assert symbols_of(tmp_path / "stripped.bc", without_block(crate / "made.bc", missing)) is None


def test_what_llvmlite_writes_has_no_symbol_table(tmp_path: Path) -> None:
    assert symbols_of(tmp_path / "small.bc", llvm.parse_assembly(TEXT).as_bitcode()) is None


def test_a_file_of_only_other_blocks_holds_no_module(crate: Path, tmp_path: Path) -> None:
    data = without_block(crate / "made.bc", BlockId.MODULE)
    with pytest.raises(UnreadableModuleError, match=r"empty\.bc: it holds no module"):
        symbols_of(tmp_path / "empty.bc", data)


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"", ModuleKind.BITCODE, "it is empty"),
        (b"BC", ModuleKind.BITCODE, "it is not LLVM bitcode, it begins with the bytes 42 43"),
        (b"\x7fELF and so on", ModuleKind.BITCODE, "it is not LLVM bitcode, it begins with the bytes 7f 45 4c 46"),
        (b"BC\xc0\xde", ModuleKind.BITCODE, "it holds no module"),
        (b"\xde\xc0\x17\x0b", ModuleKind.BITCODE, "it is cut short"),
        (b"", ModuleKind.TEXT, "it is empty"),
        (b"fn main() {}\n", ModuleKind.TEXT, "it is not LLVM IR in text form"),
        (b"define void @f()\0", ModuleKind.TEXT, "it is not LLVM IR in text form"),
        (b"", ModuleKind.NATIVE, "it is empty"),
        (b"\x7fELF and so on", ModuleKind.NATIVE, "it is no intact ELF object"),
    ],
)
def test_what_is_no_module_is_named_with_the_reason(
    tmp_path: Path, content: bytes, kind: ModuleKind, reason: str
) -> None:
    path = tmp_path / "odd-file"
    with pytest.raises(UnreadableModuleError) as caught:
        symbols_of(path, content, kind)
    assert str(caught.value).startswith(f"cannot read the module {path}: {reason}")
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_file_that_vanished_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "gone.bc"
    path.write_bytes(b"BC\xc0\xde")
    source = source_of(path)
    path.unlink()
    with pytest.raises(UnreadableModuleError, match="No such file"):
        read_symbols(source)


def test_a_file_that_shrank_after_it_was_found_is_unreadable(tmp_path: Path, bitcode: bytes) -> None:
    path = tmp_path / "shrunk.bc"
    path.write_bytes(bitcode)
    source = source_of(path)
    path.write_bytes(bitcode[:100])
    with pytest.raises(UnreadableModuleError, match="cut short"):
        read_symbols(source)


def test_a_module_cut_anywhere_is_unreadable_or_has_no_table(
    tmp_path_factory: pytest.TempPathFactory, bitcode: bytes
) -> None:
    path = tmp_path_factory.mktemp("cut") / "cut.bc"

    @given(st.integers(0, len(bitcode) - 1))
    def check(length: int) -> None:
        found = outcome(path, bitcode[:length])
        assert not isinstance(found, ModuleSymbols), "a cut file never has an answer that merely looks whole"

    check()


def test_a_module_with_damaged_tables_gives_symbols_or_is_unreadable(
    tmp_path_factory: pytest.TempPathFactory, crate: Path, bitcode: bytes
) -> None:
    with open_span(crate / "made.bc") as span:
        start = min(block.offset for block in blocks(span) if block.id in (BlockId.SYMTAB, BlockId.STRTAB)) - 8
    path = tmp_path_factory.mktemp("damaged") / "damaged.bc"

    @given(st.integers(start, len(bitcode) - 8), st.binary(min_size=1, max_size=8))
    def check(offset: int, junk: bytes) -> None:
        found = outcome(path, bitcode[:offset] + junk + bitcode[offset + len(junk) :])
        assert not isinstance(found, ModuleSymbols) or found.defined == tuple(sorted(found.defined))

    check()


@given(st.sampled_from([b"", b"BC\xc0\xde", b"\xde\xc0\x17\x0b", b"\x7fELF\x02\x01\x01", b"!<arch>\n"]), st.binary())
def test_random_bytes_of_any_kind_are_unreadable_or_have_no_table(
    tmp_path_factory: pytest.TempPathFactory, magic: bytes, junk: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random"
    assert not isinstance(outcome(path, magic + junk), ModuleSymbols)
    # A line that only the text form has may stand among the bytes: then it is text, in which nothing is defined.
    text = outcome(path, magic + junk, ModuleKind.TEXT)
    assert isinstance(text, UnreadableModuleError) or text == ModuleSymbols()
    assert isinstance(outcome(path, magic + junk, ModuleKind.NATIVE), UnreadableModuleError)

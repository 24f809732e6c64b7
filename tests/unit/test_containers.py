"""Finding modules: what rustc, gcc and ar really write, archives of the other dialect by hand, and damaged files."""

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

from ringfence.pipeline.bitcode import read_symbols
from ringfence.pipeline.containers import discover, sysroot_modules
from ringfence.pipeline.errors import ExitCode, UsageError
from ringfence.pipeline.module_source import ModuleKind, ModuleSource, Origin, UnreadableModuleError

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("rustc", "gcc", "ar", "ld", "objcopy")),
    reason="rustc, gcc and binutils are not installed",
)

HASH = "0123456789abcdef"
LONG = "a_member_with_a_name_that_is_longer_than_sixteen_bytes.o"


def run(folder: Path, *command: str | Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def compiled(folder: Path, name: str, *flags: str) -> None:
    (folder / f"{name}.rs").write_text(
        f"#[no_mangle] #[inline(never)] pub fn {name}(x: u32) -> u32 {{ x + {len(name)} }}\n"
        f"pub mod inner {{ #[no_mangle] pub fn {name}_inner(v: &[u8]) -> Vec<u8> {{ v.to_vec() }} }}\n"
    )
    run(folder, "rustc", "--crate-type=lib", "-O", "-Csymbol-mangling-version=v0", *flags, f"{name}.rs")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two crates in every form, and a C object: built once, copied by the tests."""
    folder = tmp_path_factory.mktemp("made")
    compiled(folder, "alpha", "--emit=llvm-bc,llvm-ir,obj,link", f"-Cextra-filename=-{HASH}", "-Ccodegen-units=1")
    compiled(folder, "beta", "--emit=llvm-bc,obj,link", "-Ccodegen-units=1")
    (folder / "native.c").write_text("int native(int x) { return x + 1; }\n")
    run(folder, "gcc", "-c", "-O2", "native.c")
    shutil.copy(folder / "native.o", folder / LONG)
    return folder


def bitcode_of(folder: Path, crate: str = f"alpha-{HASH}") -> bytes:
    return (folder / f"{crate}.bc").read_bytes()


def names_of(source: ModuleSource) -> set[str]:
    symbols = read_symbols(source)
    assert symbols is not None
    return set(symbols.defined)


def described(sources: tuple[ModuleSource, ...]) -> list[tuple[str, str, str]]:
    return [(source.label, source.kind.value, source.crate) for source in sources]


def copied(folder: Path, target: Path, *names: str) -> None:
    for name in names:
        shutil.copy(folder / name, target / name)


def test_a_bitcode_file_is_one_module_of_the_crate_in_its_name(made: Path) -> None:
    path = made / f"alpha-{HASH}.bc"
    (source,) = discover(path, Origin.OWN)
    assert source == ModuleSource(path, "", 0, path.stat().st_size, ModuleKind.BITCODE, "alpha", Origin.OWN)
    assert source.read() == path.read_bytes()


def test_a_text_file_is_one_module(made: Path) -> None:
    (source,) = discover(made / f"alpha-{HASH}.ll", Origin.DEPENDENCY)
    assert described((source,)) == [(f"alpha-{HASH}.ll", "text", "alpha")]
    assert names_of(source) == {"alpha", "alpha_inner"}


def test_a_file_is_judged_by_its_first_bytes_not_by_its_name(made: Path, tmp_path: Path) -> None:
    shutil.copy(made / f"alpha-{HASH}.bc", tmp_path / "module.dat")
    (source,) = discover(tmp_path / "module.dat", Origin.OWN)
    assert names_of(source) == {"alpha", "alpha_inner"}


def test_an_rlib_holds_the_bitcode_of_its_crate_and_its_metadata_is_left_out(made: Path) -> None:
    archive = made / f"libalpha-{HASH}.rlib"
    assert "lib.rmeta" in run(made, "ar", "t", archive)
    (source,) = discover(archive, Origin.DEPENDENCY)
    assert (source.kind, source.crate, source.origin) == (ModuleKind.BITCODE, "alpha", Origin.DEPENDENCY)
    assert source.label.startswith(f"libalpha-{HASH}.rlib(alpha-{HASH}.alpha.")
    assert names_of(source) == {"alpha", "alpha_inner"}
    assert {function.name for function in llvm.parse_bitcode(source.read()).functions} >= names_of(source)


def test_an_object_with_embedded_bitcode_is_read_as_bitcode(made: Path) -> None:
    (source,) = discover(made / "beta.o", Origin.OWN)
    assert source.kind is ModuleKind.BITCODE
    assert source.read() == bitcode_of(made, "beta")


def test_an_object_without_bitcode_is_native(made: Path) -> None:
    (source,) = discover(made / "native.o", Origin.OWN)
    assert (source.kind, source.origin, source.crate) == (ModuleKind.NATIVE, Origin.NATIVE, "native")
    assert names_of(source) == {"native"}


def test_the_modules_that_a_linker_put_end_to_end_are_told_apart(made: Path, tmp_path: Path) -> None:
    run(tmp_path, "ld", "-r", made / f"alpha-{HASH}.o", made / "native.o", made / "beta.o", "-o", "joined.o")
    sources = discover(tmp_path / "joined.o", Origin.OWN)
    assert [source.label for source in sources] == ["joined.o(.llvmbc.0)", "joined.o(.llvmbc.1)"]
    assert [source.read() for source in sources] == [bitcode_of(made), bitcode_of(made, "beta")]


def wrapped(bitcode: bytes) -> bytes:
    return struct.pack("<5I", 0x0B17C0DE, 0, 20, len(bitcode), 7) + bitcode


def test_wrapped_bare_and_padded_modules_of_one_section_are_told_apart(made: Path, tmp_path: Path) -> None:
    alpha, beta = bitcode_of(made), bitcode_of(made, "beta")
    (tmp_path / "section").write_bytes(bytes(3) + wrapped(alpha) + bytes(40) + beta + wrapped(beta) + bytes(9))
    run(tmp_path, "objcopy", "--add-section", ".llvmbc=section", made / "native.o", "linked")
    sources = discover(tmp_path / "linked", Origin.OWN)
    assert [source.read() for source in sources] == [wrapped(alpha), beta, wrapped(beta)]
    assert [names_of(source) for source in sources] == [{"alpha", "alpha_inner"}, *([{"beta", "beta_inner"}] * 2)]


def test_a_section_with_something_else_between_its_modules_is_damaged(made: Path, tmp_path: Path) -> None:
    (tmp_path / "section").write_bytes(bitcode_of(made) + b"something else")
    run(tmp_path, "objcopy", "--add-section", ".llvmbc=section", made / "native.o", "odd.o")
    with pytest.raises(UnreadableModuleError, match=r"odd\.o: at \d+ there is no LLVM bitcode, but the bytes 73 6f"):
        discover(tmp_path / "odd.o", Origin.OWN)


def test_a_static_library_with_long_and_short_names_is_read_member_by_member(made: Path, tmp_path: Path) -> None:
    copied(made, tmp_path, "native.o", LONG, "beta.o", "beta.bc")
    (tmp_path / "notes.txt").write_text("an archive may hold anything")
    run(tmp_path, "ar", "rcs", "libmixed.a", "native.o", LONG, "beta.o", "beta.bc", "notes.txt")
    sources = discover(tmp_path / "libmixed.a", Origin.DEPENDENCY)
    assert described(sources) == [
        ("libmixed.a(native.o)", "native", "mixed"),
        (f"libmixed.a({LONG})", "native", "mixed"),
        ("libmixed.a(beta.o)", "bitcode", "mixed"),
        ("libmixed.a(beta.bc)", "bitcode", "mixed"),
    ]
    assert [names_of(source) for source in sources] == [{"native"}] * 2 + [{"beta", "beta_inner"}] * 2


def bsd_archive(*members: tuple[str, bytes]) -> bytes:
    """As Darwin's tools write it: long names before the content, an index of its own, odd sizes filled up."""
    archive = b"!<arch>\n"
    for name, content in (("__.SYMDEF SORTED", b"\0\0\0\0\0\0\0\0"), *members):
        stored = name.encode().ljust(-(-len(name) // 4) * 4, b"\0")
        body = stored + content
        archive += f"#1/{len(stored)}".ljust(16).encode() + b"0".ljust(32) + str(len(body)).ljust(10).encode() + b"`\n"
        archive += body + b"\n" * (len(body) % 2)
    return archive


def test_an_archive_of_the_bsd_kind_is_read_alike(made: Path, tmp_path: Path) -> None:
    odd = (made / "native.o").read_bytes() + b"\0"
    path = tmp_path / "libdarwin.a"
    path.write_bytes(bsd_archive((LONG, odd), ("b.o", (made / "beta.o").read_bytes())))
    sources = discover(path, Origin.DEPENDENCY)
    assert [source.label for source in sources] == [f"libdarwin.a({LONG})", "libdarwin.a(b.o)"]
    assert [names_of(source) for source in sources] == [{"native"}, {"beta", "beta_inner"}]


def test_a_thin_archive_is_refused_with_the_reason(made: Path, tmp_path: Path) -> None:
    copied(made, tmp_path, "native.o")
    run(tmp_path, "ar", "rcsT", "libthin.a", "native.o")
    with pytest.raises(UnreadableModuleError, match="thin archive"):
        discover(tmp_path / "libthin.a", Origin.OWN)


def test_a_folder_is_searched_to_the_bottom_and_sorted(made: Path, tmp_path: Path) -> None:
    deep = tmp_path / "z" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "readme.txt").write_text("no module")
    (tmp_path / "Makefile").write_text("no module either")
    copied(made, deep, "beta.bc")
    copied(made, tmp_path, "native.o")
    sources = discover(tmp_path, Origin.OWN)
    assert [source.path for source in sources] == [tmp_path / "native.o", deep / "beta.bc"]
    assert discover(tmp_path, Origin.OWN) == sources


def test_of_all_forms_of_a_crate_in_a_folder_only_its_bitcode_counts(made: Path) -> None:
    kept = [label for label, _, _ in described(discover(made, Origin.OWN))]
    assert kept == sorted([f"alpha-{HASH}.bc", "beta.bc", "native.o", LONG])


def test_codegen_units_beside_the_whole_crate_are_left_out(made: Path, tmp_path: Path) -> None:
    copied(made, tmp_path, f"alpha-{HASH}.bc")
    unit = tmp_path / f"alpha-{HASH}.alpha.fedcba9876543210-cgu.00.rcgu.bc"
    shutil.copy(made / f"alpha-{HASH}.bc", unit)
    assert [source.path.name for source in discover(tmp_path, Origin.OWN)] == [f"alpha-{HASH}.bc"]
    (tmp_path / f"alpha-{HASH}.bc").unlink()
    assert [source.path for source in discover(tmp_path, Origin.OWN)] == [unit]


def test_all_codegen_units_of_a_crate_are_kept(tmp_path: Path) -> None:
    compiled(tmp_path, "gamma", "--emit=llvm-bc", f"-Cextra-filename=-{HASH}", "-Ccodegen-units=2", "-Csave-temps=no")
    written = sorted(path.name for path in tmp_path.glob("*.rcgu.bc"))
    sources = discover(tmp_path, Origin.OWN)
    assert len(written) == 2
    assert [source.path.name for source in sources] == written
    assert {source.crate for source in sources} == {"gamma"}
    assert set[str]().union(*map(names_of, sources)) >= {"gamma", "gamma_inner"}


def test_an_rlib_elsewhere_adds_only_what_the_bitcode_beside_it_does_not_say(made: Path, tmp_path: Path) -> None:
    deps = tmp_path / "deps"
    deps.mkdir()
    copied(made, deps, f"alpha-{HASH}.bc", f"libalpha-{HASH}.rlib", "native.o")
    run(deps, "ar", "r", f"libalpha-{HASH}.rlib", "native.o")
    (deps / "native.o").unlink()
    os.link(deps / f"libalpha-{HASH}.rlib", tmp_path / "libalpha.rlib")
    labels = [label for label, _, _ in described(discover(tmp_path, Origin.OWN))]
    assert f"alpha-{HASH}.bc" in labels
    assert not any("rcgu" in label for label in labels)
    assert f"libalpha-{HASH}.rlib(native.o)" in labels


def test_an_rlib_and_its_copy_under_another_name_count_once(made: Path, tmp_path: Path) -> None:
    deps = tmp_path / "deps"
    deps.mkdir()
    copied(made, deps, f"libalpha-{HASH}.rlib")
    os.link(deps / f"libalpha-{HASH}.rlib", tmp_path / "libalpha.rlib")
    assert [source.path.name for source in discover(tmp_path, Origin.OWN)] == [f"libalpha-{HASH}.rlib"]


def test_crates_of_one_name_and_different_hashes_are_different(made: Path, tmp_path: Path) -> None:
    copied(made, tmp_path, f"alpha-{HASH}.bc")
    shutil.copy(made / "beta.bc", tmp_path / f"alpha-{HASH[::-1]}.bc")
    assert len(discover(tmp_path, Origin.OWN)) == 2


def test_a_damaged_archive_in_a_folder_is_kept_with_its_problem(made: Path, tmp_path: Path) -> None:
    copied(made, tmp_path, "beta.bc")
    (tmp_path / f"libdelta-{HASH}.rlib").write_bytes((made / f"libalpha-{HASH}.rlib").read_bytes()[:700])
    whole, damaged = discover(tmp_path, Origin.DEPENDENCY)
    assert names_of(whole) == {"beta", "beta_inner"}
    assert damaged.crate == "delta"
    for attempt in (damaged.read, lambda: read_symbols(damaged)):
        with pytest.raises(UnreadableModuleError, match=rf"libdelta-{HASH}\.rlib: it is cut short"):
            attempt()


def test_a_damaged_archive_alone_is_an_error_at_once(made: Path, tmp_path: Path) -> None:
    (tmp_path / "libcut.a").write_bytes((made / f"libalpha-{HASH}.rlib").read_bytes()[:700])
    with pytest.raises(UnreadableModuleError, match=r"libcut\.a: it is cut short") as caught:
        discover(tmp_path / "libcut.a", Origin.OWN)
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_path_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere does not exist: build with `--emit=llvm-bc`"):
        discover(tmp_path / "nowhere", Origin.OWN)


def test_a_file_of_another_kind_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "main.rs").write_text("fn main() {}")
    with pytest.raises(UsageError, match=r"main\.rs is no file with LLVM IR: build with `--emit=llvm-bc`"):
        discover(tmp_path / "main.rs", Origin.OWN)


def test_a_program_without_bitcode_is_named_with_what_to_do() -> None:
    program = Path(shutil.which("ld") or "").resolve()
    with pytest.raises(UsageError, match=r"holds no LLVM IR: build with `--emit=llvm-bc`"):
        discover(program, Origin.OWN)


@pytest.mark.parametrize("names", [(), ("notes.txt", "Makefile")], ids=["empty", "other files"])
def test_a_folder_without_modules_is_named_with_what_to_do(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("no module")
    with pytest.raises(UsageError, match=r"there is no LLVM IR below .*: build with `--emit=llvm-bc`"):
        discover(tmp_path, Origin.OWN)


def test_a_pipe_in_a_folder_is_passed_by(made: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.bc")
    copied(made, tmp_path, "beta.bc")
    assert [source.path.name for source in discover(tmp_path, Origin.OWN)] == ["beta.bc"]
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        discover(tmp_path / "pipe.bc", Origin.OWN)


def test_the_sysroot_holds_the_bitcode_of_std(tmp_path: Path) -> None:
    libraries = Path(run(tmp_path, "rustc", "--print", "target-libdir").strip())
    sources = sysroot_modules(libraries)
    crates = {source.crate for source in sources if source.kind is ModuleKind.BITCODE}
    assert {"core", "alloc", "std", "hashbrown", "gimli", "compiler_builtins"} <= crates
    assert {source.origin for source in sources if source.kind is ModuleKind.BITCODE} == {Origin.STD}
    assert {source.path.suffix for source in sources} == {".rlib"}
    (core,) = (source for source in sources if source.crate == "core")
    assert any(name.endswith("9panicking9panic_fmt") for name in names_of(core))


def test_a_folder_without_std_says_how_to_get_it(made: Path) -> None:
    with pytest.raises(UsageError, match="rustup component add rust-std"):
        sysroot_modules(made / "nothing")


def first_problem(path: Path) -> str:
    try:
        for source in discover(path, Origin.OWN):
            read_symbols(source)
    except UsageError as error:
        return str(error)
    return ""


def test_a_cut_or_changed_container_gives_modules_or_is_named(
    tmp_path_factory: pytest.TempPathFactory, made: Path
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    archive = (made / f"libalpha-{HASH}.rlib").read_bytes()
    containers = {"lib.a": archive, "object.o": (made / "beta.o").read_bytes(), "bsd.a": bsd_archive((LONG, archive))}

    @given(st.sampled_from(sorted(containers)), st.integers(0, len(archive)), st.binary(max_size=8))
    def check(name: str, offset: int, junk: bytes) -> None:
        data, path = containers[name], folder / name
        path.write_bytes(data[:offset] + junk + (data[offset + len(junk) :] if junk else b""))
        problem = first_problem(path)
        assert not problem or str(path) in problem

    check()

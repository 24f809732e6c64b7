"""The audit build, with the real cargo, on crates of a few lines."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.pipeline.cargo import Build, Selection, build, metadata
from ringfence.pipeline.errors import BuildError, ExitCode, MetadataError, RingfenceError
from ringfence.pipeline.toolchain import check_toolchain

pytestmark = pytest.mark.end_to_end

if shutil.which("cargo") is None or shutil.which("rustc") is None:
    pytest.skip("needs cargo and rustc", allow_module_level=True)

ANY_LLVM = (999, 0, 0)
"""These tests build bitcode and do not read it."""

TRIPLE = next(
    line.removeprefix("host: ")
    for line in subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout.splitlines()
    if line.startswith("host: ")
)

MANIFEST = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n'

ADD = "#[inline(never)] pub fn add(a: u64) -> u64 { std::hint::black_box(a) + 1 }\n"
"""Without the attribute rustc leaves so small a function to the crates that call it."""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def crate(folder: Path, manifest: str = "", library: str = ADD) -> Path:
    """A package with a library, named like its folder."""
    write(folder / "Cargo.toml", MANIFEST.format(name=folder.name) + manifest)
    write(folder / "src/lib.rs", library)
    return folder


@pytest.fixture(autouse=True)
def no_flags_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if re.fullmatch(r"(CARGO_(ENCODED|BUILD|TARGET|PROFILE)_?.*|RUST(DOC)?FLAGS|RUSTC.*|CARGO_INCREMENTAL)", name):
            monkeypatch.delenv(name)


def run(
    folder: Path,
    selection: Selection | None = None,
    *,
    layout_all: bool = False,
    full_debug: tuple[str, ...] = (),
    emit_text: bool = False,
    on_line: Callable[[str], None] = print,
) -> Build:
    chosen = selection or Selection()
    toolchain = check_toolchain(ANY_LLVM, chosen.target, folder)
    return build(
        chosen,
        toolchain,
        metadata(chosen, toolchain, on_line),
        layout_all=layout_all,
        full_debug_packages=full_debug,
        emit_text=emit_text,
        on_line=on_line,
    )


def debug_info(found: Build) -> dict[str, str]:
    """How much debug info the printed IR of each crate has (LangRef, *DICompileUnit*)."""
    kinds: dict[str, str] = {}
    for artifact in found.artifacts:
        text = artifact.modules[0].read_text()
        kinds[artifact.crate_name] = ",".join(sorted(set(re.findall(r"emissionKind: (\w+)", text))))
    return kinds


def moments(found: Build) -> list[int]:
    return [path.stat().st_mtime_ns for artifact in found.artifacts for path in artifact.modules]


# Which crates and modules


def test_a_second_build_compiles_nothing_and_finds_the_same(tmp_path: Path) -> None:
    crate(tmp_path / "app")
    first = run(tmp_path / "app")
    assert [(artifact.crate_name, artifact.kind, artifact.own) for artifact in first.artifacts] == [
        ("app", "lib", True)
    ]
    (module,) = first.artifacts[0].modules
    assert module.read_bytes().startswith(b"BC\xc0\xde")
    assert module.is_relative_to(tmp_path / "app/target/ringfence" / TRIPLE)
    assert first.cpu_seconds > 0
    assert first.wall_seconds > 0
    before = moments(first)
    second = run(tmp_path / "app")
    assert second.artifacts == first.artifacts
    assert moments(second) == before


def test_a_workspace_that_was_moved_is_compiled_where_it_lies_now(tmp_path: Path) -> None:
    crate(tmp_path / "before")
    kept = Selection(target_dir=tmp_path / "kept")
    run(tmp_path / "before", kept, emit_text=True)
    (tmp_path / "before").rename(tmp_path / "after")
    found = run(tmp_path / "after", kept, emit_text=True)
    assert f'directory: "{tmp_path}/after' in found.artifacts[0].modules[0].read_text()
    before = moments(found)
    assert moments(run(tmp_path / "after", kept, emit_text=True)) == before


def test_every_kind_of_target_gets_its_modules(tmp_path: Path) -> None:
    app = crate(tmp_path / "my-app")
    write(app / "src/main.rs", 'fn main() { println!("{}", my_app::add(1)); }')
    write(app / "examples/show.rs", 'fn main() { println!("{}", my_app::add(2)); }')
    write(app / "tests/check.rs", "#[test] fn adds() { assert_eq!(my_app::add(1), 2); }")
    write(app / "benches/speed.rs", 'fn main() { println!("{}", my_app::add(3)); }')
    found = run(app, Selection(all_targets=True))
    kinds = [(artifact.crate_name, artifact.kind, artifact.harness) for artifact in found.artifacts]
    assert sorted(set(kinds)) == [
        ("check", "test", True),
        ("my_app", "bin", False),
        ("my_app", "bin", True),
        ("my_app", "lib", False),
        ("my_app", "lib", True),
        ("show", "example", False),
        ("speed", "bench", True),
    ]
    modules = [path for artifact in found.artifacts for path in artifact.modules]
    assert len(modules) == len(set(modules))
    only_library = run(app, Selection(lib=True))
    assert [artifact.kind for artifact in only_library.artifacts] == ["lib"]


def test_members_are_told_from_dependencies_and_macros_are_left_out(tmp_path: Path) -> None:
    crate(tmp_path / "ext")
    crate(
        tmp_path / "ws/mac",
        "[lib]\nproc-macro = true\n",
        "use proc_macro::TokenStream;\n"
        '#[proc_macro] pub fn same(t: TokenStream) -> TokenStream { println!("from a macro"); t }\n',
    )
    crate(
        tmp_path / "ws/app",
        '[dependencies]\next = {path = "../../ext"}\nmac = {path = "../mac"}\n'
        '[build-dependencies]\next = {path = "../../ext"}\n',
        "mac::same! { pub fn two(a: u64) -> u64 { ext::add(a) + 1 } }",
    )
    write(tmp_path / "ws/app/build.rs", "fn main() { ext::add(1); }")
    write(tmp_path / "ws/Cargo.toml", '[workspace]\nmembers = ["app", "mac"]\nresolver = "2"\n')
    lines: list[str] = []
    found = run(tmp_path / "ws", on_line=lines.append)
    assert [(artifact.package_name, artifact.own) for artifact in found.artifacts] == [("app", True), ("ext", False)]
    assert found.artifacts[1].root_dir == tmp_path / "ext"
    assert "from a macro" in lines
    host = tmp_path / "ws/target/ringfence/release/deps"
    assert list(host.glob("ext-*.d"))
    assert not list(host.glob("*.bc"))


def test_modules_of_another_choice_of_features_are_not_mixed_in(tmp_path: Path) -> None:
    app = crate(tmp_path / "app", "[features]\nmore = []\n", ADD + '#[cfg(feature = "more")] pub fn more() {}\n')
    plain = run(app)
    rich = run(app, Selection(features=("more",)))
    assert plain.artifacts != rich.artifacts
    assert run(app).artifacts == plain.artifacts


def test_a_removed_module_is_made_again(tmp_path: Path) -> None:
    crate(tmp_path / "ext")
    app = crate(tmp_path / "app", '[dependencies]\next = {path = "../ext"}\n', "pub fn two() -> u64 { ext::add(1) }")
    first = run(app)
    removed = next(artifact for artifact in first.artifacts if artifact.crate_name == "ext").modules[0]
    removed.unlink()
    assert run(app).artifacts == first.artifacts
    assert removed.is_file()


def test_each_codegen_unit_is_a_module_and_units_of_an_older_source_are_not(tmp_path: Path) -> None:
    functions = [f"pub mod m{n} {{ {ADD} }}" for n in range(4)]
    app = crate(tmp_path / "app", "[profile.release]\ncodegen-units = 4\n", "".join(functions))
    four = run(app).artifacts[0].modules
    assert len(four) == 4
    write(app / "src/lib.rs", "".join(functions[:2]))
    two = run(app).artifacts[0].modules
    assert len(two) == 2
    assert len(list(two[0].parent.glob("app-*.bc"))) >= 4
    two[0].unlink()
    assert len(run(app).artifacts[0].modules) == 2


def test_text_and_bitcode_are_kept_side_by_side(tmp_path: Path) -> None:
    app = crate(tmp_path / "app")
    bitcode = run(app)
    text = run(app, emit_text=True)
    assert text.artifacts[0].modules[0].suffix == ".ll"
    assert "define" in text.artifacts[0].modules[0].read_text()
    before = moments(bitcode)
    assert moments(run(app)) == before


def test_a_native_library_of_a_build_script_is_found(tmp_path: Path) -> None:
    script = """
        fn main() {
            let out = std::env::var("OUT_DIR").unwrap();
            std::fs::write(format!("{out}/libnat.a"), "!<arch>\\n").unwrap();
            println!("cargo:rustc-link-search=native={out}");
            println!("cargo:rustc-link-lib=static=nat");
        }"""
    app = crate(tmp_path / "app")
    write(app / "build.rs", script)
    (library,) = run(app).native_libraries
    assert (library.name, library.kind) == ("nat", "static")
    assert library.archive is not None
    assert library.archive.is_file()
    assert run(app).native_libraries == (library,)


# How they are compiled


def test_members_and_named_packages_have_types_and_other_packages_have_lines(tmp_path: Path) -> None:
    for name in ("one", "two"):
        crate(tmp_path / name)
    app = crate(
        tmp_path / "app",
        '[dependencies]\none = {path = "../one"}\ntwo = {path = "../two"}\n'
        "[profile.release.package]\none.debug = 0\napp.debug = 0\n",
        "pub fn three(a: u64) -> u64 { one::add(a) + two::add(a) }",
    )
    full, lines = "FullDebug", "LineTablesOnly"
    assert debug_info(run(app, emit_text=True)) == {"app": full, "one": lines, "two": lines}
    named = run(app, emit_text=True, full_debug=("two", "app", "stranger"))
    assert debug_info(named) == {"app": full, "one": lines, "two": full}
    assert debug_info(run(app, emit_text=True, layout_all=True)) == {"app": full, "one": full, "two": full}


@pytest.mark.parametrize("name", ["dev", "bench", "ship"])
def test_any_profile_can_be_audited(tmp_path: Path, name: str) -> None:
    app = crate(
        tmp_path / "app", '[profile.ship]\ninherits = "release"\nlto = "fat"\nopt-level = 2\ncodegen-units = 1\n'
    )
    found = run(app, Selection(profile=name), emit_text=True)
    assert found.profile.opt_level == {"dev": "0", "bench": "3", "ship": "2"}[name]
    assert debug_info(found) == {"app": "FullDebug"}
    assert any('lto = "fat"' in sentence for sentence in found.differences) == (name == "ship")
    assert any("codegen units" in sentence for sentence in found.differences) == (name != "ship")


def test_flags_that_would_spoil_the_bitcode_are_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = crate(tmp_path / "app")
    monkeypatch.setenv("RUSTFLAGS", "-C debuginfo=0 -C lto=fat -Clinker-plugin-lto")
    found = run(app, emit_text=True)
    assert re.search(r"define .*@_RNv\w*3app3add\(", found.artifacts[0].modules[0].read_text())
    assert debug_info(found) == {"app": "FullDebug"}
    left_out = [sentence for sentence in found.differences if "left out" in sentence]
    assert [sentence.split("`")[1] for sentence in left_out] == [
        "-C debuginfo=0",
        "-C lto=fat",
        "-C linker-plugin-lto",
    ]


CONFIGURATION = """
build.rustflags = ["--cfg", "from_build"]
[target.'cfg(unix)']
rustflags = ["--cfg", "from_unix"]
[target.'cfg(windows)']
rustflags = ["--cfg", "from_windows"]
"""


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({}, {"RUSTFLAGS": "--cfg from_environment"}),
        ({}, {"CARGO_ENCODED_RUSTFLAGS": "--cfg\x1ffrom_encoded"}),
        ({}, {"CARGO_BUILD_RUSTFLAGS": "--cfg from_variable"}),
        ({".cargo/config.toml": 'build.rustflags = "--cfg words"'}, {"CARGO_BUILD_RUSTFLAGS": "--cfg from_variable"}),
        ({".cargo/config.toml": CONFIGURATION}, {}),
        ({".cargo/config.toml": CONFIGURATION}, {"RUSTFLAGS": ""}),
        ({".cargo/config.toml": CONFIGURATION, "../.cargo/config.toml": CONFIGURATION.replace("from", "outer")}, {}),
        (
            {".cargo/config.toml": f'[target.{TRIPLE}]\nrustflags = "--cfg words --cfg more"'},
            {f"CARGO_TARGET_{TRIPLE.upper().replace('-', '_')}_RUSTFLAGS": "--cfg from_variable"},
        ),
        (
            {".cargo/config.toml": 'include = ["more.toml"]', ".cargo/more.toml": CONFIGURATION},
            {"CARGO_BUILD_RUSTFLAGS": "--cfg hidden"},
        ),
    ],
)
def test_the_users_flags_reach_rustc_as_in_a_plain_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], environment: dict[str, str]
) -> None:
    app = crate(tmp_path / "app")
    for name, text in files.items():
        write(app / name, text)
    log = tmp_path / "log"
    wrapper = write(tmp_path / "wrapper", f'#!/bin/sh\necho "$@" >> {log}\nexec "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("RUSTC_WRAPPER", str(wrapper))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def flags() -> list[list[str]]:
        lines = [line for line in log.read_text().splitlines() if "--crate-name app" in line]
        log.unlink()
        return [re.findall(r"--cfg (\w+)", line) for line in lines]

    subprocess.run(["cargo", "check", "--release", "--quiet", "--target", TRIPLE], cwd=app, check=True)
    plain = flags()
    run(app)
    assert flags() == plain


def test_configuration_beside_a_manifest_that_cargo_does_not_read_is_a_difference(tmp_path: Path) -> None:
    app = crate(tmp_path / "app")
    path = write(app / ".cargo/config.toml", 'build.rustflags = ["--cfg", "lost"]')
    (tmp_path / "elsewhere").mkdir()
    found = run(tmp_path / "elsewhere", Selection(manifest_path=app / "Cargo.toml"))
    assert any(f"cargo does not read {path}" in sentence for sentence in found.differences)
    assert not any("does not read" in sentence for sentence in run(app).differences)


def test_the_target_directory_can_be_chosen(tmp_path: Path) -> None:
    app = crate(tmp_path / "app")
    write(app / ".cargo/config.toml", 'build.build-dir = "/dev/null/nowhere"')
    found = run(app, Selection(target_dir=Path("../out")))
    assert found.target_directory == tmp_path / "out"
    assert found.artifacts[0].modules[0].is_relative_to(tmp_path / "out" / TRIPLE)
    assert not (app / "target").exists()


# What goes wrong


def failure(folder: Path, selection: Selection | None = None) -> RingfenceError:
    with pytest.raises(RingfenceError) as caught:
        run(folder, selection)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_crate_that_does_not_compile_fails_the_build(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    error = failure(crate(tmp_path / "app", library='pub fn wrong() -> u8 { "" }'))
    assert isinstance(error, BuildError)
    assert error.exit_code == ExitCode.BUILD_FAILED
    assert "error[E0308]" in capfd.readouterr().err


def test_a_bad_manifest_fails_the_metadata(tmp_path: Path) -> None:
    error = failure(crate(tmp_path / "app", "[dependencies"))
    assert isinstance(error, MetadataError)
    assert error.exit_code == ExitCode.METADATA_FAILED
    assert "Cargo.toml:5" in str(error)
    (tmp_path / "empty").mkdir()
    assert "could not find `Cargo.toml`" in str(failure(tmp_path / "empty"))


def test_a_target_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    app = crate(tmp_path / "app")
    error = failure(app, Selection(target_dir=app / "Cargo.toml/out"))
    assert isinstance(error, BuildError)
    assert str(app / "Cargo.toml/out") in str(error)
    assert "--target-dir" in str(error)


def test_a_wrapper_that_makes_no_bitcode_is_suspected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = crate(tmp_path / "app")
    wrapper = write(
        tmp_path / "wrapper",
        '#!/bin/sh\nfor a; do shift; [ "$a" = --emit=llvm-bc ] || set -- "$@" "$a"; done\nexec "$@"\n',
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("RUSTC_WRAPPER", str(wrapper))
    assert "unset RUSTC_WRAPPER" in str(failure(app))


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_no_process_behind(tmp_path: Path, request_to_end: signal.Signals) -> None:
    app = crate(tmp_path / "app")
    started = tmp_path / "started"
    write(
        app / "build.rs",
        f'fn main() {{ std::fs::write("{started}.new", std::process::id().to_string()).unwrap();'
        f' std::fs::rename("{started}.new", "{started}").unwrap();'
        " std::thread::sleep(std::time::Duration::from_secs(600)); }",
    )
    program = f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom test_build import run, Path\n"
    with subprocess.Popen([sys.executable, "-c", f"{program}run(Path({str(app)!r}))"]) as process:
        deadline = time.monotonic() + 60
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(request_to_end)
        assert process.wait(20) in {1, -signal.SIGINT, 128 + signal.SIGTERM}
    sleeper = int(started.read_text())
    deadline = time.monotonic() + 5
    while is_running(sleeper) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(sleeper)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # One that has ended and that nobody waited for still has its number.
    return b") Z " not in Path(f"/proc/{process}/stat").read_bytes()

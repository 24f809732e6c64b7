"""The toolchain is found as cargo finds it, and a toolchain whose bitcode cannot be read is refused at once."""

import shutil
from pathlib import Path

import pytest

from ringfence.pipeline.errors import BuildError, ExitCode
from ringfence.pipeline.toolchain import check_llvm, check_toolchain, first_error

ANSWER = """rustc {rustc} (abc 2026-01-01)
binary: rustc
host: x86_64-unknown-linux-gnu
release: {rustc}
LLVM version: {llvm}
"""


def program(path: Path, text: str = "exit 0") -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def rustc(tmp_path: Path, answer: str, libraries: Path) -> Path:
    """A compiler that answers the two questions that it is asked."""
    version = tmp_path / "version"
    version.write_text(answer)
    return program(
        tmp_path / "rustc",
        f'if [ "$1" = -vV ]; then cat {version}; else echo {tmp_path}; echo {libraries}; echo unix; fi',
    )


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CARGO", "RUSTC", "CARGO_BUILD_RUSTC", "CARGO_BUILD_TARGET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def refusal(directory: Path, llvmlite: tuple[int, ...] = (22, 1, 0), target: str | None = None) -> str:
    with pytest.raises(BuildError) as caught:
        check_toolchain(llvmlite, target, directory)
    assert caught.value.exit_code == ExitCode.BUILD_FAILED
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_toolchain_that_fits_is_described(tools: Path) -> None:
    (tools / "libstd-1.rlib").touch()
    compiler = rustc(tools, ANSWER.format(rustc="1.95.0", llvm="22.1.2"), tools)
    cargo = program(tools / "cargo")
    found = check_toolchain((22, 1, 0), None, tools)
    assert (found.cargo, found.rustc, found.llvm) == (cargo, compiler, (22, 1, 2))
    assert found.rustc_version == "rustc 1.95.0 (abc 2026-01-01)"
    assert (found.host, found.target, found.triple) == ("x86_64-unknown-linux-gnu",) * 3
    assert (found.library_directory, found.cfg) == (tools, ("unix",))


def test_the_environment_and_the_configuration_choose_the_tools(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tools / "libcore-1.rlib").touch()
    compiler = rustc(tools, ANSWER.format(rustc="1.95.0", llvm="22.1.2"), tools)
    chosen = compiler.rename(tools / "my-rustc")
    cargo = program(tools / "my-cargo")
    monkeypatch.setenv("CARGO", str(cargo))
    (tools / ".cargo").mkdir()
    (tools / ".cargo/config.toml").write_text('build.rustc = "./my-rustc"\nbuild.target = "specs/bare.json"')
    found = check_toolchain((22, 1, 0), None, tools)
    assert (found.cargo, found.rustc) == (cargo, chosen)
    assert (found.target, found.triple) == ("specs/bare.json", "bare")
    monkeypatch.setenv("RUSTC", str(tools / "gone"))
    assert refusal(tools) == f"rustc was not found at `{tools}/gone`: correct or unset RUSTC"


@pytest.mark.parametrize("missing", ["cargo", "rustc"])
def test_a_missing_tool_is_named_with_what_to_do(tools: Path, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tools))
    program(tools / ("rustc" if missing == "cargo" else "cargo"))
    assert refusal(tools).startswith(f"{missing} was not found on the PATH: install Rust")


def test_a_compiler_with_newer_bitcode_is_refused_before_anything_is_built(tools: Path) -> None:
    rustc(tools, ANSWER.format(rustc="1.99.0", llvm="23.1.0"), tools)
    program(tools / "cargo")
    message = refusal(tools, (22, 1, 0))
    assert "rustc 1.99.0 (abc 2026-01-01) writes the bitcode of LLVM 23.1.0" in message
    assert "up to LLVM 22.1.0" in message
    assert "llvmlite built with LLVM 23 or newer" in message


def test_a_newer_minor_version_and_older_bitcode_are_accepted() -> None:
    check_llvm("rustc", (22, 9, 0), (22, 1, 0))
    check_llvm("rustc", (17, 0, 6), (22, 1, 0))


def test_a_compiler_that_is_too_old_or_has_no_llvm_is_refused(tools: Path) -> None:
    program(tools / "cargo")
    rustc(tools, ANSWER.format(rustc="1.70.0", llvm="16.0.2"), tools)
    assert "needs Rust 1.71 or newer" in refusal(tools)
    rustc(tools, ANSWER.format(rustc="1.95.0", llvm="none"), tools)
    assert "without LLVM" in refusal(tools)


def test_a_program_that_is_no_compiler_is_refused(tools: Path) -> None:
    program(tools / "cargo")
    program(tools / "rustc", "echo hello")
    assert "does not answer `-vV`" in refusal(tools)
    program(tools / "rustc", "echo 'error: toolchain is not installed' >&2; exit 1")
    assert refusal(tools).endswith("rustc -vV failed: toolchain is not installed")


def test_a_target_without_standard_library_says_how_to_install_it(tools: Path) -> None:
    rustc(tools, ANSWER.format(rustc="1.95.0", llvm="22.1.2"), tools / "absent")
    program(tools / "cargo")
    assert "run `rustup target add riscv64gc-unknown-linux-gnu`" in refusal(tools, target="riscv64gc-unknown-linux-gnu")


@pytest.mark.skipif(shutil.which("rustc") is None, reason="rustc is not installed")
def test_a_target_that_rustc_does_not_know_is_named_with_the_nearest(tmp_path: Path) -> None:
    said = refusal(tmp_path, (99, 0, 0), "x86_64-unknown-linux-gnux")
    assert said == "rustc knows no target `x86_64-unknown-linux-gnux`: did you mean `x86_64-unknown-linux-gnu`?"
    assert "rustc --print target-list" in refusal(tmp_path, (99, 0, 0), "toaster")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("warning: a\nerror: no such thing\n", "no such thing"),
        ("error[E0463]: can't find crate\n", "can't find crate"),
        ("error: unclosed table\n --> Cargo.toml:7:14\n  |\n", "unclosed table (Cargo.toml:7:14)"),
        ("error: outer\n\nCaused by:\n  middle\n\nCaused by:\n  inner\n  more\n", "outer: inner"),
        ("error: outer\n\nCaused by:\n  `rustc` failed\n  --- stderr\n  error: why\n", "outer: error: why"),
        ("Killed\n", "Killed"),
        ("", "it said nothing"),
    ],
)
def test_the_first_error_is_told_in_one_line(output: str, said: str) -> None:
    assert first_error(output) == said

"""``ringfence doctor``: what it finds in order, and what it says of each thing that is not."""

import platform
import shutil
from pathlib import Path

import pytest

from ringfence.pipeline.cli import main
from ringfence.pipeline.cli.doctor import Check, run_checks

needs_rust = pytest.mark.skipif(shutil.which("cargo") is None, reason="there is no cargo on the PATH")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "store"
    monkeypatch.setenv("RINGFENCE_CACHE", str(place))
    return place


def check(name: str, target: str | None = None) -> Check:
    (found,) = (check for check in run_checks(target, Path.cwd()) if check.name == name)
    return found


@needs_rust
def test_all_is_well_with_a_toolchain_and_a_store(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [
        ["ok", name] for name in ("python", "llvmlite", "cargo", "rustc", "std", "store")
    ]
    assert lines[0][2] == platform.python_version()
    assert lines[5][2] == str(store)


@needs_rust
def test_the_bitcode_of_std_is_counted() -> None:
    std = check("std")
    assert std.passed
    assert int(std.says.split()[0]) > 0


@needs_rust
def test_a_target_that_is_not_installed_says_how_to_get_it() -> None:
    toolchain = check("toolchain", target="sparc64-unknown-linux-gnu")
    assert not toolchain.passed
    assert "rustup target add" in toolchain.says


def test_a_missing_cargo_fails_with_the_code_of_a_failed_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CARGO", raising=False)
    assert main(["doctor"]) == 101
    failed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("ok")]
    assert len(failed) == 1
    assert failed[0].startswith("FAIL  toolchain  cargo was not found")


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RINGFENCE_CACHE", str(tmp_path / "file" / "store"))
    found = check("store")
    assert not found.passed
    assert (
        found.says
        == f"{tmp_path}/file/store cannot be written (Not a directory): set $RINGFENCE_CACHE to a folder that can"
    )


def test_the_store_is_left_empty(store: Path) -> None:
    assert check("store").passed
    assert list(store.iterdir()) == []

"""Bad input gets one clear sentence, the exit code of the contract, no traceback, and nothing is lost."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.pipeline.errors import ExitCode
from ringfence.pipeline.report.json import read
from support import Run

pytestmark = pytest.mark.end_to_end

SCRIPT = Path(sys.executable).with_name("ringfence")


@pytest.fixture
def crate(tmp_path: Path) -> Path:
    """A crate of one function, small enough to be built at once."""
    folder = tmp_path / "small"
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "small"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n', encoding="utf-8"
    )
    (folder / "src" / "lib.rs").write_text(
        "pub fn keep(data: &[u8]) -> Vec<u8> {\n    data.to_vec()\n}\n", encoding="utf-8"
    )
    return folder


def refused(finished: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """One sentence of ours, with these words, on standard error."""
    errors = [line for line in finished.stderr.splitlines() if line.startswith("error: ")]
    ours = [line for line in errors if all(word in line for word in words)]
    assert finished.returncode == code, finished.stderr
    assert len(ours) == 1, finished.stderr
    assert "Traceback" not in finished.stderr + finished.stdout


def test_without_cargo_the_audit_says_what_to_install(ringfence: Run, crate: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    finished = ringfence("audit", "--root", "keep", cwd=crate, environment={"PATH": str(empty)})
    refused(finished, 101, "cargo")


def test_without_rustc_the_audit_says_what_to_install(ringfence: Run, crate: Path, tmp_path: Path) -> None:
    only_cargo = tmp_path / "only cargo"
    only_cargo.mkdir()
    (only_cargo / "cargo").symlink_to(real_program("cargo"))
    finished = ringfence("audit", "--root", "keep", cwd=crate, environment={"PATH": str(only_cargo)})
    refused(finished, 101, "rustc was not found on the PATH")


def real_program(name: str) -> Path:
    """The program itself: beside a rustup link all the others would be found too."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    inside = Path(sysroot) / "bin" / name
    return inside if inside.exists() else Path(shutil.which(name) or name)


def test_a_crate_that_does_not_compile_ends_with_cargos_words_and_one_of_ours(ringfence: Run, crate: Path) -> None:
    (crate / "src" / "lib.rs").write_text("pub fn keep() -> u8 { missing }\n", encoding="utf-8")
    finished = ringfence("audit", "--root", "keep", cwd=crate)
    assert finished.returncode == 101
    assert "cannot find value `missing`" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_rustc_with_an_llvm_that_cannot_be_read_is_refused_before_building(
    ringfence: Run, crate: Path, tmp_path: Path
) -> None:
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "rustc").write_text(
        f'#!/bin/sh\n"{shutil.which("rustc")}" "$@" | sed "s/^LLVM version: .*/LLVM version: 99.1.0/"\n',
        encoding="utf-8",
    )
    (newer / "rustc").chmod(0o755)
    finished = ringfence(
        "audit", "--root", "keep", cwd=crate, environment={"PATH": f"{newer}{os.pathsep}{os.environ['PATH']}"}
    )
    refused(finished, 101, "LLVM 99.1.0", "llvmlite")
    assert not (crate / "target").exists()


def test_a_manifest_that_cargo_cannot_read_is_the_metadatas_failure(ringfence: Run, crate: Path) -> None:
    (crate / "Cargo.toml").write_text("[package", encoding="utf-8")
    refused(ringfence("audit", "--root", "keep", cwd=crate), 102, "`cargo metadata` failed", "Cargo.toml")


def test_a_folder_that_is_no_crate_is_the_metadatas_failure(ringfence: Run, tmp_path: Path) -> None:
    refused(ringfence("audit", "--root", "keep", cwd=tmp_path), 102, "`cargo metadata` failed", str(tmp_path))


def test_a_manifest_that_is_not_there_is_named(ringfence: Run, tmp_path: Path) -> None:
    refused(ringfence("audit", "--manifest-path", tmp_path / "Cargo.toml"), 2, "Cargo.toml")


def test_a_root_that_matches_nothing_is_told_with_the_nearest_name(ringfence: Run, crate: Path) -> None:
    finished = ringfence("audit", "--root", "small::kep", cwd=crate)
    assert finished.returncode == 4
    assert "`small::kep` matches no function" in finished.stdout
    assert "`small::keep`" in finished.stdout


def test_without_a_root_some_are_proposed(ringfence: Run, crate: Path) -> None:
    finished = ringfence("audit", cwd=crate)
    assert finished.returncode == 2
    assert "--root small::keep" in finished.stderr


def test_an_unknown_key_of_the_configuration_is_named_with_the_nearest(ringfence: Run, crate: Path) -> None:
    (crate / "ringfence.toml").write_text('[[root]]\npath = "small::keep"\n', encoding="utf-8")
    refused(ringfence("audit", cwd=crate), 96, "ringfence.toml:1", "`root`", "`roots`")


def test_a_configuration_that_is_not_there_is_named(ringfence: Run, crate: Path) -> None:
    refused(ringfence("audit", "--config", "missing.toml", cwd=crate), 96, "missing.toml")


def test_a_configuration_that_is_no_toml_is_named_with_the_line(ringfence: Run, crate: Path) -> None:
    (crate / "ringfence.toml").write_text("[[roots]]\npath = \n", encoding="utf-8")
    refused(ringfence("audit", cwd=crate), 96, "ringfence.toml:2")


def test_an_unknown_format_is_told_with_the_known_ones(ringfence: Run, crate: Path) -> None:
    refused(ringfence("audit", "--format", "yaml", cwd=crate), 2, "`yaml`", "human", "json")


def test_a_report_that_cannot_be_written_is_refused_before_building(
    ringfence: Run, crate: Path, tmp_path: Path
) -> None:
    file = tmp_path / "no such folder" / "report.json"
    refused(ringfence("audit", "--root", "keep", "--output", f"json={file}", cwd=crate), 2, str(file))
    assert not (crate / "target").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's always full device")
def test_standard_output_on_a_full_disk_is_told_as_that(crate: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        finished = subprocess.run(
            [SCRIPT, "audit", "--root", "keep"], cwd=crate, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "No space left on device" in finished.stderr
    assert "bug in ringfence" not in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.skipif(os.name != "posix", reason="SIGPIPE is POSIX's")
def test_a_reader_that_closes_the_pipe_ends_the_audit_quietly(crate: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    finished = subprocess.run(
        [SCRIPT, "audit", "--root", "keep"], cwd=crate, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert "error: " not in finished.stderr
    assert "Traceback" not in finished.stderr
    assert finished.returncode == ExitCode.FINDINGS


def test_a_folder_without_ir_is_named(ringfence: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see", encoding="utf-8")
    refused(ringfence("audit", "--root", "f", "--ir", tmp_path), 2, str(tmp_path))


@pytest.fixture
def modules(ringfence: Run, crate: Path, tmp_path: Path) -> Path:
    """A folder with the crate's bitcode and nothing else."""
    target = tmp_path / "target"
    assert ringfence("audit", "--root", "keep", "--target-dir", target, cwd=crate).returncode == 100
    folder = tmp_path / "ir"
    folder.mkdir()
    (built,) = target.rglob("small-*.bc")
    shutil.copy(built, folder / "small.bc")
    return folder


@pytest.mark.parametrize(
    ("name", "content"), [("empty.bc", b""), ("noise.bc", bytes(range(255, -1, -1)) * 16), ("note.ll", b"hm")]
)
def test_a_damaged_module_beside_a_good_one_is_named_and_the_good_one_audited(
    ringfence: Run, modules: Path, name: str, content: bytes
) -> None:
    (modules / name).write_bytes(content)
    finished = ringfence("audit", "--root", "small::keep", "--ir", modules)
    assert finished.returncode == 100, finished.stderr
    assert "`to_vec` allocates" in finished.stdout
    assert name in finished.stdout
    assert "Traceback" not in finished.stderr


def test_a_truncated_module_that_the_root_needs_is_named(ringfence: Run, modules: Path) -> None:
    whole = (modules / "small.bc").read_bytes()
    (modules / "small.bc").write_bytes(whole[: len(whole) // 2])
    finished = ringfence("audit", "--root", "small::keep", "--ir", modules)
    assert finished.returncode == 4
    assert "small.bc" in finished.stdout + finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_module_whose_index_is_whole_but_not_its_code_is_named(ringfence: Run, modules: Path) -> None:
    content = bytearray((modules / "small.bc").read_bytes())
    middle = len(content) // 3
    content[middle : middle + 64] = b"\xff" * 64
    (modules / "small.bc").write_bytes(content)
    finished = ringfence("audit", "--root", "small::keep", "--ir", modules)
    assert finished.returncode == 4
    assert "small.bc: LLVM" in finished.stdout
    assert "Traceback" not in finished.stderr


def test_a_target_directory_that_cannot_be_written_is_named(ringfence: Run, crate: Path, tmp_path: Path) -> None:
    blocker = tmp_path / "blocker"
    blocker.write_text("a file", encoding="utf-8")
    refused(ringfence("audit", "--root", "keep", "--target-dir", blocker / "target", cwd=crate), 101, str(blocker))


def test_a_store_that_cannot_be_written_costs_only_time(ringfence: Run, crate: Path, tmp_path: Path) -> None:
    blocker = tmp_path / "blocker"
    blocker.write_text("a file", encoding="utf-8")
    finished = ringfence("audit", "--root", "keep", cwd=crate, environment={"RINGFENCE_CACHE": str(blocker / "store")})
    assert finished.returncode == 100
    assert "`to_vec` allocates" in finished.stdout
    assert f"cannot keep facts in {blocker}" in " ".join(finished.stdout.split())


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="util-linux's prlimit limits the size of files")
def test_a_store_that_runs_full_costs_only_time_and_keeps_nothing_half_written(modules: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    finished = subprocess.run(
        ["prlimit", "--fsize=256", SCRIPT, "audit", "--root", "small::keep", "--ir", modules],
        env={**os.environ, "RINGFENCE_CACHE": str(store)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 100, finished.stderr
    assert "`to_vec` allocates" in finished.stdout
    assert f"cannot keep facts in {store}" in " ".join(finished.stdout.split())
    assert [path for path in store.rglob("*") if path.is_file()] == []


def test_an_interrupt_while_cargo_builds_ends_cargo_too(crate: Path, tmp_path: Path) -> None:
    started = tmp_path / "started"
    (crate / "build.rs").write_text(
        f'fn main() {{ std::fs::write({str(started)!r}, "").unwrap();\n'.replace("'", '"')
        + "    std::thread::sleep(std::time::Duration::from_secs(300)); }\n",
        encoding="utf-8",
    )
    with audit_in_a_session_of_its_own("--root", "keep", cwd=crate) as running:
        wait_until(started.exists, running)
        os.kill(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert errors.splitlines()[-1] == "interrupted"
    assert "Traceback" not in errors
    assert processes_of(running.pid, "cargo", "rustc", "build-script-build") == []


@pytest.fixture
def a_long_read(tmp_path: Path) -> Path:
    """A module that takes seconds to be read."""
    module = tmp_path / "long.ll"
    functions = (f"define i64 @keep{n}(i64 %0) {{\n  ret i64 %0\n}}\n" for n in range(150_000))
    module.write_text("".join(functions), encoding="utf-8")
    return module


def test_an_interrupt_while_modules_are_read_leaves_no_worker_and_no_half_written_store(
    a_long_read: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    with audit_in_a_session_of_its_own("--root", "keep7", "--ir", a_long_read, store=store) as running:
        wait_until(lambda: processes_of(running.pid, "ir.worker") != [], running)
        for worker in processes_of(running.pid, "ir.worker"):
            # It will not finish before the interrupt comes.
            os.kill(worker, signal.SIGSTOP)
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert errors.splitlines()[-1] == "interrupted"
    assert "Traceback" not in errors
    assert processes_of(running.pid, "ir.worker") == []
    assert [path for path in store.rglob("*") if path.is_file()] == []


def audit_in_a_session_of_its_own(
    *arguments: str | Path, cwd: Path | None = None, store: Path | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [SCRIPT, "audit", *arguments],
        cwd=cwd,
        env={**os.environ, **({"RINGFENCE_CACHE": str(store)} if store else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until(has_come: Callable[[], bool], running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not has_come():
        assert running.poll() is None, "the audit ended too early"
        assert time.monotonic() < deadline, "nothing happened in a minute"
        time.sleep(0.005)


def processes_of(session: int, *names: str) -> list[int]:
    """Living processes of a session whose command line (whole: `-ww`) has one of the names."""
    listing = subprocess.run(["ps", "-eww", "-o", "pid,sid,stat,args"], capture_output=True, text=True, check=True)
    rows = (line.split(None, 3) for line in listing.stdout.splitlines()[1:])
    return [
        int(pid)
        for pid, sid, state, arguments in rows
        if int(sid) == session and not state.startswith("Z") and any(name in arguments for name in names)
    ]


def test_a_damaged_native_library_is_named_and_the_audit_goes_on(ringfence: Run, crate: Path) -> None:
    (crate / "build.rs").write_text(
        'fn main() {\n    let out = std::env::var("OUT_DIR").unwrap();\n'
        '    std::fs::write(format!("{out}/libvendor.a"), "!<arch>\\nnonsense").unwrap();\n'
        '    println!("cargo:rustc-link-search=native={out}");\n'
        '    println!("cargo:rustc-link-lib=static=vendor");\n}\n',
        encoding="utf-8",
    )
    (crate / "src" / "lib.rs").write_text(
        'extern "C" {\n    fn vendor_send();\n}\npub fn keep() {\n    unsafe { vendor_send() }\n}\n', encoding="utf-8"
    )
    finished = ringfence("audit", "--root", "keep", "--format", "json", cwd=crate)
    assert finished.returncode == 100, finished.stderr
    report = read(finished.stdout.encode())
    assert [finding.rule for finding in report.findings] == ["RF903"]
    assert [each.file for each in report.coverage.unreadable] == ["libvendor.a"]


def test_an_unknown_effect_is_refused_with_the_nearest(ringfence: Run, crate: Path) -> None:
    (crate / "ringfence.toml").write_text(
        '[[assume]]\nfunction = "vendor_send"\neffects = ["bloks"]\nreason = "the manual"\n', encoding="utf-8"
    )
    refused(ringfence("audit", "--root", "keep", cwd=crate), 96, "ringfence.toml:1", "`bloks`", "`blocks`")

"""Bad input gets one clear sentence, the exit code of the contract, no traceback, and nothing is lost."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import Run

pytestmark = pytest.mark.end_to_end


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


def test_a_crate_that_does_not_compile_ends_with_cargos_words_and_one_of_ours(ringfence: Run, crate: Path) -> None:
    (crate / "src" / "lib.rs").write_text("pub fn keep() -> u8 { missing }\n", encoding="utf-8")
    finished = ringfence("audit", "--root", "keep", cwd=crate)
    assert finished.returncode == 101
    assert "cannot find value `missing`" in finished.stderr
    assert "Traceback" not in finished.stderr


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


@pytest.mark.parametrize(("name", "content"), [("empty.bc", b""), ("random.bc", os.urandom(4096)), ("note.ll", b"hm")])
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


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")
def test_an_interrupt_ends_the_audit_and_leaves_no_half_written_store(crate: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    script = Path(sys.executable).with_name("ringfence")
    running = subprocess.Popen(
        [script, "audit", "--root", "keep"],
        cwd=crate,
        env={**os.environ, "RINGFENCE_CACHE": str(store)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while running.poll() is None and not workers_of(running.pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode in (100, 130), errors
    assert "Traceback" not in errors
    assert workers_of(running.pid) == []
    assert list(store.rglob(".writing-*")) == []


def workers_of(session: int) -> list[int]:
    """Processes of a session that run the reader."""
    listing = subprocess.run(["ps", "-eo", "pid,sid,args"], capture_output=True, text=True, check=True)
    rows = (line.split(None, 2) for line in listing.stdout.splitlines()[1:])
    return [int(pid) for pid, sid, arguments in rows if int(sid) == session and "ir.worker" in arguments]

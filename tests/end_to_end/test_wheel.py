"""The wheel: built, installed alone in a fresh environment, and used outside the checkout."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

PARTS = ("graphs", "passes", "pipeline")

_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def succeed(*command: str | Path, cwd: Path) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def runtime_requirements(name: str) -> set[str]:
    """Names of the distributions that ``name`` needs at run time, with what those need."""
    needed: set[str] = set()
    pending = [name]
    while pending:
        for line in metadata.requires(pending.pop()) or ():
            found = _REQUIREMENT.match(line)
            if found is None or "extra ==" in line or found.group() in needed or not is_installed(found.group()):
                continue
            needed.add(found.group())
            pending.append(found.group())
    return needed


def is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False  # a requirement of another platform: `pip check` below decides
    return True


def lend(distribution: metadata.Distribution, site_packages: Path) -> None:
    """Show an installed distribution to another environment: the test needs no network, yet only what is declared."""
    for file in distribution.files or ():
        top = file.parts[0]
        source, target = Path(str(distribution.locate_file(top))), site_packages / top
        if top not in {"..", "__pycache__"} and source.exists() and not target.exists():
            target.symlink_to(source)


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for part in PARTS:
        shutil.copytree(checkout / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(checkout / file, source)
    succeed(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel and its declared requirements, nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    succeed(sys.executable, "-m", "venv", folder, cwd=folder)
    python = folder / "bin" / "python"
    site_packages = Path(succeed(python, "-c", "import site; print(site.getsitepackages()[0])", cwd=folder).strip())
    for name in sorted(runtime_requirements("ringfence")):
        lend(metadata.distribution(name), site_packages)
    succeed(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    succeed(python, "-m", "pip", "check", cwd=folder)
    return folder


def test_the_wheel_holds_every_source_and_the_types_marker(wheel: Path, checkout: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    for part in PARTS:
        sources = {f"ringfence/{path.relative_to(checkout)}" for path in (checkout / part).rglob("*.py")}
        assert sources | {f"ringfence/{part}/py.typed"} <= held
    assert not {name for name in held if name.startswith(("tests", "docs", "testcrates"))}


def test_the_wheel_brings_the_licence(wheel: Path) -> None:
    assert any(name.endswith("LICENSE") for name in zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize("program", [("ringfence",), ("cargo-ringfence", "ringfence")], ids=["itself", "as cargo does"])
def test_the_installed_program_explains_itself(environment: Path, program: tuple[str, ...], tmp_path: Path) -> None:
    script, *words = program
    shown = succeed(environment / "bin" / script, *words, "--help", cwd=tmp_path)
    assert "audit" in shown


def test_the_installed_program_is_not_the_checkout(environment: Path, checkout: Path, tmp_path: Path) -> None:
    program = "import ringfence.pipeline.cli as cli; print(cli.__file__)"
    place = succeed(environment / "bin" / "python", "-c", program, cwd=tmp_path)
    assert str(environment) in place
    assert str(checkout) not in place


def test_the_installed_program_runs_its_demo(environment: Path, tmp_path: Path) -> None:
    shown = succeed(environment / "bin" / "ringfence", "demo", cwd=tmp_path)
    assert "error[RF101]" in shown


def test_the_demo_needs_no_rust_toolchain(environment: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    script = environment / "bin" / "ringfence"
    done = subprocess.run(
        [script, "demo", "--format", "json"],
        cwd=tmp_path,
        env={"PATH": str(empty), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"RF101"' in done.stdout

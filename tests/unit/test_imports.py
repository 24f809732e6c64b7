"""The shape of the tree: what imports what, what is packaged, and that the program starts quickly.

`make lint` checks the import contracts of ``pyproject.toml``; here a tree that breaks them shows that they bite.
"""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PARTS = ("graphs", "passes", "pipeline")
HEAVY = ("elftools", "llvmlite", "networkx", "rich", "zstandard")
INPUT_OUTPUT = {"open", "print", "input", "breakpoint"}


def sources(checkout: Path, part: str) -> Iterator[Path]:
    yield from sorted((checkout / part).rglob("*.py"))


def calls_of(source: str) -> set[str]:
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {node.func.id for node in nodes if isinstance(node.func, ast.Name)}


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has loaded after ``statement``."""
    program = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split("\n")[-2].split())


def test_the_help_loads_nothing_heavy() -> None:
    statement = "from ringfence.pipeline.cli import main\nmain(['--help'])\nmain(['audit', '--help'])"
    assert loaded_by(statement).isdisjoint(HEAVY)


def test_the_watch_on_heavy_modules_sees_one() -> None:
    assert "rich" in loaded_by("import rich.console")


@pytest.mark.parametrize("part", ["graphs", "passes"])
def test_no_function_of_input_or_output_is_called(checkout: Path, part: str) -> None:
    found = {str(path): calls_of(path.read_text(encoding="utf-8")) & INPUT_OUTPUT for path in sources(checkout, part)}
    assert found, f"there are no sources in {part}"
    assert not {path: calls for path, calls in found.items() if calls}


def test_every_folder_of_code_is_packaged(checkout: Path) -> None:
    setup = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {path.parent.relative_to(checkout) for part in PARTS for path in sources(checkout, part)}
    assert {f"ringfence.{'.'.join(folder.parts)}" for folder in folders} == set(setup["packages"])
    assert all((checkout / part / "py.typed").exists() for part in PARTS)


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("graphs/facts.py", "from ringfence.pipeline import errors", "Imports run one way: pipeline, passes, graphs"),
        ("graphs/facts.py", "import subprocess", "graphs does no input or output"),
        ("passes/rule.py", "import pathlib", "passes judge and do no input or output"),
        ("pipeline/errors.py", "import llvmlite.binding", "Only ringfence.pipeline.ir.module knows llvmlite"),
        ("pipeline/errors.py", "", ""),
    ],
    ids=["upwards", "graphs runs a program", "passes read a file", "llvmlite elsewhere", "nothing wrong"],
)
def test_the_import_contracts_bite(checkout: Path, tmp_path: Path, module: str, line: str, broken: str) -> None:
    for part in PARTS:
        shutil.copytree(checkout / part, tmp_path / "ringfence" / part, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "ringfence" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    config = checkout / "pyproject.toml"
    # The editable installation would put the checkout's own modules before the copies: -S leaves it out.
    paths = [str(tmp_path), *(path for path in sys.path if path.endswith("site-packages"))]
    program = f"import sys; sys.path[:0] = {paths!r}; from importlinter.cli import lint_imports_command as run; run()"
    lint = subprocess.run(
        [sys.executable, "-S", "-c", program, "--no-logo", "--no-cache", "--config", config],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = [line.partition(" BROKEN")[0] for line in lint.stdout.splitlines() if " BROKEN" in line]
    assert verdicts == ([broken] if broken else []), lint.stdout + lint.stderr
    assert lint.returncode == (1 if broken else 0)

"""``ringfence doctor``: is everything there that an audit needs, and does it fit together?"""

from __future__ import annotations

import os
import platform
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.pipeline.cli.options import debug_option
from ringfence.pipeline.errors import BuildError, ExitCode, RingfenceError

if TYPE_CHECKING:
    from ringfence.pipeline.toolchain import Toolchain


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table."""

    name: str
    passed: bool
    says: str
    """What was found; where the check failed, a sentence that says what to do."""


@click.command("doctor", short_help="Check the toolchain, llvmlite and the facts store.")
@click.option("--target", metavar="TRIPLE", help="Platform to check for, instead of the host.")
@debug_option
def command(*, target: str | None) -> int:
    """Check what an audit needs: Python, llvmlite, cargo, rustc and its LLVM, the bitcode of std, the facts store.

    Exits with 0 where all is well, else with 101.
    """
    checks = run_checks(target, Path.cwd())
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = click.style("ok  ", fg="green") if check.passed else click.style("FAIL", fg="red", bold=True)
        click.echo(f"{mark}  {check.name:<{width}}  {check.says}")
    return ExitCode.CLEAN if all(check.passed for check in checks) else ExitCode.BUILD_FAILED


def run_checks(target: str | None, directory: Path) -> tuple[Check, ...]:
    """All checks, in the order in which one builds on another. ``directory`` decides which toolchain is in force."""
    python = Check("python", passed=True, says=platform.python_version())
    return (python, *_compilers(target, directory), _store())


def _compilers(target: str | None, directory: Path) -> tuple[Check, ...]:
    try:
        from ringfence.pipeline.ir.module import llvm_version
    except (ImportError, OSError) as error:
        says = f"llvmlite does not load ({error}): install it again with `pip install --force-reinstall llvmlite`"
        return (Check("llvmlite", passed=False, says=says),)
    from ringfence.pipeline.toolchain import check_toolchain

    llvmlite = Check("llvmlite", passed=True, says=f"{metadata.version('llvmlite')}, LLVM {_dotted(llvm_version())}")
    try:
        toolchain = check_toolchain(llvm_version(), target, directory)
    except BuildError as error:
        return (llvmlite, Check("toolchain", passed=False, says=str(error)))
    return (
        llvmlite,
        Check("cargo", passed=True, says=str(toolchain.cargo)),
        Check(
            "rustc",
            passed=True,
            says=f"{toolchain.rustc_version}, LLVM {_dotted(toolchain.llvm)}, for {toolchain.triple}",
        ),
        _standard_library(toolchain),
    )


def _standard_library(toolchain: Toolchain) -> Check:
    from ringfence.pipeline.containers import sysroot_modules

    place = toolchain.library_directory
    try:
        modules = sysroot_modules(place)
    except RingfenceError as error:
        return Check("std", passed=False, says=str(error))
    if not modules:
        says = f"no bitcode in {place}: calls into std would end there; audit with an official toolchain"
        return Check("std", passed=False, says=says)
    return Check("std", passed=True, says=f"{len(modules)} modules of bitcode in {place}")


def _store() -> Check:
    from ringfence.pipeline.store import default_store

    place = default_store()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(os.urandom(1))
    except OSError as error:
        says = f"{place} cannot be written ({error.strerror}): set $RINGFENCE_CACHE to a folder that can"
        return Check("store", passed=False, says=says)
    return Check("store", passed=True, says=str(place))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))

"""The Rust toolchain that an audit runs: found, asked what it is, and refused where its bitcode could not be read.

LLVM reads bitcode of older versions, never of newer ones (LLVM Developer Policy, *IR Backwards Compatibility*), and
invalid bitcode can abort the reading process: so the LLVM major versions are compared before anything is built.
"""

import difflib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ringfence.pipeline.cargo_config import load_config
from ringfence.pipeline.errors import BuildError

OLDEST_RUSTC = (1, 71)
"""The first release whose profiles know ``debug = "line-tables-only"``."""

_VERSION = re.compile(r"^rustc (\d+)\.(\d+)", re.MULTILINE)
_LLVM = re.compile(r"^LLVM version: (\d+(?:\.\d+)*)", re.MULTILINE)
_HOST = re.compile(r"^host: (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What builds the audited crates."""

    cargo: Path
    rustc: Path
    rustc_version: str
    """First line of ``rustc -vV``: ``rustc 1.95.0 (59807616e 2026-04-14)``."""
    llvm: tuple[int, ...]
    """Version of rustc's LLVM, major first."""
    host: str
    target: str
    """As cargo's ``--target`` takes it: a triple, or the path of a target specification ending in ``.json``."""
    library_directory: Path
    """The target's directory in the sysroot: it holds the rlibs of std."""
    cfg: tuple[str, ...]
    """Lines of ``rustc --print cfg`` for the target."""
    directory: Path
    """Where cargo runs: it decides which ``rust-toolchain.toml`` and ``.cargo/config.toml`` are in force."""

    @property
    def triple(self) -> str:
        """Name of the target, and of cargo's folder for what is built for it."""
        return Path(self.target).stem if self.target.endswith(".json") else self.target


def check_toolchain(llvmlite_llvm: tuple[int, ...], target: str | None, cwd: Path) -> Toolchain:
    """Find cargo and rustc as cargo does, started in ``cwd``, and check that their bitcode can be read.

    ``llvmlite_llvm`` is llvmlite's own LLVM version, ``target`` the value of ``--target``; without one, the target of
    cargo's configuration or the host counts. Raises `BuildError` where a tool is missing, fails, is too old or too new.
    """
    directory = cwd.absolute()
    environment = dict(os.environ)
    config = load_config(directory, environment)
    cargo = _find("cargo", environment.get("CARGO"), environment)
    rustc = _find("rustc", environment.get("RUSTC") or config.rustc(), environment)
    about = _ask(rustc, ["-vV"], directory)
    version, llvm, host = _VERSION.search(about), _LLVM.search(about), _HOST.search(about)
    if version is None or host is None:
        raise BuildError(f"{rustc} does not answer `-vV` as rustc does: set RUSTC to a real rustc")
    if llvm is None:
        raise BuildError(f"{rustc} was built without LLVM and writes no bitcode: audit with the official toolchain")
    name = about.splitlines()[0]
    llvm_version = tuple(int(part) for part in llvm.group(1).split("."))
    if (int(version.group(1)), int(version.group(2))) < OLDEST_RUSTC:
        wanted = ".".join(map(str, OLDEST_RUSTC))
        raise BuildError(f"{name} is too old: the audit build needs Rust {wanted} or newer (`rustup update stable`)")
    check_llvm(name, llvm_version, llvmlite_llvm)
    chosen = target or config.target() or host.group(1)
    sysroot, libraries, *cfg = _ask_about(chosen, rustc, directory).splitlines()
    if not any(Path(libraries).glob("libstd-*.rlib")) and not any(Path(libraries).glob("libcore-*.rlib")):
        raise BuildError(
            f"the standard library for `{chosen}` is not installed in {sysroot}: run `rustup target add {chosen}`"
        )
    return Toolchain(
        cargo=cargo,
        rustc=rustc,
        rustc_version=name,
        llvm=llvm_version,
        host=host.group(1),
        target=chosen,
        library_directory=Path(libraries),
        cfg=tuple(cfg),
        directory=directory,
    )


def check_llvm(rustc_version: str, rustc_llvm: tuple[int, ...], llvmlite_llvm: tuple[int, ...]) -> None:
    """Raise `BuildError` where bitcode of ``rustc_llvm`` is newer than what ``llvmlite_llvm`` reads."""
    if rustc_llvm[0] <= llvmlite_llvm[0]:
        return
    raise BuildError(
        f"{rustc_version} writes the bitcode of LLVM {_dotted(rustc_llvm)}, but the installed llvmlite reads it only "
        f"up to LLVM {_dotted(llvmlite_llvm)}: install an llvmlite built with LLVM {rustc_llvm[0]} or newer, "
        f"or audit with an older toolchain (`cargo +VERSION ringfence …`)"
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _find(tool: str, chosen: str | None, environment: Mapping[str, str]) -> Path:
    found = shutil.which(chosen or tool, path=environment.get("PATH"))
    if found is not None:
        return Path(found)
    if chosen:
        raise BuildError(f"{tool} was not found at `{chosen}`: correct or unset {tool.upper()}")
    raise BuildError(
        f"{tool} was not found on the PATH: install Rust with rustup, or audit finished bitcode with `--ir PATH`"
    )


def _ask_about(target: str, rustc: Path, directory: Path) -> str:
    arguments = ["--print", "sysroot", "--print", "target-libdir", "--print", "cfg", "--target", target]
    try:
        return _ask(rustc, arguments, directory)
    except BuildError:
        known = _ask(rustc, ["--print", "target-list"], directory).split()
        if target in known or target.endswith(".json"):
            raise
    nearest = difflib.get_close_matches(target, known, 1, 0.6)
    meant = f"did you mean `{nearest[0]}`?" if nearest else "`rustc --print target-list` lists what it knows"
    raise BuildError(f"rustc knows no target `{target}`: {meant}")


def _ask(rustc: Path, arguments: list[str], directory: Path) -> str:
    try:
        answer = subprocess.run(
            [rustc, *arguments], cwd=directory, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise BuildError(f"{rustc} cannot be run in {directory}: {error.strerror}") from error
    if answer.returncode != 0:
        raise BuildError(f"{rustc} {' '.join(arguments)} failed: {first_error(answer.stderr)}")
    return answer.stdout


def first_error(output: str) -> str:
    """The first error line that cargo, rustc or rustup printed, with the innermost cause where cargo gives causes."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    starts = [index for index, line in enumerate(lines) if line.startswith("error")]
    if not starts:
        return lines[-1] if lines else "it said nothing"
    message = re.sub(r"^error(\[\w+\])?:\s*", "", lines[starts[0]])
    if (place := lines[starts[0] + 1 : starts[0] + 2]) and place[0].startswith("--> "):
        message = f"{message} ({place[0].removeprefix('--> ')})"
    causes = [index for index, line in enumerate(lines[:-1]) if line == "Caused by:" and index > starts[0]]
    if not causes:
        return message
    cause = lines[causes[-1] + 1 :]
    # Where a program failed, its own error stands below its command line.
    return f"{message}: {next((line for line in cause if line.startswith('error:')), cause[0])}"

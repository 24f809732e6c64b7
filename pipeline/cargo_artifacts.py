"""What a build left behind: the IR modules of each crate and the native libraries of build scripts.

Everything is derived from cargo's JSON messages (The Cargo Book, *External tools*), which are also sent for what was
fresh; the folder itself keeps modules of earlier builds and other features. For the artifact ``libNAME-HASH.rmeta``
rustc writes, beside it,

1. ``NAME-HASH.bc``: the whole crate in one module; or
2. ``NAME-HASH.UNIT-cgu.N.rcgu.bc``: a module for each codegen unit, N counted from 0 without holes.

Where both stand there, 1 holds everything. rustc writes the metadata before it generates code, so a module that
is older than the metadata was left by an earlier compilation of the same unit and is not part of this one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

_UNIT = re.compile(r"-cgu\.(\d+)(?:\.[A-Za-z0-9_]+)?\.rcgu$")
_NO_IR = frozenset({"custom-build", "proc-macro"})
"""Kinds that run in the compiler, never in the program."""


@dataclass(frozen=True, slots=True)
class CrateArtifact:
    """One compiled crate and its modules. A package can have several: library, binaries, test harnesses."""

    crate_name: str
    package_name: str
    package_version: str
    package_id: str
    own: bool
    """The package is a member of the user's workspace."""
    root_dir: Path
    """The folder of the package's manifest."""
    kind: str
    """Cargo's word for the target: ``lib``, ``bin``, ``example``, ``test``, ``bench``, ``cdylib`` …"""
    harness: bool
    """Compiled as a test harness (``--cfg test``)."""
    opt_level: str
    modules: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class NativeLibrary:
    """A library that a build script asks to link."""

    name: str
    kind: str
    """``static``, ``dylib``, ``framework``, or empty where the build script leaves it to rustc."""
    package_id: str
    archive: Path | None
    """The static archive where it was found on the script's search paths."""


class _Target(msgspec.Struct, frozen=True):
    name: str
    kind: tuple[str, ...]


class _Profile(msgspec.Struct, frozen=True):
    opt_level: str
    test: bool


class ArtifactMessage(msgspec.Struct, frozen=True, tag_field="reason", tag="compiler-artifact"):
    """``compiler-artifact``: a unit was compiled, or was fresh."""

    package_id: str
    manifest_path: str
    target: _Target
    profile: _Profile
    filenames: tuple[str, ...]
    fresh: bool = False
    """Cargo found nothing to do."""

    @property
    def crate_name(self) -> str:
        """The name in paths and symbols."""
        return self.target.name.replace("-", "_")


class BuildScriptMessage(msgspec.Struct, frozen=True, tag_field="reason", tag="build-script-executed"):
    """``build-script-executed``: what a build script asked for."""

    package_id: str
    linked_libs: tuple[str, ...]
    linked_paths: tuple[str, ...]
    out_dir: str


class _OtherMessage(msgspec.Struct, frozen=True):
    reason: str


Message = ArtifactMessage | BuildScriptMessage

_decoder = msgspec.json.Decoder(Message)
_reason_decoder = msgspec.json.Decoder(_OtherMessage)
_READ = frozenset({"compiler-artifact", "build-script-executed"})


def parse_message(line: bytes) -> Message | str | None:
    """A message that matters here, ``None`` for one that does not, or the text of a line that is no message at all.

    Compiler wrappers and procedural macros may print to cargo's standard output.
    """
    try:
        reason = _reason_decoder.decode(line).reason
        return _decoder.decode(line) if reason in _READ else None
    except msgspec.DecodeError:
        return line.decode(errors="replace").rstrip("\n")


def is_of_target(path: Path, target_directory: Path, triple: str) -> bool:
    """Whether cargo made ``path`` for the audited target; build scripts, macros and what they use lie elsewhere."""
    return path.is_relative_to(target_directory / triple)


def metadata_file(message: ArtifactMessage, target_directory: Path, triple: str) -> Path | None:
    """The ``.rmeta`` beside which the modules of an artifact stand; ``None`` for what is no part of the program."""
    if not _NO_IR.isdisjoint(message.target.kind):
        return None
    files = [Path(name) for name in message.filenames if name.endswith(".rmeta")]
    return next((file for file in files if is_of_target(file, target_directory, triple)), None)


def find_modules(metadata: Path, suffix: str) -> tuple[Path, ...]:
    """The modules of the unit whose metadata is ``metadata``, sorted; empty where one of them is missing.

    ``suffix`` is ``.bc`` or ``.ll``.
    """
    stem = metadata.stem.removeprefix("lib")
    written = metadata.stat().st_mtime_ns
    whole = metadata.with_name(stem + suffix)
    if whole.is_file() and whole.stat().st_mtime_ns >= written:
        return (whole,)
    units: dict[Path, int] = {}
    for path in metadata.parent.glob(f"{stem}.*-cgu.*.rcgu{suffix}"):
        unit = _UNIT.search(path.name.removesuffix(suffix))
        if unit is not None and path.stat().st_mtime_ns >= written:
            units[path] = int(unit.group(1))
    complete = set(units.values()) == set(range(len(units)))
    return tuple(sorted(units)) if complete else ()


def native_libraries(
    scripts: Iterable[BuildScriptMessage], target_directory: Path, triple: str
) -> tuple[NativeLibrary, ...]:
    """The libraries that build scripts of the target's packages ask for, sorted.

    They are written as for rustc's ``-l [KIND[:MODIFIERS]=]NAME[:RENAME]``. What an ``extern`` block asks for
    (``#[link(name = "z", kind = "static")]``) cargo does not say: the other static archives in the script's own folders
    count as well, with an empty kind.
    """
    found: set[NativeLibrary] = set()
    for script in scripts:
        if not is_of_target(Path(script.out_dir), target_directory, triple):
            continue
        folders = [Path(path.partition("=")[2] if "=" in path else path) for path in script.linked_paths]
        for library in script.linked_libs:
            kind, name = _kind_and_name(library)
            archive = None if kind in {"dylib", "framework"} else _archive(name, folders)
            found.add(NativeLibrary(name, kind, script.package_id, archive))
        known = {library.archive for library in found}
        own = (folder for folder in folders if folder.is_relative_to(script.out_dir))
        others = {path for folder in own for path in folder.glob("lib*.a") if path not in known}
        found.update(NativeLibrary(path.stem.removeprefix("lib"), "", script.package_id, path) for path in others)
    return tuple(sorted(found, key=lambda library: (library.package_id, library.name, library.kind)))


def _kind_and_name(library: str) -> tuple[str, str]:
    kind, equals, name = library.rpartition("=")
    source, _, renamed = name.partition(":")
    return (kind.partition(":")[0] if equals else ""), renamed or source


def _archive(name: str, folders: Iterable[Path]) -> Path | None:
    candidates = (folder / file for folder in folders for file in (f"lib{name}.a", f"{name}.lib", name))
    return next((path for path in candidates if path.is_file()), None)

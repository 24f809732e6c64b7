"""What to build and what there is: cargo's selection flags, and the packages that ``cargo metadata`` lists."""

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.pipeline.errors import MetadataError
from ringfence.pipeline.toolchain import Toolchain, first_error


@dataclass(frozen=True, slots=True)
class Selection:
    """Cargo's selection flags, under cargo's names."""

    packages: tuple[str, ...] = ()
    workspace: bool = False
    exclude: tuple[str, ...] = ()
    lib: bool = False
    bins: tuple[str, ...] = ()
    all_bins: bool = False
    examples: tuple[str, ...] = ()
    all_examples: bool = False
    benches: tuple[str, ...] = ()
    all_benches: bool = False
    tests: tuple[str, ...] = ()
    all_tests: bool = False
    all_targets: bool = False
    features: tuple[str, ...] = ()
    all_features: bool = False
    no_default_features: bool = False
    profile: str = "release"
    target: str | None = None
    target_dir: Path | None = None
    manifest_path: Path | None = None
    locked: bool = False
    offline: bool = False
    frozen: bool = False
    jobs: int | None = None

    def arguments(self) -> tuple[str, ...]:
        """The flags for ``cargo check``, except ``--target`` and ``--target-dir``, which the build always sets."""
        return (
            *_repeated("--package", self.packages),
            *_switch("--workspace", on=self.workspace),
            *_repeated("--exclude", self.exclude),
            *_switch("--lib", on=self.lib),
            *_repeated("--bin", self.bins),
            *_switch("--bins", on=self.all_bins),
            *_repeated("--example", self.examples),
            *_switch("--examples", on=self.all_examples),
            *_repeated("--bench", self.benches),
            *_switch("--benches", on=self.all_benches),
            *_repeated("--test", self.tests),
            *_switch("--tests", on=self.all_tests),
            *_switch("--all-targets", on=self.all_targets),
            *_repeated("--profile", (self.profile,)),
            *_repeated("--jobs", () if self.jobs is None else (str(self.jobs),)),
            *self.metadata_arguments(),
        )

    def metadata_arguments(self) -> tuple[str, ...]:
        """The flags that ``cargo metadata`` takes as well: manifest, features, and how the lock file is treated."""
        return (
            *_repeated("--manifest-path", () if self.manifest_path is None else (str(self.manifest_path),)),
            *_repeated("--features", self.features),
            *_switch("--all-features", on=self.all_features),
            *_switch("--no-default-features", on=self.no_default_features),
            *_switch("--locked", on=self.locked),
            *_switch("--offline", on=self.offline),
            *_switch("--frozen", on=self.frozen),
        )


class Target(msgspec.Struct, frozen=True):
    """A target of a package: its library, a binary, a benchmark …"""

    name: str
    kind: tuple[str, ...]
    """``lib``, ``rlib``, ``cdylib``, ``bin``, ``example``, ``test``, ``bench``, ``proc-macro``, ``custom-build`` …"""
    src_path: Path

    @property
    def crate_name(self) -> str:
        """The name in paths and symbols: ``laminar_core``, not ``laminar-core``."""
        return self.name.replace("-", "_")


class Package(msgspec.Struct, frozen=True):
    """A package that the build can use."""

    id: str
    name: str
    version: str
    manifest_path: Path
    targets: tuple[Target, ...]
    features: dict[str, tuple[str, ...]]
    source: str | None = None
    """A registry or git repository; ``None`` for a path."""

    @property
    def root_dir(self) -> Path:
        """The folder of the manifest."""
        return self.manifest_path.parent


class Resolve(msgspec.Struct, frozen=True):
    """The part of the dependency graph that matters here."""

    root: str | None = None
    """The package of the manifest that was asked about; none for a workspace without one."""


class Metadata(msgspec.Struct, frozen=True):
    """The answer of ``cargo metadata``, format version 1, for one target."""

    workspace_root: Path
    target_directory: Path
    packages: tuple[Package, ...]
    workspace_members: tuple[str, ...]
    """Package ids."""
    workspace_default_members: tuple[str, ...] = ()
    """What cargo builds in the workspace's own folder; empty where cargo is older than 1.71."""
    resolve: Resolve | None = None

    def is_member(self, package_id: str) -> bool:
        """Whether the package belongs to the user's workspace."""
        return package_id in self.workspace_members

    def packages_of_crate(self, crate_name: str) -> tuple[Package, ...]:
        """The packages with a target of that crate name, build scripts apart: members first, then newest first."""
        found = [
            package
            for package in self.packages
            if any(target.crate_name == crate_name and "custom-build" not in target.kind for target in package.targets)
        ]
        found.sort(key=lambda package: _version_key(package.version), reverse=True)
        return tuple(sorted(found, key=lambda package: not self.is_member(package.id)))

    def package_of_crate(self, crate_name: str) -> Package | None:
        """The first of `packages_of_crate`."""
        return next(iter(self.packages_of_crate(crate_name)), None)


def metadata(selection: Selection, toolchain: Toolchain, on_line: Callable[[str], None]) -> Metadata:
    """Ask cargo for the packages; its own messages (downloads, warnings, errors) go to ``on_line``, a line each.

    Packages for other targets are not asked for: they need not be downloaded. Raises `MetadataError`.
    """
    command = [
        str(toolchain.cargo),
        "metadata",
        "--format-version=1",
        f"--filter-platform={toolchain.target}",
        *selection.metadata_arguments(),
    ]
    messages: list[str] = []
    with tempfile.TemporaryFile() as answer:
        try:
            process = subprocess.Popen(
                command, cwd=toolchain.directory, stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise MetadataError(
                f"{toolchain.cargo} cannot be run in {toolchain.directory}: {error.strerror}"
            ) from error
        with process:
            for raw in process.stderr or ():
                line = raw.decode(errors="replace").rstrip("\n")
                messages.append(line)
                on_line(line)
        answer.seek(0)
        output = answer.read()
    if process.returncode != 0:
        reason = first_error("\n".join(messages))
        raise MetadataError(f"`cargo metadata` failed: {reason}")
    try:
        return msgspec.json.decode(output, type=Metadata, dec_hook=_decode_path)
    except msgspec.DecodeError as error:
        raise MetadataError(
            f"the answer of `cargo metadata` cannot be understood ({error}): update ringfence or cargo"
        ) from error


def _decode_path(kind: type, value: object) -> Path:
    if kind is not Path or not isinstance(value, str):
        raise NotImplementedError(kind)
    return Path(value)


def _version_key(version: str) -> tuple[tuple[int, ...], bool, str]:
    """Orders versions: numbers first; a pre-release (``1.0.0-rc.1``) stands before its release."""
    numbers, _, rest = version.partition("+")[0].partition("-")
    return tuple(int(part) for part in numbers.split(".") if part.isdecimal()), not rest, rest


def _switch(flag: str, *, on: bool) -> tuple[str, ...]:
    return (flag,) if on else ()


def _repeated(flag: str, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{flag}={value}" for value in values)

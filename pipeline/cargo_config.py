"""Cargo's configuration as far as it changes what is compiled: target, rustc, rustflags, profiles.

``cargo config get`` is unstable, so the files are read here by cargo's rules (The Cargo Book, *Configuration*):

1. Files are searched from the directory in which cargo runs, upward, then in cargo's home; deeper files win.
2. Lists are joined, the winning file's values last; strings and other values are replaced.
3. An environment variable wins over files; its words are appended to a list of flags, whose order decides in rustc.
4. Rust flags come from the first source that exists: ``CARGO_ENCODED_RUSTFLAGS``, ``RUSTFLAGS``, the tables
   ``[target.TRIPLE]`` and all matching ``[target.'cfg(…)']`` together, ``[build]``.

Not handled: configuration given with ``--config``, which ringfence does not take.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.pipeline.cargo_cfg import cfg_holds
from ringfence.pipeline.errors import BuildError

StringList = str | list[str]
"""What cargo calls a string list: words in one string, or a list of strings."""


class BuildTable(msgspec.Struct, frozen=True, rename="kebab"):
    """``[build]``."""

    rustc: str | None = None
    target: StringList | None = None
    rustflags: StringList | None = None
    incremental: bool | None = None


class TargetTable(msgspec.Struct, frozen=True, rename="kebab"):
    """``[target.TRIPLE]`` or ``[target.'cfg(…)']``."""

    rustflags: StringList | None = None


class ProfileTable(msgspec.Struct, frozen=True, rename="kebab"):
    """``[profile.NAME]`` of a manifest or of cargo's configuration; ``None`` means not set."""

    inherits: str | None = None
    opt_level: str | int | None = None
    lto: bool | str | None = None
    codegen_units: int | None = None
    panic: str | None = None
    incremental: bool | None = None
    package: dict[str, object] = {}
    """Settings of single packages, by package specification."""


class IncludeTable(msgspec.Struct, frozen=True):
    """An entry of ``include`` written as a table."""

    path: str
    optional: bool = False


class ConfigFile(msgspec.Struct, frozen=True):
    """One file of cargo's configuration."""

    build: BuildTable = BuildTable()
    target: dict[str, TargetTable] = {}
    profile: dict[str, ProfileTable] = {}
    include: str | list[str | IncludeTable] = []


@dataclass(frozen=True, slots=True)
class RustFlags:
    """The flags that the user gives to rustc, and where they stand, in words for a message."""

    flags: tuple[str, ...] = ()
    source: str = "RUSTFLAGS"


@dataclass(frozen=True, slots=True)
class CargoConfig:
    """The files in force, the winning one last, and the environment that wins over them."""

    files: tuple[tuple[Path, ConfigFile], ...]
    environment: Mapping[str, str]

    def rustc(self) -> str | None:
        """``build.rustc``: a name to look up, or a path made absolute from the directory that holds ``.cargo``."""
        if chosen := self.environment.get("CARGO_BUILD_RUSTC"):
            return chosen
        for path, file in reversed(self.files):
            if file.build.rustc:
                return str(path.parent.parent / file.build.rustc) if "/" in file.build.rustc else file.build.rustc
        return None

    def target(self) -> str | None:
        """``build.target``; `BuildError` where it names several, of which an audit can take only one."""
        said = [file.build.target for _, file in self.files if file.build.target]
        if "CARGO_BUILD_TARGET" in self.environment and not any(isinstance(value, list) for value in said):
            said = []
        targets = list(dict.fromkeys(self._merged(said, "CARGO_BUILD_TARGET")))
        if len(targets) > 1:
            raise BuildError(
                f"cargo's `build.target` names several targets ({', '.join(targets)}): choose one with `--target`"
            )
        return targets[0] if targets else None

    def incremental(self) -> bool | None:
        """What ``CARGO_INCREMENTAL`` or ``build.incremental`` say; ``None`` leaves it to the profile."""
        if (said := self.environment.get("CARGO_INCREMENTAL")) is not None:
            return said == "1"
        values = [file.build.incremental for _, file in self.files if file.build.incremental is not None]
        return values[-1] if values else None

    def rustflags(self, triple: str, cfg: tuple[str, ...]) -> RustFlags:
        """The flags that cargo would give to rustc for crates of the target (clause 4)."""
        if (encoded := self.environment.get("CARGO_ENCODED_RUSTFLAGS")) is not None:
            return RustFlags(tuple(encoded.split("\x1f")) if encoded else (), "CARGO_ENCODED_RUSTFLAGS")
        if (words := self.environment.get("RUSTFLAGS")) is not None:
            return RustFlags(tuple(words.split()), "RUSTFLAGS")
        variable = f"CARGO_TARGET_{_as_variable(triple)}_RUSTFLAGS"
        flags = self._merged(self._target_flags(triple), variable)
        for expression in sorted({key for _, file in self.files for key in file.target if cfg_holds(key, cfg)}):
            flags += self._merged(self._target_flags(expression))
        if flags:
            return RustFlags(tuple(flags), f"the `target` tables of cargo's configuration for {triple}")
        flags = self._merged((file.build.rustflags for _, file in self.files), "CARGO_BUILD_RUSTFLAGS")
        return RustFlags(tuple(flags), "`build.rustflags` of cargo's configuration")

    def profile(self, name: str) -> ProfileTable:
        """``[profile.NAME]`` of all files and of the environment, merged."""
        return merge_profiles(
            *(file.profile[name] for _, file in self.files if name in file.profile), self._profile_variables(name)
        )

    def _profile_variables(self, name: str) -> ProfileTable:
        def said(key: str) -> str | None:
            return self.environment.get(f"CARGO_PROFILE_{_as_variable(name)}_{key}")

        units = said("CODEGEN_UNITS")
        incremental = said("INCREMENTAL")
        return ProfileTable(
            inherits=said("INHERITS"),
            opt_level=said("OPT_LEVEL"),
            lto=said("LTO"),
            codegen_units=int(units) if units and units.isdecimal() else None,
            panic=said("PANIC"),
            incremental=None if incremental is None else incremental == "true",
        )

    def _target_flags(self, key: str) -> Iterator[StringList | None]:
        return (file.target[key].rustflags for _, file in self.files if key in file.target)

    def _merged(self, values: Iterable[StringList | None], variable: str = "") -> list[str]:
        merged: list[str] = []
        for value in values:
            match value:
                case str():
                    merged = value.split()
                case list():
                    merged = [*merged, *value]
                case None:
                    pass
        return [*merged, *self.environment.get(variable, "").split()]


def merge_profiles(*tables: ProfileTable) -> ProfileTable:
    """One table in which a later one's settings win."""
    settings: dict[str, object] = {}
    packages: dict[str, object] = {}
    for table in tables:
        settings |= {name: value for name, value in msgspec.structs.asdict(table).items() if value is not None}
        packages |= table.package
    return msgspec.structs.replace(ProfileTable(), **{**settings, "package": packages})


def load_config(directory: Path, environment: Mapping[str, str]) -> CargoConfig:
    """Read the files in force for a cargo that runs in ``directory``; `BuildError` names one that cannot be used."""
    files: list[tuple[Path, ConfigFile]] = []
    for path in reversed(config_paths(directory, environment)):
        files.extend(_read_with_includes(path, ()))
    return CargoConfig(tuple(files), environment)


def config_paths(directory: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The configuration files that cargo reads in ``directory``, the winning one first."""
    folders = [folder / ".cargo" for folder in (directory.absolute(), *directory.absolute().parents)]
    home = environment.get("CARGO_HOME")
    folders.append(directory / home if home else Path(environment.get("HOME") or Path.home()) / ".cargo")
    names = [[folder / "config", folder / "config.toml"] for folder in dict.fromkeys(folders)]
    # Where both names exist cargo uses the old one and warns.
    found = [next((path for path in pair if path.is_file()), None) for pair in names]
    return tuple(path for path in found if path is not None)


def _read_with_includes(path: Path, chain: tuple[Path, ...]) -> Iterator[tuple[Path, ConfigFile]]:
    if path in chain:
        raise BuildError(f"cargo's configuration file {path} includes itself: remove it from `include`")
    file = _read(path)
    includes = [file.include] if isinstance(file.include, str) else file.include
    for include in includes:
        entry = IncludeTable(include) if isinstance(include, str) else include
        included = path.parent / entry.path
        if included.is_file() or not entry.optional:
            yield from _read_with_includes(included, (*chain, path))
    yield path, file


def _read(path: Path) -> ConfigFile:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=ConfigFile)
    except OSError as error:
        raise BuildError(f"cargo's configuration file {path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BuildError(f"cargo's configuration file {path} cannot be used: {error}") from error


def _as_variable(name: str) -> str:
    return name.upper().replace("-", "_").replace(".", "_")

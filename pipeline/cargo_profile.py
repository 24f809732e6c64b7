"""Cargo's profile: what ships, what the audit builds instead, and a sentence for each difference that matters.

The audited build keeps the profile's optimisation level, panic strategy and explicit codegen units. It changes:

1. ``lto``: link-time optimisation happens while linking, and ``cargo check`` links nothing. ``false`` is the nearest.
2. ``debug``: full for the workspace, line tables for other packages; ``strip`` and ``split-debuginfo`` off.
3. codegen units where the profile does not say: rustc makes one unit when asked for IR (`rustc_session::config`,
   ``should_override_cgus_and_disable_thinlto``) and 16 when it ships a crate without incremental compilation.
4. incremental compilation is off: it cuts a crate into units by its history.

Precedence of debug settings is cargo's: ``package.NAME`` before ``package."*"`` before the profile (The Cargo Book,
*Profiles*, *Overrides and generics*). A manifest's own ``package.NAME`` would win over our ``"*"``: it is set again
by name.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.pipeline.cargo_config import CargoConfig, ProfileTable, merge_profiles
from ringfence.pipeline.cargo_flags import codegen_option
from ringfence.pipeline.errors import BuildError
from ringfence.pipeline.nearest import suggestion

LINE_TABLES = "line-tables-only"
FULL_DEBUG = 2
DEFAULT_UNITS = 16
"""Codegen units of a build without incremental compilation (The Cargo Book, *Profiles*, *codegen-units*)."""
DEFAULT_INCREMENTAL_UNITS = 256

_BUILT_IN = {
    "dev": ProfileTable(opt_level="0", incremental=True),
    "release": ProfileTable(opt_level="3", incremental=False),
    "test": ProfileTable(inherits="dev"),
    "bench": ProfileTable(inherits="release"),
}


class _Manifest(msgspec.Struct, frozen=True):
    profile: dict[str, ProfileTable] = {}


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile that ships, as far as it decides what code is made."""

    name: str
    opt_level: str
    panic: str
    """``unwind`` or ``abort``."""
    lto: str
    """What ships: ``off``, ``false`` (rustc's thin-local LTO), ``thin`` or ``fat``."""
    audited_lto: str
    """What the audit builds: ``off`` or ``false``."""
    codegen_units: int | None
    """Set by the user; ``None`` where rustc chooses."""
    incremental: bool
    package_overrides: tuple[str, ...]
    """The package specifications with settings of their own, ``"*"`` left out."""


def read_profile(
    name: str, workspace_root: Path, config: CargoConfig, flags: tuple[str, ...], cfg: tuple[str, ...]
) -> Profile:
    """The profile ``name`` from the workspace's manifest, cargo's configuration, the environment and rustc's flags.

    Raises `BuildError` where nobody defines it.
    """
    manifest = _read_manifest(workspace_root / "Cargo.toml")
    table = _resolve(name, manifest, config, ())
    # Flags stand behind the profile's on rustc's command line, so they win.
    units = codegen_option(flags, "codegen-units")
    opt_level = codegen_option(flags, "opt-level")
    panic = codegen_option(flags, "panic") or table.panic
    lto = _lto_name(table.lto)
    codegen_units = int(units) if units and units.isdecimal() else table.codegen_units
    incremental = config.incremental()
    return Profile(
        name=name,
        opt_level=opt_level or str(table.opt_level),
        panic=panic or ("abort" if 'panic="abort"' in cfg else "unwind"),
        lto=lto,
        audited_lto="off" if lto == "off" else "false",
        codegen_units=codegen_units,
        incremental=bool(table.incremental) if incremental is None else incremental,
        package_overrides=tuple(sorted(spec for spec in table.package if spec != "*")),
    )


def profile_arguments(
    profile: Profile, members: frozenset[str], full_debug: frozenset[str], *, layout_all: bool, target: str
) -> tuple[str, ...]:
    """Cargo's ``--config`` arguments that turn the profile into the audited one.

    ``members`` are the workspace's packages, ``full_debug`` others that get types in their debug info as they do;
    ``layout_all`` gives them to all.
    """
    prefix = f"profile.{profile.name}"
    settings = [
        f"{prefix}.debug={FULL_DEBUG}",
        f"{prefix}.lto={_toml(profile.audited_lto)}",
        f'{prefix}.strip="none"',
    ]
    if "windows" not in target:
        # There `off` is refused by rustc, and debug info never stands in the objects.
        settings.append(f'{prefix}.split-debuginfo="off"')
    debug = {"*": layout_all}
    for spec in profile.package_overrides:
        debug[spec] = layout_all or _package_name(spec) in members | full_debug
    named = {_package_name(spec) for spec in debug}
    debug |= {name: True for name in full_debug if name not in named}
    for spec, full in sorted(debug.items()):
        settings.append(f'{prefix}.package."{spec}".debug={FULL_DEBUG if full else _toml(LINE_TABLES)}')
    return tuple(argument for setting in settings for argument in ("--config", setting))


def differences(profile: Profile) -> tuple[str, ...]:
    """How the audited build differs from the one that ships, a sentence each; empty where it does not."""
    found: list[str] = []
    if profile.lto in {"thin", "fat"}:
        found.append(
            f'profile `{profile.name}` ships with `lto = "{profile.lto}"`, the audit reads the code before '
            "link-time optimisation: calls between crates that LTO inlines or removes are still seen"
        )
    if profile.codegen_units is None:
        units = DEFAULT_INCREMENTAL_UNITS if profile.incremental else DEFAULT_UNITS
        found.append(
            f"profile `{profile.name}` ships with rustc's default of up to {units} codegen units a crate, the audit "
            "builds one: a call may be inlined in one build and not in the other (`codegen-units = 1` makes them alike)"
        )
    if profile.incremental:
        found.append(f"profile `{profile.name}` ships with incremental compilation, the audit builds without")
    return tuple(found)


def _resolve(name: str, manifest: _Manifest, config: CargoConfig, chain: tuple[str, ...]) -> ProfileTable:
    """The profile with everything that it inherits."""
    own = merge_profiles(
        _BUILT_IN.get(name, ProfileTable()), manifest.profile.get(name, ProfileTable()), config.profile(name)
    )
    if own.inherits is None:
        if name in _BUILT_IN:
            return own
        known = {*_BUILT_IN, *manifest.profile, *(key for _, file in config.files for key in file.profile)}
        raise BuildError(
            f"cargo's profile `{name}` is not defined in the workspace's Cargo.toml{suggestion(name, known - {name})}"
        )
    if own.inherits in chain:
        raise BuildError(f"cargo's profile `{name}` inherits itself: correct `inherits` in the workspace's Cargo.toml")
    return merge_profiles(_resolve(own.inherits, manifest, config, (*chain, name)), own)


def _read_manifest(path: Path) -> _Manifest:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Manifest)
    except OSError as error:
        raise BuildError(f"the workspace's manifest {path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BuildError(f"the profiles in {path} cannot be used: {error}") from error


def _lto_name(value: bool | str | None) -> str:
    """Cargo's own reading: ``true`` is fat, ``false`` or nothing is thin-local, ``off`` (``n``, ``no``) is none."""
    match value:
        case None | False | "false":
            return "false"
        case True | "true" | "fat":
            return "fat"
        case "off" | "n" | "no":
            return "off"
        case _:
            return value


def _toml(value: str) -> str:
    return value if value in {"true", "false"} else f'"{value}"'


def _package_name(spec: str) -> str:
    """The package's name in a specification: ``name``, ``name@1.2``, ``name:1.2`` or ``URL#name@1.2``."""
    return re.split(r"[@:]", spec.rpartition("#")[2])[0]

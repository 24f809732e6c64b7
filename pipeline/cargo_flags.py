"""The flags given to rustc: the user's own, without those that the audit sets itself, then the audit's.

They go to cargo in ``CARGO_ENCODED_RUSTFLAGS``, which replaces every other source of flags: so the user's flags must be
handed on (`CargoConfig.rustflags` in `ringfence.pipeline.cargo_config`), and what is left out is said, never dropped in
silence. As cargo is always given ``--target``, they reach crates of the target only, not build
scripts and procedural macros.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.pipeline.cargo_config import RustFlags

SEPARATOR = "\x1f"
"""Between the flags in ``CARGO_ENCODED_RUSTFLAGS``."""

AUDIT_SETS = frozenset(
    {"debuginfo", "incremental", "linker-plugin-lto", "lto", "save-temps", "strip", "symbol-mangling-version"}
)
"""Codegen options (The rustc book, *Codegen Options*) that decide what bitcode is left and can be read."""


@dataclass(frozen=True, slots=True)
class CodegenOption:
    """``-C name=value`` in any of its spellings, and which flags spell it."""

    name: str
    value: str
    position: int
    length: int


@dataclass(frozen=True, slots=True)
class AuditFlags:
    """The flags of the audit build."""

    flags: tuple[str, ...]
    left_out: tuple[str, ...]
    """A sentence for each flag of the user that the audit does not take over."""

    @property
    def encoded(self) -> str:
        """The value of ``CARGO_ENCODED_RUSTFLAGS``."""
        return SEPARATOR.join(self.flags)


def audit_flags(user: RustFlags, *, emit_text: bool) -> AuditFlags:
    """Join the user's flags with those that make rustc write IR with v0 symbols beside the metadata."""
    refused = [option for option in codegen_options(user.flags) if option.name in AUDIT_SETS]
    removed = {option.position + step for option in refused for step in range(option.length)}
    kept = tuple(flag for index, flag in enumerate(user.flags) if index not in removed)
    return AuditFlags(
        flags=(*kept, f"--emit={'llvm-ir' if emit_text else 'llvm-bc'}", "-Csymbol-mangling-version=v0"),
        left_out=tuple(
            f"`{_spelled(option)}` from {user.source} is left out: the audit build sets `{option.name}` itself"
            for option in refused
        ),
    )


def codegen_options(flags: tuple[str, ...]) -> Iterator[CodegenOption]:
    """Every ``-C``, ``--codegen``, ``-g`` and ``-O`` among ``flags``; the last one of a name wins in rustc."""
    position = 0
    while position < len(flags):
        text, length = _option_text(flags, position)
        if text:
            name, _, value = text.partition("=")
            yield CodegenOption(name.replace("_", "-"), value, position, length)
        position += length


def codegen_option(flags: tuple[str, ...], name: str) -> str | None:
    """The value that counts for ``name``, empty for an option without one; ``None`` where it is not given."""
    values = [option.value for option in codegen_options(flags) if option.name == name]
    return values[-1] if values else None


def _option_text(flags: tuple[str, ...], position: int) -> tuple[str, int]:
    flag = flags[position]
    if flag in {"-C", "--codegen"}:
        return (flags[position + 1], 2) if position + 1 < len(flags) else ("", 1)
    if flag.startswith("--codegen="):
        return flag.removeprefix("--codegen="), 1
    if flag.startswith("-C"):
        return flag.removeprefix("-C"), 1
    return {"-g": "debuginfo=2", "-O": "opt-level=3"}.get(flag, ""), 1


def _spelled(option: CodegenOption) -> str:
    return f"-C {option.name}={option.value}" if option.value else f"-C {option.name}"

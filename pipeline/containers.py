"""Finding modules in files: bitcode, text, archives, objects, linked files, and folders of all of these.

1. What a file is, its first bytes say; the ending of the name decides only for text and for files that cannot be read.
2. An object, or a member of an archive, is a bitcode module if it is bitcode or has it embedded, else a native one.
   Linked files count for their embedded bitcode only.
3. rustc may leave one codegen unit in many forms: ``crate-HASH.bc``, ``crate-HASH.….rcgu.bc``, the same as text or as
   an object, in an archive or beside it. In a folder only the best form of each crate is kept, in the order of
   `_rank`; ``crate-HASH.bc`` wins, since rustc writes it only where the crate is one unit. A crate is recognised by
   rustc's 16-digit hash anywhere below the folder, without one only beside its twin.
4. In a folder a damaged container does not end the search: it is a source with a `ModuleSource.problem`, so that the
   audit can say what is missing.

Not handled: Mach-O and COFF objects, thin archives, archives in archives.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ringfence.pipeline.archive import ARCHIVE_MAGIC, THIN_MAGIC, members
from ringfence.pipeline.bitstream import is_bitcode
from ringfence.pipeline.elf import ELF_MAGIC, embedded_bitcode, is_object
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.module_source import (
    ModuleKind,
    ModuleSource,
    Origin,
    Span,
    UnreadableModuleError,
    open_span,
)

_MAGIC_BYTES = 16
_BITCODE_ENDING = ".bc"
_TEXT_ENDING = ".ll"
_LINKED_ENDINGS = ("", ".so")
_ENDINGS = (_BITCODE_ENDING, _TEXT_ENDING, ".rlib", ".a", ".o", *_LINKED_ENDINGS)
_METADATA_MEMBERS = ("lib.rmeta", "lib.rmeta-link")
"""What rustc knows of the crate; the first is an ELF file too (rustc_codegen_ssa/src/back/metadata.rs)."""
_SANITIZER_RUNTIMES = "librustc-"

_HASH = re.compile(r"-[0-9a-f]{8,}$")
_UNIT = re.compile(r"(?P<crate>[^.]+?(?P<hash>-[0-9a-f]{16})?)(?P<unit>\..+\.rcgu|\.rcgu)?\.(?:bc|ll|o)")
"""Names that rustc gives to codegen units (rustc_session/src/config.rs, ``OutputFilenames::temp_path``)."""

_WHAT_TO_DO = "build with `--emit=llvm-bc`, or give a .bc, .ll, .rlib, .o, or an ELF file with an .llvmbc section"


def discover(path: Path, origin: Origin) -> tuple[ModuleSource, ...]:
    """The modules in a file, or in a folder with all below it, sorted; native ones come with `Origin.NATIVE`.

    Raises `UsageError` for a path that does not exist, is of no known kind, or holds no module; raises
    `UnreadableModuleError` where a single file is a damaged container. Bitcode and text are not looked into.
    """
    if path.is_dir():
        return _in_folder(path, origin)
    if not path.is_file():
        problem = "is neither a file nor a folder" if path.exists() else "does not exist"
        raise UsageError(f"{path} {problem}: {_WHAT_TO_DO}")
    found = tuple(_in_file(path, origin))
    if not found:
        raise UsageError(f"{path} holds no LLVM IR: {_WHAT_TO_DO}")
    return found


def sysroot_modules(libdir: Path) -> tuple[ModuleSource, ...]:
    """The modules of std, from the target's library folder in the sysroot, sorted.

    Of an archive without any bitcode nothing is taken; native members of the others are.
    Raises `UsageError` where the folder holds none.
    """
    found: list[ModuleSource] = []
    for path in sorted(libdir.glob("*.rlib")):
        if path.name.startswith(_SANITIZER_RUNTIMES):
            continue
        sources = _tolerant(path, Origin.STD)
        if any(source.kind is ModuleKind.BITCODE for source in sources):
            found += sources
    if not found:
        raise UsageError(
            f"{libdir} holds no standard library with bitcode: install it with `rustup component add rust-std`"
        )
    return tuple(found)


def linked_modules(archive: Path) -> tuple[ModuleSource, ...]:
    """The modules of a native library. A damaged one is a source with a `ModuleSource.problem`; one of another format
    has none: what is called of it will be missing."""
    return tuple(_tolerant(archive, Origin.NATIVE))


def _in_folder(folder: Path, origin: Origin) -> tuple[ModuleSource, ...]:
    paths = (Path(where, name) for where, _, names in os.walk(folder, onerror=_cannot_list) for name in names)
    files = sorted(path for path in paths if path.suffix in _ENDINGS and path.is_file())
    found = _best_forms(source for path in files for source in _tolerant(path, origin))
    if not found:
        raise UsageError(f"there is no LLVM IR below {folder}: {_WHAT_TO_DO}")
    return found


def _cannot_list(error: OSError) -> None:
    raise UsageError(f"cannot list the folder {error.filename}: {error.strerror}; make it readable") from error


def _tolerant(path: Path, origin: Origin) -> list[ModuleSource]:
    """What one file of a folder holds: nothing where it is something else; with its problem where it is damaged."""
    try:
        return list(_in_file(path, origin))
    except UnreadableModuleError as error:
        return [ModuleSource(path, "", 0, 0, ModuleKind.BITCODE, _crate(path.name), origin, error.reason)]
    except UsageError:
        return []


def _in_file(path: Path, origin: Origin) -> Iterator[ModuleSource]:
    with open_span(path) as file:
        head = file.read(0, min(_MAGIC_BYTES, file.size))
        if head.startswith(THIN_MAGIC):
            raise file.unreadable("it is a thin archive, which only names its members")
        if head.startswith(ARCHIVE_MAGIC):
            yield from _in_archive(path, file, origin)
        elif head.startswith(ELF_MAGIC):
            yield from _in_elf(path, "", file, origin)
        elif is_bitcode(head) or path.suffix == _BITCODE_ENDING:
            yield _source(path, "", file, ModuleKind.BITCODE, origin)
        elif path.suffix == _TEXT_ENDING:
            yield _source(path, "", file, ModuleKind.TEXT, origin)
        elif path.suffix in _ENDINGS and path.suffix not in _LINKED_ENDINGS:
            raise file.unreadable(f"it is no {path.suffix} file" if head else "it is empty")
        else:
            raise UsageError(f"{path} is no file with LLVM IR: {_WHAT_TO_DO}")


def _in_archive(path: Path, archive: Span, origin: Origin) -> Iterator[ModuleSource]:
    for name, member in members(archive):
        if name in _METADATA_MEMBERS or member.size < _MAGIC_BYTES:
            continue
        head = member.read(0, _MAGIC_BYTES)
        if is_bitcode(head):
            yield _source(path, name, member, ModuleKind.BITCODE, origin)
        elif head.startswith(ELF_MAGIC):
            yield from _in_elf(path, name, member, origin)


def _in_elf(path: Path, member: str, file: Span, origin: Origin) -> Iterator[ModuleSource]:
    embedded = embedded_bitcode(file)
    if not embedded and is_object(file):
        is_std = origin is Origin.STD
        yield _source(path, member, file, ModuleKind.NATIVE, Origin.STD if is_std else Origin.NATIVE)
    for number, span in enumerate(embedded):
        # A linked file has one section for all; its modules have no names of their own there.
        name = f"{member}.llvmbc.{number}" if len(embedded) > 1 else member
        yield _source(path, name, span, ModuleKind.BITCODE, origin)


def _source(path: Path, member: str, span: Span, kind: ModuleKind, origin: Origin) -> ModuleSource:
    unit = _UNIT.fullmatch(member)
    crate = _crate(member if unit and unit["unit"] else path.name)
    return ModuleSource(path, member, span.offset, span.size, kind, crate, origin)


def _crate(name: str) -> str:
    """``laminar_core`` of ``laminar_core-4ad6f0d9.bc`` and of ``liblaminar_core-4ad6f0d9.rlib``."""
    stem, _, rest = name.partition(".")
    stem = _HASH.sub("", stem)
    return stem.removeprefix("lib") if rest in ("rlib", "a", "so") else stem


def _best_forms(sources: Iterable[ModuleSource]) -> tuple[ModuleSource, ...]:
    """Drop what another source says better (clause 3)."""
    ordered = list(sources)
    keys = [_unit_key(source) for source in ordered]
    best: dict[str, tuple[int, str]] = {}
    for source, key in zip(ordered, keys, strict=True):
        if key is not None:
            best[key] = min(best.get(key, _rank(source)), _rank(source))
    return tuple(source for source, key in zip(ordered, keys, strict=True) if key is None or best[key] == _rank(source))


def _unit_key(source: ModuleSource) -> str | None:
    """What a source shares with the other forms of its crate; None where it can have none."""
    match = _UNIT.fullmatch(source.member or source.path.name)
    if match is None or source.problem:
        return None
    if match["hash"]:
        return match["crate"]
    is_foreign_member = source.member and not match["unit"]
    return None if is_foreign_member else f"{source.path.parent}/{match['crate']}"


def _rank(source: ModuleSource) -> tuple[int, str]:
    """Best form first; of equal ones all in the first folder or archive."""
    match = _UNIT.fullmatch(source.member or source.path.name)
    is_part = bool(match and match["unit"])
    kind = (ModuleKind.BITCODE, ModuleKind.TEXT, ModuleKind.NATIVE).index(source.kind)
    is_embedded = bool(source.member) or source.offset > 0
    form = kind * 4 + is_embedded * 2 + is_part
    return form, str(source.path if source.member else source.path.parent)

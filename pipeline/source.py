"""Source files: the name that a report shows, and the line behind it, read when it is asked for.

Debug info names files as the compiler saw them: absolute, or below ``/rustc/HASH/library`` for the standard library.
Reports must not depend on the machine, so every name is cut to what is the same everywhere.
"""

import os
import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from ringfence.graphs.virtual_calls import CALLED_VALUE

_VIRTUAL_LIBRARY = re.compile(r"/rustc/[^/]+/library/(.+)|.*/lib/rustlib/src/rust/library/(.+)")
"""rustc's ``remap-debuginfo`` puts std there; with the component *rust-src* it lies in the sysroot."""
_LIBRARY_DEPENDENCY = re.compile(r"/rust/deps/(.+)")
_REGISTRY = re.compile(r".*/registry/src/[^/]+/(.+)")
_GIT_CHECKOUT = re.compile(r".*/git/checkouts/(.+)-[0-9a-f]{16}/([0-9a-f]+)/(.+)")
_NAME_AND_VERSION = re.compile(r".*/([A-Za-z_][\w-]*-\d+\.\d+\.\d+[^/]*/.+)")
_TARGET_FOLDERS = ("src", "tests", "benches", "examples")
_WINDOWS_DRIVE = re.compile(r"[A-Za-z]:/")
_PATH_CALL = re.compile(r"(?:<[^()]*>|\w+)(?:::\w+)*::(?:r#)?([A-Za-z_]\w*)\s*\(")
"""``Handler::on(…)``, ``<dyn Handler>::on(…)``."""
_VALUE_CALL = re.compile(r"\(|[A-Za-z_]\w*\s*\(|[A-Za-z_][\w.]*\[[^\]]*\]\s*\(")
"""``(self.filter)(…)``, ``filter(…)``, ``self.filters[at](…)``."""
_WORD = re.compile(r"(?:r#)?[^\W\d]\w*")
_LARGEST_FILE = 32 << 20
"""Bytes; what is larger is no source that anybody reads."""
_LONGEST_LINE = 400
"""Characters of a line that a report shows; generated code may have a whole file on one line."""


class Excerpt(msgspec.Struct, frozen=True):
    """One line of source and the part of it that is meant, in characters from 0; ``length`` 0 where nothing is."""

    text: str
    start: int
    length: int


class SourceTree:
    """The sources of one build.

    ``own`` are the folders of the workspace's members, shown relative to the workspace even where they lie outside of
    it. ``packages`` gives the folder of every other package and its ``name-version``. ``library`` is the folder of
    std's sources, where they are installed. ``remaps`` are the pairs of ``--remap-path-prefix``, old to new.
    Nothing is read before it is asked for, and a file that is missing or no text is no error: it has no lines.
    """

    def __init__(
        self,
        workspace: Path,
        *,
        own: Iterable[Path] = (),
        packages: Mapping[Path, str] | None = None,
        library: Path | None = None,
        remaps: Mapping[str, str] | None = None,
    ) -> None:
        self._workspace = _spelling(workspace)
        self._library = library
        self._remaps = sorted((remaps or {}).items(), key=lambda pair: (-len(pair[1]), pair))
        labels = {folder: self._relative(path) for path in (workspace, *own) for folder in _spellings(path)}
        labels |= {folder: label for path, label in (packages or {}).items() for folder in _spellings(path)}
        self._folders = sorted(labels.items(), key=lambda pair: (-len(pair[0]), pair))
        self._packages = {label: _spelling(path) for path, label in sorted((packages or {}).items(), reverse=True)}
        self._displays: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._lines: dict[str, tuple[bytes, ...]] = {}

    def display(self, file: str) -> str:
        """The name for reports of a file as the compiler named it: relative to the workspace root, or beginning with
        ``name-version/`` or ``std/``. A name that is one already stays as it is."""
        known = self._displays.get(file)
        if known is not None:
            return known
        path = self._before_remapping(_slashed(file))
        shown = self._shown(path) if path else ""
        self._displays[file] = shown
        if _is_absolute(path) and not path.startswith("/rustc/"):
            self._files.setdefault(shown, path)
        return shown

    def line(self, file: str, number: int) -> str | None:
        """Line ``number``, from 1, of a file by either name; ``None`` where it cannot be read."""
        raw = self._raw_line(file, number)
        return None if raw is None else raw.decode(errors="replace")

    def method_at(self, file: str, number: int, column: int) -> str:
        """The method that is called at a column: the identifier behind a dot, or the last one of a path; `CALLED_VALUE`
        where a value is called, nothing where neither can be told.

        Columns count UTF-8 bytes from 1: ``rustc_codegen_llvm/src/debuginfo/mod.rs``, ``lookup_debug_loc``.
        """
        raw = self._raw_line(file, number)
        if raw is None or column < 1:
            return ""
        text = raw[column - 1 :].decode(errors="replace")
        if raw[column - 2 : column - 1] != b".":
            path = _PATH_CALL.match(text)
            return path[1] if path else CALLED_VALUE if _VALUE_CALL.match(text) else ""
        word = _WORD.match(text)
        return word[0].removeprefix("r#") if word else ""

    def excerpt(self, file: str, number: int, column: int) -> Excerpt | None:
        """The line, with the identifier at the column marked (of a macro, its ``!`` too); ``None`` if unreadable."""
        raw = self._raw_line(file, number)
        if raw is None or not raw.strip():
            return None
        text = raw.decode(errors="replace")
        if not 1 <= column <= len(raw):
            return _shortened(Excerpt(text, 0, 0))
        start = len(raw[: column - 1].decode(errors="replace"))
        word = _WORD.match(text, start)
        end = word.end() if word else start + 1
        if word and text[end : end + 1] == "!" and text[end + 1 : end + 2] != "=":
            end += 1
        return _shortened(Excerpt(text, start, end - start))

    def _before_remapping(self, path: str) -> str:
        for old, new in self._remaps:
            if path == new or path.startswith(new.rstrip("/") + "/"):
                return _slashed(old + path[len(new.rstrip("/")) :])
        return path

    def _relative(self, path: Path) -> str:
        return posixpath.relpath(_spelling(path), self._workspace)

    def _shown(self, path: str) -> str:
        for expression, form in (
            (_VIRTUAL_LIBRARY, "std/{}"),
            (_LIBRARY_DEPENDENCY, "{}"),
        ):
            match = expression.fullmatch(path)
            if match:
                return form.format(next(filter(None, match.groups())))
        for folder, label in self._folders:
            if path.startswith(folder + "/"):
                return posixpath.normpath(f"{label}{path[len(folder) :]}")
        return _without_machine(path) if _is_absolute(path) else path

    def _raw_line(self, file: str, number: int) -> bytes | None:
        lines = self._lines_of(file)
        return lines[number - 1] if 1 <= number <= len(lines) else None

    def _lines_of(self, file: str) -> tuple[bytes, ...]:
        known = self._lines.get(file)
        if known is None:
            place = self._place(self.display(file))
            known = self._lines[file] = _read_lines(place) if place else ()
        return known

    def _place(self, shown: str) -> str:
        """Where a displayed file lies; empty where that is not known."""
        known = self._files.get(shown)
        if known:
            return known
        first, _, rest = shown.partition("/")
        if first == "std" and self._library is not None:
            return str(self._library / rest)
        if first in self._packages:
            return f"{self._packages[first]}/{rest}"
        return posixpath.join(self._workspace, shown) if shown else ""


def _slashed(path: str) -> str:
    """Forward slashes, no ``.`` and ``..``."""
    return posixpath.normpath(path.replace("\\", "/")) if path else ""


def _spelling(path: Path) -> str:
    return _slashed(os.path.abspath(path)).rstrip("/")


def _spellings(path: Path) -> tuple[str, ...]:
    """As the user wrote it, and with links followed: cargo and rustc do not agree on which they use."""
    return (_spelling(path), _slashed(str(path.resolve())).rstrip("/"))


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or _WINDOWS_DRIVE.match(path) is not None


def _without_machine(path: str) -> str:
    """What of an absolute path outside of the known folders is the same on every machine."""
    checkout = _GIT_CHECKOUT.fullmatch(path)
    if checkout:
        return f"{checkout[1]}-{checkout[2]}/{checkout[3]}"
    for expression in (_REGISTRY, _NAME_AND_VERSION):
        match = expression.fullmatch(path)
        if match:
            return match[1]
    parts = path.split("/")
    folders = [position for position, part in enumerate(parts) if part in _TARGET_FOLDERS and position > 1]
    first = folders[-1] - 1 if folders else max(len(parts) - 2, 1)
    return "/".join(parts[first:])


def _read_lines(path: str) -> tuple[bytes, ...]:
    try:
        file = Path(path)
        if not file.is_file() or file.stat().st_size > _LARGEST_FILE:
            return ()
        return tuple(line.removesuffix(b"\r") for line in file.read_bytes().split(b"\n"))
    except (OSError, ValueError):
        return ()


def _shortened(excerpt: Excerpt) -> Excerpt:
    if len(excerpt.text) <= _LONGEST_LINE:
        return excerpt
    first = max(0, min(excerpt.start - _LONGEST_LINE // 2, len(excerpt.text) - _LONGEST_LINE))
    text = excerpt.text[first : first + _LONGEST_LINE]
    before, after = "…" if first else "", "…" if first + _LONGEST_LINE < len(excerpt.text) else ""
    start = excerpt.start - first + len(before) if excerpt.length else 0
    return Excerpt(before + text + after, start, min(excerpt.length, _LONGEST_LINE))

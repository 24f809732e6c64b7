"""The functions of a crate as its source writes them: names, places, documentation, bodies.

Read line by line, without a parser: enough to say which functions a person might mean, never what the program does.

Not handled: functions that macros write; modules that lie elsewhere (``#[path]``); an ``impl`` inside of a function.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_DOC = re.compile(r"^\s*///(.*)$")
_ATTRIBUTE = re.compile(r"^\s*#\[")
_FUNCTION = re.compile(
    r"^(?P<indent>\s*)(?P<public>pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+|extern\s+\"\w+\"\s+)*"
    r"fn\s+(?P<name>\w+)"
)
_IMPL = re.compile(r"^impl\b(?:\s*<[^{]*?>)?\s+(?:[\w:<>,\s'&]+\s+for\s+)?(?P<type>\w+)")
_GENERIC_FUNCTION = re.compile(r"^[^{]*?\bfn\s+\w+\s*(?:<(?!\s*')|\([^)]*\bimpl\b)")
_GENERIC_IMPL = re.compile(r"^impl\s*<(?!\s*'\w+\s*>)")
_TESTS = re.compile(r"^\s*#\[cfg\(test\)\]")


@dataclass(frozen=True, slots=True)
class SourceFunction:
    """One ``fn`` with a body."""

    path: str
    """``crate::module::Type::name``, the type without its generic arguments."""
    file: Path
    line: int
    is_public: bool
    documentation: str
    body: str
    """The text from its attributes to its closing brace."""
    is_generic: bool = False
    """By a parameter of its own or of its ``impl``, lifetimes apart."""

    @property
    def lines(self) -> int:
        """Length of the body."""
        return self.body.count("\n") + 1

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.path.rsplit("::", 1)[-1]


def functions_of(crate: str, folder: Path) -> Iterator[SourceFunction]:
    """The functions below ``folder/src``, those of tests left out, in the order of files and lines."""
    source = folder / "src"
    for file in sorted(source.rglob("*.rs")):
        yield from functions_in(_module_path(crate, file.relative_to(source)), file)


def functions_in(module: str, file: Path) -> Iterator[SourceFunction]:
    """The functions of one file, which is that module."""
    yield from _functions_in(module, file, file.read_text(encoding="utf-8", errors="replace").splitlines())


def _module_path(crate: str, file: Path) -> str:
    parts = [part for part in file.with_suffix("").parts if part not in ("lib", "main", "mod")]
    return "::".join([crate, *parts])


def _functions_in(module: str, file: Path, lines: list[str]) -> Iterator[SourceFunction]:
    owner, documentation, is_generic_impl = "", "", False
    first: int | None = None
    for number, line in enumerate(lines):
        if _TESTS.match(line):
            return
        implementation = _IMPL.match(line)
        if implementation:
            owner = f"::{implementation['type']}"
            is_generic_impl = _GENERIC_IMPL.match(line) is not None
        elif line.startswith("}"):
            owner, is_generic_impl = "", False
        doc, function = _DOC.match(line), _FUNCTION.match(line)
        if doc:
            documentation += doc[1]
        elif function:
            path = f"{module}{owner if function['indent'] else ''}::{function['name']}"
            begin = number if first is None else first
            body = "\n".join(lines[begin : _end(lines, number, function["indent"]) + 1])
            is_generic = is_generic_impl or _GENERIC_FUNCTION.search(body) is not None
            yield SourceFunction(path, file, number + 1, bool(function["public"]), documentation, body, is_generic)
            documentation, first = "", None
        elif _ATTRIBUTE.match(line):
            first = number if first is None else first
        else:
            documentation, first = "", None


def _end(lines: list[str], start: int, indent: str) -> int:
    """The line that closes the function that begins at a line, as rustfmt sets it."""
    if lines[start].rstrip().endswith(("}", ";")):
        return start
    closing = f"{indent}}}"
    return next((number for number in range(start + 1, len(lines)) if lines[number].startswith(closing)), start)

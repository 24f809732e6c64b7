"""What could be a root, for someone who has not named one yet.

Two signs, in this order: a doc comment that speaks of the hot path, and the length of the function in the source.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_HOT_WORDS = re.compile(
    r"hot[- ]path|ring[- ]?0|zero[- ]alloc|no[- ]alloc|alloc(?:ation)?[- ]free"
    r"|lock[- ]free|per[- ]event|latency|real[- ]?time",
    re.IGNORECASE,
)
_DOC = re.compile(r"^\s*///(.*)$")
_ATTRIBUTE = re.compile(r"^\s*#\[")
_FUNCTION = re.compile(
    r"^(?P<indent>\s*)pub(?:\([^)]*\))?\s+(?:async\s+|unsafe\s+|const\s+|extern\s+\"\w+\"\s+)*fn\s+(?P<name>\w+)"
)
_IMPL = re.compile(r"^impl\b(?:\s*<[^{]*?>)?\s+(?:[\w:<>,\s'&]+\s+for\s+)?(?P<type>\w+)")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Proposal:
    """One function that looks like an entry point."""

    path: str
    file: str
    line: int
    reason: str


def proposals(folders: Iterable[tuple[str, Path]]) -> list[Proposal]:
    """The best few of the crates given as (crate name, folder); documented ones first, then the longest."""
    functions = [function for crate, folder in folders for function in _functions(crate, folder)]
    documented = [function for function in functions if function.hot_word]
    longest = sorted((each for each in functions if not each.hot_word), key=lambda each: (-each.lines, each.path))
    chosen = sorted(documented, key=lambda each: each.path)[:_SHOWN]
    chosen += longest[: max(_SHOWN - len(chosen), 0)]
    return [Proposal(each.path, each.file, each.line, _reason(each)) for each in chosen]


def message(found: list[Proposal]) -> str:
    """What to do, with the proposals: the text of the error that ends an audit without roots."""
    how = (
        "no root is named, so there is nothing to audit: name one with `--root PATTERN`, in `ringfence.toml` as "
        '`[[roots]]` with `path = "…"`, or by a comment `// ringfence: root` above a function'
    )
    if not found:
        return how
    lines = [f"  --root {each.path}    # {each.reason}, {each.file}:{each.line}" for each in found]
    return "\n".join([f"{how}; these look like entry points:", *lines])


@dataclass(frozen=True, slots=True)
class _Function:
    path: str
    file: str
    line: int
    lines: int
    hot_word: str


def _reason(function: _Function) -> str:
    return f'documented as "{function.hot_word}"' if function.hot_word else f"{function.lines} lines, public"


def _functions(crate: str, folder: Path) -> Iterator[_Function]:
    source = folder / "src"
    for file in sorted(source.rglob("*.rs")):
        module = _module_path(crate, file.relative_to(source))
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from _functions_in(module, file.relative_to(folder).as_posix(), lines)


def _module_path(crate: str, file: Path) -> str:
    parts = [part for part in file.with_suffix("").parts if part not in ("lib", "main", "mod")]
    return "::".join([crate, *parts])


def _functions_in(module: str, file: str, lines: list[str]) -> Iterator[_Function]:
    owner, documentation = "", ""
    for number, line in enumerate(lines, 1):
        implementation = _IMPL.match(line)
        if implementation:
            owner = f"::{implementation['type']}"
        elif line.startswith("}"):
            owner = ""
        doc, function = _DOC.match(line), _FUNCTION.match(line)
        if doc:
            documentation += doc[1]
        elif function:
            word = _HOT_WORDS.search(documentation)
            length = _length(lines, number - 1, function["indent"])
            path = f"{module}{owner if function['indent'] else ''}::{function['name']}"
            yield _Function(path, file, number, length, word[0] if word else "")
            documentation = ""
        elif not _ATTRIBUTE.match(line):
            documentation = ""


def _length(lines: list[str], start: int, indent: str) -> int:
    closing = f"{indent}}}"
    for number in range(start + 1, len(lines)):
        if lines[number].startswith(closing):
            return number - start + 1
    return 1

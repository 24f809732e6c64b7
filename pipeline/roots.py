"""From patterns and markers to functions: what is audited, and why a pattern found nothing."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringfence.graphs.names import Pattern, crate_of, display_name, method_name, without_generics
from ringfence.graphs.program import Function, Program
from ringfence.pipeline.markers import Marker

_IDENTIFIER = re.compile(r"\w+")
_UNNAMED = re.compile(r"::\{[^}]*\}")
"""Closures and the like: numbered, not named, in symbols."""
_NEAREST = 3
_GENERIC_FUNCTION = r"fn\s+{name}\s*<(?!\s*')|fn\s+{name}\s*\([^)]*\bimpl\b"
_GENERIC_IMPL = re.compile(r"^impl\s*<(?!\s*'\w+\s*>)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RootPattern:
    """What the user asked for."""

    text: str
    budget_ns: int | None = None
    reason: str = ""
    event_loop: bool = False
    """Only its loops run for each event."""


@dataclass(frozen=True, slots=True)
class Root:
    """One function that a pattern found."""

    pattern: RootPattern
    function: Function


@dataclass(frozen=True, slots=True)
class Miss:
    """A pattern that found nothing."""

    pattern: RootPattern
    why: str
    nearest: tuple[str, ...]

    @property
    def message(self) -> str:
        """One sentence with what to do."""
        near = f"; the nearest names are {', '.join(f'`{name}`' for name in self.nearest)}" if self.nearest else ""
        return f"the root `{self.pattern.text}` matches no function of this build: {self.why}{near}"


class FunctionNames:
    """The names of all functions of the program, demangled only where a pattern could match them."""

    def __init__(self, symbols: Mapping[str, Sequence[int]]) -> None:
        self._symbols = symbols

    def matching(self, pattern: Pattern) -> list[tuple[str, int, str]]:
        """(name, module, symbol) of every function that the pattern selects, sorted by name."""
        words = _IDENTIFIER.findall(_UNNAMED.sub("", without_generics(pattern.text)))
        mark = f"{len(words[-1])}{words[-1]}" if words and not pattern.text.endswith("*") else ""
        named: dict[str, list[tuple[int, str]]] = {}
        for symbol, modules in self._symbols.items():
            if mark in symbol or symbol == pattern.text:
                named.setdefault(display_name(symbol), []).extend((module, symbol) for module in modules[:1])
        return [(name, *pair) for name in pattern.select(named) for pair in sorted(named[name])]

    def nearest(self, text: str) -> tuple[str, ...]:
        """Names most like the pattern: same last word in another place first, then by likeness."""
        words = _IDENTIFIER.findall(without_generics(text))
        crate = words[0] if words else ""
        plain = {without_generics(display_name(symbol)) for symbol in self._symbols if crate in symbol}
        candidates = sorted(name for name in plain if crate_of(name) == crate and "{" not in name)
        same_word = [name for name in candidates if words and method_name(name) == words[-1]]
        return tuple((same_word or difflib.get_close_matches(text, candidates, _NEAREST, 0.6))[:_NEAREST])


def find_roots(
    patterns: Iterable[RootPattern], names: FunctionNames, program: Program, crates: Mapping[str, Path]
) -> list[Root | Miss]:
    """One entry for each pattern and function found, in the order of the patterns; a `Miss` where there is none.
    ``crates`` are the folders of the user's own crates, where the source of a missing function is looked for."""
    found: list[Root | Miss] = []
    for pattern in patterns:
        matches = names.matching(Pattern(pattern.text))
        program.load(module for _, module, _ in matches)
        functions = {
            function.id: function for _, module, symbol in matches if (function := program.function(module, symbol))
        }
        if functions:
            found.extend(Root(pattern, function) for function in functions.values())
        else:
            why = _why_not_found(pattern.text, crates)
            found.append(Miss(pattern, why, names.nearest(pattern.text) if why == _NO_SUCH_FUNCTION else ()))
    return found


_NO_SUCH_FUNCTION = "no function of that name is in the modules"


def _why_not_found(pattern: str, crates: Mapping[str, Path]) -> str:
    words = _IDENTIFIER.findall(without_generics(pattern))
    folders = [crates[word] for word in words if word in crates] or list(crates.values())
    sources = (source for folder in folders for source in sorted(folder.rglob("src/**/*.rs")))
    return why_missing(words[-1], sources) if words else _NO_SUCH_FUNCTION


def find_marked(
    markers: Iterable[Marker], names: Mapping[str, Sequence[int]], program: Program, workspace: Path
) -> list[Root | Miss]:
    """Functions whose debug info gives the line of a marked ``fn``; every instance of a generic one. ``names`` are the
    symbols of the user's own modules: a generic function of theirs is instantiated there."""
    found: list[Root | Miss] = []
    for marker in markers:
        place = f"{_relative(marker.file, workspace)}:{marker.line}"
        pattern = RootPattern(marker.name or place)
        if not marker.name:
            found.append(Miss(pattern, f"no function follows the marker at {place}", ()))
            continue
        mark = f"{len(marker.name)}{marker.name}"
        candidates = [(modules[0], symbol) for symbol, modules in names.items() if mark in symbol]
        program.load(module for module, _ in candidates)
        found_here = [(symbol, program.function(module, symbol)) for module, symbol in sorted(candidates)]
        functions = [each for _, each in found_here if each and _stands_at(each, marker)]
        functions = functions or [each for symbol, each in found_here if each and _is_twin(each, symbol, marker.name)]
        if functions:
            unique = {function.id: function for function in functions}
            found.extend(Root(RootPattern(without_generics(each.name)), each) for each in unique.values())
        else:
            found.append(Miss(pattern, f"{why_missing(marker.name, [marker.file])} (marked at {place})", ()))
    return found


def why_missing(name: str, sources: Iterable[Path]) -> str:
    """What the source says of a function that has no symbol."""
    generic = re.compile(_GENERIC_FUNCTION.format(name=re.escape(name)))
    plain = re.compile(rf"fn\s+{re.escape(name)}\b")
    for source in sources:
        text = source.read_text(encoding="utf-8", errors="replace") if source.is_file() else ""
        position = plain.search(text)
        if position is None:
            continue
        if generic.search(text) or _is_in_generic_impl(text, position.start()):
            return "it is generic, and nothing in this build instantiates it: call it with concrete types"
        return (
            "its source is there, but rustc made no code for it, because it is small enough to be inlined into every "
            "caller: audit a caller, mark it `#[inline(never)]`, or build with `RUSTFLAGS=-Clink-dead-code`"
        )
    return _NO_SUCH_FUNCTION


def _is_in_generic_impl(text: str, position: int) -> bool:
    before = text[:position]
    opening = max(before.rfind("\nimpl"), 0 if before.startswith("impl") else -1)
    return opening >= 0 and _GENERIC_IMPL.search(text, opening, position) is not None


def _is_twin(function: Function, symbol: str, name: str) -> bool:
    """LLVM folds equal bodies into one symbol, of which the others are aliases without debug info of their own."""
    return function.facts.symbol != symbol and method_name(display_name(symbol)) == name


def _stands_at(function: Function, marker: Marker) -> bool:
    if not function.entry:
        return False
    frame = function.entry[0]
    return (
        frame.line == marker.line
        and Path(function.file_of(frame)).name == marker.file.name
        and _same_file(function.file_of(frame), marker.file)
    )


def _same_file(named: str, file: Path) -> bool:
    path = Path(named)
    return path == file or (path.exists() and path.samefile(file)) or file.as_posix().endswith("/" + path.as_posix())


def _relative(file: Path, workspace: Path) -> str:
    return file.relative_to(workspace).as_posix() if file.is_relative_to(workspace) else file.as_posix()

"""From patterns and markers to functions: what is audited, and why a pattern found nothing."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringfence.graphs.names import Pattern, crate_of, display_name, method_name, without_generics
from ringfence.graphs.program import Function, Program
from ringfence.pipeline.missing import NO_SUCH_FUNCTION, why_missing
from ringfence.pipeline.source_functions import functions_of

_IDENTIFIER = re.compile(r"\w+")
_UNNAMED = re.compile(r"::\{[^}]*\}")
"""Closures and the like: numbered, not named, in symbols."""
_NEAREST = 3
_TRAIT = re.compile(r"^<| as [^>]*>")
"""What a path of a trait's method has around its type."""


@dataclass(frozen=True, slots=True)
class RootPattern:
    """What the user asked for."""

    text: str
    budget_ns: int | None = None
    reason: str = ""
    event_loop: bool = False
    """Only its loops run for each event."""
    thread: str = ""
    """What the project calls the thread that it runs on."""
    never_panics: bool = False
    """The project says that a place that can panic is an error."""


@dataclass(frozen=True, slots=True)
class Root:
    """One function that a pattern found."""

    pattern: RootPattern
    function: Function
    inlined_into: tuple[str, ...] = ()
    """Paths of the functions that hold what is left of it, where it has no symbol."""


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
        mark = _mark(pattern)
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


def _mark(pattern: Pattern) -> str:
    """What every symbol that the pattern can select has in it: the last name behind its length."""
    words = _IDENTIFIER.findall(_UNNAMED.sub("", without_generics(pattern.text)))
    return f"{len(words[-1])}{words[-1]}" if words and not pattern.text.endswith("*") else ""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a root may hide that no symbol has the name of."""

    own_modules: Sequence[int]
    """Modules of the user's own crates: what is inlined, is inlined there."""
    crates: Mapping[str, Path]
    """Folders of the user's own crates, where the source of a missing function is looked for."""
    files: Callable[[int], str]
    """The file of a module, by its number."""


def find_root(pattern: RootPattern, names: FunctionNames, program: Program, places: Places) -> list[Root | Miss]:
    """One entry for each function that the pattern finds; a `Miss` where there is none."""
    matches = names.matching(Pattern(pattern.text))
    program.load(module for _, module, _ in matches)
    functions = {
        name: program.alias(function, symbol)
        for name, module, symbol in matches
        if (function := program.function(module, symbol))
    }
    if functions:
        return [Root(pattern, function) for function in functions.values()]
    unreadable = sorted({places.files(module) for _, module, _ in matches if module in program.unreadable})
    if unreadable:
        return [Miss(pattern, f"it stands in {unreadable[0]}, which cannot be read", ())]
    inlined = list(_inlined(pattern, program, places))
    return [*inlined] if inlined else [_miss(pattern, names, places)]


def _inlined(pattern: RootPattern, program: Program, places: Places) -> Iterator[Root]:
    """What is left of functions that the pattern selects and that have no symbol, in the user's own modules."""
    program.load(places.own_modules)
    wanted = Pattern(pattern.text)
    mark = _mark(wanted)
    found = {
        (display_name(subprogram.name), module, subprogram.name)
        for module in places.own_modules
        if module in program.modules
        for subprogram in program.modules[module].subprograms
        if mark in subprogram.name
    }
    selected = set(wanted.select(name for name, _, _ in found))
    for name, module, symbol in sorted(found):
        left = program.inlined(module, symbol) if name in selected else None
        if left is not None:
            yield Root(pattern, left.function, left.into)


def _miss(pattern: RootPattern, names: FunctionNames, places: Places) -> Miss:
    why = _why_not_found(pattern.text, places.crates)
    return Miss(pattern, why, names.nearest(pattern.text) if why == NO_SUCH_FUNCTION else ())


def _why_not_found(pattern: str, crates: Mapping[str, Path]) -> str:
    plain = without_generics(_TRAIT.sub("", pattern))
    words = _IDENTIFIER.findall(plain)
    named = {word: crates[word] for word in words if word in crates} or crates
    functions = (each for crate, folder in named.items() for each in functions_of(crate, folder))
    return why_missing(words, functions) if words else NO_SUCH_FUNCTION

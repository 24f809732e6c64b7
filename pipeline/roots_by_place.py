"""Roots that are named by their place in the source: below a marker, or where a thread is started.

A function is found by the line that debug info gives it. Generic functions and closures stand there once for each
instance.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from ringfence.graphs.names import display_name, method_name, without_generics
from ringfence.graphs.program import Function, Inlined, Program
from ringfence.pipeline.markers import Marker
from ringfence.pipeline.missing import why_missing
from ringfence.pipeline.roots import Miss, Root, RootPattern
from ringfence.pipeline.source_functions import functions_in
from ringfence.pipeline.threads import THREAD, ThreadStart


class OwnFunctions:
    """Functions of the user's own modules, by their place."""

    def __init__(self, names: Mapping[str, Sequence[int]], program: Program, workspace: Path) -> None:
        """``names`` are the symbols of those modules: a generic function of theirs is instantiated there."""
        self._names = names
        self._program = program
        self._workspace = workspace

    def marked(self, marker: Marker) -> Iterator[Root | Miss]:
        """Functions whose debug info gives the line of a marked ``fn``."""
        place = self.place(marker.file, marker.line)
        pattern = RootPattern(marker.name or place)
        if not marker.name:
            yield Miss(pattern, f"no function follows the marker at {place}", ())
            return
        named = self._named(marker.name)
        functions = list(self._standing(marker, named)) or [
            self._program.alias(each, symbol) for symbol, each in named if _is_twin(each, symbol, marker.name)
        ]
        yield from _each_name(functions)
        if not functions:
            below = (each for each in functions_in("", marker.file) if each.line >= marker.line)
            yield Miss(pattern, f"{why_missing([marker.name], below)} (marked at {place})", ())

    def _standing(self, marker: Marker, named: Iterable[tuple[str, Function]]) -> Iterator[Function]:
        """What stands on the marked line, and the twins that were folded into it: other instances, and, of a marker
        inside a macro, what else the macro made."""
        for symbol, each in named:
            if not _stands_at(each, marker.file, marker.line) or (_is_closure(each) and not marker.is_async):
                continue
            if not _is_twin(each, symbol, marker.name):
                yield each
            elif marker.is_in_macro or without_generics(display_name(symbol)) == without_generics(each.name):
                yield self._program.alias(each, symbol)

    def standing_at(self, name: str, file: Path, line: int, pattern: RootPattern) -> Iterator[Root]:
        """The instances of the function of that name whose debug info gives the line."""
        here = (each for _, each in self._named(name) if _stands_at(each, file, line))
        unique = {each.name: each for each in here}
        yield from (Root(pattern, each) for each in unique.values())

    def run_by(self, start: ThreadStart, pattern: RootPattern) -> list[Root]:
        """The closure that a thread runs, each instance of it; or what is left of it where std's frame of the thread
        has taken it in."""
        named = [function for _, function in self._named(start.function) if _is_closure(function)]
        here = [Root(pattern, each) for each in named if _stands_at(each, start.file, start.line)]
        return here or [Root(pattern, left.function, left.into) for left in self._left_of(start)]

    def _left_of(self, start: ThreadStart) -> Iterator[Inlined]:
        modules = sorted({module for modules in self._names.values() for module in modules[:1]})
        self._program.load(modules)
        for module in modules:
            facts = self._program.modules.get(module)
            standing = {
                each.name
                for each in (facts.subprograms if facts else ())
                if each.line == start.line and facts and _same_file(facts.files[each.file], start.file)
            }
            found = (self._program.inlined(module, symbol) for symbol in sorted(standing))
            yield from (left for left in found if left is not None and _is_closure(left.function))

    def place(self, file: Path, line: int) -> str:
        """``src/lib.rs:3``, from the workspace's root."""
        inside = file.is_relative_to(self._workspace)
        return f"{(file.relative_to(self._workspace) if inside else file).as_posix()}:{line}"

    def _named(self, name: str) -> list[tuple[str, Function]]:
        """Symbol and function of everything that has such a segment in its symbol."""
        mark = f"{len(name)}{name}"
        candidates = sorted((modules[0], symbol) for symbol, modules in self._names.items() if mark in symbol)
        self._program.load(module for module, _ in candidates)
        found = ((symbol, self._program.function(module, symbol)) for module, symbol in candidates)
        return [(symbol, function) for symbol, function in found if function is not None]


def find_marked(markers: Iterable[Marker], own: OwnFunctions) -> list[Root | Miss]:
    """One entry for each function that a marker stands above, or a `Miss`."""
    return [found for marker in markers for found in own.marked(marker)]


def find_threads_named(
    pattern: RootPattern,
    threads: Sequence[ThreadStart],
    own: OwnFunctions,
    by_name: Callable[[RootPattern], Iterable[Root | Miss]],
) -> Iterator[Root | Miss]:
    """What the threads run whose names a pattern ``thread:NAME`` fits; ``by_name`` finds a function by its path."""
    wanted = pattern.text.removeprefix(THREAD)
    fitting = [start for start in threads if start.name and _fits(wanted, start.name)]
    found: list[Root | Miss] = []
    for start in fitting:
        if start.is_closure:
            found += own.run_by(start, pattern)
        else:
            found += [replace(each, pattern=pattern) for each in by_name(RootPattern(start.function))]
    yield from found
    if found:
        return
    if fitting:
        place = own.place(fitting[0].file, fitting[0].line)
        yield Miss(pattern, f"what the thread runs that is started at {place} has no code in this build", ())
        return
    known = sorted({f"{THREAD}{start.name}" for start in threads if start.name})
    yield Miss(pattern, "no thread of that name is started in the workspace's own source", tuple(known))


def _fits(wanted: str, name: str) -> bool:
    """Either may have a ``*``: the pattern's, or what a name gets at run time."""
    return fnmatchcase(name, wanted) or fnmatchcase(wanted, name)


def _each_name(functions: Iterable[Function]) -> Iterator[Root]:
    unique = {function.name: function for function in functions}
    for function in unique.values():
        yield Root(RootPattern(without_generics(function.name)), function)


def _is_closure(function: Function) -> bool:
    return method_name(function.name).startswith("{")


def _is_twin(function: Function, symbol: str, name: str) -> bool:
    """LLVM folds equal bodies into one symbol, of which the others are aliases without debug info of their own."""
    return function.facts.symbol != symbol and method_name(display_name(symbol)) == name


def _stands_at(function: Function, file: Path, line: int) -> bool:
    if not function.entry:
        return False
    frame = function.entry[0]
    named = function.file_of(frame)
    return frame.line == line and Path(named).name == file.name and _same_file(named, file)


def _same_file(named: str, file: Path) -> bool:
    path = Path(named)
    return path == file or (path.exists() and path.samefile(file)) or file.as_posix().endswith("/" + path.as_posix())

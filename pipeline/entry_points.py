"""The entry points of a build: what patterns, markers and discovery name, as functions of the program."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.graphs.names import method_name, without_generics
from ringfence.graphs.program import Program
from ringfence.pipeline.build import Built
from ringfence.pipeline.library import Library
from ringfence.pipeline.markers import find_markers
from ringfence.pipeline.propose import Proposal, discover
from ringfence.pipeline.roots import FunctionNames, Miss, Places, Root, RootPattern, find_root
from ringfence.pipeline.roots_by_place import OwnFunctions, find_marked, find_threads_named
from ringfence.pipeline.threads import THREAD, find_threads


@dataclass(frozen=True, slots=True)
class Discovered:
    """A proposal, and the functions of this build that it is."""

    proposal: Proposal
    found: tuple[Root, ...]
    """Nothing where the function has no code in this build."""


class EntryPoints:
    """Finds functions in one program."""

    def __init__(self, built: Built, library: Library, program: Program) -> None:
        self._built = built
        self._program = program
        own = [number for crate in sorted(built.own_crates) for number in library.modules_of(crate)]
        self._places = Places(own, built.own_crates, lambda module: str(library.sources[module].path))
        self._names = FunctionNames(dict(library.functions))
        self._own = OwnFunctions(library.own_symbols(), program, built.workspace)
        self._threads = tuple(find_threads(built.own_folders))

    def find(self, patterns: Iterable[RootPattern]) -> list[Root | Miss]:
        """What the patterns and then the markers name; one entry for each pattern and function: a comment may name
        again what the configuration names."""
        found = [each for pattern in patterns for each in self._named(pattern)]
        found += find_marked(find_markers(self._built.own_folders), self._own)
        return list(_unique(found))

    def discover(self) -> list[Discovered]:
        """Functions of the user's own crates that look like entry points."""
        return [self._discovered(each) for each in discover(self._built.own_packages)]

    def _named(self, pattern: RootPattern) -> list[Root | Miss]:
        if pattern.text.startswith(THREAD):
            return list(find_threads_named(pattern, self._threads, self._own, self._by_path))
        return self._by_path(pattern)

    def _by_path(self, pattern: RootPattern) -> list[Root | Miss]:
        return find_root(pattern, self._names, self._program, self._places)

    def _discovered(self, proposal: Proposal) -> Discovered:
        pattern = RootPattern(proposal.path, proposal.budget_ns, proposal.reason)
        start = proposal.thread
        if start is not None and start.is_closure and not start.name:
            found = tuple(self._own.run_by(start, pattern))
            path = without_generics(found[0].function.name) if found else proposal.path
            return Discovered(replace(proposal, path=path), found)
        named = tuple(each for each in self._named(pattern) if isinstance(each, Root))
        if named or start is not None:
            return Discovered(proposal, named)
        return self._at_its_place(proposal, pattern)

    def _at_its_place(self, proposal: Proposal, pattern: RootPattern) -> Discovered:
        """A method may be written in another module than its type, whose path it then has."""
        method = method_name(proposal.path)
        found = tuple(self._own.standing_at(method, proposal.file, proposal.line, pattern))
        path = without_generics(found[0].function.name) if found else proposal.path
        return Discovered(replace(proposal, path=path), found)


def _unique(roots: Sequence[Root | Miss]) -> Iterator[Root | Miss]:
    seen: set[tuple[str, int]] = set()
    for root in roots:
        if isinstance(root, Miss):
            yield root
        elif (key := (root.pattern.text, root.function.id)) not in seen:
            seen.add(key)
            yield root

"""The modules of an audit: which there are, what they define, and their facts when the program asks for them."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from ringfence.graphs.effects import effect_of
from ringfence.graphs.facts import ModuleFacts, decode_module, encode_module
from ringfence.graphs.liveness import MANGLED
from ringfence.graphs.symbols import ModuleSymbols, SymbolIndex
from ringfence.pipeline.bitcode import read_symbols
from ringfence.pipeline.ir.worker import Task
from ringfence.pipeline.module_source import ModuleKind, ModuleSource, Origin, UnreadableModuleError
from ringfence.pipeline.native_facts import native_facts
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.signatures import parameters_in
from ringfence.pipeline.store import FactsStore
from ringfence.pipeline.workers import Read, WorkerPool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A module that could not be read, and why."""

    module: str
    reason: str


_ALMOST_ALWAYS_READ = frozenset({"core", "alloc", "std"})
_WORKERS_TO_READ_AHEAD = 2


class Library:
    """All modules of one audit; a module's number is its position in ``sources``."""

    def __init__(
        self, sources: Sequence[ModuleSource], store: FactsStore | None, pool: WorkerPool, progress: Progress
    ) -> None:
        self.sources = tuple(sources)
        self.unreadable: list[Unreadable] = []
        self._store = store
        self._pool = pool
        self._progress = progress
        self.symbols = SymbolIndex(self._index())
        self.modules_read = 0
        self.reading_seconds = 0.0
        """Time spent in `read`."""
        self._read_ahead: dict[int, ModuleFacts] = {}
        self._looked_ahead = False

    @property
    def function_count(self) -> int:
        """Distinct functions that the modules define."""
        return len(self.symbols.functions())

    @cached_property
    def native(self) -> frozenset[int]:
        """The modules of machine code."""
        kinds = enumerate(source.kind for source in self.sources)
        return frozenset(number for number, kind in kinds if kind is ModuleKind.NATIVE)

    @cached_property
    def functions(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Every function that has IR, with the modules that define it."""
        if not self.native:
            return self.symbols.functions()
        with_ir = (
            (symbol, tuple(number for number in modules if number not in self.native))
            for symbol, modules in self.symbols.functions()
        )
        return tuple((symbol, modules) for symbol, modules in with_ir if modules)

    def own_symbols(self) -> dict[str, list[int]]:
        """Functions that the user's own modules define, with those modules."""
        found: dict[str, list[int]] = defaultdict(list)
        for symbol, modules in self.functions:
            own = [number for number in modules if self.sources[number].origin is Origin.OWN]
            if own:
                found[symbol] = own
        return found

    @cached_property
    def exports_rust(self) -> bool:
        """Whether Rust code outside of the build may call the user's own: a binary exports ``main`` and what has a
        plain name, a library its public functions."""
        own = (number for number, source in enumerate(self.sources) if source.origin is Origin.OWN)
        return any(symbol.startswith(MANGLED) for number in own for symbol in self.symbols.exported(number))

    def with_ir(self) -> frozenset[int]:
        """The modules whose code can be read."""
        return frozenset(range(len(self.sources))) - self.native

    @cached_property
    def standard(self) -> frozenset[int]:
        """The modules of the standard library."""
        return frozenset(number for number in self.with_ir() if self.sources[number].origin is Origin.STD)

    def parameters(self, module: int) -> frozenset[str] | None:
        """The parameter lists of the functions that a module names (`ringfence.pipeline.signatures`)."""
        try:
            return parameters_in(self.sources[module])
        except UnreadableModuleError:
            return None

    def modules_of(self, crate: str) -> Sequence[int]:
        """The modules with IR of a crate."""
        return self._of_crate.get(crate, ())

    @cached_property
    def _of_crate(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for number, source in enumerate(self.sources):
            if source.kind is not ModuleKind.NATIVE:
                found[source.crate].append(number)
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the report should know about the store."""
        return (self._store.write_error,) if self._store and self._store.write_error else ()

    def read(self, numbers: Sequence[int]) -> Mapping[int, ModuleFacts]:
        """Facts by number, from the store or else from a worker; what cannot be read is missing and remembered."""
        started = time.monotonic()
        found = self._read(numbers)
        self.reading_seconds += time.monotonic() - started
        return found

    def _read(self, numbers: Sequence[int]) -> dict[int, ModuleFacts]:
        found: dict[int, ModuleFacts] = {}
        missing: dict[Task, tuple[int, str]] = {}
        self._progress.phase("reading modules", len(numbers))
        for number in numbers:
            source = self.sources[number]
            key = self._key(source)
            facts = self._read_ahead.pop(number, None) or (self._store.load(key) if self._store and key else None)
            if facts is None and source.kind is not ModuleKind.NATIVE:
                missing[_task(source)] = (number, key)
                continue
            facts = facts or self._read_native(source, key)
            if facts is not None:
                found[number] = facts
            self._progress.advance()
        ahead = self._ahead(numbers) if missing else {}
        for task, answer in self._pool.read({**missing, **ahead}, self._progress.advance):
            number, key = missing.get(task) or ahead[task]
            if answer.error:
                self._remember(self.sources[number], answer.error)
                continue
            (found if task in missing else self._read_ahead)[number] = self._kept(key, answer)
        self.modules_read += len(found)
        return found

    def _ahead(self, numbers: Sequence[int]) -> dict[Task, tuple[int, str]]:
        """The cores of the standard library, once: almost every root reaches them, and while the first module, often
        the largest, is read, a second worker would have nothing to do."""
        if self._looked_ahead or self._pool.limit < _WORKERS_TO_READ_AHEAD:
            return {}
        self._looked_ahead = True
        tasks: dict[Task, tuple[int, str]] = {}
        for number, source in enumerate(self.sources):
            is_std = source.origin is Origin.STD and source.kind is ModuleKind.BITCODE
            if not is_std or source.crate not in _ALMOST_ALWAYS_READ or number in numbers:
                continue
            key = self._key(source)
            if self._store is None or self._store.load(key) is None:
                tasks[_task(source)] = (number, key)
        return tasks

    def _read_native(self, source: ModuleSource, key: str) -> ModuleFacts | None:
        """Here and not by a worker: no LLVM is asked that could abort the process."""
        try:
            facts = native_facts(source)
        except UnreadableModuleError as error:
            self._remember(source, error.reason)
            return None
        if self._store and key:
            self._store.save(key, encode_module(facts))
        return facts

    def _kept(self, key: str, answer: Read) -> ModuleFacts:
        if self._store and key:
            self._store.save(key, answer.facts)
        return decode_module(answer.facts)

    def _key(self, source: ModuleSource) -> str:
        try:
            return self._store.key(source.read()) if self._store else ""
        except UnreadableModuleError:
            return ""

    def _index(self) -> Iterable[ModuleSymbols]:
        self._progress.phase("indexing modules", len(self.sources))
        for source in self.sources:
            yield self._symbols_of(source)
            self._progress.advance()

    def _symbols_of(self, source: ModuleSource) -> ModuleSymbols:
        if source.kind is ModuleKind.NATIVE and source.origin is Origin.STD:
            # compiler-rt: its functions are known by name.
            return ModuleSymbols()
        try:
            symbols = read_symbols(source)
        except UnreadableModuleError as error:
            self._remember(source, str(error))
            return ModuleSymbols()
        if symbols is None:
            self._remember(
                source, "it carries no symbol table; build it with LLVM's own `-emit-llvm` or rustc's `--emit=llvm-bc`"
            )
        if symbols and source.kind is ModuleKind.NATIVE:
            return _without_known(symbols)
        return symbols or ModuleSymbols()

    def _remember(self, source: ModuleSource, reason: str) -> None:
        self.unreadable.append(Unreadable(source.label, reason))


def _without_known(symbols: ModuleSymbols) -> ModuleSymbols:
    """What has a contract is not followed: an allocator that is linked in allocates, whatever it calls for that."""
    return msgspec.structs.replace(
        symbols,
        defined=tuple(name for name in symbols.defined if effect_of(name) is None),
        weak=tuple(name for name in symbols.weak if effect_of(name) is None),
    )


def _task(source: ModuleSource) -> Task:
    return Task(str(source.path), source.offset, source.size, source.kind is ModuleKind.TEXT)

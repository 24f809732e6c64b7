"""What the program can make: whether anything alive names a vtable, a table of functions or a function.

Rapid type analysis (Bacon and Sweeney, *Fast Static Analysis of C++ Virtual Function Calls*, OOPSLA 1996) takes for
candidates of a virtual call the classes that code which is itself alive makes. Rust makes an object by naming its
vtable, and a callback by naming the function. Here the question is asked backwards, for one symbol at a time, because
the answer for most needs a handful of steps where the set of everything alive needs every module:

1. A symbol is alive if a function or a global variable that is alive names it in its body or initialiser. In its own
   module `ModuleFacts.references` tells who does; of other modules the symbol index tells which name it at all.
2. These are alive by themselves: what a module exports whose users are not in the build (``main`` of a binary, the
   public functions of a library, ``#[no_mangle]``), what the linker is told to keep, the roots, and what the compiler's
   allocator shim calls.
3. Machine code is alive, and so is all that it names.
4. A module that names the symbol and was not read is read, as long as all that are read for that define no more than
   `MOST_READ` functions; otherwise the evidence stops, and the symbol counts as alive.
5. A function's address is *taken* where something alive names it other than as a callee.
6. A method of which no vtable was seen *may be an object's* if a module that names it was not read, or if its address
   is taken: LLVM loads it out of the vtable where it can. In a program that has users (a library) it always may: they
   make objects, and code that is generic or inlined into them is not in the build.

So a symbol is dead only if everything that leads to it was seen and begins nowhere.

Not handled: a vtable is alive with all its methods, whether or not a call of its slot is alive; a function that is
alive because it is called counts also where its address is taken in dead code. Both err towards alive.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from ringfence.graphs.facts import FunctionFacts, ModuleFacts
from ringfence.graphs.program import Function, Program, Symbols

MOST_READ = 4000
"""Functions in the modules that one audit reads only to see whether what they name is alive."""
_COMPILERS_OWN = "7___rustc"
"""In the symbols through which the standard library and the compiler's shims call each other."""
MANGLED = ("_R", "_ZN")
"""With which Rust's own symbols begin, in its two schemes."""
_Named = tuple[int, str]
"""A module and a symbol that it defines."""


class Users(Enum):
    """Which code outside of the build may call what a module exports."""

    NONE = auto()
    FOREIGN = auto()
    """What calls by plain names: the system's start code, C."""
    ANY = auto()


class Liveness:
    """Asked for one symbol at a time; what was found out is kept."""

    def __init__(
        self,
        program: Program,
        symbols: Symbols,
        users_of: Callable[[int], Users],
        roots: Iterable[Function] = (),
        *,
        is_library: bool = True,
        most_read: int = MOST_READ,
    ) -> None:
        """``users_of`` tells which code outside of the build may call what a module exports, ``is_library`` whether
        any of it is Rust."""
        self._program = program
        self._symbols = symbols
        self._users_of = users_of
        self._is_library = is_library
        roots = tuple(roots)
        self._roots = {(root.module, root.facts.symbol) for root in roots}
        self._root_modules = {root.module for root in roots if root.inlined_as}
        self._alive: set[_Named] = set()
        self._dead: set[_Named] = set()
        self._may_read = most_read

    def is_alive(self, module: int, symbol: str) -> bool:
        """Whether something alive names what ``symbol`` means in a module that was read, or might."""
        start = (module, symbol)
        if start in self._dead or start in self._alive:
            return start in self._alive
        way = _Way({start: None}, [start])
        while way.stack or self._read_on(way):
            here = way.stack.pop()
            if self._is_alive_by_itself(*here):
                self._alive.update(way.to(here))
                return True
            for namer in self._namers(here, way):
                if namer not in self._dead:
                    way.add(namer, here)
        self._dead.update(way.leads_to)
        return False

    def is_taken(self, module: int, symbol: str) -> bool:
        """Clause 5, in one module that was read."""
        facts = self._program.modules[module]
        if self._program.is_native(module):
            return True
        return any(
            self.is_alive(module, namer)
            for namer in facts.references.naming(symbol)
            if namer not in facts.functions or _takes(facts.function(namer), symbol)
        )

    def may_be_an_objects(self, module: int, method: str) -> bool:
        """Clause 6."""
        if self._is_library:
            return True
        modules = (module, *self._needing(module, method))
        return any(each not in self._program.modules or self.is_taken(each, method) for each in modules)

    def _is_alive_by_itself(self, module: int, symbol: str) -> bool:
        """Clauses 2 to 4."""
        if (module, symbol) in self._alive or (module, symbol) in self._roots or module in self._root_modules:
            return True
        facts = self._program.modules.get(module)
        if facts is None or self._program.is_native(module) or _COMPILERS_OWN in symbol:
            return True
        return symbol in facts.references.kept_names or any(
            self._is_used_outside(module, name) for name in _names(facts, symbol)
        )

    def _is_used_outside(self, module: int, symbol: str) -> bool:
        users = self._users_of(module)
        if users is Users.NONE or (users is Users.FOREIGN and symbol.startswith(MANGLED)):
            return False
        shared = self._program.modules[module].references.shared_names
        return symbol in shared or symbol in self._symbols.exported(module)

    def _namers(self, here: _Named, way: "_Way") -> Iterator[_Named]:
        """Clause 1, without modules that were not read: they are put off."""
        module, symbol = here
        facts = self._program.modules[module]
        for name in _names(facts, symbol):
            yield from ((module, namer) for namer in facts.references.naming(name))
            for other in self._needing(module, name):
                if other in self._program.modules:
                    yield from self._naming_in(other, name)
                else:
                    way.put_off.append((other, name, here))

    def _needing(self, module: int, symbol: str) -> Sequence[int]:
        """Other modules that name what a module defines."""
        is_visible = module in self._symbols.definitions(symbol)
        shared = self._program.modules[module].references.shared_names
        return self._symbols.needing(symbol) if is_visible or symbol in shared else ()

    def _naming_in(self, module: int, symbol: str) -> Iterator[_Named]:
        facts = self._program.modules.get(module)
        if facts is None or self._program.is_native(module):
            yield module, symbol
        else:
            yield from ((module, namer) for namer in facts.references.naming(symbol))

    def _read_on(self, way: "_Way") -> bool:
        """Clause 4, when nothing else is left."""
        unread = sorted({module for module, *_ in way.put_off} - self._program.modules.keys())
        size = sum(map(self._symbols.size, unread))
        if unread and size <= self._may_read:
            self._may_read -= size
            self._program.load(unread)
        for module, symbol, here in way.put_off:
            for namer in self._naming_in(module, symbol):
                way.add(namer, here)
        way.put_off.clear()
        return bool(way.stack)


@dataclass(slots=True)
class _Way:
    """A search backwards."""

    leads_to: dict[_Named, _Named | None]
    """What names something, with what it names; nothing for where the search began."""
    stack: list[_Named]
    put_off: list[tuple[int, str, _Named]] = field(default_factory=list[tuple[int, str, _Named]])
    """Modules that were not read, the name that they use, and what it stands for."""

    def add(self, namer: _Named, named: _Named) -> None:
        """Go on from what names something, once."""
        if namer not in self.leads_to:
            self.leads_to[namer] = named
            self.stack.append(namer)

    def to(self, found: _Named) -> Iterator[_Named]:
        """Everything between a symbol that was found and where the search began."""
        here: _Named | None = found
        while here is not None:
            yield here
            here = self.leads_to[here]


def _names(facts: ModuleFacts, symbol: str) -> tuple[str, ...]:
    """What a body goes by: LLVM folds equal ones."""
    return (symbol, *facts.twins.get(symbol, ()))


def _takes(function: FunctionFacts, symbol: str) -> bool:
    return any(address.symbol == symbol for address in function.addresses)

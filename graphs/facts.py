"""Facts: what one module of LLVM IR says, and nothing that depends on another module.

Because a module's facts depend only on its bytes, on the LLVM that prints it and on ``FACTS_VERSION``, they are
cached by content, made in any process, and merged later by `ringfence.graphs.program`.

Indices: a *place* is a row of ``FunctionFacts.blocks``; a *location* is a row of ``ModuleFacts.frames``;
-1 always means "none". Symbols are written as the linker sees them, without LLVM's leading ``@``.
"""

import re
from array import array
from collections.abc import Set as AbstractSet
from enum import IntEnum, IntFlag, StrEnum
from functools import cached_property

import msgspec

from ringfence.graphs.access_facts import Access, Static
from ringfence.graphs.references import References
from ringfence.graphs.types import TypeFacts

FACTS_VERSION = 65
"""Raised whenever a record below or the meaning of one of its fields changes: older cache entries are then unused."""


class PathClass(IntEnum):
    """How a block, an edge or a path is reached, best first; a path has the worst class of its parts."""

    HOT = 0
    AMORTIZED = 1
    FIRST_USE = 2
    COLD = 3
    PANIC = 4

    @property
    def label(self) -> str:
        """The name used in reports and in the configuration: ``first-use``, not ``FIRST_USE``."""
        return self.name.lower().replace("_", "-")


class CallKind(IntEnum):
    """What the callee operand of a ``call``, ``invoke`` or ``callbr`` is."""

    DIRECT = 0
    VIRTUAL = 1
    """A method pointer loaded from a vtable (``!invariant.load``)."""
    POINTER = 2
    """Any other pointer: a ``fn`` value, a C callback, a promoted method pointer."""
    ASSEMBLY = 3
    """Inline assembly with a non-empty template (an empty one is a compiler barrier and no event)."""
    THREAD = 4
    """No callee operand: what a thread runs that is waited for (`ringfence.graphs.threads`)."""


class Attribute(IntFlag):
    """Function attributes that matter here (LangRef, *Function Attributes*)."""

    NONE = 0
    COLD = 1
    NORETURN = 2
    ALLOCATES = 4
    """``allockind("alloc…")``."""
    REALLOCATES = 8
    """``allockind("realloc…")``."""
    FREES = 16
    """``allockind("free…")``."""
    ZEROED = 32
    """``allockind("…,zeroed…")``."""
    INLINE_NEVER = 64
    DECLARED = 128
    """Declared here, defined elsewhere."""


class Linkage(StrEnum):
    """Linkage of a definition, folded to what decides symbol resolution (LangRef, *Linkage Types*)."""

    EXTERNAL = "external"
    INTERNAL = "internal"
    """``internal`` or ``private``: visible in its own module only."""
    WEAK = "weak"
    """``weak``, ``weak_odr``, ``linkonce``, ``linkonce_odr``, ``common``: any one definition is kept."""
    AVAILABLE = "available_externally"


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of every stored record: immutable, encoded without field names."""


class Receiver(IntEnum):
    """Where the first pointer argument (behind ``sret``) of a call comes from: it decides whose container grows."""

    OTHER = 0
    LOCAL = 1
    """A stack slot of the calling function, or a field of one: made, or taken, in this call."""
    PARAMETER = 2
    """The first pointer parameter of the calling function, or a field of it: whatever *its* caller passed."""


class Place(Record, frozen=True):
    """How the basic block of an event is reached; blocks that are reached alike share a row."""

    path_class: PathClass
    loop_depth: int
    always: bool
    """Every way from the function's entry to a return passes through the block."""
    is_entered: bool = True
    """A way leads there that does not unwind."""
    loops: tuple[int, ...] = ()
    """Of the loops around it, outermost first, the locations that the function was inlined at which the whole loop
    stands in; -1 where the loop is the function's own."""


class CallSite(Record, frozen=True):
    """One call that is still a call after optimisation."""

    kind: CallKind
    callee: str
    """Symbol of a direct callee; template of inline assembly; empty for an indirect call."""
    place: int
    location: int
    size: int = -1
    """Bytes requested, where the callee has ``allocsize`` and the argument is constant."""
    receiver: Receiver = Receiver.OTHER
    slot: int = -1
    """VIRTUAL: method slot counted from 0 behind drop, size and align; -1 is the drop slot. POINTER: word of the table
    that the pointer was loaded from, counted from where a pointer to it points; -1 where that is not known."""
    vtable_size: int = -1
    """VIRTUAL: ``dereferenceable(N)`` of the vtable pointer, where it is an argument."""
    signature: str = ""
    """Indirect calls: ``return (parameters)`` in LLVM types, attributes removed, to match definitions against."""
    variable: str = ""
    """POINTER: the global variable of one word that the pointer was loaded from (`ModuleFacts.variables`)."""
    callees: tuple[str, ...] = ()
    """Indirect calls: a closed set, from ``!callees`` metadata, from constants, or from a constant table."""
    parameter: int = -1
    """Indirect calls: position of the calling function's parameter that is the pointer; VIRTUAL: the vtable, or
    the method where a caller loaded that; POINTER with a slot: the table, which may be a vtable, for LLVM drops the
    mark of a load that it moves between functions."""
    passed: tuple[tuple[int, str], ...] = ()
    """Arguments that are functions or globals that hold functions: position and symbol."""
    forwarded: tuple[tuple[int, int], ...] = ()
    """Arguments that are pointer parameters of the calling function: position there and here."""
    guard: int = -1
    """A call in a panic block: the place of the block that decides whether control goes there."""
    is_loaded: bool = False
    """POINTER: the body itself loads the pointer, so it is no method that LLVM loaded elsewhere and handed over."""
    is_static: bool = False
    """POINTER: it lies in a global variable, or in memory that only global variables lead to."""
    is_fat: bool = False
    """POINTER with a slot: the call passes what lies beside the pointer to the table, as an object's address does."""


class MemoryCopy(Record, frozen=True):
    """A ``llvm.memcpy``, ``llvm.memmove`` or ``llvm.memset`` that is left."""

    operation: str
    size: int
    """Bytes, -1 where only known at run time."""
    place: int
    location: int


class Atomic(Record, frozen=True):
    """An atomic access or a fence (LangRef, *Atomic Memory Ordering Constraints*)."""

    operation: str
    """``load``, ``store``, ``cmpxchg``, ``fence``, or an ``atomicrmw`` operation such as ``add``."""
    ordering: str
    place: int
    location: int
    target: str = ""
    """Where the word lies, as far as constants tell: ``p0+16`` is 16 bytes behind the first parameter, ``p0+8*+16`` 16
    bytes behind the pointer that lies 8 bytes behind it, ``@NAME+0`` a global, ``%NAME+0`` what some value of the
    function points at, which tells the same word but not two words apart; empty for a fence."""
    publishes: bool = False
    """A relaxed store behind plain stores to memory that others may see, in the same block with no fence between."""
    offset: int = -1
    """Bytes behind the last pointer on the way to the word; -1 where that is not constant."""
    written: str = ""
    """The constant that it writes, as LLVM prints it, or that a read-modify-write computes with; else empty."""
    expected: str = ""
    """``cmpxchg``: the constant that it expects; else empty."""


class Idle(IntEnum):
    """What a call does in the turn of a loop (`ringfence.pipeline.ir.waits`)."""

    BUSY = 0
    """Something, or it is not known."""
    CALM = 1
    """Nothing, but for what the functions do that it calls."""
    LOOKS = 2
    """As calm, and what it returns may depend on what other threads write."""
    TRIES = 3
    """As it looks, and it tries to take a word."""


class Refusal(Record, frozen=True):
    """A function that does something or says by what it returns that it did not (`ringfence.pipeline.ir.refusals`)."""

    refused: int
    """What it returns where it did nothing: of several words the first."""
    done: tuple[int, ...]
    """What it returns where it did; sorted."""


class Wait(Record, frozen=True):
    """A loop of which no turn does anything until another thread writes (`ringfence.pipeline.ir.waits`), if all the
    functions are calm that it calls."""

    place: int
    """Of what decides that the loop ends."""
    location: int
    reads: tuple[int, ...]
    """What decides, numbered as in `Flow.events`; empty for loads that are no atomics."""
    calls: tuple[int, ...]
    """Positions of its calls in ``calls``, pauses and the like among them."""
    staying: tuple[tuple[int, int, bool], ...] = ()
    """Of calls by whose value the loop goes on: position in ``calls``, a constant, and whether the loop goes on where
    that is the value, or where it is another."""


class Flow(Record, frozen=True):
    """The order of a function's events: for functions with several calls, and those that may lock or wait
    (`ringfence.pipeline.ir.events`)."""

    successors: tuple[tuple[int, ...], ...]
    """By block; unwinding is no edge."""
    events: tuple[tuple[int, int], ...]
    """Block and number of each call and atomic in the order of the text. A call's number is its position in ``calls``;
    an atomic's is the complement of its position in ``atomics``: -1 is the first."""


class Switch(Record, frozen=True):
    """A ``switch`` of several cases."""

    cases: int
    """Without the default."""
    is_weighted: bool
    """It has branch weights: from a profile, or from hints."""
    place: int
    location: int
    usual: str = ""
    """Of weighted cases: the value of the heaviest one; empty where that is the default."""
    share: int = 0
    """Its part of all weights, in percent."""


class LoadKind(IntEnum):
    """Why a load is a fact (`ringfence.pipeline.ir.loads`)."""

    CHASED = 0
    """In a loop, through the pointer that the same load brought in the turn before."""
    GROUP = 1
    """The control bytes of a hash table."""
    DESCENDED = 2
    """As chased, with an index on the way: a child of the node that the turn before came to."""
    HASHED = 3
    """No load: the last rounds of SipHash begin."""


class Load(Record, frozen=True):
    """A load that tells how memory is walked."""

    kind: LoadKind
    place: int
    location: int


class Address(Record, frozen=True):
    """A symbol named in a body other than as a direct callee: its address is taken there."""

    symbol: str
    place: int
    location: int


class FunctionFacts(Record, frozen=True):
    """One definition."""

    symbol: str
    linkage: Linkage
    attributes: Attribute
    signature: str
    subprogram: int
    places: tuple[Place, ...]
    calls: tuple[CallSite, ...]
    copies: tuple[MemoryCopy, ...]
    atomics: tuple[Atomic, ...]
    addresses: tuple[Address, ...]
    """Of functions, and of globals that hold functions; one entry a symbol and place."""
    switches: tuple[Switch, ...] = ()
    loads: tuple[Load, ...] = ()
    stops_at_flag: bool = False
    """It has a loop of work that only a flag ends (`ringfence.pipeline.ir.blocks`, clause 8)."""
    flow: Flow | None = None
    instructions: int = 0
    """Of the body, about: its lines without debug records."""
    accesses: tuple[Access, ...] = ()
    """To memory, in blocks that are not unlikely; where debug info describes variables."""
    waits: tuple[Wait, ...] = ()
    idle: Idle = Idle.BUSY
    refusal: Refusal | None = None


class Subprogram(Record, frozen=True):
    """A ``DISubprogram``: the source's idea of a function, also of one that was inlined away."""

    name: str
    """Linkage name (mangled) where there is one, else the plain name."""
    file: int
    line: int
    receiver: str = ""
    """Type of ``self`` where debug info has it: the type whose inherent ``impl`` holds the function."""


class VTable(Record, frozen=True):
    """A constant shaped like a Rust vtable: drop glue or null, size, align, methods."""

    symbol: str
    name: str
    """``<T as Trait>`` from debug info, or empty."""
    size: int
    align: int
    drop: str
    methods: tuple[str, ...]
    """Symbol of each slot, empty for a null slot."""


class Variable(Record, frozen=True):
    """What a module does with a global variable of one word that holds a function."""

    values: tuple[str, ...]
    """Functions that it begins with or that are stored there, sorted."""
    escapes: bool
    """It is used by something else than loads and stores of functions."""
    is_private: bool
    """No other module sees it."""


class External(Record, frozen=True):
    """A declaration whose attributes say something, or of a function whose address is taken here."""

    attributes: Attribute
    signature: str


class Frame(Record, frozen=True):
    """One step of an inline chain: ``line`` and ``column`` inside ``subprogram`` (DWARF 5, 3.3.8.2)."""

    subprogram: int
    file: int
    line: int
    column: int
    inlined_at: int


_FRAME_WIDTH = 5
_encoder = msgspec.msgpack.Encoder()
_NO_REFERENCES = msgspec.Raw(_encoder.encode(References()))


class ModuleFacts(msgspec.Struct, frozen=True, dict=True):
    """All facts of one module. Functions stay encoded until they are reached."""

    name: str
    producer: str
    functions: dict[str, msgspec.Raw]
    aliases: dict[str, str]
    externals: dict[str, External]
    vtables: tuple[VTable, ...]
    address_globals: dict[str, tuple[str, ...]]
    """Global variables whose initialiser holds addresses of functions or of other such globals."""
    tables: dict[str, tuple[str, ...]]
    """Those of them that are no vtable and whose shape is known: the symbol in each word, empty where there is none."""
    addresses_taken: tuple[str, ...]
    """Functions whose address some body takes, sorted."""
    variables: dict[str, Variable]
    """Those that a call here goes through, or that begin with a function."""
    files: tuple[str, ...]
    """Absolute, or as the compiler was given them."""
    subprograms: tuple[Subprogram, ...]
    frames: bytes
    """Rows of five little-endian 32-bit integers, see `Frame`."""
    types: msgspec.Raw
    """Encoded `ringfence.graphs.types.TypeFacts`; decoded when a type is asked for."""
    variable_types: tuple[str, ...] = ()
    """Types of the variables that accesses begin at, as Rust prints them."""
    target: str = ""
    """The target triple, where the module says it."""
    statics: tuple[Static, ...] = ()
    """In the order of the module, which is that of the object."""
    encoded_references: msgspec.Raw = _NO_REFERENCES

    @cached_property
    def references(self) -> References:
        """Who names whom; decoded when it is asked for."""
        return _references_decoder.decode(self.encoded_references)

    @cached_property
    def _frame_table(self) -> "array[int]":
        table = array("i")
        table.frombytes(self.frames)
        return table

    def function(self, symbol: str) -> FunctionFacts:
        """Decode one definition; ``KeyError`` where this module does not define it."""
        return _decode_function(self.functions[symbol])

    def described_types(self) -> tuple[TypeFacts, ...]:
        """Types that debug info describes, sorted by name."""
        return tuple(self._types_by_name.values())

    def type_named(self, name: str) -> TypeFacts | None:
        """The type of that path; None where debug info does not describe it."""
        return self._types_by_name.get(name) if name else None

    def static_named(self, symbol: str) -> Static | None:
        """The writable static of that symbol; None where this module does not define it."""
        return self._statics_by_symbol.get(symbol)

    @cached_property
    def _statics_by_symbol(self) -> dict[str, Static]:
        return {each.symbol: each for each in self.statics}

    @cached_property
    def twins(self) -> dict[str, tuple[str, ...]]:
        """Function -> its aliases: functions with the same body, folded into one."""
        found: dict[str, list[str]] = {}
        for alias, target in sorted(self.aliases.items()):
            found.setdefault(target, []).append(alias)
        return {target: tuple(aliases) for target, aliases in found.items()}

    @cached_property
    def frames_matched(self) -> dict[re.Pattern[str], dict[int, bool]]:
        """By pattern of a rule and row of ``subprograms``: whether its path matches, for those that were asked."""
        return {}

    @cached_property
    def _types_by_name(self) -> dict[str, TypeFacts]:
        return {described.name: described for described in _types_decoder.decode(self.types)}

    def locations_in(self, subprograms: AbstractSet[int]) -> frozenset[int]:
        """Rows of ``frames`` that stand in a function, given by its subprograms, or in what was inlined into it."""
        inside: set[int] = set()
        table = self._frame_table
        for row in range(len(table) // _FRAME_WIDTH):
            # A frame's row stands behind that of the frame around it.
            start = row * _FRAME_WIDTH
            if table[start] in subprograms or table[start + _FRAME_WIDTH - 1] in inside:
                inside.add(row)
        return frozenset(inside)

    def inline_chain(self, location: int) -> tuple[Frame, ...]:
        """The frames of a location, innermost first; the last one is the function itself. Empty for -1."""
        known = self._chains.get(location)
        if known is None:
            known = self._chains[location] = self._read_chain(location)
        return known

    @cached_property
    def _chains(self) -> dict[int, tuple[Frame, ...]]:
        return {}

    def _read_chain(self, location: int) -> tuple[Frame, ...]:
        frames: list[Frame] = []
        while location >= 0:
            subprogram, file, line, column, outer = self._frame_table[
                location * _FRAME_WIDTH : (location + 1) * _FRAME_WIDTH
            ]
            if not line and subprogram >= 0:
                # LLVM gives merged code line 0: the function's own line is the nearest that is known.
                line, column = self.subprograms[subprogram].line, 0
            frames.append(Frame(subprogram, file, line, column, outer))
            location = outer
        return tuple(frames)


_function_decoder = msgspec.msgpack.Decoder(FunctionFacts)
_types_decoder = msgspec.msgpack.Decoder(tuple[TypeFacts, ...])
_references_decoder = msgspec.msgpack.Decoder(References)
_module_decoder = msgspec.msgpack.Decoder(ModuleFacts)


def _decode_function(raw: msgspec.Raw) -> FunctionFacts:
    return _function_decoder.decode(raw)


def encode_function(function: FunctionFacts) -> msgspec.Raw:
    """The form in which `ModuleFacts.functions` keeps a definition."""
    return msgspec.Raw(_encoder.encode(function))


def encode_types(types: tuple[TypeFacts, ...]) -> msgspec.Raw:
    """The form in which `ModuleFacts.types` keeps types."""
    return msgspec.Raw(_encoder.encode(types))


def encode_references(references: References) -> msgspec.Raw:
    """The form in which `ModuleFacts.encoded_references` keeps them."""
    return msgspec.Raw(_encoder.encode(references))


def encode_module(facts: ModuleFacts) -> bytes:
    """Serialise for the store or for another process."""
    return _encoder.encode(facts)


def decode_module(data: bytes) -> ModuleFacts:
    """Inverse of `encode_module`; raises ``msgspec.DecodeError`` on damaged data."""
    return _module_decoder.decode(data)

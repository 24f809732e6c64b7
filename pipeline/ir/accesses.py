"""Loads, stores, atomic accesses and copies of one body, traced back to the variable that their pointer comes from.

1. The pointer of an access is followed through its ``getelementptr`` steps to the value that they begin at, whose
   offset is then known. Steps with an index that is not constant count as the element at 0.
2. That value has a type where a debug record says that it is, or is part of, a variable (LangRef, *Debug Records*):
   of several variables the first in the text, which is the outermost. A record with a fragment tells where in the
   variable the pointer lies.
3. Without one, a loaded pointer is what lies at the traced address; of a ``phi`` or ``select`` the first operand that
   is traced; else the nearest step on the way that has a type of its own.
4. A module without variables has atomics only: of those that begin at ``self`` of a method, whose type the name of the
   function tells, or at a static.
5. Accesses to stack slots are left out, but for large copies: they are the function's own. So is
   the place for a returned value (LangRef, ``sret``), which is a stack slot of whoever calls.

Not handled: pointers made of integers, and those that a called function returned into no variable.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ringfence.graphs.access_facts import AccessKind, Static
from ringfence.graphs.names import display_name, receiver_type
from ringfence.pipeline.ir.indices import walks
from ringfence.pipeline.ir.sizes import named_types, size_of
from ringfence.pipeline.ir.syntax import RETURNED, SYMBOL, symbol_name

_NAME = rb"[%@]" + SYMBOL
_POINTER = rb"ptr (?:getelementptr [^\n(]*\(i8, ptr )?(" + _NAME + rb")(?:, i64 (-?\d+)\))?"
_STEP = re.compile(
    rb"\n  (%"
    + SYMBOL
    + rb") = getelementptr (?:inbounds |nuw |nusw )*([^\n]*?), ptr ("
    + _NAME
    + rb"), i\d+ ([^\n, ]+)"
)
_LOAD = re.compile(rb"\n  (%" + SYMBOL + rb") = load (atomic )?(?:volatile )?([^\n,]+|\{[^\n}]*\}), " + _POINTER)
_STORE = re.compile(rb"\n  store (atomic )?(?:volatile )?([^\n ]+|<[^\n>]*>|\{[^\n}]*\}) [^\n]*?, " + _POINTER)
_MODIFY = re.compile(rb"\n  %" + SYMBOL + rb" = (?:atomicrmw|cmpxchg) [^\n]*?" + _POINTER + rb", ([^\n ]+) ")
_COPY = re.compile(
    rb"\n  (?:tail |musttail |notail )?call void @llvm\.mem(cpy|move|set)[^\n(]*\(ptr [^\n%@]*?(" + _NAME + rb"), "
    rb"(?:ptr [^\n%@]*?(" + _NAME + rb")|i8 [^\n ,]+), i64 (\d+|%" + SYMBOL + rb")"
)
_CHOICE = re.compile(rb"\n  (%" + SYMBOL + rb") = (?:phi ptr|select i1 [^\n]*?, ptr) ([^\n]*)")
_OPERAND = re.compile(rb"(?:\[ |^|, ptr )(" + _NAME + rb")")
_RECORD = re.compile(
    rb"#dbg_(v|d)[a-z]+\(ptr (%" + SYMBOL + rb"), !(\d+), "
    rb"!DIExpression\((DW_OP_deref|DW_OP_LLVM_fragment, (\d+), \d+|)\)"
)
_VARIABLE_TYPE = re.compile(rb"\btype: !(\d+)")
_SUBPROGRAM = re.compile(rb"!dbg !(\d+)")
_TYPES = re.compile(rb"\btypes: !(\d+)")
_FIRST = re.compile(rb"!\{!(\d+)")
_UNTYPED = re.compile(r"(?:\*const |\*mut |&mut |&)?(?:u8|\(\)|core::ffi::c_void|\[u8; 0\])$|^core::ptr::\w+::\w+<u8>$")
"""What a variable of raw memory is called: it tells nothing of the type that lies there."""
_THREAD_LOCAL = re.compile(rb"\n  (%" + SYMBOL + rb") = [^\n]*call [^\n]*@llvm\.threadlocal\.address\.")
_ANY_ATOMIC = re.compile(rb" (?:atomicrmw|cmpxchg|load atomic|store atomic) ")
_FUNCTION = re.compile(rb"@(" + SYMBOL + rb")\(")
_SELF = re.compile(rb"\bptr [^,]*%self(?:,|\))")
_COPIES = frozenset({AccessKind.COPIED_FROM, AccessKind.COPIED_TO})
_LARGE_MOVE = 128
"""Bytes from which a copy is told though it stays on the stack."""
_DEEPEST = 12
"""Steps, loads and choices behind each other that are followed."""
_BITS = 8


@dataclass(frozen=True, slots=True)
class TracedAccess:
    """An access before its block is known."""

    kind: AccessKind
    variable_type: int
    path: tuple[int, ...]
    size: int
    is_indexed: bool
    static: str
    on_stack: bool
    stride: int
    is_walked: bool
    origin: tuple[int, ...]
    is_thread_local: bool
    line: bytes
    """The instruction."""


@dataclass(frozen=True, slots=True)
class _Traced:
    """Where a pointer points; ``is_slot`` if it is into a stack slot."""

    variable_type: int
    path: tuple[int, ...]
    is_indexed: bool = False
    is_slot: bool = False
    static: str = ""
    stride: int = 0
    is_walked: bool = False
    origin: tuple[int, ...] = ()

    @property
    def is_known(self) -> bool:
        return self.variable_type >= 0 or bool(self.static)

    def moved(self, offset: int) -> "_Traced":
        path = (*self.path[:-1], self.path[-1] + offset) if self.path else ()
        return replace(self, path=path)

    def indexed(self, stride: int, *, walked: bool) -> "_Traced":
        """Of several indices the one of the smallest stride tells what lies side by side."""
        nearer = min(stride, self.stride) if stride and self.stride else stride or self.stride
        is_walked = walked if stride == nearer else self.is_walked
        return replace(self, is_indexed=True, stride=nearer, is_walked=is_walked)

    def behind(self) -> "_Traced":
        """What the pointer points to that lies here."""
        return _Traced(self.variable_type, (*self.path, 0), static=self.static)


_UNKNOWN = _Traced(-1, ())


class AccessReader:
    """Traces the accesses of the functions of one module."""

    def __init__(
        self,
        text: bytes,
        nodes: Callable[[int], bytes],
        name_of_type: Callable[[int], str],
        statics: Sequence[Static] = (),
        *,
        has_variables: bool = True,
    ) -> None:
        """``nodes`` gives the text of a metadata node, ``name_of_type`` the full name of one that is a type;
        ``statics`` are the module's writable global variables, ``has_variables`` says that debug records tell of
        those of functions."""
        self.variable_types: list[str] = []
        self.has_variables = has_variables
        self._text = text
        self._type_of_static = {each.symbol: each.type_name for each in statics}
        self._named = named_types(text, text.find(b"\ndefine "))
        self._node = nodes
        self._name_of_type = name_of_type
        self._row_of_variable: dict[bytes, int] = {}
        self._row_of_type: dict[str, int] = {}

    def read(
        self, start: int, end: int, head: bytes, slots: set[bytes], is_wanted: Callable[[int], bool]
    ) -> Iterator[tuple[int, TracedAccess]]:
        """Offset and access, of the body between two offsets. ``head`` is the text of its ``define`` line, ``slots``
        are its stack slots, ``is_wanted`` says whether an offset's instruction is of interest."""
        returned = RETURNED.search(head)
        body = _Body(self, self._text, start, end, slots.union({returned[1]}) if returned else slots)
        if returned:
            body.returned, body.returned_row = returned[1], self._row_of_returned(head)
        if self.has_variables:
            return body.accesses(lambda offset, _: is_wanted(offset))
        is_atomic = _ANY_ATOMIC.search(self._text, start, end) is not None
        return self._atomics(body, head, is_wanted) if is_atomic else iter(())

    def _atomics(
        self, body: "_Body", head: bytes, is_wanted: Callable[[int], bool]
    ) -> Iterator[tuple[int, TracedAccess]]:
        """Clause 4."""
        name = _FUNCTION.search(head)
        if name is not None and _SELF.search(head, name.end()):
            body.self_row = self._row_of(f"&{receiver_type(display_name(symbol_name(name[1])))}")
        for offset, access in body.accesses(lambda offset, kind: kind.is_atomic and is_wanted(offset)):
            if access.variable_type >= 0 or access.static:
                yield offset, access

    def _row_of_returned(self, head: bytes) -> int:
        """The type that a function returns is the first of its subprogram's (LangRef, *DISubroutineType*)."""
        subprogram = _SUBPROGRAM.search(head)
        types = _VARIABLE_TYPE.search(self._node(int(subprogram[1]))) if subprogram else None
        elements = _TYPES.search(self._node(int(types[1]))) if types else None
        first = _FIRST.search(self._node(int(elements[1]))) if elements else None
        name = self._name_of_type(int(first[1])) if first else ""
        return self._row_of(name) if name else -1

    def row(self, variable: bytes) -> int:
        """Position in ``variable_types`` of a variable's type, by the number of its node; -1 for raw memory."""
        known = self._row_of_variable.get(variable)
        if known is not None:
            return known
        found = _VARIABLE_TYPE.search(self._node(int(variable)))
        name = self._name_of_type(int(found[1])) if found else ""
        row = self._row_of_variable[variable] = self._row_of(name) if name and not _UNTYPED.match(name) else -1
        return row

    def row_of_static(self, symbol: str) -> int:
        """The same of a static; -1 for one that is not writable, or defined elsewhere."""
        name = self._type_of_static.get(symbol, "")
        return self._row_of(name) if name else -1

    def size_of(self, kind: bytes) -> int:
        """Bytes of a printed type; 0 where they are not known."""
        return size_of(kind, self._named)

    def _row_of(self, name: str) -> int:
        row = self._row_of_type.setdefault(name, len(self._row_of_type))
        if row == len(self.variable_types):
            self.variable_types.append(name)
        return row


_Record = tuple[bytes, bytes, bytes, bytes, bytes]
"""A debug record: ``v`` or ``d``, value, variable, expression, offset of its fragment in bits."""


@dataclass(slots=True)
class _Body:
    reader: AccessReader
    text: bytes
    start: int
    end: int
    slots: set[bytes]
    self_row: int = -1
    """Type of the parameter ``self``, where only the function's name tells it."""
    returned: bytes = b""
    """The parameter that is the place for the returned value."""
    returned_row: int = -1
    """Type of that value."""
    has_atomics: bool = False
    _steps: dict[bytes, tuple[bytes, bytes, bytes]] = field(default_factory=dict[bytes, tuple[bytes, bytes, bytes]])
    """Element type, base and index of each ``getelementptr``."""
    _loads: dict[bytes, tuple[bytes, int]] = field(default_factory=dict[bytes, tuple[bytes, int]])
    _choices: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    _records: list[_Record] = field(default_factory=list[_Record])
    _first_record: dict[bytes, _Record] = field(default_factory=dict[bytes, _Record])
    _thread_locals: frozenset[bytes] = frozenset()
    """Values that are addresses of thread-local variables (LangRef, *llvm.threadlocal.address*)."""
    _known: dict[bytes, _Traced] = field(default_factory=dict[bytes, _Traced])

    def accesses(self, is_wanted: Callable[[int, AccessKind], bool]) -> Iterator[tuple[int, TracedAccess]]:
        found = sorted(each for each in self._raw() if is_wanted(each[0], each[1]))
        self.has_atomics = any(kind is AccessKind.ATOMIC_WRITE for _, kind, *_ in found)
        if not found:
            return
        self._define()
        for offset, kind, pointer, displacement, size in found:
            traced = self._trace(pointer, 0)
            is_move = kind in _COPIES and size >= _LARGE_MOVE and traced.variable_type >= 0
            if traced.is_slot and not is_move:
                continue
            if displacement:
                traced = traced.moved(displacement)
            yield (
                offset,
                TracedAccess(
                    kind,
                    traced.variable_type,
                    traced.path,
                    size,
                    traced.is_indexed,
                    traced.static,
                    traced.is_slot,
                    traced.stride,
                    traced.is_walked,
                    traced.origin if traced.is_indexed and kind is AccessKind.ATOMIC_WRITE else (),
                    bool(self._thread_locals) and self._is_thread_local(pointer),
                    self.text[offset : self.text.find(b"\n", offset + 1)],
                ),
            )

    def _raw(self) -> Iterator[tuple[int, AccessKind, bytes, int, int]]:
        """Offset, kind, pointer, its displacement, size."""
        text, start, end = self.text, self.start, self.end
        slots = self.slots
        for match in _LOAD.finditer(text, start, end):
            value, atomic, kind, pointer, displacement = match.groups()
            if kind == b"ptr":
                self._loads[value] = (pointer, int(displacement or 0))
            if pointer not in slots:
                what = AccessKind.ATOMIC_READ if atomic else AccessKind.READ
                yield match.start(), what, pointer, int(displacement or 0), self.reader.size_of(kind)
        for match in _STORE.finditer(text, start, end):
            atomic, kind, pointer, displacement = match.groups()
            if pointer not in slots:
                what = AccessKind.ATOMIC_WRITE if atomic else AccessKind.WRITE
                yield match.start(), what, pointer, int(displacement or 0), self.reader.size_of(kind)
        for match in _MODIFY.finditer(text, start, end):
            pointer, displacement, kind = match.groups()
            yield match.start(), AccessKind.ATOMIC_WRITE, pointer, int(displacement or 0), self.reader.size_of(kind)
        for match in _COPY.finditer(text, start, end):
            _, target, source, size = match.groups()
            number = int(size) if size.isdigit() else -1
            yield match.start(), AccessKind.COPIED_TO, target, 0, number
            if source is not None:
                yield match.start(), AccessKind.COPIED_FROM, source, 0, number

    def _define(self) -> None:
        """Tables of what may be asked for; most of it is not, so nothing is looked at yet."""
        text, start, end = self.text, self.start, self.end
        self._steps = {value: (kind, base, index) for value, kind, base, index in _STEP.findall(text, start, end)}
        self._choices = dict(_CHOICE.findall(text, start, end))
        self._records = _RECORD.findall(text, start, end)
        self._thread_locals = frozenset(_THREAD_LOCAL.findall(text, start, end))
        self._first_record = {record[1]: record for record in reversed(self._records)}

    def _trace(self, pointer: bytes, depth: int) -> _Traced:
        known = self._known.get(pointer)
        if known is not None:
            return known
        self._known[pointer] = _UNKNOWN
        self._known[pointer] = traced = self._traced(pointer, depth)
        return traced

    def _traced(self, pointer: bytes, depth: int) -> _Traced:
        if pointer.startswith(b"@"):
            symbol = symbol_name(pointer[1:])
            return _Traced(self.reader.row_of_static(symbol), (0,), static=symbol)
        if pointer in self.slots:
            typed = self._typed(pointer, is_slot=True)
            is_returned = pointer == self.returned and not typed.is_known
            return _Traced(self.returned_row, (0,), is_slot=True) if is_returned else typed
        step = self._steps.get(pointer)
        if step is not None and depth < _DEEPEST:
            kind, base, index = step
            traced = self._trace(base, depth + 1)
            if traced.is_known or traced.is_slot:
                return self._stepped(traced, kind, index)
        load = self._loads.get(pointer)
        typed = self._typed(pointer, is_slot=False)
        if typed.is_known:
            return replace(typed, origin=self._origin(load, depth)) if load and self.has_atomics else typed
        if load is not None and depth < _DEEPEST:
            source = self._trace(load[0], depth + 1)
            if source.is_known and len(source.path) < _DEEPEST:
                return source.moved(load[1]).behind()
        if pointer == b"%self" and self.self_row >= 0:
            return _Traced(self.self_row, (0, 0))
        choice = self._choices.get(pointer)
        if choice is not None and depth < _DEEPEST:
            return self._chosen(choice, depth)
        return _UNKNOWN

    def _is_thread_local(self, pointer: bytes) -> bool:
        """Whether a pointer leads into a thread-local variable, by steps and choices."""
        reached = [pointer]
        for each in reached:
            if each in self._thread_locals:
                return True
            before = [self._steps[each][1]] if each in self._steps else _OPERAND.findall(self._choices.get(each, b""))
            reached += [value for value in before if value not in reached]
        return False

    def _origin(self, load: tuple[bytes, int], depth: int) -> tuple[int, ...]:
        """Where a pointer that a variable holds was loaded from: type of the variable there, and the path."""
        source = self._trace(load[0], depth + 1) if depth < _DEEPEST else _UNKNOWN
        return (source.variable_type, *source.moved(load[1]).path) if source.variable_type >= 0 else ()

    def _stepped(self, traced: _Traced, kind: bytes, index: bytes) -> _Traced:
        size = self.reader.size_of(kind)
        if index.lstrip(b"-").isdigit():
            return traced.moved(int(index) * size)
        # In bytes the index is an offset, and what it is a multiple of is not known.
        return traced.indexed(size if size > 1 else 0, walked=walks(index, self.text, self.start, self.end))

    def _chosen(self, choice: bytes, depth: int) -> _Traced:
        for operand in _OPERAND.findall(choice):
            traced = self._trace(operand, depth + 1)
            if traced.is_known or traced.is_slot:
                return traced
        return _UNKNOWN

    def _typed(self, value: bytes, *, is_slot: bool) -> _Traced:
        """By the first record of a value whose variable is more than raw memory."""
        record = self._first_record.get(value)
        if record is not None and self.reader.row(record[2]) < 0:
            others = (each for each in self._records if each[1] == value and self.reader.row(each[2]) >= 0)
            record = next(others, None)
        if record is None:
            return _Traced(-1, (), is_slot=is_slot)
        what, _, variable, expression, fragment = record
        is_object = what == b"d" or expression == b"DW_OP_deref"
        offset = int(fragment or 0) // _BITS
        path = (offset,) if is_object else (offset, 0)
        return _Traced(self.reader.row(variable), path, is_slot=is_slot and is_object)

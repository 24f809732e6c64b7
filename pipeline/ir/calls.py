"""One call statement: its callee, or what is known of a callee that is a pointer.

How rustc's virtual calls look after optimisation (rustc_codegen_ssa, ``meth.rs``): a ``getelementptr i8`` by the
slot's offset from the vtable, a ``load ptr`` marked ``!invariant.load``, a call. Offset 0, the drop glue, has no
``getelementptr``. A pointer that comes from anywhere else is an ordinary function pointer.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from ringfence.graphs.facts import Attribute, CallKind, CallSite, Receiver, Variable
from ringfence.graphs.lazy_paths import is_growth
from ringfence.pipeline.ir.cold_calls import ColdCalls, HeadLike
from ringfence.pipeline.ir.fat_pointers import is_pair, promoted_offset
from ringfence.pipeline.ir.globals import Constants
from ringfence.pipeline.ir.marks import Mark
from ringfence.pipeline.ir.metadata import Metadata
from ringfence.pipeline.ir.panic_locations import PanicLocations
from ringfence.pipeline.ir.runtime_symbols import runtime_symbols
from ringfence.pipeline.ir.syntax import SYMBOL, leading_type, signature, split_list, symbol_name
from ringfence.pipeline.ir.vtable_records import is_vtable

_CALLEE = re.compile(rb' asm [^"]*"([^"]*)"|([@%])(' + SYMBOL + rb")\(")
_GROUP_REFERENCE = re.compile(rb" #(\d+)")
_DEBUG = re.compile(rb"!dbg !(\d+)")
_CALLEES = re.compile(rb"!callees !(\d+)")
_REFERENCE = re.compile(rb"@(" + SYMBOL + rb")")
_POINTER_ARGUMENT = re.compile(rb"ptr ((?:[^,()%@]|\([^()]*\))*)([%@]" + SYMBOL + rb")")
_CONSTANT = re.compile(rb"(\d+)$")
_LOAD = re.compile(rb"load ptr, ptr (%" + SYMBOL + rb")")
_OFFSET = re.compile(rb"getelementptr [^\n]*?i8, ptr (%" + SYMBOL + rb"), i64 (-?\d+)")
_ADDRESS_STEP = re.compile(rb"getelementptr [^\n]*?, ptr ([%@]" + SYMBOL + rb"),")
_LOAD_OF_CONSTANT = re.compile(
    rb"load (?:atomic )?ptr, ptr (?:getelementptr [^\n]*?\([^\n]*?ptr )?([%@]" + SYMBOL + rb")"
)
_HEAD_NAME = re.compile(rb"@" + SYMBOL + rb"\(")
_LOAD_OF_VARIABLE = re.compile(rb"(?:\n  %" + SYMBOL + rb" = )?load (?:atomic )?ptr, ptr @(" + SYMBOL + rb")")
_STORE_TO_VARIABLE = re.compile(rb"\n  store (?:atomic )?ptr ([@%]" + SYMBOL + rb"), ptr @(" + SYMBOL + rb")")
_PARAMETER = re.compile(rb"ptr [^\n]*?(%" + SYMBOL + rb")$")
_OPERAND = re.compile(rb"[%@]" + SYMBOL + rb"$")
_LEADS = re.compile(rb"(?:load (?:atomic )?ptr|getelementptr|select|phi ptr|freeze ptr) ?")
_LED_BY = re.compile(rb"(?:ptr |\[ )([%@]" + SYMBOL + rb")")
_CHOICE = re.compile(rb"(?:select|phi) ")
_CHOSEN = re.compile(rb"(?:\[ |, ptr )([%@]" + SYMBOL + rb")")
_MAX_CHOICES = 8
"""Choices behind each other that are followed."""
_ADDRESS_TAKEN = re.compile(rb"@((?>" + SYMBOL + rb"))(?!\()")
_SECOND_LINE_OF_INVOKE = b"\n          to label "
_COPY = re.compile(rb"llvm\.(memcpy|memmove|memset)\.")
_COPY_SIZE = re.compile(rb", i(?:64|32) (?:[a-z_]+(?:\([^()]*\))? )*(\d+|%" + SYMBOL + rb"), i1 ")
_INSTRUCTION = re.compile(
    r"llvm\.(?:x86\.(?:sse2\.pause|rdtscp?)|aarch64\.(?:isb|hint|wfe)|readcyclecounter|readsteadycounter)$"
)
"""Intrinsics that wait or read a clock: told as calls of their names."""
_PLAIN_STORE = re.compile(
    rb"\n  (?:store (?!atomic )[^\n]*?, ptr ([%@]" + SYMBOL + rb")"
    rb"|(?:tail )?call void @llvm\.mem(?:cpy|move|set)[^\n(]*\(ptr [^\n%@]*([%@]" + SYMBOL + rb"))"
)
_RELEASING_FENCE = re.compile(rb"\n  fence (?:release|acq_rel|seq_cst)")
_DROP_OF_TRAIT_OBJECT = re.compile(r"13drop_in_placeD|drop_in_place\$LT\$dyn")
_HEADER_BYTES = 24
_SLOT_BYTES = 8
_WORD_BYTES = 8
_DANGLING = re.compile(rb"store ptr inttoptr \(i64 \d+ to ptr\), ptr (%" + SYMBOL + rb")")
_MAX_ADDRESS_STEPS = 16


@dataclass(frozen=True, slots=True)
class Body:
    """The function that a statement stands in."""

    head: bytes
    parameter: bytes
    """Its first pointer parameter behind ``sret``, or nothing."""
    pointers: Mapping[bytes, int]
    """Its pointer parameters and their positions."""
    exclusive: frozenset[bytes]
    """Those of them that are ``&mut``: what lies behind them is nobody else's (LangRef, ``noalias``)."""
    start: int
    end: int

    @classmethod
    def of(cls, head: bytes, start: int, end: int) -> "Body":
        """``head`` is the text of the ``define`` line."""
        name = _HEAD_NAME.search(head)
        opening = name.end() if name else len(head)
        parameters, _ = split_list(head, opening, len(head))
        named = ((position, _PARAMETER.match(text)) for position, text in enumerate(parameters))
        pointers = {match[1]: position for position, match in named if match}
        exclusive = frozenset(
            name
            for name, position in pointers.items()
            if b" noalias " in parameters[position] and b" readonly " not in parameters[position]
        )
        return cls(head, _first(_POINTER_ARGUMENT.findall(head, opening)), pointers, exclusive, start, end)


@dataclass(frozen=True, slots=True)
class Call:
    """A call before its block is known; ``site.place`` is not set."""

    site: CallSite
    mark: Mark = Mark.NONE


@dataclass(frozen=True, slots=True)
class Copy:
    """A memory intrinsic; the size is -1 where it is not constant."""

    operation: str
    size: int
    location: int


class CallReader:
    """Reads call statements of one module."""

    def __init__(
        self,
        text: bytes,
        heads: Mapping[bytes, HeadLike],
        groups: Mapping[int, bytes],
        metadata: Metadata,
        addressable: Container[bytes],
        constants: Constants,
        *,
        weighs_cold_calls: bool = False,
    ) -> None:
        """``addressable`` are the symbols whose address matters: functions, and globals that hold functions;
        ``weighs_cold_calls`` says whether the compiler does (`ringfence.pipeline.ir.marks`, clause 1)."""
        self._text = text
        self._addressable = addressable
        self._tables = constants.tables
        self._variables = constants.variables
        self._private = constants.private
        self._called_through = {symbol for symbol, functions in constants.variables.items() if functions}
        self._heads = heads
        self._cold_groups = frozenset(number for number, group in groups.items() if b"cold" in group.split())
        self.metadata = metadata
        self._cold_calls = ColdCalls(text, heads, weighs_cold_calls=weighs_cold_calls)
        self._panic_locations = PanicLocations(text, metadata)

    def read(self, statement: bytes, position: int, body: Body, slots: set[bytes]) -> Call | Copy | None:
        """``slots`` are the names of the function's stack slots; None for what is no call at run time."""
        callee = _CALLEE.search(statement)
        if callee is None:
            return self._pointer_call(statement, statement, 0, body, position)
        if callee[2] is None:
            return self._assembly(statement, callee[1])
        if callee[2] == b"%":
            return self._pointer_call(statement, callee[3], callee.end(), body, position)
        name = callee[3]
        if name.startswith(b"llvm."):
            return self._intrinsic(statement, name, callee.end())
        return self._direct(statement, name, callee.end(), slots, body, position)

    def location(self, statement: bytes) -> int:
        """Row of the statement's debug location, or -1."""
        debug = _DEBUG.search(statement)
        return self.metadata.location(int(debug[1])) if debug else -1

    def panics(self, statement: bytes, site: CallSite, body: Body) -> list[CallSite]:
        """A call that never returns and whose line LLVM lost, once for each place in the source that it tells
        (`ringfence.pipeline.ir.panic_locations`); nothing for any other."""
        if self.metadata.has_column(site.location):
            return []
        callee = _CALLEE.search(statement)
        head = self._heads.get(callee[3]) if callee and callee[3] else None
        if head is None or Attribute.NORETURN not in head.attributes:
            return []
        rows = self._panic_locations.rows(statement, site.location, body.start, body.end)
        return [replace(site, location=row) for row in rows]

    def addresses(self, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Symbols whose address matters and that are not directly called where they stand: name, offset, row of the
        debug location."""
        for match in _ADDRESS_TAKEN.finditer(self._text, start, end):
            if match[1] in self._addressable:
                line_end = self._text.find(b"\n", match.end())
                if self._text.startswith(_SECOND_LINE_OF_INVOKE, line_end):
                    line_end = self._text.find(b"\n", line_end + 1)
                yield match[1], match.start(), self.location(self._text[match.end() : line_end])

    def _direct(
        self, statement: bytes, name: bytes, arguments: int, slots: set[bytes], body: Body, position: int
    ) -> Call:
        head = self._heads.get(name)
        attributes = head.attributes if head is not None else Attribute.NONE
        size = -1
        if head is not None and head.size_argument >= 0:
            size = _constant_argument(statement, arguments, head.size_argument)
        pointers = _POINTER_ARGUMENT.findall(statement, arguments)
        passed, forwarded = self._function_arguments(statement, arguments, pointers, body)
        site = CallSite(
            kind=CallKind.DIRECT,
            callee=symbol_name(name),
            place=-1,
            location=self.location(statement),
            size=size,
            receiver=self._receiver(_first(pointers), name, slots, body, position),
            passed=passed,
            forwarded=forwarded,
        )
        if Attribute.NORETURN in attributes or not (
            attributes & Attribute.COLD or self._is_cold_here(statement, arguments)
        ):
            # What never returns is told by its way: that it is cold says nothing more.
            return Call(site)

        def base(value: bytes) -> bytes:
            return self._address(value, body, position)[0]

        return Call(site, self._cold_calls.mark(name, statement[arguments:], base, (position, body.end), slots))

    def _function_arguments(
        self, statement: bytes, arguments: int, pointers: Sequence[tuple[bytes, bytes]], body: Body
    ) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[int, int], ...]]:
        """`CallSite.passed` and `CallSite.forwarded`; ``pointers`` are the pointer arguments."""
        if not any(value in body.pointers or value[1:] in self._addressable for _, value in pointers):
            return (), ()
        parts, _ = split_list(statement, arguments, len(statement))
        passed: list[tuple[int, str]] = []
        forwarded: list[tuple[int, int]] = []
        for position, part in enumerate(parts):
            operand = _OPERAND.search(part)
            value = operand[0] if operand and part.startswith(b"ptr") else b""
            if value in body.pointers:
                forwarded.append((position, body.pointers[value]))
            elif value[:1] == b"@" and value[1:] in self._addressable:
                passed.append((position, symbol_name(value[1:])))
        return tuple(passed), tuple(forwarded)

    def _is_cold_here(self, statement: bytes, arguments: int) -> bool:
        if not self._cold_groups:
            return False
        reference = _GROUP_REFERENCE.search(statement, arguments)
        return reference is not None and int(reference[1]) in self._cold_groups

    def _receiver(self, value: bytes, name: bytes, slots: set[bytes], body: Body, position: int) -> Receiver:
        offset = 0
        grows = is_growth(name)
        if grows:
            value, offset = self._address(value, body, position)
        if value in slots or (grows and self._is_emptied(value, offset, body)):
            return Receiver.LOCAL
        return Receiver.PARAMETER if value and value == body.parameter else Receiver.OTHER

    def _is_emptied(self, base: bytes, offset: int, body: Body) -> bool:
        """Whether the body makes the container at an address anew: ``mem::take`` leaves a ``Vec`` behind whose pointer,
        the word behind its capacity, is dangling."""
        for store in _DANGLING.finditer(self._text, body.start, body.end):
            if self._address(store[1], body, store.start()) == (base, offset + _WORD_BYTES):
                return True
        return False

    def _address(self, value: bytes, body: Body, position: int) -> tuple[bytes, int]:
        """Base and constant offset in bytes of a pointer; steps that are not constant count for nothing."""
        offset = 0
        for _ in range(_MAX_ADDRESS_STEPS):
            definition = self._definition(value, body, position)
            step = _ADDRESS_STEP.match(definition)
            if step is None:
                break
            constant = _OFFSET.match(definition)
            offset += int(constant[2]) if constant else 0
            value = step[1]
        return value, offset

    def base(self, value: bytes, body: Body, position: int) -> bytes:
        """What the constant and other steps to an address begin at."""
        return self._address(value, body, position)[0]

    def _definition(self, value: bytes, body: Body, position: int) -> bytes:
        """Right-hand side of the instruction that defines ``value``; empty for a parameter."""
        mark = b"\n  " + value + b" = "
        start = self._text.rfind(mark, body.start, position)
        if start < 0:
            start = self._text.find(mark, position, body.end)
        if start < 0:
            return b""
        start += len(mark)
        return self._text[start : self._text.find(b"\n", start)]

    def _assembly(self, statement: bytes, template: bytes) -> Call | None:
        if not template.strip():
            return None
        text = " ; ".join(part.strip() for part in symbol_name(b'"' + template + b'"').split("\n"))
        return Call(CallSite(CallKind.ASSEMBLY, text, -1, self.location(statement)))

    def target(self, address: bytes, body: Body, position: int) -> tuple[str, int]:
        """`Atomic.target` and `Atomic.offset` of an address."""
        value, steps, offset = address, "", 0
        for _ in range(_MAX_ADDRESS_STEPS):
            if value in body.pointers or value[:1] == b"@":
                base = f"p{body.pointers[value]}" if value in body.pointers else f"@{symbol_name(value[1:])}"
                return f"{base}+{offset}{steps}", _last(f"{offset}{steps}")
            definition = self._definition(value, body, position)
            step, load = _OFFSET.match(definition), _LOAD.match(definition)
            if step is not None:
                value, offset = step[1], offset + int(step[2])
            elif load is not None:
                value, steps, offset = load[1], f"*+{offset}{steps}", 0
            else:
                is_open = _ADDRESS_STEP.match(definition) or _CHOICE.match(definition)
                local = value.decode(errors="replace")
                return f"{local}+{offset}{steps}", -1 if is_open and not steps else _last(f"{offset}{steps}")
        return "", -1

    def publishes(self, position: int, body: Body, slots: set[bytes]) -> bool:
        """`Atomic.publishes` of a relaxed store. What is written through a ``&mut`` parameter or to a stack slot is
        nobody else's."""
        end = self._text.rfind(b"\n", body.start, position)
        start = max(self._text.rfind(b"\n\n", body.start, end), body.start)
        fences = [fence.end() for fence in _RELEASING_FENCE.finditer(self._text, start, end)]
        own = slots.union(body.exclusive)
        stores = _PLAIN_STORE.finditer(self._text, fences[-1] if fences else start, end)
        return any(self._address(store[1] or store[2], body, store.start())[0] not in own for store in stores)

    def _intrinsic(self, statement: bytes, name: bytes, arguments: int) -> Call | Copy | None:
        copy = _COPY.match(name)
        if copy is None:
            symbol = name.decode()
            told = _INSTRUCTION.match(symbol) is not None
            return Call(CallSite(CallKind.DIRECT, symbol, -1, self.location(statement))) if told else None
        size = _COPY_SIZE.search(statement, arguments)
        constant = int(size[1]) if size and size[1].isdigit() else -1
        return Copy(copy[1].decode(), constant, self.location(statement))

    def _pointer_call(self, statement: bytes, name: bytes, arguments: int, body: Body, position: int) -> Call:
        value = b"%" + name
        definition = self._definition(value, body, position)
        load = _LOAD.match(definition)
        location = self.location(statement)
        is_virtual = definition.startswith(b"load ") and (
            b"!invariant.load" in definition or (load is not None and self._is_of_vtable(load[1], body, position))
        )
        slot, vtable_size = -1, -1
        pointer = value
        if load is not None and is_virtual:
            offset, vtable = self._slot_offset(load[1], body, position)
            pointer = vtable
            slot = (offset - _HEADER_BYTES) // _SLOT_BYTES if offset >= _HEADER_BYTES else -1
            vtable_size = _dereferenceable(body.head, vtable)
        pointers = _POINTER_ARGUMENT.findall(statement, arguments)
        promoted = promoted_offset(value, _first(pointers)) if value in body.pointers else -1
        if promoted >= _HEADER_BYTES:
            is_virtual, slot = True, (promoted - _HEADER_BYTES) // _SLOT_BYTES
        is_virtual = is_virtual or self._drops_trait_object(location)
        if load is not None and not is_virtual:
            slot = self._word(load[1], body, position)
            pointer = self._slot_offset(load[1], body, position)[1] if slot >= 0 else b""
        parts, _ = split_list(statement, arguments, len(statement)) if arguments else ([], 0)
        passed, forwarded = self._function_arguments(statement, arguments, pointers, body)
        prefix = statement[: max(arguments - len(name) - 2, 0)]
        site = CallSite(
            kind=CallKind.VIRTUAL if is_virtual else CallKind.POINTER,
            callee="",
            place=-1,
            location=location,
            slot=slot,
            vtable_size=vtable_size,
            signature=signature(prefix, parts),
            variable=self._variable(definition),
            callees=self._closed_set(statement, definition, body, position),
            parameter=body.pointers.get(pointer, -1),
            passed=passed,
            forwarded=forwarded,
            is_loaded=not is_virtual and definition.startswith(b"load "),
            is_static=not is_virtual and self._is_static(value, body, position),
            is_fat=load is not None
            and not is_virtual
            and slot >= 0
            and self._is_fat(load[1], pointers, body, position),
        )
        return Call(site, Mark.GUARDED if self._is_cold_here(statement, arguments) else Mark.NONE)

    def _is_of_vtable(self, address: bytes, body: Body, position: int) -> bool:
        """Whether a method is loaded from what only debug records call a vtable."""
        offset, table = self._slot_offset(address, body, position)
        if offset < _HEADER_BYTES or offset % _SLOT_BYTES:
            return False

        def definition(value: bytes) -> bytes:
            return self._definition(value, body, position)

        return is_vtable(table, self._text, (body.start, body.end), definition, self.metadata.node)

    def _drops_trait_object(self, location: int) -> bool:
        """Argument promotion hands drop glue over as a plain pointer; the frame still tells."""
        return _DROP_OF_TRAIT_OBJECT.search(self.metadata.function_at(location)) is not None

    def _word(self, address: bytes, body: Body, position: int) -> int:
        """Word of the table that an address points into, where that is constant; else -1."""
        definition = self._definition(address, body, position)
        constant = _OFFSET.match(definition)
        if constant is not None:
            return int(constant[2]) // _WORD_BYTES if int(constant[2]) >= 0 else -1
        return -1 if _ADDRESS_STEP.match(definition) or _CHOICE.match(definition) else 0

    def _is_fat(self, place: bytes, pointers: Sequence[tuple[bytes, bytes]], body: Body, position: int) -> bool:
        """Whether a call passes the address that belongs to the table in which the pointer was loaded from a place."""
        table = self._slot_offset(place, body, position)[1]
        return is_pair(_first(pointers), table, lambda value: self._definition(value, body, position), body.pointers)

    def _is_static(self, value: bytes, body: Body, position: int) -> bool:
        """Whether all that loads, steps and choices lead back to from a value are global variables and constants."""
        seen: set[bytes] = set()
        left = [value]
        while left and len(seen) < _MAX_ADDRESS_STEPS:
            value = left.pop()
            if value in seen or value[:1] == b"@":
                continue
            seen.add(value)
            definition = self._definition(value, body, position)
            operands = _LED_BY.findall(definition) if _LEADS.match(definition) else ()
            if not operands:
                return False
            left += operands
        return not left

    def _slot_offset(self, address: bytes, body: Body, position: int) -> tuple[int, bytes]:
        offset = _OFFSET.match(self._definition(address, body, position))
        return (int(offset[2]), offset[1]) if offset else (0, address)

    def _closed_set(self, statement: bytes, definition: bytes, body: Body, position: int) -> tuple[str, ...]:
        """``!callees`` (LangRef), the constants of a ``select`` or ``phi`` that has no other operand, what the constant
        holds that the pointer was loaded from, or what the dynamic linker was asked for."""
        named = _CALLEES.search(statement)
        if named is not None:
            return tuple(sorted(map(symbol_name, _REFERENCE.findall(self.metadata.node(int(named[1]))))))
        if _CHOICE.match(definition) and _has_constants_only(definition):
            return tuple(sorted(map(symbol_name, _REFERENCE.findall(definition))))
        load = _LOAD_OF_CONSTANT.match(definition)
        if load is None or (load[1].startswith(b"@") and load[1][1:] not in self._tables):
            return runtime_symbols(self._text, definition, lambda value: self._definition(value, body, position))
        base = load[1] if load[1].startswith(b"@") else self._address(load[1], body, position)[0]
        return tuple(sorted(set(map(symbol_name, self._tables.get(base[1:], ())))))

    def _variable(self, definition: bytes) -> str:
        load = _LOAD_OF_VARIABLE.match(definition)
        if load is None or load[1] not in self._variables:
            return ""
        self._called_through.add(load[1])
        return symbol_name(load[1])

    def variables(self) -> dict[str, Variable]:
        """`ModuleFacts.variables`, once all functions are read."""
        return {symbol_name(symbol): self._used(symbol) for symbol in sorted(self._called_through)}

    def _used(self, variable: bytes) -> Variable:
        values = set(self._variables[variable])
        used = re.compile(rb"\n  (?! *#dbg_)[^\n]*@" + re.escape(variable) + rb"(?![-\w.$])[^\n]*")
        for line in used.finditer(self._text):
            store = _STORE_TO_VARIABLE.match(line[0])
            stored = self._functions(store[1], line.start()) if store and store[2] == variable else ()
            if not stored and not _LOAD_OF_VARIABLE.search(line[0]):
                return Variable((), escapes=True, is_private=False)
            values.update(stored)
        names = tuple(sorted(map(symbol_name, values)))
        return Variable(names, escapes=False, is_private=variable in self._private)

    def _functions(self, value: bytes, position: int, depth: int = 0) -> tuple[bytes, ...]:
        """The functions that a stored value may be: one, or those that it is chosen among, choice by choice; else
        none."""
        if value.startswith(b"@"):
            return (value[1:],)
        mark = b"\n  " + value + b" = "
        start = self._text.rfind(mark, 0, position) + len(mark)
        definition = self._text[start : self._text.find(b"\n", start)]
        if start < len(mark) or depth > _MAX_CHOICES or _CHOICE.match(definition) is None:
            return ()
        chosen = [self._functions(each, start, depth + 1) for each in _CHOSEN.findall(definition)]
        return tuple(symbol for each in chosen for symbol in each) if all(chosen) else ()


def _last(steps: str) -> int:
    """The offset behind the last pointer of a way such as ``8*+16``."""
    return int(steps.rpartition("+")[2])


def _has_constants_only(choice: bytes) -> bool:
    """Whether a ``select`` or ``phi`` chooses among constants."""
    return b"%" not in choice.split(b"ptr", 1)[-1].replace(b", %", b"")


def _first(pointers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The first pointer argument behind ``sret``; each as its attributes and its value."""
    return next((value for attributes, value in pointers if b"sret" not in attributes), b"")


def _constant_argument(statement: bytes, arguments: int, position: int) -> int:
    parts, _ = split_list(statement, arguments, len(statement))
    constant = _CONSTANT.search(parts[position]) if position < len(parts) else None
    is_number = constant is not None and parts[position][: constant.start()].endswith(b" ")
    return int(constant[1]) if constant is not None and is_number and leading_type(parts[position])[:1] == b"i" else -1


def _dereferenceable(head: bytes, vtable: bytes) -> int:
    size = re.search(rb"dereferenceable\((\d+)\) " + re.escape(vtable) + rb"[,)]", head)
    return int(size[1]) if size else -1

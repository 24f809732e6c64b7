"""Global variables, aliases and vtables from the head of a printed module.

A Rust vtable (rustc_codegen_ssa, ``meth.rs``) is a constant of drop glue or null, size, alignment and methods, printed
as ``<{ ptr, [16 x i8], ptr … }>`` or, with null drop glue, ``<{ [24 x i8], ptr … }>``. A ``core::panic::Location``
begins like the first form, but with the address of a string, and no pointer follows.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field

from ringfence.graphs.facts import VTable
from ringfence.pipeline.ir.metadata import Metadata, unescape
from ringfence.pipeline.ir.syntax import SYMBOL, split_list, symbol_name

_LINE = re.compile(rb"^@(" + SYMBOL + rb") = ([^\n]*)", re.MULTILINE)
_ALIAS = re.compile(rb"(?:^|\s)(alias|ifunc) ")
_CONSTANT = re.compile(rb"(?:^|\s)constant ")
_VARIABLE_OF_A_WORD = re.compile(
    rb"external [a-z_ ]*\bglobal |[a-z_ ]*\bglobal (?:ptr|<\{ (?:ptr|\[8 x i8\]) \}>|\[8 x i8\])(?: |,)"
)
"""What is only declared has the type that the source gives it, so of any size."""
_AGGREGATE = re.compile(rb" (?:<\{[^{}]*\}>|\{[^{}]*\}|\[\d+ x ptr\]) (?:<\{|\{|\[)")
_MEMBER = re.compile(rb"\s*(?:(?P<pointer>ptr) |\[(?P<bytes>\d+) x i8\] |i(?P<bits>8|16|32|64) )")
_REFERENCE = re.compile(rb"@(" + SYMBOL + rb")")
_VTABLE = re.compile(rb"constant <\{ (?:ptr, \[16 x i8\]|\[24 x i8\])(?:, (?:ptr|\[\d+ x i8\]))* \}> <\{ ")
_BYTES = re.compile(rb'\[(16|24) x i8\] (?:c"([^"]*)"|zeroinitializer)')
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})")
_DEBUG = re.compile(rb"!dbg !(\d+)")
_VARIABLE = re.compile(rb"DIGlobalVariableExpression\(var: !(\d+)")
_NAME = re.compile(rb'name: "([^"]*)"')
_LOCAL = (b"internal ", b"private ")
_LISTS = b"appending "
"""``llvm.used``, ``llvm.compiler.used``, ``llvm.global_ctors`` (LangRef, *Intrinsic Global Variables*)."""
_NAMEABLE = re.compile(rb"^@(" + SYMBOL + rb") = (?:external |extern_weak |[a-z_ ]*\b(?:alias|ifunc) )", re.MULTILINE)
_SECTION = b', section "'
_VTABLE_SUFFIX = "::{vtable}"
_POINTER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Constants:
    """What the module's global variables, aliases and ifuncs say about functions."""

    aliases: dict[str, str] = field(default_factory=dict[str, str])
    vtables: tuple[VTable, ...] = ()
    addresses: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict[bytes, tuple[bytes, ...]])
    tables: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict[bytes, tuple[bytes, ...]])
    """Functions in each constant that holds functions and nothing else that has an address."""
    variables: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict[bytes, tuple[bytes, ...]])
    """Variables of one word, and the function that each begins with, if any."""
    private: frozenset[bytes] = frozenset()
    """Those of them that no other module sees."""
    words: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """`ModuleFacts.tables`."""
    kept: frozenset[bytes] = frozenset()
    """`References.kept`."""
    shared: frozenset[bytes] = frozenset()
    """`References.shared`."""
    nameable: frozenset[bytes] = frozenset()
    """Variables of other modules, and aliases."""

    def decoded_addresses(self) -> dict[str, tuple[str, ...]]:
        """``addresses`` with names as the linker sees them, sorted."""
        return {
            symbol_name(symbol): tuple(sorted({symbol_name(target) for target in targets}))
            for symbol, targets in sorted(self.addresses.items())
        }


def read(text: bytes, functions: Container[bytes], metadata: Metadata) -> Constants:
    """Read the part of a module that stands before its first function."""
    aliases: dict[str, str] = {}
    vtables: list[VTable] = []
    references: dict[bytes, tuple[bytes, ...]] = {}
    tables: dict[bytes, tuple[bytes, ...]] = {}
    shapes: dict[bytes, tuple[str, ...]] = {}
    variables: dict[bytes, tuple[bytes, ...]] = {}
    hidden: set[bytes] = set()
    values: dict[bytes, bytes] = {}
    for match in _LINE.finditer(text):
        symbol, value = match[1], match[2]
        targets = tuple(_REFERENCE.findall(value))
        if _VARIABLE_OF_A_WORD.match(value):
            variables[symbol] = targets[:1]
            if value.startswith(_LOCAL):
                hidden.add(symbol)
        if not targets:
            continue
        if _ALIAS.search(value[: value.find(b"@")]):
            aliases[symbol_name(symbol)] = symbol_name(targets[-1])
            continue
        references[symbol] = targets
        values[symbol] = value
        if _CONSTANT.search(value, 0, value.find(b"@")) and all(target in functions for target in targets):
            tables[symbol] = targets
        vtable = _vtable(symbol, value, functions, metadata)
        if vtable is not None:
            vtables.append(vtable)
        elif any(target in functions for target in targets):
            shapes[symbol] = _words(value)
    holding = _holding_functions(references, functions)
    words = {symbol_name(symbol): in_words for symbol in holding if (in_words := shapes.get(symbol))}
    return Constants(
        aliases,
        tuple(vtables),
        holding,
        tables,
        variables,
        frozenset(hidden),
        words,
        kept=frozenset(symbol for symbol in holding if _is_kept(values[symbol])),
        shared=frozenset(symbol for symbol in holding if _is_shared(values[symbol])),
        nameable=frozenset(_NAMEABLE.findall(text)),
    )


def _is_kept(value: bytes) -> bool:
    return value.startswith(_LISTS) or _SECTION in value


def _is_shared(value: bytes) -> bool:
    return not value.startswith(_LOCAL) and not _is_kept(value)


def _holding_functions(
    references: dict[bytes, tuple[bytes, ...]], functions: Container[bytes]
) -> dict[bytes, tuple[bytes, ...]]:
    """Keep the globals from whose initialiser a function can be reached, with the references that lead there."""
    holding = {symbol for symbol, targets in references.items() if any(target in functions for target in targets)}
    size = -1
    while size != len(holding):
        size = len(holding)
        holding |= {symbol for symbol, targets in references.items() if not holding.isdisjoint(targets)}
    return {
        symbol: tuple(target for target in references[symbol] if target in functions or target in holding)
        for symbol in holding
    }


def _vtable(symbol: bytes, value: bytes, functions: Container[bytes], metadata: Metadata) -> VTable | None:
    shape = _VTABLE.search(value)
    if shape is None:
        return None
    parts, _ = split_list(value, shape.end(), len(value))
    drop = b""
    if parts[0].startswith(b"ptr"):
        drop = _reference(parts.pop(0))
        if drop not in functions:
            return None
    header = _header(parts[0], 0 if drop else _POINTER_BYTES)
    methods = [_reference(part) for part in parts[1:]]
    if header is None or (methods and not any(method in functions for method in methods)):
        return None
    return VTable(
        symbol=symbol_name(symbol),
        name=_debug_name(value, metadata),
        size=header[0],
        align=header[1],
        drop=symbol_name(drop),
        # The vtable of a supertrait can stand in a slot (upcasting): it is no method.
        methods=tuple(symbol_name(method) if method in functions else "" for method in methods),
    )


def _words(value: bytes) -> tuple[str, ...]:
    """The symbol in each word of a structure or array of pointers, integers and bytes; empty for any other shape."""
    opening = _AGGREGATE.search(value)
    if opening is None:
        return ()
    words: list[str] = []
    offset = 0
    for part in split_list(value, opening.end(), len(value))[0]:
        kind = _MEMBER.match(part)
        if kind is None:
            return ()
        if kind["pointer"]:
            words += [""] * (offset // _POINTER_BYTES - len(words))
            words.append(symbol_name(_reference(part)))
        offset += int(kind["bytes"] or int(kind["bits"] or 64) // 8)
    return tuple(words)


def _reference(part: bytes) -> bytes:
    match = _REFERENCE.search(part)
    return match[1] if match else b""


def _header(part: bytes, skipped: int) -> tuple[int, int] | None:
    """Size and alignment, two little-endian words behind ``skipped`` bytes."""
    match = _BYTES.match(part)
    if match is None or match[2] is None:
        return None
    raw = _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), match[2])
    size = int.from_bytes(raw[skipped : skipped + _POINTER_BYTES], "little")
    align = int.from_bytes(raw[skipped + _POINTER_BYTES : skipped + 2 * _POINTER_BYTES], "little")
    is_alignment = align > 0 and align & (align - 1) == 0
    return (size, align) if is_alignment else None


def _debug_name(value: bytes, metadata: Metadata) -> str:
    debug = _DEBUG.search(value)
    variable = _VARIABLE.search(metadata.node(int(debug[1]))) if debug else None
    name = _NAME.search(metadata.node(int(variable[1]))) if variable else None
    return unescape(name[1]).removesuffix(_VTABLE_SUFFIX) if name else ""

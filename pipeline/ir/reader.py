"""The scan: printed IR in, facts out.

The text is llvmlite's own printing, so its form is known: one instruction a line, two blanks before it, metadata at
the end. One compiled expression walks the lines of each body and stops only at what makes control flow or events;
everything else is passed over inside the expression engine, and no instruction becomes a Python object.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from ringfence.graphs.facts import (
    Attribute,
    External,
    FunctionFacts,
    Linkage,
    ModuleFacts,
    encode_function,
    encode_references,
    encode_types,
)
from ringfence.graphs.references import References
from ringfence.pipeline.ir import globals as global_variables
from ringfence.pipeline.ir.accesses import AccessReader
from ringfence.pipeline.ir.calls import CallReader
from ringfence.pipeline.ir.function import read_function
from ringfence.pipeline.ir.marks import weighs_cold_calls
from ringfence.pipeline.ir.metadata import Metadata, unescape
from ringfence.pipeline.ir.statics import read_statics
from ringfence.pipeline.ir.syntax import SYMBOL, signature_of, symbol_name
from ringfence.pipeline.ir.types import read_types, type_names

_HEAD = re.compile(rb"\nde(fine|clare) ([^\n]*)")
_HEAD_NAME = re.compile(rb"@(" + SYMBOL + rb")\(")
_REFERENCE = re.compile(rb"@(" + SYMBOL + rb")")
_ATTRIBUTE_GROUP = re.compile(rb"\nattributes #(\d+) = \{([^\n]*)\}")
_ALLOCATION_KIND = re.compile(rb'allockind\("([^"]*)"\)')
_ALLOCATION_SIZE = re.compile(rb"allocsize\((\d+)")
_GROUP_REFERENCE = re.compile(rb" #(\d+)")
_TRIPLE = re.compile(rb'\ntarget triple = "([^"\n]*)"')
_SOURCE_NAME = re.compile(rb'source_filename = "([^"]*)"')
_IDENT = re.compile(rb"!llvm\.ident = !\{!(\d+)")
_STRING = re.compile(rb'!"([^"]*)"')
_VARIABLE = b" = !DILocalVariable("
_SUBPROGRAM = re.compile(rb"!dbg !(\d+)")


@dataclass(frozen=True, slots=True)
class Head:
    """One ``define`` or ``declare`` line."""

    symbol: bytes
    line: bytes
    attributes: Attribute
    size_argument: int
    """Position of the argument that ``allocsize`` names, or -1."""
    body: int
    """Offset behind the line of a ``define``, 0 for a ``declare``."""


def read_module(text: bytes) -> ModuleFacts:
    """Make the facts of one module, printed by `ringfence.pipeline.ir.module.print_module`."""
    metadata_start = _end_of_code(text)
    nodes = split_metadata(text, metadata_start)
    groups = {int(match[1]): match[2] for match in _ATTRIBUTE_GROUP.finditer(text, _groups_start(text, metadata_start))}
    heads = {head.symbol: head for head in _heads(text, metadata_start, groups)}
    metadata = Metadata(nodes)
    first_head = _HEAD.search(text, 0, metadata_start)
    beginning = text[: first_head.start() if first_head else metadata_start]
    constants = global_variables.read(beginning, heads, metadata)
    name_of_type = type_names(nodes)
    statics = tuple(read_statics(beginning, metadata.node, name_of_type))
    addressable = frozenset(heads) | frozenset(constants.addresses)
    ident = _IDENT.search(text, metadata_start)
    producer = _STRING.search(metadata.node(int(ident[1]))) if ident else None
    weighs = producer is not None and metadata.is_optimized and weighs_cold_calls(producer[1])
    referable = addressable | constants.nameable
    calls = CallReader(text, heads, groups, metadata, addressable, constants, weighs_cold_calls=weighs)
    has_variables = text.find(_VARIABLE, metadata_start) >= 0
    memory = AccessReader(text, metadata.node, name_of_type, statics, has_variables=has_variables)
    functions: dict[str, msgspec.Raw] = {}
    taken: set[str] = set()
    names: dict[bytes, Iterable[bytes]] = dict(constants.addresses)
    for head in heads.values():
        if head.body:
            function = _read_definition(text, head, calls, metadata, memory)
            functions[function.symbol] = encode_function(function)
            names[head.symbol] = referable.intersection(_named(text, head))
            taken.update(address.symbol for address in function.addresses)
    held = constants.decoded_addresses()
    pointed = taken.union(*held.values())
    source = _SOURCE_NAME.search(text, 0, metadata_start)
    triple = _TRIPLE.search(text, 0, metadata_start)
    return ModuleFacts(
        name=unescape(source[1]) if source else "",
        producer=unescape(producer[1]) if producer else "",
        functions=functions,
        aliases=constants.aliases,
        externals={
            symbol_name(head.symbol): External(
                head.attributes | Attribute.DECLARED, signature_of(head.line, head.symbol)
            )
            for head in heads.values()
            if not head.body and (head.attributes or symbol_name(head.symbol) in pointed)
        },
        vtables=constants.vtables,
        address_globals=held,
        tables=constants.words,
        addresses_taken=tuple(sorted(taken - held.keys())),
        variables=calls.variables(),
        files=tuple(metadata.files),
        subprograms=tuple(metadata.subprograms),
        frames=metadata.frames.tobytes(),
        types=encode_types(read_types(nodes, text, metadata_start)),
        variable_types=tuple(memory.variable_types),
        statics=statics,
        encoded_references=encode_references(_references(names, constants)),
        target=triple[1].decode() if triple else "",
    )


def _named(text: bytes, head: Head) -> Iterator[bytes]:
    """Every symbol in a definition, but for its own name."""
    yield from _REFERENCE.findall(head.line[head.line.find(b"(") :])
    yield from _REFERENCE.findall(text, head.body, text.find(b"\n}", head.body))


def _references(names: Mapping[bytes, Iterable[bytes]], constants: global_variables.Constants) -> References:
    decoded = {
        symbol: symbol_name(symbol) for symbol in {*names, *(each for found in names.values() for each in found)}
    }
    in_names = {decoded[namer]: [decoded[each] for each in found] for namer, found in names.items()}
    return References.of(in_names, map(symbol_name, constants.kept), map(symbol_name, constants.shared))


def split_metadata(text: bytes, start: int) -> list[bytes]:
    """Numbered nodes as lines: entry ``n`` is the line of ``!n``."""
    first = text.find(b"\n!0 = ", start)
    return text[first + 1 :].split(b"\n") if first >= 0 else []


def _end_of_code(text: bytes) -> int:
    """Offset of the first metadata line; a function body never has ``!`` at the start of a line."""
    start = text.find(b"\n!")
    return start if start >= 0 else len(text)


def _groups_start(text: bytes, end: int) -> int:
    start = text.find(b"\nattributes #", 0, end)
    return start if start >= 0 else end


def _heads(text: bytes, end: int, groups: dict[int, bytes]) -> Iterator[Head]:
    parsed: dict[bytes, tuple[Attribute, int]] = {}
    for match in _HEAD.finditer(text, 0, end):
        line = match[2]
        name = _HEAD_NAME.search(line)
        if name is None:
            continue
        reference = _GROUP_REFERENCE.findall(line, name.end())
        group = groups.get(int(reference[0]), b"") if reference else b""
        if group not in parsed:
            parsed[group] = (parse_attributes(group), _size_argument(group))
        attributes, size_argument = parsed[group]
        yield Head(name[1], line, attributes, size_argument, match.end() if match[1] == b"fine" else 0)


def parse_attributes(group: bytes) -> Attribute:
    """The attributes that matter, from the text of an attribute group or of a call site."""
    words = group.split()
    attributes = Attribute.NONE
    if b"cold" in words:
        attributes |= Attribute.COLD
    if b"noreturn" in words:
        attributes |= Attribute.NORETURN
    if b"noinline" in words:
        attributes |= Attribute.INLINE_NEVER
    kind = _ALLOCATION_KIND.search(group)
    if kind is None:
        return attributes
    kinds = kind[1].split(b",")
    for word, attribute in _KIND_ATTRIBUTES:
        if word in kinds:
            attributes |= attribute
    return attributes


_KIND_ATTRIBUTES = (
    (b"alloc", Attribute.ALLOCATES),
    (b"realloc", Attribute.REALLOCATES),
    (b"free", Attribute.FREES),
    (b"zeroed", Attribute.ZEROED),
)


def _size_argument(group: bytes) -> int:
    size = _ALLOCATION_SIZE.search(group)
    return int(size[1]) if size else -1


def _linkage(line: bytes) -> Linkage:
    words = line[: line.find(b"@")].split()[:3]
    if b"internal" in words or b"private" in words:
        return Linkage.INTERNAL
    if b"available_externally" in words:
        return Linkage.AVAILABLE
    if any(word.startswith((b"weak", b"linkonce", b"common", b"extern_weak")) for word in words):
        return Linkage.WEAK
    return Linkage.EXTERNAL


def _read_definition(
    text: bytes, head: Head, calls: CallReader, metadata: Metadata, memory: AccessReader
) -> FunctionFacts:
    end = text.find(b"\n}", head.body)
    subprogram = _SUBPROGRAM.search(head.line)
    events = read_function(text, head.body, end, head.line, calls, memory)
    return FunctionFacts(
        symbol=symbol_name(head.symbol),
        linkage=_linkage(head.line),
        attributes=head.attributes,
        signature=signature_of(head.line, head.symbol),
        subprogram=metadata.subprogram(int(subprogram[1])) if subprogram else -1,
        places=events.places,
        calls=events.calls,
        copies=events.copies,
        atomics=events.atomics,
        addresses=events.addresses,
        switches=events.switches,
        loads=events.loads,
        stops_at_flag=events.stops_at_flag,
        flow=events.flow,
        instructions=text.count(b"\n", head.body, end) - text.count(b" #dbg_", head.body, end),
        accesses=events.accesses,
        waits=events.waits,
        idle=events.idle,
        refusal=events.refusal,
    )

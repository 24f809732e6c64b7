"""Types out of the printed metadata (LangRef, *DICompositeType*, *DIDerivedType*; rustc's ``debuginfo/metadata``).

rustc describes a struct, a tuple, a closure or an async block as ``DW_TAG_structure_type``; an enum with data as one
whose only element is a ``DW_TAG_variant_part``, whose elements are members, one a variant, whose base type is a struct
of the variant's fields; an enum without data as ``DW_TAG_enumeration_type``. Metadata counts in bits. Vtable types are
left out.

Modules of C, which foreign calls bring in, differ: a type that is only declared has no size and is left out; alignment
is written only where an attribute sets it, else it is the natural one (System V ABI, 3.1.2); a *bit field* is a member
of the bytes that it touches, named ``name:bits``.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from math import gcd

from ringfence.graphs.layout import DISCRIMINANT
from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind, VariantFacts
from ringfence.pipeline.ir.metadata import unescape

_COMPOSITE = re.compile(rb"DICompositeType\(tag: DW_TAG_(structure|union|enumeration)_type, name: \"([^\"]*)\"")
_COMPOSITE_NODE = re.compile(rb"!DICompositeType\(tag: DW_TAG_(?:structure|union|enumeration)_type")
_TAG = re.compile(rb"tag: DW_TAG_(\w+)")
_NAME = re.compile(rb'\bname: "([^"]*)"')
_SCOPE = re.compile(rb"\bscope: !(\d+)")
_SIZE = re.compile(rb"\bsize: (\d+)")
_ALIGN = re.compile(rb"\balign: (\d+)")
_LINE = re.compile(rb"\bline: (\d+)")
_OFFSET = re.compile(rb"\boffset: (\d+)")
_ELEMENTS = re.compile(rb"\belements: !(\d+)")
_BASE = re.compile(rb"\bbaseType: !(\d+)")
_DISCRIMINATOR = re.compile(rb"\bdiscriminator: !(\d+)")
_COUNT = re.compile(rb"\bcount: (\d+)")
_REFERENCE = re.compile(rb"!(\d+)")
_STATIC = b"DIFlagStaticMember"
_DECLARED = b"DIFlagFwdDecl"
_BIT_FIELD = b"DIFlagBitField"
_VALUE = re.compile(rb"\bextraData: i\d+ (-?\d+)")
_ENUMERATOR = re.compile(rb'DIEnumerator\(name: "([^"]*)", value: (-?\d+)')
_WIDEST_BASIC = 16
"""The largest natural alignment: of ``__int128`` and ``long double``."""
_NO_TYPE = re.compile(rb"\{vtable_type\}$|^[&*]|^dyn ")
"""Vtables, wide pointers, and what they point to."""
_BITS = 8
_DEEPEST_NAME = 32
"""Scopes around a type, and arrays in arrays: more than any source has."""


def read_types(nodes: Sequence[bytes], text: bytes, start: int) -> tuple[TypeFacts, ...]:
    """Every type that the metadata describes, sorted by name and size, each once. ``nodes`` are the lines of the
    metadata, which begins at ``start`` of the printed ``text``: a search there is quicker than one in each line."""
    reader = _TypeReader(nodes)
    found = {each for number in _composites(text, start) for each in reader.read(number)}
    return tuple(sorted(found, key=lambda each: (each.name, each.size, each.align, tuple(map(_place, each.fields)))))


def _composites(text: bytes, start: int) -> Iterator[int]:
    """Numbers of the nodes that may be types of the program."""
    for match in _COMPOSITE_NODE.finditer(text, start):
        line = text.rfind(b"\n!", start, match.start()) + 2
        yield int(text[line : text.find(b" ", line)])


def type_names(nodes: Sequence[bytes]) -> Callable[[int], str]:
    """What gives the full name of the type that a node of the metadata describes."""
    return _TypeReader(nodes).name


class _TypeReader:
    def __init__(self, nodes: Sequence[bytes]) -> None:
        self._nodes = nodes
        self._names: dict[int, str] = {}
        self._is_enum: dict[bytes, bool] = {}

    def read(self, number: int) -> Iterator[TypeFacts]:
        """The type of a node; nothing for what is no type of the program: variants, vtables, forward declarations."""
        text = self._nodes[number]
        composite = _COMPOSITE.search(text)
        size = _SIZE.search(text)
        if composite is None or _NO_TYPE.search(composite[2]) or _DECLARED in text or self._is_variant(text):
            return
        fields = tuple(dict.fromkeys(self._fields(text)))
        kind = _kind(composite[1], composite[2], fields, is_enum=self._variant_part(text) is not None)
        yield TypeFacts(
            name=self.name(number),
            kind=kind,
            size=int(size[1]) // _BITS if size else 0,
            align=self._align(number),
            fields=fields,
            variants=tuple(self._variants(text)),
        )

    def name(self, number: int, depth: int = 0) -> str:
        """Full path; of arrays ``[T; N]``."""
        known = self._names.get(number)
        if known is not None:
            return known
        text = self._node(number)
        self._names[number] = made = self._made_name(text, depth) if depth < _DEEPEST_NAME else "…"
        return made

    def _made_name(self, text: bytes, depth: int) -> str:
        tag = _TAG.search(text)
        if tag is not None and tag[1] == b"array_type":
            base, elements = _BASE.search(text), _ELEMENTS.search(text)
            counts = [_number(_COUNT, self._node(int(each))) for each in self._elements(elements)]
            name = self.name(int(base[1]), depth + 1) if base else "?"
            for count in reversed(counts or [0]):
                name = f"[{name}; {count}]"
            return name
        named, scope = _NAME.search(text), _SCOPE.search(text)
        own = unescape(named[1]) if named else ""
        is_nested = scope is not None and b"DIDerivedType" not in text
        outer = self.name(int(scope[1]), depth + 1) if scope and is_nested else ""
        return f"{outer}::{own}" if outer else own

    def _fields(self, text: bytes) -> Iterator[FieldFacts]:
        part = self._variant_part(text)
        if b"DW_TAG_enumeration_type" in text:
            base = _BASE.search(text)
            own = self.name(int(base[1])) if base else ""
            yield FieldFacts(name=DISCRIMINANT, type_name=own, offset=0, size=_number(_SIZE, text) // _BITS)
            return
        if part is None:
            yield from sorted(self._members(text, 0, ""), key=_place)
            return
        discriminator = _DISCRIMINATOR.search(part)
        if discriminator is not None and self._is_own_discriminant(part):
            yield from self._field(self._node(int(discriminator[1])), 0, "", DISCRIMINANT)
        for member in self._elements(_ELEMENTS.search(part)):
            variant = self._node(int(member))
            label, base = self._variant_name(variant), _BASE.search(variant)
            if base is not None:
                offset = _number(_OFFSET, variant) // _BITS
                yield from sorted(self._members(self._node(int(base[1])), offset, label), key=_place)

    def _variants(self, text: bytes) -> Iterator[VariantFacts]:
        if b"DW_TAG_enumeration_type" in text:
            found = (_ENUMERATOR.search(self._node(int(each))) for each in self._elements(_ELEMENTS.search(text)))
            yield from (VariantFacts(unescape(each[1]), each[2].decode()) for each in found if each)
            return
        part = self._variant_part(text)
        for member in self._elements(_ELEMENTS.search(part)) if part is not None else ():
            variant = self._node(int(member))
            value = _VALUE.search(variant)
            yield VariantFacts(
                self._variant_name(variant), value[1].decode() if value else None, _number(_LINE, variant)
            )

    def _variant_name(self, variant: bytes) -> str:
        """Of a state machine's state, whose member is only numbered, the name of its struct (``Suspend0``)."""
        name, base = _NAME.search(variant), _BASE.search(variant)
        if base is not None and (name is None or name[1].isdigit()):
            name = _NAME.search(self._node(int(base[1])))
        return unescape(name[1]) if name else ""

    def _align(self, number: int, depth: int = 0) -> int:
        """In bytes, at least 1. Without an alignment that is written, the natural one: of an array its element's, of a
        struct its strictest field's, never more than size and offsets allow (a packed one)."""
        text = self._node(number)
        written = _number(_ALIGN, text) // _BITS
        if written or depth > _DEEPEST_NAME:
            return max(written, 1)
        base = _BASE.search(text)
        size = _number(_SIZE, text) // _BITS
        if b"DICompositeType(" in text and b"DW_TAG_array_type" not in text and b"DW_TAG_enum" not in text:
            nodes = [int(each) for each in self._elements(_ELEMENTS.search(text))]
            members = [each for each in nodes if b"DW_TAG_member" in self._node(each)]
            natural = max((self._align(each, depth + 1) for each in members), default=1)
            offsets = (
                _number(_OFFSET, self._node(each)) // _BITS for each in members if _BIT_FIELD not in self._node(each)
            )
            return gcd(natural, size, *offsets) or 1
        if base is not None and b"DW_TAG_pointer" not in text:
            return self._align(int(base[1]), depth + 1)
        return min(1 << (size.bit_length() - 1), _WIDEST_BASIC) if size else 1

    def _is_own_discriminant(self, part: bytes) -> bool:
        """Whether every variant has a value of its own: where one has none, the discriminant is a niche inside another
        variant's field (DWARF 5, 5.7.10)."""
        members = self._elements(_ELEMENTS.search(part))
        return len(members) > 1 and all(b"extraData:" in self._node(int(member)) for member in members)

    def _members(self, text: bytes, start: int, variant: str) -> Iterator[FieldFacts]:
        for element in self._elements(_ELEMENTS.search(text)):
            member = self._node(int(element))
            if b"DW_TAG_member" in member and _STATIC not in member:
                yield from self._field(member, start, variant, "")

    def _field(self, member: bytes, start: int, variant: str, label: str) -> Iterator[FieldFacts]:
        name, base = _NAME.search(member), _BASE.search(member)
        first, bits = _number(_OFFSET, member), _number(_SIZE, member)
        own = label or (unescape(name[1]) if name else "")
        yield FieldFacts(
            name=f"{own}:{bits}" if _BIT_FIELD in member else own,
            type_name=self.name(int(base[1])) if base else "",
            offset=start + first // _BITS,
            size=-(-(first % _BITS + bits) // _BITS),
            variant=variant,
        )

    def _variant_part(self, text: bytes) -> bytes | None:
        for element in self._elements(_ELEMENTS.search(text)):
            node = self._node(int(element))
            if b"DW_TAG_variant_part" in node:
                return node
        return None

    def _is_variant(self, text: bytes) -> bool:
        """The struct of a variant's fields stands in the scope of its enum."""
        scope = _SCOPE.search(text)
        if scope is None:
            return False
        known = self._is_enum.get(scope[1])
        if known is None:
            outer = self._node(int(scope[1]))
            known = b"DICompositeType(" in outer and self._variant_part(outer) is not None
            self._is_enum[scope[1]] = known
        return known

    def _elements(self, match: re.Match[bytes] | None) -> list[bytes]:
        if match is None:
            return []
        list_node = self._node(int(match[1]))
        return _REFERENCE.findall(list_node.partition(b"{")[2])

    def _node(self, number: int) -> bytes:
        return self._nodes[number] if number < len(self._nodes) else b""


def _kind(tag: bytes, name: bytes, fields: tuple[FieldFacts, ...], *, is_enum: bool) -> TypeKind:
    if name.startswith((b"{async", b"{gen", b"{coroutine")):
        return TypeKind.ASYNC
    if tag == b"union":
        return TypeKind.UNION
    if tag == b"enumeration" or is_enum:
        return TypeKind.ENUM
    if name.startswith(b"{closure"):
        return TypeKind.CLOSURE
    is_tuple = name.startswith(b"(") or (fields and all(field.name.startswith("__") for field in fields))
    return TypeKind.TUPLE if is_tuple else TypeKind.STRUCT


def _place(field: FieldFacts) -> tuple[int, int, str]:
    return field.offset, field.size, field.name


def _number(pattern: re.Pattern[bytes], text: bytes) -> int:
    match = pattern.search(text)
    return int(match[1]) if match else 0

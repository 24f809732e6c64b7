"""Types out of the printed metadata (LangRef, *DICompositeType*, *DIDerivedType*; rustc's ``debuginfo/metadata``).

rustc describes a struct, a tuple, a closure or an async block as ``DW_TAG_structure_type``; an enum with data as one
whose only element is a ``DW_TAG_variant_part``, whose elements are members, one a variant, whose base type is a struct
of the variant's fields; an enum without data as ``DW_TAG_enumeration_type``. Metadata counts in bits. Vtable types are
left out.

Not handled: bit fields of C types, which Rust cannot name.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from ringfence.graphs.layout import DISCRIMINANT
from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind
from ringfence.pipeline.ir.metadata import unescape

_COMPOSITE = re.compile(rb"DICompositeType\(tag: DW_TAG_(structure|union|enumeration)_type, name: \"([^\"]*)\"")
_COMPOSITE_NODE = re.compile(rb"!DICompositeType\(tag: DW_TAG_(?:structure|union|enumeration)_type")
_TAG = re.compile(rb"tag: DW_TAG_(\w+)")
_NAME = re.compile(rb'\bname: "([^"]*)"')
_SCOPE = re.compile(rb"\bscope: !(\d+)")
_SIZE = re.compile(rb"\bsize: (\d+)")
_ALIGN = re.compile(rb"\balign: (\d+)")
_OFFSET = re.compile(rb"\boffset: (\d+)")
_ELEMENTS = re.compile(rb"\belements: !(\d+)")
_BASE = re.compile(rb"\bbaseType: !(\d+)")
_DISCRIMINATOR = re.compile(rb"\bdiscriminator: !(\d+)")
_COUNT = re.compile(rb"\bcount: (\d+)")
_REFERENCE = re.compile(rb"!(\d+)")
_STATIC = b"DIFlagStaticMember"
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
        if composite is None or _NO_TYPE.search(composite[2]) or self._is_variant(text):
            return
        fields = tuple(self._fields(text))
        kind = _kind(composite[1], composite[2], fields, is_enum=self._variant_part(text) is not None)
        yield TypeFacts(
            name=self.name(number),
            kind=kind,
            size=int(size[1]) // _BITS if size else 0,
            align=max(_number(_ALIGN, text) // _BITS, 1),
            fields=fields,
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
            element = self.name(int(base[1]), depth + 1) if base else "?"
            return f"[{element}; {counts[0] if counts else 0}]"
        name, scope = _NAME.search(text), _SCOPE.search(text)
        own = unescape(name[1]) if name else ""
        is_nested = scope is not None and b"DIDerivedType" not in text
        outer = self.name(int(scope[1]), depth + 1) if scope and is_nested else ""
        return f"{outer}::{own}" if outer else own

    def _fields(self, text: bytes) -> Iterator[FieldFacts]:
        part = self._variant_part(text)
        if part is None:
            yield from sorted(self._members(text, 0, ""), key=_place)
            return
        discriminator = _DISCRIMINATOR.search(part)
        if discriminator is not None and self._is_own_discriminant(part):
            yield from self._field(self._node(int(discriminator[1])), 0, "", DISCRIMINANT)
        for member in self._elements(_ELEMENTS.search(part)):
            variant = self._node(int(member))
            name, base = _NAME.search(variant), _BASE.search(variant)
            label = unescape(name[1]) if name else ""
            if base is not None:
                offset = _number(_OFFSET, variant) // _BITS
                yield from sorted(self._members(self._node(int(base[1])), offset, label), key=_place)

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
        yield FieldFacts(
            name=label or (unescape(name[1]) if name else ""),
            type_name=self.name(int(base[1])) if base else "",
            offset=start + _number(_OFFSET, member) // _BITS,
            size=_number(_SIZE, member) // _BITS,
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

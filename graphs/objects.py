"""Objects in memory: which type lies behind a pointer, and which fields an offset falls into.

A type is known by its name, as debug info prints it, and by its fields (`ringfence.graphs.types`). Some names say more
than the fields do:

1. ``&T``, ``*const T``, ``Box<T>`` are pointers to ``T``, of slices and of ``str`` to their elements.
2. A ``RawVec<T>`` points to ``T``, a hash table's ``RawTable<T>`` to the control bytes behind its last ``T``: their own
   fields say ``u8``.
3. ``[T; N]`` holds ``T`` at every multiple of its size.

Source: ``rustc_codegen_ssa::debuginfo::type_names``; library/alloc/src/raw_vec; hashbrown, ``raw.rs``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind

TypeNamed = Callable[[str], TypeFacts | None]

_REFERENCE = re.compile(r"&(?:mut )?|\*(?:const|mut) ")
_POINTERS = ("alloc::boxed::Box<", "core::ptr::non_null::NonNull<", "core::ptr::unique::Unique<")
_BUFFERS = ("alloc::raw_vec::RawVec<", "hashbrown::raw::RawTable<")
_LIBRARY = re.compile(r"(?:core|alloc|std|hashbrown)::|[\[(&*]")
_OPENING, _CLOSING = "<([{", ">)]}"
_RAW = frozenset({"u8", "()", "core::ffi::c_void"})
_DEEPEST = 24
"""Types in types that are entered."""
_SCALARS = {
    "bool": 1,
    "u8": 1,
    "i8": 1,
    "u16": 2,
    "i16": 2,
    "u32": 4,
    "i32": 4,
    "f32": 4,
    "char": 4,
    "u64": 8,
    "i64": 8,
    "f64": 8,
    "usize": 8,
    "isize": 8,
    "u128": 16,
    "i128": 16,
}


@dataclass(frozen=True, slots=True)
class FieldStep:
    """A field of a type, entered at an offset behind the outermost object's start."""

    owner: str
    """Full name of the type that has the field."""
    field: FieldFacts
    start: int
    """Where the owner begins, in bytes behind the start of the outermost object."""


class Objects:
    """Answers for the types of one module."""

    def __init__(self, type_named: TypeNamed) -> None:
        self.type_named = type_named
        self._pointees: dict[tuple[str, int], str] = {}
        self._steps: dict[tuple[str, int], tuple[FieldStep, ...]] = {}

    def behind(self, name: str, offsets: tuple[int, ...]) -> str:
        """The type that is reached from an object of a type by loading a pointer at each offset; empty where one of the
        pointers is not known to be typed."""
        for offset in offsets:
            name = self.pointee(name, offset)
            if not name:
                break
        return name

    def pointee(self, name: str, offset: int) -> str:
        """The type that the pointer at an offset of an object points to; empty where none is known."""
        key = (name, offset)
        known = self._pointees.get(key)
        if known is None:
            known = self._pointees[key] = self._pointee(name, offset, 0)
        return known

    def size(self, name: str) -> int:
        """Bytes of a type; 0 where they are not known."""
        if name in _SCALARS:
            return _SCALARS[name]
        if name.startswith("[") and ";" in name:
            element, count = array_of(name)
            return self.size(element) * count
        if _REFERENCE.match(name):
            return 16 if _is_wide(name) else 8
        described = self.type_named(name)
        return described.size if described else 0

    def steps(self, name: str, offset: int) -> tuple[FieldStep, ...]:
        """The fields that an offset of an object falls into, outermost first. Where variants of an enum overlap, the
        first one whose field begins there, else the first that holds the offset."""
        key = (name, offset)
        known = self._steps.get(key)
        if known is None:
            known = self._steps[key] = tuple(self._entered(name, offset))
        return known

    def around(self, name: str, offset: int, size: int) -> Iterator[tuple[str, int]]:
        """Every type with a value that lies around some bytes of an object, itself first, and where the bytes begin in
        it; of variants that overlap each one."""
        stack = [(name, offset)]
        for _ in range(_DEEPEST * _DEEPEST):
            if not stack:
                return
            name, offset = stack.pop()
            yield name, offset
            element = self._element(name, offset)
            described = self.type_named(name) if element is None else None
            stack += [element] if element is not None else []
            stack += [
                (field.type_name, offset - field.offset)
                for field in reversed(described.fields if described else ())
                if field.offset <= offset and offset + size <= field.offset + field.size
            ]

    def _entered(self, name: str, offset: int) -> Iterator[FieldStep]:
        start = 0
        for _ in range(_DEEPEST):
            element = self._element(name, offset - start)
            if element is not None:
                name, start = element[0], offset - element[1]
                continue
            described = self.type_named(name)
            field = _field_at(described, offset - start) if described else None
            if field is None:
                return
            yield FieldStep(name, field, start)
            name, start = field.type_name, start + field.offset

    def _element(self, name: str, offset: int) -> tuple[str, int] | None:
        """Of an array: the element's type, and the offset in it."""
        if not name.startswith("[") or ";" not in name:
            return None
        element, _ = array_of(name)
        size = self.size(element)
        return (element, offset % size) if size else None

    def _pointee(self, name: str, offset: int, depth: int) -> str:
        if depth > _DEEPEST or offset < 0:
            return ""
        behind = _named_pointee(name) if offset == 0 else ""
        if behind:
            return behind
        element = self._element(name, offset)
        if element is not None:
            return self._pointee(*element, depth + 1)
        described = self.type_named(name)
        if described is None:
            return ""
        for field in described.fields:
            if not field.offset <= offset < field.offset + field.size:
                continue
            found = self._pointee(field.type_name, offset - field.offset, depth + 1)
            if found and found in _RAW and name.startswith(_BUFFERS):
                return generic_arguments(name)[0]
            if found:
                return found
        return ""


def is_library(name: str) -> bool:
    """The type is one of the standard library's, a pointer, an array or a tuple: what a user puts own types into."""
    return _LIBRARY.match(name) is not None


def _field_at(described: TypeFacts, offset: int) -> FieldFacts | None:
    around = [field for field in described.fields if field.offset <= offset < field.offset + field.size]
    if described.kind is TypeKind.ENUM:
        return next((field for field in around if field.offset == offset), around[0] if around else None)
    return around[0] if around else None


@lru_cache(maxsize=100_000)
def _named_pointee(name: str) -> str:
    """What a pointer type points to, by its name alone."""
    reference = _REFERENCE.match(name)
    if reference:
        return _element_of(name[reference.end() :])
    if name.startswith(_POINTERS):
        return _element_of(generic_arguments(name)[0])
    return ""


def _element_of(name: str) -> str:
    if name.startswith("[") and ";" not in name:
        return name[1:-1]
    if name == "str":
        return "u8"
    return "" if name.startswith("dyn ") else name


def _is_wide(reference: str) -> bool:
    behind = _REFERENCE.sub("", reference, count=1)
    return behind == "str" or behind.startswith("dyn ") or (behind.startswith("[") and ";" not in behind)


@lru_cache(maxsize=100_000)
def generic_arguments(name: str) -> tuple[str, ...]:
    """The arguments between the outer angle brackets of a type's name; one empty one where there are none."""
    opening = name.find("<")
    if opening < 0:
        return ("",)
    found: list[str] = []
    depth, start = 0, opening + 1
    for position in range(opening, len(name)):
        mark = name[position]
        is_arrow = mark == ">" and name[position - 1] == "-"
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING and not is_arrow:
            depth -= 1
        if depth == 0 or (depth == 1 and mark == ","):
            found.append(name[start:position].strip())
            start = position + 1
        if depth == 0:
            break
    return tuple(found)


def array_of(name: str) -> tuple[str, int]:
    """Element and length of ``[T; N]``."""
    element, _, count = name[1:-1].rpartition(";")
    return element.strip(), int(count) if count.strip().isdigit() else 0

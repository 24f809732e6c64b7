"""Which array, slice or vector an index leads into, and what lies side by side there.

1. An access with an index that is not constant touches one element of some sequence. The *stride* of the index, where
   the body tells it, chooses it among those that the offset falls into: arrays in the object, outermost first, and
   before them the slice that the object itself is an element of, if it lies behind a pointer.
2. Without a stride it is the innermost array; without an array, the slice.
3. The sequence is *named* by what holds it: a static, a field of a type that is no library's, or, of a slice that was
   handed in, its own type.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.graphs.access_facts import Access
from ringfence.graphs.names import display_name
from ringfence.graphs.objects import FieldStep, Objects, array_of, is_library


@dataclass(frozen=True, slots=True)
class Element:
    """What an index leads to."""

    holder: str
    """The static, the field (``own::Board.counters``) or the type that has the sequence."""
    type_name: str
    stride: int
    offset: int
    """Where the access begins, in bytes behind the start of the element."""
    count: int
    """How many there are; 0 where that is only known at run time."""


def element_of_static(access: Access) -> Element | None:
    """The same in a static whose type is not known here, because another module defines it: elements are at least as
    far apart as the access is long."""
    if not access.static or not access.is_indexed or len(access.path) != 1:
        return None
    stride = max(access.stride, access.size)
    return Element(display_name(access.static), "", stride, access.path[0] % stride, 0) if stride > 0 else None


@dataclass(frozen=True, slots=True)
class _Sequence:
    type_name: str
    size: int
    start: int
    """Where the element that the offset falls into begins, its index taken as 0."""
    count: int
    field: FieldStep | None = None
    """What holds an array."""


def element_at(access: Access, types: Sequence[str], name: str, offset: int, objects: Objects) -> Element | None:
    """The element that an access touches, whose path ends at an offset of the object called ``name``; None without an
    index, or where no sequence fits it. ``types`` are those of the module's variables."""
    if not access.is_indexed or not name or offset < 0:
        return None
    found = list(_sequences(name, offset, is_slice=len(access.path) > 1, objects=objects))
    fitting = [each for each in found if each.size == access.stride] if access.stride else found[-1:]
    if not fitting or not fitting[0].size:
        return None
    chosen = fitting[0]
    return Element(
        holder=_holder(access, types, chosen, objects),
        type_name=chosen.type_name,
        stride=chosen.size,
        offset=(offset - chosen.start) % chosen.size,
        count=chosen.count,
    )


def _sequences(name: str, offset: int, *, is_slice: bool, objects: Objects) -> Iterator[_Sequence]:
    """Outermost first."""
    if is_slice:
        yield _Sequence(name, objects.size(name), 0, 0)
    yield from _arrays(name, 0, None, objects)
    for step in objects.steps(name, offset):
        yield from _arrays(step.field.type_name, step.start + step.field.offset, step, objects)


def _arrays(name: str, start: int, field: FieldStep | None, objects: Objects) -> Iterator[_Sequence]:
    """An array, and those that are its elements."""
    while name.startswith("[") and ";" in name:
        name, count = array_of(name)
        yield _Sequence(name, objects.size(name), start, count, field)


def _holder(access: Access, types: Sequence[str], chosen: _Sequence, objects: Objects) -> str:
    static = display_name(access.static) if access.static else ""
    if len(access.path) == 1 or chosen.field is not None:
        return (_field(chosen.field) if chosen.field else "") or static or chosen.type_name
    where = _pointing(types[access.variable_type], access.path[:-1], objects)
    if not where and access.origin:
        where = _pointing(types[access.origin[0]], access.origin[1:], objects)
    return where or static or types[access.variable_type]


def _pointing(variable: str, path: Sequence[int], objects: Objects) -> str:
    """The outermost field of a user's type that the pointer at the end of a path lies in; empty where there is none."""
    name = objects.behind(variable, tuple(path[:-1]))
    steps = objects.steps(name, path[-1]) if name else ()
    return next((_field(step) for step in steps if not is_library(step.owner)), "")


def _field(step: FieldStep) -> str:
    return "" if is_library(step.owner) else f"{step.owner}.{step.field.name}"

"""Where values of a type lie in a program: in fields of other types, in heap blocks, in the elements of arrays.

1. A *holder* gives the offset of the first value in it, the stride to the next (0 for one value) and the alignment of
   the holder itself. A value begins at ``base + offset + k * stride`` with a base that is a multiple of the alignment,
   so at the places of a line that are congruent to ``offset`` modulo the greatest common divisor of line, alignment and
   stride.
2. Heap blocks begin at multiples of 16 at least: ``malloc`` of 64-bit targets promises that, and std relies on it
   (``MIN_ALIGN`` in ``library/std/src/sys/alloc``). The blocks of ``Rc`` and ``Arc`` begin with their counts.
3. A vector's elements lie in a heap block, a type's size apart.

Not handled: holders of holders, whose placement is taken from their alignment alone; alignments of other allocators.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import gcd

from ringfence.graphs.types import FieldFacts, TypeFacts

HEAP_ALIGN = 16
"""Clause 2, in bytes."""

_ARRAY = re.compile(r"\[(.*); (\d+)\]$")
_IN_VECTOR = re.compile(r"alloc::(?:vec::Vec|boxed::Box)<(.*?)(?:, ?alloc::alloc::Global)?>$")
_COUNTED = ("alloc::sync::ArcInner<", "alloc::rc::RcInner<", "alloc::rc::RcBox<")


@dataclass(frozen=True, slots=True, order=True)
class Holder:
    """Clause 1; sizes in bytes."""

    name: str
    offset: int
    stride: int
    align: int

    def starts(self, line_bytes: int) -> range:
        """The places of a line at which a value may begin."""
        step = gcd(line_bytes, self.align, self.stride)
        return range(self.offset % step, line_bytes, step)


def holders(types: Iterable[TypeFacts]) -> Mapping[str, tuple[Holder, ...]]:
    """By the name of the type that is held, each sorted."""
    by_name: dict[str, set[Holder]] = defaultdict(set)
    kept = list(types)
    sizes = {each.name: (each.size, each.align) for each in kept}
    for owner in kept:
        align = max(owner.align, HEAP_ALIGN) if owner.name.startswith(_COUNTED) else owner.align
        for field in owner.fields:
            held, stride = _element(field)
            if held in sizes:
                by_name[held].add(Holder(f"{owner.name}.{field.name}", field.offset, stride, align))
        for pointer in (owner.name, *(field.type_name for field in owner.fields)):
            _add_heap(by_name, pointer, sizes)
    return {name: tuple(sorted(found)) for name, found in by_name.items()}


def _element(field: FieldFacts) -> tuple[str, int]:
    """What a field holds: an array's element, of arrays in arrays the innermost, and its stride."""
    name, stride = field.type_name, 0
    count = 1
    while match := _ARRAY.match(name):
        name, count = match[1], count * int(match[2])
        stride = field.size // count if count else 0
    return name, stride


def _add_heap(by_name: dict[str, set[Holder]], pointer: str, sizes: Mapping[str, tuple[int, int]]) -> None:
    match = _IN_VECTOR.match(pointer)
    known = sizes.get(match[1]) if match else None
    if match is None or known is None or not known[0]:
        return
    size, align = known
    is_vector = pointer.startswith("alloc::vec::")
    name = f"Vec<{match[1]}>" if is_vector else f"Box<{match[1]}>"
    by_name[match[1]].add(Holder(name, 0, size if is_vector else 0, max(align, HEAP_ALIGN)))

"""The working set of a root: the cache lines that one run of it touches, as far as types tell.

1. Each type counts as one value that begins on a line, with the lines that the touched fields lie on: a lower bound,
   for a root may touch many values of it.
2. Where an index that is not constant picks an element of an array inside of a value, one element counts, and the whole
   array is what it may come to.
3. A static counts with its touched lines, a virtual call with one line of its vtable.
4. Code is estimated from the instructions of the functions on the hot path, their unlikely blocks included.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ringfence.graphs.accesses import RootTouch, Touched
from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.names import display_name

CODE_BYTES_PER_INSTRUCTION = 4.5
"""Machine code of one instruction of optimised IR on x86-64, about; a load or store is often part of another one."""


class Part(StrEnum):
    """What a contributor is."""

    TYPE = "type"
    STATIC = "static"
    VTABLES = "vtables"


@dataclass(frozen=True, slots=True)
class Contributor:
    """One part of a working set, in bytes of whole lines."""

    part: Part
    name: str
    bytes: int
    at_most: int
    """With the whole of every array in it that an index walks."""


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """Of one root."""

    contributors: tuple[Contributor, ...]
    """The largest first."""
    code_bytes: int

    @property
    def bytes(self) -> int:
        """Lower bound of the data."""
        return sum(each.bytes for each in self.contributors)

    @property
    def at_most(self) -> int:
        """Of the data, with all arrays that are indexed."""
        return sum(each.at_most for each in self.contributors)


@dataclass(slots=True)
class _Lines:
    lines: set[int] = field(default_factory=set[int])
    arrays: dict[int, int] = field(default_factory=dict[int, int])
    """Offset and size of those that an index walks."""

    def add(self, touched: Touched) -> None:
        """One access."""
        offset = max(touched.offset, 0)
        last = offset + max(touched.access.size, 1) - 1
        self.lines.update(range(offset // LINE_BYTES, last // LINE_BYTES + 1))
        if not touched.access.is_indexed:
            return
        array = next((step for step in touched.steps if _is_array(step.field.type_name)), None)
        if array is not None:
            self.arrays[array.start + array.field.offset] = array.field.size

    def contributor(self, part: Part, name: str) -> Contributor:
        """Arrays beside the lines that were touched anyway."""
        lines = set(self.lines)
        for offset, size in self.arrays.items():
            lines.update(range(offset // LINE_BYTES, (offset + max(size, 1) - 1) // LINE_BYTES + 1))
        return Contributor(part, name, len(self.lines) * LINE_BYTES, len(lines) * LINE_BYTES)


def working_set(touches: Iterable[RootTouch], virtual_calls: int, instructions: int) -> WorkingSet:
    """Of what one root touches; ``virtual_calls`` are the places that call through a vtable."""
    found: Mapping[tuple[Part, str], _Lines] = defaultdict(_Lines)
    for touch in touches:
        touched = touch.touched
        if touched.access.static:
            found[Part.STATIC, display_name(touched.access.static)].lines.add(touched.access.path[-1] // LINE_BYTES)
        elif touched.object and not touched.access.on_stack:
            found[Part.TYPE, touched.object].add(touched)
    contributors = [lines.contributor(part, name) for (part, name), lines in found.items()]
    if virtual_calls:
        size = virtual_calls * LINE_BYTES
        contributors.append(Contributor(Part.VTABLES, f"{virtual_calls} virtual calls", size, size))
    return WorkingSet(_sorted(contributors), int(instructions * CODE_BYTES_PER_INSTRUCTION))


def _sorted(contributors: Sequence[Contributor]) -> tuple[Contributor, ...]:
    return tuple(sorted(contributors, key=lambda each: (-each.at_most, -each.bytes, each.name)))


def _is_array(name: str) -> bool:
    return name.startswith("[") and ";" in name

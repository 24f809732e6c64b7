"""Which larger values a part may belong to: a function that is handed a reference to a part does not say it.

1. A *whole* of a type is a struct that has it as a field, by value; wrappers of libraries (``UnsafeCell``,
   ``ManuallyDrop``, a struct around one field) are passed through. A whole may be a part in turn.
2. A part is *of one whole* where all ways lead through the same structs: a value of it can lie nowhere else, but on its
   own.

Not handled: parts that are elements of arrays, fields of enums, and what closures hold.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ringfence.graphs.objects import FieldStep, is_library
from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind

_KINDS = frozenset({TypeKind.STRUCT, TypeKind.TUPLE})
_DEEPEST = 8
"""Structs around each other that are looked at."""
_MOST = 64
"""Ways of one part that are followed."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One way from a part outwards."""

    name: str
    offset: int
    """Where the part begins, in bytes behind the start of the whole."""
    steps: tuple[FieldStep, ...]
    """From the whole to the part, as `ringfence.graphs.objects.Objects.steps` gives them."""
    is_only: bool
    """Clause 2."""


class Wholes:
    """Answers for the types of one module."""

    def __init__(self, types: Iterable[TypeFacts]) -> None:
        self._holders: dict[str, list[tuple[TypeFacts, FieldFacts]]] = defaultdict(list)
        for owner in types:
            # A tuple without a name is how values are passed.
            if owner.kind in _KINDS and not owner.name.startswith("("):
                for field in owner.fields:
                    self._holders[field.type_name].append((owner, field))

    def around(self, part: str) -> Iterator[Whole]:
        """The wholes of a type, nearest first; those of libraries are left out."""
        level = [Whole(part, 0, (), is_only=True)]
        for _ in range(_DEEPEST):
            level = [outer for inner in level for outer in self._next(inner)][:_MOST]
            yield from (whole for whole in level if not is_library(whole.name))

    def _next(self, inner: Whole) -> Iterator[Whole]:
        is_only = inner.is_only and (is_library(inner.name) or len(self._users(inner.name)) == 1)
        for owner, field in self._holders.get(inner.name, ()):
            moved = tuple(FieldStep(step.owner, step.field, step.start + field.offset) for step in inner.steps)
            steps = (FieldStep(owner.name, field, 0), *moved)
            yield Whole(owner.name, inner.offset + field.offset, steps, is_only)

    def _users(self, part: str) -> AbstractSet[str]:
        """The structs that hold a part, itself or in wrappers of libraries, which are no places of their own."""
        reached = [part]
        for each in reached:
            reached += [
                owner.name
                for owner, _ in self._holders.get(each, ())
                if owner.name not in reached and (each == part or is_library(each))
            ]
        return {each for each in reached if not is_library(each)} - {part}

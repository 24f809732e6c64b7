"""Per type and field: which roots read and write it, how, and whether in a loop."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ringfence.graphs.access_facts import AccessKind
from ringfence.graphs.accesses import RootTouch
from ringfence.graphs.objects import TypeNamed
from ringfence.graphs.types import TypeFacts

_READS = frozenset({AccessKind.READ, AccessKind.ATOMIC_READ, AccessKind.COPIED_FROM})


@dataclass(slots=True)
class FieldUse:
    """Instructions of one root that touch one field."""

    reads: int = 0
    writes: int = 0
    is_atomic: bool = False
    in_loop: bool = False

    def add(self, touch: RootTouch) -> None:
        """One more."""
        count = touch.touched.access.count
        if touch.touched.kind in _READS:
            self.reads += count
        else:
            self.writes += count
        self.is_atomic = self.is_atomic or touch.touched.kind.is_atomic
        self.in_loop = self.in_loop or touch.loop_depth > 0


@dataclass(slots=True)
class TouchedType:
    """A type as the roots touch it."""

    described: TypeFacts
    type_named: TypeNamed
    """Of the module that describes it."""
    uses: dict[tuple[str, str], dict[str, FieldUse]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(FieldUse))
    )
    """By variant and name of the direct field, then by root."""


def touched_types(touches: Mapping[str, Iterable[RootTouch]]) -> dict[str, TouchedType]:
    """By name of the type; ``touches`` are those of each root, by its name."""
    found: dict[str, TouchedType] = {}
    for root, of_root in touches.items():
        for touch in of_root:
            _add(found, root, touch)
    return found


def _add(found: dict[str, TouchedType], root: str, touch: RootTouch) -> None:
    for step in touch.touched.steps:
        known = found.get(step.owner)
        if known is None:
            described = touch.touched.type_named(step.owner)
            if described is None:
                continue
            known = found[step.owner] = TouchedType(described, touch.touched.type_named)
        known.uses[step.field.variant, step.field.name][root].add(touch)

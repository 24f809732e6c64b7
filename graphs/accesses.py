"""What each root touches in memory: the accesses of the functions that it reaches, by object and field.

An access belongs to a root with the worst class of the way to its function and of its block, as any other event does;
only what is hot or amortised is told. Accesses whose object is not known are counted, not dropped: a share says how
much of the hot path is seen.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.graphs.access_facts import Access, AccessKind
from ringfence.graphs.elements import Element, element_at, element_of_static
from ringfence.graphs.facts import ModuleFacts, PathClass
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.objects import FieldStep, Objects, TypeNamed, is_library
from ringfence.graphs.program import Function
from ringfence.graphs.search import function_of, state_of
from ringfence.graphs.types import TypeFacts


def _no_type(_: str) -> TypeFacts | None:
    return None


@dataclass(frozen=True, slots=True)
class Touched:
    """Accesses of one function that are alike."""

    function: Function
    access: Access
    object: str
    """Type of the object that the pointer leads to; empty where it is not known."""
    offset: int
    """Where the access begins, behind the start of the object; -1 where that is not known."""
    steps: tuple[FieldStep, ...]
    """The fields that it falls into, outermost first."""
    element: Element | None = None
    """The element of an array, slice or vector that an index leads to."""
    type_named: TypeNamed = field(default=_no_type, compare=False)
    """Types as the module of the function describes them, or, where it describes none, as others do."""

    @property
    def kind(self) -> AccessKind:
        """What it does."""
        return self.access.kind

    @property
    def is_field(self) -> bool:
        """It is traced to a field of a type."""
        return bool(self.steps)

    @property
    def user_step(self) -> FieldStep | None:
        """The outermost field of a type that is no library's; else the outermost of all."""
        users = (step for step in self.steps if not is_library(step.owner))
        return next(users, self.steps[0] if self.steps else None)


@dataclass(frozen=True, slots=True)
class RootTouch:
    """A `Touched` as one root reaches it."""

    touched: Touched
    path_class: PathClass
    loop_depth: int


@dataclass(frozen=True, slots=True)
class Tracing:
    """How many accesses of the hot path, as instructions, are traced to what."""

    fields: int = 0
    elements: int = 0
    """To an element of a slice or buffer of plain numbers or bytes: the type is known, and it has no fields."""
    statics: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All accesses but those to the functions' own stack slots."""
        return self.fields + self.elements + self.statics + self.unknown


@dataclass(slots=True)
class Accesses:
    """Questions about the memory that one `HotPath` touches."""

    hot_path: HotPath
    _objects: dict[int, Objects] = field(default_factory=dict[int, Objects])
    _touched: dict[int, tuple[Touched, ...]] = field(default_factory=dict[int, tuple[Touched, ...]])

    def of_function(self, number: int) -> tuple[Touched, ...]:
        """What the body of one function touches, whoever reaches it."""
        known = self._touched.get(number)
        if known is None:
            function = self.hot_path.function(number)
            known = tuple(
                _resolved(function, each, self._of_module(function.where)) for each in function.facts.accesses
            )
            self._touched[number] = known
        return known

    def of_root(self, root: Function) -> Iterator[RootTouch]:
        """What one root touches while it is hot, in the order of its functions."""
        best: dict[int, tuple[PathClass, int]] = {}
        for state, arrival in self.hot_path.ways.arrivals(state_of(root.id), foreign_only=False).items():
            if arrival.path_class <= PathClass.AMORTIZED:
                best.setdefault(function_of(state), (arrival.path_class, arrival.loop_depth))
        classify = self.hot_path.classifier.of_event
        for number, (path_class, depth) in sorted(best.items()):
            for touched in self.of_function(number):
                site = classify(touched.function, touched.access.place, touched.access.location)
                worst = max(path_class, site.path_class)
                if worst <= PathClass.AMORTIZED:
                    yield RootTouch(touched, worst, depth + site.loop_depth)

    def _of_module(self, where: ModuleFacts) -> Objects:
        known = self._objects.get(id(where))
        if known is None:
            type_named = where.type_named if where.described_types() else self._described_anywhere
            known = self._objects[id(where)] = Objects(type_named)
        return known

    def _described_anywhere(self, name: str) -> TypeFacts | None:
        """A dependency without debug info of types is told by the modules that use it."""
        modules = self.hot_path.reached.program.modules
        found = (modules[number].type_named(name) for number in sorted(modules))
        return next((each for each in found if each is not None), None)


def tracing(touches: Iterable[RootTouch]) -> Tracing:
    """Count."""
    counts = {"fields": 0, "elements": 0, "statics": 0, "unknown": 0}
    for each in touches:
        counts[_traced_to(each.touched)] += each.touched.access.count
    return Tracing(**counts)


def _traced_to(touched: Touched) -> str:
    if touched.access.static:
        return "statics"
    if touched.steps:
        return "fields"
    return "elements" if touched.object else "unknown"


def _is_folded(function: Function) -> bool:
    """Its body is that of another function that is compiled to the same code: the types are the other one's."""
    return bool(function.known_as)


def _resolved(function: Function, access: Access, objects: Objects) -> Touched:
    if access.variable_type < 0 or not access.path or _is_folded(function):
        return Touched(function, access, "", -1, (), element_of_static(access))
    types = function.where.variable_types
    name = objects.behind(types[access.variable_type], access.path[:-1])
    offset = access.path[-1]
    size = objects.size(name) if name else 0
    element = element_at(access, types, name, offset, objects)
    if name and size and (access.is_indexed or offset < 0 or offset >= size):
        # A pointer into a slice leads to one element; what is left of the offset lies in another.
        offset %= size
    steps = objects.steps(name, offset) if name else ()
    return Touched(function, access, name, offset if name else -1, steps, element, objects.type_named)

"""RF302 of statics: two statics of one object on one cache line.

1. A static is *written for others* where a root writes it: it has no owner whose ``&mut`` would keep others out.
2. Two statics are *neighbours* where the order of their object puts the touched bytes on one line at more than half of
   the places at which the first may begin (`ringfence.graphs.neighbours`): good evidence.
3. Where that holds only if the linker leaves out what lies between, they may become neighbours: a warning at most.
   Where it does not hold even then, nothing but what happens to lie between keeps them apart, and the order is that of
   the symbols' names, which the next change of a name may change: a warning, for statics of one module of the source
   whose threads the project tells apart. The message says how far apart they are.
4. Who runs at the same time is decided as for fields (`ringfence.passes.sharing_fields`, clause 3).
5. Two elements of one static array are judged likewise, where constants tell them apart: each root touches its own.
6. Statics of the standard library are not judged.

Not handled: statics of modules that are not read, because nothing of their code is reached; the first and last elements
of a table that is larger than a line.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.graphs.access_facts import Static
from ringfence.graphs.accesses import RootTouch
from ringfence.graphs.facts import ModuleFacts
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.names import STANDARD_CRATES, crate_of, display_name, last_segment
from ringfence.graphs.neighbours import Neighbourhood, neighbourhood, within
from ringfence.graphs.objects import array_of, is_library
from ringfence.graphs.program import Function
from ringfence.passes.memory import Memory, RootMemory, earliest
from ringfence.passes.rule import Level
from ringfence.passes.sharing_rule import (
    FALSE_SHARING,
    Neighbour,
    are_told_apart,
    is_one_thread,
    lines_of_their_own,
    loudest,
    on_thread,
    short,
)
from ringfence.passes.sink import Sink

_STANDARD = STANDARD_CRATES | {"hashbrown"}


@dataclass(frozen=True, slots=True)
class _Use:
    """What one root does with one static."""

    memory: RootMemory
    static: Static
    module: ModuleFacts
    """That defines it."""
    span: tuple[int, int]
    writes: tuple[RootTouch, ...]
    writes_atomically: bool

    @property
    def name(self) -> str:
        return f"{last_segment(display_name(self.static.symbol))}{self._index}"

    @property
    def _index(self) -> str:
        """Of the element that is touched: ``[1]``; empty where it is all of the static."""
        count = array_of(self.static.type_name)[1] if self.static.type_name.startswith("[") else 0
        size = self.static.size // count if count else 0
        first, last = (each // size for each in self.span) if size else (0, 1)
        return f"[{first}]" if first == last else ""

    @property
    def parent(self) -> str:
        return display_name(self.static.symbol).rpartition("::")[0]

    @property
    def is_small(self) -> bool:
        """What is touched of it fits a line."""
        return self.span[1] - self.span[0] < LINE_BYTES

    @property
    def root(self) -> int:
        return self.memory.root.id


@dataclass(frozen=True, slots=True)
class _Neighbour:
    use: _Use
    lies: Neighbourhood
    is_told: bool

    @property
    def is_good(self) -> bool:
        """Clause 2."""
        return self.lies.as_built.usually

    @property
    def level(self) -> Level | None:
        """Clause 3."""
        return loudest(is_good=True, is_told=self.is_told and self.is_good)


def shared_statics(memory: Memory) -> Iterator[SinkSite[Sink]]:
    """One sink for each root and static that it writes beside another one."""
    uses = [use for root in memory.roots for use in _uses(root, memory)]
    needed = frozenset(use.static.symbol for use in uses)
    of_module: dict[int, list[_Use]] = defaultdict(list)
    for use in uses:
        of_module[id(use.module)].append(use)
    for use in uses:
        beside = of_module[id(use.module)]
        neighbours = tuple(_neighbours(use, beside, needed)) if use.writes else ()
        if neighbours:
            yield memory.site(earliest(use.writes), _sink(use, neighbours, memory))


def _uses(root: RootMemory, memory: Memory) -> Iterator[_Use]:
    found: dict[int, list[RootTouch]] = defaultdict(list)
    definitions: dict[int, tuple[ModuleFacts, Static]] = {}
    for touch in root.touches:
        access = touch.touched.access
        if not access.static or len(access.path) != 1 or crate_of(display_name(access.static)) in _STANDARD:
            continue
        definition = _definition(touch.touched.function, access.static, memory)
        if definition is not None:
            found[id(definition[1])].append(touch)
            definitions[id(definition[1])] = definition
    for number, touches in found.items():
        module, static = definitions[number]
        yield _use(root, static, module, touches)


def _definition(function: Function, symbol: str, memory: Memory) -> tuple[ModuleFacts, Static] | None:
    """Of a static that a function names: in its own module, else in the first one that was read."""
    modules = memory.hot_path.reached.program.modules
    for facts in (function.where, *(modules[number] for number in sorted(modules))):
        static = facts.static_named(symbol)
        if static is not None:
            return facts, static
    return None


def _use(root: RootMemory, static: Static, module: ModuleFacts, touches: Sequence[RootTouch]) -> _Use:
    spans = [_span(touch, static) for touch in touches]
    writes = tuple(touch for touch in touches if touch.touched.kind.writes)
    return _Use(
        memory=root,
        static=static,
        module=module,
        span=(min(first for first, _ in spans), max(last for _, last in spans)),
        writes=writes,
        writes_atomically=any(touch.touched.kind.is_atomic for touch in writes),
    )


def _span(touch: RootTouch, static: Static) -> tuple[int, int]:
    """Bytes that are touched; all of them where an index leads into it."""
    access = touch.touched.access
    last = max(static.size - 1, 0)
    if access.is_indexed or not 0 <= access.path[-1] <= last:
        return 0, last
    return access.path[-1], min(access.path[-1] + max(access.size, 1) - 1, last)


def _neighbours(use: _Use, uses: Sequence[_Use], needed: frozenset[str]) -> Iterator[_Neighbour]:
    for other in uses:
        if other.root == use.root or is_one_thread(use.memory, other.memory):
            continue
        if not (use.is_small and other.is_small):
            continue
        told = are_told_apart(use.memory, other.memory)
        if other.static is use.static:
            inside = within(use.static, use.span, other.span) if _is_an_array(use.static) else None
            if inside is not None and inside.can_meet and (told or (use.writes_atomically and other.writes_atomically)):
                yield _Neighbour(other, inside, told)
            continue
        if not told and not _is_handed_over(use, other, uses):
            continue
        lies = neighbourhood((use.static, use.span), (other.static, other.span), use.module.statics, needed)
        if lies is not None and lies.can_meet and (lies.at_least_needed.usually or _is_beside(use, other, told=told)):
            yield _Neighbour(other, lies, told)


def _is_an_array(static: Static) -> bool:
    """Of what no type of a user's says how it lies: fields are `ringfence.passes.sharing_fields`' affair."""
    return static.type_name.startswith("[") and is_library(array_of(static.type_name)[0])


def _is_beside(use: _Use, other: _Use, *, told: bool) -> bool:
    """Clause 3: only the order of the names keeps them apart."""
    return told and use.parent == other.parent


def _is_handed_over(use: _Use, other: _Use, uses: Sequence[_Use]) -> bool:
    """Each of the two is written atomically by its root and never by the other's."""
    if not (use.writes_atomically and other.writes_atomically):
        return False
    crossed = {(use.root, other.static.symbol), (other.root, use.static.symbol)}
    return not any(each.writes and (each.root, each.static.symbol) in crossed for each in uses)


def _sink(use: _Use, neighbours: Sequence[_Neighbour], memory: Memory) -> Sink:
    levels = tuple(Level)
    shown = min(
        neighbours,
        key=lambda each: (
            levels.index(each.level or Level.ERROR),
            not each.use.writes,
            each.lies.distance,
            each.use.name,
        ),
    )
    verb = "lies on the cache line of" if shown.lies.as_built.always else "may lie on the cache line of"
    deed = "writes" if shown.use.writes else "reads"
    thread = on_thread(shown.use.memory, is_told=shown.is_told)
    advice, after = lines_of_their_own(
        f"`{use.name}` and `{shown.use.name}`", lambda align: _padded(use, shown.use, align), memory.target
    )
    return Sink(
        rule=FALSE_SHARING,
        what=display_name(use.static.symbol),
        verb=f"writes the static `{use.name}`, which {verb} `{shown.use.name}`",
        alone=f"the static `{use.name}`, which {verb} `{shown.use.name}` that "
        f"`{short(shown.use.memory.root.name)}` {deed}{thread} ({_evidence(shown)}), is written",
        at_most=shown.level,
        notes=(
            ("static", display_name(use.static.symbol)),
            ("section", use.static.section),
            ("align", use.static.align),
            ("certain", shown.lies.as_built.always),
            ("distance", shown.lies.distance),
            *((("thread", use.memory.thread),) if use.memory.thread else ()),
            ("neighbours", tuple(_told(each) for each in neighbours)),
            ("padded_bytes", after),
        ),
        help=advice,
        only_for=(use.root,),
    )


def _evidence(shown: _Neighbour) -> str:
    count = shown.lies.distance
    distance = f"{count:,} byte{'s'[: count != 1]} apart in `{shown.use.static.section}` of this object"
    if shown.is_good:
        places = shown.lies.as_built
        return distance if places.always else f"{distance}, {places.shared} of {places.placements} places"
    if shown.lies.at_least_needed.usually:
        return f"{distance}, side by side where the linker drops what lies between"
    return f"{distance}; only what lies between keeps them apart"


def _padded(use: _Use, other: _Use, align: int) -> int:
    return sum(-(-each.static.size // align) * align for each in (use, other))


def _told(each: _Neighbour) -> Neighbour:
    lies = each.lies.as_built
    return Neighbour(
        each.use.name,
        each.use.memory.root.name,
        each.use.memory.thread,
        bool(each.use.writes),
        lies.shared,
        lies.placements,
    )

"""Why a path is in its class: the parts that made it worse, told by the clauses of `ringfence.graphs.classes`.

A *part* is one call of a path, or the sink at its end, in the function that it stands in. The class of the path is that
of its worst part; the first part of that class is where the path became what it is.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.facts import Attribute, PathClass
from ringfence.graphs.hotpath import Anchored
from ringfence.graphs.lazy_paths import is_first_use, is_growth
from ringfence.graphs.program import Function
from ringfence.graphs.search import Link, Ways

P = TypeVar("P", bound=Hashable)


class Ground(StrEnum):
    """Why a part has its class."""

    HOT = "hot"
    """Nothing makes it less frequent."""
    FRESH = "fresh"
    """It grows a container that is made, or taken, in this call: every time."""
    GROWTH = "growth"
    """It grows a container that lives on."""
    FIRST_USE = "first-use"
    """It is the slow path of a lazy initialisation."""
    ONCE = "once"
    """It stands outside of the loops of an event loop."""
    MARKED = "marked"
    """What it calls is marked ``#[cold]``."""
    UNLIKELY = "unlikely"
    """Its block is cold."""
    PANIC = "panic"
    """Its block is reached by unwinding only, or cannot return."""


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a path, or its sink."""

    function: Function
    location: int
    callee: Function | None
    """None at the sink, and where a name is all that is known of the callee."""
    path_class: PathClass
    site: SiteClass


def parts(best: Anchored[P], functions: Sequence[Function], ways: Ways) -> tuple[Part, ...]:
    """The parts of a path in order; ``functions`` are those of the program by number."""
    found: list[Part] = []
    is_local = False
    for edge in best.calls:
        link = next(each for each in ways.links(edge.caller) if each.edge is edge)
        found.append(_call(link, functions, is_local=is_local))
        is_local = bool(link.targets[is_local] & 1)
    site = best.site
    path_class = site.site_class.if_local if is_local else site.site_class.path_class
    function = functions[site.function]
    found.append(Part(function, site.location, None, path_class, site.site_class))
    return tuple(found)


def _call(link: Link, functions: Sequence[Function], *, is_local: bool) -> Part:
    edge = link.edge
    return Part(
        function=functions[edge.caller],
        location=edge.site.location,
        callee=functions[edge.callee],
        path_class=link.classes[is_local],
        site=link.site,
    )


def ground(part: Part) -> Ground:
    """Why the part has its class."""
    match part.path_class:
        case PathClass.HOT:
            return Ground.FRESH if part.site.grows else Ground.HOT
        case PathClass.AMORTIZED:
            return Ground.GROWTH
        case PathClass.FIRST_USE:
            return Ground.FIRST_USE if lazy_frame(part, PathClass.FIRST_USE) is not None else Ground.ONCE
        case PathClass.COLD:
            is_marked = part.callee is not None and Attribute.COLD in part.callee.facts.attributes
            return Ground.MARKED if is_marked else Ground.UNLIKELY
        case PathClass.PANIC:
            return Ground.PANIC


def turning_frame(part: Part) -> int:
    """The frame in which the branch stands that makes a part cold: its position in the inline chain, innermost first.
    It is the outermost one that leads on to an inlined copy in which nothing is reached better."""
    function, chain = part.function, part.function.chain(part.location)
    here = min(function.facts.places[place].path_class for place, at in function.events() if at == part.location)
    best: dict[tuple[int, int], PathClass] = {}
    for place, location in function.events():
        path_class = function.facts.places[place].path_class
        for frame in function.chain(location):
            copy = frame.subprogram, frame.inlined_at
            best[copy] = min(path_class, best.get(copy, path_class))
    copies = ((position, (frame.subprogram, frame.inlined_at)) for position, frame in enumerate(chain[:-1]))
    turning = (position + 1 for position, copy in reversed([*copies]) if best.get(copy, here) >= here)
    return next(turning, 0)


def lazy_frame(part: Part, path_class: PathClass) -> int | None:
    """The frame of a growth path or of a lazy initialisation that makes a part amortised or first-use: its position in
    the inline chain, innermost first, -1 for the callee; None where neither is one."""
    is_lazy = is_growth if path_class is PathClass.AMORTIZED else is_first_use
    return next((position for position, symbol in _symbols(part) if is_lazy(symbol.encode())), None)


def _symbols(part: Part) -> Iterator[tuple[int, str]]:
    """Outermost first: the frame that the others lie in says most."""
    chain = part.function.chain(part.location)
    for position in range(len(chain) - 2, -1, -1):
        yield position, part.function.symbol_of(chain[position])
    if part.callee is not None:
        yield -1, part.callee.facts.symbol
        return
    # A callee that is known by its name alone is no part of the path.
    yield from ((-1, site.callee) for site in part.function.facts.calls if site.location == part.location)

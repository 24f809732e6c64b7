"""Statics that lie side by side in memory.

1. Each writable static has a section of its own in the object, in the order of the module; a linker joins sections of
   one kind in that order, each aligned (`ringfence.graphs.access_facts.Static`). So the distance of two statics
   follows from the sizes and alignments of those between them, for each place on a line at which the first may begin.
2. A linker leaves out what nothing needs. What a root touches is needed; of the others nobody knows. So there are two
   distances: with all that lie between, and with those that are touched only.
3. A static that is aligned to a line and fills its last one has its lines to itself, wherever it lies.

Not handled: statics of two objects, whose order is the linker's command line; linker scripts; thread-locals, which no
two threads share.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ringfence.graphs.access_facts import Static
from ringfence.graphs.layout import LINE_BYTES
from ringfence.graphs.placement import Sharing, are_together, sharing, starts

Span = tuple[int, int]
"""First and last byte of a static that are touched."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """How two statics of one object lie to each other."""

    as_built: Sharing
    """Of the placements of the first: those in which the touched bytes share a line, with all statics between them."""
    at_least_needed: Sharing
    """With those between them only that are touched."""
    distance: int
    """Bytes from the beginning of one to that of the other, as built; the least of the placements."""
    can_meet: bool
    """Were they side by side, they would share a line: nothing in their types keeps them apart."""


def neighbourhood(
    one: tuple[Static, Span], other: tuple[Static, Span], order: Sequence[Static], needed: Collection[str]
) -> Neighbourhood | None:
    """Of two statics of one object, whose statics are ``order``; None where they are in different sections, or a size
    is not known."""
    if one[0].section != other[0].section:
        return None
    row = [each for each in order if each.section == one[0].section]
    first, second = sorted((one, other), key=lambda each: row.index(each[0]))
    between = row[row.index(first[0]) + 1 : row.index(second[0])]
    kept = [each for each in between if each.symbol in needed]
    if not all(each.size for each in (first[0], second[0])):
        return None
    meets = any(_sharing(*pair, []).ever for pair in ((first, second), (second, first)))
    return Neighbourhood(
        _sharing(first, second, between),
        _sharing(first, second, kept),
        min(behind - start for start, behind in _places(first[0], second[0], between)),
        meets,
    )


def within(static: Static, one: Span, other: Span) -> Neighbourhood | None:
    """Of two parts of one static; None where they overlap, or its size is not known."""
    if not static.size or (one[0] <= other[1] and other[0] <= one[1]):
        return None
    lies = sharing(one, other, static.align, LINE_BYTES)
    return Neighbourhood(lies, lies, abs(one[0] - other[0]), lies.ever)


def _sharing(first: tuple[Static, Span], second: tuple[Static, Span], between: Sequence[Static]) -> Sharing:
    possible = starts(first[0].align, LINE_BYTES)
    placed = list(_places(first[0], second[0], between))
    shared = sum(
        are_together(
            (start + first[1][0], start + first[1][1]), (behind + second[1][0], behind + second[1][1]), LINE_BYTES
        )
        for start, behind in placed
    )
    return Sharing(shared, len(possible))


def _places(first: Static, second: Static, between: Sequence[Static]) -> list[tuple[int, int]]:
    """Where the second begins, for each beginning of the first on a line."""
    found: list[tuple[int, int]] = []
    for start in starts(first.align, LINE_BYTES):
        end = start + first.size
        for each in between:
            end = _up(end, each.align) + each.size
        found.append((start, _up(end, second.align)))
    return found


def _up(offset: int, align: int) -> int:
    return -(-offset // max(align, 1)) * max(align, 1)

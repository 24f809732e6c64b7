"""Whose each loop is: the innermost inlined function that all of its instructions stand in.

A library's operation that was inlined into a loop of the user's may bring loops of its own: the probes of a hash table,
the retries of an exchange. Such a loop lies in the operation, and says nothing of how often the operation is called.

The *owner* of a loop is told by the location that its function was inlined at. Instructions that LLVM moved out of the
loop do not count, nor do ``phi`` nodes, which carry values through it, nor what it joined (line 0).
"""

import re
from collections.abc import Callable, Iterable, Sequence

from ringfence.pipeline.ir.loops import NaturalLoop
from ringfence.pipeline.ir.metadata import Metadata
from ringfence.pipeline.ir.syntax import SYMBOL

_LOCATED = re.compile(rb"\n  (?!%" + SYMBOL + rb" = phi )[^\n]*, !dbg !(\d+)")


def owners(
    loops: Sequence[NaturalLoop], count: int, text_of: Callable[[int], bytes], metadata: Metadata
) -> list[tuple[int, ...]]:
    """For each of ``count`` blocks the owners of the loops around it, outermost first, as rows of ``frames``; -1 where
    a loop is the function's own."""
    around: list[list[int]] = [[] for _ in range(count)]
    places: dict[int, tuple[int, ...] | None] = {}
    for loop in sorted(loops, key=lambda each: (-len(each.body), each.header)):
        for block in loop.body - places.keys():
            places[block] = _shared(_places(text_of(block), metadata))
        shared = _shared(places[block] for block in sorted(loop.body))
        owner = metadata.location(shared[-1]) if shared else -1
        for block in loop.body:
            around[block].append(owner)
    return [tuple(each) for each in around]


def _places(text: bytes, metadata: Metadata) -> Iterable[tuple[int, ...]]:
    numbers = set(map(int, _LOCATED.findall(text)))
    return [metadata.inlined_through(number) for number in sorted(numbers) if metadata.is_on_a_line(number)]


def _shared(places: Iterable[tuple[int, ...] | None]) -> tuple[int, ...] | None:
    """What all chains of inlining begin with; None of none."""
    shared: tuple[int, ...] | None = None
    for place in places:
        if place is None:
            continue
        if shared is None:
            shared = place
        length = next((at for at, pair in enumerate(zip(shared, place, strict=False)) if pair[0] != pair[1]), None)
        shared = shared[: min(len(shared), len(place)) if length is None else length]
    return shared

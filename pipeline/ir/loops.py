"""Natural loops of one function, in almost linear time.

1. A *back edge* leads to a block that is still open in a depth-first walk from the entry, its *header*.
2. The *body* of a header's loop is the header and what reaches a back edge of it without passing it; loops with the
   same header are one.
3. A back edge whose loop can be entered past the header (irreducible flow, which rustc does not emit) makes none.
4. Loops are nested or disjoint. The *depth* of a block is the number of loops around it.

Inner loops are found first and shrunk to their headers, so that a block is looked at once, however deep it lies
(P. Havlak, *Nesting of Reducible and Irreducible Loops*, TOPLAS 1997).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Walk:
    """A depth-first walk from block 0."""

    order: tuple[int, ...]
    """Blocks as they were entered."""
    back_edges: list[tuple[int, int]]
    """Clause 1, as (source, header)."""

    @classmethod
    def of(cls, successors: Sequence[Sequence[int]]) -> "Walk":
        """``successors`` of each block."""
        unseen, open_, done = 0, 1, 2
        state = [unseen] * len(successors)
        order = [0]
        edges: list[tuple[int, int]] = []
        stack = [(0, iter(successors[0]))]
        state[0] = open_
        while stack:
            block, remaining = stack[-1]
            successor = next(remaining, None)
            if successor is None:
                state[block] = done
                stack.pop()
            elif state[successor] == open_:
                edges.append((block, successor))
            elif state[successor] == unseen:
                state[successor] = open_
                order.append(successor)
                stack.append((successor, iter(successors[successor])))
        return cls(tuple(order), edges)

    def tails(self) -> dict[int, list[int]]:
        """The sources of the back edges of each header."""
        tails: dict[int, list[int]] = {}
        for source, header in self.back_edges:
            tails.setdefault(header, []).append(source)
        return tails


def loop_depths(walk: Walk, predecessors: Sequence[Sequence[int]]) -> list[int]:
    """Clause 4 for each block."""
    count = len(predecessors)
    tails = walk.tails()
    around = [-1] * count
    """The header of the innermost loop around a block; of a header, around its loop."""
    shrunk = list(range(count))
    headers: list[int] = []
    for header in reversed(walk.order):
        if header not in tails:
            continue
        body = _body(header, tails[header], predecessors, shrunk)
        if body is None:
            continue
        headers.append(header)
        for block in body:
            around[block] = shrunk[block] = header
    depths = [0] * count
    for header in reversed(headers):
        depths[header] = 1 + (depths[around[header]] if around[header] >= 0 else 0)
    is_header = set(headers)
    return [
        depths[block] if block in is_header or around[block] < 0 else depths[around[block]] for block in range(count)
    ]


def _body(
    header: int, tails: Sequence[int], predecessors: Sequence[Sequence[int]], shrunk: list[int]
) -> set[int] | None:
    """The body without the header, inner loops as their headers; None where clause 3 leaves no loop."""
    body = _closed_body(header, tails, predecessors, shrunk)
    if body is not None or len(tails) == 1:
        return body
    closed = (_closed_body(header, [tail], predecessors, shrunk) for tail in tails)
    bodies = [body for body in closed if body is not None]
    return set[int]().union(*bodies) if bodies else None


def _closed_body(
    header: int, tails: Sequence[int], predecessors: Sequence[Sequence[int]], shrunk: list[int]
) -> set[int] | None:
    """What reaches the tails without passing the header; None where the function's entry does."""
    body: set[int] = set()
    stack = list(tails)
    while stack:
        block = _found(stack.pop(), shrunk)
        if block == header or block in body:
            continue
        if block == 0:
            return None
        body.add(block)
        stack.extend(predecessors[block])
    return body


def _found(block: int, shrunk: list[int]) -> int:
    """The header of the outermost loop that the block was shrunk into, by path halving."""
    while shrunk[block] != block:
        shrunk[block] = shrunk[shrunk[block]]
        block = shrunk[block]
    return block


@dataclass(frozen=True, slots=True)
class NaturalLoop:
    """Clause 2, whole."""

    header: int
    body: frozenset[int]
    """The header and the blocks of inner loops among them."""
    tails: tuple[int, ...]
    """The sources of its back edges."""


def natural_loops(walk: Walk, predecessors: Sequence[Sequence[int]]) -> Iterator[NaturalLoop]:
    """Each loop."""
    whole = list(range(len(predecessors)))
    for header, tails in walk.tails().items():
        body = _body(header, tails, predecessors, whole)
        if body is not None:
            yield NaturalLoop(header, frozenset({header} | body), tuple(tails))

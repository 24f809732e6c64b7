"""Control flow of one function: how each basic block is reached.

Input is the function's control-flow graph as the printed text gives it. *Normal* edges are all but the unwind edges of
``invoke``. An edge is *unlikely* where its ``!prof`` weight says so (`ringfence.pipeline.ir.metadata`). A block *calls
cold* where it calls a ``cold`` function whose mark counts (`ringfence.pipeline.ir.marks`) and that neither grows a
container nor initialises on first use.

1. A block is *entered* if normal edges lead to it from the entry.
2. A block is *live* if normal edges lead from it to a return, or to a cycle (an event loop never returns).
3. ``panic``: a block that is not entered, or not live.
   In a function that cannot return, what no way leads back to from its last cycles (those that nothing live leaves)
   runs once, before the loop of events: it is ``first-use``.
4. *Crossings* of an entered block: the least number of unlikely edges and cold-calling blocks (itself included) on a
   normal way to it from the entry.
5. ``cold``: crossings of at least one; or every live way on from it meets an unlikely edge or a cold-calling block,
   unless that holds for the entry too: what always happens is not unlikely.
6. *Always*: every normal live way from the entry to a return passes through the block. Where the function cannot
   return, to the source of a back edge. Such a block is never cold.
7. *Loop depth*: the number of natural loops around the block (`ringfence.pipeline.ir.loops`).
8. A function *stops at a flag* where it has a loop that does something, and every live edge out of it leaves a block
   whose branch an atomic load of one byte decides: a thread's main loop that runs until told to stop. A wait for a flag
   does nothing in its loop, and a retry (of a sequence lock, say) is decided by a word.

Not handled: loops of a function that has more than `_MOST_VISITS` blocks in loops, each counted for each loop around
it (clause 8 and what asks for bodies). Exceptions of other languages' personalities are edges like Rust's; ``callbr``
targets are normal.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntEnum

from ringfence.graphs.facts import PathClass
from ringfence.pipeline.ir.loops import NaturalLoop, Walk, loop_depths, natural_loops

_MOST_VISITS = 2_000_000
"""A function of 40,000 blocks in 50 loops: no compiler writes more. Beyond it the bodies of its loops stay unknown."""


class Ending(IntEnum):
    """What the terminator does (LangRef, *Terminator Instructions*)."""

    BRANCH = 0
    RETURN = 1
    UNREACHABLE = 2
    """``unreachable``, ``resume`` and the like: no way back to the caller's next instruction."""


@dataclass(slots=True)
class ControlFlow:
    """Parallel lists, one entry a block; block 0 is the entry. ``unlikely`` names positions in ``successors``."""

    successors: list[list[int]]
    unlikely: list[tuple[int, ...]]
    endings: list[Ending]
    calls_cold: list[bool]
    asks_flag: list[bool]
    """An atomic load of one byte decides the block's branch."""
    works: list[bool]
    """Something is called, other than to wait."""
    looks: list[bool]
    """An atomic, a volatile or a call stands in it: a loop around it may wait."""


@dataclass(frozen=True, slots=True)
class BlockClasses:
    """The answer: parallel sequences, one entry a block."""

    classes: Sequence[PathClass]
    depths: Sequence[int]
    always: Sequence[bool]
    crossings: Sequence[int]
    live: Sequence[bool]
    stops_at_flag: bool
    loops: Sequence[NaturalLoop]
    owners: Sequence[tuple[int, ...]] = ()
    """Of the loops around each block (`ringfence.pipeline.ir.loop_owners`), which debug info tells."""


def classify(flow: ControlFlow) -> BlockClasses:
    """Apply the clauses of the module's docstring, in almost linear time; for the bodies of loops, blocks are visited
    once for each loop around them, where that is no more than `_MOST_VISITS`."""
    count = len(flow.successors)
    crossings = _crossings(flow)
    predecessors = _predecessors(flow, crossings)
    walk = Walk.of(flow.successors)
    back_edges = walk.back_edges
    returns = [block for block in range(count) if flow.endings[block] is Ending.RETURN and crossings[block] >= 0]
    live = _reaching(returns, predecessors, count)
    cycles = [source for source, _ in back_edges if not live[source]]
    if cycles:
        live = _reaching(returns + cycles, predecessors, count)
    exits = returns or cycles
    always = _always(flow, exits, live)
    calm = _calm_ways_out(flow, returns + cycles, predecessors, count)
    exempt = not calm[0]
    classes = [_class_of(crossings[block], live[block], always[block], calm[block] or exempt) for block in range(count)]
    if cycles and not returns:
        steady = _steady(flow, back_edges, predecessors, live)
        classes = [_before_the_loop(each, steady[block]) for block, each in enumerate(classes)]
    depths = loop_depths(walk, predecessors)
    is_sane = sum(depths) <= _MOST_VISITS
    loops = tuple(natural_loops(walk, predecessors)) if back_edges and is_sane else ()
    stops = any(flow.asks_flag) and any(_stops_at_flag(flow, loop.body, live) for loop in loops)
    return BlockClasses(classes, depths, always, crossings, live, stops, loops)


def _class_of(crossings: int, live: bool, always: bool, calm: bool) -> PathClass:
    if crossings < 0 or not live:
        return PathClass.PANIC
    if always:
        return PathClass.HOT
    return PathClass.HOT if calm and crossings == 0 else PathClass.COLD


def _before_the_loop(path_class: PathClass, is_steady: bool) -> PathClass:
    return path_class if is_steady else max(path_class, PathClass.FIRST_USE)


def _steady(
    flow: ControlFlow, back_edges: list[tuple[int, int]], predecessors: list[list[int]], live: list[bool]
) -> list[bool]:
    """Blocks of the cycles that nothing live leaves; every block where there is no such cycle."""
    count = len(flow.successors)
    steady = [False] * count
    for header in sorted({header for source, header in back_edges if live[source]}):
        leads_back = _reaching([header], predecessors, count)
        inside = _forward(flow, header, live)
        if all(leads_back[block] for block in inside):
            for block in inside:
                steady[block] = True
    return steady if any(steady) else [True] * count


def _forward(flow: ControlFlow, start: int, live: list[bool]) -> set[int]:
    inside = {start}
    stack = [start]
    while stack:
        for successor in flow.successors[stack.pop()]:
            if live[successor] and successor not in inside:
                inside.add(successor)
                stack.append(successor)
    return inside


def _crossings(flow: ControlFlow) -> list[int]:
    """Clauses 1 and 4 as a search by rising cost; -1 where a block is not entered."""
    crossings = [-1] * len(flow.successors)
    level = [0]
    cost = 0
    while level:
        following: list[int] = []
        while level:
            block = level.pop()
            if crossings[block] >= 0:
                continue
            crossings[block] = cost + flow.calls_cold[block]
            unlikely = flow.unlikely[block]
            for position, successor in enumerate(flow.successors[block]):
                crossed = flow.calls_cold[block] or position in unlikely
                (following if crossed else level).append(successor)
        level = following
        cost += 1
    return crossings


def _predecessors(flow: ControlFlow, crossings: list[int]) -> list[list[int]]:
    predecessors: list[list[int]] = [[] for _ in flow.successors]
    for block, successors in enumerate(flow.successors):
        if crossings[block] < 0:
            continue
        for successor in successors:
            predecessors[successor].append(block)
    return predecessors


def _reaching(targets: list[int], predecessors: list[list[int]], count: int) -> list[bool]:
    reaching = [False] * count
    stack = list(targets)
    while stack:
        block = stack.pop()
        if reaching[block]:
            continue
        reaching[block] = True
        stack.extend(predecessors[block])
    return reaching


def _calm_ways_out(flow: ControlFlow, exits: list[int], predecessors: list[list[int]], count: int) -> list[bool]:
    """Blocks with a way to an exit that meets nothing unlikely (clause 5)."""
    calm = [False] * count
    stack = [block for block in exits if not flow.calls_cold[block]]
    while stack:
        block = stack.pop()
        if calm[block]:
            continue
        calm[block] = True
        stack.extend(
            predecessor
            for predecessor in predecessors[block]
            if not flow.calls_cold[predecessor] and _has_likely_edge(flow, predecessor, block)
        )
    return calm


def _has_likely_edge(flow: ControlFlow, source: int, target: int) -> bool:
    unlikely = flow.unlikely[source]
    if not unlikely:
        return True
    successors = flow.successors[source]
    return any(successor == target and position not in unlikely for position, successor in enumerate(successors))


def _always(flow: ControlFlow, exits: list[int], live: list[bool]) -> list[bool]:
    """Clause 6: the blocks that every way from the entry to an exit shares, found along one such way.

    After exploring everything that the first ``k`` blocks of the way reach without using the rest of the way, the
    block ``k + 1`` is unavoidable exactly if nothing beyond it was touched.
    """
    always = [False] * len(flow.successors)
    way = _any_way(flow, exits, live)
    if not way:
        return always
    position_on_way = {block: position for position, block in enumerate(way)}
    is_exit = set(exits)
    visited = set(way)
    beyond = len(way)
    furthest = 0
    for position, block in enumerate(way):
        if furthest <= position:
            always[block] = True
        stack = [block]
        while stack:
            current = stack.pop()
            if current in is_exit and current != way[-1]:
                furthest = beyond
            for successor in flow.successors[current]:
                if not live[successor]:
                    continue
                furthest = max(furthest, position_on_way.get(successor, 0))
                if successor not in visited:
                    visited.add(successor)
                    stack.append(successor)
    return always


def _any_way(flow: ControlFlow, exits: list[int], live: list[bool]) -> list[int]:
    targets = set(exits)
    parent: dict[int, int] = {0: -1}
    queue = [0] if live[0] else []
    for block in queue:
        if block in targets:
            way = [block]
            while parent[way[-1]] >= 0:
                way.append(parent[way[-1]])
            return way[::-1]
        for successor in flow.successors[block]:
            if live[successor] and successor not in parent:
                parent[successor] = block
                queue.append(successor)
    return []


def _stops_at_flag(flow: ControlFlow, body: AbstractSet[int], live: list[bool]) -> bool:
    if not any(flow.asks_flag[block] for block in body):
        return False
    leaving = {block for block in body for successor in flow.successors[block] if _leaves(successor, body, live)}
    asked = bool(leaving) and all(flow.asks_flag[block] for block in leaving)
    return asked and any(flow.works[block] for block in body)


def _leaves(successor: int, body: AbstractSet[int], live: list[bool]) -> bool:
    return live[successor] and successor not in body

"""Which marks of cold callees say something of the block that they stand in.

A mark says that a branch in front of the call is seldom taken that way. Where the branch was folded away, as that of a
container which is new in this call, the cold callee is the only way on, and its mark says nothing.

1. From 1.85 on rustc gives a branch that leads to a call of a function that it knows to be cold weights of 1 : 2000
   (``find_cold_blocks`` in rustc_codegen_ssa, ``mir/block.rs``). While such a branch stands, its weights speak. So a
   mark that rustc *sees*, that of a function or of an inherent method, says nothing by itself (`Mark.WEIGHED`): as in
   clause 2, and some way from the guard to the call must be unlikely. Where LLVM joins branches, one of several may be.
2. A mark that rustc does not see when it writes the branch, that of a trait's method or of a closure, and any mark of
   an older compiler or without optimisation, counts where a branch guards the call in the inlined copy of the function
   that the call is written in, or deeper (`Mark.GUARDED`). A closure, a conversion and ``from_residual`` run for the
   function that was given them: they count as parts of it.
3. A callee that only *makes* something, which is given nothing that it could write to, has no check that depends on a
   new container: any guard will do (`Mark.FREE`). Most of them make errors.
4. A branch *guards* a block that depends on it (J. Ferrante, K. Ottenstein, J. Warren, *The Program Dependence Graph
   and Its Use in Optimization*, TOPLAS 1987), but for two kinds, in whose place what guards them counts: the end of a
   loop around the block, together with the copy of it before the loop, for the next turn is not unlikely; and that of
   ``?``, unless the call is on the way of the residual.
5. LLVM marks a function cold all of whose ways meet a cold call (``FunctionAttrs``, *addColdAttrs*). Where these calls
   write to something such a mark is as good as theirs: none.

Not handled: a function of very many blocks and marks keeps its marks.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from ringfence.graphs.names import display_name, trait_method
from ringfence.pipeline.ir.loops import Walk
from ringfence.pipeline.ir.metadata import Metadata

_PRODUCER = re.compile(rb"rustc version (\d+)\.(\d+)\.")
_WEIGHS_COLD_CALLS = (1, 85)
_PASSED_ON = re.compile(r"\{\{?closure|::call(?:_once|_mut)?$|::from_residual$|>::(?:from|into)$")
_QUESTION_MARK = re.compile(r"Try>::branch$")
_CLOSURE = re.compile(r"\{\{?closure[^{}]*\}\}?$")
_RESIDUAL = re.compile(r"::from_residual$")
_MOST_STEPS = 20_000_000
"""Marks times blocks of one function."""


class Mark(IntEnum):
    """What the mark of a call's callee needs to count."""

    NONE = 0
    WEIGHED = 1
    """A guard with branch weights."""
    GUARDED = 2
    FREE = 3
    """Any guard."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked call: its kind and the row of its debug location."""

    mark: Mark
    location: int


Instance = tuple[int, int]
"""A function's inlined copy: its subprogram, and the row of the location that it was inlined at."""


def weighs_cold_calls(producer: bytes) -> bool:
    """Clause 1, by what a module says of its compiler."""
    version = _PRODUCER.search(producer)
    return version is not None and (int(version[1]), int(version[2])) >= _WEIGHS_COLD_CALLS


@lru_cache(maxsize=100_000)
def is_seen(symbol: str) -> bool:
    """Whether rustc sees the mark of a function where it writes the branch to a call of it."""
    name = display_name(symbol)
    return trait_method(name) is None and _CLOSURE.search(name) is None


class Guards:
    """Clauses 2 to 4 for the blocks of one function."""

    def __init__(
        self,
        successors: Sequence[Sequence[int]],
        unlikely: Sequence[Sequence[int]],
        returns: Sequence[int],
        branch_location: Callable[[int], int],
        metadata: Metadata,
    ) -> None:
        """``unlikely`` names positions in ``successors``; ``branch_location`` is the row of the location of a
        block's terminator, or -1."""
        self._branch_location = branch_location
        self._metadata = metadata
        self._unlikely = [
            {targets[each] for each in positions} for targets, positions in zip(successors, unlikely, strict=True)
        ]
        self._has_weights = any(unlikely)
        entered = _reached([0], successors)
        predecessors: list[list[int]] = [[] for _ in successors]
        for block in entered:
            for successor in successors[block]:
                predecessors[successor].append(block)
        # What never returns ends where a cycle leads back.
        ends = returns if entered.intersection(returns) else [source for source, _ in Walk.of(successors).back_edges]
        self._exits = [block for block in ends if block in entered]
        live = _reached(self._exits, predecessors)
        self._live = live
        self._successors = [[each for each in successors[block] if each in live] for block in range(len(successors))]
        self._predecessors = [[each for each in before if each in live] for before in predecessors]

    def counting(self, marks: Mapping[int, Sequence[Marked]]) -> Iterator[int]:
        """The blocks of which a mark counts."""
        is_small = len(marks) * len(self._successors) < _MOST_STEPS
        for block, found in marks.items():
            asked = [each for each in found if each.mark > Mark.WEIGHED or self._has_weights]
            if asked and (not is_small or block not in self._live or any(self._counts(block, each) for each in asked)):
                yield block

    def _counts(self, block: int, marked: Marked) -> bool:
        names = [self._name(row) for row in self._rows(marked.location)]
        is_residual = any(map(_RESIDUAL.search, names))
        guards = self._guards(block, is_residual=is_residual)
        if marked.mark is Mark.FREE or (marked.mark is Mark.GUARDED and marked.location < 0):
            return any(True for _ in guards)
        around = self._frames(marked.location, names)
        inside = (guard for guard in guards if self._is_inside(guard, around))
        return any(marked.mark is Mark.GUARDED or self._is_weighed(guard, block) for guard in inside)

    def _is_weighed(self, guard: int, block: int) -> bool:
        """Whether a branch says that a way from it to a block is unlikely."""
        before = _reached([block], self._predecessors)
        return any(successor in before for successor in self._unlikely[guard])

    def _frames(self, location: int, names: Sequence[str]) -> set[Instance]:
        """The copy of the function that the call is written in, and those around it that it is a part of."""
        found: set[Instance] = set()
        for row, name in zip(self._rows(location), names, strict=True):
            found.add(self._instance(row))
            if not _PASSED_ON.search(name):
                break
        return found

    def _is_inside(self, guard: int, frames: set[Instance]) -> bool:
        location = self._branch_location(guard)
        return location < 0 or any(self._instance(row) in frames for row in self._rows(location))

    def _guards(self, block: int, *, is_residual: bool) -> Iterator[int]:
        """The branches that decide whether control goes to a block, clause 4."""
        asked = {block}
        stack = [block]
        while stack:
            dependent = stack.pop()
            ends = self._loop_ends(dependent)
            for branch in self._dependences(dependent):
                location = self._branch_location(branch)
                is_passed = location >= 0 and _QUESTION_MARK.search(self._name(location)) and not is_residual
                if not is_passed and branch not in ends and (location < 0 or self._key(location) not in ends.values()):
                    yield branch
                elif branch not in asked:
                    asked.add(branch)
                    stack.append(branch)

    def _dependences(self, block: int) -> Iterator[int]:
        """Branches with a way that must come to the block and one that need not."""
        avoiding = _reached([each for each in self._exits if each != block], self._predecessors, without=block)
        for branch in sorted(avoiding):
            if any(successor not in avoiding for successor in self._successors[branch]):
                yield branch

    def _loop_ends(self, block: int) -> dict[int, tuple[int, ...]]:
        """Branches that end a loop around the block, with what their locations say."""
        before = _reached([block], self._predecessors)
        around = before & _reached(self._successors[block], self._successors)
        leaving = (each for each in around if any(successor not in before for successor in self._successors[each]))
        return {each: self._key(self._branch_location(each)) for each in leaving}

    def _rows(self, location: int) -> list[int]:
        """The rows of an inline chain, innermost first."""
        rows: list[int] = []
        while location >= 0:
            rows.append(location)
            location = self._metadata.frames[location * 5 + 4]
        return rows

    def _instance(self, row: int) -> Instance:
        return self._metadata.frames[row * 5], self._metadata.frames[row * 5 + 4]

    def _key(self, row: int) -> tuple[int, ...]:
        return tuple(self._metadata.frames[row * 5 : row * 5 + 5]) if row >= 0 else ()

    def _name(self, row: int) -> str:
        return display_name(self._metadata.function_at(row))


def _reached(starts: Sequence[int], following: Sequence[Sequence[int]], *, without: int = -1) -> set[int]:
    reached = set(starts)
    stack = list(reached)
    while stack:
        for each in following[stack.pop()]:
            if each not in reached and each != without:
                reached.add(each)
                stack.append(each)
    return reached

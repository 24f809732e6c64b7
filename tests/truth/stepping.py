"""What the processor did while the roots ran: `stepper.c` runs the programs of ``runs/`` an instruction at a time.

No name of a library is known here, and nothing of the audit: a system call is the instruction that enters the kernel, a
clock is one that reads the counter or a call into the vDSO, an atomic access one that locks the bus, an indirect call
one through a register or memory, a wait a thread whose registers come back unchanged again and again.
"""

import os
import platform
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec
from truth.recording import (
    PROGRAMS,
    TARGET,
    Frame,
    Program,
    below_the_allocator,
    crate_of,
    frames_at,
    own_place,
    read_calls,
    up_to_the_window,
)

SOURCE = Path(__file__).with_name("stepper.c")
_STEPPER = TARGET / "stepper"
_NOT_ALLOWED = 3


class NotHere(Exception):  # noqa: N818  (no error: a reason to skip)
    """This machine cannot step: says why."""


class Act(StrEnum):
    """Kinds of events, as ``stepper.c`` names them."""

    LOCKED = "locked"
    FENCE = "fence"
    SYSTEM_CALL = "system-call"
    CLOCK = "clock"
    INDIRECT_CALL = "indirect-call"
    INDIRECT_JUMP = "indirect-jump"
    """Of a ``switch``, or a tail call."""
    SPIN = "spin"
    CUT_OFF = "cut-off"
    OPENED = "opened"


class _Event(msgspec.Struct, frozen=True):
    call: int
    kind: Act
    value: int
    slot: int
    times: int
    frames: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a root did, at a line of its crate; line 0 where no frame of the crate was left."""

    root: str
    act: Act
    file: str
    line: int
    value: int
    """The number of a system call; where an indirect call went."""
    slot: int
    """The word that the code names as the place of that target, 0 for none."""
    around: frozenset[tuple[str, int]]
    """The lines of the crate in the stack, that one and those that lead to it."""
    at: tuple[Frame, ...]
    """The inline frames of the instruction, the innermost first; empty outside the executable."""
    program: Program

    def __str__(self) -> str:
        place = f"{crate_of(self.root)}/{self.file}:{self.line}" if self.line else "no line"
        number = f" {self.value}" if self.act is Act.SYSTEM_CALL else ""
        return f"{self.root}: {self.act}{number} at {place}"


@dataclass(frozen=True, slots=True)
class Stepped:
    """The calls of each root that were stepped to their end, by number, and in which calls each thing was seen."""

    calls: Mapping[str, frozenset[int]]
    deeds: Mapping[Deed, Mapping[int, int]]
    """By call, how often."""
    contended: Mapping[str, frozenset[int]]
    """Calls of each root while another thread held what it wants."""

    def of(self, *acts: Act) -> list[Deed]:
        """What was done of these kinds, in the order of the roots and lines."""
        return sorted((deed for deed in self.deeds if deed.act in acts), key=str)


@cache
def step_all() -> Stepped:
    """Step through every program, once a process; they must have been built. Raises `NotHere`."""
    _build()
    calls: dict[str, set[int]] = defaultdict(set)
    contended: dict[str, set[int]] = defaultdict(set)
    deeds: dict[Deed, Counter[int]] = defaultdict(Counter)
    for program in PROGRAMS:
        log = _run(program)
        made = read_calls(log.with_suffix(".calls.jsonl"))
        events = [msgspec.json.decode(line, type=_Event) for line in log.read_bytes().splitlines()]
        cut_off = {event.call for event in events if event.kind is Act.CUT_OFF}
        for event in events:
            if event.kind is Act.OPENED and event.call not in cut_off:
                calls[made[event.call - 1].root].add(event.call)
        for number, call in enumerate(made, 1):
            if call.is_contended:
                contended[call.root].add(number)
        for deed, event in _deeds(program, [call.root for call in made], events):
            deeds[deed][event.call] += event.times
    return Stepped(_frozen(calls), dict(deeds), _frozen(contended))


def _frozen(numbers: Mapping[str, set[int]]) -> dict[str, frozenset[int]]:
    return {root: frozenset(of_root) for root, of_root in numbers.items()}


def _build() -> None:
    if platform.machine() != "x86_64" or platform.system() != "Linux":
        raise NotHere("instructions are told apart for Linux on x86-64 only")
    if shutil.which("gcc") is None:
        raise NotHere("gcc is not installed")
    _STEPPER.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", _STEPPER, SOURCE], check=True)


def _run(program: Program) -> Path:
    log = program.executable.with_suffix(".steps.jsonl")
    command = (_STEPPER, log, program.executable, log.with_suffix(".calls.jsonl"))
    finished = subprocess.run(command, env={**os.environ, "STEPPED": "1"}, stdout=subprocess.DEVNULL, check=False)
    if finished.returncode == _NOT_ALLOWED:
        raise NotHere("the system does not allow to trace a process (ptrace)")
    finished.check_returncode()
    return log


def _deeds(program: Program, roots: Sequence[str], events: Sequence[_Event]) -> Iterator[tuple[Deed, _Event]]:
    """Everything but what the allocator does for itself: that is the heap's."""
    frames = frames_at(program.executable, {address for event in events for address in event.frames})
    for event in events:
        stack = up_to_the_window([frame for address in event.frames for frame in frames.get(address, ())])
        at = tuple(frames.get(event.frames[0], ()))
        is_around = bool(at) and not stack
        if event.kind is Act.OPENED or is_around or len(below_the_allocator(stack)) < len(stack):
            continue
        root = roots[event.call - 1]
        file, line = own_place(root, stack)
        around = frozenset(own_place(root, [frame]) for frame in stack)
        yield Deed(root, event.kind, file, line, event.value, event.slot, around, at, program), event

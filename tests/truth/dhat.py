"""The same runs under valgrind's DHAT, which knows nothing of our log: every allocation, with its stack.

DHAT sees allocations alone. A block keeps the place where it was first allocated when it is reallocated, and the places
of frees are not told.
"""

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from truth.recording import PROGRAMS, RUNS, WINDOW, Frame, Kind, Program, Site, read_calls, site_of

_FRAME = re.compile(r"0x[0-9A-F]+: (?P<function>.*) \((?P<file>[^()]*):(?P<line>\d+)\)$")
"""As DHAT prints a frame of which the line is known."""


class _Point(msgspec.Struct, frozen=True):
    """A place that allocates; ``dh_main.c`` of valgrind explains the short names."""

    tbk: int
    fs: tuple[int, ...]


class _Profile(msgspec.Struct, frozen=True):
    pps: tuple[_Point, ...]
    ftbl: tuple[str, ...]


def blocks() -> dict[Site, int]:
    """Blocks allocated at each site below a root."""
    counted: dict[Site, int] = defaultdict(int)
    for program in PROGRAMS:
        for site, number in _blocks(program).items():
            counted[site] += number
    return dict(counted)


def _blocks(program: Program) -> Mapping[Site, int]:
    log, profile = program.executable.with_suffix(".dhat.jsonl"), program.executable.with_suffix(".dhat.json")
    _run(program.executable, log, profile)
    root_at = {(_full(call.file), call.line): call.root for call in read_calls(log)}
    read = msgspec.json.decode(profile.read_bytes(), type=_Profile)
    frames = [_frame(text) for text in read.ftbl]
    counted: dict[Site, int] = defaultdict(int)
    for point in read.pps:
        stack = [frames[number] for number in point.fs]
        root = _root(stack, root_at)
        if root is not None:
            counted[site_of(root, Kind.ALLOCATE, stack)] += point.tbk
    return counted


def _run(executable: Path, log: Path, profile: Path) -> None:
    options = ("--read-inline-info=yes", "--num-callers=80", "--fullpath-after=", "--fair-sched=try", "--quiet")
    command: list[str | Path] = ["valgrind", "--tool=dhat", *options, f"--dhat-out-file={profile}", executable, log]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def _root(stack: Sequence[Frame], root_at: Mapping[tuple[str, int], str]) -> str | None:
    """The root whose window a stack passes through."""
    windows = (position for position, frame in enumerate(stack) if WINDOW.search(frame.function))
    window = next(windows, len(stack))
    around = stack[window + 2 : window + 3]
    return root_at[around[0].file, around[0].line] if around else None


def _frame(text: str) -> Frame:
    known = _FRAME.match(text)
    if known is None:
        return Frame(text.partition(": ")[2].partition(" (")[0], "", 0)
    return Frame(known["function"], os.path.normpath(known["file"]), int(known["line"]))


def _full(file: str) -> str:
    return os.path.normpath(RUNS / file)

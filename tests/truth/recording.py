"""What the roots of the testcrates asked of the allocator when they ran, from the log that ``runs/`` writes.

A *site* is a line of the root's own crate in the act of allocating, growing or freeing: the innermost frame of that
crate in the stack, as an audit anchors a finding. Frames are told by `addr2line`, inlined ones included. Where the root
left the stack by a tail call no frame is left, and the line is 0: the root is known, the line is not.
"""

import os
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from pathlib import Path

import msgspec

CHECKOUT = Path(__file__).parents[2]
TESTCRATES = CHECKOUT / "testcrates"
RUNS = Path(__file__).parent / "runs"
TARGET = CHECKOUT / "build" / "truth"

WINDOW = re.compile(r"\bwindow::measured\b")
"""The frame around a call of a root; around it are ``window`` itself and the line that names the root."""
_ALLOCATOR = re.compile(r"\b__rust_(?:alloc|alloc_zeroed|realloc|dealloc)$")
"""What lies deeper is the allocator's own business, also where the crate brings it."""
_GROWTH = re.compile(
    r"\b(?:grow_one|grow_amortized|grow_exact|finish_grow|do_reserve_and_handle|reserve_rehash|try_grow"
    r"|reserve_one_unchecked|alloc_layout_slow|alloc_slow_path)\b"
)
"""Functions of std and of the crates used here that make a container larger."""
_SHRINKING = re.compile(r"\bshrink(?:_to|_to_fit|_impl|_impl_runtime|_unchecked)?\b")
"""And those that make it smaller, some of them by the same means."""


class Kind(IntEnum):
    """What was asked of the allocator, as ``runs/src/heap.rs`` numbers it."""

    ALLOCATE = 0
    GROW = 1
    FREE = 2


@dataclass(frozen=True, slots=True)
class Program:
    """A binary of ``runs/`` and the cargo profile that it is built with."""

    name: str
    profile: str

    @property
    def executable(self) -> Path:
        """Where cargo puts it."""
        return TARGET / "runs" / self.profile / self.name


PROGRAMS = (
    Program("runs", "release"),
    Program("own_allocator", "release"),
    Program("with_library", "release"),
    Program("aborting", "aborting"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One function in a stack, and its line."""

    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A line of a root's crate, and the rule that what happens there belongs to."""

    root: str
    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        place = f"{crate_of(self.root)}/{self.file}:{self.line}" if self.line else "a tail call"
        return f"{self.root}: {self.rule} at {place}"


@dataclass(slots=True)
class Seen:
    """How often something happened at a site."""

    bytes: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter[Kind])
    calls: set[int] = field(default_factory=set[int])
    """The calls of the root, by number, in which it happened."""

    @property
    def times(self) -> int:
        """How often anything happened."""
        return self.kinds.total()


@dataclass(frozen=True, slots=True)
class Recording:
    """Calls of each root by number, and what was seen at each site."""

    calls: Mapping[str, Sequence[int]]
    sites: Mapping[Site, Seen]

    def events(self, root: str) -> int:
        """How often a root went to the allocator."""
        return sum(seen.times for site, seen in self.sites.items() if site.root == root)

    def blocks(self, root: str) -> tuple[int, int]:
        """How often it asked for memory, without reallocations and with them."""
        of_root = [seen for site, seen in self.sites.items() if site.root == root]
        grown = sum(seen.kinds[Kind.GROW] for seen in of_root)
        new = sum(seen.kinds[Kind.ALLOCATE] for seen in of_root)
        return new, new + grown


class Call(msgspec.Struct, frozen=True):
    """A call of a root, and the line of ``runs/`` that made it."""

    root: str
    file: str
    line: int
    is_contended: bool
    """Another thread held what the root wants."""


class _Event(msgspec.Struct, frozen=True):
    call: int
    """From 1, in the order of the calls."""
    kind: Kind
    bytes: int
    frames: tuple[int, ...]
    """Addresses in the executable, the innermost first."""


def build() -> None:
    """Build the programs as an audit builds: optimised, one codegen unit, full debug info, v0 mangling."""
    for program in PROGRAMS:
        command = ("cargo", "build", "--quiet", "--locked", "--manifest-path", RUNS / "Cargo.toml", "--target-dir")
        flags = {**os.environ, "RUSTFLAGS": "-C symbol-mangling-version=v0"}
        selection = (TARGET / "runs", "--bin", program.name, "--profile", program.profile)
        subprocess.run([*command, *selection], env=flags, check=True)


def record() -> Recording:
    """Run the programs, and read what they logged."""
    calls: dict[str, list[int]] = defaultdict(list)
    sites: dict[Site, Seen] = defaultdict(Seen)
    for program in PROGRAMS:
        log = program.executable.with_suffix(".jsonl")
        subprocess.run([program.executable, log], stdout=subprocess.DEVNULL, check=True)
        made, events = _read(log)
        for number, call in enumerate(made, 1):
            calls[call.root].append(number)
        for site, event in _sites(program.executable, made, events):
            sites[site].bytes += event.bytes
            sites[site].kinds[event.kind] += 1
            sites[site].calls.add(event.call)
    return Recording(dict(calls), dict(sites))


def read_calls(log: Path) -> list[Call]:
    """The calls that a program made, in their order."""
    return _read(log)[0]


def _read(log: Path) -> tuple[list[Call], list[_Event]]:
    lines = log.read_bytes().splitlines()
    is_call = [line.startswith(b'{"root"') for line in lines]
    calls = [msgspec.json.decode(line, type=Call) for line, yes in zip(lines, is_call, strict=True) if yes]
    events = [msgspec.json.decode(line, type=_Event) for line, yes in zip(lines, is_call, strict=True) if not yes]
    return calls, events


def _sites(executable: Path, calls: Sequence[Call], events: Sequence[_Event]) -> Iterator[tuple[Site, _Event]]:
    lines = frames_at(executable, {address for event in events for address in event.frames})
    for event in events:
        stack = [frame for address in event.frames for frame in lines.get(address, ())]
        yield site_of(calls[event.call - 1].root, event.kind, stack), event


def site_of(root: str, kind: Kind, stack: Sequence[Frame]) -> Site:
    """The site of something that happened below a root, given the stack from the innermost frame."""
    inside = below_the_allocator(up_to_the_window(stack))
    return Site(root, *own_place(root, inside), rule_of(kind, inside))


def own_place(root: str, inside: Sequence[Frame]) -> tuple[str, int]:
    """File and line of the innermost frame of the root's crate in a stack; ``"", 0`` where the root left the stack."""
    crate = f"{folder_of(crate_of(root))}{os.sep}"
    # A dependency may lie in the folder of the crate that uses it.
    of_crate = [frame for frame in inside if frame.line and frame.file.startswith(f"{crate}src{os.sep}")]
    written = (frame for frame in of_crate if not _is_derive(frame.file, frame.line))
    own = next(written, of_crate[0] if of_crate else None)
    return (own.file.removeprefix(crate), own.line) if own else ("", 0)


@cache
def _is_derive(file: str, line: int) -> bool:
    """Whether a line is that of a ``derive``: which field its code is for is not known."""
    text = Path(file).read_text(encoding="utf-8").splitlines()
    return line <= len(text) and text[line - 1].lstrip().startswith("#[derive(")


def up_to_the_window(stack: Sequence[Frame]) -> Sequence[Frame]:
    """The frames inside the innermost window."""
    end = next((position for position, frame in enumerate(stack) if WINDOW.search(frame.function)), len(stack))
    return stack[:end]


def below_the_allocator(stack: Sequence[Frame]) -> Sequence[Frame]:
    """The frames of those who asked."""
    asked = [position for position, frame in enumerate(stack) if _ALLOCATOR.search(frame.function)]
    return stack[asked[-1] + 1 :] if asked else stack


def rule_of(kind: Kind, stack: Iterable[Frame]) -> str:
    """RF103 for a free; RF102 for a `realloc`, and for an allocation, that makes a container larger; else RF101."""
    frames = [frame.function for frame in stack]
    if kind is Kind.FREE:
        return "RF103"
    if any(_SHRINKING.search(function) for function in frames):
        return "RF101"
    grows = kind is Kind.GROW or any(map(_GROWTH.search, frames))
    return "RF102" if grows else "RF101"


def crate_of(root: str) -> str:
    """The crate of a root: ``roots`` of ``<roots::Keep as roots::Sink>::write``."""
    return root.lstrip("<").split("::", 1)[0]


def folder_of(crate: str) -> Path:
    """Where a crate of the runs stands: among the testcrates, or beside this file."""
    beside = Path(__file__).parent / crate
    return beside if beside.is_dir() else TESTCRATES / crate


def frames_at(executable: Path, addresses: Iterable[int]) -> dict[int, list[Frame]]:
    """The functions at each address, the innermost inlined one first, by `addr2line` of the GNU binutils."""
    known = sorted(address for address in addresses if address < executable.stat().st_size)
    told = subprocess.run(
        ["addr2line", "--inlines", "--functions", "--demangle", "--addresses", "--exe", executable],
        input="\n".join(map(hex, known)),
        capture_output=True,
        text=True,
        check=True,
    )
    frames: dict[int, list[Frame]] = {}
    at: list[Frame] = []
    lines = iter(told.stdout.splitlines())
    for line in lines:
        if line.startswith("0x"):
            at = frames[int(line, 16)] = []
            continue
        file, _, number = next(lines).partition(" (")[0].rpartition(":")
        at.append(Frame(line, os.path.normpath(file), int(number) if number.isdigit() else 0))
    return frames

"""The explanation ``ringfence-explanation/1``: one finding, or one function, in the names of the JSON form.

As for the report, fields may be added; none is renamed or removed, and two runs on the same input are byte-identical.
A number of paths counts call chains as `ringfence.pipeline.report.model.Finding.paths` does.
"""

from typing import Final, Literal

import msgspec

from ringfence.passes.rule import Frequency
from ringfence.pipeline.report.model import Build, ClassName, Finding, Place, Tool, ViaName
from ringfence.pipeline.source import Excerpt

SCHEMA: Final = "ringfence-explanation/1"


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of a path, generic arguments kept; ``location`` is where it leads on to the next one. ``via`` says how
    it was entered."""

    function: str
    location: Place | None
    via: ViaName
    own: bool
    source: Excerpt | None = None
    """The line, of the user's own code only."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A frame from which on the path is in a worse class than before; the last one decides. Of a path that grows a
    container on every call, the frame that grows it."""

    frame: int
    """Position in the path."""
    class_: ClassName = msgspec.field(name="class")
    why: str


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """A call that leaves the best path, and how many paths begin with it."""

    function: str
    """What it calls; empty where the function does it itself."""
    location: Place | None
    """Where it stands, in the frame of the best path that it leaves."""
    via: ViaName
    paths: int


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """Where other paths leave the best one."""

    frame: int
    alternatives: tuple[Alternative, ...]
    """Those of most paths first."""


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the user's own code that every path to the finding passes through."""

    frame: int
    location: Place
    calls: str
    """The function that is called there."""
    removes: tuple[str, ...]
    """Fingerprints of all findings of this root that go when the call goes, this one among them."""
    rules: tuple[str, ...]
    """Theirs."""
    paths: int
    """To all of them."""


class FoldedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a library that was folded into the finding: the nearest one to the event that is no part of the
    standard library, or, where the user's line comes to the event through the standard library alone, the event."""

    function: str
    """Path without generic arguments."""
    location: Place | None
    calls: str
    """What is called or inlined there; empty where the event is no call, or its callee has no body."""


class FindingExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, whole."""

    schema: Literal["ringfence-explanation/1"] = SCHEMA
    tool: Tool
    build: Build
    finding: Finding
    frames: tuple[Frame, ...] = ()
    """The best path, from the root to what happens in the end; nothing where no path is known."""
    turns: tuple[Turn, ...] = ()
    sinks: int = 0
    """Events in the program that are told as this one finding."""
    places: tuple[FoldedPlace, ...] = ()
    """Where they stand in the source, each place once, sorted by function and place."""
    branches: tuple[Branch, ...] = ()
    """From the root on. Their paths and the best one add up to the finding's."""
    cuts: tuple[Cut, ...] = ()
    """From the root on."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the user's own code that leads to the function, and the paths that pass through it last."""

    location: Place | None
    """Null below a root that is none of the user's own code."""
    class_: ClassName = msgspec.field(name="class")
    frequency: Frequency
    loop_depth: int
    paths: int


class RootWays(msgspec.Struct, frozen=True, kw_only=True):
    """How one root reaches the function."""

    root: str
    class_: ClassName = msgspec.field(name="class")
    frequency: Frequency
    loop_depth: int
    paths: int
    frames: tuple[Frame, ...]
    """The best path."""
    turns: tuple[Turn, ...]
    ways: tuple[Way, ...]
    """Best class first; the first one is that of the best path."""


class FunctionExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """Every way from the roots to the functions that a pattern names."""

    schema: Literal["ringfence-explanation/1"] = SCHEMA
    tool: Tool
    build: Build
    pattern: str
    functions: tuple[str, ...]
    """What was found, generic arguments kept."""
    roots: tuple[RootWays, ...]
    """Those that reach it, best class first."""
    themselves: tuple[str, ...]
    """Roots that are the function."""
    unreached: tuple[str, ...]
    """Roots that have no way to it."""
    missed: tuple[str, ...] = ()
    """Patterns for roots that found nothing, a sentence each."""

"""The explanation ``ringfence-explanation/1``: one finding, or one function, in the names of the JSON form.

As for the report, fields may be added; none is renamed or removed, and two runs on the same input are byte-identical.
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
    common: bool = False
    """Every path to the finding passes through this function."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A frame from which on the path is in a worse class than before; the last one decides."""

    frame: int
    """Position in the path."""
    class_: ClassName = msgspec.field(name="class")
    why: str


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A frame that does not lead on every time, or that does so in a loop."""

    frame: int
    why: str
    loop_depth: int = 0


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """A call that leaves the best path, and how many paths begin with it."""

    function: str
    """What it calls."""
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
    rules: dict[str, int]
    """Their number by rule."""
    paths: int


class FindingExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, whole."""

    schema: Literal["ringfence-explanation/1"] = SCHEMA
    tool: Tool
    build: Build
    finding: Finding
    frames: tuple[Frame, ...]
    """The best path, from the root to what happens in the end."""
    paths: int
    """All call chains from the root to the finding's sinks; a circle of calls counts once. 1,000,000,000 stands for as
    many or more."""
    sinks: int
    branches: tuple[Branch, ...]
    turns: tuple[Turn, ...]
    conditions: tuple[Condition, ...]
    cuts: tuple[Cut, ...]
    """From the root on."""


class CallWays(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the user's own code that leads to the function, and its paths."""

    location: Place | None
    """Null below a root that is none of the user's own code."""
    calls: str
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
    calls: tuple[CallWays, ...]
    """Best class first."""


class FunctionExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """Every way from the roots to the functions that a pattern names."""

    schema: Literal["ringfence-explanation/1"] = SCHEMA
    tool: Tool
    build: Build
    pattern: str
    functions: tuple[str, ...]
    """What was found, generic arguments kept."""
    roots: tuple[RootWays, ...]
    themselves: tuple[str, ...]
    """Roots that are the function."""
    unreached: tuple[str, ...]
    """Roots that have no way to it."""

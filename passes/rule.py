"""What a rule and a finding are. A rule is data: its documentation is written once and read by everything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ringfence.graphs.facts import PathClass


class Level(StrEnum):
    """How loud a finding is; only ``ERROR`` fails an audit by default."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    HIDDEN = "hidden"

    @property
    def shown(self) -> "Level":
        """How it is told by a report that tells everything."""
        return Level.NOTE if self is Level.HIDDEN else self


DEFAULT_LEVELS: Mapping[PathClass, Level] = {
    PathClass.HOT: Level.ERROR,
    PathClass.AMORTIZED: Level.WARNING,
    PathClass.FIRST_USE: Level.WARNING,
    PathClass.COLD: Level.NOTE,
    PathClass.PANIC: Level.HIDDEN,
}


class Via(StrEnum):
    """How a step of a path was entered from the step before it."""

    ROOT = "root"
    CALL = "call"
    INLINE = "inline"
    VIRTUAL = "virtual"
    POINTER = "pointer"
    DROP = "drop"
    NATIVE = "native"
    """Called, into machine code."""
    THREAD = "thread"
    """Run by a thread that is started there and waited for."""


class Frequency(StrEnum):
    """Whether the event happens whenever the root runs to its end."""

    ALWAYS = "always"
    CONDITIONAL = "conditional"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. The text fields are the headings of its page, in this order."""

    id: str
    slug: str
    what: str
    why: str
    example: str
    instead: str
    false_positives: str
    how: str
    levels: Mapping[PathClass, Level] = field(default_factory=lambda: DEFAULT_LEVELS)
    weight: int = 10
    """What leads among the effects of one call, and stands first among equals: the heavier the worse, 0 to 100."""
    about_line: bool = False
    """It speaks of a line or of a type whatever is called there, so it is told apart from what the call does."""
    own_code_only: bool = False
    """It judges nothing that a dependency does: the checklist says so where it found nothing."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the source. ``file`` is relative to the workspace root, or begins with ``name-version/``
    or ``std/``."""

    file: str
    line: int
    column: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One frame of a path, root first. ``function`` is the full path as Rust prints it; the location is where the step
    *is called from inside that function*: the line in ``function`` that leads on to the next step or to the sink."""

    function: str
    location: Location | None
    via: Via
    own: bool
    """In the user's own code."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a root can do, anchored at the deepest line of the user's own code that leads to it."""

    rule: Rule
    level: Level
    path_class: PathClass
    frequency: Frequency
    loop_depth: int
    """Loops around all calls of the path, those of libraries too."""
    root: str
    """Path of the root function as Rust prints it."""
    sink: str
    """What happens in the end: the callee, or the operation."""
    message: str
    anchor: Location | None
    path: tuple[Step, ...]
    fingerprint: str
    paths: int = 1
    """Call chains from the root to the sinks that were folded into this finding (`ringfence.graphs.chains`)."""
    help: str = ""
    subject: str = ""
    """Who does it, as the message begins; empty where the deed is a sentence of its own."""
    deed: str = ""
    """What it does, as the message goes on."""
    when: str = ""
    """How often, as the message ends before the name of the root: ``on every call of``, ``in a loop of``."""
    detail: Mapping[str, object] = field(default_factory=dict[str, object])
    own_loop_depth: int = 0
    """Loops around the anchor: how often the user's own code comes there."""

    @property
    def place(self) -> Location | None:
        """The anchor; where no frame is the user's own, the frame nearest to the root."""
        located = (step.location for step in self.path if step.location)
        return self.anchor or next(located, None)

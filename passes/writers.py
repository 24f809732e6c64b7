"""Who wrote the code around an event: whether its finding is the user's own doing, a dependency's, or std's.

A rule that judges how code is written judges dependencies as well: what runs below a root runs, whoever wrote it. A
finding there is a note at the user's call, because the user can choose another call and not change that code; `own` in
the configuration makes the code the user's. The standard library is nobody's to change and is left out.
"""

import re
from enum import Enum, auto

from ringfence.graphs.facts import Frame
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.program import Function
from ringfence.passes.rule import Level

_STANDARD_FILE = re.compile(r"^/rustc/[^/]+/library/|/rustlib/src/rust/library/|^/rust/deps/")
"""Where rustc says that std's sources are, its own dependencies (hashbrown among them) included."""


class Writer(Enum):
    """Whose code a line is."""

    OWN = auto()
    DEPENDENCY = auto()
    STANDARD = auto()
    """The standard library's, or nobody knows whose."""

    @property
    def at_most(self) -> Level | None:
        """The loudest level of advice about such code."""
        return Level.NOTE if self is Writer.DEPENDENCY else None


def writer_of(function: Function, location: int, hot_path: HotPath) -> Writer:
    """Who wrote the line that an event stands on: the innermost frame of its inline chain."""
    chain = function.chain(location)
    return writer_of_frame(function, chain[0], hot_path) if chain else Writer.STANDARD


def writer_of_frame(function: Function, frame: Frame, hot_path: HotPath) -> Writer:
    """Who wrote the line that a frame stands on."""
    if hot_path.classifier.is_own_frame(function, frame):
        return Writer.OWN
    file = function.file_of(frame)
    return Writer.STANDARD if not file or not frame.line or _STANDARD_FILE.search(file) else Writer.DEPENDENCY


def writer_around(function: Function, location: int, hot_path: HotPath) -> Writer:
    """Who wrote the innermost line at an event that is none of std's; std where there is no other."""
    writers = (writer_of_frame(function, frame, hot_path) for frame in function.chain(location))
    return next((writer for writer in writers if writer is not Writer.STANDARD), Writer.STANDARD)

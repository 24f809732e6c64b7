"""Where the user's own source starts threads, and under which names.

Read from the text: ``thread::Builder::new().name(…).spawn(…)``, ``thread::spawn(…)``, ``scope.spawn(…)``. What a
``format!`` puts into a name at run time is a ``*``.

Not handled: a name that is made elsewhere; a thread that a library starts.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ringfence.pipeline.markers import source_files

THREAD = "thread:"
"""Begins a pattern that names threads: ``thread:core-*``."""

_SPAWN = re.compile(
    r"\bspawn(?:_scoped|_unchecked|_local|_blocking)?\s*\(\s*(?:\w+\s*,\s*)?(?P<what>(?:move\s*)?\||[\w:]+)"
)
_BUILDER = re.compile(r"\bBuilder\s*::\s*new\s*\(\s*\)")
_NAME = re.compile(r"\.\s*name\s*\([^;]*?\"(?P<name>(?:[^\"\\]|\\.)*)\"")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_FUNCTION = re.compile(r"\bfn\s+(\w+)")
_STARTS = re.compile(r"(?:\bthread\s*::\s*|\.\s*)$")
_COMMENT = re.compile(r"//[^\n]*")
_LONGEST_CHAIN = 800
"""Characters between the builder and its ``spawn``."""


@dataclass(frozen=True, slots=True)
class ThreadStart:
    """One call that starts a thread."""

    name: str
    """With ``*`` for what is only known at run time; empty where the thread has none in the source."""
    file: Path
    line: int
    """Of the closure, or of the call where a function is handed over."""
    function: str
    """The function that the closure is written in, or the path of the one that is handed over."""
    is_closure: bool


def find_threads(folders: Iterable[Path]) -> Iterator[ThreadStart]:
    """Threads that the Rust files below the folders start, sorted by file and line."""
    for file in source_files(folders):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if "spawn" in text:
            yield from threads_in(text, file)


def threads_in(text: str, file: Path) -> Iterator[ThreadStart]:
    """The same in the text of one file."""
    # Comments keep their length, so that lines and columns stay.
    code = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    for spawn in _SPAWN.finditer(code):
        builder = _builder_before(code, spawn.start())
        is_thread = builder is not None or _STARTS.search(code, max(0, spawn.start() - 40), spawn.start()) is not None
        enclosing = [match[1] for match in _FUNCTION.finditer(code, 0, spawn.start())]
        if not is_thread or not enclosing:
            continue
        name = _NAME.search(code, builder, spawn.start()) if builder is not None else None
        is_closure = spawn["what"].endswith("|")
        yield ThreadStart(
            name=_PLACEHOLDER.sub("*", name["name"]) if name else "",
            file=file,
            line=code.count("\n", 0, spawn.start("what")) + 1,
            function=enclosing[-1] if is_closure else spawn["what"],
            is_closure=is_closure,
        )


def _builder_before(code: str, position: int) -> int | None:
    """Where the chain of calls began that ends in the ``spawn`` at a position."""
    start = max(0, position - _LONGEST_CHAIN)
    found = [match.start() for match in _BUILDER.finditer(code, start, position)]
    return found[-1] if found and ";" not in code[found[-1] : position] else None

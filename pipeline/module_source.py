"""Where a module is: a span of a file, found but not yet read.

A span is given by offset and size, so bitcode inside an object inside an archive is read in place.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ringfence.pipeline.errors import UsageError


class UnreadableModuleError(UsageError):
    """A file that should hold a module is damaged, cut short, or something else."""

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"cannot read the module {label}: {reason}; build it again, or leave it out of the audit")
        self.reason = reason


class ModuleKind(StrEnum):
    """The form in which a module's code is there."""

    BITCODE = "bitcode"
    TEXT = "text"
    """LLVM IR as text."""
    NATIVE = "native"
    """An ELF object without bitcode: its symbols can be read, its code cannot."""


class Origin(StrEnum):
    """Whose code a module is."""

    OWN = "own"
    DEPENDENCY = "dependency"
    STD = "std"
    NATIVE = "native"
    """Not Rust, or compiled without bitcode."""


@dataclass(frozen=True, slots=True)
class Span:
    """Part of an open file. Reading beyond its end is an `UnreadableModuleError`, never a short answer."""

    descriptor: int
    offset: int
    """From the beginning of the file, in bytes."""
    size: int
    """Bytes."""
    label: str
    """What to call it in a message."""

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset``, counted from the beginning of the span."""
        if offset + size > self.size:
            raise self.unreadable(f"it is cut short, {size} bytes at {offset} lie beyond its end at {self.size}")
        try:
            data = os.pread(self.descriptor, size, self.offset + offset)
        except OSError as error:
            raise self.unreadable(error.strerror or str(error)) from error
        if len(data) < size:
            raise self.unreadable(f"it is cut short, {size} bytes at {offset} lie beyond the end of the file")
        return data

    def part(self, offset: int, size: int, label: str = "") -> "Span":
        """A span within this one."""
        if offset + size > self.size:
            raise self.unreadable(f"it is cut short, a part of {size} bytes at {offset} ends beyond {self.size}")
        return Span(self.descriptor, self.offset + offset, size, label or self.label)

    def unreadable(self, reason: str) -> UnreadableModuleError:
        """The error to raise where the content makes no sense."""
        return UnreadableModuleError(self.label, reason)


@contextmanager
def open_span(path: Path, offset: int = 0, size: int | None = None, label: str = "") -> Generator[Span]:
    """Open a file, or a part of it, for reading. Raises `UnreadableModuleError` where that fails."""
    label = label or str(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableModuleError(label, error.strerror or str(error)) from error
    try:
        length = os.fstat(descriptor).st_size - offset if size is None else size
        yield Span(descriptor, offset, max(length, 0), label)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """One module that was found."""

    path: Path
    member: str
    """Member of the archive, or section of a linked file where that holds several modules; else empty."""
    offset: int
    """Where the module's own bytes begin in the file."""
    size: int
    """Bytes."""
    kind: ModuleKind
    crate: str
    """Crate as file names spell it: ``laminar_core``; for other code the name of its file or archive."""
    origin: Origin
    problem: str = ""
    """Why the container could not be opened, where it could not: reading says so."""

    @property
    def label(self) -> str:
        """Short name for messages: ``libstd-d1237ef7.rlib(std-d1237ef7.std.e28293b1-cgu.0.rcgu.o)``."""
        return f"{self.path.name}({self.member})" if self.member else self.path.name

    @property
    def place(self) -> str:
        """The same with the file's whole path."""
        return f"{self.path}({self.member})" if self.member else str(self.path)

    @contextmanager
    def open(self) -> Generator[Span]:
        """The module's bytes, to be read in parts. Raises `UnreadableModuleError`."""
        if self.problem:
            raise UnreadableModuleError(self.place, self.problem)
        with open_span(self.path, self.offset, self.size, self.place) as span:
            yield span

    def read(self) -> bytes:
        """All bytes of the module. Raises `UnreadableModuleError`."""
        with self.open() as span:
            return span.read(0, self.size)

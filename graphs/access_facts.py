"""Facts about memory: which object a load, a store or a copy goes to, as far as one body tells; and the statics.

An access is told by a *path*: it begins at a variable whose type debug info gives, and each step adds an offset in
bytes and loads the pointer that lies there; the last step is where the access begins. ``(0, 24)`` from ``self: &Plant``
reads the pointer that the variable is, and touches byte 24 of the ``Plant`` behind it.
"""

from enum import IntEnum

import msgspec


class AccessKind(IntEnum):
    """What an access does to the bytes that it touches."""

    READ = 0
    WRITE = 1
    ATOMIC_READ = 2
    ATOMIC_WRITE = 3
    """An atomic store, a read-modify-write or a compare-exchange."""
    COPIED_FROM = 4
    COPIED_TO = 5

    @property
    def writes(self) -> bool:
        """Whether other cores lose the line by it."""
        return self in {AccessKind.WRITE, AccessKind.ATOMIC_WRITE, AccessKind.COPIED_TO}

    @property
    def is_atomic(self) -> bool:
        """Whether it says of itself that other threads may do the same at the same time."""
        return self in {AccessKind.ATOMIC_READ, AccessKind.ATOMIC_WRITE}


class Access(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Accesses of one body that are alike. Those to the body's own stack slots are no facts, but large copies."""

    kind: AccessKind
    variable_type: int
    """Position in ``ModuleFacts.variable_types`` of the type of the variable that the path begins at; -1 where none is
    known."""
    path: tuple[int, ...]
    """Offsets in bytes; empty where the variable is not known."""
    size: int
    """Bytes; -1 where only known at run time."""
    is_indexed: bool
    """A multiple of an element's size that is known only at run time was left out of the last offset."""
    place: int
    location: int
    count: int
    static: str = ""
    """Symbol of the global variable that the path begins at; ``variable_type`` is its type where it is writable and
    defined here, else -1."""
    on_stack: bool = False
    """A large copy from or to a variable of the body's own, told because a move is one."""
    stride: int = 0
    """Of what is indexed: bytes from one element to the next; 0 where it is not known."""
    is_walked: bool = False
    """The index goes from element to element: it is made from what a loop counts up, or from the value of an atomic."""
    origin: tuple[int, ...] = ()
    """Of an atomic write by index through a pointer that a variable holds: where that was loaded from, as a position in
    ``variable_types`` and a path."""
    is_thread_local: bool = False
    """It begins at a variable that each thread has for itself."""


class Static(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A writable global variable that the module defines and that all threads share."""

    symbol: str
    section: str
    """Of the object: ``.bss`` where it begins as zeros, ``.data`` where it does not, or as the source names it. The
    variable has a part of its own in it (``.bss.NAME``), which the linker keeps in the module's order."""
    size: int
    """Bytes; 0 where the type is none that rustc prints."""
    align: int
    type_name: str
    """As Rust prints it; empty without debug info."""

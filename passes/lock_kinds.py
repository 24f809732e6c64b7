"""Which lock it is, read from the name of the function that takes it: library, kind, and the type that it guards.

A name is the path of a monomorphic instance, such as ``lock_api::mutex::Mutex<parking_lot::raw_mutex::RawMutex,
book::Book>::lock``. What v0 symbols do not carry (locks of C, instances without arguments) stays empty.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from ringfence.graphs.names import without_generics


class LockKind(StrEnum):
    """What taking it means."""

    MUTEX = "mutex"
    READ = "read"
    WRITE = "write"
    CONDVAR = "condvar"
    ONCE = "once"
    SPIN = "spin"
    """Known by its shape: who finds it taken looks again until it is free."""
    FLAG = "flag"
    """Known by its shape: who finds it taken goes on without."""


ACQUIRING = re.compile(
    r"^(?:std::sys(?:_common|::sync)?::(?:sync::)?(?:mutex|rwlock|locks)\b.*::(?:Mutex|RwLock)::"
    r"(?:try_)?(?:lock|read|write)"
    r"|std::sync::(?:poison::)?(?:mutex::Mutex|rwlock::RwLock|reentrant_lock::ReentrantLock)::"
    r"(?:try_)?(?:lock|read|write)"
    r"|lock_api::(?:mutex::Mutex|rwlock::RwLock|remutex::(?:Raw)?ReentrantMutex)::\w*(?:lock|read|write)(?!able)\w*"
    r"|<.+ as lock_api::(?:\w+::)*Raw\w+>::\w*(?:lock|upgrade)\w*"
    r"|tokio::sync::(?:mutex::Mutex|rwlock::RwLock)::(?:blocking_|try_)?(?:lock|read|write)(?:_owned)?"
    r"(?:::\{closure#\d+\})*"
    r"|spin::(?:mutex|rwlock)::[\w:]*::(?:try_)?(?:lock|read|write)\w*)$"
)
"""Paths, without generic arguments, of functions that take a lock; those that give it back match, too."""
RELEASING = re.compile(r"unlock|is_locked|::force_|(?:Guard|GuardArc)(?:<.*>)? as core::ops::drop::Drop>")
"""A path that matches gives a lock back, or only looks at it."""
CONTENDED = re.compile(
    r"\w*lock_contended|(?:read|write)_contended|lock_slow|lock_(?:shared|exclusive|upgradable)_slow|wait_internal"
)
"""The functions of std and parking_lot that wait for a lock that is taken."""

_RAW_LOCK = re.compile(r"^<(\w+)::[^ ]* as lock_api::|\block_api::[\w:]+<(?:'\w+, )*(\w+)::")
"""The crate of a lock behind lock_api: of an implementation of its traits, or the first argument of its types."""
_LIBRARIES = (
    ("parking_lot", re.compile(r"parking_lot|lock_api")),
    ("spin", re.compile(r"^<?spin::")),
    ("tokio", re.compile(r"^<?tokio::")),
    ("crossbeam", re.compile(r"^<?crossbeam")),
    ("std", re.compile(r"^<?std::")),
    ("pthread", re.compile(r"^(?:pthread_|mtx_|flock|os_unfair)")),
    ("Win32", re.compile(r"SRWLock|CriticalSection")),
)
_KINDS = (
    (LockKind.CONDVAR, re.compile(r"cond(?:var)?_?", re.IGNORECASE)),
    (LockKind.ONCE, re.compile(r"once", re.IGNORECASE)),
    (LockKind.READ, re.compile(r"(?:::|_)(?:try_)?(?:read|rdlock)|shared", re.IGNORECASE)),
    (LockKind.WRITE, re.compile(r"(?:::|_)(?:try_)?(?:write|wrlock)|exclusive|RwLock", re.IGNORECASE)),
)
_SECOND_ARGUMENT = re.compile(r"lock_api::[\w:]*$")
_GUARDED = re.compile(r"(?:Mutex|RwLock|ReentrantLock|Guard|GuardArc)<")


@dataclass(frozen=True, slots=True)
class Lock:
    """What a name tells."""

    library: str
    """``std``, ``parking_lot``, ``pthread``, ``spin``, ``tokio`` …; empty where it is none of them."""
    kind: LockKind
    guarded: str
    """The type behind the lock; empty where the name does not say it."""


def lock_of(name: str) -> Lock:
    """Of the path of a function that acquires, generic arguments kept, or of the symbol of a C function."""
    plain = without_generics(name)
    raw = _RAW_LOCK.search(name)
    own = (raw[1] or raw[2]) if raw else ""
    library = own or next((library for library, pattern in _LIBRARIES if pattern.search(plain)), "")
    kind = next((kind for kind, pattern in _KINDS if pattern.search(plain)), LockKind.MUTEX)
    return Lock(library, kind, _guarded(name))


def last_argument(path: str) -> str:
    """The last generic argument of a type: what a guard by any name guards; empty where it has none."""
    opening = path.find("<", 1)
    arguments = _arguments(path, opening + 1) if opening > 0 else []
    return next((each for each in reversed(arguments) if not each.startswith("'")), "")


def _guarded(name: str) -> str:
    opening = _GUARDED.search(name)
    if opening is None:
        return ""
    arguments = [argument for argument in _arguments(name, opening.end()) if not argument.startswith("'")]
    # lock_api's types name the raw lock first, spin's may name what waits last.
    position = 1 if _SECOND_ARGUMENT.search(name[: opening.end() - 1]) else 0
    return arguments[position] if position < len(arguments) else ""


def _arguments(name: str, start: int) -> list[str]:
    """The generic arguments behind an opening bracket."""
    depth, part = 0, start
    found: list[str] = []
    for position in range(start, len(name)):
        mark = name[position]
        if mark in "<([{":
            depth += 1
        elif mark in ")]}" or (mark == ">" and name[position - 1] != "-"):
            depth -= 1
        if depth < 0 or (mark == "," and depth == 0):
            found.append(name[part:position].strip())
            part = position + 1
        if depth < 0:
            break
    return found

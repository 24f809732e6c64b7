"""The facts store: facts of a module under the hash of its bytes, so that a second audit reads nothing twice.

A name is the hash of the module's content, of the version of the printer (`ringfence.pipeline.ir.module`) and of
`FACTS_VERSION`; nothing is ever changed under a name, and an entry appears by an atomic rename. A store that cannot be
written is only slow: the audit goes on, and says so once.
"""

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard

from ringfence.graphs.facts import FACTS_VERSION, ModuleFacts, decode_module

_SUFFIX = ".facts"
_LEVEL = 3
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is in a store."""

    entries: int
    bytes: int


def default_store() -> Path:
    """``$RINGFENCE_CACHE``, else ``$XDG_CACHE_HOME/ringfence``, else ``~/.cache/ringfence``."""
    configured = os.environ.get("RINGFENCE_CACHE")
    if configured:
        return Path(configured)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ringfence"


def store_if(*, wanted: bool) -> "FactsStore | None":
    """The user's store, unless it is not wanted."""
    from ringfence.pipeline.ir.module import printer_version

    return FactsStore(default_store(), printer_version()) if wanted else None


class FactsStore:
    """One folder of entries, spread over 256 folders."""

    def __init__(self, root: Path, printer: str) -> None:
        self.root = root
        self._printer = printer
        self.write_error: str = ""
        """Why the last entry could not be kept, or nothing."""

    def key(self, content: bytes) -> str:
        """Name of the facts of a module with these bytes."""
        digest = hashlib.blake2b(content, digest_size=20)
        digest.update(f"\0{self._printer}\0{FACTS_VERSION}".encode())
        return digest.hexdigest()

    def load(self, key: str) -> ModuleFacts | None:
        """None where there is no entry, or where it is damaged; a damaged one is removed."""
        path = self._path(key)
        try:
            facts = decode_module(zstandard.decompress(path.read_bytes()))
        except OSError:
            return None
        except (zstandard.ZstdError, msgspec.MsgspecError):
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            os.utime(path)
        return facts

    def save(self, key: str, facts: bytes) -> None:
        """Keep encoded facts; where that fails, say why in ``write_error`` and leave nothing half-written."""
        path = self._path(key)
        temporary: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
            temporary = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(zstandard.compress(facts, _LEVEL))
            temporary.replace(path)
        except OSError as error:
            self.write_error = f"cannot keep facts in {self.root}: {error.strerror}"
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)

    def statistics(self) -> Statistics:
        """Count entries and bytes."""
        sizes = [path.stat().st_size for path in self._entries()]
        return Statistics(len(sizes), sum(sizes))

    def prune(self, older_than_days: float | None) -> int:
        """Remove entries not used for that many days, or all; returns how many."""
        limit = time.time() - older_than_days * _SECONDS_PER_DAY if older_than_days is not None else None
        removed = 0
        for path in self._entries():
            if limit is None or path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, key: str) -> Path:
        return self.root / key[:2] / f"{key[2:]}{_SUFFIX}"

    def _entries(self) -> list[Path]:
        return sorted(self.root.glob(f"*/*{_SUFFIX}")) if self.root.is_dir() else []

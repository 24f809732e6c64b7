"""RF904 and RF906: entries of ``ringfence.toml`` that mean nothing in this build, or no longer."""

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.graphs.facts import PathClass
from ringfence.passes.limits import EXPIRED_ALLOW, UNUSED_ALLOW
from ringfence.passes.rule import Finding, Frequency, Level, Location, Rule
from ringfence.pipeline.allow import unused_allows
from ringfence.pipeline.config import Allow, Assume, ConfigFile


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry to tell of."""

    rule: Rule
    key: str
    """Where it stands: ``allow[2]``."""
    said: str
    """What it says, for a fingerprint that survives edits elsewhere in the file."""
    message: str


def declared_in_vain(
    file: ConfigFile, display: str, findings: Sequence[Finding], unused_assumptions: Iterable[int], today: datetime.date
) -> Iterator[Finding]:
    """A finding for each entry that has expired, that accepts none of the ``findings``, or, of the assumptions, that
    names no function. ``display`` is the file's name in reports."""
    config = file.config
    entries = [
        *_expired("allow", config.allow, today),
        *(_unused_allow(number, config.allow[number]) for number in unused_allows(findings, config.allow, today)),
        *_expired("assume", config.assume, today),
        *(_unused_assume(number, config.assume[number]) for number in unused_assumptions),
    ]
    ordinals: Counter[str] = Counter()
    for entry in entries:
        identity = f"{entry.rule.id}\0{entry.said}"
        ordinals[identity] += 1
        line = file.line(entry.key)
        yield Finding(
            rule=entry.rule,
            level=Level.WARNING,
            path_class=PathClass.HOT,
            frequency=Frequency.ALWAYS,
            loop_depth=0,
            root=display,
            sink=entry.key,
            message=entry.message,
            anchor=Location(display, line) if line else None,
            path=(),
            fingerprint=hashlib.sha256(f"{identity}\0{ordinals[identity]}".encode()).hexdigest()[:12],
            paths=0,
            help=entry.rule.instead,
        )


def _expired(table: str, entries: Sequence[Allow | Assume], today: datetime.date) -> Iterator[_Entry]:
    for number, entry in enumerate(entries):
        if entry.has_expired(today):
            message = f"{_subject(entry)} expired on {entry.expires} and no longer holds"
            yield _Entry(EXPIRED_ALLOW, f"{table}[{number}]", _said(entry), message)


def _unused_allow(number: int, entry: Allow) -> _Entry:
    message = f"{_subject(entry)} fits no finding of this audit"
    return _Entry(UNUSED_ALLOW, f"allow[{number}]", _said(entry), message)


def _unused_assume(number: int, entry: Assume) -> _Entry:
    message = f"unused assumption: nothing in this build defines or calls `{entry.function}`"
    return _Entry(UNUSED_ALLOW, f"assume[{number}]", _said(entry), message)


def _subject(entry: Allow | Assume) -> str:
    if isinstance(entry, Assume):
        return f"the assumption about `{entry.function}`"
    under = f" under `{entry.root}`" if entry.root else ""
    through = f" through `{entry.function}`" if entry.function else ""
    return f"the allowance of {entry.rule}{under}{through}"


def _said(entry: Allow | Assume) -> str:
    if isinstance(entry, Assume):
        return f"assume\0{entry.function}"
    return f"allow\0{entry.rule}\0{entry.root or ''}\0{entry.function or ''}"

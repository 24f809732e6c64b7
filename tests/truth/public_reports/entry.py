"""One public report: what somebody said of a published crate, and our own code that calls what they spoke of.

A folder below ``entries/`` each: ``report.toml`` (the fields below), ``lib.rs`` with the roots, and for either version
a lock file, so that what is audited is the same on every day.
"""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

ENTRIES = Path(__file__).parent / "entries"
VERSIONS = ("broken", "fixed")

Result = Literal["found", "partly", "missed", "wrongly clean"]
"""What ringfence says of the version with the fault. ``partly``: the rule, but not the class or the words that belong
to it, or one of several effects. ``missed``: nothing of it, below a root that is not clean."""

Rest = Literal["gone", "still"]
"""What it says of the version without: whether any of what was expected is there still."""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An effect that the report speaks of. It is found where one finding has all of this."""

    root: str
    """The function of ``lib.rs``."""
    rule: str
    class_: str = msgspec.field(name="class")
    words: tuple[str, ...] = ()
    """Each must occur in the finding's message, sink or path."""
    loops: int = 0
    """In how many loops, at least."""
    stays: bool = False
    """The fixed version has it too: it is the other effects that the fix removed."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The fields of ``report.toml``."""

    report: str
    """Where it was reported: ``owner/repository#number``."""
    summary: str
    """What was reported, in our words."""
    package: str
    broken: str
    """The version that shows it."""
    expect: tuple[Expected, ...]
    says: Result
    """What ringfence says today; the test watches it."""
    fixed: str = ""
    """The version that does not; empty where there is none."""
    fixed_by: str = ""
    says_of_fixed: Rest | None = None
    why: str = ""
    """What is missing where it is not found."""
    why_fixed: str = ""
    """Why it is there still."""
    features: tuple[str, ...] = ()
    default_features: bool = True
    fixed_features: tuple[str, ...] | None = None
    """Where they are not the same."""
    dependencies: dict[str, str] = {}
    """Further crates that the code uses, at exact versions."""

    def version(self, which: str) -> str:
        """The number of the broken or the fixed version."""
        return self.broken if which == "broken" else self.fixed

    def features_of(self, which: str) -> tuple[str, ...]:
        """What is switched on."""
        differ = which == "fixed" and self.fixed_features is not None
        return (self.fixed_features or ()) if differ else self.features


def names() -> list[str]:
    """The folders, sorted."""
    return sorted(file.parent.name for file in ENTRIES.glob("*/report.toml"))


def entry(name: str) -> Entry:
    """Read one. Raises ``msgspec.ValidationError`` for a field that is unknown or wrong."""
    text = (ENTRIES / name / "report.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Entry)


def versions(of: Entry) -> tuple[str, ...]:
    """``broken``, and ``fixed`` where there is one."""
    return VERSIONS if of.fixed else VERSIONS[:1]

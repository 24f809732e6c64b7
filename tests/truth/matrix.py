"""The roots of ``profiles/`` under every profile of its manifest: which verdicts depend on the profile.

Above each root its source says the verdict that is true, and what the root can do: ``//~ verdict: clean``, ``//~
verdict: violations: lock hot``. A line ``//~ verdict at opt=0 panic=abort: …`` speaks of the profiles with these
settings, and the last line that fits counts.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from truth.marked import TRUTH, audit
from truth.remarks import remarks_above

from ringfence.pipeline.report.model import Root

CRATE = "profiles"
_DEFAULTS = {"opt-level": "3", "panic": "unwind", "codegen-units": "default", "lto": "false"}
"""Of the profile ``release`` (The Cargo Book, *Profiles*)."""
_SHORT = {"opt-level": "opt", "panic": "panic", "codegen-units": "units", "lto": "lto"}
_VERDICT = re.compile(r"verdict(?: at (?P<settings>[\w= -]+))?: (?P<answer>[\w-]+(?:: .+)?)$")


@dataclass(frozen=True)
class Profile:
    """One profile of the manifest with everything that it inherits."""

    name: str
    settings: frozenset[str]
    """``opt=0``, ``panic=unwind``, ``units=default``, ``lto=false``."""


@dataclass(frozen=True)
class Row:
    """What was reported of one root under one profile."""

    root: str
    profile: Profile
    expected: str
    answer: str
    """Verdict, and what the root can do: ``violations: allocate hot, free hot``."""

    @property
    def verdict(self) -> str:
        """Its first word."""
        return self.answer.partition(":")[0]


@dataclass(frozen=True)
class Column:
    """One profile: what was built of it, and what was reported."""

    profile: Profile
    modules: int
    lto: str
    """Of the audited build."""
    differences: tuple[str, ...]
    rows: tuple[Row, ...]
    """Sorted by root."""


def profiles() -> list[Profile]:
    """The profiles of the manifest, in its order."""
    manifest = tomllib.loads((TRUTH / CRATE / "Cargo.toml").read_text(encoding="utf-8"))
    tables: Mapping[str, Mapping[str, object]] = manifest["profile"]
    return [Profile(name, _settings(name, tables)) for name in tables]


def column(profile: Profile, target: Path) -> Column:
    """Build and audit the crate under one profile."""
    report = audit(CRATE, target, profile=profile.name)
    rows = [
        Row(
            root=str(root.function).removeprefix(f"{CRATE}::"),
            profile=profile,
            expected=_expected(root.location.line, profile) if root.location else "",
            answer=_answer(root),
        )
        for root in report.roots
    ]
    return Column(
        profile=profile,
        modules=report.coverage.modules,
        lto=str(report.build.lto),
        differences=report.build.differences,
        rows=tuple(sorted(rows, key=lambda row: row.root)),
    )


def by_root(columns: Sequence[Column]) -> dict[str, list[Row]]:
    """The rows of each root, one a profile."""
    found: dict[str, list[Row]] = {}
    for each in columns:
        for row in each.rows:
            found.setdefault(row.root, []).append(row)
    return found


def _settings(name: str, tables: Mapping[str, Mapping[str, object]]) -> frozenset[str]:
    chain = [tables[name]]
    while chain[0]["inherits"] != "release":
        chain.insert(0, tables[str(chain[0]["inherits"])])
    merged = reduce(lambda left, right: {**left, **right}, chain, dict[str, object](_DEFAULTS))
    return frozenset(f"{short}={merged[key]}" for key, short in _SHORT.items())


def _answer(root: Root) -> str:
    can = ", ".join(f"{capability} {found}" for capability, found in root.summary.items() if found)
    return f"{root.verdict}: {can}" if can else str(root.verdict)


def _expected(line: int, profile: Profile) -> str:
    """The answer that is true, by the remarks above the root. Raises ``ValueError`` where nothing is said."""
    found = filter(None, map(_VERDICT.match, remarks_above(TRUTH / CRATE / "src" / "lib.rs", line)))
    fitting = [match["answer"] for match in found if profile.settings.issuperset((match["settings"] or "").split())]
    if not fitting:
        raise ValueError(f"{CRATE}/src/lib.rs:{line}: no line `//~ verdict:` fits the profile `{profile.name}`")
    return fitting[-1]

"""Kinds that nothing at run time shows, by the marks of the crate ``told/`` and by what the compiler says of sizes.

A root's name begins with its kind: ``behind`` (what a dependency does), ``sized``, ``open`` (what cannot be followed).
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from truth.marked import Judged, audit, judged
from truth.recording import TARGET

CRATE = Path(__file__).parent / "told"
_SIZE = re.compile(r"\b([\d,]+) bytes \(`([^`]+)`\)|\b([\d,]+) bytes, the size of `([^`]+)`")


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that the report says of a root and that the crate decides."""

    root: str
    what: str
    holds: bool


@cache
def roots() -> Mapping[str, Sequence[Judged]]:
    """By kind, in the order of the source. The modules are built below ``build/truth``."""
    found: dict[str, list[Judged]] = {}
    for each in judged("told", audit("told", TARGET)):
        found.setdefault(each.root.partition("_")[0], []).append(each)
    return found


@cache
def sizes() -> Mapping[str, int]:
    """Bytes of each type, as the compiler prints them."""
    command = ("cargo", "run", "--quiet", "--locked", "--release", "--manifest-path", CRATE / "Cargo.toml")
    ran = subprocess.run([*command, "--target-dir", TARGET / "told"], capture_output=True, text=True, check=True)
    rows = (line.split("\t") for line in ran.stdout.splitlines())
    return {name: int(size) for name, size in rows}


def missing(kind: str) -> list[str]:
    """Marks that no finding meets."""
    return [f"{each.root}: {line}" for each in roots()[kind] for line in each.wrong if line.startswith("missing")]


def statements(kind: str) -> Iterator[Statement]:
    """What is said, finding by finding, with the sizes in it; of roots that cannot be followed the verdict, too."""
    for each in roots()[kind]:
        unexpected = sum(not line.startswith("missing") for line in each.wrong)
        for number, finding in enumerate(each.found):
            yield Statement(each.root, finding.message, number >= unexpected)
            yield from (Statement(each.root, said, holds) for said, holds in _sizes_in(finding.message))
        if kind == "open":
            is_open = any(mark.rule in ("RF902", "RF903", "RF905") for mark in each.expected)
            yield Statement(each.root, each.verdict, (each.verdict != "clean") is is_open)


def _sizes_in(message: str) -> Iterator[tuple[str, bool]]:
    for first, type_, second, same in _SIZE.findall(message):
        name = type_ or same
        yield f"{first or second} bytes: `{name}`", sizes().get(name) == int((first or second).replace(",", ""))

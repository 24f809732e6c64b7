"""The checklist of a hot path, answered from the findings.

An item *fails* where a finding of level *error* is what it forbids. It *passes* only where all its rules looked at
every root, nothing on the hot path stayed unknown, and none of them found anything but on cold paths; where a rule
judges own code only, the evidence says that it passes for own code only. In between a person must *review*: the
evidence says what. What no rule looks at is *not measured*, whatever else was found.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ringfence.graphs.facts import PathClass
from ringfence.graphs.names import without_generics
from ringfence.passes.rule import Finding, Level
from ringfence.pipeline.report.model import Check, CheckStatus
from ringfence.pipeline.report.names import is_standard


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist and the rules that answer it. ``through`` narrows an item to findings whose path calls
    such a function from outside of the standard library; the rules' other findings are to be reviewed."""

    section: str
    text: str
    rules: tuple[str, ...]
    through: re.Pattern[str] | None = None
    marked: str = ""
    """A key of a finding's details: only findings that have it are what the item is about."""
    unless_found: str = ""
    """What it means that nothing was found, where that is more than a pass."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What the answers rest on."""

    rules: Collection[str]
    """Ids of the rules that looked."""
    roots: int
    own_code_only: Collection[str]
    """Those of the rules that judge nothing that a dependency does."""
    unknown: int
    """Findings that leave something on the hot path unknown, roots that were not found among them."""


_BOX = re.compile(r"\bBox::(?:new|pin|from|default|clone)")
_TO_OWNED = re.compile(r"\bto_vec\b|\bto_string\b|\bto_owned\b|\binto_vec\b")
_CLONE = re.compile(r"\bclone\b|\bclone_from\b|\bto_owned\b")
_PARKING_LOT = re.compile(r"\bparking_lot(?:_core)?::|\block_api::")

_NOT_PINNED = "not applicable, no thread is pinned"

_SHARING_SEEN = (
    "none in fields, statics and indexed elements; objects beside each other on the heap, statics of different objects "
    "and types of std were not looked at;"
)

MEMORY, LOCKING, CACHE = "Memory allocations", "Locking", "Cache"
BRANCHING, COPYING, BENCHMARKS = "Branching", "Copying", "Benchmarks"

ITEMS: tuple[Item, ...] = (
    Item(MEMORY, "no `Vec::new()` / `String::new()` that grows on the hot path", ("RF102",)),
    Item(MEMORY, "no `Box::new()`", ("RF101",), _BOX),
    Item(MEMORY, "no `.to_vec()` / `.to_string()`", ("RF101",), _TO_OWNED),
    Item(MEMORY, "no `.clone()` of large data", ("RF101", "RF104", "RF501"), _CLONE),
    Item(MEMORY, "arena allocators used for temporary data", ("RF101", "RF102"), marked="temporary"),
    Item(MEMORY, "object pooling for frequently allocated types", ("RF101", "RF102"), marked="pool"),
    Item(LOCKING, "no `Mutex` / `RwLock`", ("RF201",)),
    Item(LOCKING, "no `parking_lot` locks", ("RF201",), _PARKING_LOT),
    Item(LOCKING, "SPSC queues for cross-thread communication", ("RF204",)),
    Item(LOCKING, "lock-free structures where needed", ("RF201", "RF203")),
    Item(LOCKING, "proper memory ordering for atomics", ("RF205", "RF206"), marked="ordering"),
    Item(CACHE, "hot data fits in L1 / L2", ("RF304",)),
    Item(CACHE, "sequential access preferred", ("RF305", "RF306")),
    Item(CACHE, "struct layouts cache-line aware", ("RF301", "RF303")),
    Item(CACHE, "false sharing avoided", ("RF302",), unless_found=_SHARING_SEEN),
    Item(CACHE, "NUMA-aware allocation, if applicable", ("RF307",), unless_found=_NOT_PINNED),
    Item(BRANCHING, "predictable branches", ("RF403", "RF404")),
    Item(BRANCHING, "likely/unlikely hints where appropriate", ("RF403",)),
    Item(BRANCHING, "match arms ordered by frequency", ("RF405",)),
    Item(BRANCHING, "no virtual dispatch", ("RF401", "RF402")),
    Item(COPYING, "zero-copy for large transfers", ("RF501",)),
    Item(COPYING, "references preferred over owned values", ("RF104", "RF502")),
    Item(COPYING, "batching to amortise costs", ("RF504",)),
    Item(COPYING, "no needless serialisation", ("RF503",)),
    Item(BENCHMARKS, "micro-benchmarks exist for the hot path", ("RF601",)),
    Item(BENCHMARKS, "realistic data sizes", ("RF605",)),
    Item(BENCHMARKS, "baselines documented", ("RF604",)),
    Item(BENCHMARKS, "no regression", ("RF602", "RF603")),
)


def answer(findings: Iterable[Finding], audited: Audited) -> tuple[Check, ...]:
    """Every item in the order of the checklist. ``findings`` are all that the project does not allow."""
    relevant = [finding for finding in findings if finding.path_class <= PathClass.FIRST_USE]
    return tuple(_answer(item, relevant, audited) for item in ITEMS)


def _answer(item: Item, findings: Sequence[Finding], audited: Audited) -> Check:
    status, evidence = next(_judgements(item, findings, audited))
    return Check(section=item.section, item=item.text, status=status, evidence=evidence)


def _judgements(item: Item, findings: Sequence[Finding], audited: Audited) -> Iterator[tuple[CheckStatus, str]]:
    """The judgements that hold, the one that decides first."""
    if not audited.roots:
        yield CheckStatus.NOT_MEASURED, "no root was audited"
    missing = [rule for rule in item.rules if rule not in audited.rules]
    of_rules = [each for each in findings if each.rule.id in item.rules and item.marked in ("", *each.detail)]
    named = [finding for finding in of_rules if _is_through(finding, item)]
    errors = [finding for finding in named if finding.level is Level.ERROR]
    if errors:
        yield CheckStatus.FAIL, _evidence(errors)
    if missing and not named:
        yield CheckStatus.NOT_MEASURED, f"{_listed(missing)} not run"
    if named:
        yield CheckStatus.REVIEW, _evidence(named)
    if any(finding.level is Level.ERROR for finding in of_rules):
        yield CheckStatus.REVIEW, f"not seen on the paths shown, but {_evidence(of_rules)}"
    if audited.unknown:
        yield CheckStatus.REVIEW, f"none found, but {_count(audited.unknown, 'limit')} of the analysis"
    none = item.unless_found or "none"
    yield (
        CheckStatus.PASS,
        f"{_listed(item.rules)}: {none} under {_count(audited.roots, 'root')}{_scope(item, audited)}",
    )


def _scope(item: Item, audited: Audited) -> str:
    """What of a pass holds for own code only."""
    narrow = [rule for rule in item.rules if rule in audited.own_code_only]
    if not narrow:
        return ""
    return ", in own code only" if len(narrow) == len(item.rules) else f"; {_listed(narrow)} in own code only"


def _is_through(finding: Finding, item: Item) -> bool:
    if item.through is None:
        return True
    return any(item.through.search(without_generics(name)) for name in (finding.sink, *_written_calls(finding)))


def _written_calls(finding: Finding) -> Iterator[str]:
    """What code outside of the standard library calls; ``to_string`` is no ``clone``, though std makes it one."""
    for caller, step in pairwise(finding.path):
        if not is_standard(caller.function, caller.location.file if caller.location else None):
            yield step.function


def _evidence(findings: Sequence[Finding]) -> str:
    """``2 hot, 1 amortized (RF101), first at src/lib.rs:3``; findings of two roots at one place count once."""
    places = {(each.rule.id, each.anchor or each.fingerprint, each.sink): each for each in findings}.values()
    classes = sorted({each.path_class for each in places})
    counts = ", ".join(f"{sum(each.path_class is name for each in places)} {name.label}" for name in classes)
    rules = _listed(sorted({each.rule.id for each in places}))
    anchors = sorted(
        (each.path_class, each.anchor.file, each.anchor.line) for each in places if each.anchor is not None
    )
    where = f", first at {anchors[0][1]}:{anchors[0][2]}" if anchors else ""
    return f"{counts} ({rules}){where}"


def _listed(rules: Iterable[str]) -> str:
    return ", ".join(rules)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""What the roots did to locks, the kernel, clocks, other code and shared words, against what the audit says of them.

1. *Missing* is what happened at a line below a root, and is not in the report of that root: on the same line, by one of
   the rules that speak of it; of what has no line (a tail call, the rest of a long window) the root is asked.
2. A root that waited while another thread held what it wants takes a lock.
3. An indirect call must have led to a function that the audit reached from that root; an atomic instruction to an
   atomic of the bitcode, on the same lines of the same inline chain.
4. Counting can refute three statements: ``hot`` and ``always`` (it happened in every call for which nobody else held a
   lock; of what may block or wait, in one), ``first-use`` (in one of several calls, where no better finding of the rule
   stands on the line), and no loop (not ``_MANY`` times a call).
"""

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

from elftools.elf.elffile import ELFFile
from truth.below import Below, Lines, below_roots
from truth.oracle import CLASSES, audit, place
from truth.recording import Program, crate_of
from truth.stepping import Act, Deed, Stepped, step_all

from ringfence.graphs.names import display_name
from ringfence.pipeline.report.model import Finding, Report

_OF_MEMORY = frozenset({9, 10, 11, 12, 25, 28})
"""mmap, mprotect, munmap, brk, mremap, madvise: how an allocator gets its memory (asm/unistd_64.h)."""
_OF_CLOCKS = frozenset({35, 96, 201, 228, 229})
_FUTEX = 202
_YIELD = 24
_HEAP = ("RF101", "RF102", "RF103")
_MANY = 30
"""So many events of one line in one call need a loop."""
_ALLOCATOR = re.compile(r"^(?:__rustc::|(?:malloc|calloc|realloc|free|posix_memalign|aligned_alloc)$)")
"""Targets that are the heap's, which `truth.oracle` looks at."""


class Kind(StrEnum):
    """What can happen, as the tables name it."""

    LOCK = "waits for a lock that is held"
    WAIT = "loops that wait"
    SYSTEM_CALL = "system calls"
    CLOCK = "clocks read"
    INDIRECT_CALL = "indirect calls"
    ATOMIC = "atomic instructions"


_KINDS: Mapping[Act, Kind] = {
    Act.SPIN: Kind.WAIT,
    Act.SYSTEM_CALL: Kind.SYSTEM_CALL,
    Act.CLOCK: Kind.CLOCK,
    Act.INDIRECT_CALL: Kind.INDIRECT_CALL,
    Act.INDIRECT_JUMP: Kind.INDIRECT_CALL,
    Act.LOCKED: Kind.ATOMIC,
    Act.FENCE: Kind.ATOMIC,
}
_SHOWN_BY: Mapping[str, tuple[Act, ...]] = {
    "RF201": (Act.LOCKED,),
    "RF202": (Act.SYSTEM_CALL,),
    "RF203": (Act.SPIN, Act.SYSTEM_CALL),
    "RF205": (Act.LOCKED, Act.FENCE),
    "RF207": (Act.CLOCK,),
    "RF401": (Act.INDIRECT_CALL, Act.INDIRECT_JUMP),
    "RF402": (Act.INDIRECT_CALL, Act.INDIRECT_JUMP),
}
"""What the processor does where a rule is right."""
_MAY = ("RF202", "RF203")
"""These say what may happen: to have seen it once is enough."""


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something that happened at a line below a root."""

    root: str
    kind: Kind
    file: str
    line: int
    what: str = ""
    """Number of the system call, or the function that was called."""

    def __str__(self) -> str:
        at = f"{crate_of(self.root)}/{self.file}:{self.line}" if self.line else "no line"
        return f"{self.root}: {self.kind}{f' ({self.what})' if self.what else ''} at {at}"


@dataclass(frozen=True)
class Comparison:
    """One run under the stepper, and the audits of its crates."""

    stepped: Stepped
    reports: Mapping[str, Report]
    below: Mapping[str, Below]
    """By root: the functions and atomics that the audit reached."""

    @cached_property
    def events(self) -> Mapping[Event, int]:
        """What happened, and how often."""
        found: Counter[Event] = Counter()
        for deed, calls in self.stepped.deeds.items():
            for event in self._events(deed, calls):
                found[event] += sum(calls.values())
        return found

    def _events(self, deed: Deed, calls: Mapping[int, int]) -> Iterable[Event]:
        if deed.act not in _KINDS:
            return
        kind, what = _KINDS[deed.act], ""
        if kind is Kind.INDIRECT_CALL:
            what = callee(deed) or ""
            if not what:
                return
        if kind is Kind.SYSTEM_CALL:
            what = str(deed.value)
        yield Event(deed.root, kind, deed.file, deed.line, what)
        if self._waited(deed, calls):
            yield Event(deed.root, Kind.LOCK, "", 0)

    def _waited(self, deed: Deed, calls: Mapping[int, int]) -> bool:
        """Clause 2."""
        waits = deed.act is Act.SPIN or (deed.act is Act.SYSTEM_CALL and deed.value in (_FUTEX, _YIELD))
        return waits and not self.stepped.contended.get(deed.root, frozenset()).isdisjoint(calls)

    @cached_property
    def missing(self) -> list[Event]:
        """What happened and is not reported."""
        return sorted(event for event in self.events if event not in self._told)

    @cached_property
    def _told(self) -> frozenset[Event]:
        told = {event for event in self.events if self._is_reported(event)}
        for deed, calls in self.stepped.deeds.items():
            told.update(event for event in self._events(deed, calls) if self._is_known(event, deed))
        return frozenset(told)

    def _is_reported(self, event: Event) -> bool:
        if event.kind in (Kind.INDIRECT_CALL, Kind.ATOMIC):
            return False
        on_line = [each for each in self.findings if each.root == event.root and _is_at(each, event)]
        return any(finding.rule in _rules(event) for finding in on_line)

    def _is_known(self, event: Event, deed: Deed) -> bool:
        """Clause 3."""
        below = self.below[deed.root]
        if event.kind is Kind.INDIRECT_CALL:
            return not below.functions.isdisjoint(symbols(deed.program).get(deed.value, ())) or _is_constant(event)
        if event.kind is Kind.ATOMIC:
            chain = tuple((frame.file, frame.line) for frame in deed.at)
            return not chain or any(_are_one(chain, known) for known in below.atomics)
        return False

    @property
    def silent(self) -> list[Event]:
        """The missing of roots of which the report does not say that something is unknown."""
        return [event for event in self.missing if not self.below[event.root].is_open]

    @cached_property
    def findings(self) -> list[Finding]:
        """Those that something of `Act` could show."""
        rules = {*_SHOWN_BY, *_HEAP}
        return [each for report in self.reports.values() for each in report.findings if each.rule in rules]

    def seen(self, finding: Finding) -> Mapping[int, int]:
        """By call, how often something showed a finding to be right; of what has no line the root is enough."""
        found: Counter[int] = Counter()
        for deed in self._deeds_of[finding.root]:
            is_there = not deed.line or place(finding) in deed.around
            if is_there and deed.act in _SHOWN_BY[finding.rule] and not is_linked(deed):
                found.update(self.stepped.deeds[deed])
        return found

    def _has_better(self, finding: Finding) -> bool:
        """Whether a finding of a better class stands on the same line: what is seen there may be that one's."""
        better = CLASSES[: CLASSES.index(finding.class_)]
        alike = (each for each in self.findings if (each.root, each.rule) == (finding.root, finding.rule))
        return any(each.class_ in better and place(each) == place(finding) for each in alike)

    @cached_property
    def _deeds_of(self) -> Mapping[str, Sequence[Deed]]:
        found: dict[str, list[Deed]] = defaultdict(list)
        for deed in self.stepped.deeds:
            found[deed.root].append(deed)
        return found

    def statements(self, finding: Finding) -> Mapping[str, bool]:
        """What a finding says that counting could refute, and whether it holds (clause 4)."""
        if finding.rule not in _SHOWN_BY or _costs_nothing(finding):
            return {}
        held = self.stepped.contended.get(finding.root, frozenset())
        calls, seen = self.stepped.calls.get(finding.root, frozenset()) - held, self.seen(finding)
        said: dict[str, bool] = {}
        if finding.class_ == "hot" and finding.frequency == "always" and calls:
            said["always"] = bool(seen) if finding.rule in _MAY else calls <= seen.keys()
        if finding.class_ == "first-use" and len(calls) > 1 and not self._has_better(finding):
            said["first use"] = len(seen.keys() & calls) <= 1
        if finding.class_ == "hot" and finding.loop_depth == 0 and not calls.isdisjoint(seen):
            said["no loop"] = max(seen[call] for call in calls & seen.keys()) < _MANY
        return said


def _is_at(finding: Finding, event: Event) -> bool:
    anywhere = not event.line or event.kind is Kind.WAIT
    return anywhere or place(finding) == (event.file, event.line)


def _rules(event: Event) -> frozenset[str]:
    """The rules that speak of an event."""
    match event.kind:
        case Kind.LOCK:
            return frozenset({"RF201"})
        case Kind.WAIT:
            return frozenset({"RF201", "RF203"})
        case Kind.CLOCK:
            return frozenset({"RF207"})
        case _:
            number = int(event.what)
            more = _HEAP if number in _OF_MEMORY else ("RF207",) if number in _OF_CLOCKS else ()
            return frozenset({"RF202", *more})


def _are_one(left: Lines, right: Lines) -> bool:
    """Whether two inline chains agree as far as both go: a root may be inlined further into what calls it. Merged code
    may have no line."""
    pairs = list(zip(left, right, strict=False))
    return bool(pairs) and all(here == there or 0 in (here[1], there[1]) for here, there in pairs)


def _costs_nothing(finding: Finding) -> bool:
    """A load that orders strictly is a plain load on x86-64."""
    said = (finding.detail.get("operation"), finding.detail.get("operations"))
    return finding.rule == "RF205" and ("load" in said or ["load"] in said)


def _is_constant(event: Event) -> bool:
    """``Any`` answers with a constant; its calls have no candidates on purpose (`ringfence.graphs.dispatch`)."""
    return event.what.endswith(" as core::any::Any>::type_id")


def is_linked(deed: Deed) -> bool:
    """Whether a call goes through a word that the linker fills: a direct call."""
    return any(start <= deed.slot < end for start, end in _linked_words(deed.program))


def callee(deed: Deed) -> str | None:
    """The function that an indirect call went to; None where that is no business of the audit: a direct call, another
    file, the driver's own code, the heap."""
    if is_linked(deed):
        return None
    names = symbols(deed.program).get(deed.value, frozenset())
    drivers = ("runs::", f"{deed.program.name}::main")
    audited = [name for name in sorted(names) if not any(driver in name for driver in drivers)]
    return next((name for name in audited if not _ALLOCATOR.match(name)), None)


@cache
def symbols(program: Program) -> Mapping[int, frozenset[str]]:
    """The functions that begin at each address, by `nm` of the GNU binutils."""
    told = subprocess.run(["nm", program.executable], capture_output=True, text=True, check=True)
    found: dict[int, set[str]] = defaultdict(set)
    for line in told.stdout.splitlines():
        address, _, symbol = line.partition(" ")
        if address:
            found[int(address, 16)].add(display_name(symbol[2:]))
    return {address: frozenset(names) for address, names in found.items()}


@cache
def _linked_words(program: Program) -> Sequence[tuple[int, int]]:
    with program.executable.open("rb") as file:
        sections = [each for each in ELFFile(file).iter_sections() if each.name.startswith(".got")]
        return [(each["sh_addr"], each["sh_addr"] + each["sh_size"]) for each in sections]


@cache
def compare() -> Comparison:
    """Step, audit, compare; once a process. The programs must have been built. Raises `NotHere`."""
    stepped = step_all()
    crates = sorted({crate_of(root) for root in stepped.calls})
    with ThreadPoolExecutor(2) as pool:
        reports = dict(zip(crates, pool.map(audit, crates), strict=True))
    below = {root: found for crate in crates for root, found in below_roots(crate).items()}
    return Comparison(stepped, reports, below)

"""What to change first: the findings by the call that leads to them, those calls first whose change removes most.

A change at a call removes the findings that begin there, and those that the cuts of the graph say go with it, unless it
keeps the call: made direct, it still allocates. Calls are taken greedily, the one that removes the most of what is
left; nothing is promised twice.
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from ringfence.graphs.names import method_name, trait_method, without_generics
from ringfence.passes.prose import listed
from ringfence.passes.rule import Frequency, Level
from ringfence.pipeline.report.model import Finding, Place, Recommendation, is_elided
from ringfence.pipeline.report.rewrite import Change, change_for
from ringfence.pipeline.report.written import NOTHING_WRITTEN, written_call
from ringfence.pipeline.source import Excerpt

ExcerptOf = Callable[[str, int, int], Excerpt | None]
_DERIVED = frozenset({"Clone", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"})
"""Traits of the standard library whose implementation a ``#[derive]`` writes."""
_KEEPS_THE_CALL = frozenset({"RF205", "RF206", "RF301", "RF302", "RF303", "RF401", "RF402", "RF403", "RF404", "RF405"})
"""Rules whose change leaves the call where it is: a direct call does what the virtual one did."""
_NAMES_THE_CALL = ("RF204", "RF203", "RF201", "RF503")
_LIMITS = "RF9"
_WORD = re.compile(r"^[^/]*[A-Za-z_]")
"""A line that says something; the brace at which a value is dropped does not."""
_LEVELS = tuple(Level)
_CLASSES = ("hot", "amortized", "first-use", "cold", "panic")


_Rank = tuple[int, int, bool, int, str, str]


@dataclass(frozen=True, slots=True)
class _Call:
    """One place of the source, and what goes when it is changed."""

    place: Place | None
    finding: Finding
    """The worst that begins here: its rule says what to change."""
    frame: int
    """Number of its frame, -1 where none is the user's."""
    excerpt: Excerpt | None
    change: Change
    removes: frozenset[str]
    also: tuple[Place, ...] = ()
    """Other calls that the same change serves."""


def recommendations(findings: Iterable[Finding], excerpt: ExcerptOf, *, strict: bool) -> tuple[Recommendation, ...]:
    """The changes for what fails or warns, in strict mode for everything; limits of the analysis come last."""
    told = {each.fingerprint: each for each in findings if each.suppressed is None and not is_elided(each.detail)}
    urgent = frozenset(name for name, each in told.items() if strict or each.level in (Level.ERROR, Level.WARNING))
    deeds = [each for each in told.values() if each.fingerprint in urgent and not each.rule.startswith(_LIMITS)]
    limits = [each for each in told.values() if each.fingerprint in urgent and each.rule.startswith(_LIMITS)]
    left = set(told)
    ranked = [pair for group in (deeds, limits) for pair in _ranked(_merged(_calls(group, told, excerpt)), told, left)]
    return tuple(_recommendation(call, removed, told) for call, removed in ranked)


def _calls(findings: Iterable[Finding], told: Mapping[str, Finding], excerpt: ExcerptOf) -> Iterator[_Call]:
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    sites: dict[tuple[object, ...], tuple[Place | None, Excerpt | None]] = {}
    for finding in findings:
        place, _, line = _site(finding, excerpt)
        # Without a place of the user's, what is called is all that findings may have in common.
        key: tuple[object, ...] = (place.file, place.line, place.column) if place else (finding.rule, finding.sink)
        if _keeps_the_call(finding):
            key = (*key, finding.rule, finding.message if place is None else "")
        groups[key].append(finding)
        sites.setdefault(key, (place, line))
    for key, group in groups.items():
        place, line = sites[key]
        removed = {name for each in group for name in (each.fingerprint, *_removes(each)) if name in told}
        first = min(group, key=_naming)
        _, number, _ = _site(first, excerpt)
        change = change_for(first, number, line.text if line else "", line.start if line else 0)
        yield _Call(place, first, number, line, change, frozenset(removed))


def _merged(calls: Iterable[_Call]) -> Iterator[_Call]:
    """Calls that one change of a field serves are one; the worst of them shows it."""
    groups: dict[tuple[str, str], list[_Call]] = defaultdict(list)
    for call in calls:
        if call.change.of:
            groups[call.change.sentence, call.change.of].append(call)
        else:
            yield call
    for group in groups.values():
        first, *others = sorted(group, key=_order)
        places = {_key(each.place): each.place for each in others if each.place and each.place != first.place}
        removes = frozenset[str]().union(*(each.removes for each in group))
        yield replace(first, removes=removes, also=tuple(places[key] for key in sorted(places)))


def _key(place: Place | None) -> tuple[str, int, int]:
    return (place.file, place.line, place.column) if place else ("", 0, 0)


def _keeps_the_call(finding: Finding) -> bool:
    return finding.rule in _KEEPS_THE_CALL or "cycle" in finding.detail


def _naming(finding: Finding) -> tuple[int, _Rank]:
    """What a call is comes before what it does: a queue that allocates is a queue first."""
    return (_NAMES_THE_CALL.index(finding.rule) if finding.rule in _NAMES_THE_CALL else len(_NAMES_THE_CALL)), _rank(
        finding
    )


def _removes(finding: Finding) -> tuple[str, ...]:
    if _keeps_the_call(finding):
        return ()
    return msgspec.convert(finding.detail.get("removes", ()), tuple[str, ...])


def _site(finding: Finding, excerpt: ExcerptOf) -> tuple[Place | None, int, Excerpt | None]:
    """The line to change. What a ``#[derive]`` wrote has the line of a field: its caller is the one."""
    frame = _frame(finding)
    if finding.location is None or not _is_derived(finding, frame):
        return finding.location, frame, finding.source
    for number in range(frame - 1, -1, -1):
        step = finding.path[number]
        if step.own and step.file and step.line:
            return Place(file=step.file, line=step.line), number, excerpt(step.file, step.line, 0)
    return finding.location, frame, finding.source


def _frame(finding: Finding) -> int:
    return next((number for number in range(len(finding.path) - 1, -1, -1) if finding.path[number].own), -1)


def _is_derived(finding: Finding, frame: int) -> bool:
    if frame < 1 or finding.source is None:
        return False
    split = trait_method(finding.path[frame].function)
    if split is None or without_generics(split[1]).rsplit("::", 1)[-1] not in _DERIVED:
        return False
    callee = method_name(finding.path[frame + 1].function) if frame + 1 < len(finding.path) else ""
    return written_call(finding.source.text, finding.source.start, callee) is NOTHING_WRITTEN


def _ranked(
    calls: Iterable[_Call], told: Mapping[str, Finding], left: set[str]
) -> Iterator[tuple[_Call, frozenset[str]]]:
    """Greedy cover of what is ``left``, from which it takes. A call removes ever less while others are taken, so a
    stale weight only ever comes too early."""
    numbered = list(calls)
    heap = [(_weight(call.removes, told), _order(call), number) for number, call in enumerate(numbered)]
    heapq.heapify(heap)
    while heap:
        _, order, number = heapq.heappop(heap)
        call = numbered[number]
        removed = call.removes & left
        if not any(_is_urgent(told[name]) for name in removed) and call.finding.fingerprint not in removed:
            continue
        entry = (_weight(removed, told), order, number)
        if heap and entry > heap[0]:
            heapq.heappush(heap, entry)
            continue
        left -= removed
        yield call, removed


def _is_urgent(finding: Finding) -> bool:
    return finding.level in (Level.ERROR, Level.WARNING)


def _weight(removed: Iterable[str], told: Mapping[str, Finding]) -> tuple[int, int, int]:
    """Errors, then warnings, then the rest; negative, because the smallest comes first."""
    levels = Counter(told[name].level for name in removed)
    return -levels[Level.ERROR], -levels[Level.WARNING], -levels[Level.NOTE]


def _order(call: _Call) -> tuple[_Rank, tuple[str, int, int]]:
    return _rank(call.finding), _key(call.place)


def _rank(finding: Finding) -> _Rank:
    """Among equals: the worse class, what is always executed, and what stands in deeper loops."""
    return (
        _LEVELS.index(finding.level),
        _CLASSES.index(finding.class_),
        finding.frequency is not Frequency.ALWAYS,
        -finding.own_loop_depth,
        finding.rule,
        finding.fingerprint,
    )


def _recommendation(call: _Call, removed: frozenset[str], told: Mapping[str, Finding]) -> Recommendation:
    sentence, line = call.change.sentence, call.excerpt
    return Recommendation(
        change=sentence[:1].upper() + sentence[1:],
        location=call.place,
        also=call.also,
        function=call.finding.path[call.frame].function if call.frame >= 0 else "",
        before=line.text.strip() if line and _WORD.search(line.text) else "",
        after=call.change.code,
        effect=_effect([told[name] for name in sorted(removed)]),
        removes=tuple(sorted(removed)),
    )


def _effect(findings: Sequence[Finding]) -> str:
    """``1 heap allocation and 1 heap free less, hot, in a loop of `Plant::on_packet```."""
    counts = sorted(Counter(_deed(each) for each in findings).items())
    what = listed([f"{number} {_plural(name) if number > 1 else name}" for name, number in counts])
    worst = min(findings, key=_rank)
    roots = sorted({each.root for each in findings})
    where = f"`{_last_two(roots[0])}`" if len(roots) == 1 else f"{len(roots)} roots"
    loop = ", in a loop" if worst.own_loop_depth else ""
    return f"{what} less under {where} ({worst.class_}, {worst.frequency.value}{loop})"


def _deed(finding: Finding) -> str:
    return "lock order" if "cycle" in finding.detail else finding.slug.replace("-", " ")


def _plural(name: str) -> str:
    counted, is_in, where = name.partition(" in ")
    if is_in:
        return f"{_plural(counted)} in {_plural(where)}"
    if name.endswith("ch"):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _last_two(path: str) -> str:
    plain = without_generics(path)
    return plain if plain.startswith("<") else "::".join(plain.split("::")[-2:])

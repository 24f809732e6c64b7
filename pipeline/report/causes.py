"""Causes: what a person reads. An own call expression under a root, with everything that happens there.

1. The findings of one root at one file, line and column are one cause. Where several values are dropped at one place,
   each type is one; so is each finding about a line or a type (`Rule.about_line`), and each that has no column.
2. Its effects are grouped by class, frequency and whether they stand in a loop. The group with the worst finding
   (level, class, frequency, depth of loops) is the sentence; the others are told after it.
3. In a group the heaviest rule (`Rule.weight`) leads, notes behind the rest. The first of the first group leads the
   cause: its path is shown, and its advice is given.
4. Causes stand by level, class, frequency, depth of loops, weight; then by number of effects, root and place.

Findings that the project allows are causes apart. A root that is not there comes first.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ringfence.graphs.facts import PathClass
from ringfence.passes.limits import ROOT_NOT_FOUND
from ringfence.passes.prose import listed
from ringfence.passes.rule import Finding, Frequency, Level, Location
from ringfence.passes.wording import short_name
from ringfence.pipeline.report.model import Cause, Effects

_LEVELS = tuple(Level)
_DROP = "the drop of "
_TO_THE_ROOT = re.compile(r" ?\b(?:of|in)$")


def causes(findings: Iterable[Finding], reasons: Mapping[str, str]) -> Iterator[Cause]:
    """The causes of the findings; ``reasons`` gives the reason for each fingerprint that the project allows."""
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[_expression(finding), finding.fingerprint in reasons].append(finding)
    for group in sorted(groups.values(), key=_rank):
        yield _cause(group)


def _expression(finding: Finding) -> tuple[object, ...]:
    place = finding.place
    if place is None or not place.column or finding.rule.about_line:
        return (finding.fingerprint,)
    dropped = finding.subject if finding.subject.startswith(_DROP) else ""
    return finding.root, place, dropped


def _cause(group: Sequence[Finding]) -> Cause:
    together: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in sorted(group, key=_badness):
        together[finding.path_class, finding.frequency, finding.own_loop_depth > 0].append(finding)
    first, *others = (sorted(each, key=_heaviest_first) for each in together.values())
    return Cause(
        root=first[0].root,
        level=min((each.level for each in group), key=_LEVELS.index).shown,
        message=_sentence(first),
        leading=_effects(first),
        others=tuple(map(_effects, others)),
    )


def _sentence(group: Sequence[Finding]) -> str:
    """`` `format!` formats, allocates and grows the heap on some calls of `root` ``."""
    leading = group[0]
    if len(group) == 1:
        return leading.message
    words = (leading.subject, _deeds(group), leading.when, f"`{short_name(leading.root)}`")
    return " ".join(filter(None, words))


def _effects(group: Sequence[Finding]) -> Effects:
    return Effects(
        when=_TO_THE_ROOT.sub("", group[0].when),
        what=_deeds(group),
        rules=tuple(dict.fromkeys(each.rule.id for each in group)),
        findings=tuple(each.fingerprint for each in group),
    )


def _deeds(group: Sequence[Finding]) -> str:
    return listed(list(dict.fromkeys(each.deed or each.message for each in group)))


def _badness(finding: Finding) -> tuple[int, PathClass, bool, int, int, str]:
    is_seldom = finding.frequency is not Frequency.ALWAYS
    return (
        _LEVELS.index(finding.level.shown),
        finding.path_class,
        is_seldom,
        -finding.own_loop_depth,
        -finding.rule.weight,
        finding.fingerprint,
    )


def _heaviest_first(finding: Finding) -> tuple[bool, int, int, str, str]:
    is_note = finding.level.shown is Level.NOTE
    return is_note, not finding.subject, -finding.rule.weight, finding.rule.id, finding.fingerprint


def _rank(group: Sequence[Finding]) -> tuple[object, ...]:
    worst = min(map(_badness, group))
    place = group[0].place or Location("", 0)
    where = (place.file, place.line, place.column)
    found = group[0].rule is not ROOT_NOT_FOUND
    return found, *worst[:-1], -len(group), group[0].root, *where, worst[-1]

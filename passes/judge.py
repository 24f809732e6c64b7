"""From sinks to findings: every pass over every reached function, then each root's way to what they found."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from ringfence.graphs.chains import Chains
from ringfence.graphs.classes import AnchorPlace
from ringfence.graphs.explainer import Explainer
from ringfence.graphs.hotpath import Anchored, HotPath, SinkSite
from ringfence.graphs.outline import Outline, Outlines
from ringfence.graphs.program import Function
from ringfence.graphs.search import Ways, leading_to
from ringfence.passes.ability import Abilities
from ringfence.passes.allocation import AllocationPass
from ringfence.passes.atomics import AtomicPass
from ringfence.passes.batching import BatchingPass
from ringfence.passes.blocking import BlockingPass
from ringfence.passes.branching import BranchingPass
from ringfence.passes.channels import ChannelPass
from ringfence.passes.checks import ChecksPass
from ringfence.passes.clocks import ClockPass
from ringfence.passes.cloning import CloningPass
from ringfence.passes.copying import CopyingPass
from ringfence.passes.elided import ElidedPass
from ringfence.passes.hints import HintsPass
from ringfence.passes.identity import BY_WAY, FOLDING, WITHIN_OTHERS, Fingerprints, rule_of
from ringfence.passes.lifetimes import lifetimes
from ringfence.passes.limits import LimitsPass
from ringfence.passes.lock_order import with_what_is_held
from ringfence.passes.locking import LockingPass
from ringfence.passes.memory import Memory
from ringfence.passes.memory_rules import ABOUT_TYPES, MEMORY_PASSES, with_memory
from ringfence.passes.numa import NumaPass
from ringfence.passes.options import DEFAULT_OPTIONS, Options
from ringfence.passes.panics import PanicsPass
from ringfence.passes.rule import Finding, Rule
from ringfence.passes.serialization import SerializationPass
from ringfence.passes.sink import Configurable, Pass, Sink
from ringfence.passes.spinning import SpinPass
from ringfence.passes.walking import WalkingPass
from ringfence.passes.wording import Display, location_of, worded

PASSES: tuple[Pass, ...] = (
    AllocationPass(),
    LockingPass(),
    BlockingPass(),
    SpinPass(),
    ChannelPass(),
    AtomicPass(),
    ClockPass(),
    BranchingPass(),
    ChecksPass(),
    PanicsPass(),
    HintsPass(),
    WalkingPass(),
    CloningPass(),
    CopyingPass(),
    SerializationPass(),
    BatchingPass(),
    NumaPass(),
    LimitsPass(),
)

RULES: tuple[Rule, ...] = (
    *(rule for each in PASSES for rule in each.rules),
    *(rule for each in MEMORY_PASSES for rule in each.rules),
)
"""Every rule that an audit can report."""

Sinks = Mapping[int, Sequence[SinkSite[Sink]]]


def find_sinks(hot_path: HotPath, passes: Sequence[Pass] = PASSES) -> Sinks:
    """Every pass over every reached function, once for all roots."""
    sinks: dict[int, list[SinkSite[Sink]]] = defaultdict(list)
    for number in sorted(hot_path.reached.functions):
        function = hot_path.reached.program.functions[number]
        for each in passes:
            sinks[number].extend(each.sinks(function, hot_path))
    return with_what_is_held(hot_path, sinks)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the passes find, ready to be asked for each root."""

    sinks: Sinks
    explainers: Sequence[Explainer[Sink]]
    ways: Ways
    panic_ways: Ways
    """Those that count for places that panic (`ringfence.graphs.panics`, clause 5)."""
    abilities: Abilities
    chains: Chains[Sink]
    panic_chains: Chains[Sink]
    outlines: Outlines[Sink]

    def explain(self, root: Function) -> Iterator[Anchored[Sink]]:
        """What one root can do, in no particular order."""
        return (each for explainer in self.explainers for each in explainer.explain(root))

    def ways_to(self, sink: Sink) -> Ways:
        """The ways that a sink is found by."""
        return self.panic_ways if sink.is_panic else self.ways

    def chains_to(self, root: Function) -> Callable[[Anchored[Sink]], int]:
        """The numbers of call chains to what the root can do."""
        plain, panics = self.chains.counts(root), self.panic_chains.counts(root)
        return lambda each: (panics if each.payload.is_panic else plain)[each.expression, each.group]


def judged(
    hot_path: HotPath, *, memory: Memory | None = None, elided: bool = False, options: Options = DEFAULT_OPTIONS
) -> Judged:
    """Run every pass; ``memory`` is what the roots touch, ``elided`` tells the allocations that LLVM removed, too."""
    passes = tuple(each.configured(options) if isinstance(each, Configurable) else each for each in PASSES)
    sinks = find_sinks(hot_path, (*passes, ElidedPass()) if elided else passes)
    sinks = with_memory(sinks, memory) if memory else sinks
    plain = _only(sinks, lambda sink: not sink.is_panic)
    panics = _only(sinks, lambda sink: sink.is_panic)
    ways = _ways(hot_path, plain, frozenset())
    panic_ways = _ways(hot_path, panics, hot_path.reached.beyond_panics)
    return Judged(
        sinks,
        _explainers(hot_path, plain, panics),
        ways,
        panic_ways,
        Abilities(hot_path, sinks),
        Chains(hot_path, ways, plain, FOLDING),
        Chains(hot_path, panic_ways, panics, FOLDING),
        Outlines(hot_path, _ways(hot_path, sinks, frozenset()), sinks),
    )


def _ways(hot_path: HotPath, sinks: Sinks, avoid: AbstractSet[int]) -> Ways:
    worth = leading_to(hot_path.reached, (number for number, sites in sinks.items() if sites))
    return Ways(hot_path.reached, hot_path.classifier, worth, avoid=avoid)


def _explainers(hot_path: HotPath, plain: Sinks, panics: Sinks) -> tuple[Explainer[Sink], ...]:
    """One for what panics, one for the rules whose findings are told apart by what happens, one for each of the
    others."""
    by_way = (Explainer(hot_path, _of_rule(plain, rule), folding) for rule, folding in BY_WAY.items())
    return (
        Explainer(hot_path, _only(plain, lambda sink: sink.rule not in BY_WAY), FOLDING),
        *by_way,
        Explainer(hot_path, panics, FOLDING, avoid=hot_path.reached.beyond_panics),
    )


def _of_rule(sinks: Sinks, rule: Rule) -> Sinks:
    return _only(sinks, lambda sink: sink.rule is rule)


def _only(sinks: Sinks, wanted: Callable[[Sink], bool]) -> Sinks:
    """Those that are wanted."""
    found = ((number, [site for site in sites if wanted(site.payload)]) for number, sites in sinks.items())
    return {number: sites for number, sites in found if sites}


def judge(root: Function, sinks: Judged, display: Display) -> Iterator[Finding]:
    """The findings of one root (`ringfence.passes.identity`), sorted by place."""
    return (finding for finding, _ in findings_and_ways(root, sinks, display))


def findings_and_ways(root: Function, sinks: Judged, display: Display) -> Iterator[tuple[Finding, Anchored[Sink]]]:
    """As `judge`, each finding with the way that it was found by."""
    named = list(_named(root, sinks, display))
    chains = sinks.chains_to(root)
    removed = _removed(named, sinks.outlines.of(root))
    lives = lifetimes(named)
    for fingerprint, rule, each in named:
        able = sinks.abilities.of(each.payload.targets or ())
        others = (
            [name for name in removed.get(each.place, ()) if name != fingerprint] if goes_with_its_call(rule) else []
        )
        finding = worded(rule, root, each, able, display, fingerprint)
        detail = {
            **finding.detail,
            "sinks": each.sinks,
            "places": len(each.folded),
            **({"removes": others} if others else {}),
        }
        life = lives.get(fingerprint)
        if life:
            finding = replace(finding, help=f"{finding.help.removesuffix('.')}; {life.help}")
            detail.update(life.detail)
        yield replace(finding, paths=chains(each), detail=detail), each


def _removed(
    named: Iterable[tuple[str, Rule, Anchored[Sink]]], outline: Outline
) -> Mapping[AnchorPlace | None, Sequence[str]]:
    """By place, the fingerprints of the findings that go when the call there goes."""
    at: dict[AnchorPlace, list[str]] = defaultdict(list)
    for fingerprint, rule, each in named:
        if each.place is not None and goes_with_its_call(rule):
            at[each.place].append(fingerprint)
    removed = outline.removed(at.keys())
    return {cut: sorted(name for place in places for name in at[place]) for cut, places in removed.items()}


def goes_with_its_call(rule: Rule) -> bool:
    """Whether a finding goes when the call that leads to it goes; how a type lies in memory stays."""
    return rule not in ABOUT_TYPES


def _named(root: Function, sinks: Judged, display: Display) -> Iterator[tuple[str, Rule, Anchored[Sink]]]:
    """Fingerprint, rule and way of each finding, sorted by place."""
    found = sorted(
        ((rule_of(each.payload, grows=each.grows), each) for each in sinks.explain(root)),
        key=lambda pair: (_sort_key(pair[1], display), pair[0].id, repr((pair[1].expression[1], *_told(pair[1])))),
    )
    fingerprints = Fingerprints(root)
    types: set[tuple[str, str]] = set()
    for rule, each in found:
        if each.payload.only_for is not None and root.id not in each.payload.only_for:
            continue
        if rule in ABOUT_TYPES and (rule.id, each.payload.what) in types:
            continue
        if each.part == WITHIN_OTHERS or (each.payload.only_in_loops and not each.loop_depth):
            continue
        types.add((rule.id, each.payload.what))
        yield fingerprints.of(rule, each), rule, each


def _told(each: Anchored[Sink]) -> tuple[object, ...]:
    return each.group, each.part, each.path_class, each.loop_depth, each.payload.what


def _sort_key(each: Anchored[Sink], display: Display) -> tuple[str, int, int]:
    location = location_of(each.path[each.anchor], display) if each.anchor >= 0 else None
    return (location.file, location.line, location.column) if location else ("", 0, 0)

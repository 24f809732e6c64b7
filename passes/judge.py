"""From sinks to findings: every pass over every reached function, then each root's way to what they found."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ringfence.graphs.chains import Chains
from ringfence.graphs.classes import AnchorPlace
from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import Anchored, Explainer, Hop, HotPath, SinkSite
from ringfence.graphs.names import method_name, without_generics
from ringfence.graphs.outline import Outline, Outlines
from ringfence.graphs.program import Function
from ringfence.passes.ability import Abilities
from ringfence.passes.advice import advice
from ringfence.passes.allocation import AllocationPass
from ringfence.passes.atomics import AtomicPass
from ringfence.passes.batching import BatchingPass
from ringfence.passes.blocking import BLOCKING_CALL, BlockingPass
from ringfence.passes.blocking_kinds import WORDS, BlockingClass, blocking_class, macro, spelled
from ringfence.passes.branching import BranchingPass
from ringfence.passes.channels import SHARED_QUEUE, ChannelPass
from ringfence.passes.checks import ChecksPass
from ringfence.passes.clocks import CLOCK_READ, ClockPass, is_deadline
from ringfence.passes.cloning import CloningPass
from ringfence.passes.copying import CopyingPass
from ringfence.passes.elided import ELIDED, ElidedPass
from ringfence.passes.heap_detail import heap_detail, heap_verb
from ringfence.passes.hints import UNHINTED_BRANCH, HintsPass
from ringfence.passes.lifetimes import lifetimes
from ringfence.passes.limits import MISSING_IR, LimitsPass
from ringfence.passes.lock_order import with_what_is_held
from ringfence.passes.locking import LockingPass
from ringfence.passes.memory import Memory
from ringfence.passes.memory_rules import ABOUT_TYPES, MEMORY_PASSES, with_memory
from ringfence.passes.numa import NumaPass
from ringfence.passes.options import DEFAULT_OPTIONS, Options
from ringfence.passes.rule import Finding, Frequency, Level, Location, Rule, Step, Via
from ringfence.passes.serialization import SerializationPass
from ringfence.passes.sink import Configurable, Pass, Sink
from ringfence.passes.spinning import SPIN_WAIT, SpinPass, is_of_others
from ringfence.passes.walking import WalkingPass
from ringfence.passes.written_calls import short_type, spelled_call

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

_DROP = re.compile(r"core::ptr::(?:drop_in_place|drop_glue)::<(.*)>")

_CONSTRUCTOR = re.compile(r"(?:try_)?(?:new|with|from|default|empty)(?:_\w+)?")

_TOLD_ALONE = ABOUT_TYPES | {UNHINTED_BRANCH}
"""Rules whose findings are about the line, whatever it calls."""

_SPELLED = frozenset({BLOCKING_CALL, SHARED_QUEUE, CLOCK_READ})
"""Rules whose findings name the called function with the type or module that it stands in."""

_WIDEST_TYPE = 48

Display = Callable[[str], str]
"""A file as the compiler named it, to the form that reports show."""

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
    explainer: Explainer[Sink]
    abilities: Abilities
    chains: Chains[Sink]
    outlines: Outlines[Sink]


def judged(
    hot_path: HotPath, *, memory: Memory | None = None, elided: bool = False, options: Options = DEFAULT_OPTIONS
) -> Judged:
    """Run every pass; ``memory`` is what the roots touch, ``elided`` tells the allocations that LLVM removed, too."""
    passes = tuple(each.configured(options) if isinstance(each, Configurable) else each for each in PASSES)
    sinks = find_sinks(hot_path, (*passes, ElidedPass()) if elided else passes)
    sinks = with_memory(sinks, memory) if memory else sinks
    explainer = Explainer(hot_path, sinks, group_of)
    chains = Chains(hot_path, explainer.ways, sinks, group_of)
    return Judged(sinks, explainer, Abilities(hot_path, sinks), chains, Outlines(hot_path, explainer.ways, sinks))


def judge(root: Function, sinks: Judged, display: Display) -> Iterator[Finding]:
    """The findings of one root, one for each rule and anchor, sorted by place."""
    return (finding for finding, _ in findings_and_ways(root, sinks, display))


def findings_and_ways(root: Function, sinks: Judged, display: Display) -> Iterator[tuple[Finding, Anchored[Sink]]]:
    """As `judge`, each finding with the way that it was found by."""
    named = list(_named(root, sinks, display))
    chains = sinks.chains.counts(root)
    removed = _removed(named, sinks.outlines.of(root))
    lives = lifetimes(named)
    for fingerprint, rule, each in named:
        able = sinks.abilities.of(each.payload.targets or ())
        others = (
            [name for name in removed.get(each.place, ()) if name != fingerprint] if goes_with_its_call(rule) else []
        )
        finding = _finding(rule, root, each, able, display, fingerprint)
        detail = {**finding.detail, "sinks": each.sinks, **({"removes": others} if others else {})}
        life = lives.get(fingerprint)
        if life:
            finding = replace(finding, help=f"{finding.help.removesuffix('.')}; {life.help}")
            detail.update(life.detail)
        yield replace(finding, paths=chains[each.place, each.group], detail=detail), each


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
        ((_rule(each.payload, grows=each.grows), each) for each in sinks.explainer.explain(root)),
        key=lambda pair: (_sort_key(pair[1], display), pair[0].id, pair[1].payload.what),
    )
    ordinals: Counter[str] = Counter()
    types: set[tuple[str, str]] = set()
    for rule, each in found:
        if each.payload.only_for is not None and root.id not in each.payload.only_for:
            continue
        if rule in ABOUT_TYPES and (rule.id, each.payload.what) in types:
            continue
        if (rule is CLOCK_READ and is_deadline(_way(each))) or (rule is SPIN_WAIT and is_of_others(_way(each))):
            continue
        types.add((rule.id, each.payload.what))
        identity = _identity(rule, root, each)
        ordinals[identity] += 1
        yield _fingerprint(identity, ordinals[identity]), rule, each


def _rule(sink: Sink, *, grows: bool) -> Rule:
    return sink.if_grows if grows and sink.if_grows else sink.rule


def group_of(sink: Sink, grows: bool) -> tuple[str, str]:
    """Sinks of one rule and anchor are one finding, but two missing functions, or two types, are two. What was removed
    is none of what is left, and grows nothing."""
    if sink is ELIDED:
        return sink.rule.id, sink.what
    if sink.only_for is not None:
        return sink.rule.id, f"{sink.what} {sink.only_for}"
    return _rule(sink, grows=grows).id, sink.what if sink.apart or sink.rule is MISSING_IR else ""


def _sort_key(each: Anchored[Sink], display: Display) -> tuple[str, int, int]:
    location = _location(each.path[each.anchor], display) if each.anchor >= 0 else None
    return (location.file, location.line, location.column) if location else ("", 0, 0)


def _identity(rule: Rule, root: Function, each: Anchored[Sink]) -> str:
    """Names only, so that a fingerprint survives edits that move lines."""
    anchor = each.path[each.anchor] if each.anchor >= 0 else each.path[0]
    names = (rule.id, root.name, anchor.function.name_of(anchor.frame), _api(each), each.payload.what)
    return "\0".join(without_generics(name) for name in names)


def _fingerprint(identity: str, ordinal: int) -> str:
    return hashlib.sha256(f"{identity}\0{ordinal}".encode()).hexdigest()[:12]


def _finding(
    rule: Rule,
    root: Function,
    each: Anchored[Sink],
    able: Mapping[str, Sequence[str]],
    display: Display,
    fingerprint: str,
) -> Finding:
    sink = each.payload
    api = _api(each)
    frequency = Frequency.ALWAYS if each.always else Frequency.CONDITIONAL
    when = _when(each.path_class, each.loop_depth, always=each.always)
    detail: dict[str, object] = dict(sink.notes)
    if sink.size >= 0:
        detail["bytes"] = sink.size
    if sink.candidates:
        detail["candidates"] = sink.candidates
    if sink.targets is not None:
        detail["able"] = able
    if sink.unread:
        detail["unread"] = sink.unread
    if rule in BranchingPass.rules:
        detail["closed"] = sink.closed
    if sink.method:
        detail["method"] = sink.method
    detail |= heap_detail(rule.id, each)
    if rule is BLOCKING_CALL:
        detail["class"] = _blocking_class(each).value
    if rule in _SPELLED and _called(each) and not _DROP.fullmatch(_called(each)):
        detail["called"] = spelled(_called(each))
    return Finding(
        rule=rule,
        level=_level(rule, each),
        path_class=each.path_class,
        frequency=frequency,
        loop_depth=each.loop_depth,
        root=root.name,
        sink=sink.what,
        message=f"{_deed(rule, each)} {when} `{short_name(root.name)}`",
        anchor=_location(each.path[each.anchor], display) if each.anchor >= 0 else None,
        path=_steps(each.path, sink, display),
        fingerprint=fingerprint,
        paths=each.sinks,
        help=sink.help or advice(rule, api or sink.method.rsplit("::", 1)[-1]),
        detail=detail,
    )


def _level(rule: Rule, each: Anchored[Sink]) -> Level:
    sink = each.payload
    bounds = (rule.levels[each.path_class], sink.at_most, sink.at_most_once if not each.loop_depth else None)
    return max((level for level in bounds if level), key=tuple(Level).index)


def _deed(rule: Rule, each: Anchored[Sink]) -> str:
    sink = each.payload
    is_alone = sink.alone and (rule in _TOLD_ALONE or not _called(each))
    if is_alone:
        return sink.alone
    # Machine code that is called right there, and is what is not known.
    is_itself = rule is MISSING_IR and _called(each) == sink.what
    if rule is BLOCKING_CALL and not sink.at_most:
        return f"{_subject(each)} {sink.verb} ({WORDS[_blocking_class(each)]})"
    verb = sink.verb if is_itself else heap_verb(rule.id, each, _verb(rule, sink))
    return f"{_subject(each)} {verb}"


def _subject(each: Anchored[Sink]) -> str:
    """Who does it: the function that the user's line calls, the drop of a value, or, without either, the sink."""
    called = _called(each)
    dropped = _DROP.fullmatch(called)
    if dropped:
        return f"the drop of `{_readable(dropped[1])}`"
    if called:
        return f"`{_named_call(called, each.payload.rule)}`"
    sink = each.payload
    return f"`{short_name(sink.method)}`" if sink.method else sink.what


def _named_call(called: str, rule: Rule) -> str:
    """A method goes by its own name, what makes a value by that of its type, too: ``new`` says nothing."""
    is_conversion = called.startswith("<") and _CONSTRUCTOR.fullmatch(method_name(called))
    if rule in _SPELLED and not is_conversion:
        return spelled(called)
    if macro(called) or not _CONSTRUCTOR.fullmatch(method_name(called)):
        return macro(called) or method_name(called)
    written = spelled_call(called)
    return written if written.endswith("!") else spelled_call(without_generics(called))


def _verb(rule: Rule, sink: Sink) -> str:
    if rule is not sink.rule:
        return "can grow its container"
    if rule is MISSING_IR:
        return f"calls `{short_name(sink.what)}`, which {sink.verb},"
    return sink.verb


def _blocking_class(each: Anchored[Sink]) -> BlockingClass:
    if each.payload.at_most is Level.NOTE:
        return BlockingClass.LOG
    return blocking_class(each.payload.what, _way(each))


def _way(each: Anchored[Sink]) -> Iterator[str]:
    """Paths of the functions from the one that the user's line calls on."""
    return (hop.function.name_of(hop.frame) for hop in each.path[each.anchor + 1 :])


def _called(each: Anchored[Sink]) -> str:
    """Path of the function that the user's line calls: the first frame behind the anchor."""
    if each.anchor < 0 or each.anchor + 1 >= len(each.path):
        return ""
    hop = each.path[each.anchor + 1]
    return hop.function.name_of(hop.frame)


def _api(each: Anchored[Sink]) -> str:
    return method_name(_called(each))


def _when(path_class: PathClass, loop_depth: int, *, always: bool) -> str:
    match path_class:
        case PathClass.HOT if loop_depth:
            return "in a loop of"
        case PathClass.HOT:
            return "on every call of" if always else "on some calls of"
        case PathClass.AMORTIZED:
            return "now and then (amortised) in"
        case PathClass.FIRST_USE:
            return "on first use in"
        case PathClass.COLD:
            return "on an unlikely path of"
        case PathClass.PANIC:
            return "when unwinding or aborting in"


def _readable(type_: str) -> str:
    short = short_type(type_)
    return short if len(short) <= _WIDEST_TYPE else short_name(type_)


def short_name(path: str) -> str:
    """The last two segments without generic arguments: ``Plant::on_packet``."""
    plain = without_generics(path)
    if plain.startswith("<") or " " in plain:
        return plain
    return "::".join(plain.split("::")[-2:])


def _location(hop: Hop, display: Display) -> Location | None:
    if not hop.frame.line:
        return None
    return Location(display(hop.function.file_of(hop.frame)), hop.frame.line, hop.frame.column)


def _steps(path: Sequence[Hop], sink: Sink, display: Display) -> tuple[Step, ...]:
    return (*steps_of(path, display), Step(sink.what, None, Via.CALL, own=False))


def steps_of(path: Sequence[Hop], display: Display) -> Iterator[Step]:
    """A path of the graph as findings tell it."""
    return (Step(hop.function.name_of(hop.frame), _location(hop, display), Via(hop.via), hop.own) for hop in path)

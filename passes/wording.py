"""A finding in words: who does what, when, and what to do instead."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import Anchored, Hop
from ringfence.graphs.names import STANDARD_CRATES, crate_of, method_name, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.advice import advice
from ringfence.passes.blocking import BLOCKING_CALL
from ringfence.passes.blocking_kinds import WORDS, BlockingClass, macro, only_yields, spelled
from ringfence.passes.branching import BranchingPass
from ringfence.passes.channels import SHARED_QUEUE
from ringfence.passes.clocks import CLOCK_READ
from ringfence.passes.heap_detail import heap_detail, heap_verb
from ringfence.passes.identity import FOR_A_DEADLINE
from ringfence.passes.limits import MISSING_IR
from ringfence.passes.rule import Finding, Frequency, Level, Location, Rule, Step, Via
from ringfence.passes.sink import Sink
from ringfence.passes.written_calls import short_type, spelled_call

_DROP = re.compile(r"core::ptr::(?:drop_in_place|drop_glue)::<(.*)>")

_CONSTRUCTOR = re.compile(r"(?:try_)?(?:new|with|from|default|empty)(?:_\w+)?")

_SPELLED = frozenset({BLOCKING_CALL, SHARED_QUEUE, CLOCK_READ})
"""Rules whose findings name the called function with the type or module that it stands in."""

_NAMED = re.compile(r"(`[^`]+`) (.*)")
"""A sentence that begins with who does it."""

_WIDEST_TYPE = 48


Display = Callable[[str], str]
"""A file as the compiler named it, to the form that reports show."""


def worded(
    rule: Rule,
    root: Function,
    each: Anchored[Sink],
    able: Mapping[str, Sequence[str]],
    display: Display,
    fingerprint: str,
) -> Finding:
    """The finding of a rule under a root; ``able`` is what the targets of an indirect call can do."""
    sink = each.payload
    api = _api(each)
    subject, deed = _subject_and_deed(rule, each)
    frequency = Frequency.ALWAYS if each.always else Frequency.CONDITIONAL
    how_often = "in" if sink.is_panic else _when(each.path_class, each.own_loop_depth, always=each.always)
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
        own_loop_depth=each.own_loop_depth,
        root=root.name,
        sink=sink.what,
        message=" ".join(filter(None, (subject, deed, how_often, f"`{short_name(root.name)}`"))),
        anchor=location_of(each.path[each.anchor], display) if each.anchor >= 0 else None,
        path=_steps(each.path, sink, display),
        fingerprint=fingerprint,
        paths=each.sinks,
        help=sink.help or advice(rule, api or sink.method.rsplit("::", 1)[-1] or sink.what, _library(each)),
        subject=subject,
        deed=deed,
        when=how_often,
        detail=detail,
    )


def _level(rule: Rule, each: Anchored[Sink]) -> Level:
    sink = each.payload
    bounds = (
        rule.levels[each.path_class],
        sink.at_most,
        sink.at_most_once if not each.loop_depth else None,
        Level.NOTE if each.part == FOR_A_DEADLINE else None,
    )
    return max((level for level in bounds if level), key=tuple(Level).index)


def _subject_and_deed(rule: Rule, each: Anchored[Sink]) -> tuple[str, str]:
    sink = each.payload
    is_alone = sink.alone and (rule.about_line or not _called(each))
    if is_alone:
        named = _NAMED.fullmatch(sink.alone)
        return (named[1], named[2]) if named else ("", sink.alone)
    # Machine code that is called right there, and is what is not known.
    is_itself = rule is MISSING_IR and _called(each) == sink.what
    if rule is BLOCKING_CALL and not sink.at_most:
        return _subject(each), f"{sink.verb} ({_why_it_blocks(each)})"
    return _subject(each), sink.verb if is_itself else heap_verb(rule.id, each, _verb(rule, each))


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


def _verb(rule: Rule, each: Anchored[Sink]) -> str:
    sink = each.payload
    if rule is not sink.rule:
        return "can grow its container"
    if rule is MISSING_IR:
        return f"calls `{short_name(sink.what)}`, which {sink.verb},"
    if each.part == FOR_A_DEADLINE:
        return f"{sink.verb} for its own deadline"
    return sink.verb


def _called(each: Anchored[Sink]) -> str:
    """Path of the function that the user's line calls: the first frame behind the anchor."""
    if each.anchor < 0 or each.anchor + 1 >= len(each.path):
        return ""
    hop = each.path[each.anchor + 1]
    return hop.function.name_of(hop.frame)


def _blocking_class(each: Anchored[Sink]) -> BlockingClass:
    known = BlockingClass(str(each.part))
    symbols = (sink.what for sink in each.payloads if isinstance(sink, Sink))
    is_yield = known is BlockingClass.CHANNEL and only_yields(symbols)
    return BlockingClass.YIELD if is_yield else known


def _why_it_blocks(each: Anchored[Sink]) -> str:
    known = _blocking_class(each)
    is_shown = known is BlockingClass.CHANNEL and only_yields([each.payload.what])
    return "giving up the processor, or waiting, in a channel" if is_shown else WORDS[known]


def _library(each: Anchored[Sink]) -> str:
    """The dependency whose function the user's line calls; empty where it is none."""
    crate = crate_of(_called(each))
    is_foreign = crate and crate not in STANDARD_CRATES and not each.path[each.anchor + 1].own
    return crate if is_foreign else ""


def _api(each: Anchored[Sink]) -> str:
    return method_name(_called(each))


def _when(path_class: PathClass, own_loops: int, *, always: bool) -> str:
    match path_class:
        case PathClass.HOT if own_loops:
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


def location_of(hop: Hop, display: Display) -> Location | None:
    """Where a frame stands; None without a line."""
    if not hop.frame.line:
        return None
    return Location(display(hop.function.file_of(hop.frame)), hop.frame.line, hop.frame.column)


def _steps(path: Sequence[Hop], sink: Sink, display: Display) -> tuple[Step, ...]:
    return (*steps_of(path, display), Step(sink.what, None, Via.CALL, own=False))


def steps_of(path: Sequence[Hop], display: Display) -> Iterator[Step]:
    """A path of the graph as findings tell it."""
    return (Step(hop.function.name_of(hop.frame), location_of(hop, display), Via(hop.via), hop.own) for hop in path)

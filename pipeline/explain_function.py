"""``ringfence explain FUNCTION``: every way from the roots to a function.

Entering it is an event like those that findings are made of (`ringfence.graphs.entries`): ways, classes, anchors and
numbers of paths are found as theirs are.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from ringfence.graphs.chains import Chains
from ringfence.graphs.cuts import MOST_WAYS
from ringfence.graphs.entries import Entered, entries_of, names_entered
from ringfence.graphs.explainer import Explainer
from ringfence.graphs.folding import Folding
from ringfence.graphs.hotpath import Anchored, HotPath, SinkSite
from ringfence.graphs.names import Pattern, method_name, without_generics
from ringfence.graphs.program import Function
from ringfence.graphs.reasons import parts
from ringfence.passes.rule import Frequency, Step, Via
from ringfence.passes.wording import steps_of
from ringfence.pipeline.audit import AuditRequest, Linked, hot_path_of, uncollected
from ringfence.pipeline.errors import RootNotFoundError, UsageError
from ringfence.pipeline.nearest import nearest
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.propose import message, proposals
from ringfence.pipeline.report import explanation_model as model
from ringfence.pipeline.report.compose import CLASS_NAMES, this_tool
from ringfence.pipeline.report.frames import Spans, frames, turns
from ringfence.pipeline.report.model import Place
from ringfence.pipeline.roots import FunctionNames, Miss

_NEAREST = 3


def explain_function(request: AuditRequest, pattern: str, progress: Progress) -> model.FunctionExplanation:
    """Explain how the roots reach what the pattern names. Raises `RootNotFoundError` where no root reaches it."""
    with uncollected():
        linked, hot_path = hot_path_of(request, progress)
        if not linked.roots:
            raise UsageError(message(proposals(linked.built.own_packages)))
        if not linked.functions:
            raise RootNotFoundError("; ".join(_missed(linked)))
        known = names_entered(hot_path)
        names = Pattern(pattern).select(known)
        if not names:
            raise RootNotFoundError(_not_reached(pattern, linked, known))
        return _explained(pattern, names, _Ways.to(names, hot_path, strict=request.strict), linked)


def _missed(linked: Linked) -> list[str]:
    return [root.message for root in linked.roots if isinstance(root, Miss)]


def _not_reached(pattern: str, linked: Linked, known: set[str]) -> str:
    symbols = dict(linked.library.symbols.functions())
    here = FunctionNames(symbols).matching(Pattern(pattern))
    if here:
        return f"no root reaches `{here[0][0]}`, which is in this build; `ringfence entries` lists the roots"
    near = _nearest(pattern, known)
    names = f"; the nearest that they reach {_are(near)}" if near else ""
    return f"the roots reach no function `{pattern}`{names}"


def _nearest(pattern: str, known: set[str]) -> Sequence[str]:
    """Names that end alike first, then those that are like the whole."""
    plain = {without_generics(name) for name in known}
    last = method_name(pattern)
    same = sorted((name for name in plain if method_name(name) == last), key=lambda name: (len(name), name))
    return same[:_NEAREST] or nearest(pattern, plain, _NEAREST)


def _are(names: Sequence[str]) -> str:
    quoted = ", ".join(f"`{name}`" for name in names)
    return f"is {quoted}" if len(names) == 1 else f"are {quoted}"


def _one_kind(_entered: Entered, _grows: bool) -> Hashable:
    return ""


_BY_PLACE: Folding[Entered] = Folding(_one_kind, by_call=False)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Everything that leads to the functions."""

    hot_path: HotPath
    explainer: Explainer[Entered]
    chains: Chains[Entered]

    @classmethod
    def to(cls, names: Sequence[str], hot_path: HotPath, *, strict: bool) -> "_Ways":
        sites: Mapping[int, Sequence[SinkSite[Entered]]] = entries_of(frozenset(names), hot_path, follow_panic=strict)
        explainer = Explainer(hot_path, sites, _BY_PLACE)
        return cls(hot_path, explainer, Chains(hot_path, explainer.ways, sites, _BY_PLACE))


def _explained(pattern: str, names: Sequence[str], ways: _Ways, linked: Linked) -> model.FunctionExplanation:
    found = {root.id: _of_root(root, ways, linked) for root in linked.functions}
    reached = [each for each in found.values() if each]
    themselves = sorted({root.name for root in linked.functions if root.name in names})
    unreached = {root.name for root in linked.functions if not found[root.id]} - {*themselves}
    return model.FunctionExplanation(
        tool=this_tool(),
        build=linked.built.description,
        pattern=pattern,
        functions=tuple(names),
        roots=tuple(sorted(reached, key=_rank)),
        themselves=tuple(themselves),
        unreached=tuple(sorted(unreached)),
        missed=tuple(_missed(linked)),
    )


def _rank(each: model.RootWays) -> tuple[int, str, int]:
    return list(CLASS_NAMES.values()).index(each.class_), each.root, each.paths


def _of_root(root: Function, ways: _Ways, linked: Linked) -> model.RootWays | None:
    counts = ways.chains.counts(root)
    entries = sorted(
        ways.explainer.explain(root),
        key=lambda each: (each.path_class, not each.always, len(each.calls), each.place or ("", 0, 0)),
    )
    if not entries:
        return None
    best, files = entries[0], linked.built.files
    entered = best.site.payload
    steps = (*steps_of(best.path, files.display), Step(entered.name, None, Via(entered.via), own=False))
    path = parts(best, linked.program.functions, ways.explainer.ways)
    numbers = [counts[each.expression, each.group] for each in entries]
    return model.RootWays(
        root=root.name,
        class_=CLASS_NAMES[best.path_class],
        frequency=_frequency(best),
        loop_depth=best.loop_depth,
        paths=min(sum(numbers), MOST_WAYS),
        frames=frames(steps, files),
        turns=tuple(turns(path, Spans.of(path), steps)),
        ways=tuple(_way(each, number, linked) for each, number in zip(entries, numbers, strict=True)),
    )


def _way(each: Anchored[Entered], paths: int, linked: Linked) -> model.Way:
    place = None
    if each.place is not None:
        file, line, column = each.place
        place = Place(file=linked.built.files.display(file), line=line, column=column)
    return model.Way(
        location=place,
        class_=CLASS_NAMES[each.path_class],
        frequency=_frequency(each),
        loop_depth=each.loop_depth,
        paths=paths,
    )


def _frequency(each: Anchored[Entered]) -> Frequency:
    return Frequency.ALWAYS if each.always else Frequency.CONDITIONAL

"""``ringfence explain FINGERPRINT``: one finding of an audit, whole.

The audit runs again; what it read before is cached. `ringfence.pipeline.ways` explains a function instead.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.graphs.branches import Alternative, Branches, branches
from ringfence.graphs.cuts import MOST_WAYS
from ringfence.graphs.hotpath import Hop, via
from ringfence.graphs.program import Function
from ringfence.graphs.reasons import parts
from ringfence.passes.judge import group_of
from ringfence.passes.sink import Sink
from ringfence.pipeline.audit import Analysed, AuditRequest, Clock, Way, analyse, report_of
from ringfence.pipeline.build import Built
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.frames import Spans, conditions, frames, place_of, turns
from ringfence.pipeline.nearest import suggestion
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.report import explanation_model as model
from ringfence.pipeline.report.model import Finding, Report, ViaName


def explain_finding(request: AuditRequest, fingerprint: str, progress: Progress) -> model.FindingExplanation:
    """Explain the finding of which ``fingerprint`` is the beginning. Raises `UsageError` where none or several are."""
    analysed = analyse(request, progress, Clock())
    report = report_of(request, analysed)
    finding = select(report, fingerprint, is_strict=request.strict)
    ways = [way for way in analysed.ways if way.finding.fingerprint == finding.fingerprint]
    if not ways:
        # A root that was not found: there is no path.
        return _explanation(report, finding)
    return _whole(report, finding, ways[-1], analysed)


def select(report: Report, fingerprint: str, *, is_strict: bool) -> Finding:
    """The finding with a fingerprint that begins so."""
    found = [each for each in report.findings if each.fingerprint.startswith(fingerprint)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"`{each.fingerprint}`" for each in found)
        message = f"`{fingerprint}` begins the fingerprints of {len(found)} findings, {names}: give more of it"
        raise UsageError(message)
    known = [each.fingerprint for each in report.findings]
    near = suggestion(fingerprint, known) or _first_like(fingerprint, known)
    strict = "" if is_strict else ", and that panic paths are shown with --strict only"
    message = (
        f"this audit has no finding `{fingerprint}`{near}; mind that fingerprints change with the names in the path and "
        f"with the root{strict}"
    )
    raise UsageError(message)


def _first_like(fingerprint: str, known: Sequence[str]) -> str:
    """A short prefix is unlike everything whole."""
    cut = {each[: len(fingerprint)]: each for each in sorted(known, reverse=True)}
    near = suggestion(fingerprint, cut)
    return near.replace(near.split("`")[1], cut[near.split("`")[1]]) if near else ""


def _explanation(report: Report, finding: Finding) -> model.FindingExplanation:
    return model.FindingExplanation(
        tool=report.tool,
        build=report.build,
        finding=finding,
        frames=(),
        paths=finding.paths,
        sinks=0,
        branches=(),
        turns=(),
        conditions=(),
        cuts=(),
    )


def _whole(report: Report, finding: Finding, way: Way, analysed: Analysed) -> model.FindingExplanation:
    built, hot_path, sinks = analysed.linked.built, analysed.hot_path, analysed.sinks
    found = branches(way.best, way.root, hot_path, sinks.explainer.ways, sinks.sinks, group_of)
    path = parts(way.best, analysed.linked.program.functions, sinks.explainer.ways)
    spans = Spans.of(way.best.path, path)
    common = {spans.first(position) for position in found.common}
    return model.FindingExplanation(
        tool=report.tool,
        build=report.build,
        finding=finding,
        frames=frames(way.best.path, way.finding.sink, built.files, common),
        paths=found.chains,
        sinks=way.best.sinks,
        branches=tuple(_branches(found, way, spans, built)),
        turns=tuple(turns(path, spans, way.best.path)),
        conditions=tuple(conditions(path, spans, way.best.path)),
        cuts=tuple(_cuts(report, way, analysed)),
    )


def _branches(found: Branches[Sink], way: Way, spans: Spans, built: Built) -> Iterator[model.Branch]:
    for position, alternatives in sorted(found.leaving.items()):
        paths: Counter[_Difference] = Counter()
        frame_of: dict[_Difference, int] = {}
        for each in alternatives:
            difference, depth = _difference(each, way.best.path[spans.first(position) : spans.end(position)])
            paths[difference] = min(paths[difference] + each.chains, MOST_WAYS)
            frame_of[difference] = spans.first(position) + depth
        for frame in sorted(set(frame_of.values())):
            here = [each for each in paths if frame_of[each] == frame]
            listed = [_alternative(each, paths[each], built) for each in here]
            yield model.Branch(frame=frame, alternatives=tuple(sorted(listed, key=_rank)))


@dataclass(frozen=True, slots=True)
class _Difference:
    """Where a path leaves the best one: a position in a function's source, and what is called there."""

    file: str
    line: int
    column: int
    calls: str
    via: ViaName


def _difference(each: Alternative[Sink], best: Sequence[Hop]) -> tuple[_Difference, int]:
    """The outermost frame that differs from the best path's, and how deep in the inline chain it stands."""
    function = each.function
    chain = function.chain(each.location)[::-1]
    depth = next(
        (at for at, frame in enumerate(chain) if at >= len(best) or _position(function, frame) != _of_hop(best[at])),
        len(chain) - 1,
    )
    entered = _via(each)
    if depth + 1 < len(chain):
        calls, entered = function.name_of(chain[depth + 1]), "inline"
    else:
        calls = _callee(each)
    if depth < 0:
        return _Difference("", 0, 0, calls, entered), 0
    frame = chain[depth]
    difference = _Difference(function.file_of(frame), frame.line, frame.column, calls, entered)
    return difference, min(depth, len(best) - 1)


def _position(function: Function, frame: object) -> tuple[str, int, int]:
    raise NotImplementedError

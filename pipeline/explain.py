"""``ringfence explain FINGERPRINT``: one finding of an audit, whole.

The audit runs again; what it read before is cached. `ringfence.pipeline.explain_function` explains a function instead.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from ringfence.graphs.branches import Alternative, branches
from ringfence.graphs.cuts import MOST_WAYS
from ringfence.graphs.folding import FoldedPlace
from ringfence.graphs.hotpath import Hop
from ringfence.graphs.reasons import parts
from ringfence.passes.identity import FOLDING
from ringfence.passes.judge import goes_with_its_call
from ringfence.pipeline.audit import Analysed, AuditRequest, Clock, Way, analyse, report_of, uncollected
from ringfence.pipeline.build import Built
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.nearest import suggestion
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.report import explanation_model as model
from ringfence.pipeline.report.frames import Spans, frames, turns
from ringfence.pipeline.report.model import Finding, Place, Report, ViaName

_VIA: dict[str, ViaName] = {"inline": "inline", "virtual": "virtual", "pointer": "pointer", "drop": "drop"}


def explain_finding(request: AuditRequest, fingerprint: str, progress: Progress) -> model.FindingExplanation:
    """Explain the finding of which ``fingerprint`` is the beginning. Raises `UsageError` where none or several are."""
    with uncollected():
        analysed = analyse(request, progress, Clock())
        report = report_of(request, analysed)
        finding = select(report, fingerprint)
        ways = [way for way in analysed.ways if way.finding.fingerprint == finding.fingerprint]
        if not ways:
            # A root that was not found: there is no path.
            return model.FindingExplanation(tool=report.tool, build=report.build, finding=finding)
        return explanation_of(report, finding, ways[-1], analysed)


def select(report: Report, fingerprint: str) -> Finding:
    """The finding with a fingerprint that begins so."""
    found = [each for each in report.findings if each.fingerprint.startswith(fingerprint)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"`{each.fingerprint}`" for each in found)
        message = f"`{fingerprint}` begins the fingerprints of {len(found)} findings, {names}: give more of it"
        raise UsageError(message)
    if not report.findings:
        message = (
            f"this audit has no finding `{fingerprint}`: it has none at all; give the options of the audit that has"
        )
        raise UsageError(message)
    message = (
        f"this audit has no finding `{fingerprint}`{_near(fingerprint, report.findings)}: give the options of the "
        "audit that has it (`--root`, `--strict`, `--elided`); a fingerprint changes with the names in the path"
    )
    raise UsageError(message)


def _near(fingerprint: str, findings: Sequence[Finding]) -> str:
    """The finding whose fingerprint begins most alike, where one does."""
    whole = {each.fingerprint[: len(fingerprint)]: each.fingerprint for each in findings}
    near = suggestion(fingerprint, whole)
    cut = near.split("`")[1] if near else ""
    return f" (the nearest is `{whole[cut]}`)" if cut else ""


def explanation_of(report: Report, finding: Finding, way: Way, analysed: Analysed) -> model.FindingExplanation:
    """The explanation of one finding of a report; ``way`` is how the audit found it."""
    linked, sinks = analysed.linked, analysed.sinks
    found = branches(way.best, way.root, analysed.hot_path, sinks.ways_to(way.best.payload), sinks.sinks, FOLDING)
    path = parts(way.best, linked.program.functions, sinks.ways_to(way.best.payload))
    spans = Spans.of(path)
    leaving = (
        (spans.outer(position, each.depth), each)
        for position, alternatives in found.leaving.items()
        for each in alternatives
    )
    return model.FindingExplanation(
        tool=report.tool,
        build=report.build,
        finding=finding,
        frames=frames(way.finding.path, linked.built.files),
        turns=tuple(turns(path, spans, way.finding.path)),
        sinks=way.best.sinks,
        places=tuple(_places(way.best.folded, linked.built)),
        branches=tuple(_branches(leaving, linked.built)),
        cuts=tuple(_cuts(report, way, analysed)),
    )


def _places(folded: Sequence[FoldedPlace], built: Built) -> Iterator[model.FoldedPlace]:
    for each in folded:
        place = Place(file=built.files.display(each.file), line=each.line, column=each.column) if each.line else None
        yield model.FoldedPlace(function=each.function, location=place, calls=each.calls)


def _branches(leaving: Iterator[tuple[int, Alternative]], built: Built) -> Iterator[model.Branch]:
    """One for each frame of the best path, one alternative in it for each line and callee."""
    paths: Counter[tuple[int, _Difference]] = Counter()
    for position, each in leaving:
        key = position, _difference(each, built)
        paths[key] = min(paths[key] + each.chains, MOST_WAYS)
    for position in sorted({position for position, _ in paths}):
        here = [(difference, number) for (at, difference), number in paths.items() if at == position]
        listed = [_alternative(difference, number) for difference, number in here]
        yield model.Branch(frame=position, alternatives=tuple(sorted(listed, key=_rank)))


_Difference = tuple[str, int, int, str, ViaName]
"""File, line, column, function that is called, how it is entered."""


def _difference(each: Alternative, built: Built) -> _Difference:
    frame = each.frame
    entered = _VIA.get(each.via, "call")
    if frame is None or not frame.line:
        return "", 0, 0, each.calls, entered
    return built.files.display(each.function.file_of(frame)), frame.line, frame.column, each.calls, entered


def _alternative(difference: _Difference, paths: int) -> model.Alternative:
    file, line, column, calls, entered = difference
    place = Place(file=file, line=line, column=column) if file else None
    return model.Alternative(function=calls, location=place, via=entered, paths=paths)


def _rank(each: model.Alternative) -> tuple[int, str, int, int, str, str]:
    place = each.location
    file, line, column = (place.file, place.line, place.column) if place else ("", 0, 0)
    return -each.paths, file, line, column, each.function, each.via


def _cuts(report: Report, way: Way, analysed: Analysed) -> Iterator[model.Cut]:
    """The dominators of the finding among the user's own calls (`ringfence.graphs.outline`)."""
    best, files = way.best, analysed.linked.built.files
    if best.place is None or not goes_with_its_call(way.finding.rule):
        return
    shown = {each.fingerprint for each in report.findings}
    of_root = [each for each in analysed.ways if each.root.id == way.root.id and each.finding.fingerprint in shown]
    of_root = [each for each in of_root if goes_with_its_call(each.finding.rule)]
    outline = analysed.sinks.outlines.of(way.root)
    removed = outline.removed({each.best.place for each in of_root if each.best.place})
    for place in outline.cuts(best.place):
        frame = next(position for position, hop in enumerate(best.path) if hop.own and _place(hop) == place)
        gone = {each.finding.fingerprint: each.finding for each in of_root if each.best.place in removed[place]}
        # Findings of one expression and kind share their chains.
        chains = {
            (each.best.expression, each.best.group): each.finding.paths
            for each in of_root
            if each.finding.fingerprint in gone
        }
        file, line, column = place
        yield model.Cut(
            frame=frame,
            location=Place(file=files.display(file), line=line, column=column),
            calls=way.finding.path[frame + 1].function,
            removes=tuple(sorted(gone)),
            rules=tuple(sorted({each.rule.id for each in gone.values()})),
            paths=min(sum(chains.values()), MOST_WAYS),
        )


def _place(hop: Hop) -> tuple[str, int, int]:
    return hop.function.file_of(hop.frame), hop.frame.line, hop.frame.column

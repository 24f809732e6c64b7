"""An explanation for people: the path as a tree of functions, and what is to be known of it besides.

A function that is called stands one step to the right of its caller; one that was inlined stands below it, marked.
"""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from ringfence.pipeline.report.diagnostic import add_finding_heading, path_count
from ringfence.pipeline.report.explanation_model import (
    Branch,
    Cut,
    FindingExplanation,
    FoldedPlace,
    Frame,
    FunctionExplanation,
    RootWays,
    Turn,
    Way,
)
from ringfence.pipeline.report.model import Finding, Place
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.sentences import loops_sentence
from ringfence.pipeline.report.terminal import (
    CLASS_STYLES,
    FRAME,
    HELP,
    QUIET,
    STRONG,
    Page,
    safe,
    styled,
    unbroken,
)
from ringfence.pipeline.source import Excerpt

_LONGEST_NAME = 160
_LONGEST_CALLEE = 72
_STEP = 2
_INSIDE = "  "
_ARROW = "-> "
_ARROW_WIDTH = len(_ARROW)
_DEEPEST = 10
"""Calls deeper than this do not move to the right."""
_NARROWEST_LINE = 24
_MOST_ALTERNATIVES = 8
_MOST_WAYS_SHOWN = 10
_MOST_NAMES = 5
_FEWEST_FOLDED = 2


def render_finding(explanation: FindingExplanation, console: Console) -> None:
    """Write the explanation of a finding."""
    page, finding = Page(console), explanation.finding
    add_finding_heading(page, finding)
    page.blank()
    if explanation.frames:
        page.add(
            styled(
                ("path", STRONG), (f" (the best of {path_count(finding.paths)})" if finding.paths > 1 else "", QUIET)
            )
        )
        _add_tree(page, explanation.frames, explanation.turns)
        page.blank()
        _add_class(page, finding, explanation.turns)
        _add_places(page, explanation.places, explanation.sinks)
        _add_branches(page, finding, explanation.branches, explanation.frames, explanation.sinks)
        _add_cuts(page, finding, explanation.cuts, explanation.frames)
    if finding.help:
        page.add_wrapped(styled(("instead", HELP), f": {safe(finding.help)}"), _STEP)
    if finding.suppressed is not None:
        page.add_wrapped(styled(("allowed", STRONG), f": {safe(finding.suppressed) or 'without a reason'}"), _STEP)
    page.add_wrapped(styled(("rule", STRONG), f": ringfence explain {finding.rule}"), _STEP)
    page.print()


def render_function(explanation: FunctionExplanation, console: Console) -> None:
    """Write every way from the roots to a function."""
    page = Page(console)
    for name in explanation.functions[:_MOST_NAMES]:
        page.add_wrapped(styled((safe(name), STRONG)), _STEP)
    if len(explanation.functions) > _MOST_NAMES:
        page.add(styled((f"and {len(explanation.functions) - _MOST_NAMES} more of `{explanation.pattern}`", QUIET)))
    page.blank()
    for root in explanation.roots:
        _add_root(page, root)
    for label, names in (("it is itself a root", explanation.themselves), ("not reached from", explanation.unreached)):
        if names:
            listed = ", ".join(unbroken(shorten(name, _LONGEST_CALLEE)) for name in names)
            page.add_wrapped(styled((label, STRONG), f": {listed}"), _STEP)
    for sentence in explanation.missed:
        page.add_wrapped(styled(("not looked at", STRONG), f": {safe(sentence)}"), _STEP)
    page.print()


def _add_tree(page: Page, frames: Sequence[Frame], turns: Iterable[Turn]) -> None:
    turn_at = {turn.frame: turn for turn in turns}
    depth = 0
    for position, frame in enumerate(frames):
        is_call = position > 0 and frame.via != "inline"
        depth += is_call
        body = " " * (_STEP + _ARROW_WIDTH * min(depth, _DEEPEST))
        head = styled(body[: -_ARROW_WIDTH * is_call or None], (_ARROW if is_call else "", QUIET))
        inside = "" if is_call or not position else _INSIDE
        page.add_wrapped(head + styled(inside) + _named(frame), len(body) + len(inside) + _STEP)
        below = body + _INSIDE
        if frame.source and frame.location:
            number = f"{frame.location.line} | "
            page.add(styled(below, (number, FRAME)) + _line(frame.source, page.width - len(below + number)))
        if position in turn_at:
            turn = turn_at[position]
            text = f"{turn.class_} from here" if turn.class_ != "hot" else "grows every time"
            page.add_wrapped(styled(below, (text, CLASS_STYLES[turn.class_])), len(below))


def _named(frame: Frame) -> Text:
    name = unbroken(shorten(frame.function, _LONGEST_NAME))
    place = f" ({unbroken(_place(frame.location))})" if frame.location else ""
    mark = (" [inlined]", QUIET) if frame.via == "inline" else (_mark(frame), "magenta")
    return styled((name, STRONG if frame.own else ""), mark, (place, QUIET))


def _mark(frame: Frame) -> str:
    """How a frame was entered, where it was not by a plain call."""
    return f" [{frame.via}]" if frame.via not in ("call", "inline") else ""


def _line(excerpt: Excerpt, room: int) -> Text:
    """The source line without its indentation, what is meant underlined; cut where it is too long."""
    end = excerpt.start + excerpt.length
    before, word, after = (
        safe(part) for part in (excerpt.text[: excerpt.start], excerpt.text[excerpt.start : end], excerpt.text[end:])
    )
    line = styled(before.lstrip(), (word, "underline"), after.rstrip())
    line.truncate(max(room, _NARROWEST_LINE), overflow="ellipsis")
    return line


def _place(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _add_class(page: Page, finding: Finding, turns: Sequence[Turn]) -> None:
    head = styled(("class", STRONG), ": ", (finding.class_, CLASS_STYLES[finding.class_]))
    page.add_wrapped(head + styled(f", {finding.frequency.value}, {loops_sentence(finding)}"), _STEP)
    for turn in turns:
        page.add_wrapped(styled(f"  {turn.class_}: {safe(turn.why)}"), 2 * _STEP)
    if not turns:
        page.add_wrapped(styled("  no growth, no lazy initialisation and no unlikely branch on the path"), 2 * _STEP)
    page.blank()


def _add_places(page: Page, places: Sequence[FoldedPlace], sinks: int) -> None:
    """What is folded into the finding, all of it: nobody else tells it."""
    if sinks < _FEWEST_FOLDED:
        return
    number = f"{len(places):,} {'place' if len(places) == 1 else 'places'}"
    page.add_wrapped(styled(("folded into this finding", STRONG), f": {sinks:,} events at {number}"), _STEP)
    for each in places:
        where = f" ({unbroken(_place(each.location))})" if each.location else ""
        calls = f" calls {unbroken(shorten(each.calls, _LONGEST_CALLEE))}" if each.calls else ""
        text = styled("  ", (unbroken(shorten(each.function, _LONGEST_CALLEE)), STRONG), (where, QUIET), calls)
        page.add_wrapped(text, 2 * _STEP)
    page.blank()


def _add_branches(
    page: Page, finding: Finding, branches: Sequence[Branch], frames: Sequence[Frame], sinks: int
) -> None:
    sites = f" to {sinks:,} places where it happens" if sinks > 1 else ""
    if finding.paths == 1 and not branches:
        return
    page.add_wrapped(styled(("paths", STRONG), f": {path_count(finding.paths)}{sites}"), _STEP)
    shown = 0
    for branch in branches:
        if shown == _MOST_ALTERNATIVES:
            break
        name = unbroken(shorten(frames[branch.frame].function, _LONGEST_CALLEE))
        page.add_wrapped(styled("  other than the best one in ", (name, STRONG), ":"), 2 * _STEP)
        for each in branch.alternatives[: _MOST_ALTERNATIVES - shown]:
            calls = unbroken(shorten(each.function, _LONGEST_CALLEE)) if each.function else "by itself"
            where = f" ({unbroken(_place(each.location))})" if each.location else ""
            page.add_wrapped(styled(f"    {each.paths:,} by ", calls, (where, QUIET)), 3 * _STEP)
            shown += 1
    left = sum(len(branch.alternatives) for branch in branches) - shown
    if left:
        page.add(styled((f"    and {left:,} other {'call' if left == 1 else 'calls'} that lead there", QUIET)))
    page.blank()


def _add_cuts(page: Page, finding: Finding, cuts: Sequence[Cut], frames: Sequence[Frame]) -> None:
    """From the line of the finding up to the root; those that remove no more than the one below are left out."""
    if not cuts:
        return
    page.add(styled(("cut here", STRONG)))
    removed = 0
    for cut in reversed(cuts):
        if len(cut.removes) == removed:
            continue
        removed = len(cut.removes)
        others = len(cut.removes) - 1
        gone = f"{len(cut.removes)} findings ({', '.join(cut.rules)})" if others else f"this finding ({finding.rule})"
        verb = "disappear" if others else "disappears"
        where = f"{cut.location.file}:{cut.location.line}:{cut.location.column}"
        text = styled(
            f"  {unbroken(where)} ",
            (unbroken(shorten(cut.calls, _LONGEST_CALLEE)), STRONG),
            (_mark(frames[cut.frame + 1]), "magenta"),
            f": {gone} {verb}, with {path_count(cut.paths)}",
        )
        page.add_wrapped(text, 2 * _STEP)
    page.blank()


def _add_root(page: Page, root: RootWays) -> None:
    loops = f", in loops {root.loop_depth} deep" if root.loop_depth > 1 else ", in a loop" if root.loop_depth else ""
    head = styled(("from ", QUIET), (unbroken(shorten(root.root, _LONGEST_NAME)), STRONG), ": ")
    kind = styled(
        (root.class_, CLASS_STYLES[root.class_]), f", {root.frequency.value}{loops}; {path_count(root.paths)}"
    )
    page.add_wrapped(head + kind, _STEP)
    _add_tree(page, root.frames, root.turns)
    if len(root.ways) > 1:
        page.add_wrapped(styled((f"  {len(root.ways):,} lines of your own code lead there:", STRONG)), 2 * _STEP)
        for way in root.ways[:_MOST_WAYS_SHOWN]:
            page.add_wrapped(_way(way), 3 * _STEP)
        left = len(root.ways) - _MOST_WAYS_SHOWN
        if left > 0:
            page.add(styled((f"    and {left:,} more (`--format json` has all)", QUIET)))
    page.blank()


def _way(way: Way) -> Text:
    where = f"{way.location.file}:{way.location.line}:{way.location.column}" if way.location else "in no line of yours"
    kind = styled((way.class_, CLASS_STYLES[way.class_]), f", {way.frequency.value}; {path_count(way.paths)}")
    return styled(f"    {unbroken(where)} ") + kind

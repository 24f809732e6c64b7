"""The report for people: the findings, ranked; what each root can do; and what the audit saw and did not see."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from ringfence.passes.prose import listed
from ringfence.passes.rule import Level
from ringfence.pipeline.report.diagnostic import add_cause, add_note
from ringfence.pipeline.report.layouts import add_layout, most_telling
from ringfence.pipeline.report.model import (
    Capability,
    CheckStatus,
    Recommendation,
    Report,
    Root,
    RootStatus,
    RootVerdict,
    Unknown,
    Verdict,
)
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.selection import MOST_SHOWN, Selection, select
from ringfence.pipeline.report.sentences import (
    assumption_sentence,
    build_sentence,
    counted,
    coverage_sentence,
    level_counts,
    not_looked_at,
    open_causes,
)
from ringfence.pipeline.report.terminal import (
    CLASS_STYLES,
    LEVEL_STYLES,
    QUIET,
    STRONG,
    Page,
    safe,
    styled,
    unbroken,
)

_LONGEST_NAME = 88
_GAP = "  "
_MOST_RECOMMENDED = 3
_MOST_UNKNOWN = 5
_VERDICTS = {
    RootVerdict.VIOLATIONS: ("✗ violations", "bold red"),
    RootVerdict.UNKNOWN: ("? unknown", "bold magenta"),
    RootVerdict.COLD_ONLY: ("✓ cold-only", "green"),
    RootVerdict.CLEAN: ("✓ clean", "bold green"),
}
_DEEDS = {
    Capability.ALLOCATE: "allocate",
    Capability.FREE: "free",
    Capability.LOCK: "lock",
    Capability.BLOCK: "block",
    Capability.VIRTUAL: "call through a vtable",
    Capability.POINTER: "call through a pointer",
    Capability.UNKNOWN: "call what is not known",
}
_OVERALL = {
    Verdict.MEETS_TARGETS: ("meets performance targets", "bold green"),
    Verdict.MINOR: ("minor optimisations recommended", "bold yellow"),
    Verdict.SIGNIFICANT: ("significant performance issues", "bold red"),
    Verdict.REDESIGN: ("requires redesign for performance", "bold red"),
}
_CHECK_MARKS = {
    CheckStatus.FAIL: ("✗", "bold red"),
    CheckStatus.REVIEW: ("?", "bold yellow"),
    CheckStatus.PASS: ("✓", "bold green"),
    CheckStatus.NOT_MEASURED: ("·", QUIET),
}


def render(report: Report, console: Console, most: int | None = MOST_SHOWN, explain: str = "ringfence explain") -> None:
    """Write the report, with at most ``most`` causes in full, or all. Notes take two lines each, unless the report is
    strict. ``explain`` is the command that explains a finding of it."""
    page = Page(console)
    told = {finding.fingerprint: finding for finding in report.findings}
    selection = select(report.causes if report.strict else open_causes(report), most)
    for cause in selection.shown:
        if cause.level is Level.NOTE and not report.strict:
            add_note(page, cause, told)
        else:
            add_cause(page, cause, told, explain)
    _add_left_over(page, selection)
    if report.roots:
        _add_roots(page, report.roots)
    _add_unknown(page, report.unknown)
    _add_checklist(page, report)
    _add_recommendations(page, report.recommendations)
    _add_coverage(page, report)
    _add_conclusion(page, report)
    page.print()


def render_layouts(report: Report, console: Console) -> None:
    """Write the layouts of the report's types, then what was read for them."""
    page = Page(console)
    shown = most_telling(report.layouts)
    for layout in shown:
        add_layout(page, layout)
    if len(shown) < len(report.layouts):
        left = f"{len(report.layouts) - len(shown):,} more types"
        page.add_wrapped(styled((left, STRONG), " with less padding (name some, or `--format json` has them all)"), 2)
        page.blank()
    if not report.layouts:
        page.add(styled("no type to show: debug info has none that the patterns name"))
        page.blank()
    _add_coverage(page, report)
    page.print()


def _add_left_over(page: Page, selection: Selection) -> None:
    """What is not shown, by root and rule."""
    if not selection.left_over:
        return
    total = sum(sum(counts.values()) for _, counts in selection.left_over)
    page.add(styled((f"{total:,} more causes", STRONG), " (`--show-all` prints them, `--format json` has them too)"))
    for root, counts in selection.left_over:
        by_rule = ", ".join(f"{number:,} {rule}" for rule, number in sorted(counts.items()))
        page.add_wrapped(styled(_GAP, unbroken(shorten(root, _LONGEST_NAME)), (f": {by_rule}", QUIET)), 2 * len(_GAP))
    page.blank()


def _add_roots(page: Page, roots: Sequence[Root]) -> None:
    """A row for each root: verdict, the best class of everything that some root can do, name."""
    used = [each for each in Capability if any(root.summary.get(each) for root in roots)]
    verdict_width = max(len(_VERDICTS[root.verdict][0]) for root in roots)
    widths = {each: max(len(each), *(len(root.summary.get(each) or "·") for root in roots)) for each in used}
    heading = ["verdict".ljust(verdict_width), *(each.value.ljust(widths[each]) for each in used), "root"]
    page.add(styled((_GAP.join(heading), STRONG)))
    for root in _each_once(roots):
        verdict, style = _VERDICTS[root.verdict]
        row = styled((verdict.ljust(verdict_width), style), _GAP)
        for each in used:
            name = root.summary.get(each)
            row += styled((f"{name or '·':{widths[each]}}", CLASS_STYLES[name] if name else QUIET), _GAP)
        page.add(row + _root_name(root))
    unused = [_DEEDS[each] for each in Capability if each not in used]
    if unused and any(root.status is RootStatus.AUDITED for root in roots):
        page.add_wrapped(styled((f"no way was found to {listed(unused, 'or')}", QUIET)), len(_GAP))
    page.blank()


def _add_unknown(page: Page, unknown: Sequence[Unknown]) -> None:
    """What could not be followed, and the entries that accept it, ready to paste."""
    if not unknown:
        return
    how = "follow it, or accept it by name in `ringfence.toml`; until then the audit fails"
    page.add_wrapped(styled(("unknown", STRONG), (f" - {how}", QUIET)), len(_GAP))
    for each in unknown[:_MOST_UNKNOWN]:
        place = f" ({unbroken(f'{each.location.file}:{each.location.line}')})" if each.location else ""
        more = f", and under {counted(len(each.roots) - 1, 'more root')}" if len(each.roots) > 1 else ""
        page.add_wrapped(styled(_GAP, f"{each.rule}: {safe(each.message)}{more}", (place, QUIET)), 2 * len(_GAP))
        for line in each.accept.split("\n"):
            page.add(styled(2 * _GAP, (safe(line), QUIET)))
    left = len(unknown) - _MOST_UNKNOWN
    if left > 0:
        page.add_wrapped(styled(_GAP, (f"{left:,} more in `--format markdown`", QUIET)), len(_GAP))
    page.blank()


def _each_once(roots: Sequence[Root]) -> Iterable[Root]:
    """A function that two patterns name stands there once."""
    once: dict[str, Root] = {}
    for root in roots:
        once.setdefault(root.function or root.pattern, root)
    return once.values()


def _root_name(root: Root) -> Text:
    if root.status is RootStatus.NOT_FOUND:
        return styled(unbroken(root.pattern), (" matches nothing", "red"))
    name = styled(unbroken(shorten(root.function or root.pattern, _LONGEST_NAME)))
    if root.inlined_into:
        name += styled((f" (inlined into {counted(len(root.inlined_into), 'function')})", QUIET))
    return name + styled((f" (budget {root.budget_ns:,} ns)", QUIET)) if root.budget_ns else name


def _add_checklist(page: Page, report: Report) -> None:
    """Failed and doubtful items, those of one evidence together, then the rest in one paragraph each."""
    if all(root.status is RootStatus.NOT_FOUND for root in report.roots) or not report.checklist:
        return
    page.add(styled(("checklist", STRONG)))
    for status in (CheckStatus.FAIL, CheckStatus.REVIEW):
        together: dict[str, list[str]] = {}
        for check in report.checklist:
            if check.status is status:
                together.setdefault(check.evidence, []).append(check.item)
        for evidence, items in together.items():
            text = styled(_CHECK_MARKS[status], f" {'; '.join(items)}", (f" - {safe(evidence)}", QUIET))
            page.add_wrapped(styled(_GAP) + text, 2 * len(_GAP))
    for status, label in ((CheckStatus.PASS, "passed"), (CheckStatus.NOT_MEASURED, "not measured")):
        items = [check.item for check in report.checklist if check.status is status]
        if items:
            text = styled(_CHECK_MARKS[status], f" {label}: ", ("; ".join(items), QUIET))
            page.add_wrapped(styled(_GAP) + text, 2 * len(_GAP))
    page.blank()


def _add_recommendations(page: Page, recommendations: Sequence[Recommendation]) -> None:
    """The first few, each with its place and what it removes; the code is in the other forms."""
    if not recommendations:
        return
    page.add(styled(("what to change first", STRONG)))
    for number, each in enumerate(recommendations[:_MOST_RECOMMENDED], 1):
        place = f" ({unbroken(f'{each.location.file}:{each.location.line}')})" if each.location else ""
        text = styled(f"{number}. {safe(each.change)}", (place, QUIET), (f" - {safe(each.effect)}", QUIET))
        page.add_wrapped(styled(_GAP) + text, 2 * len(_GAP) + 1)
    more = len(recommendations) - _MOST_RECOMMENDED
    if more > 0:
        page.add_wrapped(styled(_GAP, (f"{more:,} more, and code for each, in `--format markdown`", QUIET)), len(_GAP))
    page.blank()


def _add_coverage(page: Page, report: Report) -> None:
    lines = [
        ("coverage", coverage_sentence(report.coverage)),
        ("build", build_sentence(report.build)),
        *(("differs", safe(each)) for each in report.build.differences),
        *(("not looked at", safe(each)) for each in not_looked_at(report)),
        *(("assumed", assumption_sentence(each)) for each in report.coverage.assumptions),
        *(("unreadable", f"{unbroken(each.file)}: {safe(each.reason)}") for each in report.coverage.unreadable),
        *(("note", safe(each)) for each in report.notes),
    ]
    for label, sentence in lines:
        page.add_wrapped(styled((label, STRONG), f": {sentence}"), len(_GAP))
    page.blank()


def _add_conclusion(page: Page, report: Report) -> None:
    """The last lines: the verdict, and the counts as rustc ends a build."""
    if report.verdict:
        text, style = _OVERALL[report.verdict]
        reason = f" - {report.verdict_reason}" if report.verdict_reason else ""
        page.add_heading(styled(("verdict", STRONG), ": ", (text, style), (safe(reason), QUIET)), len(_GAP))
    open_findings = [finding for finding in report.findings if finding.suppressed is None]
    failing = len(report.failing)
    state = ("failed", LEVEL_STYLES[Level.ERROR]) if report.exit_code else ("passed", LEVEL_STYLES[Level.NOTE])
    missed = sum(root.status is RootStatus.NOT_FOUND for root in report.roots)
    told = open_causes(report)
    counts = level_counts(told) or "no findings"
    roots = counted(len(report.roots), "root")
    all_told = f" ({counted(len(open_findings), 'finding')})" if len(open_findings) > len(told) else ""
    extra = [
        f"{counted(failing, 'finding')} {'fails' if failing == 1 else 'fail'}" if report.strict and failing else "",
        f"{counted(missed, 'root')} not found, so this is not the audit that was asked for" if missed else "",
        f"{counted(len(report.unknown_roots), 'root')} unknown" if report.unknown_roots else "",
        f"{len(report.findings) - len(open_findings)} allowed" if len(report.findings) > len(open_findings) else "",
        f"{report.hidden:,} hidden (`--strict` shows all)" if report.hidden else "",
    ]
    sentence = "; ".join([f"{counts} under {roots}{all_told}", *filter(None, extra)])
    page.add_wrapped(styled(state, f": {sentence}"), len(_GAP))

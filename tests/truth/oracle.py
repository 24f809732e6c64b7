"""The run-time oracle: what the roots of the testcrates did to the heap, against what the audit says that they can do.

    PYTHONPATH=tests python -m truth.oracle

*Recall*: each site that was seen at run time is in the report of its root, on the same line and under the same rule.
*Precision*: each finding that is `hot` and `always` was seen in every call of its root.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from os import environ
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from truth import dhat, recording
from truth.recording import TARGET, Kind, Recording, Seen, Site, crate_of, folder_of

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report, Root

RULES = ("RF101", "RF102", "RF103")
CLASSES = ("hot", "amortized", "first-use", "cold")
WIDTH = 118
"""Columns: the tables are kept in docs, whatever terminal they were made in."""
RUNS_ONCE = frozenset({"event_loop::core_main", "stop_flag::core_main"})
"""Roots of which one call is the whole run of a thread: what is first-use there happens once in each call."""
_SELDOM = 8
_OFTEN = 64
"""Growth is amortised if, of at least so many calls, at most one in `_SELDOM` grows; cold what less than half do."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One run of the testcrates, and their audits."""

    recording: Recording
    blocks: Mapping[Site, int]
    """Allocations by DHAT's count."""
    reports: Mapping[str, Report]
    """The audit of each crate."""

    @property
    def roots(self) -> list[Root]:
        """All roots of the crates that ran."""
        return [root for report in self.reports.values() for root in report.roots]

    @property
    def findings(self) -> list[Finding]:
        """What is reported of the heap."""
        return [each for report in self.reports.values() for each in report.findings if each.rule in RULES]

    @property
    def sites(self) -> list[Site]:
        """Every site that the log or DHAT saw."""
        return sorted({*self.recording.sites, *self.blocks})

    def is_reported(self, site: Site) -> bool:
        """Whether the report of the root has the site."""
        return any(meets(finding, site) for finding in self.findings)

    def seen(self, finding: Finding) -> Seen:
        """What was seen of a finding."""
        found = [seen for site, seen in self.recording.sites.items() if meets(finding, site)]
        calls = {call for seen in found for call in seen.calls}
        kinds = sum((seen.kinds for seen in found), Counter[Kind]())
        return Seen(sum(seen.bytes for seen in found), kinds, calls)

    @property
    def missing(self) -> list[Site]:
        """Sites that were seen at run time and are in no report: there must be none."""
        return [site for site in self.sites if not self.is_reported(site)]

    @property
    def never_seen(self) -> list[Finding]:
        """Findings that nothing was seen of."""
        return [finding for finding in self.findings if not self.seen(finding).times]

    def can_be_refuted(self, finding: Finding) -> bool:
        """Whether counting could show a class to be wrong: not that of a finding that is hot on a condition, nor
        `amortized`, `cold` or `first-use` in too few calls."""
        calls = len(self.recording.calls[finding.root])
        if finding.class_ == "hot":
            return finding.frequency == "always"
        if self.is_told_better(finding):
            return False
        return (finding.class_ == "first-use" and calls > 1) or calls >= _OFTEN

    def is_told_better(self, finding: Finding) -> bool:
        """Whether another finding of its root, rule and line has a better class: what was seen there is of that one, as
        far as can be told."""
        same = (each for each in self.findings if (each.root, each.rule) == (finding.root, finding.rule))
        here = (each for each in same if place(each) == place(finding))
        return any(CLASSES.index(each.class_) < CLASSES.index(finding.class_) for each in here)

    def holds(self, finding: Finding) -> bool:
        """Whether what was seen of a finding is what its class and frequency promise, as far as that can be counted:
        `always` is every call; `amortized`, of many calls, few; `cold` less than half; `first-use` one call."""
        seen, calls = self.seen(finding), len(self.recording.calls[finding.root])
        if finding.frequency == "always" and finding.class_ == "hot":
            return len(seen.calls) == calls
        if self.is_told_better(finding):
            return True
        if finding.class_ == "amortized":
            return calls < _OFTEN or len(seen.calls) * _SELDOM <= calls
        if finding.class_ == "cold":
            return calls < _OFTEN or len(seen.calls) * 2 < calls
        if finding.class_ == "first-use":
            return seen.times <= len(seen.calls) if finding.root in RUNS_ONCE else len(seen.calls) <= 1
        return True


def meets(finding: Finding, site: Site) -> bool:
    """Whether a finding tells of a site. Of a tail call only the root and the rule are known."""
    if (finding.root, finding.rule) != (site.root, site.rule):
        return False
    return not site.line or place(finding) == (site.file, site.line)


def place(finding: Finding) -> tuple[str, int]:
    """File and line of a finding's anchor."""
    return (finding.location.file, finding.location.line) if finding.location else ("", 0)


@cache
def find_out() -> Truth:
    """Build, run, run under DHAT, audit; once a process."""
    recording.build()
    recorded = recording.record()
    crates = sorted({crate_of(root) for root in recorded.calls})
    with ThreadPoolExecutor(2) as pool:
        audits = pool.map(audit, crates)
        blocks = dhat.blocks()
        return Truth(recorded, blocks, dict(zip(crates, audits, strict=True)))


@cache
def audit(crate: str) -> Report:
    """The audit of a testcrate, as a user would make it; once a process."""
    script = Path(sys.executable).with_name("ringfence")
    command: list[str | Path] = [
        script,
        "audit",
        "--manifest-path",
        folder_of(crate) / "Cargo.toml",
        "--locked",
        "--exit-zero",
    ]
    finished = subprocess.run(
        [*command, "--target-dir", TARGET / "audits", "--format", "json"],
        env={**environ, "RINGFENCE_CACHE": str(TARGET / "store")},
        capture_output=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(f"the audit of {crate} failed: {finished.stderr.decode()}")
    return read(finished.stdout)


def main() -> None:
    """Find out, and print the tables."""
    show(Console(width=WIDTH, markup=False, highlight=False, emoji=False), find_out())


def show(console: Console, truth: Truth) -> None:
    """The tables, and what does not agree."""
    for table in (_sites(truth), _findings(truth), _roots(truth)):
        console.print(table)
    list_lines(console, "seen at run time and not reported", map(str, truth.missing))
    wrong = [finding for finding in truth.findings if truth.seen(finding).times and not truth.holds(finding)]
    list_lines(console, "seen otherwise than its class says", (_told(finding, truth) for finding in wrong))
    list_lines(console, "reported and never seen", (_told(finding, truth) for finding in truth.never_seen))


def _sites(truth: Truth) -> Table:
    table = _table("run time -> report: lines below a root where the heap was used, by what happened there")
    for heading in ("rule", "sites", "events", "bytes", "line known", "seen by DHAT", "reported", "missing", "recall"):
        table.add_column(heading, justify="left" if heading == "rule" else "right")
    for rule in (*RULES, "all"):
        sites = [site for site in truth.sites if rule in (site.rule, "all")]
        seen = [seen for site, seen in truth.recording.sites.items() if site in sites]
        reported = sum(truth.is_reported(site) for site in sites)
        events, asked = sum(each.times for each in seen), sum(each.bytes for each in seen)
        places, by_dhat = sum(site.line > 0 for site in sites), sum(site in truth.blocks for site in sites)
        add_row(
            table,
            rule,
            len(sites),
            events,
            asked,
            places,
            by_dhat,
            reported,
            len(sites) - reported,
            share(reported, len(sites)),
        )
    return table


def _findings(truth: Truth) -> Table:
    table = _table("report -> run time: findings under the roots that ran, by rule and class")
    headings = ("findings", "seen", "class tested", "right", "share", "always", "in every call", "precision")
    for heading in ("rule", "class", *headings):
        table.add_column(heading, justify="left" if heading in ("rule", "class") else "right")
    for rule in (*RULES, "all"):
        for path_class in CLASSES:
            of_kind = [each for each in truth.findings if rule in (each.rule, "all") and each.class_ == path_class]
            if of_kind:
                add_row(table, rule, path_class, *_counts(of_kind, truth))
    return table


def _counts(findings: Sequence[Finding], truth: Truth) -> Iterable[str | int]:
    seen = [finding for finding in findings if truth.seen(finding).times]
    always = [finding for finding in findings if finding.class_ == "hot" and finding.frequency == "always"]
    every_call = sum(truth.holds(finding) for finding in always)
    tested = [finding for finding in seen if truth.can_be_refuted(finding)]
    right = sum(truth.holds(finding) for finding in tested)
    yield from (len(findings), len(seen), len(tested), right, share(right, len(tested)))
    yield from (len(always), every_call, share(every_call, len(always)))


def _roots(truth: Truth) -> Table:
    table = _table("roots that ran: what is reported of their heap, and what was counted")
    for heading in ("the report says", "roots", "calls", "used the heap", "did not"):
        table.add_column(heading, justify="left" if heading == "the report says" else "right")
    told = {finding.root for finding in truth.findings}
    kinds = {
        "verdict clean": [root for root in truth.roots if root.verdict == "clean"],
        "nothing of RF101 to RF103": [root for root in truth.roots if root.function not in told],
        "findings of RF101 to RF103": [root for root in truth.roots if root.function in told],
    }
    for kind, roots in kinds.items():
        used = sum(truth.recording.events(root.function or "") > 0 for root in roots)
        calls = sum(len(truth.recording.calls.get(root.function or "", ())) for root in roots)
        add_row(table, kind, len(roots), calls, used, len(roots) - used)
    return table


def _told(finding: Finding, truth: Truth) -> str:
    file, line = place(finding)
    seen, calls = truth.seen(finding), len(truth.recording.calls[finding.root])
    of = f", in {len(seen.calls)} of {calls} calls" if seen.times else ""
    about = f"{finding.rule} {finding.class_} {finding.frequency}"
    return f"{finding.root}: {about} at {crate_of(finding.root)}/{file}:{line}{of}"


def list_lines(console: Console, title: str, lines: Iterable[str]) -> None:
    """The lines below a title, sorted, alike ones once."""
    each = sorted(lines)
    console.print(f"\n{title}: {len(each) or 'none'}")
    for line, times in sorted(Counter(each).items()):
        console.print(f"  {line}{f' ({times} times)' if times > 1 else ''}", soft_wrap=True)


def counted_table(title: str, headings: Sequence[str], words: int) -> Table:
    """An empty table; the first columns hold words, the others counts."""
    table = _table(title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number < words else "right")
    return table


def _table(title: str) -> Table:
    return Table(title=f"\n{title}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)


def add_row(table: Table, *cells: str | int) -> None:
    """A row of texts and counts."""
    table.add_row(*(Text(cell if isinstance(cell, str) else f"{cell:,}") for cell in cells))


def share(part: int, whole: int) -> str:
    """Rounded down: only all of them are 100 %."""
    return f"{100 * part // whole} %" if whole else "-"


if __name__ == "__main__":
    main()

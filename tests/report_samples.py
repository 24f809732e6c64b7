"""Findings and reports to write in the tests."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION
from ringfence.passes.judge import RULES
from ringfence.passes.rule import Finding, Frequency, Location, Rule, Step, Via
from ringfence.pipeline.report.compose import RootResult, build_report
from ringfence.pipeline.report.human import render
from ringfence.pipeline.report.model import Build, Coverage, Report
from ringfence.pipeline.report.selection import MOST_SHOWN
from ringfence.pipeline.source import SourceTree

_MESSAGE = re.compile(r"(?P<subject>the drop of `.*?`|`.*?`) (?P<deed>.*?) (?P<when>(?:on|in|now) .*?) `.*`")
ROOT = "plant::Plant::on_packet"
BUILD = Build(
    rustc="1.95.0",
    llvm="22.1.2",
    target="x86_64-unknown-linux-gnu",
    profile="release",
    panic="unwind",
    opt_level="3",
    lto="off",
    made_from="cargo check",
    differences=('the profile that ships has `lto = "fat"`; the audit builds with LTO off',),
)
COVERAGE = Coverage(
    modules=104,
    modules_read=12,
    functions=22_698,
    functions_reached=312,
    unresolved_calls=0,
    missing_functions=1,
)
AUDITED = RootResult(ROOT, ROOT, "_RNv1", Location("src/plant.rs", 2), 500, "runs once for each packet")


def location(line: int, column: int = 0, file: str = "src/plant.rs") -> Location:
    return Location(file, line, column)


def step(function: str, place: Location | None = None, via: Via = Via.CALL, *, own: bool = False) -> Step:
    return Step(function, place, via, own)


def finding(
    rule: Rule = HEAP_ALLOCATION,
    path_class: PathClass = PathClass.HOT,
    *,
    fingerprint: str = "7f3a9c0d11e2",
    anchor: Location | None = None,
    root: str = ROOT,
    path: tuple[Step, ...] | None = None,
    message: str = "`to_string` allocates on every call of `Plant::on_packet`",
    detail: Mapping[str, object] | None = None,
) -> Finding:
    """A finding of ``Plant::on_packet``; the path leads from the root to the anchor and the allocator."""
    words = _MESSAGE.fullmatch(message)
    steps = path or (step(root, anchor or location(3, 5), Via.ROOT, own=True), step("__rust_alloc"))
    return Finding(
        rule=rule,
        level=rule.levels[path_class],
        path_class=path_class,
        frequency=Frequency.ALWAYS,
        loop_depth=0,
        root=root,
        sink=steps[-1].function,
        message=message,
        anchor=anchor,
        path=steps,
        fingerprint=fingerprint,
        help="borrow the value",
        subject=words["subject"] if words else "",
        deed=words["deed"] if words else "",
        when=words["when"] if words else "",
        detail=detail or {},
    )


def report(
    findings: Iterable[Finding] = (),
    roots: tuple[RootResult, ...] = (AUDITED,),
    *,
    sources: SourceTree | None = None,
    rules: Iterable[Rule] = RULES,
    strict: bool = False,
    allowed: Mapping[str, str] | None = None,
) -> Report:
    tree = sources or SourceTree(Path("/nowhere"))
    return build_report(
        build=BUILD,
        coverage=COVERAGE,
        rules=rules,
        roots=roots,
        findings=findings,
        excerpt=tree.excerpt,
        strict=strict,
        allowed=allowed,
    )


def numbered(number: int, each: Finding) -> Finding:
    """The same finding under another fingerprint."""
    return replace(each, fingerprint=f"{number:012x}")


def console(width: int = 80, *, terminal: bool = False) -> tuple[Console, StringIO]:
    """A console as the commands make it, without colours."""
    file = StringIO()
    made = Console(
        file=file, width=width, markup=False, emoji=False, highlight=False, no_color=True, force_terminal=terminal
    )
    return made, file


def rendered(written: Report, width: int = 80, most: int | None = MOST_SHOWN) -> str:
    made, file = console(width)
    render(written, made, most)
    return file.getvalue()

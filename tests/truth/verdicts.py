"""Verdict tables: what the crates beside this file can truly do, and what the audit says of them. Prints four tables.

    PYTHONPATH=tests python -m truth.verdicts

Seconds, after the modules of std were read once. Builds go to ``build/truth``.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from truth.edges import LEVELS, Case, audited
from truth.marked import Judged, audit, judged
from truth.matrix import Column, by_root, column, profiles

TARGET = Path(__file__).parents[2] / "build" / "truth"
WIDTH = 118
"""Columns: the tables are kept in docs, whatever terminal they were made in."""
SLICE_PROFILES = {"0": "unoptimised", "3": "release"}
MAIN_PROFILES = ("opt-0", "opt-2", "opt-3", "opt-s")
"""Shown with all their verdicts; every other profile by what differs from the main one of its opt-level."""


def main() -> None:
    """Build, audit and print."""
    console = Console(width=WIDTH, markup=False, highlight=False, emoji=False)
    cases = {level: audited(level, TARGET) for level in LEVELS}
    show_families(console, cases)
    show_inexact(console, cases)
    show_slices(console, {level: slices(profile) for level, profile in SLICE_PROFILES.items()})
    show_hazards(console, judged("hazards", audit("hazards", TARGET)))
    columns = [column(profile, TARGET) for profile in profiles()]
    show_profiles(console, columns)
    show_other_profiles(console, columns)


def slices(profile: str, target: Path = TARGET) -> list[Judged]:
    """The slice functions under a profile."""
    return judged("slices", audit("slices", target, profile=profile))


def show_families(console: Console, cases: Mapping[str, Sequence[Case]]) -> None:
    """Call graph: counts by family and opt-level."""
    table = table_of("call graph: functions that a root can call, and what the audit reached below it")
    for heading in ("family", "opt", "roots", "exact", "functions", "found", "missing", "in silence", "spurious"):
        table.add_column(heading, justify="left" if heading == "family" else "right")
    families = sorted({case.family for case in cases["0"]})
    for family in (*families, "all"):
        for level, found in cases.items():
            table.add_row(family, level, *_counts([case for case in found if family in (case.family, "all")]))
    console.print(table)


def _counts(cases: Sequence[Case]) -> Iterable[str]:
    exact = sum(not case.missing and not case.spurious for case in cases)
    functions = sum(len(case.truth) for case in cases)
    missing = sum(len(case.missing) for case in cases)
    silent = sum(len(case.missing_in_silence) for case in cases)
    spurious = sum(len(case.spurious) for case in cases)
    return map(str, (len(cases), exact, functions, functions - missing, missing, silent, spurious))


def show_inexact(console: Console, cases: Mapping[str, Sequence[Case]]) -> None:
    """Call graph: every root of which the audit reached too little or too much."""
    table = table_of("call graph, what is not exact (`said`: the report calls the root unknown)")
    for heading in ("root", "opt", "missing", "spurious"):
        table.add_column(heading, overflow="fold")
    inexact = [case for found in cases.values() for case in found if case.missing or case.spurious]
    for case in sorted(inexact, key=lambda case: (case.name, case.level)):
        said = "" if not case.missing else " (in silence)" if case.missing_in_silence else " (said)"
        missing = Text(", ".join(case.missing) + said)
        table.add_row(Text(case.name), case.level, missing, Text(", ".join(case.spurious)))
    console.print(table)


def show_slices(console: Console, found: Mapping[str, Sequence[Judged]]) -> None:
    """Slice functions: how many are reported, and which."""
    table = table_of("slices: functions of which only `collect` allocates")
    for heading in ("opt", "functions", "silent", "reported"):
        table.add_column(heading, justify="left" if heading == "reported" else "right")
    for level, functions in found.items():
        reported = [each for each in functions if each.found]
        told = ", ".join(f"{each.root} ({_rules(each)})" for each in reported)
        table.add_row(level, str(len(functions)), str(len(functions) - len(reported)), told)
    console.print(table)


def show_hazards(console: Console, found: Sequence[Judged]) -> None:
    """Hazards and their harmless siblings: what should be reported, and what was."""
    table = table_of("hazards that a watched run does not show, and siblings that are none")
    for heading in ("root", "reported", "verdict", ""):
        table.add_column(heading)
    for each in found:
        table.add_row(each.root, _or_nothing(_rules(each)), each.verdict, "; ".join(each.wrong) or "as marked")
    console.print(table)


def _rules(judged: Judged) -> str:
    return ", ".join(dict.fromkeys(f"{each.rule} {each.class_}" for each in judged.found))


def show_profiles(console: Console, columns: Sequence[Column]) -> None:
    """The answer for each root at each opt-level; what differs from the truth is said."""
    table = table_of("profiles: verdict of each root, and what it can do")
    shown = [each for each in columns if each.profile.name in MAIN_PROFILES]
    for heading in ("root", *(each.profile.name for each in shown)):
        table.add_column(heading)
    for root, rows in by_root(shown).items():
        table.add_row(root, *(row.answer if row.answer == row.expected else f"WRONG {row.answer}" for row in rows))
    console.print(table)


def show_other_profiles(console: Console, columns: Sequence[Column]) -> None:
    """What every other profile changes, and what the report says of the build; profiles that agree share a row."""
    table = table_of("other profiles, beside the one of the same opt-level above")
    for heading in ("profiles", "modules", "audited LTO", "what changes", "`differs:` of the report"):
        table.add_column(heading, overflow="fold")
    main = {each.profile.name: {row.root: row.answer for row in each.rows} for each in columns}
    alike: dict[tuple[str, ...], list[str]] = {}
    for each in columns:
        name = each.profile.name
        if name in MAIN_PROFILES:
            continue
        base = main["-".join(name.split("-")[:2])]
        changed = [f"{row.root}: {row.answer}" for row in each.rows if row.answer != base[row.root]]
        differs = "\n".join(sentence.replace(f"`{name}`", "`…`") for sentence in each.differences)
        alike.setdefault(
            (str(each.modules), each.lto, _or_nothing("; ".join(changed)), _or_nothing(differs)), []
        ).append(name)
    for answer, names in alike.items():
        table.add_row("\n".join(names), *answer)
    console.print(table)


def _or_nothing(text: str) -> str:
    return text or "nothing"


def table_of(title: str) -> Table:
    return Table(title=f"\n{title}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)


if __name__ == "__main__":
    main()

"""Public reports of published crates, and what ringfence says of them. Prints the table of docs/accuracy.md.

    PYTHONPATH=tests python -m truth.public_reports [NAME…]

Minutes the first time. Crates are built below ``build/public_reports``, and their reports kept there as JSON.
``--lock`` first writes the lock files that are missing.
"""

import sys
from collections.abc import Sequence
from typing import TextIO

from truth.public_reports.crates import BUILD, audit, is_locked, lock
from truth.public_reports.entry import Entry, entry, names, versions
from truth.public_reports.judge import Judged, judged

from ringfence.pipeline.report.json import write

_HEAD = """| crate | reported | what was reported | what ringfence says | where it is mended |
|---|---|---|---|---|"""


def main(arguments: Sequence[str]) -> None:
    """Audit all entries, or those that are named, and print their rows."""
    wanted = [each for each in arguments if not each.startswith("-")] or names()
    answers: dict[str, dict[str, Judged]] = {}
    for name in wanted:
        answers[name] = _answers(name, arguments)
        results = ", ".join(f"{which} {each.result}" for which, each in answers[name].items())
        _write(f"{name}: {results}", sys.stderr)
    rows = [row(entry(name), found) for name, found in answers.items()]
    _write("\n".join([_HEAD, *rows, "", _summary(answers)]), sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()


def _answers(name: str, arguments: Sequence[str]) -> dict[str, Judged]:
    asked = entry(name)
    found: dict[str, Judged] = {}
    for which in versions(asked):
        if "--lock" in arguments and not is_locked(name, which):
            lock(name, asked, which)
        report = audit(name, asked, which)
        (BUILD / name / which / "report.json").write_bytes(write(report))
        found[which] = judged(asked, which, report)
    return found


def row(asked: Entry, found: dict[str, Judged]) -> str:
    """One row of the table."""
    cells = (
        f"`{asked.package}` {asked.broken}",
        _link(asked.report),
        asked.summary,
        _says(found["broken"], asked.why),
        _says_of_fixed(asked, found["fixed"]) if "fixed" in found else "",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _says_of_fixed(asked: Entry, found: Judged) -> str:
    by = f" ({_link(asked.fixed_by)})" if asked.fixed_by not in ("", asked.report) else ""
    return f"{asked.fixed}{by}: {_says(found, asked.why_fixed)}"


def _link(report: str) -> str:
    repository, _, number = report.partition("#")
    return f"[{report}](https://github.com/{repository}/issues/{number})" if number else report


def _says(found: Judged, why: str) -> str:
    told = f", {'; '.join(found.told)}" if found.told else ""
    root = "" if found.told or found.result == "gone" else f", the root is called {', '.join(found.verdicts)}"
    return f"**{found.result}**{told}{root}" + (f": {why}" if why else "")


def _summary(answers: dict[str, dict[str, Judged]]) -> str:
    results = [str(found["broken"].result) for found in answers.values()]
    fixed = [str(found["fixed"].result) for found in answers.values() if "fixed" in found]
    kinds = ("found", "partly", "missed", "wrongly clean")
    counts = ", ".join(f"{results.count(kind)} {kind}" for kind in kinds)
    return f"{len(results)} reports: {counts}. {len(fixed)} with a fixed version: {fixed.count('gone')} gone."


if __name__ == "__main__":
    main(sys.argv[1:])

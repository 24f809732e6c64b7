"""Roots that call published crates: how many could not be followed to the end, and why. The table of docs/accuracy.md.

    PYTHONPATH=tests python -m truth.libraries

Minutes the first time: the crates are built. A root with a violation counts as well where something below it could not
be followed: its verdict would be *unknown* without the violation.
"""

import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from ringfence.graphs.names import without_generics
from ringfence.pipeline.audit import AuditRequest, run_audit
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.progress import SilentProgress
from ringfence.pipeline.report.model import Capability, Finding, Report, Root, RootVerdict

CRATE = Path(__file__).parent
TARGET = CRATE.parents[2] / "build" / "libraries"
_LIMITS = frozenset({"RF902", "RF903", "RF905"})
_HEAD = """| crate | roots | clean | off the hot path | violations | not followed to the end | what is not known |
|---|--:|--:|--:|--:|--:|---|"""


def audited() -> Report:
    """The audit of the crate."""
    selection = Selection(manifest_path=CRATE / "Cargo.toml", target_dir=TARGET, locked=True)
    return run_audit(AuditRequest(selection, workers=2), SilentProgress())


def versions() -> dict[str, str]:
    """The locked version of each package, by the name of its crate."""
    packages = tomllib.loads((CRATE / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    direct = tomllib.loads((CRATE / "Cargo.toml").read_text(encoding="utf-8"))["dependencies"]
    wanted = {name: said if isinstance(said, str) else str(said["version"]) for name, said in direct.items()}
    return {
        each["name"].replace("-", "_"): each["version"]
        for each in packages
        if each["name"] in wanted and each["version"].startswith(f"{wanted[each['name']]}.")
    }


def is_unknown(root: Root) -> bool:
    """Whether something below a root could not be followed, panics apart."""
    return root.summary[Capability.UNKNOWN] not in (None, "panic")


def table(report: Report) -> Iterator[str]:
    """A row for each crate, and the sum."""
    yield _HEAD
    by_crate: dict[str, list[Root]] = defaultdict(list)
    for root in report.roots:
        by_crate[(root.function or "").split("::")[1]].append(root)
    locked = versions()
    for crate, roots in sorted(by_crate.items()):
        yield _row(f"`{crate}` {locked[crate]}", roots, report.findings)
    unknown = sum(map(is_unknown, report.roots))
    yield f"\n{unknown} of {len(report.roots)} roots could not be followed to the end."


def _row(name: str, roots: Sequence[Root], findings: Sequence[Finding]) -> str:
    verdicts = [root.verdict for root in roots]
    names = {root.function for root in roots if is_unknown(root)}
    why = sorted({_why(each) for each in findings if each.root in names and each.rule in _LIMITS})
    counts = (verdicts.count(RootVerdict(each)) for each in ("clean", "cold-only", "violations"))
    cells = (name, str(len(roots)), *map(str, counts), str(len(names)), "; ".join(why))
    return f"| {' | '.join(cells)} |"


def _why(finding: Finding) -> str:
    """Who calls what is not known."""
    if finding.rule == "RF903":
        return f"`{finding.sink}` has no IR"
    deed = "runs assembly" if finding.rule == "RF905" else "calls through a pointer"
    return f"`{'::'.join(without_generics(finding.path[-2].function).split('::')[-2:])}` {deed}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(audited())) + "\n")

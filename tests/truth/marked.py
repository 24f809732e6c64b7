"""Crates whose sources mark every finding (``//~ RF201 hot always``, see docs/testcrates.md), judged root by root."""

from dataclasses import dataclass
from pathlib import Path

from end_to_end.expectations import Mark, compare, marks

from ringfence.pipeline.audit import AuditRequest, run_audit
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.progress import SilentProgress
from ringfence.pipeline.report.model import Finding, Report, Root

TRUTH = Path(__file__).parent
_LAYOUT = frozenset({"RF301", "RF302"})
"""They say how types and statics lie on cache lines: not asked here."""


@dataclass(frozen=True)
class Judged:
    """One root, what should be reported below it, and what was."""

    root: str
    """Without its crate."""
    verdict: str
    expected: tuple[Mark, ...]
    found: tuple[Finding, ...]

    @property
    def wrong(self) -> list[str]:
        """One line for each finding that is not marked, and for each mark that was not found."""
        return compare(self.expected, self.found)


def audit(crate: str, target: Path, *, profile: str = "release", strict: bool = False) -> Report:
    """The report on a crate beside this file; its modules go to ``target``."""
    manifest = TRUTH / crate / "Cargo.toml"
    selection = Selection(manifest_path=manifest, profile=profile, target_dir=target, locked=True)
    return run_audit(AuditRequest(selection, strict=strict), SilentProgress())


def judged(crate: str, report: Report) -> list[Judged]:
    """Every root of a crate of one file, in its order. A mark belongs to the root that it stands in."""
    roots = sorted(report.roots, key=_line)
    ends = [*map(_line, roots[1:]), _line(roots[-1]) + 1_000_000]
    expected = marks(TRUTH / crate)
    return [
        Judged(
            root=str(root.function).removeprefix(f"{crate}::"),
            verdict=str(root.verdict),
            expected=tuple(mark for mark in expected if _line(root) <= mark.line < end),
            found=tuple(each for each in report.findings if each.root == root.function and each.rule not in _LAYOUT),
        )
        for root, end in zip(roots, ends, strict=True)
    ]


def _line(root: Root) -> int:
    return root.location.line if root.location else 0

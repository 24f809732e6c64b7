"""What several report forms say of an audit in the same words: its build, its coverage, its counts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ringfence.graphs.contracts import Effect
from ringfence.passes.rule import Level
from ringfence.pipeline.report.model import (
    AssumedFunctions,
    AtomicField,
    Build,
    Cause,
    Coverage,
    Effects,
    Finding,
    LayoutSplit,
    Report,
)
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.terminal import safe, unbroken

_LONGEST_NAME = 88
_MOST_NAMED = 4


def coverage_sentence(coverage: Coverage) -> str:
    """How much was looked at."""
    parts = [
        f"{coverage.modules_read:,} of {counted(coverage.modules, 'module')} read",
        f"{coverage.functions_reached:,} of {counted(coverage.functions, 'function')} reached",
        f"{counted(coverage.unresolved_calls, 'call')} unresolved",
        f"{counted(coverage.missing_functions, 'function')} without IR",
        _accesses(coverage),
        f"contracts: {coverage.contracts}" if coverage.contracts else "",
    ]
    return ", ".join(filter(None, parts))


def loops_sentence(finding: Finding) -> str:
    """How deep in loops of the user's code the call stands, and whether it loops itself."""
    own, inside = finding.own_loop_depth, finding.loop_depth - finding.own_loop_depth
    loops = {0: "not in a loop", 1: "in a loop"}.get(own, f"in loops {own} deep")
    return f"{loops} (the call itself loops)" if inside > 0 else loops


def isolation_sentence(atomic: AtomicField) -> str:
    """What lies on the cache line of an atomic; names between backticks."""
    if atomic.holds:
        return "has its cache line to itself"
    said = [f"shares its line with {_listed(atomic.shares)}"] if atomic.shares else []
    if atomic.may_share:
        said.append(f"may share its line with {_listed(atomic.may_share)}")
    return " and ".join(said) or "may share its line with what lies beside the value"


def split_sentence(split: LayoutSplit) -> str:
    """What a hot and a cold struct would save; names between backticks."""
    names = ", ".join(f"`{unbroken(safe(name))}`" for name in split.fields)
    lines = counted(split.lines_after, "cache line")
    return (
        f"the hot path touches {split.lines_now} lines of it; {names} in a struct of their own ({split.size:,} bytes) "
        f"need {lines}"
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{unbroken(safe(name))}`" for name in names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _accesses(coverage: Coverage) -> str:
    if not coverage.accesses:
        return ""
    percent = 100 * coverage.accesses_traced // coverage.accesses
    return f"{percent}% of {coverage.accesses:,} memory accesses traced"


def assumption_sentence(assumption: AssumedFunctions) -> str:
    """Which functions were judged by the project's word, and why."""
    names = ", ".join(f"`{unbroken(shorten(name, _LONGEST_NAME))}`" for name in assumption.functions)
    effects = ", ".join(effect if effect != Effect.NONE else "does nothing" for effect in assumption.effects)
    return f"{names}: {effects} ({safe(assumption.reason)})"


def build_sentence(build: Build) -> str:
    """What was audited."""
    settings = [
        f"opt-level {build.opt_level}" if build.opt_level else "",
        f"panic {build.panic}" if build.panic else "",
        f"LTO {build.lto}" if build.lto else "",
    ]
    inside = ", ".join(filter(None, settings))
    parts = [
        f"rustc {build.rustc}" if build.rustc else "",
        f"LLVM {build.llvm}" if build.llvm else "",
        build.target or "",
        f"profile {build.profile}{f' ({inside})' if inside else ''}" if build.profile else inside,
        f"from {build.made_from}" if build.made_from else "",
    ]
    return safe(", ".join(filter(None, parts))) or "not known"


def not_looked_at(report: Report) -> Iterator[str]:
    """What the audit says of itself; of panics in general only where it says nothing."""
    coverage = report.coverage
    if report.roots and not coverage.panic_paths_followed and not coverage.not_followed:
        yield "what runs only when unwinding or aborting (`--strict` follows it)"
    yield from coverage.not_followed


def open_causes(report: Report) -> tuple[Cause, ...]:
    """Those of which the project allows nothing, in the order of the report."""
    allowed = {each.fingerprint for each in report.findings if each.suppressed is not None}
    return tuple(cause for cause in report.causes if cause.leading.findings[0] not in allowed)


def effects_sentence(effects: Effects) -> str:
    """``on some calls: frees heap memory (RF103)``."""
    when = f"{effects.when}: " if effects.when else ""
    return f"{when}{effects.what} ({' '.join(effects.rules)})"


def level_counts(told: Iterable[Cause]) -> str:
    """``2 errors, 1 note``; nothing where there is none."""
    counts = Counter(each.level for each in told)
    return ", ".join(counted(counts[level], level.value) for level in Level if counts[level])


def counted(number: int, noun: str) -> str:
    """``1 root``, ``1,204 roots``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

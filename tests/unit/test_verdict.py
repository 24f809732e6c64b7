"""The four levels, their thresholds, and the reason that is given."""

from dataclasses import replace

import pytest
from report_samples import AUDITED, ROOT, finding, location, numbered, report

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION
from ringfence.passes.branching import VIRTUAL_CALL
from ringfence.passes.limits import MISSING_IR
from ringfence.passes.locking import LOCK
from ringfence.passes.rule import Finding, Rule
from ringfence.pipeline.report.model import Benchmark, Verdict
from ringfence.pipeline.verdict import Formula, verdict

IN_TIME = Benchmark(operation="on_packet", current_ns=120, target_ns=500, status="ok", source="criterion")
LATE = Benchmark(operation="on_packet", current_ns=900, target_ns=500, status="over", source="criterion")
UNMEASURED = Benchmark(operation="flush", current_ns=None, target_ns=500, status="missing", source="criterion")


def errors(*rules: Rule) -> list[Finding]:
    return [numbered(line, finding(rule, anchor=location(line))) for line, rule in enumerate(rules, 1)]


def test_clean_code_meets_its_targets_only_where_they_were_measured() -> None:
    assert verdict([], [IN_TIME]) == (Verdict.MEETS_TARGETS, "no violation, and 1 benchmark within target")
    assert verdict([], [])[0] is Verdict.MINOR
    level, reason = verdict([], [IN_TIME, UNMEASURED])
    assert (level, reason.partition("but ")[2]) == (Verdict.MINOR, "1 benchmark without a target or a measurement")


def test_a_project_may_do_without_benchmarks() -> None:
    assert verdict([], [], Formula(need_benchmarks=False))[0] is Verdict.MEETS_TARGETS


def test_a_benchmark_over_its_target_is_significant() -> None:
    assert verdict([], [IN_TIME, LATE]) == (Verdict.SIGNIFICANT, "1 benchmark over target, `on_packet` first")


def test_one_violation_is_significant_unless_the_project_says_otherwise() -> None:
    assert verdict(errors(LOCK), [])[0] is Verdict.SIGNIFICANT
    assert verdict(errors(LOCK), [], Formula(significant_errors=2)) == (
        Verdict.MINOR,
        "violations at 1 place, fewer than 2",
    )


def test_violations_of_several_kinds_call_for_a_redesign() -> None:
    found = errors(HEAP_ALLOCATION, LOCK, VIRTUAL_CALL)
    assert verdict(found, []) == (Verdict.REDESIGN, "violations of 3 kinds: branching, locking, memory")
    assert verdict(found, [], Formula(redesign_kinds=4))[0] is Verdict.SIGNIFICANT


def test_limits_of_the_analysis_are_no_kind() -> None:
    assert verdict(errors(HEAP_ALLOCATION, LOCK, MISSING_IR), [])[0] is Verdict.SIGNIFICANT


def test_a_line_that_two_roots_share_counts_once() -> None:
    found = errors(LOCK)
    shared = [*found, replace(found[0], root="plant::other", fingerprint="f" * 12)]
    assert verdict(shared, [])[1] == "violations at 1 place"


@pytest.mark.parametrize(("least", "level"), [(1, Verdict.MINOR), (2, Verdict.MEETS_TARGETS)])
def test_warnings_are_minor_from_a_number_on(least: int, level: Verdict) -> None:
    warned = [finding(path_class=PathClass.AMORTIZED, anchor=location(3))]
    assert verdict(warned, [IN_TIME], Formula(minor_warnings=least))[0] is level


def test_each_root_has_a_level_of_its_own() -> None:
    other = replace(AUDITED, pattern="plant::sum", function="plant::sum")
    written = report(errors(LOCK), (AUDITED, other))
    levels = {root.function: root.assessment for root in written.roots}
    assert levels == {ROOT: Verdict.SIGNIFICANT, "plant::sum": Verdict.MINOR}
    assert written.verdict is Verdict.SIGNIFICANT

"""What a report says of an audit: levels, verdicts, exit codes, order, the checklist, and its JSON form."""

import json as standard_json
from dataclasses import replace

import jsonschema
import msgspec
import pytest
from report_samples import AUDITED, BUILD, COVERAGE, ROOT, finding, location, numbered, report, step

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION, HEAP_FREE, HEAP_GROWTH
from ringfence.passes.branching import VIRTUAL_CALL
from ringfence.passes.judge import RULES
from ringfence.passes.limits import INLINE_ASSEMBLY, MISSING_IR, UNRESOLVED_CALL
from ringfence.passes.locking import LOCK
from ringfence.passes.rule import Finding, Level, Rule, Via
from ringfence.pipeline.errors import ExitCode
from ringfence.pipeline.report import json
from ringfence.pipeline.report.checklist import ITEMS
from ringfence.pipeline.report.compose import RootResult, layout_report
from ringfence.pipeline.report.model import (
    Capability,
    CheckStatus,
    Layout,
    LayoutField,
    Place,
    Report,
    RootStatus,
    RootVerdict,
    Verdict,
)
from ringfence.pipeline.report.schema import SCHEMA_FILE, generate

MISS = RootResult("plant::Plant::on_pocket", reason="the root `plant::Plant::on_pocket` matches no function")


def check(written: Report, item: str) -> CheckStatus:
    return next(each.status for each in written.checklist if item in each.item)


def rich_sample() -> Report:
    """At least one of everything that the schema describes."""
    findings = [
        finding(anchor=location(3, 5), detail={"bytes": 64}),
        numbered(1, finding(HEAP_FREE, PathClass.COLD, anchor=location(3, 5))),
        numbered(2, finding(VIRTUAL_CALL, detail={"candidates": ("a::b [vtable]",), "closed": False})),
    ]
    field = LayoutField(name="ops", type_="Vec<u8>", offset=0, size=24, lines=(0, 0), touched_by=(ROOT,))
    layout = Layout(type_="A", size=24, align=8, padding=0, location=Place(file="a.rs", line=1), fields=(field,))
    written = report(findings, (AUDITED, MISS), allowed={"000000000001": "at start only"})
    return msgspec.structs.replace(written, layouts=(layout,))


def test_a_clean_audit_exits_with_0() -> None:
    written = report()
    assert written.exit_code == ExitCode.CLEAN
    assert written.roots[0].verdict is RootVerdict.CLEAN
    assert (written.verdict, written.verdict_reason) == (
        Verdict.MINOR,
        "nothing to object to in the code, but no benchmark was measured",
    )


def test_a_hot_finding_exits_with_100() -> None:
    written = report([finding()])
    assert written.exit_code == ExitCode.FINDINGS
    assert written.roots[0].verdict is RootVerdict.VIOLATIONS


@pytest.mark.parametrize("path_class", [PathClass.AMORTIZED, PathClass.FIRST_USE, PathClass.COLD])
def test_off_the_steady_path_a_finding_fails_only_where_strict(path_class: PathClass) -> None:
    findings = [finding(path_class=path_class)]
    assert report(findings).exit_code == ExitCode.CLEAN
    assert report(findings).roots[0].verdict is RootVerdict.COLD_ONLY
    assert report(findings, strict=True).exit_code == ExitCode.FINDINGS


def test_a_panic_path_is_counted_and_shown_only_where_strict() -> None:
    findings = [finding(path_class=PathClass.PANIC)]
    quiet, strict = report(findings), report(findings, strict=True)
    assert (len(quiet.findings), quiet.hidden, quiet.roots[0].findings) == (0, 1, 0)
    assert quiet.roots[0].verdict is RootVerdict.CLEAN
    assert [(each.class_, each.level) for each in strict.findings] == [("panic", Level.NOTE)]
    assert strict.exit_code == ExitCode.FINDINGS


def test_an_allowed_finding_is_told_with_its_reason_and_fails_nothing() -> None:
    written = report([finding()], allowed={"7f3a9c0d11e2": "at start only"})
    assert written.findings[0].suppressed == "at start only"
    assert written.exit_code == ExitCode.CLEAN
    assert written.roots[0].verdict is RootVerdict.CLEAN
    assert check(written, "Box::new") is CheckStatus.PASS


def test_a_root_that_matches_nothing_is_a_finding_and_exits_with_4_whatever_else_was_found() -> None:
    written = report([finding()], (AUDITED, MISS))
    assert written.exit_code == ExitCode.ROOT_NOT_FOUND
    missed = next(root for root in written.roots if root.status is RootStatus.NOT_FOUND)
    assert (missed.function, missed.verdict, missed.instances) == (None, RootVerdict.UNKNOWN, 0)
    told = next(each for each in written.findings if each.rule == "RF901")
    assert (told.message, told.root, told.level) == (MISS.reason, MISS.pattern, Level.ERROR)


@pytest.mark.parametrize("path_class", [each for each in PathClass if each is not PathClass.PANIC])
@pytest.mark.parametrize("rule", [UNRESOLVED_CALL, MISSING_IR, INLINE_ASSEMBLY])
def test_what_is_not_known_makes_a_root_unknown_and_fails(rule: Rule, path_class: PathClass) -> None:
    written = report([finding(rule, path_class)])
    assert written.roots[0].verdict is RootVerdict.UNKNOWN
    assert written.roots[0].summary[Capability.UNKNOWN] == path_class.label
    assert written.verdict is Verdict.MINOR
    assert (written.exit_code, written.unknown_roots) == (ExitCode.FINDINGS, (ROOT,))
    assert written.failing == ()


@pytest.mark.parametrize("rule", [UNRESOLVED_CALL, MISSING_IR, INLINE_ASSEMBLY])
def test_what_is_not_known_when_panicking_leaves_a_root_clean(rule: Rule) -> None:
    written = report([finding(rule, PathClass.PANIC)])
    assert written.roots[0].verdict is RootVerdict.CLEAN
    assert (written.exit_code, written.unknown) == (ExitCode.CLEAN, ())


def test_what_is_accepted_by_name_is_known() -> None:
    unknown = finding(UNRESOLVED_CALL, PathClass.COLD)
    written = report([unknown], allowed={unknown.fingerprint: "the registry is ours"})
    assert (written.exit_code, written.unknown_roots, written.unknown) == (ExitCode.CLEAN, (), ())


def test_a_violation_weighs_more_than_what_is_not_known() -> None:
    written = report([finding(UNRESOLVED_CALL), numbered(1, finding())])
    assert written.roots[0].verdict is RootVerdict.VIOLATIONS


def test_hot_violations_of_three_kinds_call_for_a_redesign() -> None:
    two = [finding(), numbered(1, finding(HEAP_FREE)), numbered(2, finding(LOCK))]
    assert report(two).verdict is Verdict.SIGNIFICANT
    assert report([*two, numbered(3, finding(VIRTUAL_CALL))]).verdict is Verdict.REDESIGN


def test_the_summary_has_the_best_class_of_each_capability() -> None:
    findings = [
        finding(path_class=PathClass.COLD),
        numbered(1, finding(HEAP_GROWTH, PathClass.AMORTIZED)),
        numbered(2, finding(LOCK, PathClass.PANIC)),
    ]
    summary = report(findings).roots[0].summary
    assert summary[Capability.ALLOCATE] == "amortized"
    assert summary[Capability.LOCK] == "panic"
    assert summary[Capability.FREE] is None
    assert list(summary) == list(Capability)


def test_findings_count_for_their_own_root_only() -> None:
    other = replace(AUDITED, pattern="plant::sum", function="plant::sum")
    clean, bad = sorted(report([finding()], (AUDITED, other)).roots, key=lambda root: root.findings)
    assert (clean.function, clean.verdict) == ("plant::sum", RootVerdict.CLEAN)
    assert (bad.function, bad.verdict) == (ROOT, RootVerdict.VIOLATIONS)


def test_every_instance_of_a_generic_root_is_an_entry() -> None:
    instances = [RootResult("a::Ring::pop", f"a::Ring<{kind}>::pop", f"_R{kind}") for kind in ("u64", "u32")]
    roots = report(roots=tuple(instances)).roots
    assert [(root.function, root.instances) for root in roots] == [("a::Ring<u32>::pop", 2), ("a::Ring<u64>::pop", 2)]


def test_a_finding_told_twice_is_told_once() -> None:
    assert len(report([finding(), finding()]).findings) == 1


def test_findings_are_sorted_by_level_class_root_rule_and_place() -> None:
    ordered = [
        finding(anchor=location(3, 1)),
        finding(anchor=location(20, 1)),
        finding(HEAP_FREE, anchor=location(1, 1)),
        finding(HEAP_ALLOCATION, root="z"),
        finding(UNRESOLVED_CALL),
        finding(path_class=PathClass.AMORTIZED),
        finding(path_class=PathClass.FIRST_USE),
        finding(path_class=PathClass.COLD),
    ]
    ordered = [numbered(number, each) for number, each in enumerate(ordered)]
    assert [each.fingerprint for each in report(reversed(ordered)).findings] == [each.fingerprint for each in ordered]


def test_a_finding_without_a_line_of_the_users_stands_at_the_frame_nearest_to_the_root() -> None:
    path = (step(ROOT, None, Via.ROOT), step("b::c", location(7, 2, "b-1.0.0/src/lib.rs")), step("__rust_alloc"))
    told = report([finding(path=path)]).findings[0]
    assert told.location == Place(file="b-1.0.0/src/lib.rs", line=7, column=2)


def test_the_path_keeps_full_names_and_says_how_each_frame_was_entered() -> None:
    name = "<plant::A as plant::Op>::process"
    path = (
        step(ROOT, location(3, 5), Via.ROOT, own=True),
        step(name, location(9, 5), Via.VIRTUAL, own=True),
        step("__rust_alloc"),
    )
    told = report([finding(path=path)]).findings[0].path
    assert [(each.function, each.via, each.line) for each in told] == [
        (ROOT, "call", 3),
        (name, "virtual", 9),
        ("__rust_alloc", "call", None),
    ]


def test_every_item_of_the_checklist_is_answered_in_its_order() -> None:
    written = report([finding()])
    assert [each.item for each in written.checklist] == [item.text for item in ITEMS]
    assert all(each.evidence for each in written.checklist)


def test_an_item_passes_only_where_its_rules_ran() -> None:
    assert check(report(), "no virtual dispatch") is CheckStatus.PASS
    without = [rule for rule in RULES if rule.id != "RF402"]
    assert check(report(rules=without), "no virtual dispatch") is CheckStatus.NOT_MEASURED
    assert check(report(), "baselines documented") is CheckStatus.NOT_MEASURED


def test_an_item_of_rules_that_judge_own_code_only_says_so() -> None:
    evidence = {each.item: each.evidence for each in report().checklist}
    assert evidence["struct layouts cache-line aware"].endswith("root, in own code only")
    assert evidence["references preferred over owned values"].endswith("root; RF502 in own code only")
    assert evidence["no virtual dispatch"].endswith("root")


def test_no_item_passes_where_no_root_was_audited() -> None:
    written = report(roots=(MISS,))
    assert {each.status for each in written.checklist} == {CheckStatus.NOT_MEASURED}


def test_a_root_that_is_not_there_is_told_first_and_judges_nothing() -> None:
    alone = report(roots=(MISS,))
    assert (alone.verdict, alone.recommendations) == (None, ())
    beside = report([finding(path_class=PathClass.COLD)], (AUDITED, MISS))
    assert [each.rule for each in beside.findings] == ["RF901", "RF101"]
    assert beside.causes[0].findings == (beside.findings[0].fingerprint,)
    assert beside.verdict is report([finding(path_class=PathClass.COLD)]).verdict
    assert beside.checklist == report([finding(path_class=PathClass.COLD)]).checklist
    assert beside.exit_code == ExitCode.ROOT_NOT_FOUND


def test_an_item_that_would_pass_is_to_be_reviewed_where_something_hot_is_not_known() -> None:
    written = report([finding(UNRESOLVED_CALL)])
    assert check(written, "no `Mutex`") is CheckStatus.REVIEW
    assert CheckStatus.PASS not in {each.status for each in written.checklist}


@pytest.mark.parametrize(
    ("path_class", "status"),
    [
        (PathClass.HOT, CheckStatus.FAIL),
        (PathClass.AMORTIZED, CheckStatus.REVIEW),
        (PathClass.FIRST_USE, CheckStatus.REVIEW),
        (PathClass.COLD, CheckStatus.PASS),
        (PathClass.PANIC, CheckStatus.PASS),
    ],
)
def test_an_item_is_answered_by_the_class_of_what_was_found(path_class: PathClass, status: CheckStatus) -> None:
    assert check(report([finding(LOCK, path_class)]), "no `Mutex`") is status


def through(name: str) -> Finding:
    path = (step(ROOT, location(3, 5), Via.ROOT, own=True), step(name, None, Via.INLINE), step("__rust_alloc"))
    return finding(path=path)


def test_an_allocation_fails_the_item_that_names_its_function() -> None:
    boxed = report([through("alloc::boxed::Box<plant::Quote>::new")])
    copied = report([through("alloc::slice::<impl [u8]>::to_vec")])
    assert check(boxed, "Box::new") is CheckStatus.FAIL
    assert check(boxed, "to_vec") is CheckStatus.REVIEW
    assert check(copied, "to_vec") is CheckStatus.FAIL
    assert check(copied, "Box::new") is CheckStatus.REVIEW


def test_a_container_of_boxes_is_no_box() -> None:
    written = report([through("alloc::vec::Vec<alloc::boxed::Box<dyn plant::Op>>::new")])
    assert check(written, "Box::new") is CheckStatus.REVIEW


def test_an_allocating_clone_fails_and_another_allocation_is_to_be_reviewed() -> None:
    assert check(report([through("<plant::Quote as core::clone::Clone>::clone")]), ".clone()") is CheckStatus.FAIL
    assert check(report([finding()]), ".clone()") is CheckStatus.REVIEW


def test_a_clone_inside_of_the_standard_library_is_not_the_users() -> None:
    path = (
        step(ROOT, location(3, 5), Via.ROOT, own=True),
        step("<alloc::string::String as alloc::string::ToString>::to_string", None, Via.INLINE),
        step("<alloc::string::String as core::clone::Clone>::clone", None, Via.INLINE),
        step("__rust_alloc"),
    )
    written = report([finding(path=path)])
    assert check(written, "to_string") is CheckStatus.FAIL
    assert check(written, ".clone()") is CheckStatus.REVIEW


def test_json_is_the_same_whatever_the_order_of_the_findings() -> None:
    findings = [numbered(number, finding(anchor=location(number + 1, 1))) for number in range(20)]
    assert json.write(report(findings)) == json.write(report(reversed(findings)))


def test_json_has_the_fields_of_the_contract() -> None:
    written = standard_json.loads(json.write(rich_sample()))
    assert written["schema"] == "ringfence-report/2"
    finding_fields = """fingerprint rule slug level class frequency loop_depth root sink message location path paths
        detail suppressed confirmed"""
    expected = {
        "tool": "name version",
        "build": "rustc llvm target profile panic opt_level lto",
        "coverage": "modules modules_read functions functions_reached unresolved_calls missing_functions",
        "roots": "pattern function location status verdict budget_ns",
        "findings": finding_fields,
        "layouts": "type size align padding location fields straddles shared_lines",
        "checklist": "section item status evidence",
    }
    for name, fields in expected.items():
        record = written[name][0] if isinstance(written[name], list) else written[name]
        assert set(fields.split()) <= set(record), name
    assert {"function", "file", "line", "via"} <= set(written["frames"][0])
    assert {"name", "type", "offset", "size", "lines", "touched_by"} <= set(written["layouts"][0]["fields"][0])
    assert {"benchmarks", "causes", "functions", "paths", "verdict"} <= set(written)


def fits_the_schema(written: object) -> bool:
    try:
        jsonschema.validate(written, standard_json.loads(generate()), jsonschema.Draft202012Validator)
    except jsonschema.ValidationError:
        return False
    return True


def test_reports_fit_the_schema_and_others_do_not() -> None:
    written = standard_json.loads(json.write(rich_sample()))
    assert fits_the_schema(written)
    written["findings"][0]["class"] = "lukewarm"
    assert not fits_the_schema(written)
    assert not fits_the_schema({"schema": "ringfence-report/2"})


def test_the_shipped_schema_is_the_generated_one() -> None:
    shipped = SCHEMA_FILE.read_text(encoding="utf-8")
    assert shipped == generate(), "run `python -m ringfence.pipeline.report.schema`"


def test_a_layout_report_judges_nothing() -> None:
    layouts = [Layout(type_=name, size=8, align=8, padding=0, location=None, fields=()) for name in ("b::B", "a::A")]
    written = layout_report(build=BUILD, coverage=COVERAGE, layouts=layouts)
    assert [each.type_ for each in written.layouts] == ["a::A", "b::B"]
    assert (written.verdict, written.checklist, written.exit_code) == (None, (), ExitCode.CLEAN)

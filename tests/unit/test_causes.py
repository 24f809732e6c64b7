"""What one call does is one cause, and nothing else is."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from report_samples import ROOT, finding, location, numbered, report, step

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION, HEAP_FREE, HEAP_GROWTH
from ringfence.passes.blocking import BLOCKING_CALL
from ringfence.passes.branching import VIRTUAL_CALL
from ringfence.passes.locking import LOCK
from ringfence.passes.rule import Finding, Frequency, Level, Location, Rule, Via
from ringfence.passes.serialization import SERIALIZATION
from ringfence.passes.sharing_rule import FALSE_SHARING
from ringfence.pipeline.report.model import Cause

HERE = location(3, 32)


def told(
    number: int,
    rule: Rule,
    deed: str,
    path_class: PathClass = PathClass.HOT,
    *,
    at: Location = HERE,
    subject: str = "`format!`",
    root: str = ROOT,
    seldom: bool = False,
    loops: int = 0,
) -> Finding:
    when = "in a loop of" if loops else "on some calls of" if seldom else "on every call of"
    made = numbered(number, finding(rule, path_class, anchor=at, root=root, message=f"{subject} {deed} {when} `it`"))
    frequency = Frequency.CONDITIONAL if seldom else Frequency.ALWAYS
    return replace(
        made, subject=subject, deed=deed, when=when, frequency=frequency, loop_depth=loops, own_loop_depth=loops
    )


def causes_of(*findings: Finding, strict: bool = False, allowed: Sequence[int] = ()) -> tuple[Cause, ...]:
    reasons = {f"{number:012x}": "for a test" for number in allowed}
    return report(findings, strict=strict, allowed=reasons).causes


def test_everything_that_one_call_does_equally_often_is_one_sentence_and_the_heaviest_leads() -> None:
    (cause,) = causes_of(
        told(1, HEAP_ALLOCATION, "allocates"),
        told(2, HEAP_GROWTH, "grows the heap"),
        told(3, VIRTUAL_CALL, "calls through a vtable"),
        told(4, SERIALIZATION, "formats"),
    )
    assert cause.message == (
        "`format!` formats, allocates, grows the heap and calls through a vtable on every call of `Plant::on_packet`"
    )
    assert cause.leading.rules == ("RF503", "RF101", "RF102", "RF401")
    assert cause.leading.findings[0] == "000000000004"
    assert cause.level is Level.ERROR
    assert cause.others == ()


def test_what_happens_less_often_or_less_badly_is_told_after_it() -> None:
    (cause,) = causes_of(
        told(1, HEAP_ALLOCATION, "allocates", PathClass.AMORTIZED),
        told(2, LOCK, "takes a lock"),
        told(3, HEAP_FREE, "frees heap memory", seldom=True),
    )
    assert cause.leading.rules == ("RF201",)
    assert [(each.when, each.what, each.rules) for each in cause.others] == [
        ("on some calls", "frees heap memory", ("RF103",)),
        ("on every call", "allocates", ("RF101",)),
    ]


def test_two_deeds_of_one_rule_are_both_told_and_one_that_repeats_is_told_once() -> None:
    (cause,) = causes_of(
        told(1, LOCK, "takes a lock"), told(2, LOCK, "takes a spin lock"), told(3, LOCK, "takes a lock")
    )
    assert cause.message.startswith("`format!` takes a lock and takes a spin lock on every call")
    assert len(cause.findings) == 3
    assert cause.leading.rules == ("RF201",)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(told(2, HEAP_FREE, "frees", at=location(3, 33)), id="another column"),
        pytest.param(told(2, HEAP_FREE, "frees", at=location(4, 32)), id="another line"),
        pytest.param(told(2, HEAP_FREE, "frees", at=location(3, 32, "src/other.rs")), id="another file"),
        pytest.param(told(2, HEAP_FREE, "frees", root="plant::other"), id="another root"),
        pytest.param(told(2, HEAP_FREE, "frees", subject="the drop of `String`"), id="a value that is dropped there"),
        pytest.param(told(2, FALSE_SHARING, "lies beside it"), id="a word about a type"),
    ],
)
def test_what_another_expression_does_is_another_cause(other: Finding) -> None:
    assert len(causes_of(told(1, HEAP_FREE, "frees"), other)) == 2


def test_two_types_that_are_dropped_at_one_place_are_two_causes() -> None:
    assert (
        len(
            causes_of(
                told(1, HEAP_FREE, "frees heap memory", subject="the drop of `String`"),
                told(2, HEAP_FREE, "frees heap memory", subject="the drop of `Vec<u8>`"),
                told(3, VIRTUAL_CALL, "calls through a vtable", subject="the drop of `Vec<u8>`"),
            )
        )
        == 2
    )


def test_without_a_column_two_calls_on_one_line_cannot_be_told_apart() -> None:
    line = location(3)
    assert len(causes_of(told(1, HEAP_FREE, "frees", at=line), told(2, LOCK, "takes a lock", at=line))) == 2


def test_what_has_no_frame_of_the_user_is_told_where_the_root_leads_on() -> None:
    path = (step(ROOT, location(9, 4, "std/core/src/a.rs"), Via.ROOT), step("__rust_alloc"))
    first = replace(told(1, HEAP_ALLOCATION, "allocates"), anchor=None, path=path)
    second = replace(told(2, HEAP_GROWTH, "grows the heap"), anchor=None, path=path)
    assert len(causes_of(first, second)) == 1


def test_causes_stand_by_class_frequency_loops_and_weight_and_never_by_the_number_of_their_rule() -> None:
    found = causes_of(
        told(1, HEAP_FREE, "frees", at=location(1, 1)),
        told(2, BLOCKING_CALL, "may block", at=location(2, 1)),
        told(3, HEAP_FREE, "frees", at=location(3, 1), loops=2),
        told(4, BLOCKING_CALL, "may block", at=location(4, 1), seldom=True),
        told(5, BLOCKING_CALL, "may block", PathClass.FIRST_USE, at=location(5, 1)),
        told(6, LOCK, "takes a lock", at=location(6, 1)),
    )
    assert [each.findings[0][-1] for each in found] == ["3", "2", "6", "1", "4", "5"]


def test_an_allowed_finding_is_a_cause_of_its_own() -> None:
    findings = [told(1, HEAP_ALLOCATION, "allocates"), told(2, HEAP_FREE, "frees")]
    assert [each.findings for each in causes_of(*findings, allowed=[1])] == [("000000000001",), ("000000000002",)]


def test_every_finding_of_a_report_is_in_one_cause() -> None:
    findings = [
        told(number, rule, "does it", path_class, at=location(number // 3, 1))
        for number, (rule, path_class) in enumerate(
            (rule, path_class) for rule in (HEAP_FREE, LOCK, SERIALIZATION) for path_class in PathClass
        )
    ]
    written = report(findings, strict=True)
    in_causes = [name for cause in written.causes for name in cause.findings]
    assert sorted(in_causes) == sorted(each.fingerprint for each in written.findings)


def test_causes_do_not_depend_on_the_order_of_the_findings() -> None:
    findings = [told(number, HEAP_FREE, "frees", at=location(number % 4, 1)) for number in range(12)]
    assert causes_of(*findings) == causes_of(*reversed(findings))

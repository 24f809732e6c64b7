"""What a report offers to accept what could not be followed: entries that a configuration takes and that then fit."""

import datetime
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from report_samples import AUDITED, ROOT, finding, location, numbered, rendered, report, step

from ringfence.passes.limits import INLINE_ASSEMBLY, MISSING_IR, UNRESOLVED_CALL
from ringfence.passes.rule import Finding, Rule, Via
from ringfence.pipeline.allow import allowed
from ringfence.pipeline.config import parse_config
from ringfence.pipeline.report import github, junit, markdown
from ringfence.pipeline.report.compose import RootResult

TODAY = datetime.date(2026, 1, 1)
OTHER = "plant::Plant::on_tick"
BOTH = (AUDITED, RootResult(OTHER, OTHER, "_RNv2"))


def below(*functions: str, rule: Rule = UNRESOLVED_CALL, root: str = ROOT, sink: str = "an unknown target") -> Finding:
    """A finding of what the last of the functions does."""
    steps = tuple(
        step(each, location(7, 9), Via.CALL, own=not number) for number, each in enumerate((root, *functions))
    )
    return finding(rule, root=root, anchor=location(7, 9), path=(*steps, step(sink)))


@pytest.mark.parametrize(
    ("function", "named"),
    [
        ("relay::send", "relay::send"),
        ("relay::Hub<u64>::send::<alloc::string::String>", "relay::Hub::send"),
        ("<relay::Hub<u64> as relay::Sends>::send", "<relay::Hub as relay::Sends>::send"),
        ("relay::send::{closure#0}", "relay::send::{closure#0}"),
        ("<relay::Hub as core::ops::function::FnOnce<()>>::call_once::{shim:vtable#0}",
         "<relay::Hub as core::ops::function::FnOnce>::call_once::{shim:vtable#0}"),
    ],
    ids=["function", "generic method", "method of a trait", "closure", "shim"],
)  # fmt: skip
def test_the_entry_for_a_call_names_its_function_and_fits_its_finding(function: str, named: str) -> None:
    unknown = below("plant::helper", function)
    (entry,) = report([unknown]).unknown
    assert (entry.function, entry.roots, entry.findings) == (named, (ROOT,), (unknown.fingerprint,))
    config = parse_config(entry.accept, "ringfence.toml")
    assert [(each.rule, each.root, each.function) for each in config.allow] == [("RF902", ROOT, named)]
    assert list(allowed([unknown], config.allow, TODAY)) == [unknown.fingerprint]


def test_a_function_that_no_pattern_finds_gives_way_to_its_caller() -> None:
    unknown = below("plant::helper", "odd\nname(")
    assert [each.function for each in report([unknown]).unknown] == ["odd\nname("]
    config = parse_config(report([unknown]).unknown[0].accept, "ringfence.toml")
    assert list(allowed([unknown], config.allow, TODAY)) == [unknown.fingerprint]


def test_a_function_without_ir_is_described_not_allowed() -> None:
    (entry,) = report([below("plant::helper", rule=MISSING_IR, sink="vendor_send")]).unknown
    config = parse_config(entry.accept, "ringfence.toml")
    assert [(each.function, each.effects) for each in config.assume] == [("vendor_send", ("blocks",))]
    assert config.allow == ()


def test_what_a_root_does_itself_is_accepted_under_the_root() -> None:
    unknown = below(rule=INLINE_ASSEMBLY)
    (entry,) = report([unknown]).unknown
    config = parse_config(entry.accept, "ringfence.toml")
    assert [(each.rule, each.root, each.function) for each in config.allow] == [("RF905", ROOT, None)]
    assert list(allowed([unknown], config.allow, TODAY)) == [unknown.fingerprint]


def test_what_two_roots_reach_through_one_function_is_one_entry_for_both() -> None:
    first, second = below("relay::send"), numbered(1, below("plant::tick", "relay::send", root=OTHER))
    (entry,) = report([first, second], BOTH).unknown
    assert entry.roots == (ROOT, OTHER)
    config = parse_config(entry.accept, "ringfence.toml")
    assert set(allowed([first, second], config.allow, TODAY)) == {first.fingerprint, second.fingerprint}


def test_a_root_with_violations_is_asked_nothing() -> None:
    assert report([below("relay::send"), numbered(1, finding())]).unknown == ()


def test_a_pattern_that_finds_nothing_is_asked_nothing() -> None:
    assert report([], (RootResult("plant::no", reason="no"),)).unknown == ()


def test_people_and_pull_requests_get_the_entry_to_paste() -> None:
    written = report([below("relay::send")])
    lines = written.unknown[0].accept.split("\n")
    for text in (rendered(written, width=120), markdown.write(written)):
        assert [line for line in lines if line not in text] == []
    assert "1 root unknown" in rendered(written, width=120)
    assert "```toml\n# src/plant.rs:7: " in markdown.write(written)
    assert "1 root unknown" in github.write(written)


def test_the_comment_of_an_entry_stays_one_line() -> None:
    unknown = replace(below("relay::send"), message="`a\nb = 1` calls a target that is not known")
    text = markdown.write(report([unknown]))
    block = text.split("```toml\n")[1].split("```")[0]
    assert len(parse_config(block, "ringfence.toml").allow) == 1


def test_junit_fails_the_case_of_an_unknown_root() -> None:
    suites = ElementTree.fromstring(junit.write(report([below("relay::send")])))  # noqa: S314  (our own text)
    failed = [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None]
    assert failed == ["RF902 unresolved-call"]

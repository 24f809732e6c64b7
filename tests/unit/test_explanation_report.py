"""What an explanation looks like, what a report says of cuts and elided allocations, and wrong fingerprints."""

import json
import re

import jsonschema
import pytest
from msgspec import structs
from report_samples import console, finding, location, numbered, rendered, report

from ringfence.graphs.cuts import MOST_WAYS
from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_FREE
from ringfence.passes.rule import Frequency, Level
from ringfence.pipeline.errors import ExitCode, UsageError
from ringfence.pipeline.explain import select
from ringfence.pipeline.report import explanation_model as model
from ringfence.pipeline.report.diagnostic import path_count
from ringfence.pipeline.report.explanation import render_finding, render_function
from ringfence.pipeline.report.json import encode
from ringfence.pipeline.report.model import Build, Place, Tool, ViaName
from ringfence.pipeline.report.schema import EXPLANATION_SCHEMA_FILE, generate_explanation
from ringfence.pipeline.source import Excerpt

TOOL = Tool(name="ringfence", version="0")
LINE = Place(file="src/plant.rs", line=3, column=14)


def frame(function: str, via: ViaName = "call", *, source: str = "", own: bool = False) -> model.Frame:
    return model.Frame(
        function=function,
        location=LINE if own else None,
        via=via,
        own=own,
        source=Excerpt(f"        {source}", 8, 4) if source else None,
    )


def whole(**changes: object) -> model.FindingExplanation:
    written = report([finding(anchor=location(3, 14))])
    made = model.FindingExplanation(
        tool=TOOL,
        build=Build(),
        finding=written.findings[0],
        frames=(
            frame("plant::Plant::on_packet", source="rule.accepts(order)", own=True),
            frame("<[u8] as plant::Rule<u64>>::accepts", "virtual"),
            frame("alloc::vec::Vec<u8>::push", "inline"),
            frame("__rust_alloc"),
        ),
        turns=(model.Turn(frame=2, class_="amortized", why="`Vec::push` grows a container that lives on"),),
        cuts=(
            model.Cut(
                frame=0,
                location=LINE,
                calls="<[u8] as plant::Rule<u64>>::accepts",
                removes=("7f3a9c0d11e2", "000000000001"),
                rules=("RF101", "RF103"),
                paths=214,
            ),
        ),
    )
    return structs.replace(made, **changes)


def explanation(**changes: object) -> str:
    made, file = console(100)
    render_finding(whole(**changes), made)
    return file.getvalue()


def test_an_explanation_is_a_tree_with_what_to_do_below() -> None:
    assert (
        explanation()
        == """\
error[RF101]: `to_string` allocates on every call of `Plant::on_packet`
 --> src/plant.rs:3:14

path
  Plant::on_packet (src/plant.rs:3)
    3 | rule.accepts(order)
  -> <[u8] as Rule<u64>>::accepts [virtual]
       Vec<u8>::push [inlined]
       amortized from here
     -> __rust_alloc

class: hot, always, not in a loop
  amortized: `Vec::push` grows a container that lives on

cut here
  src/plant.rs:3:14 <[u8] as Rule<u64>>::accepts [virtual]: 2 findings (RF101, RF103) disappear,
    with 214 paths

instead: borrow the value
rule: ringfence explain RF101
"""
    )


def test_a_cut_that_removes_no_more_than_the_one_below_it_is_left_out() -> None:
    cut = model.Cut(frame=0, location=LINE, calls="a::b", removes=("1",), rules=("RF101",), paths=1)
    above = structs.replace(cut, location=Place(file="src/plant.rs", line=1, column=1))
    text = explanation(cuts=(above, cut))
    assert "src/plant.rs:3:14 a::b [virtual]: this finding (RF101) disappears, with 1 path" in text
    assert "src/plant.rs:1:1" not in text


def test_a_finding_without_a_path_is_explained_without_a_tree() -> None:
    text = explanation(frames=(), turns=(), cuts=())
    assert "path" not in text.partition("-->")[2].partition("instead")[0]
    assert "instead: borrow the value" in text


def ways(number: int) -> tuple[model.Way, ...]:
    return tuple(
        model.Way(
            location=Place(file="src/plant.rs", line=line, column=5),
            class_="hot",
            frequency=Frequency.ALWAYS,
            loop_depth=0,
            paths=2,
        )
        for line in range(1, number + 1)
    )


def test_the_ways_to_a_function_are_listed_and_the_rest_is_counted() -> None:
    root = model.RootWays(
        root="plant::Plant::on_packet",
        class_="hot",
        frequency=Frequency.ALWAYS,
        loop_depth=1,
        paths=24,
        frames=(frame("plant::Plant::on_packet", own=True), frame("alloc::vec::Vec<u8>::push", "inline")),
        turns=(),
        ways=ways(12),
    )
    function = model.FunctionExplanation(
        tool=TOOL,
        build=Build(),
        pattern="Vec::push",
        functions=("alloc::vec::Vec<u8>::push",),
        roots=(root,),
        themselves=(),
        unreached=("plant::Plant::idle",),
    )
    made, file = console(100)
    render_function(function, made)
    lines = file.getvalue().splitlines()
    assert lines[:2] == ["alloc::vec::Vec<u8>::push", ""]
    assert lines[2] == "from Plant::on_packet: hot, always, in a loop; 24 paths"
    assert "    src/plant.rs:10:5 hot, always; 2 paths" in lines
    assert "    and 2 more (`--format json` has all)" in lines
    assert lines[-1] == "not reached from: Plant::idle"


def test_a_billion_paths_is_as_many_as_anybody_wants_to_know() -> None:
    assert [path_count(number) for number in (1, 2, 1204)] == ["1 path", "2 paths", "1,204 paths"]
    assert path_count(MOST_WAYS) == "1,000,000,000 paths or more"


def test_a_report_names_only_removed_findings_that_it_shows() -> None:
    first = finding(anchor=location(3, 5), detail={"removes": ["000000000001", "000000000002"]})
    shown = numbered(1, finding(HEAP_FREE, anchor=location(3, 5)))
    hidden = numbered(2, finding(HEAP_FREE, PathClass.PANIC, anchor=location(3, 5)))
    (told, _) = report([first, shown, hidden]).findings
    assert told.detail["removes"] == ["000000000001"]
    (told, *_) = report([first, shown, hidden], strict=True).findings
    assert told.detail["removes"] == ["000000000001", "000000000002"]


def test_a_finding_that_goes_alone_says_nothing_of_others() -> None:
    assert "removing" not in rendered(report([finding(anchor=location(3, 5))]))


ELIDED = finding(path_class=PathClass.COLD, anchor=location(3, 5), detail={"elided": True})


@pytest.mark.parametrize("strict", [False, True])
def test_what_llvm_removed_is_shown_and_changes_no_verdict(strict: bool) -> None:
    with_it, without = report([ELIDED], strict=strict), report([], strict=strict)
    assert [each.level for each in with_it.findings] == [Level.NOTE]
    assert with_it.exit_code == ExitCode.CLEAN
    assert (with_it.verdict, with_it.checklist) == (without.verdict, without.checklist)
    assert with_it.roots[0].summary == without.roots[0].summary
    assert with_it.roots[0].verdict == without.roots[0].verdict


TWO = report([finding(anchor=location(3, 5)), numbered(0x7F3A9C << 24, finding(HEAP_FREE, anchor=location(4, 5)))])


def test_the_beginning_of_a_fingerprint_selects_one_finding() -> None:
    assert select(TWO, "7f3a9c0d").rule == "RF101"


@pytest.mark.parametrize(
    ("fingerprint", "words"),
    [
        pytest.param("7f3a9c", "begins the fingerprints of 2 findings, `7f3a9c0d11e2`, `7f3a9c000000`", id="of two"),
        pytest.param("7f3a9c0e11", "has no finding `7f3a9c0e11` (the nearest is `7f3a9c0d11e2`)", id="nearly one"),
        pytest.param("bbbbbb", "has no finding `bbbbbb`: give the options of the audit", id="of none"),
    ],
)
def test_what_selects_no_single_finding_is_wrong_usage(fingerprint: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        select(TWO, fingerprint)


def test_an_audit_without_findings_has_none_to_explain() -> None:
    with pytest.raises(UsageError, match="it has none at all"):
        select(report([]), "7f3a9c")


def fits_the_schema(written: object) -> bool:
    try:
        jsonschema.validate(written, json.loads(generate_explanation()), jsonschema.Draft202012Validator)
    except jsonschema.ValidationError:
        return False
    return True


def test_explanations_fit_their_schema_and_others_do_not() -> None:
    written = json.loads(encode(whole()))
    assert fits_the_schema(written)
    del written["cuts"]
    assert not fits_the_schema(written)


def test_the_shipped_schema_of_explanations_is_the_generated_one() -> None:
    shipped = EXPLANATION_SCHEMA_FILE.read_text(encoding="utf-8")
    assert shipped == generate_explanation(), "run `python -m ringfence.pipeline.report.schema`"

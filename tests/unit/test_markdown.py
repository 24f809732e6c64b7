"""The Markdown report: the card's headings in their order, a line for each place, and short whatever was found."""

from dataclasses import replace

import msgspec
import pytest
from report_samples import AUDITED, ROOT, finding, location, numbered, report

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION, HEAP_GROWTH
from ringfence.passes.branching import VIRTUAL_CALL
from ringfence.passes.limits import UNRESOLVED_CALL
from ringfence.passes.locking import LOCK
from ringfence.passes.rule import Finding
from ringfence.pipeline.report import json
from ringfence.pipeline.report.compose import RootResult
from ringfence.pipeline.report.markdown import VERDICTS, write
from ringfence.pipeline.report.markdown_text import code, fence, prose, table
from ringfence.pipeline.report.model import Benchmark, Report, Verdict

CARD = [
    "## Performance Audit",
    "### Hot Path Analysis",
    "#### Allocations Found",
    "#### Locks Found",
    "#### Cache Issues",
    "#### Benchmark Results",
    "### Recommendations",
    "### Verdict",
]


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def section(text: str, heading: str) -> str:
    return text.partition(f"#### {heading}\n\n")[2].partition("\n\n#")[0]


def two_kinds() -> Report:
    return report(
        [
            finding(anchor=location(3, 5)),
            numbered(1, finding(HEAP_GROWTH, anchor=location(3, 5))),
            numbered(2, finding(LOCK, anchor=location(4, 9), message="`lock` takes a lock in `Plant::on_packet`")),
        ]
    )


@pytest.mark.parametrize("written", [report(), report((), ()), two_kinds()], ids=["clean", "no roots", "two kinds"])
def test_the_headings_of_the_card_are_all_there_in_their_order(written: Report) -> None:
    assert [line for line in headings(write(written)) if line in CARD] == CARD


def test_what_the_card_has_no_heading_for_follows_inside_the_hot_path_analysis() -> None:
    text = write(report([finding(VIRTUAL_CALL), numbered(1, finding(UNRESOLVED_CALL))]))
    further = headings(text)[headings(text).index("#### Benchmark Results") + 1 : headings(text).index(CARD[6])]
    assert further == [
        "#### Dispatch and Branching",
        "#### Limits of the Analysis",
        "#### Coverage",
        "#### Checklist",
    ]


def test_a_place_is_a_line_with_its_class_what_happens_the_root_and_the_rules() -> None:
    text = write(two_kinds())
    assert section(text, "Allocations Found") == (
        "- `src/plant.rs:3` **hot**: `to_string` allocates on every call of `Plant::on_packet` (RF101, RF102)"
    )
    assert section(text, "Locks Found").startswith("- `src/plant.rs:4` **hot**: `lock` takes a lock")


def test_roots_that_share_a_line_are_counted_there() -> None:
    elsewhere = replace(AUDITED, pattern="plant::sum", function="plant::sum")
    shared = numbered(1, finding(anchor=location(3, 5), root="plant::sum"))
    text = write(report([finding(anchor=location(3, 5)), shared], (AUDITED, elsewhere)))
    assert section(text, "Allocations Found").endswith("`Plant::on_packet`, and under 1 more root (RF101)")


def test_notes_and_what_is_allowed_are_counted() -> None:
    cold = numbered(1, finding(path_class=PathClass.COLD, anchor=location(9)))
    text = write(report([finding(), cold], allowed={"7f3a9c0d11e2": "at start only"}))
    assert section(text, "Allocations Found").splitlines() == [
        "- 1 note (1 cold), first at `src/plant.rs:9`",
        "- 1 allowed by the project: at start only",
    ]


def test_a_section_without_findings_says_whether_anything_looked() -> None:
    assert section(write(report()), "Locks Found") == "None: no way was found to lock, block or wait."
    assert section(write(report(rules=[HEAP_ALLOCATION])), "Locks Found") == "Not measured: no rule of this kind ran."


def test_budgets_without_a_measurement_are_no_success() -> None:
    assert "| `Plant::on_packet` | not measured | 500 ns | ✗ |" in write(report())


def test_benchmarks_are_held_against_their_targets() -> None:
    made = [
        Benchmark(operation="push", current_ns=120.5, target_ns=500, status="ok", source="criterion"),
        Benchmark(operation="flush", current_ns=2_500_000, target_ns=1_000_000, status="over", source="criterion"),
    ]
    text = write(msgspec.structs.replace(report(), benchmarks=tuple(made)))
    assert "| `push` | 120.5 ns | 500 ns | ✓ |" in text
    assert "| `flush` | 2.5 ms | 1 ms | ✗ |" in text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_one_of_the_four_boxes_is_ticked(verdict: Verdict) -> None:
    boxes = write(msgspec.structs.replace(report(), verdict=verdict)).partition("### Verdict\n\n")[2].splitlines()[:4]
    assert [box for box in boxes if box.startswith("- [x] ")] == [f"- [x] {VERDICTS[verdict]}"]
    assert sum(box.startswith("- [ ] ") for box in boxes) == 3


def test_all_28_items_are_answered() -> None:
    rows = section(write(report()), "Checklist").splitlines()
    assert len([row for row in rows[2:] if row.startswith("| ")]) == 28


def test_recommendations_are_numbered_and_say_what_they_remove() -> None:
    text = write(two_kinds()).partition("### Recommendations\n\n")[2]
    assert text.startswith("1. **Borrow the value.** `src/plant.rs:3` in `Plant::on_packet`")
    assert "Findings: `000000000001`, `7f3a9c0d11e2`." in text
    assert "\n2. **" in text


def test_names_mean_nothing_in_markdown() -> None:
    assert prose("`<[u8]>::to_vec` of *all* | _x_ in x86_64") == r"`<[u8]>::to_vec` of \*all\* \| \_x\_ in x86_64"
    assert prose("a ` alone") == r"a \` alone"
    assert code("a`b\x1b") == "`a'b\ufffd`"
    assert table(("A",), [["`|x| y`"]])[2] == r"| `\|x\| y` |"
    assert fence("a\n```\nb", "  ")[0] == "  ````rust"


MANY = 50_000


def many() -> list[Finding]:
    """Different lines, rules and classes, under one root."""
    rules, classes = (HEAP_ALLOCATION, HEAP_GROWTH, LOCK, VIRTUAL_CALL), tuple(PathClass)[:4]
    name = "plant::generic::<" + "alloc::vec::Vec<u8>, " * 40 + "u8>"
    return [
        replace(
            numbered(number, finding(rules[number % 4], classes[number % 3], anchor=location(number + 1, 5))),
            message=f"`{name}` allocates on every call of `Plant::on_packet`",
        )
        for number in range(MANY)
    ]


def test_fifty_thousand_findings_are_readable_in_markdown_and_complete_in_json() -> None:
    written = report(many())
    text, data = write(written), json.write(written)
    assert len(text) < 100_000
    assert "more places with" in section(text, "Allocations Found")
    assert "`--format json` has all of them" in text
    assert len(json.read(data).findings) == MANY
    assert sum(len(each.removes) for each in written.recommendations) == MANY


def test_many_roots_are_folded() -> None:
    roots = tuple(replace(AUDITED, pattern=f"plant::f{number}", function=f"plant::f{number}") for number in range(500))
    text = write(report([finding(root="plant::f7")], roots))
    assert len(text) < 100_000
    assert text.index("`plant::f7`") < text.index("`plant::f0`")
    assert "And 460 more roots, no worse than these." in text


def test_a_root_that_was_not_found_is_told() -> None:
    missed = RootResult("plant::sun", reason="the root `plant::sun` matches no function of this build")
    assert "| `plant::sun` |  | ? matches nothing |  |" in write(report((), (AUDITED, missed)))
    assert ROOT.startswith("plant::")

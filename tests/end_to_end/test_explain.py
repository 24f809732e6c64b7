"""``ringfence explain`` as a user runs it: on a crate that was audited before, and on the demo."""

import json
from pathlib import Path

import msgspec
import pytest

from ringfence.pipeline.report.explanation_model import FindingExplanation, FunctionExplanation
from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report
from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def flags(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str | Path, ...]:
    manifest = checkout / "testcrates" / "allocations" / "Cargo.toml"
    return ("--manifest-path", manifest, "--locked", "--target-dir", tmp_path_factory.mktemp("target"))


@pytest.fixture(scope="module")
def audited(ringfence: Run, flags: tuple[str | Path, ...]) -> Report:
    return read(ringfence("audit", *flags, "--format", "json").stdout.encode())


@pytest.fixture(scope="module")
def formatted(audited: Report) -> Finding:
    """``format!`` calls through a vtable: fourteen paths."""
    (found,) = (each for each in audited.findings if each.root.endswith("Book::describe") and each.rule == "RF401")
    return found


def explained(ringfence: Run, name: str, flags: tuple[str | Path, ...]) -> FindingExplanation:
    finished = ringfence("explain", name, *flags, "--format", "json")
    assert finished.returncode == 0, finished.stderr
    return msgspec.json.decode(finished.stdout, type=FindingExplanation)


def test_every_finding_is_explained_and_its_numbers_add_up(
    ringfence: Run, flags: tuple[str | Path, ...], audited: Report
) -> None:
    some = [each for each in audited.findings if each.rule != "RF301"]
    chosen = {(each.rule, each.class_): each for each in some}.values()
    assert len(chosen) > 3
    for finding in chosen:
        explanation = explained(ringfence, finding.fingerprint, flags)
        assert explanation.finding == finding
        assert [frame.function for frame in explanation.frames] == [step.function for step in finding.path]
        others = sum(each.paths for branch in explanation.branches for each in branch.alternatives)
        assert 1 + others == finding.paths
        last = explanation.turns[-1].class_ if explanation.turns else "hot"
        assert last == finding.class_
        (cut, *_) = explanation.cuts[::-1]
        assert cut.location == finding.location
        assert sorted({*cut.removes} - {finding.fingerprint}) == finding.detail.get("removes", [])


def test_six_digits_of_a_fingerprint_are_enough(
    ringfence: Run, flags: tuple[str | Path, ...], formatted: Finding
) -> None:
    finished = ringfence(
        "explain", formatted.fingerprint[:6].upper(), *flags, environment={"COLUMNS": "100", "TERM": "dumb"}
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith(
        """\
error[RF401]: `format` calls through a vtable on some calls of `Book::describe`
  --> src/lib.rs:34:9

path (the best of 14 paths)
  Book::describe (src/lib.rs:34)
    34 | format!("{} at {}", order.id, order.price) //~ RF101 hot; RF102 hot; RF401 hot
    fmt::format [inlined] (std/alloc/src/fmt.rs:659)
"""
    )
    assert (
        """
class: hot, conditional, not in a loop
  no growth, no lazy initialisation and no unlikely branch on the path

folded into this finding: 9 events at 8 places
"""
        in finished.stdout
    )
    assert (
        """
paths: 14 paths to 9 places where it happens
  other than the best one in Book::describe:
    12 by <u64 as Display>::fmt (src/lib.rs:34)
"""
        in finished.stdout
    )
    assert (
        "  src/lib.rs:34:9 fmt::format: 4 findings (RF101, RF102, RF401, RF503) disappear, with 28 paths"
        in finished.stdout
    )


@pytest.mark.parametrize(
    ("level", "first", "allowed"),
    [
        pytest.param((), "error[RF401]", False, id="as the rule says"),
        pytest.param(("-W", "RF401"), "warning[RF401]", False, id="warned"),
        pytest.param(("-A", "virtual-call"), "error[RF401]", True, id="allowed"),
    ],
)
def test_a_finding_is_explained_at_the_level_that_the_flags_give_it(
    ringfence: Run,
    flags: tuple[str | Path, ...],
    formatted: Finding,
    level: tuple[str, ...],
    first: str,
    allowed: bool,
) -> None:
    finished = ringfence("explain", formatted.fingerprint, *flags, *level)
    assert finished.stdout.partition(":")[0] == first
    assert ("allowed by `-A virtual-call`" in finished.stdout) is allowed


def test_a_level_for_what_is_no_rule_is_refused_with_the_nearest(
    ringfence: Run, flags: tuple[str | Path, ...], formatted: Finding
) -> None:
    finished = ringfence("explain", formatted.fingerprint, *flags, "-D", "virtal-call")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.endswith("`-D virtal-call`: `virtal-call` is no rule; did you mean `virtual-call`?\n")


def test_a_fingerprint_that_no_finding_has_is_told_with_the_nearest(
    ringfence: Run, flags: tuple[str | Path, ...], formatted: Finding
) -> None:
    wrong = formatted.fingerprint[:-2] + "".join("0" if digit != "0" else "1" for digit in formatted.fingerprint[-2:])
    finished = ringfence("explain", wrong, *flags)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert f"this audit has no finding `{wrong}` (the nearest is `{formatted.fingerprint}`)" in finished.stderr


def test_an_explanation_names_no_folder_of_this_machine(
    ringfence: Run, checkout: Path, flags: tuple[str | Path, ...], formatted: Finding
) -> None:
    finished = ringfence("explain", formatted.fingerprint, *flags, "--format", "json")
    assert finished.returncode == 0
    assert checkout.as_posix() not in finished.stdout


def test_a_function_is_explained_from_every_root_that_reaches_it(
    ringfence: Run, flags: tuple[str | Path, ...], audited: Report
) -> None:
    finished = ringfence("explain", "alloc::fmt::format::format_inner", *flags, "--format", "json")
    assert finished.returncode == 0, finished.stderr
    explanation = msgspec.json.decode(finished.stdout, type=FunctionExplanation)
    (way,) = (each for each in explanation.roots if each.root == "allocations::Book::describe")
    assert [(each.location.file, each.location.line) for each in way.ways if each.location] == [("src/lib.rs", 34)]
    assert (way.class_, way.paths, way.frames[-1].function) == ("hot", 1, "alloc::fmt::format::format_inner")
    roots = {each.function for each in audited.roots}
    assert roots == {each.root for each in explanation.roots} | {*explanation.unreached}


def test_an_inlined_function_and_a_root_are_explained_too(ringfence: Run, flags: tuple[str | Path, ...]) -> None:
    inlined = ringfence("explain", "alloc::vec::Vec::push", *flags)
    assert "Vec<Order>::push [inlined]" in inlined.stdout
    itself = ringfence("explain", "allocations::Book::describe", *flags)
    assert (itself.returncode, "it is itself a root: Book::describe" in itself.stdout) == (0, True)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        pytest.param("alloc::vec::Vec::pusch", "the roots reach no function `alloc::vec::Vec::pusch`", id="misspelt"),
        pytest.param(
            "std::process::abort", "no root reaches `std::process::abort`, which is in this build", id="there"
        ),
    ],
)
def test_a_function_that_no_root_reaches_is_said_to_be_so(
    ringfence: Run, flags: tuple[str | Path, ...], pattern: str, words: str
) -> None:
    finished = ringfence("explain", pattern, *flags)
    assert (finished.returncode, finished.stdout) == (4, "")
    assert words in finished.stderr


def test_a_root_that_matches_nothing_is_said_and_changes_the_exit_code(
    ringfence: Run, flags: tuple[str | Path, ...]
) -> None:
    finished = ringfence("explain", "alloc::vec::Vec::push", *flags, "--root", "allocations::Book::nowhere")
    assert finished.returncode == 4
    assert "Vec<Order>::push [inlined]" in finished.stdout
    assert "not looked at: the root `allocations::Book::nowhere` matches no function" in finished.stdout


def test_what_llvm_removed_is_told_on_request_and_never_fails(
    ringfence: Run, flags: tuple[str | Path, ...], audited: Report
) -> None:
    root = ("--root", "allocations::removed_by_the_optimiser")
    finished = ringfence("audit", *flags, *root, "--elided", "--format", "json")
    report = read(finished.stdout.encode())
    elided = [each for each in report.findings if each.detail.get("elided")]
    assert [(each.level, each.location and each.location.line) for each in elided] == [("note", 102)]
    assert elided[0].root == "allocations::removed_by_the_optimiser"
    assert [root.verdict for root in report.roots if root.function == elided[0].root] == ["clean"]
    assert [each.fingerprint for each in audited.findings] == [
        each.fingerprint for each in report.findings if not each.detail.get("elided")
    ]
    shown = ringfence("explain", elided[0].fingerprint, *flags, "--elided")
    assert "-> an allocation that LLVM removed" in shown.stdout


def test_a_finding_of_the_demo_is_explained_as_its_report_says(ringfence: Run) -> None:
    printed = ringfence("demo").stdout
    command = next(line.split("explain: ringfence ")[1] for line in printed.splitlines() if "= explain:" in line)
    finished = ringfence(*command.split())
    assert finished.returncode == 0, finished.stderr
    assert "if !rule.accepts(order) {" in finished.stdout
    assert "cut here" in finished.stdout


def test_two_explanations_are_the_same_to_the_byte(
    ringfence: Run, flags: tuple[str | Path, ...], formatted: Finding
) -> None:
    one, other = (
        ringfence(
            *("explain", formatted.fingerprint, *flags, "--format", "json"), environment={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    )
    assert one == other
    assert json.loads(one)["schema"] == "ringfence-explanation/1"

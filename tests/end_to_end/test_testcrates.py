"""Each testcrate, audited as a user would: every finding is marked beside the code, and every mark is found.

A crate belongs here when its sources hold marks. The marks say what is true; where the tool does not know it yet, the
crate is expected to fail, for a reason that is written down here, and the test fails on the day it passes.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from end_to_end.expectations import Mark, differences, marks
from end_to_end.rule_coverage import CONTRACT, NOT_WRITTEN, SHOWN_ELSEWHERE, shortcomings
from report_samples import finding, location, report

from ringfence.pipeline.report.checklist import ITEMS
from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report
from ringfence.pipeline.rules import all_rules
from support import Run

pytestmark = pytest.mark.end_to_end

_TESTCRATES = Path(__file__).parents[2] / "testcrates"
_CRATES = tuple(sorted(folder.name for folder in _TESTCRATES.iterdir() if (folder / "src").is_dir() and marks(folder)))
_NOT_YET: dict[str, str] = {}


def cases() -> list[object]:
    """The crates, those with a known gap marked so."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(reason=_NOT_YET[name]) if name in _NOT_YET else ())
        for name in _CRATES
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is read of std is read once."""
    return str(tmp_path_factory.mktemp("store"))


Audit = Callable[[str], Report]
"""The report of a testcrate."""


@pytest.fixture(scope="module")
def audit(ringfence: Run, checkout: Path, store: str) -> Audit:
    """Each crate is audited once, for all tests."""

    @cache
    def run(name: str) -> Report:
        finished = ringfence(
            *("audit", "--manifest-path", _TESTCRATES / name / "Cargo.toml", "--locked"),
            *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
            environment={"RINGFENCE_CACHE": store},
        )
        assert finished.returncode in (0, 100), finished.stderr
        assert "warning" not in finished.stderr
        return read(finished.stdout.encode())

    return run


@pytest.mark.parametrize("name", cases())
def test_a_testcrate_is_reported_as_it_is_marked(audit: Audit, name: str) -> None:
    report = audit(name)
    assert [root.reason for root in report.roots if root.status != "audited"] == []
    assert differences(report, _TESTCRATES / name) == []


def test_every_rule_fires_under_some_root_and_is_silent_under_another(audit: Audit) -> None:
    rules = {rule.id for rule in all_rules()} - SHOWN_ELSEWHERE
    assert shortcomings({name: audit(name) for name in _CRATES}, rules) == []


def test_a_rule_is_either_written_or_listed_as_not_written() -> None:
    written = {rule.id for rule in all_rules()}
    assert sorted(written & NOT_WRITTEN) == []
    assert sorted(CONTRACT - written - NOT_WRITTEN) == []
    assert sorted(written - CONTRACT) == []


def test_a_rule_that_never_fires_or_is_never_silent_is_named() -> None:
    reports = {"plant": report([finding()])}
    assert shortcomings(reports, ["RF101", "RF201"]) == ["RF201 never fires", "RF101 is never silent"]
    assert shortcomings({**reports, "calm": report()}, ["RF101"]) == []


def _at(audited: Report, line: int) -> list[Finding]:
    return [each for each in audited.findings if each.location and each.location.line == line and each.rule != "RF301"]


def _line_of(code: str) -> int:
    lines = (_TESTCRATES / "ordinary" / "src" / "lib.rs").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if code in line)


@pytest.mark.parametrize(
    ("code", "rule", "said"),
    [
        ("quote.payload.to_vec()", "RF101", "self.scratch.extend_from_slice(&quote.payload);"),
        ("quote.name.to_string()", "RF101", "self.scratch.push_str(&quote.name);"),
        ("self.data.lock().unwrap()", "RF201", "self.data_changes.pop()"),
        ("strategy.on_price(price)", "RF401", "match strategy {"),
        ("self.depth.clone()", "RF104", "self.scratch.clone_from(&self.depth);"),
        ("self.positions.get(&quote.key)", "RF306", "as usize]"),
    ],
    ids=["to_vec", "to_string", "lock", "virtual call", "clone", "hash lookup in a loop"],
)
def test_an_anti_pattern_has_advice_of_its_own_at_its_own_line(audit: Audit, code: str, rule: str, said: str) -> None:
    audited, line = audit("ordinary"), _line_of(code)
    advised = [each for each in audited.recommendations if each.location and each.location.line == line]
    assert [each.after for each in advised if said in each.after] != []
    assert rule in {each.rule for each in _at(audited, line)}


def test_clean_roots_get_28_honest_answers_and_no_promise_that_was_not_measured(
    ringfence: Run, checkout: Path, store: str
) -> None:
    finished = ringfence(
        *("audit", "--manifest-path", _TESTCRATES / "clean" / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        environment={"RINGFENCE_CACHE": store},
    )
    clean = read(finished.stdout.encode())
    assert finished.returncode == 0
    assert {root.verdict for root in clean.roots} == {"clean"}
    assert len(clean.checklist) == 28
    looked = {rule.id for rule in all_rules()}
    for check, item in zip(clean.checklist, ITEMS, strict=True):
        is_answered = looked.issuperset(item.rules)
        assert (check.status == "not-measured") == (not is_answered), check
    assert clean.verdict == "minor"
    assert "no benchmark was measured" in clean.verdict_reason
    assert clean.recommendations == ()


def test_every_crate_with_a_known_gap_is_there() -> None:
    assert set(_NOT_YET) <= set(_CRATES)


def test_the_docs_tell_the_idea_of_each_crate(checkout: Path) -> None:
    written = (checkout / "docs" / "testcrates.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in written.splitlines() if line.startswith("| `")]
    folders = [folder.name for folder in _TESTCRATES.iterdir() if (folder / "Cargo.toml").is_file()]
    assert sorted({*folders} - {*listed}) == []


@pytest.mark.parametrize("name", _CRATES)
def test_a_testcrate_has_marked_roots(name: str) -> None:
    sources = sorted((_TESTCRATES / name / "src").rglob("*.rs"))
    config = _TESTCRATES / name / "ringfence.toml"
    is_configured = config.is_file() and "[[roots]]" in config.read_text(encoding="utf-8")
    assert is_configured or any("// ringfence: root" in source.read_text(encoding="utf-8") for source in sources)


def marked(folder: Path, *lines: str) -> Path:
    """A crate of these lines."""
    (folder / "src").mkdir()
    (folder / "src" / "lib.rs").write_text("\n".join(lines), encoding="utf-8")
    return folder


ALLOCATES_ON_LINE_2 = report([finding(anchor=location(2, 5, "src/lib.rs"))])


@pytest.mark.parametrize(
    "mark",
    [
        "//~ RF101 hot",
        "//~ RF101 hot always loop=0 root=Plant::on_packet",
        "\n    //~^ RF101 hot",
    ],
)
def test_a_mark_is_met_by_its_finding(tmp_path: Path, mark: str) -> None:
    assert differences(ALLOCATES_ON_LINE_2, marked(tmp_path, "fn f() {", f"    keep(); {mark}", "}")) == []


@pytest.mark.parametrize(
    "mark", ["RF102 hot", "RF101 cold", "RF101 hot conditional", "RF101 hot loop=1", "RF101 hot root=Plant::other"]
)
def test_a_mark_that_says_something_else_is_missing_and_the_finding_unexpected(tmp_path: Path, mark: str) -> None:
    unexpected, missing = differences(ALLOCATES_ON_LINE_2, marked(tmp_path, "fn f() {", f"    keep(); //~ {mark}", "}"))
    assert unexpected.startswith("unexpected  src/lib.rs:2: RF101 hot always loop=0")
    assert missing == f"missing     src/lib.rs:2: {mark}"


def test_a_mark_on_another_line_is_not_met(tmp_path: Path) -> None:
    assert len(differences(ALLOCATES_ON_LINE_2, marked(tmp_path, "fn f() { //~ RF101 hot", "    keep();", "}"))) == 2


def test_two_marks_want_two_findings(tmp_path: Path) -> None:
    crate = marked(tmp_path, "fn f() {", "    keep(); //~ RF101 hot; RF101 hot", "}")
    assert differences(ALLOCATES_ON_LINE_2, crate) == [f"missing     {Mark('src/lib.rs', 2, 'RF101', 'hot')}"]


def test_a_misspelt_word_in_a_mark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`allways` says nothing"):
        marks(marked(tmp_path, "fn f() {} //~ RF101 hot allways"))

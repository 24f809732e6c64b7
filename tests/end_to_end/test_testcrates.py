"""Each testcrate, audited as a user would: every finding is marked beside the code, and every mark is found.

A crate belongs here when its sources hold marks. The marks say what is true; where the tool does not know it yet, the
crate is expected to fail, for a reason that is written down here, and the test fails on the day it passes.
"""

from pathlib import Path

import pytest
from end_to_end.expectations import Mark, differences, marks
from report_samples import finding, location, report

from ringfence.pipeline.report.json import read
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


@pytest.mark.parametrize("name", cases())
def test_a_testcrate_is_reported_as_it_is_marked(ringfence: Run, checkout: Path, store: str, name: str) -> None:
    crate = _TESTCRATES / name
    finished = ringfence(
        *("audit", "--manifest-path", crate / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        environment={"RINGFENCE_CACHE": store},
    )
    assert finished.returncode in (0, 100), finished.stderr
    assert "warning" not in finished.stderr
    report = read(finished.stdout.encode())
    assert [root.reason for root in report.roots if root.status != "audited"] == []
    assert differences(report, crate) == []


def test_every_crate_with_a_known_gap_is_there() -> None:
    assert set(_NOT_YET) <= set(_CRATES)


def test_the_docs_tell_the_idea_of_each_crate(checkout: Path) -> None:
    written = (checkout / "docs" / "testcrates.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in written.splitlines() if line.startswith("| `")]
    folders = [folder.name for folder in _TESTCRATES.iterdir() if (folder / "Cargo.toml").is_file()]
    assert sorted({*folders} - {*listed}) == []


@pytest.mark.parametrize("name", _CRATES)
def test_a_testcrate_has_marked_roots(name: str) -> None:
    source = (_TESTCRATES / name / "src" / "lib.rs").read_text(encoding="utf-8")
    assert "// ringfence: root" in source


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

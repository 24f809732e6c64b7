"""Two builds' layouts compared: what grew, moved, came and went, and what is said of bad input."""

import json
from pathlib import Path

import pytest

from support import Run

pytestmark = pytest.mark.end_to_end

_BEFORE = """
pub struct Grown { pub a: u64, pub b: u32 }
#[repr(C)] pub struct Moved { pub head: [u8; 48], pub last: [u64; 2] }
pub struct Same { pub a: u64 }
pub struct Gone { pub a: u8 }
#[inline(never)] pub fn touch(a: &Grown, b: &Moved, c: &Same, d: &Gone) -> u64 { a.a + b.last[1] + c.a + d.a as u64 }
"""
_AFTER = """
pub struct Grown { pub a: u64, pub b: u32, pub c: u16, pub d: u64 }
#[repr(C)] pub struct Moved { pub head: [u8; 49], pub last: [u64; 2] }
pub struct Same { pub a: u64 }
pub struct Come { pub a: u8 }
#[inline(never)] pub fn touch(a: &Grown, b: &Moved, c: &Same, d: &Come) -> u64 { a.d + b.last[1] + c.a + d.a as u64 }
"""


@pytest.fixture(scope="module")
def reports(ringfence: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("builds")
    made: list[Path] = []
    for name, source in (("before", _BEFORE), ("after", _AFTER)):
        crate = folder / name
        (crate / "src").mkdir(parents=True)
        (crate / "src" / "lib.rs").write_text(source)
        (crate / "Cargo.toml").write_text('[package]\nname = "changing"\nversion = "0.1.0"\n[workspace]\n')
        report = folder / f"{name}.json"
        finished = ringfence("layout", "--manifest-path", crate / "Cargo.toml", "--output", f"json={report}")
        assert finished.returncode == 0, finished.stderr
        made.append(report)
    return made[0], made[1]


def test_types_that_grew_moved_came_and_went_are_told_and_others_are_not(
    ringfence: Run, reports: tuple[Path, Path]
) -> None:
    finished = ringfence("layout", "--diff", *reports, "--format", "json")
    assert finished.returncode == 0, finished.stderr
    diff = json.loads(finished.stdout)
    kinds = {change["type"]: set(change["kinds"]) for change in diff["changes"]}
    assert kinds == {
        "changing::Come": {"appeared"},
        "changing::Gone": {"vanished"},
        "changing::Grown": {"grew", "unpadded", "rearranged"},
        "changing::Moved": {"grew", "padded", "moved", "rearranged"},
    }
    assert diff["compared"] == 3
    assert diff["unchanged"] == 1


def test_a_person_reads_which_field_moved_from_where_to_where(ringfence: Run, reports: tuple[Path, Path]) -> None:
    finished = ringfence("layout", "--diff", *reports, "Moved")
    text = " ".join(finished.stdout.split())
    assert "last offset 48, size 16, line 0 -> offset 56, size 16, lines 0-1 now crosses a cache line" in text
    assert "Grown" not in finished.stdout


def test_a_build_does_not_differ_from_itself(ringfence: Run, reports: tuple[Path, Path]) -> None:
    finished = ringfence("layout", "--diff", reports[0], reports[0])
    assert finished.stdout.startswith("types: 0 changed, 4 as they were")


def test_a_report_is_compared_with_bitcode(ringfence: Run, reports: tuple[Path, Path]) -> None:
    (bitcode,) = (reports[0].parent / "before").rglob("changing-*.bc")
    finished = ringfence("layout", "--diff", reports[0], bitcode)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("types: 0 changed")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        ("{not json", "is no JSON report of ringfence"),
        ('{"schema": "something/1"}', "is no JSON report of ringfence"),
    ],
    ids=["a file that is not there", "a file that is no JSON", "JSON of something else"],
)
def test_a_side_that_is_no_report_is_told_in_one_sentence(
    ringfence: Run, reports: tuple[Path, Path], tmp_path: Path, content: str | None, said: str
) -> None:
    side = tmp_path / "side.json"
    if content is not None:
        side.write_text(content)
    finished = ringfence("layout", "--diff", reports[0], side)
    assert finished.returncode == 2
    assert said in finished.stderr
    assert "Traceback" not in finished.stderr


def test_lines_of_different_sizes_are_not_compared(ringfence: Run, reports: tuple[Path, Path], tmp_path: Path) -> None:
    wide = tmp_path / "wide.json"
    manifest = reports[0].parent / "before" / "Cargo.toml"
    ringfence("layout", "--manifest-path", manifest, "--line-size", "128", "--output", f"json={wide}")
    finished = ringfence("layout", "--diff", reports[0], wide)
    assert finished.returncode == 2
    assert "make both with the same --line-size" in finished.stderr

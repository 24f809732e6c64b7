"""A finding stands for what is alike behind one line; its fingerprint goes when one of that is mended, and what is new
has a fingerprint of its own."""

import shutil
from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding
from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def crate(checkout: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "folds"
    shutil.copytree(checkout / "testcrates" / "folds", folder, ignore=shutil.ignore_patterns("target"))
    return folder


def audited(ringfence: Run, crate: Path) -> tuple[Finding, ...]:
    finished = ringfence("audit", "--manifest-path", crate / "Cargo.toml", "--locked", "--format", "json")
    assert finished.returncode == 100, finished.stderr
    return read(finished.stdout.encode()).findings


def of(findings: tuple[Finding, ...], rule: str, root: str) -> set[str]:
    """Fingerprints of a rule under a root."""
    return {each.fingerprint for each in findings if each.rule == rule and each.root.endswith(f"::{root}")}


def edited(crate: Path, old: str, new: str) -> None:
    source = crate / "depot" / "src" / "lib.rs"
    text = source.read_text()
    assert old in text
    source.write_text(text.replace(old, new))


def test_what_is_mended_or_new_behind_a_line_changes_its_fingerprints_only(ringfence: Run, crate: Path) -> None:
    before = audited(ringfence, crate)
    edited(crate, "    let last = bins.last.lock().map_or(0, |last| last.0);", "    let last = 0;")
    edited(crate, "Box::new(number)", "Box::new(Vec::<u8>::with_capacity(number as usize).capacity() as u64)")
    edited(crate, "    second(more, number);", "    more[0] = number;")
    after = audited(ringfence, crate)
    locks = of(before, "RF201", "on_all_kinds"), of(after, "RF201", "on_all_kinds")
    assert (len(locks[0] - locks[1]), len(locks[1] - locks[0]), len(locks[1])) == (1, 0, 2)
    assert len(of(before, "RF101", "on_label")) == 1
    assert of(before, "RF101", "on_label").isdisjoint(of(after, "RF101", "on_label"))
    assert of(before, "RF102", "on_twice").isdisjoint(of(after, "RF102", "on_twice"))
    for rule, root in (("RF202", "on_pause"), ("RF201", "on_counts"), ("RF103", "on_label")):
        assert of(before, rule, root) <= of(after, rule, root)


def test_moved_lines_of_a_library_leave_the_fingerprints_as_they_are(ringfence: Run, crate: Path) -> None:
    before = audited(ringfence, crate)
    edited(crate, "use std::time::Duration;", "use std::time::Duration;\n\n\n")
    assert {each.fingerprint for each in audited(ringfence, crate)} == {each.fingerprint for each in before}


def test_explain_lists_the_places_below_a_fold(ringfence: Run, crate: Path) -> None:
    findings = audited(ringfence, crate)
    (name,) = of(findings, "RF102", "on_twice")
    explained = ringfence("explain", name, "--manifest-path", crate / "Cargo.toml", "--locked").stdout
    assert "folded into this finding: 2 events at 2 places" in explained
    assert "depot::first (depot-0.1.0/src/lib.rs:" in explained
    assert "depot::second (depot-0.1.0/src/lib.rs:" in explained

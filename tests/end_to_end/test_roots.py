"""Roots by name: instances, trait methods, async functions, closures; and what is said of those that are not found."""

import json
from pathlib import Path

import pytest

from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


def audited(ringfence: Run, checkout: Path, target: Path, *patterns: str) -> list[dict[str, object]]:
    flags = [flag for pattern in patterns for flag in ("--root", pattern)]
    manifest = checkout / "testcrates" / "roots" / "Cargo.toml"
    finished = ringfence("audit", "--manifest-path", manifest, "--target-dir", target, "--format", "json", *flags)
    roots: list[dict[str, object]] = json.loads(finished.stdout)["roots"]
    return roots


@pytest.mark.parametrize(
    ("pattern", "functions"),
    [
        pytest.param("roots::Ring::push", ["roots::Ring<u64>::push", "roots::Ring<u8>::push"], id="every instance"),
        pytest.param("roots::Ring<u8>::push", ["roots::Ring<u8>::push"], id="one instance"),
        pytest.param("Keep::write", ["<roots::Keep as roots::Sink>::write"], id="a trait's method on a type"),
        pytest.param(
            "<* as roots::Sink>::write",
            ["<roots::Count as roots::Sink>::write", "<roots::Keep as roots::Sink>::write"],
            id="a trait's method on all types",
        ),
        pytest.param("roots::handle", ["roots::handle::{closure#0}"], id="an async function"),
        pytest.param(
            "<_ as Sink>::write",
            ["<roots::Count as roots::Sink>::write", "<roots::Keep as roots::Sink>::write"],
            id="a trait's method on any type",
        ),
        pytest.param(
            "roots::Sink::write",
            ["<roots::Count as roots::Sink>::write", "<roots::Keep as roots::Sink>::write"],
            id="a trait's method",
        ),
        pytest.param("roots::collected::{closure#0}", ["roots::collected::{closure#0}"], id="a closure"),
        pytest.param("roots::collected::{closure}", ["roots::collected::{closure#0}"], id="any closure"),
        pytest.param("thread:core-3", ["roots::Worker::start::{closure#0}"], id="a thread's closure"),
        pytest.param("thread:writer", ["roots::writer"], id="a thread's function"),
    ],
)
def test_a_pattern_finds(ringfence: Run, checkout: Path, target: Path, pattern: str, functions: list[str]) -> None:
    roots = audited(ringfence, checkout, target, pattern)
    assert [root["function"] for root in roots] == functions
    assert {root["status"] for root in roots} == {"audited"}


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        pytest.param("roots::Ring::never", "it is generic, and nothing in this build instantiates it", id="generic"),
        pytest.param("roots::tiny", "rustc made no code for it", id="inlined away"),
        pytest.param("roots::unheard", "it is async, and nothing in this build polls it", id="async"),
        pytest.param("thread:reader", "the nearest names are `thread:core-*`, `thread:writer`", id="no such thread"),
        pytest.param("roots::Ring::pusch", "the nearest names are `roots::Ring::push`", id="misspelt"),
    ],
)
def test_a_pattern_that_finds_nothing_says_why(
    ringfence: Run, checkout: Path, target: Path, pattern: str, words: str
) -> None:
    (root,) = audited(ringfence, checkout, target, pattern)
    assert root["status"] == "not-found"
    assert words in str(root["reason"])


def test_an_inlined_function_is_audited_where_it_was_inlined(ringfence: Run, checkout: Path, target: Path) -> None:
    manifest = checkout / "testcrates" / "roots" / "Cargo.toml"
    arguments = ("--manifest-path", manifest, "--target-dir", target, "--format", "json", "--root", "roots::label")
    report = json.loads(ringfence("audit", *arguments).stdout)
    (root,) = report["roots"]
    assert root["inlined_into"] == ["roots::all_labelled", "roots::labelled"]
    assert root["location"] == {"file": "src/lib.rs", "line": 78, "column": 0}
    (finding,) = (each for each in report["findings"] if each["rule"] == "RF101")
    assert (finding["root"], finding["location"]["line"], finding["class"]) == ("roots::label", 79, "hot")
    frames = [report["frames"][place] for place in report["paths"][finding["path"]]]
    assert [report["functions"][frame["function"]] for frame in frames][:2] == [
        "roots::label",
        "<u64 as alloc::string::ToString>::to_string",
    ]


def test_a_function_that_two_patterns_name_has_an_entry_for_each(ringfence: Run, checkout: Path, target: Path) -> None:
    roots = audited(ringfence, checkout, target, "Keep::write", "<* as roots::Sink>::write")
    assert [(root["pattern"], root["function"]) for root in roots] == [
        ("<* as roots::Sink>::write", "<roots::Count as roots::Sink>::write"),
        ("<* as roots::Sink>::write", "<roots::Keep as roots::Sink>::write"),
        ("Keep::write", "<roots::Keep as roots::Sink>::write"),
    ]


def test_the_verdict_is_that_of_each_instance(ringfence: Run, checkout: Path, target: Path) -> None:
    roots = audited(ringfence, checkout, target, "<* as roots::Sink>::write")
    assert [root["verdict"] for root in roots] == ["clean", "violations"]


def test_entries_lists_what_an_audit_would_take(ringfence: Run, checkout: Path, target: Path) -> None:
    manifest = checkout / "testcrates" / "roots" / "Cargo.toml"
    listed = ringfence("entries", "--manifest-path", manifest, "--target-dir", target, "--root", "roots::Ring::push")
    assert listed.returncode == 0
    assert "roots::Ring<u8>::push  src/lib.rs:8" in listed.stdout

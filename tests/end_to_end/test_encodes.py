"""RF503: one finding for each line that serialises, parses or formats, with the library and the call; else silence."""

from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding
from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def encoding(ringfence: Run, checkout: Path) -> list[Finding]:
    """All findings of RF503 in the testcrate, unlikely paths included."""
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / "encodes" / "Cargo.toml", "--locked", "--strict"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
    )
    assert finished.returncode == 100, finished.stderr
    return [each for each in read(finished.stdout.encode()).findings if each.rule == "RF503"]


def test_each_line_that_encodes_is_one_finding_that_names_the_call(encoding: list[Finding]) -> None:
    hot = {each.root.rpartition("::")[2]: each for each in encoding if each.class_ == "hot"}
    assert {root: (each.detail["api"], each.detail["library"]) for root, each in hot.items()} == {
        "json": ("serde_json::to_string", "serde_json"),
        "from_json": ("serde_json::from_str", "serde_json"),
        "bytes": ("bincode::serialize", "bincode"),
        "label": ("format!", "core::fmt"),
        "note": ("write!", "core::fmt"),
        "number": ("u64::to_string", "core::fmt"),
        "shared": ("Arc<str>::to_string", "core::fmt"),
    }
    assert len(hot) == sum(each.class_ == "hot" for each in encoding)
    assert {each.level for each in hot.values()} == {"warning"}


def test_parsing_is_told_from_serialising(encoding: list[Finding]) -> None:
    said = {each.root.rpartition("::")[2]: each.message.split(" on ")[0] for each in encoding}
    assert said["json"] == "`serde_json::to_string` serialises"
    assert said["from_json"] == "`serde_json::from_str` parses"


def test_text_that_is_copied_is_not_formatted(encoding: list[Finding]) -> None:
    assert {each.class_ for each in encoding if "::copy_" in each.root} <= {"panic"}


def test_the_message_of_a_panic_is_no_hot_formatting(encoding: list[Finding]) -> None:
    assert {each.class_ for each in encoding if each.root.endswith("::checked")} <= {"panic"}

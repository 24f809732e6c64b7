"""``entries --discover`` proposes what looks like an entry point and has code in this build."""

import json
import tomllib
from pathlib import Path

import pytest

from support import Run

pytestmark = pytest.mark.end_to_end

DISCOVERED = [
    ("entries::Engine::on_order", "guard", None),
    ("entries::Engine::best", "documented", 50),
    ("entries::Engine::quote", "documented", None),
    ("entries::Engine::depth", "benchmark", None),
    ("entries::Engine::start::{closure#0}", "thread", None),
]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


def discovered(ringfence: Run, checkout: Path, target: Path, form: str) -> str:
    manifest = checkout / "testcrates" / "entries" / "Cargo.toml"
    arguments = ("--manifest-path", manifest, "--target-dir", target, "--format", form)
    finished = ringfence("entries", "--discover", *arguments)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_each_is_proposed_with_its_sign_and_the_budget_that_its_documentation_promises(
    ringfence: Run, checkout: Path, target: Path
) -> None:
    entries = json.loads(discovered(ringfence, checkout, target, "json"))
    existing = [entry for entry in entries if entry["functions"]]
    assert [(entry["path"], entry["sign"], entry["budget_ns"]) for entry in existing] == DISCOVERED
    assert [entry["path"] for entry in entries if not entry["functions"]] == ["entries::Engine::generic"]


def test_the_roots_that_it_writes_are_found_by_an_audit(
    ringfence: Run, checkout: Path, target: Path, tmp_path: Path
) -> None:
    written = discovered(ringfence, checkout, target, "toml")
    assert [root["path"] for root in tomllib.loads(written)["roots"]] == [path for path, *_ in DISCOVERED]
    config = tmp_path / "ringfence.toml"
    config.write_text(written, encoding="utf-8")
    manifest = checkout / "testcrates" / "entries" / "Cargo.toml"
    listed = ringfence("entries", "--manifest-path", manifest, "--target-dir", target, "--config", config)
    assert (listed.returncode, "not found" in listed.stdout) == (0, False)


def test_people_are_told_what_has_no_code(ringfence: Run, checkout: Path, target: Path) -> None:
    told = discovered(ringfence, checkout, target, "human")
    assert 'entries::Engine::best\n    documented as "Lock-free", budget 50 ns  src/lib.rs:26\n' in told
    assert "without code in this build" in told
    assert told.endswith("\n    entries::Engine::generic\n")


def test_a_format_without_discovery_is_refused(ringfence: Run, checkout: Path) -> None:
    manifest = checkout / "testcrates" / "entries" / "Cargo.toml"
    refused = ringfence("entries", "--manifest-path", manifest, "--format", "toml")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "`--format` belongs to `--discover`" in refused.stderr

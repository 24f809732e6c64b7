"""A look-up names what its table hashes with, by the table's type; so does a hash without a table."""

from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from support import Run

pytestmark = pytest.mark.end_to_end


def test_each_table_is_told_with_its_own_hasher(ringfence: Run, checkout: Path, tmp_path: Path) -> None:
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / "hashers" / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        environment={"RINGFENCE_CACHE": str(tmp_path)},
    )
    assert finished.returncode == 100, finished.stderr
    found = [each for each in read(finished.stdout.encode()).findings if each.rule == "RF306"]
    assert {each.root.rpartition("::")[2]: each.detail.get("hasher") for each in found} == {
        "standard": "SipHash",
        "keyed": "ahash",
        "wrapped": "ahash",
        "firefox": "FxHash",
        "noll": "FNV",
        "other": "xxHash",
        "ordered": "SipHash",
        "ordered_by_firefox": "FxHash",
        "brown": "foldhash",
        "own_state": "Seeded",
        "own": "Plain",
        "shard": "SipHash",
        "sign": "SipHash",
    }
    levels = {each.root.rpartition("::")[2]: each.level for each in found}
    assert {name for name, level in levels.items() if level != "error"} == {"shard", "sign"}
    (keyed,) = (each for each in found if each.root.endswith("keyed"))
    assert "fast hasher" not in str(keyed.help)

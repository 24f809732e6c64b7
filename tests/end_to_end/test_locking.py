"""What findings of the locking family say beside their rule: libraries, types, what a lock is held over, the order."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.graphs.names import last_segment
from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding, Report
from support import Run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is read of std is read once."""
    return str(tmp_path_factory.mktemp("store"))


def audit(ringfence: Run, checkout: Path, store: str, crate: str) -> Report:
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / crate / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        environment={"RINGFENCE_CACHE": store},
    )
    assert finished.returncode in (0, 100), finished.stderr
    return read(finished.stdout.encode())


def locks(found: list[Finding], root: str) -> Iterator[Finding]:
    return (each for each in found if each.rule == "RF201" and each.root.endswith(f"::{root}"))


@pytest.fixture(scope="module")
def held(ringfence: Run, checkout: Path, store: str) -> list[Finding]:
    """The findings of the testcrate about held locks."""
    return list(audit(ringfence, checkout, store, "held").findings)


@pytest.mark.parametrize(
    ("root", "over"),
    [
        ("copy_of_orders", ["allocation"]),
        ("tell", ["virtual call"]),
        ("reprice", ["lock"]),
        ("try_reprice", ["lock"]),
        ("settle_elsewhere", ["lock"]),
        ("copy_behind", None),
        ("one_after_the_other", None),
    ],
)
def test_a_lock_tells_what_it_is_held_over(held: list[Finding], root: str, over: list[str] | None) -> None:
    first = next(locks(held, root))
    assert first.detail.get("held_over") == over


@pytest.fixture(scope="module")
def handmade(ringfence: Run, checkout: Path, store: str) -> list[Finding]:
    """The findings of the testcrate about locks that no name tells."""
    return list(audit(ringfence, checkout, store, "handmade").findings)


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("by_comparison", {"kind": "spin"}),
        ("by_number", {"kind": "spin"}),
        ("unless_busy", {"kind": "flag"}),
        ("try_add", {"kind": "flag", "guard": "Held", "type": "Book"}),
        ("pass", {"kind": "spin", "guard": "Shut"}),
        ("swap", {"kind": "spin", "guard": "Held", "type": "Book", "held_over": ["allocation"]}),
        ("wait_and_add", {"kind": "spin"}),
        ("total", {"kind": "mutex", "library": "handmade"}),
        ("rate", {"kind": "read", "library": "handmade", "type": "u64"}),
    ],
)
def test_a_lock_without_a_name_tells_what_it_is(
    handmade: list[Finding], root: str, expected: dict[str, object]
) -> None:
    (found,) = locks(handmade, root)
    told = {key: found.detail[key] for key in ("kind", "guard", "type", "library", "held_over") if key in found.detail}
    shown = {key: last_segment(value) if isinstance(value, str) else value for key, value in told.items()}
    assert shown == expected


@pytest.mark.parametrize(
    ("root", "cycle"),
    [
        ("settle", ["held::Book", "held::Ledger", "held::Book"]),
        ("settle_elsewhere", ["held::Book", "held::Ledger", "held::Book"]),
        ("correct", ["held::Ledger", "held::Book", "held::Ledger"]),
        ("reprice", None),
        ("try_reprice", None),
        ("one_after_the_other", None),
    ],
)
def test_two_locks_in_both_orders_are_a_finding(held: list[Finding], root: str, cycle: list[str] | None) -> None:
    cycles = [each.detail["cycle"] for each in locks(held, root) if "cycle" in each.detail]
    assert cycles == ([cycle] if cycle else [])


def test_a_lock_tells_its_library_and_the_type_that_it_guards(held: list[Finding]) -> None:
    told = [
        [each.detail.get(key) for key in ("library", "kind", "type")] for each in locks(held, "one_after_the_other")
    ]
    assert told == [["std", "mutex", "held::Book"], ["parking_lot", "mutex", "held::Rates"]]


def test_a_clock_is_a_warning_in_a_loop_and_a_note_outside(ringfence: Run, checkout: Path, store: str) -> None:
    report = audit(ringfence, checkout, store, "clocks")
    told = [each for each in report.findings if each.rule == "RF207"]
    levels = {each.root.rsplit("::", 1)[-1]: each.level.value for each in told}
    assert levels == {
        "rest_within": "note",
        "stamp": "note",
        "stamp_all": "warning",
        "ticks": "note",
        "waited": "note",
        "wall": "note",
    }


def test_what_only_advises_leaves_a_root_clean(ringfence: Run, checkout: Path, store: str) -> None:
    report = audit(ringfence, checkout, store, "orders")
    assert {each.rule for each in report.findings} == {"RF205", "RF206", "RF302"}
    assert {root.verdict.value for root in report.roots} == {"clean"}

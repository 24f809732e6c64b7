"""The verdict tables hold: no call is missed, no slice function cries wolf, each hazard is found under every profile.

What ringfence gets wrong is written down here with the reason and is expected to fail; the test fails on the day it is
right. Spurious edges that are known stand in the sources of ``call_graph/`` and are expected exactly.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from truth.edges import LEVELS, Case, audited, roots_written
from truth.marked import Judged, audit, judged
from truth.matrix import Column, by_root, column, profiles
from truth.verdicts import SLICE_PROFILES, slices

pytestmark = pytest.mark.end_to_end

_CHECKED_IN_A_LOOP = {"0": ("chunks_exact", "windows")}
"""Slice functions whose closures index what they are given, which only an optimiser knows to be long enough."""
_MISSED = {
    ("implicit::thread_local_value::root", "0"): "the initialiser of a thread-local is called through a pointer",
}
"""Root and opt-level of each case in which a function is not reached, and why."""


@pytest.fixture(scope="module")
def target(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where modules go; what is read of std is read once, into a store of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGFENCE_CACHE", str(tmp_path_factory.mktemp("store")))
        yield checkout / "build" / "truth"


@pytest.fixture(scope="module")
def cases(target: Path) -> Mapping[str, Mapping[str, Case]]:
    """The call-graph cases by opt-level and name."""
    return {level: {case.name: case for case in audited(level, target)} for level in LEVELS}


@pytest.mark.parametrize("level", LEVELS)
def test_every_marked_root_of_the_call_graph_is_audited(cases: Mapping[str, Mapping[str, Case]], level: str) -> None:
    assert len(cases[level]) == roots_written() > 100


@pytest.mark.parametrize("level", LEVELS)
def test_no_call_is_missed_but_those_that_are_known(cases: Mapping[str, Mapping[str, Case]], level: str) -> None:
    missed = {name: case.missing for name, case in cases[level].items() if case.missing}
    assert {name: functions for name, functions in missed.items() if (name, level) not in _MISSED} == {}


@pytest.mark.parametrize(
    ("name", "level"), [pytest.param(*key, marks=pytest.mark.xfail(reason=reason)) for key, reason in _MISSED.items()]
)
def test_a_call_that_was_known_to_be_missed_is_found(
    cases: Mapping[str, Mapping[str, Case]], name: str, level: str
) -> None:
    assert cases[level][name].missing == []


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_missed_is_said_to_be_unknown(cases: Mapping[str, Mapping[str, Case]], level: str) -> None:
    silent = [name for name, case in cases[level].items() if case.missing_in_silence]
    assert silent == []


@pytest.mark.parametrize("level", LEVELS)
def test_spurious_edges_are_those_that_the_sources_name(cases: Mapping[str, Mapping[str, Case]], level: str) -> None:
    spurious = {name: frozenset(case.spurious) for name, case in cases[level].items() if case.spurious}
    known = {name: case.known_spurious for name, case in cases[level].items() if case.known_spurious}
    assert spurious == known


@pytest.fixture(scope="module")
def hazards(target: Path) -> Mapping[str, Judged]:
    """The hazards by root."""
    return {each.root: each for each in judged("hazards", audit("hazards", target))}


def test_hazards_and_their_siblings_are_reported_as_they_are_marked(hazards: Mapping[str, Judged]) -> None:
    assert {root: each.wrong for root, each in hazards.items() if each.wrong} == {}


@pytest.mark.parametrize(
    ("root", "rule"),
    [
        ("uncontended_lock", "RF201"),
        ("uncontended_read", "RF201"),
        ("lock_that_is_tried", "RF201"),
        ("push_with_room", "RF102"),
        ("queue_with_room", "RF102"),
        ("short_sleep", "RF202"),
        ("syscall_through_libc", "RF202"),
        ("syscall_by_instruction", "RF905"),
    ],
)
def test_a_hazard_is_reported_by_its_rule_and_its_root_is_not_clean(
    hazards: Mapping[str, Judged], root: str, rule: str
) -> None:
    assert rule in {finding.rule for finding in hazards[root].found}
    assert hazards[root].verdict != "clean"


def test_an_index_that_is_checked_is_reported_on_the_panic_path_only_and_a_proved_one_never(target: Path) -> None:
    strict = {each.root: each for each in judged("hazards", audit("hazards", target, strict=True))}
    assert {finding.class_ for finding in strict["index_in_range"].found} == {"panic"}
    assert strict["index_proved"].found == ()


def test_an_index_in_range_is_clean_by_default(hazards: Mapping[str, Judged]) -> None:
    assert [hazards[root].verdict for root in ("index_in_range", "index_proved")] == ["clean", "clean"]
    assert hazards["index_in_range"].found == ()


@pytest.mark.parametrize("level", SLICE_PROFILES)
def test_of_the_slice_functions_only_the_one_that_collects_is_reported(target: Path, level: str) -> None:
    functions = slices(SLICE_PROFILES[level], target)
    assert len(functions) == 35
    assert [each.root for each in functions if each.found] == [*_CHECKED_IN_A_LOOP.get(level, ()), "collect"]
    assert {each.verdict for each in functions if not each.found} == {"clean"}


@pytest.fixture(scope="module")
def matrix(target: Path) -> tuple[Column, ...]:
    """Every profile, audited."""
    return tuple(column(profile, target) for profile in profiles())


def test_each_root_is_answered_under_every_profile_as_its_source_says(matrix: tuple[Column, ...]) -> None:
    assert [row for each in matrix for row in each.rows if row.answer != row.expected] == []


@pytest.mark.parametrize("kind", ["thin", "fat"])
def test_link_time_optimisation_is_turned_off_and_that_is_said(matrix: tuple[Column, ...], kind: str) -> None:
    with_lto, without = (_named(matrix, name) for name in (f"opt-3-{kind}", "opt-3"))
    assert with_lto.lto == "false"
    assert f'ships with `lto = "{kind}"`' in " ".join(with_lto.differences)
    assert "lto" not in " ".join(without.differences)
    assert _answers(with_lto) == _answers(without)


def test_units_that_the_profile_names_are_kept_and_nothing_differs(matrix: tuple[Column, ...]) -> None:
    one, many, default = (_named(matrix, name) for name in ("opt-3-units-1", "opt-3-units-16", "opt-3"))
    assert (one.differences, many.differences) == ((), ())
    assert "codegen units" in " ".join(default.differences)
    assert many.modules > one.modules == default.modules


def test_the_docs_explain_every_verdict_that_a_profile_flips(checkout: Path, matrix: tuple[Column, ...]) -> None:
    flipped = [root for root, rows in by_root(matrix).items() if len({row.expected for row in rows}) > 1]
    told = (checkout / "docs" / "accuracy.md").read_text(encoding="utf-8").partition("## Profiles")[2]
    assert flipped
    assert [root for root in flipped if f"- `{root}`" not in told] == []


def _named(matrix: tuple[Column, ...], name: str) -> Column:
    return next(each for each in matrix if each.profile.name == name)


def _answers(found: Column) -> list[tuple[str, str]]:
    return [(row.root, row.answer) for row in found.rows]

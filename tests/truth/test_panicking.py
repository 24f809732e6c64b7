"""Every place that panicked is in the report of `--strict`, and of a root that cannot panic nothing is said."""

import pytest
from truth.panicking import Panics, panics

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def found() -> Panics:
    return panics()


def test_every_root_ran_and_panicked_or_is_a_sibling(found: Panics) -> None:
    assert len(found.all_seen) == 22
    assert [root for root, places in found.seen.items() if not places] == [
        "panics::index_or_none",
        "panics::index_masked",
        "panics::divide_by_some",
        "panics::add_wrapping",
        "panics::less_than",
        "panics::split_if_there",
    ]


def test_each_place_that_panicked_has_a_finding_of_class_panic_on_its_line(found: Panics) -> None:
    assert list(map(str, found.untold)) == []


def test_each_place_that_panicked_is_a_panic_path(found: Panics) -> None:
    assert list(map(str, found.missing)) == []


def test_a_panic_path_stands_at_the_column_that_the_panic_names(found: Panics) -> None:
    assert list(map(str, found.misplaced)) == []


def test_of_a_root_that_cannot_panic_nothing_is_said(found: Panics) -> None:
    assert [(each.root, each.rule, each.message) for each in found.spurious] == []


def test_a_place_that_no_finding_tells_of_is_missing(found: Panics) -> None:
    without = Panics(found.seen, tuple(each for each in found.findings if each.root != "panics::index"))
    assert [panic.root for panic in without.untold] == ["panics::index"]
    assert {panic.root for panic in without.missing} >= {"panics::index"}

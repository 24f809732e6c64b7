"""Each kind of thing that an audit is easily wrong about has a row, and nothing of it is missing or wrong."""

import pytest
from truth import told
from truth.stepping import NotHere
from truth.thirteen import Row, marked_crates, modules, rows

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def kinds() -> list[Row]:
    try:
        return list(rows())
    except NotHere as reason:
        pytest.skip(str(reason))


def test_there_is_a_row_for_each_kind_and_it_says_something(kinds: list[Row]) -> None:
    assert len(kinds) == 13
    assert [row.about for row in kinds if not row.members or not row.said] == []
    assert len(list(modules())) == 8


def test_nothing_of_any_kind_is_missing(kinds: list[Row]) -> None:
    assert [event for row in kinds for event in row.missing] == []


def test_what_is_said_of_them_is_right(kinds: list[Row]) -> None:
    assert [row.about for row in kinds if row.right * 100 < row.said * 95] == []


@pytest.mark.parametrize("kind", ["behind", "sized", "open"])
def test_siblings_that_do_nothing_of_it_are_silent(kind: str) -> None:
    assert {each.root: each.wrong for each in told.roots()[kind] if each.wrong} == {}


def test_a_size_stands_beside_the_type_that_has_it() -> None:
    said = [each for each in told.statements("sized") if " bytes: `" in each.what]
    assert [each.what for each in said if not each.holds] == []
    assert len(said) >= 3


def test_crates_that_do_not_run_say_what_is_marked() -> None:
    assert {crate.name: crate.differences for crate in marked_crates() if crate.differences} == {}

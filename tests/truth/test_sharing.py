"""Words of two roots on one cache line of the running program are told, and words apart are not."""

import pytest
from truth.sharing import LINE, PAGE, Pair, pairs, statics

pytestmark = pytest.mark.end_to_end

_STATICS = {"statics_close": ("SENT", "TAKEN"), "statics_apart": ("SENT_APART", "TAKEN_APART")}


def _named(name: str) -> Pair:
    return next(pair for pair in pairs() if pair.name == name)


@pytest.mark.parametrize("name", ["fields_close", "elements_close"])
def test_words_on_one_line_are_told(name: str) -> None:
    assert _named(name).is_told


def test_the_program_shows_which_words_share_a_line() -> None:
    close = {pair.name for pair in pairs() if pair.shares}
    assert close >= {"fields_close", "elements_close"}
    assert not close & {"fields_spaced", "fields_padded", "statics_apart", "elements_apart"}


@pytest.mark.parametrize("name", ["fields_spaced", "fields_padded", "statics_apart", "elements_apart"])
def test_words_that_are_apart_at_every_address_are_silent(name: str) -> None:
    assert not _named(name).is_told


@pytest.mark.parametrize("name", _STATICS)
def test_nm_says_of_statics_what_the_program_says(name: str) -> None:
    pair, known = _named(name), statics()
    assert [address % PAGE for address in (pair.first, pair.second)] == [known[each] % PAGE for each in _STATICS[name]]
    assert PAGE % LINE == 0

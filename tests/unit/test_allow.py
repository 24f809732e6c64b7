"""Findings that the project accepts: by rule, root, function, and until a day."""

import datetime

import pytest
from report_samples import finding

from ringfence.pipeline.allow import allowed
from ringfence.pipeline.config import Allow

TODAY = datetime.date(2027, 1, 31)
FOUND = finding(root="plant::Plant::on_packet")


def accepts(**keys: object) -> bool:
    allow = Allow(reason="the refill happens between sessions", **keys)  # type: ignore[arg-type]  # keys of one test
    return allowed([FOUND], [allow], TODAY) == {FOUND.fingerprint: allow.reason}


@pytest.mark.parametrize("rule", ["RF101", "heap-allocation"])
def test_a_rule_is_named_by_id_or_slug(rule: str) -> None:
    assert accepts(rule=rule)


def test_another_rule_is_not_accepted() -> None:
    assert not accepts(rule="RF201")


def test_a_root_narrows_it() -> None:
    assert accepts(rule="RF101", root="plant::Plant::on_packet")
    assert not accepts(rule="RF101", root="plant::Plant::refill")


def test_a_function_on_the_path_narrows_it() -> None:
    step = FOUND.path[0].function
    assert accepts(rule="RF101", function=step)
    assert not accepts(rule="RF101", function="plant::elsewhere")


def test_it_holds_until_the_day_on_which_it_expires() -> None:
    assert accepts(rule="RF101", expires=TODAY + datetime.timedelta(days=1))
    assert not accepts(rule="RF101", expires=TODAY)

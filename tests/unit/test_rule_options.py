"""``[rules.RFxxx]`` tables of ``ringfence.toml``: what is read, and what is refused in one sentence."""

from pathlib import Path

import msgspec
import pytest

from ringfence.passes.options import DEFAULT_OPTIONS, LargeCopy, Options
from ringfence.pipeline.config import parse_config
from ringfence.pipeline.errors import ConfigError


def test_a_threshold_is_read_and_the_others_keep_their_defaults() -> None:
    rules = parse_config("[rules.RF501]\nbytes = 4096\n", "ringfence.toml").rules
    assert rules == Options(RF501=LargeCopy(bytes=4096))


def test_without_a_table_the_defaults_hold() -> None:
    assert parse_config("", "ringfence.toml").rules == DEFAULT_OPTIONS


def test_every_threshold_is_in_the_book_with_its_default() -> None:
    book = (Path(__file__).parents[2] / "docs" / "index.md").read_text(encoding="utf-8")
    for rule, options in msgspec.to_builtins(DEFAULT_OPTIONS).items():
        for name, default in options.items():
            (row,) = (line for line in book.splitlines() if line.startswith(f"| `[rules.{rule}] {name}` |"))
            assert row.endswith(f"; {default} where absent |")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rules.RF5011]\nbytes = 4\n", "ringfence.toml:1: `rules.RF5011`: `RF5011` is no rule; did you mean `RF501`?"),
        ("[rules.RF501]\nbites = 4\n", "ringfence.toml:2: unknown key `rules.RF501.bites`; did you mean `bytes`?"),
        ("[rules.RF501]\nbytes = 4\n", "ringfence.toml:2: `rules.RF501.bytes`: expected an integer >= 16"),
        ("[rules.RF405]\npercent = 101\n", "ringfence.toml:2: `rules.RF405.percent`: expected an integer <= 100"),
        ('[rules.RF501]\nbytes = "4"\n', "ringfence.toml:2: `rules.RF501.bytes`: expected an integer, got a string"),
    ],
    ids=["a rule without thresholds", "a misspelt threshold", "out of range", "too high", "no number"],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "ringfence.toml")
    assert str(caught.value) == said

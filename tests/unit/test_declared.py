"""What ``ringfence.toml`` declares: assumptions held against the symbols of a build, and entries that mean nothing."""

import datetime
from pathlib import Path

import pytest
from report_samples import finding, report

from ringfence.graphs.contracts import Effect
from ringfence.passes.rule import Finding, Level
from ringfence.pipeline.assume import assumed
from ringfence.pipeline.config import Assume, ConfigFile, parse_config
from ringfence.pipeline.declared import declared_in_vain

TODAY = datetime.date(2027, 1, 31)
SYMBOLS = ("vendor_send", "vendor_send_all", "_RNvCs1_5plant4warm", "write")


def entry(function: str, *effects: str, expires: datetime.date | None = None) -> Assume:
    return Assume(function, effects or ("none",), f"of {function}", expires)


def symbols_of(*entries: Assume) -> dict[str, tuple[Effect, ...]]:
    found = assumed(entries, SYMBOLS, TODAY)
    return {symbol: each.effects for symbol, each in found.of_symbol.items()}


def test_a_plain_symbol_names_a_function() -> None:
    assert symbols_of(entry("vendor_send", "blocks", "locks")) == {"vendor_send": (Effect.BLOCKS, Effect.LOCKS)}


def test_a_pattern_names_several_and_a_path_names_a_rust_function() -> None:
    assert symbols_of(entry("vendor_*")).keys() == {"vendor_send", "vendor_send_all"}
    assert symbols_of(entry("plant::warm")).keys() == {"_RNvCs1_5plant4warm"}


def test_the_first_entry_that_names_a_function_counts() -> None:
    said = assumed([entry("vendor_send", "locks"), entry("vendor_*", "blocks")], SYMBOLS, TODAY)
    assert said.of_symbol["vendor_send"].effects == (Effect.LOCKS,)
    assert said.of_symbol["vendor_send_all"].effects == (Effect.BLOCKS,)
    assert [each.entry for _, each in sorted(said.of_symbol.items())] == [0, 1]
    assert said.unused == ()


def test_an_entry_that_names_nothing_is_unused() -> None:
    assert assumed([entry("write"), entry("vendor_snd")], SYMBOLS, TODAY).unused == (1,)


def test_from_its_day_on_an_entry_says_nothing() -> None:
    assert symbols_of(entry("write", expires=TODAY)) == {}
    assert symbols_of(entry("write", expires=TODAY + datetime.timedelta(days=1))) == {"write": (Effect.NONE,)}
    assert assumed([entry("vendor_snd", expires=TODAY)], SYMBOLS, TODAY).unused == ()


TOML = """\
[[allow]]
rule = "RF101"
reason = "fits"

[[allow]]
rule = "RF201"
root = "plant::Plant::on_packet"
reason = "fits nothing"

[[allow]]
rule = "RF101"
reason = "its day has come"
expires = 2027-01-31

[[assume]]
function = "vendor_old"
effects = ["none"]
reason = "its day has come"
expires = 2027-01-30

[[assume]]
function = "vendor_snd"
effects = ["none"]
reason = "misspelt"
"""


def in_vain(text: str, *findings: Finding, unused: tuple[int, ...] = ()) -> list[Finding]:
    file = ConfigFile(parse_config(text, "ringfence.toml"), Path("ringfence.toml"), text, {})
    return list(declared_in_vain(file, "ringfence.toml", findings, unused, TODAY))


def test_entries_in_vain_are_told_at_their_lines() -> None:
    found = in_vain(TOML, finding(), unused=(1,))
    assert [(each.rule.id, each.anchor.line if each.anchor else 0, each.message) for each in found] == [
        ("RF906", 10, "the allowance of RF101 expired on 2027-01-31 and no longer holds"),
        ("RF904", 5, "the allowance of RF201 under `plant::Plant::on_packet` fits no finding of this audit"),
        ("RF906", 15, "the assumption about `vendor_old` expired on 2027-01-30 and no longer holds"),
        ("RF904", 21, "unused assumption: nothing in this build defines or calls `vendor_snd`"),
    ]
    assert {each.level for each in found} == {Level.WARNING}
    assert len({each.fingerprint for each in found}) == len(found)


def test_entries_that_hold_are_not_told() -> None:
    assert in_vain('[[allow]]\nrule = "heap-allocation"\nreason = "r"\n', finding()) == []


def test_the_same_entry_twice_is_told_twice_and_lines_do_not_change_who_it_is() -> None:
    one = '[[allow]]\nrule = "RF201"\nreason = "r"\n'
    first, second = in_vain(one * 2)
    assert first.fingerprint != second.fingerprint
    (moved,) = in_vain(f"strict = true\n{one}")
    assert moved.fingerprint == first.fingerprint


def test_an_entry_in_vain_says_nothing_about_the_program() -> None:
    made = report(in_vain(TOML, unused=(1,)))
    assert made.verdict_reason == "nothing to object to in the code, but no benchmark was measured"
    assert [root.verdict for root in made.roots] == ["clean"]
    assert not made.failing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["bloks"]', "`bloks` is no effect; did you mean `blocks`?"),
        ('["xyz"]', "`xyz` is no effect: write `none`, `allocates`, "),
        ('["none", "locks"]', "`none` stands alone"),
        ("[]", "expected an array of length >= 1"),
        ('"none"', "expected an array, got a string"),
    ],
)
def test_effects_that_cannot_be_meant_are_refused(text: str, message: str) -> None:
    with pytest.raises(Exception, match=r"ringfence\.toml:\d: `assume\[0\].*" + message.replace("?", r"\?")):
        parse_config(f'[[assume]]\nfunction = "f"\nreason = "r"\neffects = {text}\n', "ringfence.toml")

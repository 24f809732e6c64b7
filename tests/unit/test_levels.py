"""How loud a rule is: by flag and by configuration, as clippy's levels."""

from dataclasses import replace

import pytest
from report_samples import finding, numbered, report

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION, HEAP_GROWTH
from ringfence.passes.judge import RULES
from ringfence.passes.locking import LOCK
from ringfence.passes.rule import Level
from ringfence.pipeline.cli import main
from ringfence.pipeline.config import Config, parse_config, parse_levels
from ringfence.pipeline.errors import ConfigError, UsageError
from ringfence.pipeline.levels import (
    RuleLevel,
    Setting,
    allowed_by_level,
    levels_of_flags,
    silenced,
    with_level,
)
from ringfence.pipeline.report.model import CheckStatus
from ringfence.pipeline.verdict import Formula

DENIED = levels_of_flags({Setting.DENY: ["RF101"]})
WARNED = levels_of_flags({Setting.WARN: ["heap-allocation"]})
ALLOWED = levels_of_flags({Setting.ALLOW: ["RF101"]})


@pytest.mark.parametrize("path_class", [PathClass.HOT, PathClass.AMORTIZED, PathClass.FIRST_USE])
def test_on_the_steady_path_the_level_is_the_one_that_is_set(path_class: PathClass) -> None:
    found = finding(path_class=path_class)
    assert with_level(found, DENIED).level is Level.ERROR
    assert with_level(found, WARNED).level is Level.WARNING
    assert with_level(replace(found, level=Level.HIDDEN), WARNED).level is Level.WARNING


@pytest.mark.parametrize("path_class", [PathClass.COLD, PathClass.PANIC])
def test_off_the_steady_path_the_level_stays(path_class: PathClass) -> None:
    found = finding(path_class=path_class)
    assert with_level(found, DENIED) == found


def test_other_rules_keep_their_levels() -> None:
    assert with_level(finding(LOCK), WARNED).level is Level.ERROR
    assert allowed_by_level([finding(LOCK)], ALLOWED) == {}


def test_what_is_allowed_is_told_with_the_flag_and_fails_nothing() -> None:
    found = finding()
    reasons = allowed_by_level([found], ALLOWED)
    assert reasons == {found.fingerprint: "allowed by `-A RF101`"}
    assert report([found], allowed=reasons).exit_code == 0
    assert report([found]).exit_code == 100


def test_an_item_of_the_checklist_does_not_pass_because_its_rule_is_allowed() -> None:
    rules = [rule for rule in RULES if rule.id not in silenced(ALLOWED)]
    found = finding()
    written = report([found], rules=rules, allowed=allowed_by_level([found], ALLOWED))
    (box,) = (each for each in written.checklist if "Box::new" in each.item)
    assert box.status is CheckStatus.NOT_MEASURED


def test_all_warnings_are_denied_at_once_unless_their_rule_is_named() -> None:
    levels = levels_of_flags({Setting.DENY: ["warnings"], Setting.WARN: ["RF102"]})
    growth = numbered(1, finding(HEAP_GROWTH, PathClass.AMORTIZED))
    assert with_level(finding(HEAP_ALLOCATION, PathClass.AMORTIZED), levels).level is Level.ERROR
    assert with_level(growth, levels).level is Level.WARNING
    assert with_level(finding(path_class=PathClass.COLD), levels).level is Level.NOTE


def test_what_llvm_removed_is_never_denied() -> None:
    removed = replace(finding(detail={"elided": True}), level=Level.NOTE)
    assert with_level(removed, DENIED) == removed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-D", "RF110"], "`-D RF110`: `RF110` is no rule; did you mean `RF10"),
        (
            ["--allow", "heap-alocation"],
            "`-A heap-alocation`: `heap-alocation` is no rule; did you mean `heap-al",
        ),
        (["-W", "zzz"], "`-W zzz`: `zzz` is no rule; `ringfence explain --list` shows all of them"),
        (["-A", "RF101", "-D", "heap-allocation"], "contradict each other: keep one of the two"),
    ],
    ids=["id", "slug", "nothing near", "contradiction"],
)
def test_a_flag_that_means_nothing_is_refused_before_the_build(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "--manifest-path", "/nowhere/Cargo.toml", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


def test_the_same_setting_twice_is_one() -> None:
    assert list(levels_of_flags({Setting.DENY: ["RF101", "heap-allocation"]})) == ["RF101"]
    with pytest.raises(UsageError):
        levels_of_flags({Setting.DENY: ["RF1"]})


def test_the_configuration_sets_levels_and_the_formula() -> None:
    text = '[rules.RF101]\nlevel = "warn"\n\n[verdict]\nredesign_kinds = 2\nneed_benchmarks = false\n'
    assert parse_levels(text, "ringfence.toml") == {
        "RF101": RuleLevel(Setting.WARN, '`level = "warn"` of `[rules.RF101]`')
    }
    formula = Formula(redesign_kinds=2, need_benchmarks=False)
    assert parse_config(text, "ringfence.toml") == Config(verdict=formula)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[rules.RF110]\nlevel = "deny"', "c.toml:1: `rules.RF110`: `RF110` is no rule; did you mean `RF10"),
        ('[rules.lock]\nlevel = "deny"', "c.toml:1: `rules.lock`: `lock` is a slug; write its id: `[rules.RF201]`"),
        ('[rules.RF101]\nlevel = "denny"', "c.toml:2: `rules.RF101.level`: `denny` is no level; did you mean `deny`?"),
        ("[rules.RF101]\nlevel = 3", "c.toml:2: `rules.RF101.level`: `3` is no level: write `allow`, `warn`, `deny`"),
        ('[rules.RF101]\nlevle = "deny"', "c.toml:2: unknown key `rules.RF101.levle`; did you mean `level`?"),
        ("rules = 3", "c.toml:1: `rules` holds a table for each rule: write `[rules.RF101]`"),
        ('[rules]\nRF101 = "deny"', "c.toml:2: `rules.RF101` is a table: write `[rules.RF101]`"),
        ("[verdict]\nredesign_kinds = 0", "c.toml:2: `verdict.redesign_kinds`: expected an integer >= 1"),
        ("[verdict]\nredesign_kinds = 7", "c.toml:2: `verdict.redesign_kinds`: expected an integer <= 6"),
        (
            "[verdict]\nsignificant_error = 2",
            "unknown key `verdict.significant_error`; did you mean `significant_e",
        ),
        (
            "[verdict]\nneed_benchmarks = 1",
            "c.toml:2: `verdict.need_benchmarks`: expected true or false, got",
        ),
    ],
)
def test_what_the_configuration_cannot_mean_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "c.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)

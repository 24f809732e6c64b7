"""``-A``, ``-W``, ``-D``, and ``level`` in the configuration: how loud a rule is here, as with clippy's lints.

What is allowed stays in the report with the reason, as what `[[allow]]` accepts does, and fails nothing. *warn* and
*deny* set the level of everything on the steady path (hot, amortised, first use), whatever the rule says; what is cold
stays a note, and panics stay hidden. ``warnings`` stands for all rules that are not named: ``-D warnings`` fails on
what warns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ringfence.graphs.facts import PathClass
from ringfence.passes.rule import Finding, Level
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.nearest import suggestion
from ringfence.pipeline.report.model import is_elided
from ringfence.pipeline.rules import all_rules

WARNINGS = "warnings"
"""Stands for every rule that has no setting of its own, where it warns."""
_LEVELS = {"warn": Level.WARNING, "deny": Level.ERROR}


class Setting(StrEnum):
    """What becomes of a rule's findings."""

    ALLOW = "allow"
    WARN = "warn"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class RuleLevel:
    """A setting and who made it."""

    setting: Setting
    source: str
    """``-A RF101``, or the key in the configuration."""


Levels = Mapping[str, RuleLevel]
"""By the id of the rule, or `WARNINGS`."""


def with_level(finding: Finding, levels: Levels) -> Finding:
    """The finding at the level that is set for its rule. Allocations that LLVM removed never fail."""
    told = _setting(finding, levels)
    if told is None or told.setting is Setting.ALLOW or finding.path_class > PathClass.FIRST_USE:
        return finding
    return finding if is_elided(finding.detail) else replace(finding, level=_LEVELS[told.setting])


def allowed_by_level(findings: Iterable[Finding], levels: Levels) -> dict[str, str]:
    """The reason for each fingerprint of an allowed rule."""
    told = ((finding.fingerprint, _setting(finding, levels)) for finding in findings)
    return {name: f"allowed by {each.source}" for name, each in told if each and each.setting is Setting.ALLOW}


def silenced(levels: Levels) -> frozenset[str]:
    """Rules that are allowed as a whole: nothing passes because of them."""
    return frozenset(rule for rule, each in levels.items() if each.setting is Setting.ALLOW)


def _setting(finding: Finding, levels: Levels) -> RuleLevel | None:
    own = levels.get(finding.rule.id)
    return levels.get(WARNINGS) if own is None and finding.level is Level.WARNING else own


def levels_of_flags(given: Mapping[Setting, Sequence[str]]) -> dict[str, RuleLevel]:
    """``-A``, ``-W`` and ``-D``, ids or slugs; raises `UsageError` for what is no rule, and for two that contradict
    each other."""
    levels: dict[str, RuleLevel] = {}
    for setting, names in given.items():
        for name in names:
            rule, level = rule_id(name), RuleLevel(setting, f"`-{setting[:1].upper()} {name}`")
            if not rule:
                raise UsageError(f"{level.source}: {no_rule(name)}")
            earlier = levels.setdefault(rule, level)
            if earlier.setting is not setting:
                raise UsageError(f"{earlier.source} and {level.source} contradict each other: keep one of the two")
    return levels


def rule_id(name: str) -> str:
    """Id of the rule with this id or slug, case ignored; empty where there is none."""
    spelling = name.casefold()
    found = (rule.id for rule in all_rules() if spelling in (rule.id.casefold(), rule.slug.casefold()))
    return WARNINGS if spelling == WARNINGS else next(found, "")


def no_rule(name: str) -> str:
    """The sentence for what is no rule."""
    known = [spelling for rule in all_rules() for spelling in (rule.id, rule.slug)]
    return f"`{name}` is no rule{suggestion(name, known) or '; `ringfence explain --list` shows all of them'}"

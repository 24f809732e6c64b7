"""The rules by name, and the page of one: what `explain` prints and the book is made of."""

import sys

from ringfence.passes.judge import RULES
from ringfence.passes.rule import Rule
from ringfence.pipeline.errors import UsageError
from ringfence.pipeline.nearest import suggestion


def all_rules() -> tuple[Rule, ...]:
    """Every rule that an audit can report, by id."""
    rules = {rule.id: rule for rule in RULES}
    return tuple(rules[name] for name in sorted(rules))


def find_rule(name: str) -> Rule:
    """The rule with this id or slug, case ignored; raises `UsageError` that names the nearest."""
    by_name = {spelling: rule for rule in all_rules() for spelling in (rule.id, rule.slug)}
    for spelling, rule in by_name.items():
        if spelling.casefold() == name.casefold():
            return rule
    hint = suggestion(name, by_name) or (
        "; `ringfence explain --list` shows all of them, and a function is given by its path, such as `krate::name`"
    )
    message = f"no rule `{name}`{hint}"
    raise UsageError(message)


def rule_page(rule: Rule) -> str:
    """The page in Markdown. The headings are fixed; a rule fills all of them."""
    levels = "\n".join(f"- {path_class.label}: {level.value}" for path_class, level in sorted(rule.levels.items()))
    sections = (
        ("What", rule.what),
        ("Why it matters", rule.why),
        ("Example", f"```rust\n{rule.example}\n```"),
        ("Instead", rule.instead),
        ("False positives", rule.false_positives),
        ("How it is found", rule.how),
        ("Level by path class", levels),
    )
    body = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections)
    return f"# {rule.id} {rule.slug}\n\n{body}\n"


def all_pages() -> str:
    """Every rule's page as one document: ``docs/rules.md``."""
    pages = "\n".join(rule_page(rule).replace("\n## ", "\n### ").replace("# ", "## ", 1) for rule in all_rules())
    return f"# The rules\n\nWritten by `make rules` from the rules themselves.\n\n{pages}"


if __name__ == "__main__":
    sys.stdout.write(all_pages())

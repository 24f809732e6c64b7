"""A rule's page is its documentation everywhere: complete, and the one in the docs is the one in the program."""

from pathlib import Path

from ringfence.pipeline.rules import all_pages, all_rules, find_rule


def test_every_rule_fills_every_heading_and_has_an_id_and_a_slug_of_its_own() -> None:
    rules = all_rules()
    assert len({rule.id for rule in rules}) == len({rule.slug for rule in rules}) == len(rules)
    for rule in rules:
        texts = (rule.what, rule.why, rule.example, rule.instead, rule.false_positives, rule.how)
        assert all(text.strip() for text in texts), rule.id


def test_ids_are_for_ever() -> None:
    assert [f"{rule.id} {rule.slug}" for rule in all_rules()] == [
        "RF101 heap-allocation",
        "RF102 heap-growth",
        "RF103 heap-free",
        "RF104 allocating-clone",
        "RF201 lock",
        "RF202 blocking-call",
        "RF203 spin-wait",
        "RF204 shared-queue",
        "RF205 strong-atomic-ordering",
        "RF206 weak-atomic-publication",
        "RF207 clock-read",
        "RF301 cache-line-straddle",
        "RF302 false-sharing",
        "RF303 padding-waste",
        "RF304 working-set",
        "RF305 pointer-chasing",
        "RF306 hash-lookup-in-loop",
        "RF307 numa-placement",
        "RF401 virtual-call",
        "RF402 function-pointer-call",
        "RF403 unhinted-branch",
        "RF404 panic-path",
        "RF405 wide-match-in-loop",
        "RF501 large-copy",
        "RF502 large-move",
        "RF503 serialization",
        "RF504 unbatched-call",
        "RF505 large-enum-variant",
        "RF901 root-not-found",
        "RF902 unresolved-call",
        "RF903 missing-ir",
        "RF904 unused-allow",
        "RF905 inline-assembly",
        "RF906 expired-allow",
    ]


def test_a_rule_is_found_by_id_and_by_slug() -> None:
    assert find_rule("rf101") is find_rule("heap-allocation")


def test_the_page_in_the_docs_is_current(checkout: Path) -> None:
    assert (checkout / "docs" / "rules.md").read_text(encoding="utf-8") == all_pages(), "run `make rules`"

"""Branch counts that were measured: the file that holds them, and the match whose usual arm they tell."""

from pathlib import Path

import pytest
from unit.ir_modules import Source, link

from ringfence.passes.judge import judge, judged
from ringfence.passes.options import DEFAULT_OPTIONS, Options, WideMatch
from ringfence.pipeline.errors import BuildError
from ringfence.pipeline.measured_profile import check_measured_profile


def told(weights: str, options: Options = DEFAULT_OPTIONS) -> list[str]:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    here = source.at(root, 7, 5)
    lines = "\n".join(f"i64 {number}, label %b{number}" for number in range(9))
    blocks = "\n".join(f"b{number}:\n call void @work{number}(), !dbg {here}\n br label %next" for number in range(9))
    declared = "\n".join(f"declare void @work{number}()" for number in range(9))
    prof = f", !prof {source.add(weights)}" if weights else ""
    linked = link(
        source.module(f"""
    {declared}
    define void @root(i64 %v) !dbg {root} {{
    start:
      br label %loop
    loop:
      switch i64 %v, label %out [
      {lines}
      ], !dbg {here}{prof}
    {blocks}
    next:
      br label %loop
    out:
      ret void }}""")
    )
    found = judge(linked.root, judged(linked.hot_path, options=options), lambda file: file)
    return [finding.message for finding in found if finding.rule.id == "RF405"]


def test_a_wide_match_without_weights_is_told() -> None:
    assert told("") == ["a match of 9 cases without weights is decided in a loop of `root`"]


def test_a_measured_match_is_told_with_its_usual_case() -> None:
    heavy = ", ".join(f"i32 {910 if number == 5 else 10}" for number in range(10))
    assert told(f'!{{!"branch_weights", {heavy}}}') == [
        "a match of 9 cases, of which the one of value 4 is taken 91 times in 100, is decided in a loop of `root`"
    ]


def test_a_measured_match_without_a_usual_case_is_silent() -> None:
    even = ", ".join("i32 10" for _ in range(10))
    assert told(f'!{{!"branch_weights", {even}}}') == []


def test_the_project_says_from_which_share_on_a_case_is_the_usual_one() -> None:
    uneven = ", ".join(f"i32 {60 if number == 5 else 10}" for number in range(10))
    weights = f'!{{!"branch_weights", {uneven}}}'
    assert told(weights) == []
    assert told(weights, Options(RF405=WideMatch(percent=40))) == [
        "a match of 9 cases, of which the one of value 4 is taken 40 times in 100, is decided in a loop of `root`"
    ]
    assert told(weights, Options(RF405=WideMatch(percent=41))) == []


def test_a_match_of_fewer_cases_than_the_project_says_is_silent() -> None:
    assert told("", Options(RF405=WideMatch(cases=9))) == told("")
    assert told("", Options(RF405=WideMatch(cases=10))) == []


def test_a_profile_that_is_none_is_refused_before_the_build(tmp_path: Path) -> None:
    profile = tmp_path / "counts.profdata"
    profile.write_text("counts")
    with pytest.raises(BuildError, match=r"counts.profdata that `-C profile-use` names is no merged profile"):
        check_measured_profile((f"-Cprofile-use={profile}",))
    with pytest.raises(BuildError, match="cannot be read: No such file"):
        check_measured_profile(("-C", f"profile-use={tmp_path / 'none'}"))


def test_a_merged_profile_and_none_at_all_are_taken(tmp_path: Path) -> None:
    profile = tmp_path / "counts.profdata"
    profile.write_bytes(b"\xfflprofi\x81" + bytes(64))
    check_measured_profile((f"-Cprofile-use={profile}",))
    check_measured_profile(("-Copt-level=3",))

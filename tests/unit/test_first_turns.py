"""A check in front of cold growth is none for the first turn of a loop that fills a container which is new."""

import pytest
from unit.ir_modules import Source, facts_of

from ringfence.graphs.facts import PathClass


def _class_of_growth(
    begin: str, condition: str = "icmp eq i64 %len, %cap", first: str = "0", box: str = "%box"
) -> PathClass:
    """The class of the growth of a box on the stack: a length that the loop carries, and a capacity in memory."""
    source = Source()
    weights = source.add('!{!"branch_weights", i32 1, i32 2000}')
    text = f"""
    declare void @grow(ptr) #2
    define void @f(ptr %other, i64 %n) {{
    entry:
      %box = alloca [24 x i8]
      %place = getelementptr inbounds nuw i8, ptr {box}, i64 16
      {begin}
      br label %loop
    loop:
      %len = phi i64 [ {first}, %entry ], [ %more, %next ]
      %cap = load i64, ptr %place
      %full = {condition}
      br i1 %full, label %cold, label %next, !prof {weights}
    cold:
      call void @grow(ptr {box})
      br label %next
    next:
      %more = add i64 %len, 1
      %again = icmp ult i64 %more, %n
      br i1 %again, label %loop, label %out
    out:
      ret void
    }}
    declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
    """
    facts = facts_of(source.module(text)).function("f")
    (site,) = (site for site in facts.calls if site.callee == "grow")
    return facts.places[site.place].path_class


_EMPTY = "store i64 0, ptr %place"


@pytest.mark.parametrize("begin", [_EMPTY, "call void @llvm.memset.p0.i64(ptr align 8 %box, i8 0, i64 24, i1 false)"])
def test_growth_of_what_begins_without_room_is_hot(begin: str) -> None:
    assert _class_of_growth(begin) is PathClass.HOT


@pytest.mark.parametrize(
    "begin", ["store i64 16, ptr %place", "store i64 %n, ptr %place", "", f"{_EMPTY}\n store i64 8, ptr %place"]
)
def test_growth_of_what_may_begin_with_room_is_cold(begin: str) -> None:
    assert _class_of_growth(begin) is PathClass.COLD


def test_growth_of_what_lives_on_is_cold() -> None:
    assert _class_of_growth(_EMPTY, box="%other") is PathClass.COLD


def test_growth_that_the_first_turn_may_pass_by_is_cold() -> None:
    assert _class_of_growth(_EMPTY, first="%n") is PathClass.COLD
    assert _class_of_growth(_EMPTY, condition="icmp ugt i64 %len, %cap") is PathClass.COLD
    assert _class_of_growth(_EMPTY, condition="icmp uge i64 %len, %cap") is PathClass.HOT
    assert _class_of_growth(_EMPTY, condition="icmp ne i64 %len, %cap") is PathClass.COLD

"""Writable statics of a module, and which of them lie side by side."""

import pytest
from unit.ir_modules import facts_of

from ringfence.graphs.access_facts import Static
from ringfence.graphs.neighbours import Neighbourhood, neighbourhood
from ringfence.graphs.placement import Sharing

_WORD = (0, 7)


def statics(text: str) -> dict[str, tuple[str, int, int]]:
    return {each.symbol: (each.section, each.size, each.align) for each in facts_of(text).statics}


def test_zeros_go_to_bss_and_everything_else_to_data() -> None:
    assert statics("""
        @zero = internal global [8 x i8] zeroinitializer, align 8
        @unset = global <{ [8 x i8], [56 x i8] }> <{ [8 x i8] zeroinitializer, [56 x i8] undef }>, align 64
        @seven = hidden local_unnamed_addr global [4 x i8] c"\\07\\00\\00\\00", align 4
        @mixed = global <{ [8 x i8], ptr }> <{ [8 x i8] zeroinitializer, ptr @zero }>, align 8
        @placed = global [2 x i8] zeroinitializer, section "mine", align 1
    """) == {
        "zero": (".bss", 8, 8),
        "unset": (".bss", 64, 64),
        "seven": (".data", 4, 4),
        "mixed": (".data", 16, 8),
        "placed": ("mine", 2, 1),
    }


def test_constants_thread_locals_and_declarations_are_none_of_them() -> None:
    assert (
        statics("""
        @constant = constant [8 x i8] zeroinitializer, align 8
        @own = thread_local global [8 x i8] zeroinitializer, align 8
        @elsewhere = external global [8 x i8], align 8
        define ptr @f() { ret ptr @elsewhere }
    """)
        == {}
    )


def test_the_order_is_that_of_the_module() -> None:
    facts = facts_of("@b = global i64 0, align 8\n@a = global i64 0, align 8")
    assert [each.symbol for each in facts.statics] == ["b", "a"]


def word(symbol: str, section: str = ".bss") -> Static:
    return Static(symbol, section, 8, 8, "")


def lie(first: Static, second: Static, *between: Static, needed: frozenset[str] = frozenset()) -> Neighbourhood | None:
    return neighbourhood((first, _WORD), (second, _WORD), (first, *between, second), needed)


def test_two_words_share_a_line_at_seven_places_of_eight() -> None:
    found = lie(word("a"), word("b"))
    assert found is not None
    assert (found.as_built, found.distance) == (Sharing(7, 8), 8)


def test_the_order_of_the_question_does_not_matter() -> None:
    a, b = word("a"), word("b")
    assert neighbourhood((b, _WORD), (a, _WORD), (a, b), ()) == lie(a, b)


def test_what_lies_between_counts_unless_the_linker_may_drop_it() -> None:
    table = Static("table", ".bss", 536, 8, "")
    found = lie(word("a"), word("b"), table)
    assert found is not None
    assert (found.as_built.ever, found.at_least_needed, found.distance) == (False, Sharing(7, 8), 544)
    needed = lie(word("a"), word("b"), table, needed=frozenset({"table"}))
    assert needed is not None
    assert not needed.at_least_needed.ever
    assert needed.can_meet


def test_alignment_moves_what_comes_behind() -> None:
    wide = Static("wide", ".bss", 16, 32, "")
    found = neighbourhood((word("a"), _WORD), (wide, _WORD), (word("a"), wide), ())
    assert found is not None
    assert found.as_built == Sharing(4, 8)


@pytest.mark.parametrize("padded_first", [True, False])
def test_a_static_on_lines_of_its_own_meets_nobody(*, padded_first: bool) -> None:
    padded = Static("padded", ".bss", 64, 64, "")
    pair = (padded, word("a")) if padded_first else (word("a"), padded)
    found = lie(*pair)
    assert found is not None
    assert not found.can_meet


def test_statics_of_two_sections_are_no_neighbours() -> None:
    assert lie(word("a"), word("b", ".data")) is None


def test_a_size_that_is_not_known_tells_nothing() -> None:
    assert lie(word("a"), Static("odd", ".bss", 0, 8, "")) is None

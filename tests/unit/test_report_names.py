"""Short names for people."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.pipeline.report.names import is_standard, shorten, with_short_names


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("alloc::vec::Vec<u64, alloc::alloc::Global>", "Vec<u64>"),
        ("alloc::vec::Vec<u64, alloc::alloc::Global>::push", "Vec<u64>::push"),
        (
            "std::collections::hash::map::HashMap<alloc::string::String, u64, std::hash::random::RandomState>::insert",
            "HashMap<String, u64>::insert",
        ),
        ("laminar_core::reactor::Reactor::poll", "Reactor::poll"),
        ("<str as alloc::string::ToString>::to_string", "<str as ToString>::to_string"),
        ("<[u8] as core::fmt::Debug>::fmt", "<[u8] as Debug>::fmt"),
        ("core::ptr::drop_in_place::<alloc::boxed::Box<dyn small::Op>>", "ptr::drop_in_place::<Box<dyn Op>>"),
        ("small::Plant::on_packet::{closure#0}", "Plant::on_packet::{closure#0}"),
        ("a::f::{closure#0}::{closure#1}", "a::f::{closure#0}::{closure#1}"),
        ("core::option::Option<u8>::Some", "Option<u8>::Some"),
        ("a::call::<fn(&b::C) -> d::E, [f::G; 4]>", "a::call::<fn(&C) -> E, [G; 4]>"),
        ("__rust_alloc", "__rust_alloc"),
        ("operator new(unsigned long)", "operator new(unsigned long)"),
        ("drop of a trait object", "drop of a trait object"),
        ("", ""),
    ],
)
def test_a_name_is_cut_to_what_tells_it_apart(name: str, short: str) -> None:
    assert shorten(name) == short


def test_generic_arguments_are_folded_only_when_the_name_is_too_long() -> None:
    name = "<a::Map<b::Iter<u16>, fn(&u16) -> c::Option<u8>> as d::Iterator>::next"
    assert shorten(name, 80) == "<Map<Iter<u16>, fn(&u16) -> Option<u8>> as Iterator>::next"
    assert shorten(name, 30) == "<Map<…> as Iterator>::next"


def test_types_that_differ_in_their_arguments_stay_different() -> None:
    assert shorten("a::Ring<u32>::pop") != shorten("a::Ring<u64>::pop")


def chained(adapters: int) -> str:
    """A type such as an iterator of many adapters has."""
    return "core::iter::Map<" * adapters + "core::ops::Range<u64>" + ">" * adapters


@pytest.mark.parametrize("name", [chained(40), chained(500), "a::" + "very_long_" * 40 + "name", "extern " * 90])
def test_no_name_of_a_sentence_fills_lines(name: str) -> None:
    sentence = with_short_names(f"`{name}` allocates in `plant::Plant::on_packet`")
    assert len(sentence) < 220
    assert sentence.endswith("` allocates in `plant::Plant::on_packet`")


def test_a_sentence_keeps_names_that_fit_and_what_is_no_name() -> None:
    sentence = "`plant::Plant::on_packet` copies 4,096 bytes of `alloc::vec::Vec<u64, alloc::alloc::Global>` " * 3
    assert with_short_names(sentence) == sentence


def test_a_name_without_its_middle_keeps_both_ends() -> None:
    name = "<" * 300 + "a::Beginning" + ">" * 300 + "::the_end"
    assert shorten(name, 72).endswith("::the_end")
    assert shorten(name) == name


def test_the_source_says_what_is_of_the_standard_library_else_the_name_does() -> None:
    assert is_standard("<u8 as <[_]>::to_vec_in::ConvertVec>::to_vec", "std/alloc/src/slice.rs")
    assert is_standard("core::ptr::drop_in_place::<plant::Plant>", None)
    assert not is_standard("core::ptr::drop_in_place::<plant::Plant>", "src/plant.rs")
    assert not is_standard("__rust_alloc", None)


@example("}a{", 0)
@example("<" * 5000, 0)
@example("{" * 5000, 0)
@example("<a as " * 190 + ">" * 190, 9)
@given(st.text(alphabet="ab:<>{}()[],-&' _9Aé…", max_size=40), st.integers(0, 20))
def test_no_text_is_too_odd(name: str, width: int) -> None:
    assert isinstance(shorten(name, width), str)

"""How a called function is spelled, and what its container holds."""

import pytest

from ringfence.passes.written_calls import element_of, generic_argument, spelled_call, types_in


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        ("alloc::vec::Vec<u64>::push", "Vec<u64>::push"),
        ("alloc::boxed::Box<krate::book::Quote>::new", "Box<Quote>::new"),
        ("<alloc::string::String as core::clone::Clone>::clone", "String::clone"),
        ("<[krate::Quote]>::to_vec", "[Quote]::to_vec"),
        ("alloc::fmt::format", "format!"),
        ("alloc::vec::from_elem::<u8>", "vec!"),
        ("core::mem::replace::<krate::Book>", "replace"),
        (
            "<core::iter::Map<core::slice::Iter<u64>, F> as core::iter::Iterator>::collect::<Vec<u64>>",
            "Iterator::collect",
        ),
        ("alloc::boxed::Box<krate::later::{closure#0}>::pin", "Box::pin"),
        (
            "std::collections::hash::map::HashMap<u64, u8, std::hash::random::RandomState>::insert",
            "HashMap<u64, u8>::insert",
        ),
        ("malloc", "malloc"),
    ],
)
def test_a_function_is_spelled_as_users_write_it(path: str, spelled: str) -> None:
    assert spelled_call(path) == spelled


@pytest.mark.parametrize(
    ("paths", "element"),
    [
        (["alloc::vec::Vec<krate::Quote>::push"], "Quote"),
        (["<[u8]>::to_vec"], "u8"),
        (["<str as alloc::string::ToString>::to_string"], "u8"),
        (["core::mem::swap::<u8>", "alloc::vec::Vec<(u64, u32), alloc::alloc::Global>::push"], "(u64, u32)"),
        (["smallvec::SmallVec<[krate::Level; 4]>::push"], "Level"),
        (["core::ptr::drop_in_place::<core::option::Option<krate::Named>>"], ""),
        (["core::option::Option<[u64; 64]>::take"], ""),
        (["<[[u64; 4]]>::to_vec"], "[u64; 4]"),
        ([], ""),
    ],
)
def test_the_element_is_that_of_the_first_container(paths: list[str], element: str) -> None:
    assert element_of(paths) == element


def test_the_first_generic_argument_may_hold_brackets_of_its_own() -> None:
    assert generic_argument("core::option::Option<&alloc::vec::Vec<(u8, u8)>>::cloned") == "&alloc::vec::Vec<(u8, u8)>"
    assert generic_argument("core::mem::take") == ""


@pytest.mark.parametrize(
    ("path", "types"),
    [
        ("core::option::Option<[u64; 64]>::take", ["core::option::Option<[u64; 64]>", "[u64; 64]"]),
        ("alloc::vec::Vec<krate::Event>::push", ["alloc::vec::Vec<krate::Event>", "krate::Event"]),
        ("core::mem::replace::<krate::Book>", ["krate::Book", "core::mem"]),
        ("<krate::Book as core::clone::Clone>::clone", ["krate::Book"]),
        ("<[krate::Quote]>::to_vec", ["[krate::Quote]", "krate::Quote"]),
    ],
)
def test_a_path_names_what_is_moved_and_what_holds_it(path: str, types: list[str]) -> None:
    assert list(types_in(path)) == types

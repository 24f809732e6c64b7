"""Names as users write them, and patterns against them."""

import pytest

from ringfence.graphs.names import (
    Pattern,
    crate_of,
    display_name,
    method_name,
    receiver_type,
    trait_method,
    without_generics,
)

POP_BATCH = "laminar_core::tpc::spsc::SpscQueue<u64>::pop_batch"
PROCESS = "<small::A as small::Op>::process"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        pytest.param(
            "_RNvMs0_CsjC47HRUyaXQ_5smallNtB5_5Plant9on_packet",
            "small::Plant::on_packet",
            id="an inherent method loses its brackets",
        ),
        pytest.param("_RNvXCsjC47HRUyaXQ_5smallNtB2_1ANtB2_2Op7process", PROCESS, id="a trait method keeps them"),
        pytest.param("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write", id="a legacy symbol loses its hash"),
        pytest.param("malloc", "malloc", id="a C symbol stays"),
        pytest.param("_RNvNotAName", "_RNvNotAName", id="what only looks like Rust stays"),
    ],
)
def test_a_symbol_is_shown_as_users_write_it(symbol: str, name: str) -> None:
    assert display_name(symbol) == name


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        (POP_BATCH, "laminar_core::tpc::spsc::SpscQueue::pop_batch"),
        ("<a::B<u8> as c::D<E>>::f::<G>", "<a::B as c::D>::f"),
        ("core::ptr::drop_in_place::<std::x<T>>", "core::ptr::drop_in_place"),
        ("<[u8]>::to_vec", "<[u8]>::to_vec"),
        ("a::b", "a::b"),
    ],
)
def test_generic_arguments_are_dropped_and_qualified_paths_kept(path: str, plain: str) -> None:
    assert without_generics(path) == plain


def test_a_qualified_path_has_type_trait_and_method() -> None:
    assert trait_method(PROCESS) == ("small::A", "small::Op", "process")
    assert trait_method("small::A::process") is None
    assert trait_method("<F as core::ops::Fn<(u8,)>>::call") == ("F", "core::ops::Fn<(u8,)>", "call")
    assert trait_method("<alloc::boxed::Box<dyn Fn() -> u8> as a::B>::c") == (
        "alloc::boxed::Box<dyn Fn() -> u8>",
        "a::B",
        "c",
    )


def test_the_crate_of_a_path_is_that_of_its_type_or_else_of_its_trait() -> None:
    assert crate_of(POP_BATCH) == "laminar_core"
    assert crate_of(PROCESS) == "small"
    assert crate_of("<[u8] as alloc::borrow::ToOwned>::to_owned") == "alloc"
    assert crate_of("<[plant::Quote]>::split_at") == "core"
    assert crate_of("<*const plant::Quote>::read") == "core"
    assert crate_of("malloc") == ""


def test_the_method_name_is_the_last_segment() -> None:
    assert method_name("<A as B>::process::<u8>") == "process"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        pytest.param(
            "small::Plant::on_packet",
            ["<small::Plant as x::Y>::on_packet", "small::Plant<u64>::on_packet"],
            id="all instances and trait methods",
        ),
        pytest.param(
            "small::Plant<u64>::on_packet", ["small::Plant<u64>::on_packet"], id="with arguments one instance"
        ),
        pytest.param(
            "Plant::on_packet", ["<small::Plant as x::Y>::on_packet", "small::Plant<u64>::on_packet"], id="a tail finds"
        ),
        pytest.param("small::*", ["small::free"], id="a star is one segment"),
        pytest.param(
            "small::**",
            [
                "<small::Plant as x::Y>::on_packet",
                "small::BigPlant::on_packet",
                "small::Plant<u64>::on_packet",
                "small::free",
                "small::run::{closure#0}",
            ],
            id="two stars are any",
        ),
        pytest.param("small::run", ["small::run::{closure#0}"], id="an async function is its poll function"),
        pytest.param("small::Nothing", [], id="and nothing is nothing"),
    ],
)
def test_a_pattern_selects(pattern: str, found: list[str]) -> None:
    names = [
        "small::Plant<u64>::on_packet",
        "<small::Plant as x::Y>::on_packet",
        "small::BigPlant::on_packet",
        "small::free",
        "small::run::{closure#0}",
    ]
    assert Pattern(pattern).select(names) == found


@pytest.mark.parametrize(
    ("path", "receiver"),
    [
        ("spsc::Gauge::see", "spsc::Gauge"),
        ("spsc::Ring<u64>::push::<fn() -> u8>", "spsc::Ring<u64>"),
        ("<spsc::Gauge as own::Seen>::see", "spsc::Gauge"),
        ("<[u64]>::split_at", "[u64]"),
        ("main", "main"),
    ],
)
def test_the_type_of_self_stands_before_the_method(path: str, receiver: str) -> None:
    assert receiver_type(path) == receiver

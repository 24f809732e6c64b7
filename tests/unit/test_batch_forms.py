"""Which method is the batch form of which, and what counts as a method of a type."""

import pytest

from ringfence.passes.batching import holder_and_method, items_of


@pytest.mark.parametrize(
    ("method", "items"),
    [
        ("pop_batch", ("pop",)),
        ("pop_n", ("pop",)),
        ("try_recv_many", ("recv",)),
        ("push_slice", ("push",)),
        ("write_vectored", ("write",)),
        ("drain_into", ("pop", "recv")),
        ("next_events", ("next_event",)),
        ("compute_batch", ()),
        ("pop", ()),
        ("as_slice", ()),
    ],
)
def test_the_name_tells_whose_batch_form_it_is(method: str, items: tuple[str, ...]) -> None:
    assert items_of(method) == items


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("ring::Ring<u64>::pop", ("ring::Ring", "pop")),
        ("<ring::Ring<u64> as queue::Queue<u64>>::pop", ("ring::Ring", "pop")),
        ("ring::pop", ("", "pop")),
        ("malloc", ("", "malloc")),
    ],
)
def test_a_method_belongs_to_its_type_and_a_function_to_none(path: str, parts: tuple[str, str]) -> None:
    assert holder_and_method(path) == parts

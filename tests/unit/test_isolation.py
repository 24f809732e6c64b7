"""Which atomics of a type have their cache lines to themselves."""

import pytest

from ringfence.graphs.isolation import Isolation, isolation, parts
from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind

_WORD = "core::sync::atomic::AtomicU64"


def struct(name: str, size: int, align: int, *fields: FieldFacts) -> TypeFacts:
    return TypeFacts(name, TypeKind.STRUCT, size, align, fields)


_PADDED = struct("own::Padded", 64, 64, FieldFacts("value", _WORD, 0, 8))
_STUFFED = struct("own::Stuffed", 64, 8, FieldFacts("value", _WORD, 0, 8), FieldFacts("_pad", "[u8; 56]", 8, 56))
_TYPES = {each.name: each for each in (_PADDED, _STUFFED)}


def told(described: TypeFacts) -> dict[str, Isolation]:
    return {each.field: each for each in isolation(described, _TYPES.get)}


def test_a_padded_and_aligned_atomic_holds() -> None:
    queue = struct(
        "own::Q", 128, 64, FieldFacts("head", "own::Padded", 0, 64), FieldFacts("tail", "own::Padded", 64, 64)
    )
    assert {name: each.holds for name, each in told(queue).items()} == {"head.value": True, "tail.value": True}


def test_two_atomics_on_one_line_share_it() -> None:
    stats = struct("own::S", 64, 64, FieldFacts("sent", _WORD, 0, 8), FieldFacts("received", _WORD, 8, 8))
    assert told(stats)["sent"].shares == ("received",)
    assert not told(stats)["sent"].holds


def test_a_padding_of_the_right_size_and_the_wrong_alignment_does_not_hold() -> None:
    queue = struct("own::Q", 72, 8, FieldFacts("limit", "u64", 0, 8), FieldFacts("head", "own::Stuffed", 8, 64))
    (head,) = told(queue).values()
    assert (head.shares, head.may_share, head.holds) == ((), ("limit",), False)


def test_padding_keeps_off_what_comes_behind() -> None:
    queue = struct("own::Q", 72, 8, FieldFacts("head", "own::Stuffed", 0, 64), FieldFacts("limit", "u64", 64, 8))
    (head,) = told(queue).values()
    assert (head.shares, head.may_share) == ((), ())
    assert not head.is_value_apart


@pytest.mark.parametrize(("size", "align", "holds"), [(64, 64, True), (128, 128, True), (64, 8, False), (8, 8, None)])
def test_an_atomic_that_is_alone_holds_only_in_an_aligned_value(size: int, align: int, holds: bool | None) -> None:
    found = told(struct("own::Alone", size, align, FieldFacts("value", _WORD, 0, 8)))
    assert [each.holds for each in found.values()] == ([] if holds is None else [holds])


def test_types_of_the_standard_library_are_one_part() -> None:
    lock = "std::sync::poison::mutex::Mutex<u64>"
    types = {lock: struct(lock, 16, 8, FieldFacts("inner", _WORD, 0, 8), FieldFacts("data", "u64", 8, 8))}
    described = struct("own::B", 24, 8, FieldFacts("book", lock, 0, 16), FieldFacts("seen", _WORD, 16, 8))
    assert [part.path for part in parts(described, types.get)] == ["book", "seen"]


def test_a_type_without_atomics_has_nothing_to_tell() -> None:
    assert (
        isolation(struct("own::P", 16, 8, FieldFacts("a", "u64", 0, 8), FieldFacts("b", "u64", 8, 8)), _TYPES.get) == ()
    )

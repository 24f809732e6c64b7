"""Which sequence an index leads into, and whether elements side by side share a line."""

import pytest

from ringfence.graphs.access_facts import Access, AccessKind
from ringfence.graphs.elements import Element, element_at
from ringfence.graphs.objects import Objects
from ringfence.graphs.placement import Sharing, sharing_elements
from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind

_WORD = "core::sync::atomic::AtomicU64"
_TYPES = {
    _WORD: TypeFacts(_WORD, TypeKind.STRUCT, 8, 8, (FieldFacts("v", "u64", 0, 8),)),
    "own::Worker": TypeFacts(
        "own::Worker",
        TypeKind.STRUCT,
        80,
        8,
        (FieldFacts("seen", f"[{_WORD}; 9]", 0, 72), FieldFacts("at", _WORD, 72, 8)),
    ),
    "own::Board": TypeFacts(
        "own::Board",
        TypeKind.STRUCT,
        80,
        8,
        (FieldFacts("slots", f"[{_WORD}; 8]", 0, 64), FieldFacts("more", f"&[{_WORD}]", 64, 16)),
    ),
}


def element(
    name: str, offset: int, *path: int, stride: int = 0, static: str = "", types: tuple[str, ...] = ("&own::Board",)
) -> Element | None:
    access = Access(
        AccessKind.ATOMIC_WRITE, 0, path, 8, is_indexed=True, place=0, location=0, count=1, static=static, stride=stride
    )
    return element_at(access, types, name, offset, Objects(_TYPES.get))


def test_a_static_table_is_named_by_its_symbol() -> None:
    found = element(f"[{_WORD}; 67]", 0, 0, static="_RNvC3own5TABLE", types=(f"[{_WORD}; 67]",))
    assert found == Element("own::TABLE", _WORD, 8, 0, 67)


def test_an_array_is_named_by_the_field_that_holds_it() -> None:
    assert element("own::Board", 0, 0, 0, stride=8) == Element("own::Board.slots", _WORD, 8, 0, 8)


def test_a_slice_is_named_by_the_field_that_points_to_it() -> None:
    assert element(_WORD, 0, 0, 64, 0, stride=8) == Element("own::Board.more", _WORD, 8, 0, 0)


def test_a_slice_that_is_handed_in_is_named_by_its_type() -> None:
    assert element(_WORD, 0, 0, 0, types=(f"&[{_WORD}]",)) == Element(f"&[{_WORD}]", _WORD, 8, 0, 0)


def test_the_stride_tells_the_element_from_an_array_in_it() -> None:
    workers = ("&[own::Worker]",)
    outer = element("own::Worker", 8, 0, 8, stride=80, types=workers)
    inner = element("own::Worker", 8, 0, 8, stride=8, types=workers)
    assert outer == Element("&[own::Worker]", "own::Worker", 80, 8, 0)
    assert inner == Element("own::Worker.seen", _WORD, 8, 0, 9)


def test_a_stride_of_nothing_that_is_there_is_no_element() -> None:
    assert element("own::Board", 0, 0, 0, stride=24) is None


@pytest.mark.parametrize(
    ("span", "stride", "align", "shared"),
    [
        ((0, 7), 8, 8, Sharing(112, 128)),
        ((0, 7), 64, 64, Sharing(0, 2)),
        ((0, 7), 64, 8, Sharing(0, 16)),
        ((0, 7), 128, 128, Sharing(0, 2)),
        ((0, 7), 80, 8, Sharing(0, 64)),
    ],
)
def test_elements_share_by_stride_and_alignment(
    span: tuple[int, int], stride: int, align: int, shared: Sharing
) -> None:
    assert sharing_elements(span, span, stride, align, 64) == shared


def test_the_end_of_one_element_lies_beside_the_beginning_of_the_next() -> None:
    assert sharing_elements((0, 79), (0, 79), 80, 8, 64).usually

"""Types behind pointers, the fields that an offset falls into, and where values may begin."""

from ringfence.graphs.objects import Objects, generic_arguments
from ringfence.graphs.placement import Sharing, crossing, sharing
from ringfence.graphs.repacking import reordered, split, variant_sizes
from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind

_VEC = "alloc::vec::Vec<own::Tick, alloc::alloc::Global>"
_RAW = "alloc::raw_vec::RawVec<own::Tick, alloc::alloc::Global>"
_TYPES = {
    described.name: described
    for described in (
        TypeFacts(
            "own::Tick",
            TypeKind.STRUCT,
            32,
            8,
            (
                FieldFacts("side", "u8", 0, 1),
                FieldFacts("price", "u64", 8, 8),
                FieldFacts("kind", "u8", 16, 1),
                FieldFacts("size", "u64", 24, 8),
            ),
        ),
        TypeFacts(
            "own::Book",
            TypeKind.STRUCT,
            144,
            8,
            (
                FieldFacts("levels", "[own::Tick; 3]", 0, 96),
                FieldFacts("ticks", _VEC, 96, 24),
                FieldFacts("best", "&own::Tick", 120, 8),
                FieldFacts("name", "&str", 128, 16),
            ),
        ),
        TypeFacts(_VEC, TypeKind.STRUCT, 24, 8, (FieldFacts("buf", _RAW, 0, 16), FieldFacts("len", "usize", 16, 8))),
        TypeFacts(_RAW, TypeKind.STRUCT, 16, 8, (FieldFacts("ptr", "core::ptr::unique::Unique<u8>", 8, 8),)),
        TypeFacts(
            "own::Event",
            TypeKind.ENUM,
            40,
            8,
            (
                FieldFacts("{discriminant}", "u64", 0, 8),
                FieldFacts("__0", "u64", 8, 8, "Tick"),
                FieldFacts("__0", "u64", 8, 8, "Trade"),
                FieldFacts("__1", "u64", 16, 8, "Trade"),
            ),
        ),
    )
}
OBJECTS = Objects(_TYPES.get)


def fields(name: str, offset: int) -> list[str]:
    return [step.field.name for step in OBJECTS.steps(name, offset)]


def test_an_offset_falls_into_a_field_and_the_fields_of_that_field() -> None:
    assert fields("own::Book", 112) == ["ticks", "len"]
    assert fields("own::Book", 104) == ["ticks", "buf", "ptr"]


def test_an_element_of_an_array_has_the_fields_of_its_type() -> None:
    assert fields("own::Book", 32 + 8) == ["levels", "price"]
    assert OBJECTS.steps("own::Book", 32 + 8)[-1].start == 32


def test_an_offset_in_padding_or_behind_the_end_falls_into_nothing() -> None:
    assert fields("own::Tick", 4) == []
    assert fields("own::Tick", 32) == []
    assert fields("own::Unknown", 0) == []


def test_a_reference_and_a_vector_lead_to_what_they_hold() -> None:
    assert OBJECTS.pointee("own::Book", 120) == "own::Tick"
    assert OBJECTS.pointee("own::Book", 104) == "own::Tick"
    assert OBJECTS.pointee("own::Book", 128) == "u8"
    assert OBJECTS.behind("&own::Book", (0, 120)) == "own::Tick"


def test_what_is_no_pointer_leads_to_nothing() -> None:
    assert OBJECTS.pointee("own::Book", 112) == ""
    assert OBJECTS.pointee("&dyn own::Rule", 0) == ""
    assert OBJECTS.behind("&own::Book", (0, 112)) == ""


def test_a_variant_is_chosen_by_where_its_field_begins() -> None:
    assert fields("own::Event", 16) == ["__1"]
    assert fields("own::Event", 0) == ["{discriminant}"]


def test_generic_arguments_are_split_at_their_own_commas() -> None:
    assert generic_arguments("a::B<c::D<u8, u16>, fn(u8) -> (u8, u16), [u8; 4]>") == (
        "c::D<u8, u16>",
        "fn(u8) -> (u8, u16)",
        "[u8; 4]",
    )
    assert generic_arguments("u8") == ("",)


def test_two_words_share_a_line_wherever_they_begin_only_if_nothing_can_part_them() -> None:
    assert sharing((0, 7), (8, 15), 64, 64).always
    assert sharing((0, 7), (8, 15), 16, 64).always
    assert sharing((0, 7), (8, 15), 8, 64) == Sharing(7, 8)


def test_a_line_between_two_words_keeps_them_apart() -> None:
    assert not sharing((0, 7), (64, 71), 8, 64).ever
    assert sharing((0, 7), (56, 63), 8, 64) == Sharing(1, 8)


def test_a_field_crosses_more_often_the_longer_it_is() -> None:
    assert crossing((0, 7), 8, 64) == Sharing(0, 8)
    assert crossing((0, 23), 8, 64) == Sharing(2, 8)
    assert crossing((8, 39), 8, 64) == Sharing(3, 8)
    assert crossing((56, 71), 64, 64).always


def test_fields_by_alignment_need_the_least_room() -> None:
    order = reordered(_TYPES["own::Tick"], _TYPES.get)
    assert order is not None
    assert [field.name for field in order.fields] == ["price", "size", "side", "kind"]
    assert (order.size, [field.offset for field in order.fields]) == (24, [0, 8, 16, 17])


def test_an_order_is_not_computed_where_an_alignment_is_not_known() -> None:
    strange = TypeFacts("own::S", TypeKind.STRUCT, 16, 8, (FieldFacts("f", "own::Unknown", 0, 12),))
    assert reordered(strange, _TYPES.get) is None


def test_touched_fields_that_lie_apart_are_split_off() -> None:
    fields = (
        FieldFacts("price", "u64", 0, 8),
        FieldFacts("name", "[u8; 112]", 8, 112),
        FieldFacts("kind", "u8", 120, 1),
        FieldFacts("size", "u64", 128, 8),
    )
    plant = TypeFacts("own::Plant", TypeKind.STRUCT, 136, 8, fields)
    found = split(plant, {"price", "kind", "size"}, _TYPES.get, 64)
    assert found is not None
    assert (found.fields, found.bytes) == (("price", "size", "kind"), 24)
    assert (found.lines_now, found.lines_after) == (3, 1)


def test_a_split_that_saves_no_line_is_none() -> None:
    assert split(_TYPES["own::Tick"], {"price", "size"}, _TYPES.get, 64) is None
    assert split(_TYPES["own::Book"], set(), _TYPES.get, 64) is None


def test_variants_are_as_large_as_their_fields() -> None:
    assert variant_sizes(_TYPES["own::Event"]) == ((16, "Trade"), (8, "Tick"))
    assert variant_sizes(_TYPES["own::Tick"]) == ()


def test_bytes_lie_in_every_variant_that_holds_them() -> None:
    types = {
        "own::Answer": TypeFacts(
            "own::Answer",
            TypeKind.ENUM,
            24,
            8,
            (FieldFacts("__0", "own::Pair", 8, 16, "Ok"), FieldFacts("__0", "u64", 8, 8, "Err")),
        ),
        "own::Pair": TypeFacts(
            "own::Pair", TypeKind.STRUCT, 16, 8, (FieldFacts("a", "u64", 0, 8), FieldFacts("b", "u64", 8, 8))
        ),
    }
    around = Objects(types.get).around
    assert list(around("own::Answer", 8, 8)) == [("own::Answer", 8), ("own::Pair", 0), ("u64", 0), ("u64", 0)]
    assert list(around("own::Answer", 8, 16)) == [("own::Answer", 8), ("own::Pair", 0)]
    assert list(around("[own::Answer; 4]", 32, 8)) == [
        ("[own::Answer; 4]", 32),
        ("own::Answer", 8),
        ("own::Pair", 0),
        ("u64", 0),
        ("u64", 0),
    ]

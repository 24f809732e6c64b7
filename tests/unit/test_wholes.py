"""Which larger values a part may belong to, and whether there is only one."""

from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind
from ringfence.graphs.wholes import Wholes

_CELL = "core::cell::UnsafeCell<dep::Half>"


def struct(name: str, *fields: FieldFacts, kind: TypeKind = TypeKind.STRUCT) -> TypeFacts:
    return TypeFacts(name, kind, sum(field.size for field in fields), 8, fields)


_HALF = struct("dep::Half", FieldFacts("index", "usize", 0, 8))
_WRAPPED = struct(_CELL, FieldFacts("value", "dep::Half", 0, 8))
_CHANNEL = struct("dep::Channel", FieldFacts("sent", "usize", 0, 8), FieldFacts("receiver", _CELL, 8, 8))
_SERVER = struct("own::Server", FieldFacts("id", "u64", 0, 8), FieldFacts("channel", "dep::Channel", 8, 16))


def test_wrappers_of_std_are_passed_through_and_offsets_add_up() -> None:
    wholes = list(Wholes([_HALF, _WRAPPED, _CHANNEL, _SERVER]).around("dep::Half"))
    assert [(whole.name, whole.offset, whole.is_only) for whole in wholes] == [
        ("dep::Channel", 8, True),
        ("own::Server", 16, True),
    ]
    assert [(step.owner, step.field.name, step.start) for step in wholes[1].steps] == [
        ("own::Server", "channel", 0),
        ("dep::Channel", "receiver", 8),
        (_CELL, "value", 16),
    ]


def test_a_part_of_two_structs_is_of_neither_alone() -> None:
    other = struct("dep::Pair", FieldFacts("half", "dep::Half", 0, 8))
    found = Wholes([_HALF, _WRAPPED, _CHANNEL, other]).around("dep::Half")
    assert {whole.name: whole.is_only for whole in found} == {"dep::Pair": False, "dep::Channel": False}


def test_what_is_passed_or_chosen_is_no_whole() -> None:
    passed = struct("(dep::Half, u8)", FieldFacts("__0", "dep::Half", 0, 8), kind=TypeKind.TUPLE)
    chosen = struct("core::option::Option<dep::Half>", FieldFacts("__0", "dep::Half", 0, 8), kind=TypeKind.ENUM)
    assert list(Wholes([_HALF, passed, chosen]).around("dep::Half")) == []


def test_a_type_that_holds_itself_ends() -> None:
    loop = struct("dep::Loop", FieldFacts("again", "dep::Loop", 0, 8))
    assert len(list(Wholes([loop]).around("dep::Loop"))) <= 64

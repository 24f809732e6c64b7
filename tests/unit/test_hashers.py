"""What a table hashes with is read from its type."""

import msgspec
import pytest
from unit.ir_modules import facts_of

from ringfence.graphs.types import FieldFacts, TypeFacts, TypeKind
from ringfence.passes.hashers import hasher_name, hasher_of

_NOTHING = facts_of("define void @f() { ret void }")


@pytest.mark.parametrize(
    ("path", "hasher"),
    [
        ("std::collections::hash::map::HashMap<u64, u8, std::hash::random::RandomState>::get::<u64>", "SipHash"),
        ("std::collections::hash::map::HashMap<u64, u8>::get::<u64>", "SipHash"),
        ("std::collections::hash::map::HashMap<u64, u8, ahash::random_state::RandomState>::get", "ahash"),
        ("std::collections::hash::set::HashSet<u64, core::hash::BuildHasherDefault<fnv::FnvHasher>>::insert", "FNV"),
        ("hashbrown::map::HashMap<u64, u8, own::Seeded, alloc::alloc::Global>::get", "Seeded"),
        ("indexmap::map::IndexMap<u64, alloc::vec::Vec<u8>, rustc_hash::FxBuildHasher>::get", "FxHash"),
        ("<std::collections::hash::map::HashMap<u8, u8, own::H> as core::ops::Index<&u8>>::index", "H"),
        ("hashbrown::raw::RawTable<(u64, u8)>::get", ""),
        ("core::iter::adapters::flatten::FlatMap<A, B, own::F>::next", ""),
        ("alloc::collections::btree::map::BTreeMap<u64, u8>::get", ""),
    ],
)
def test_the_hasher_is_the_last_argument_that_is_no_allocator(path: str, hasher: str) -> None:
    assert hasher_of([path], _NOTHING) == hasher


def test_the_first_path_that_names_a_table_decides() -> None:
    paths = ("indexmap::map::IndexMap<u8, u8, own::A>::get", "hashbrown::map::HashMap<u8, u8, own::B>::get")
    assert hasher_of(paths, _NOTHING) == "A"


def test_a_newtype_is_what_it_wraps_and_a_seed_is_no_hasher() -> None:
    types = {
        "hashbrown::hasher::DefaultHashBuilder": TypeFacts(
            "hashbrown::hasher::DefaultHashBuilder",
            TypeKind.STRUCT,
            8,
            8,
            (FieldFacts("inner", "foldhash::fast::RandomState", 0, 8),),
        ),
        "own::Seeded": TypeFacts("own::Seeded", TypeKind.STRUCT, 8, 8, (FieldFacts("seed", "u64", 0, 8),)),
    }
    assert hasher_name("hashbrown::hasher::DefaultHashBuilder", types.get) == "foldhash"
    assert hasher_name("own::Seeded", types.get) == "Seeded"


def test_the_hasher_of_a_table_inside_one_of_std_is_no_default() -> None:
    names = (
        "std::collections::hash::map::HashMap<u64, u64, std::hash::random::RandomState>",
        "hashbrown::map::HashMap<u64, u64, std::hash::random::RandomState, alloc::alloc::Global>",
        "hashbrown::map::HashMap<u64, u64, foldhash::fast::RandomState, allocator_api2::stable::alloc::global::Global>",
        "indexmap::map::IndexMap<u64, u64, std::hash::random::RandomState>",
    )
    types = tuple(TypeFacts(name, TypeKind.STRUCT, 48, 8, ()) for name in names)
    where = msgspec.structs.replace(_NOTHING, types=msgspec.Raw(msgspec.msgpack.encode(types)))
    assert hasher_of(["hashbrown::map::HashMap<u64, u64>::get::<u64>"], where) == "foldhash"
    assert hasher_of(["indexmap::map::IndexMap<u64, u64>::get::<u64>"], where) == "SipHash"

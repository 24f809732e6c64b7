"""What a table hashes its keys with, by the type of its hasher.

1. A map's hasher is its third generic argument, a set's its second: the last one that is no allocator.
2. ``BuildHasherDefault<H>`` makes an ``H``; a struct of one field that has bytes is what that field is (hashbrown's
   ``DefaultHashBuilder`` is foldhash's ``RandomState``).
3. It is named by the crate that defines it, std's being SipHash; one of nobody's known by the name of its type.
4. A symbol leaves out a hasher that is the type's default (rustc_symbol_mangling: arguments without defaults): of std's
   tables that is its ``RandomState``; of others it stands in the names of debug info, which leave out nothing.
"""

import re
from collections.abc import Iterable, Sequence

from ringfence.graphs.facts import ModuleFacts
from ringfence.graphs.names import crate_of, last_segment
from ringfence.graphs.objects import TypeNamed, generic_arguments

SIPHASH = "SipHash"
_TABLE = re.compile(r"(?:\w+::)+\w*(Map|Set)(?=<)")
_FEWEST = {"Map": 3, "Set": 2}
_ALLOCATOR = re.compile(r"(?:alloc::alloc|allocator_api2(?:::\w+)*|std::alloc)::\w+$")
_DEFAULT = "core::hash::BuildHasherDefault<"
_STANDARD = "std::hash::random::RandomState"
_STANDARD_TABLES = ("std::collections::hash::map::HashMap<", "std::collections::hash::set::HashSet<")
_CRATES = {
    "core": SIPHASH,
    "std": SIPHASH,
    "fnv": "FNV",
    "fxhash": "FxHash",
    "rustc_hash": "FxHash",
    "nohash_hasher": "no hash",
    "seahash": "SeaHash",
    "twox_hash": "xxHash",
    "ahash": "ahash",
    "foldhash": "foldhash",
    "gxhash": "GxHash",
    "metrohash": "MetroHash",
}
"""How the hashers of a crate are called."""
_NO_TABLES = frozenset({"alloc", "core"})
"""Crates whose ``…Map`` is an adapter or a tree."""
_DEEPEST = 6


def hasher_of(paths: Iterable[str], where: ModuleFacts) -> str:
    """By the first path that names a table; empty where none does, or the table has no hasher of its own. ``where`` is
    the module whose debug info describes it."""
    for path in paths:
        for table in _TABLE.finditer(path):
            if crate_of(table[0]) in _NO_TABLES:
                continue
            arguments = _arguments(path[table.end() :])
            if len(arguments) == _FEWEST[table[1]] - 1:
                arguments = [*arguments, _default(table[0], arguments, where)]
            if len(arguments) >= _FEWEST[table[1]]:
                return hasher_name(arguments[-1], where.type_named) if arguments[-1] else ""
    return ""


def _arguments(brackets: str) -> list[str]:
    return [each for each in generic_arguments(brackets) if not _ALLOCATOR.match(each)]


def _default(table: str, arguments: Sequence[str], where: ModuleFacts) -> str:
    """Clause 4: the hasher that a symbol leaves out."""
    if crate_of(table) == "std":
        return _STANDARD
    names = [each.name for each in where.described_types()]
    is_wrapped = crate_of(table) == "hashbrown"
    wrapped = [_arguments(each[each.find("<") :]) for each in names if is_wrapped and each.startswith(_STANDARD_TABLES)]
    described = (_arguments(name[len(table) :]) for name in names if name.startswith(f"{table}<"))
    # Inside each of std's tables lies one of hashbrown's, which is given the outer one's hasher.
    full = [found for found in described if len(found) > len(arguments) and found not in wrapped]
    same = [each for each in full if each[: len(arguments)] == [*arguments]] or full
    hashers = {each[-1] for each in same}
    if len(hashers) == 1:
        return hashers.pop()
    # A default is the crate's own, or std's.
    usual = [[each for each in hashers if crate_of(each) == crate] for crate in (crate_of(table), "std")]
    return next((each[0] for each in usual if len(each) == 1), "")


def hasher_name(type_name: str, type_named: TypeNamed) -> str:
    """Clauses 2 and 3."""
    for _ in range(_DEEPEST):
        if type_name.startswith(_DEFAULT):
            type_name = generic_arguments(type_name)[0]
        known = _CRATES.get(crate_of(type_name))
        inner = _newtype(type_name, type_named)
        if known or not inner:
            return known or last_segment(type_name)
        type_name = inner
    return last_segment(type_name)


def _newtype(type_name: str, type_named: TypeNamed) -> str:
    """What a struct of one field wraps, if that is a type of some crate; empty for any other type."""
    described = type_named(type_name)
    fields = [field for field in described.fields if field.size] if described else []
    return fields[0].type_name if len(fields) == 1 and crate_of(fields[0].type_name) else ""

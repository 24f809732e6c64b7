"""The call that a line of source writes: the outermost inlined frame of a library's function, and how it is spelled.

What a library does inside of itself is its own affair; the user acts on the call at the edge of it. So a sink of a
copying or formatting rule stands where that call is written: `WrittenCall.location` is the row of the frame *around*
the library's (DWARF 5, 3.3.8.2, ``DW_AT_call_line``).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ringfence.graphs.names import crate_of, method_name, receiver_type, trait_method, without_generics
from ringfence.graphs.objects import generic_arguments
from ringfence.graphs.program import Function

_MODULES = re.compile(r"(?<![\w:])(?:[A-Za-z_]\w*::)+(?=[A-Za-z_{])")
_DEFAULT_ARGUMENT = re.compile(r", (?:\w+::)*(?:Global|RandomState)\b")
_HOLDER = re.compile(
    r"\b(?:RawVec|Vec|VecDeque|BinaryHeap|LinkedList|Box|Rc|Arc|SmallVec|Arena|IntoIter|HashSet|BTreeSet|Slab|ArcInner|RcInner)<"
)
_SLICE = re.compile(r"<\[(?=[^;]*$|(?:[^\[\];]|\[[^\[\]]*\])*\])")
"""Of slices only: an array says its length."""
_TEXT = re.compile(
    r"^<?(?:alloc::string::String|str)\b|^alloc::fmt::format\b|^core::ptr::drop_(?:in_place|glue)::<alloc::string::String>"
)
_STRING = re.compile(
    r"^<?alloc::string::String\b|^alloc::fmt::format\b|^core::ptr::drop_(?:in_place|glue)::<alloc::string::String>$"
)
_OWNER = re.compile(
    r"(?:^<?|^core::ptr::drop_(?:in_place|glue)::<)(?:alloc|smallvec|std)::(?:\w+::)*"
    r"(Vec|VecDeque|Box|Rc|Arc|SmallVec|HashMap|HashSet|BTreeMap|BinaryHeap)<"
)
_MACROS = {
    "alloc::fmt::format": "format!",
    "alloc::fmt::format::format_inner": "format!",
    "alloc::vec::from_elem": "vec!",
}
_LISTED = re.compile(r"alloc::boxed::Box<\[.*; \d+\]>::new_uninit")
"""What ``vec![a, b]`` calls."""
_ARRAY = re.compile(r"\[(.*); [^;]+\]")
_STANDARD = frozenset({"", "alloc", "core", "std"})
_DROP_GLUE = "core::ptr::drop_"
_OPENING, _CLOSING = "<([{", ">)]}"
_DEEPEST = 4
"""Types in types that are named."""


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call of a library's function that was inlined."""

    path: str
    """Of the function, generic arguments kept."""
    location: int
    """Row of the frame that the call stands in."""


def outermost_call(function: Function, location: int, matches: Callable[[str], bool]) -> WrittenCall | None:
    """The outermost inlined frame of an event whose function matches (given without generic arguments)."""
    for frame in reversed(function.chain(location)[:-1]):
        path = function.name_of(frame)
        if matches(without_generics(path)):
            return WrittenCall(path, frame.inlined_at)
    return None


@lru_cache(maxsize=20_000)
def spelled_call(path: str) -> str:
    """As a user writes it: ``Vec<u64>::push``, ``String::clone``, ``format!``, ``Iterator::collect``."""
    plain = without_generics(path)
    if plain in _MACROS or _LISTED.fullmatch(path):
        return _MACROS.get(plain, "vec!")
    qualified = trait_method(path)
    if qualified:
        type_, trait, _ = qualified
        # An adapter's type is a screen wide; its trait says as much.
        is_adapter = trait.endswith("::Iterator") or len(short_type(type_)) > _WIDEST
        return f"{short_type(without_generics(trait) if is_adapter else type_)}::{method_name(path)}"
    path = _without_turbofish(path)
    holder, _, method = path.rpartition("::") if not path.endswith(">") else ("", "", method_name(path))
    last = _last_segment(without_generics(holder) if "{" in holder else holder)
    if last.startswith("<[") and last.endswith("]>"):
        return f"{short_type(last[1:-1])}::{method}"
    if last[:1].isupper() or last[:1] == "<":
        return f"{short_type(last)}::{method}"
    crate = crate_of(path)
    return method if crate in _STANDARD or not holder else f"{crate}::{method}"


_WIDEST = 40


@lru_cache(maxsize=20_000)
def short_type(name: str) -> str:
    """Paths cut to their last segment, default arguments gone: ``Vec<u64>``."""
    return _MODULES.sub("", _DEFAULT_ARGUMENT.sub("", name))


def owner_of(paths: Iterable[str]) -> str:
    """The type that owns the memory, by the first path that names one: ``Box<Quote>``, ``Vec<u8>`` of a slice's
    ``to_vec``, ``String``; empty where none tells."""
    for each in paths:
        path = each if each.startswith(_DROP_GLUE) else _without_turbofish(each)
        holder = _OWNER.search(path)
        if holder:
            return f"{holder[1]}<{short_type(_first_argument(path, holder.end()))}>"
        if _STRING.search(path):
            return "String"
        if path.startswith("<[") and path.endswith(("]>::to_vec", "ToOwned>::to_owned")):
            return f"Vec<{short_type(_first_argument(path, 2))}>"
    return ""


def element_of(paths: Iterable[str]) -> str:
    """What a container of the first path that names one holds: ``Quote`` of ``alloc::vec::Vec<krate::Quote>::push``;
    ``u8`` of a string; empty where none tells."""
    for each in paths:
        # The arguments of a function need not be what it allocates for.
        path = each if each.startswith(_DROP_GLUE) else _without_turbofish(each)
        holder = _HOLDER.search(path)
        if holder:
            held = _first_argument(path, holder.end())
            array = _ARRAY.fullmatch(held) if "Small" in holder[0] else None
            return short_type(array[1] if array else held)
        slice_ = _SLICE.search(path)
        if slice_:
            return short_type(_first_argument(path, slice_.end()))
        if _TEXT.search(path):
            return "u8"
    return ""


def types_in(path: str) -> Iterator[str]:
    """The types that the path of a function names: what the function is called for, then the type that it is a method
    of, each before its own arguments."""
    method_of = receiver_type(path)
    rest = path[path.find(method_of) + len(method_of) :] if method_of else path
    opening = rest.rfind("::<")
    if opening >= 0 and rest.endswith(">"):
        for each in generic_arguments(rest[opening + 2 :]):
            yield from _with_arguments(each, 0)
    yield from _with_arguments(method_of, 0)


def _with_arguments(name: str, depth: int) -> Iterator[str]:
    if name:
        yield name
    if name.startswith("[") and ";" not in name:
        yield name[1:-1]
    for each in generic_arguments(name) if depth < _DEEPEST else ():
        if each and each != name:
            yield from _with_arguments(each, depth + 1)


def generic_argument(path: str) -> str:
    """The first generic argument of a path: ``T`` of ``core::option::Option<T>::cloned``; empty where it has none."""
    opening = path.find("<", 1)
    return _first_argument(path, opening + 1) if opening > 0 else ""


def _first_argument(path: str, start: int) -> str:
    depth = 0
    for position in range(start, len(path)):
        mark = path[position]
        if depth == 0 and mark in ",;>]":
            return path[start:position].strip()
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING and path[position - 1] != "-":
            depth -= 1
    return path[start:]


def _without_turbofish(path: str) -> str:
    """``f::<T>`` is ``f``."""
    if not path.endswith(">"):
        return path
    depth = 0
    for position in range(len(path) - 1, -1, -1):
        mark = path[position]
        is_arrow = mark == ">" and path[position - 1] == "-"
        depth += 0 if is_arrow else (mark == ">") - (mark == "<")
        if depth == 0:
            return path[:position].removesuffix("::")
    return path


def _last_segment(holder: str) -> str:
    """What stands behind the last ``::`` outside of brackets."""
    depth = 0
    for position in range(len(holder) - 1, 0, -1):
        mark = holder[position]
        if mark in _CLOSING and holder[position - 1] != "-":
            depth += 1
        elif mark in _OPENING:
            depth -= 1
        elif mark == ":" and depth == 0:
            return holder[position + 1 :]
    return holder

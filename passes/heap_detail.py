"""What RF101 to RF103 say beside the line: the API that the user called, the element, the arena, what is dropped.

All of it is read from the names of the frames behind the anchor, which the instances carry with their generic
arguments (rustc_symbol_mangling, ``v0``); sizes come from the call itself.

1. ``api`` is the first of them, as a user spells it: ``Vec<u64>::push``.
2. ``element`` is what the container of the first frame that names one holds.
3. ``arena`` is the type of an arena or pool library that a frame belongs to; ``spill`` is how many elements a vector
   holds in place before it goes to the heap.
4. ``dropped`` is the type whose drop glue frees; ``last_reference`` that it does so for the last ``Arc`` or ``Rc``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from ringfence.graphs.hotpath import Anchored
from ringfence.graphs.names import without_generics
from ringfence.passes.sink import Sink
from ringfence.passes.written_calls import element_of, generic_argument, short_type, spelled_call

_DROP = re.compile(r"core::ptr::(?:drop_in_place|drop_glue)::<(.*)>")
_ARENA = re.compile(
    r"\b(?P<arena>bumpalo::(?:Bump|collections::(?:\w+::)*[A-Z]\w*)|typed_arena::Arena|generational_arena::Arena|id_arena::Arena"
    r"|thunderdome::(?:arena::)?Arena|slab::Slab|slotmap::(?:\w+::)?\w*SlotMap|sharded_slab::(?:\w+::)*(?:Slab|Pool)"
    r"|object_pool::Pool)\b"
)
_SPILL = re.compile(r"\bsmallvec::SmallVec<\[.*?; (\d+)\]>|\btinyvec::(?:\w+::)*TinyVec<\[.*?; (\d+)\]>")
_LAST_REFERENCE = re.compile(
    r"^alloc::(?:sync::Arc|rc::Rc)::drop_slow$|^<alloc::(?:sync::Arc|rc::Rc) as .*Drop>::drop$"
)
_GUARD = "hashbrown::scopeguard::"
_HEAP = frozenset({"RF101", "RF102", "RF103"})


def heap_detail(rule: str, each: Anchored[Sink]) -> dict[str, object]:
    """Clauses 1 to 4; empty for other rules."""
    if rule not in _HEAP:
        return {}
    paths = paths_behind_anchor(each)
    dropped, up_to = _dropped(paths)
    detail: dict[str, object] = {}
    if paths and not _DROP.fullmatch(paths[0]):
        detail["api"] = spelled_call(paths[0])
    if element := element_of(paths[:up_to]):
        detail["element"] = element
    if arena := _arena(paths):
        detail["arena"] = arena
    if rule == "RF102" and (inline := _inline_capacity(paths)):
        detail["spill"] = inline
    if rule == "RF103" and dropped:
        detail["dropped"] = short_type(dropped)
    if rule == "RF103" and shared(paths):
        detail["last_reference"] = True
    return detail


def _dropped(paths: Sequence[str]) -> tuple[str, int]:
    """The outermost type whose drop glue runs, and how many frames lead to it: its fields are its own affair."""
    for position, path in enumerate(paths):
        found = _DROP.fullmatch(path)
        if found and not found[1].startswith(_GUARD):
            return found[1], position + 1
    return "", len(paths)


def heap_verb(rule: str, each: Anchored[Sink], verb: str) -> str:
    """The sink's verb, made precise by clauses 3 and 4."""
    if rule not in _HEAP:
        return verb
    paths = paths_behind_anchor(each)
    inline = _inline_capacity(paths) if rule == "RF102" else 0
    if inline:
        return f"spills to the heap, when more than {inline} are kept,"
    arena = _arena(paths) if rule != "RF103" else ""
    if arena:
        return f"adds a chunk to the arena `{arena}`" if rule == "RF102" else f"allocates through the arena `{arena}`"
    of = shared(paths) if rule == "RF103" else ""
    return f"frees heap memory, if this is the last reference (`{of}`)," if of else verb


def paths_behind_anchor(each: Anchored[Sink]) -> tuple[str, ...]:
    """Paths of the functions from the one that the user's line calls on."""
    return tuple(hop.function.name_of(hop.frame) for hop in each.path[each.anchor + 1 :])


def shared(paths: Sequence[str]) -> str:
    """The counted pointer whose last reference may be dropped here: ``Arc<Quote>``; empty where there is none."""
    return next((short_type(_holder(path)) for path in paths if _drops_last(path)), "")


@lru_cache(maxsize=20_000)
def _drops_last(path: str) -> bool:
    return _LAST_REFERENCE.match(without_generics(path)) is not None


def _holder(path: str) -> str:
    name = "Arc" if "sync::Arc" in path else "Rc"
    return f"{name}<{generic_argument(path[path.index(name) :])}>"


def _arena(paths: Sequence[str]) -> str:
    found = next((match for match in map(_ARENA.search, map(without_generics, paths)) if match), None)
    return short_type(found["arena"]) if found else ""


def _inline_capacity(paths: Sequence[str]) -> int:
    found = next((match for match in map(_SPILL.search, paths) if match), None)
    return int(found[1] or found[2]) if found else 0

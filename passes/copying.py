"""RF501 large-copy and RF502 large-move: memory that is copied where a reference or a buffer in place would do.

1. A *copy* is a ``memcpy``, ``memmove`` or ``memset`` that LLVM left. It is large where its constant size reaches the
   threshold, or where its size is known at run time only, it stands in a loop of the function, and the user's own
   code calls what copies.
2. It belongs to RF501 where a copying function (``clone``, ``to_vec``, ``extend_from_slice``, …) is in its inline
   chain, and is told where that call is written; a derived ``clone`` has the line of its caller, not of its derive.
3. Any other one of constant size whose frame is in the user's own code is RF502: a value moved, passed or returned.
4. A ``clone`` that is still a call is judged by the copies of its own body.
5. A type is told beside a size only where it has that size: of those that the called function's path names, else the
   few types of the program that have it.

Not handled: copies that LLVM wrote as vector loads and stores, such as ``mem::swap``; run-time sizes in a loop of the
caller.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ringfence.graphs.facts import MemoryCopy
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import crate_of, trait_method, without_generics
from ringfence.graphs.objects import Objects
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.options import DEFAULT_OPTIONS, Options
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink
from ringfence.passes.written_calls import (
    WrittenCall,
    element_of,
    outermost_call,
    short_type,
    spelled_call,
    types_in,
)

LARGE_COPY = Rule(
    id="RF501",
    slug="large-copy",
    what="Much memory is copied (256 bytes or more, or as much as there is in a loop) by `clone`, `to_vec`, "
    "`copy_from_slice`, `extend_from_slice`; or a large array is filled.",
    why="A copy reads and writes every cache line of the value and pushes others out of L1. A `clone` of a plain "
    "struct looks free in the source and is a `memcpy` of its whole size.",
    example="let book = self.book.clone(); // 4 KiB of price levels",
    instead="Pass a reference (`&self.book`), share it (`Arc::clone`), copy only the fields that are read, or hand the "
    "buffer over instead of its contents.",
    false_positives="A copy into a buffer that lives on may be just what replaces an allocation; raise "
    "`[rules.RF501] bytes` where such sizes are meant.",
    how="A `memcpy`, `memmove` or `memset` that is left after optimisation, below a copying function of the source, "
    "with a constant size of at least `[rules.RF501] bytes` (256), or of a size known at run time in a loop.",
    levels=ADVISORY_LEVELS,
    weight=35,
)
LARGE_MOVE = Rule(
    id="RF502",
    slug="large-move",
    what="A large value (256 bytes or more) is moved: assigned, passed, returned or pushed by value, and copied "
    "for it.",
    why="Ownership moves for free in the source; in memory the value is copied, byte by byte, each time it changes "
    "hands.",
    example="self.last = Some(book); // 1 KiB",
    instead="Keep the value where it is and pass `&` or `&mut`, box it once at start, or build it in its final place.",
    false_positives="None known: what LLVM builds in place leaves no `memcpy` and is not reported.",
    how="A `memcpy` or `memmove` of a constant size of at least `[rules.RF502] bytes` (256) in your own code, with no "
    "copying function in between.",
    levels=ADVISORY_LEVELS,
    own_code_only=True,
    weight=30,
)

_COPYING = re.compile(
    r"(?:^|::)(?:clone|clone_from|cloned|copied|to_vec|to_owned|into_owned|copy_from_slice|clone_from_slice"
    r"|copy_within|extend_from_slice|extend_from_within|push_str|put_slice|extend|append|concat|join|resize|fill"
    r"|write_all|read_exact|from_elem|repeat)$|ToString>::to_string$|Write>::write$"
)
_RAW_COPY = re.compile(r"::copy(?:_nonoverlapping|_to|_from|_to_nonoverlapping|_from_nonoverlapping)?$")
"""A library's own way to move what it holds; a copy where the user's own code calls it."""
_CLONE = re.compile(r" as core::clone::Clone>::clone(?:_from)?$")
_MOST_TYPES = 3


def is_copying(path: str) -> bool:
    """Whether a function, given without generic arguments, copies what it is given."""
    return _COPYING.search(path) is not None


def is_clone(path: str) -> bool:
    """Whether a function, given without generic arguments, implements ``Clone``."""
    return _CLONE.search(path) is not None


@dataclass(frozen=True, slots=True)
class CopyingPass:
    """Clauses 1 to 5."""

    options: Options = DEFAULT_OPTIONS

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Of copies and of moves."""
        return LARGE_COPY, LARGE_MOVE

    def configured(self, options: Options) -> "CopyingPass":
        """With the project's thresholds."""
        return replace(self, options=options)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Of the function's own copies, then of the clones that it calls."""
        for copy in function.facts.copies:
            call = outermost_call(function, copy.location, is_copying) or _raw_copy(function, hot_path, copy)
            if call is not None and self._is_large_copy(function, hot_path, copy, call):
                yield _site(function, hot_path, copy, call.location, _copied(function, copy, call))
            elif call is None and self._is_large_move(copy):
                sink = _moved(function, hot_path, copy)
                if sink is not None:
                    yield _site(function, hot_path, copy, copy.location, sink)
        yield from self._called_clones(function, hot_path)

    def _is_large_copy(self, function: Function, hot_path: HotPath, copy: MemoryCopy, call: WrittenCall) -> bool:
        if copy.size < 0:
            writer = function.chain(call.location)[0]
            is_repeated = function.facts.places[copy.place].loop_depth > 0
            # Of a clone that asks for memory RF104 tells.
            return (
                is_repeated
                and not is_clone(without_generics(call.path))
                and hot_path.classifier.is_own_frame(function, writer)
            )
        return copy.size >= self.options.RF501.bytes

    def _is_large_move(self, copy: MemoryCopy) -> bool:
        if copy.operation == "memset":
            return copy.size >= self.options.RF501.bytes
        return copy.size >= self.options.RF502.bytes

    def _called_clones(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Clause 4."""
        for edge in hot_path.reached.edges.get(function.id, ()):
            callee = hot_path.function(edge.callee)
            if not is_clone(without_generics(callee.name)):
                continue
            largest = max(callee.facts.copies, key=lambda copy: copy.size, default=None)
            if largest is None or largest.size < self.options.RF501.bytes:
                continue
            written = outermost_call(function, edge.site.location, is_copying)
            call = written or WrittenCall(callee.name, edge.site.location)
            site = hot_path.classifier.of_call(function, edge.site)
            yield SinkSite(function.id, call.location, site, _copied(function, largest, call))


def _site(function: Function, hot_path: HotPath, copy: MemoryCopy, location: int, sink: Sink) -> SinkSite[Sink]:
    return SinkSite(function.id, location, hot_path.classifier.of_event(function, copy.place, copy.location), sink)


def _raw_copy(function: Function, hot_path: HotPath, copy: MemoryCopy) -> WrittenCall | None:
    """``ptr::copy_nonoverlapping`` and its kin, called by own code."""
    call = outermost_call(function, copy.location, lambda path: _RAW_COPY.search(path) is not None)
    is_own = call is not None and hot_path.classifier.is_own_frame(function, function.chain(call.location)[0])
    return call if is_own else None


def _copied(function: Function, copy: MemoryCopy, call: WrittenCall) -> Sink:
    api = spelled_call(call.path)
    type_ = sized_type(function, call.path, copy.size) if copy.size >= 0 else copied_type(call.path)
    of_type = f" (`{type_}`)" if type_[:1].isupper() else ""
    size = f"{copy.size} bytes" if copy.size >= 0 else "a run-time number of bytes"
    verb = f"fills {size}" if copy.operation == "memset" else f"copies {size}{of_type}"
    notes = (("api", api), ("operation", copy.operation), *([("type", type_)] if type_ else []))
    return Sink(
        LARGE_COPY, copy.operation, verb, f"`{api}` {verb}", size=copy.size, notes=notes, method=api, identity=""
    )


def _moved(function: Function, hot_path: HotPath, copy: MemoryCopy) -> Sink | None:
    """Clause 3; None in a library's code."""
    anchor = hot_path.classifier.anchor(function, copy.location)
    if anchor is None:
        return None
    called = function.name_of(function.chain(copy.location)[anchor - 1]) if anchor else ""
    api = spelled_call(called) if called else ""
    if copy.operation == "memset":
        verb = f"fills {copy.size} bytes"
        alone = f"{copy.size} bytes are filled"
        return Sink(
            LARGE_COPY, copy.operation, verb, alone, size=copy.size, notes=(("operation", copy.operation),),
            help="keep the array in the owner and reset only what was used; or leave it uninitialised "
            "(`MaybeUninit`) and write each element once", identity="",
        )  # fmt: skip
    type_ = sized_type(function, called, copy.size)
    writer = crate_of(function.name_of(function.chain(copy.location)[anchor]))
    types = (type_,) if type_ else _types_of_size(function, copy.size, writer)
    of_type = f" (`{type_}`)" if type_ else _guess(types)
    verb = f"moves {copy.size} bytes{of_type}"
    alone = f"a value of {copy.size} bytes{of_type} is moved"
    notes = (
        *([("api", api)] if api else []),
        ("operation", copy.operation),
        *([("type", type_)] if type_ else [("types_of_size", types)] if types else []),
    )
    return Sink(LARGE_MOVE, copy.operation, verb, alone, size=copy.size, notes=notes, identity="")


def copied_type(path: str) -> str:
    """What a copying function copies: the ``T`` of ``<T as Clone>::clone``, else the element of its container."""
    qualified = trait_method(path)
    if qualified and qualified[1].startswith("core::clone::Clone"):
        return short_type(qualified[0])
    return element_of([path])


def sized_type(function: Function, path: str, size: int) -> str:
    """The type of exactly that many bytes among those that the path of a called function names: itself a method's, or
    an argument; empty where none is. A type beside another size would be a wrong answer."""
    objects = Objects(function.where.type_named)
    return next((short_type(each) for each in types_in(path) if objects.size(each) == size), "")


def _types_of_size(function: Function, size: int, crate: str) -> tuple[str, ...]:
    """Types of the user's crate of exactly that size: the user knows which one it is."""
    described = function.where.described_types()
    found = [short_type(each.name) for each in described if each.size == size and crate_of(each.name) == crate]
    return tuple(found) if len(found) <= _MOST_TYPES else ()


def _guess(types: tuple[str, ...]) -> str:
    return f", the size of {' or '.join(f'`{each}`' for each in types)}," if types else ""

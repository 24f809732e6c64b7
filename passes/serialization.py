"""RF503 serialization: values that are turned into text or bytes, or back, below a root.

1. A *format call* is a call of an entry function of a library that serialises (serde_json, bincode, postcard, prost,
   rmp, ciborium, rkyv's serialiser) or formats (``format!``, ``write!``, a ``to_string`` whose body formats), from code
   outside of these libraries. The outermost inlined frame counts, and is told where it is written.
2. What such a library does in turn, and implementations of ``Serialize``, ``Deserialize`` and ``core::fmt``'s traits,
   are parts of the call that led there: silent.
3. ``rkyv::access`` and its kin look at bytes in place: silent.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import STANDARD_CRATES, crate_of, display_name, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.frames import best, from_outside
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink
from ringfence.passes.to_string import Formatting, is_to_string
from ringfence.passes.writers import Writer, writer_of
from ringfence.passes.written_calls import WrittenCall, spelled_call

SERIALIZATION = Rule(
    id="RF503",
    slug="serialization",
    what="A value is serialised, parsed or formatted: serde_json, bincode, postcard, prost, rkyv's serialiser, "
    "`format!`, `write!`, `to_string` of a number.",
    why="Encoding walks every field, branches on each, and most often allocates; formatting goes through function "
    "pointers that nothing inlines. It costs hundreds of nanoseconds where the data itself would be handed on in a "
    "few.",
    example="let line = serde_json::to_string(&quote)?;",
    instead="Hand the typed value on and encode it at the edge, on another thread; where bytes must cross, use a fixed "
    "layout that is read in place (`zerocopy`, `rkyv::access`), or encode into a reused buffer.",
    false_positives="A message that is only formatted where something failed, without a mark that it is unlikely.",
    how="A call, inlined or not, of an entry function of a known library from outside of such libraries; one finding "
    "for each line, however much is encoded there. What a dependency encodes below your call is a note at that call.",
    levels=ADVISORY_LEVELS,
    weight=80,
)

_LIBRARIES = {
    "serde_json": r"(?:ser|de|value)::(?:to|from)_\w+|(?:ser::Serializer|de::Deserializer)::\w+|(?:to|from)_\w+",
    "simd_json": r"(?:\w+::)*(?:to|from)_\w+",
    "sonic_rs": r"(?:\w+::)*(?:to|from)_\w+",
    "bincode": r"(?:\w+::)*(?:serialize\w*|deserialize\w*|encode_\w+|decode_\w+|borrow_decode_\w+)",
    "postcard": r"(?:\w+::)*(?:to_\w+|from_\w+|take_from_\w+)",
    "ciborium": r"(?:\w+::)*(?:into_writer|from_reader\w*)",
    "rmp_serde": r"(?:\w+::)*(?:to_vec\w*|from_slice|from_read\w*|write\w*)",
    "toml": r"(?:\w+::)*(?:to_string\w*|from_str)",
    "serde_yaml": r"(?:\w+::)*(?:to_\w+|from_\w+)",
    "prost": r"(?:\w+::)*(?:Message::)?(?:encode\w*|decode\w*|merge\w*)",
    "rkyv": r"(?:\w+::)*(?:to_bytes\w*|serialize\w*|deserialize\w*|from_bytes\w*)",
    "borsh": r"(?:\w+::)*(?:to_vec|to_writer|from_slice|from_reader|try_from_slice)",
}
_ENTRY = re.compile("|".join(f"{crate}::(?:{entries})" for crate, entries in _LIBRARIES.items()))
_MESSAGE = re.compile(
    r"<(?P<type>.*) as (?P<crate>prost|borsh|bincode|rkyv)::(?:\w+::)*(?:Message|BorshSerialize|BorshDeserialize)>::"
    r"(?:encode\w*|decode\w*|merge|serialize|deserialize\w*|try_from_slice)"
)
_FORMATTING = re.compile(
    r"alloc::fmt::format(?:::format_inner)?|core::fmt::write|core::fmt::Write::write_fmt|std::io::Write::write_fmt"
    r"|<.* as (?:core::fmt::Write|std::io::Write)>::write_fmt|std::io::stdio::_e?print"
)
_INSIDE = STANDARD_CRATES | _LIBRARIES.keys() | {"serde", "serde_core", "itoa", "ryu", "log", "tracing", "tracing_core"}
_PART = re.compile(
    r"^<.* as (?:core::fmt::\w+|serde(?:_core)?::(?:ser|de)::\w+|prost::(?:\w+::)*Message|rkyv::(?:\w+::)*\w+"
    r"|bincode::(?:\w+::)*\w+|borsh::(?:\w+::)*\w+)>::"
)


class SerializationPass:
    """One sink for each format call that code outside of the libraries writes."""

    rules = (SERIALIZATION,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Clauses 1 and 2."""
        if _is_part(function.name):
            return
        found: dict[WrittenCall, list[SiteClass]] = defaultdict(list)
        formatting = Formatting(function, hot_path)
        for position, site in enumerate(function.facts.calls):
            callee = display_name(site.callee) if site.callee else _method_called(function, position, hot_path)
            if is_to_string(callee) and not formatting.is_called(site):
                callee = ""
            call = _format_call(function, site.location, callee, formatting)
            if call is not None:
                reached = hot_path.classifier.of_call(function, site)
                found[call].append(from_outside(function, site.place, reached, call.location))
        for copy in function.facts.copies:
            # All that is left of an encoder that was inlined whole may be a copy of bytes.
            call = _format_call(function, copy.location, "", formatting)
            if call is not None:
                reached = hot_path.classifier.of_event(function, copy.place, copy.location)
                found[call].append(from_outside(function, copy.place, reached, call.location))
        for call, sites in found.items():
            writer = _user_of_format(function, call.location, hot_path)
            if writer is not Writer.STANDARD:
                yield SinkSite(function.id, call.location, best(sites), _sink(call.path, writer))


def _method_called(function: Function, position: int, hot_path: HotPath) -> str:
    """Path of a method that an indirect call may reach, where all of them are format calls: ``write!`` to a ``dyn
    Write``. Empty otherwise."""
    resolution = hot_path.reached.resolutions.get((function.id, position))
    paths = [display_name(each.symbol) for each in resolution.candidates] if resolution else []
    return paths[0] if paths and all(map(is_format_call, paths)) else ""


@lru_cache(maxsize=50_000)
def is_format_call(path: str) -> bool:
    """Whether a function, by its path, is an entry of a library that encodes or formats."""
    plain = without_generics(path)
    return is_to_string(path) or any(pattern.fullmatch(plain) for pattern in (_ENTRY, _MESSAGE, _FORMATTING))


@lru_cache(maxsize=50_000)
def _is_part(path: str) -> bool:
    """Clause 2, of a function that is no format call itself."""
    plain = without_generics(path)
    return is_format_call(path) or crate_of(plain) in _INSIDE or _PART.match(plain) is not None


def _format_call(function: Function, location: int, callee: str, formatting: Formatting) -> WrittenCall | None:
    """The outermost format call at an event; None where there is none, or it is a part of another."""
    for frame in reversed(function.chain(location)[:-1]):
        path = function.name_of(frame)
        if is_to_string(path) and not formatting.is_inlined((frame.subprogram, frame.inlined_at)):
            continue
        if is_format_call(path):
            return WrittenCall(path, frame.inlined_at)
        if _PART.match(without_generics(path)):
            return None
    return WrittenCall(callee, location) if callee and is_format_call(callee) else None


def _user_of_format(function: Function, location: int, hot_path: HotPath) -> Writer:
    """Who writes a format call; what a library that serialises or logs does for itself is as std's."""
    chain = function.chain(location)
    is_inside = bool(chain) and _is_part(function.name_of(chain[0]))
    return Writer.STANDARD if is_inside else writer_of(function, location, hot_path)


def _sink(path: str, writer: Writer) -> Sink:
    library = _library(path)
    api = _spelled(path)
    verb = "formats" if library == "core::fmt" else "parses" if _PARSING.search(api) else "serialises"
    if verb != "formats" and not api.startswith(library):
        verb = f"{verb} ({library})"
    notes = (("api", api), ("library", library))
    return Sink(SERIALIZATION, api, verb, f"`{api}` {verb}", at_most=writer.at_most, notes=notes)


def _library(path: str) -> str:
    plain = without_generics(path)
    message = _MESSAGE.fullmatch(plain)
    if message:
        return message["crate"]
    return "core::fmt" if is_to_string(path) or _FORMATTING.fullmatch(plain) else crate_of(plain)


_PARSING = re.compile(r"::(?:from|take_from|de|decode|borrow_decode|merge|try_from)[^:]*$")
_SPELLED = (
    (re.compile(r"std::io::stdio::_(e?)print"), r"\1println!"),
    (re.compile(r"core::fmt::write|.*\bWrite>?::write_fmt"), "write!"),
    (re.compile(r".*::spec_to_string"), "to_string"),
)


def _spelled(path: str) -> str:
    plain = without_generics(path)
    for pattern, spelled in _SPELLED:
        found = pattern.fullmatch(plain)
        if found:
            return found.expand(spelled)
    if _ENTRY.fullmatch(plain):
        return f"{crate_of(plain)}::{plain.rsplit('::', 1)[-1]}"
    return spelled_call(path)

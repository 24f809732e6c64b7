"""RF504 unbatched-call: items taken or given one by one in a loop, though the same type does it by the batch.

1. A *call for one item* is a method such as ``pop``, ``push``, ``recv`` or ``write`` that the user's own code calls in
   a loop of the function, inlined or not.
2. Its *batch form* is a method of the same type whose name says so (``pop_batch``, ``push_slice``, ``recv_many``), in
   the symbol index of the whole program or in the debug info of what was read; or one that a known library documents.
   A type without one is silent.
3. A batch form that is made of calls for one item is silent: what calls is a method of the same type.

Not handled: a loop in the caller of the function; an inlined method that leaves no call, copy or atomic behind; a
batch form of a generic type that nothing instantiates, of a library that is not known here.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from ringfence.graphs.classes import SiteClass
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import STANDARD_CRATES, crate_of, display_name, trait_method, without_generics
from ringfence.graphs.program import Function, Program
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.frames import best, from_outside
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink
from ringfence.passes.written_calls import WrittenCall, short_type, spelled_call

UNBATCHED_CALL = Rule(
    id="RF504",
    slug="unbatched-call",
    what="A method that takes or gives one item is called in a loop, though its type has one for many.",
    why="Each call pays again for what a batch pays once: the atomics of a queue, the check of its bounds, the system "
    "call, the cache line that goes back and forth between two cores.",
    example="while let Some(event) = self.queue.pop() { self.apply(event); }",
    instead="Take what is there in one go: `let n = self.queue.pop_batch(&mut self.events); for event in "
    "&self.events[..n] { … }`.",
    false_positives="A batch waits for its last item, or handles items that the first one made stale: then one by one "
    "is right.",
    how="A call of a method such as `pop`, `recv` or `write` in a loop of your own code, where the same type has a "
    "method with the name of a batch form anywhere in the build, or is of a library that is known to have one.",
    levels=ADVISORY_LEVELS,
    own_code_only=True,
)

_ITEM = re.compile(
    r"(?:try_)?(?:pop|push|recv|send|read|write|poll|next_event|next_message|enqueue|dequeue|submit|insert|get|process"
    r"|publish|pop_front|push_back|write_all|dispatch|handle)"
)
_BATCH = re.compile(r"(?P<item>[a-z_]+?)s?_(?:batch|many|n|slice|all|bulk|vectored|batch_into|into_slice|iter)")
_OTHER_BATCHES: Mapping[str, tuple[str, ...]] = {
    "drain_into": ("pop", "recv"),
    "extend_from_slice": ("push",),
    "next_events": ("next_event",),
    "next_batch": ("next_event", "next_message", "next"),
}
_SEGMENT = re.compile(
    r"\d(?:[a-z_]+_(?:batch|many|n|slice|all|bulk|vectored|batch_into|into_slice|iter|events)|drain_into)"
)
"""In a symbol: quick to search for, made sure of by the name."""
_KNOWN: Mapping[str, Mapping[str, str]] = {
    "rtrb::Producer": {"push": "write_chunk_uninit"},
    "rtrb::Consumer": {"pop": "read_chunk"},
    "tokio::sync::mpsc::bounded::Receiver": {"recv": "recv_many"},
    "tokio::sync::mpsc::unbounded::UnboundedReceiver": {"recv": "recv_many"},
    "std::fs::File": {"write": "write_vectored", "write_all": "write_vectored"},
    "std::net::tcp::TcpStream": {"write": "write_vectored", "write_all": "write_vectored"},
    "std::os::unix::net::stream::UnixStream": {"write": "write_vectored", "write_all": "write_vectored"},
}


"""``Vec::push`` beside ``extend_from_slice`` is no queue: what is pushed seldom lies in a slice."""


class BatchingPass:
    """One sink for each call for one item."""

    rules = (UNBATCHED_CALL,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Clauses 1 to 3."""
        found: dict[WrittenCall, list[SiteClass]] = defaultdict(list)
        for place, location in function.events():
            for call in _calls(function, hot_path, location, ""):
                reached = hot_path.classifier.of_event(function, place, location)
                found[call].append(from_outside(function, place, reached, call.location))
        for site in function.facts.calls:
            for call in _calls(function, hot_path, site.location, display_name(site.callee) if site.callee else ""):
                reached = hot_path.classifier.of_call(function, site)
                found[call].append(from_outside(function, site.place, reached, call.location))
        for call, sites in found.items():
            reached = best(sites)
            batch = _batch_form(call.path, hot_path.reached.program) if reached.loop_depth else ""
            if batch:
                yield SinkSite(function.id, call.location, reached, _sink(call.path, batch))


def _calls(function: Function, hot_path: HotPath, location: int, callee: str) -> Iterator[WrittenCall]:
    """The call for one item that an event belongs to, if own code of another type writes it."""
    if hot_path.classifier.anchor(function, location) is None:
        return
    chain = function.chain(location)
    for position, frame in enumerate(chain):
        if not hot_path.classifier.is_own_frame(function, frame):
            continue
        path = function.name_of(chain[position - 1]) if position else callee
        holder, method = holder_and_method(path) if path else ("", "")
        if not holder or not _ITEM.fullmatch(method):
            continue
        if not any(_is_of(function.name_of(outer), holder) for outer in chain[position:]):
            yield WrittenCall(path, chain[position - 1].inlined_at if position else location)


def _is_of(path: str, holder: str) -> bool:
    """Whether a function is a method of a type, or a closure in one."""
    return without_generics(path).startswith(f"{holder}::") or holder_and_method(path)[0] == holder


@lru_cache(maxsize=50_000)
def holder_and_method(path: str) -> tuple[str, str]:
    """Path of the type without generic arguments, and the method: of ``Type::method`` and ``<Type as Trait>::method``;
    no type for a plain function."""
    qualified = trait_method(path)
    if qualified:
        return without_generics(qualified[0]), without_generics(qualified[2])
    holder, _, method = without_generics(path).rpartition("::")
    return (holder, method) if holder.rpartition("::")[2][:1].isupper() else ("", method)


def _batch_form(path: str, program: Program) -> str:
    holder, method = holder_and_method(path)
    known = _KNOWN.get(holder, {}).get(method, "")
    if crate_of(path) in STANDARD_CRATES:
        return known
    return known or _batch_forms(program).get((holder, method.removeprefix("try_")), "")


@lru_cache(maxsize=1)
def _batch_forms(program: Program) -> Mapping[tuple[str, str], str]:
    """Type and method for one item -> its batch form; the shortest name where there are several."""
    forms: dict[tuple[str, str], str] = {}
    names = {display_name(symbol) for symbol in program.names_with(_SEGMENT)}
    for holder, method in sorted({holder_and_method(name) for name in names}, key=lambda each: (len(each[1]), each)):
        for item in items_of(method) if holder else ():
            forms.setdefault((holder, item), method)
    return forms


def items_of(method: str) -> tuple[str, ...]:
    """The methods for one item whose batch form a method is, by its name."""
    found = _BATCH.fullmatch(method.removeprefix("try_"))
    if method in _OTHER_BATCHES:
        return _OTHER_BATCHES[method]
    return (found["item"],) if found and _ITEM.fullmatch(found["item"]) else ()


def _sink(path: str, batch: str) -> Sink:
    holder, _ = holder_and_method(path)
    api = spelled_call(path)
    many = f"{short_type(holder)}::{batch}"
    verb = f"handles one item, `{many}` would handle many,"
    return Sink(
        UNBATCHED_CALL,
        api,
        verb,
        f"`{api}` {verb}",
        at_most=Level.NOTE if holder in _KNOWN else None,
        notes=(("api", api), ("batch", many)),
        help=f"take or give many at once with `{many}`, outside of the loop or once for each turn of it",
    )

"""RF204 shared-queue: channels and queues that many threads may send into, or receive from.

An operation is found by the frame of the library's own function, such as ``std::sync::mpsc::Sender::send``, whether it
was inlined or is called. Which flavour a channel has (bounded, unbounded) is known at run time only where the library
keeps it in a variable, as std and crossbeam-channel do: then only the library is named.
"""

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import method_name, without_generics
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.frames import FramedName, best, by_frame, operations, reached_from_outside
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

SHARED_QUEUE = Rule(
    id="RF204",
    slug="shared-queue",
    what="A message is sent or received through a queue that several threads may use at either end: `mpsc`, "
    "crossbeam-channel, `ArrayQueue`, `SegQueue`, flume, tokio's `mpsc`, kanal.",
    why="Such a queue pays for senders that it may not have: locked read-modify-writes on a cache line that all of "
    "them write, blocks from the heap, and wake-ups of receivers that sleep.",
    example="self.outbox.send(order).unwrap();",
    instead="Where one thread sends and one receives, use a single-producer, single-consumer ring: "
    "`let (mut tx, mut rx) = rtrb::RingBuffer::new(4096);` and `tx.push(order)`. Where several send, give each its own "
    "ring and let the receiver poll them in turn.",
    false_positives="Several threads do send: then a bounded queue made at start is the least evil.",
    how="A call, inlined or not, of a sending or receiving function of a known library. `detail.sender_cloned` says "
    "whether the roots reach a `clone` of a sender of the same library; where they do not, a single-producer queue may "
    "do, but clones made elsewhere in the program are not seen.",
    levels=ADVISORY_LEVELS,
    weight=65,
)

_ENDS = r"(?:Sync|Unbounded|Bounded|Async|Weak)?(?:Sender|Receiver)(?:Async)?"
_VERBS = r"(?:try_|blocking_|force_|poll_)?(?:send|recv|push|pop|enqueue|dequeue|read|write)\w*(?:::\{closure#\d+\})*"
QUEUE = re.compile(
    rf"^(?:std::sync::(?:mpsc|mpmc)::(?:\w+::)*{_ENDS}::{_VERBS}"
    rf"|crossbeam_channel::channel::{_ENDS}::{_VERBS}"
    rf"|crossbeam_queue::(?:array_queue::ArrayQueue|seg_queue::SegQueue)::{_VERBS}"
    rf"|flume::(?:\w+::)*{_ENDS}::{_VERBS}"
    rf"|tokio::sync::(?:mpsc::(?:bounded|unbounded)|broadcast)::{_ENDS}::{_VERBS}"
    rf"|kanal::(?:\w+::)*{_ENDS}::{_VERBS}"
    rf"|async_channel::(?:\w+::)*{_ENDS}::{_VERBS}"
    rf"|concurrent_queue::ConcurrentQueue::{_VERBS}"
    rf"|heapless::mpmc::(?:\w+::)*\w+::{_VERBS})$"
)
"""Paths, without generic arguments, of the functions that send and receive."""
_KINDS = (
    ("ArrayQueue", re.compile(r"ArrayQueue")),
    ("SegQueue", re.compile(r"SegQueue")),
    ("bounded", re.compile(r"SyncSender|::bounded::")),
    ("unbounded", re.compile(r"Unbounded|::unbounded::|mpsc::Sender")),
    ("broadcast", re.compile(r"::broadcast::")),
)
_SINGLE = (
    "no `clone` of a sender is reached from the roots: where one thread sends and one receives, use a single-producer, "
    "single-consumer ring: `let (mut tx, mut rx) = rtrb::RingBuffer::new(4096);`, then `tx.push(message)`"
)
_SEVERAL = (
    "senders are cloned: give each sending thread a single-producer, single-consumer ring of its own "
    "(`rtrb::RingBuffer::new(4096)`), and let the receiver poll them in turn"
)
_SENDS = re.compile(r"send|push|enqueue|write")
_CLONED = re.compile(rf"^<(?P<library>\w+)::[\w:]*?{_ENDS} as core::clone::Clone>::clone$")


class ChannelPass:
    """One sink for each frame that sends or receives."""

    rules = (SHARED_QUEUE,)

    def __init__(self) -> None:
        """What is asked of a whole program is asked once."""
        self._cloned: WeakKeyDictionary[HotPath, frozenset[str]] = WeakKeyDictionary()

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the outermost frames of queue functions in which anything happens."""
        for frame, found in by_frame(function, operations(function), QUEUE).items():
            sites = reached_from_outside(function, found, frame.inlined_at, hot_path)
            yield SinkSite(function.id, found[0].location, best(sites), self._sink(frame, hot_path))

    def _sink(self, frame: FramedName, hot_path: HotPath) -> Sink:
        name = without_generics(frame.name)
        library, _, _ = name.partition("::")
        sends = _SENDS.search(method_name(name.split("::{closure", 1)[0])) is not None
        kind = next((kind for kind, pattern in _KINDS if pattern.search(name)), "")
        cloned = self._libraries_cloned(hot_path)
        notes: list[tuple[str, object]] = [("library", library), ("kind", kind), ("sends", sends)]
        notes.append(("sender_cloned", library in cloned))
        return Sink(
            SHARED_QUEUE,
            name,
            f"{'sends' if sends else 'receives'} through a queue that several threads may use",
            method=name,
            help=(_SEVERAL if library in cloned else _SINGLE) if "Queue" not in name else "",
            notes=tuple((key, value) for key, value in notes if value != ""),
        )

    def _libraries_cloned(self, hot_path: HotPath) -> frozenset[str]:
        """Libraries of which the roots reach a sender's ``clone``."""
        known = self._cloned.get(hot_path)
        if known is None:
            known = self._cloned[hot_path] = frozenset(_cloned(hot_path))
        return known


def _cloned(hot_path: HotPath) -> Iterator[str]:
    for number in sorted(hot_path.reached.functions):
        function = hot_path.function(number)
        locations = {-1, *(atomic.location for atomic in function.facts.atomics)}
        names = {function.name_of(frame) for location in locations for frame in function.chain(location)}
        for name in names:
            clone = _CLONED.match(without_generics(name)) if name.endswith("::clone") else None
            if clone is not None:
                yield clone["library"]

"""What to write instead, by the API that the user called; the rule's own text where no API is known."""

from collections.abc import Mapping

from ringfence.passes.rule import Rule

_BY_METHOD: Mapping[str, Mapping[str, str]] = {
    "RF101": {
        "to_string": "keep the text as `Arc<str>` or an interned id; or write into a reused `String`: "
        "`self.scratch.clear(); self.scratch.push_str(name);`",
        "to_owned": "borrow the value, or copy into a buffer that lives on: `self.scratch.clone_from(&value);`",
        "to_vec": "pass the slice on as `&[T]`; or copy into a buffer that lives on: "
        "`self.scratch.clear(); self.scratch.extend_from_slice(data);`",
        "clone": "pass a reference; share with `Arc::clone`; or reuse the target: `target.clone_from(&source);`",
        "format": "write into a reused buffer: `self.scratch.clear(); write!(self.scratch, …)`; better, do not "
        "format on the hot path",
        "collect": "consume the iterator in place, or fill a reused buffer: `self.scratch.clear(); "
        "self.scratch.extend(iter);`",
        "with_capacity": "make the buffer once, at start, and `clear()` it for each event",
        "new": "make the object once, at start, or take it from a pool",
        "from": "borrow instead of converting, or convert once, at start",
        "into": "borrow instead of converting, or convert once, at start",
        "insert": "reserve the map at start for the largest number of keys, or use a fixed table indexed by id",
        "send": "take a queue whose places are made at start: a ring of fixed capacity (`rtrb::RingBuffer::new(4096)`)",
        "try_send": "take a queue whose places are made at start: a ring of fixed capacity "
        "(`rtrb::RingBuffer::new(4096)`)",
        "spawn": "start the thread or task once, at start, and send it its work",
        "shrink_to_fit": "keep the capacity: the next event needs it again; shrink where nobody waits",
        "shrink_to": "keep the capacity: the next event needs it again; shrink where nobody waits",
        "into_boxed_slice": "hand the `Vec` on as it is; or make it with the length that it will have",
        "into_boxed_str": "hand the `String` on as it is; or make it with the length that it will have",
    },
    "RF102": {
        "push": "reserve at start (`Vec::with_capacity`) and keep the container; or use a ring buffer of fixed "
        "capacity",
        "extend_from_slice": "reserve at start, or check `len() + n <= capacity()` and take another way when it "
        "would grow",
        "insert": "reserve the map at start for the largest number of keys, or use a fixed table indexed by id",
        "push_str": "reserve the string at start and `clear()` it for each event",
    },
    "RF501": {
        "clone": "pass a reference (`&self.book`), share it (`Arc::clone`), or copy only the fields that are read",
        "extend_from_slice": "hand the buffer over instead of its contents, or write into its final place",
        "copy_from_slice": "swap the buffers (`mem::swap(&mut self.front, &mut self.back)`) instead of their contents",
        "to_vec": "pass the slice on as `&[T]`",
        "fill": "reset only what was used: `self.scratch[..self.used].fill(0);`",
    },
    "RF502": {
        "push": "fill a slot in place (`self.history[next].copy_from(&book);`), or keep indices of values that stay "
        "where they are",
        "replace": "keep two values and swap which one is current: `self.current ^= 1;`",
        "new": "box the value once, at start, and write into it",
    },
    "RF503": {
        "format!": "do not format on the hot path: keep the values and let the reader format them; or write into a "
        "reused buffer: `self.scratch.clear(); write!(self.scratch, …)`",
        "write!": "keep the values and format them where nobody waits; or write the bytes of the value itself",
        "to_string": "keep the value, and let whoever reads it make text of it",
    },
    "RF201": {
        "lock": "give the data to one thread and send it messages; or publish snapshots through an atomic pointer",
        "read": "publish read-mostly data through an atomic pointer (`arc-swap`) or a sequence lock",
        "write": "let one thread own the data and apply changes sent to it through a queue",
    },
}


_IN_A_LIBRARY: Mapping[str, str] = {
    "RF101": "`{}` allocates behind this call: call it less often, once for each batch; or take another type of it, or "
    "another library, whose blocks are made at start",
}


def advice(rule: Rule, method: str, library: str = "") -> str:
    """Specific where the called method is known; else what can be done about a library, where it is one's; else the
    rule's *instead*."""
    known = _BY_METHOD.get(rule.id, {}).get(method)
    if known is not None:
        return known
    of_library = _IN_A_LIBRARY.get(rule.id) if library else None
    return of_library.format(library) if of_library else rule.instead

"""Loads that tell how memory is walked: through a pointer of the turn before, or in a hash table.

1. *Chased*: ``%p = phi ptr [ … ], [ %next, … ]`` where ``%next`` is loaded from ``%p`` or a constant offset of it.
   The next address is not known before the load has ended: a linked list, the path down a tree, a chain of boxes.
2. *Descended*: the same, where an index known only at run time is added on the way: down a tree whose nodes hold
   arrays of pointers.
3. *Group*: the load of the sixteen (eight without SSE2) control bytes that hashbrown compares at once. It is what is
   left of a look-up that was inlined (``hashbrown::control::group``).
4. *Hashed*: no load, but ``v2 ^ 0xff``, which ends a SipHash, in a body that turns words by 13 bits as its rounds do
   (Aumasson, Bernstein, *SipHash: a fast short-input PRF*, 2012, section 2). What begins it may stand before the loop.

Not handled: a chain whose pointers are indices; one whose ``phi`` is chosen by a ``select``.
"""

import re
from collections.abc import Iterator, Mapping

from ringfence.graphs.facts import LoadKind
from ringfence.pipeline.ir.syntax import SYMBOL

GROUP_LOADS = frozenset({b"load <16 x i8>, ", b"load <8 x i8>, "})
_PHI = b" = phi ptr "
_LOAD = b" = load ptr, ptr %"
_INCOMING = re.compile(rb"\[ (%" + SYMBOL + rb"), ")
_ADDRESS = re.compile(SYMBOL)
_STEP = re.compile(rb"\n  (%" + SYMBOL + rb") = getelementptr [^\n]*?, ptr (%" + SYMBOL + rb"), ([^\n!]*)")
_TURNED = re.compile(rb"@llvm\.fshl\.i64\(i64 (%" + SYMBOL + rb"), i64 \1, i64 13\)")
_FINAL = re.compile(rb"\n  %" + SYMBOL + rb" = xor i64 %" + SYMBOL + rb", 255\b")
_LONGEST = 4
"""Steps between a pointer and what is loaded through it."""


def chased_loads(text: bytes, start: int, end: int) -> Iterator[tuple[int, LoadKind]]:
    """Offsets of the loads of clauses 1 and 2 in one body."""
    phis = [(name, line) for name, line in _lines(text, start, end, _PHI) if b"[ %" in line]
    carried = [(pointer, value) for pointer, line in phis for value in _INCOMING.findall(line)]
    if not carried:
        return
    wanted = {value for _, value in carried}
    loads = {name: line for name, line in _lines(text, start, end, _LOAD) if name in wanted}
    pairs = [(pointer, value) for pointer, value in carried if value in loads]
    if not pairs:
        return
    steps = {match[1]: (match[2], b"%" in match[3]) for match in _STEP.finditer(text, start, end)}
    for pointer, value in pairs:
        address = _ADDRESS.match(loads[value])
        kind = _way_from(b"%" + address[0], pointer, steps) if address is not None else None
        if kind is not None:
            yield text.find(b"\n  " + value + _LOAD, start, end), kind


def hashed(text: bytes, start: int, end: int) -> Iterator[tuple[int, LoadKind]]:
    """Offsets of the instructions of clause 4 in one body."""
    if _TURNED.search(text, start, end):
        for match in _FINAL.finditer(text, start, end):
            yield match.start(), LoadKind.HASHED


def _lines(text: bytes, start: int, end: int, mark: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The name before a mark and the rest of the line behind it."""
    position = text.find(mark, start, end)
    while position >= 0:
        line_end = text.find(b"\n", position)
        yield text[text.rfind(b"\n", start, position) + 3 : position], text[position + len(mark) : line_end]
        position = text.find(mark, line_end, end)


def _way_from(address: bytes, pointer: bytes, steps: Mapping[bytes, tuple[bytes, bool]]) -> LoadKind | None:
    """How an address comes from a pointer; None where it does not."""
    kind = LoadKind.CHASED
    for _ in range(_LONGEST):
        if address == pointer or address not in steps:
            break
        address, is_indexed = steps[address]
        kind = LoadKind.DESCENDED if is_indexed else kind
    return kind if address == pointer else None

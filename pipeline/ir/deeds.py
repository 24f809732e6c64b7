"""What the instructions of a turn do (`ringfence.pipeline.ir.waits`, clauses 1 and 2)."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from ringfence.pipeline.ir.turns import Instruction, Turn

WAITING = re.compile(r"yield_now|sched_yield|9spin_loop|4park|5sleep|^llvm\.(?:x86\.sse2\.pause|aarch64\.)")
"""Calls that wait, and do nothing else."""
IsSlot = Callable[[bytes, int], bool]
"""Whether a pointer, where it is used at an offset, leads into a stack slot of the function."""
_MODIFY = re.compile(rb"(?:volatile )?(\w+) [^\n]*?, [^\n ]+ ([^\n ,]+) ")
EXPECTED = re.compile(rb"(?:weak )?(?:volatile )?ptr [^\n]*?, [^\n ]+ ([^\n ,]+), ")
"""What a ``cmpxchg`` expects."""
_SAME_EACH_TIME = frozenset({b"xchg", b"or", b"and", b"max", b"min", b"umax", b"umin"})
_SUMS = {b"add": 1, b"sub": -1}
_COPIES = (b"llvm.memcpy", b"llvm.memmove", b"llvm.memset", b"llvm.masked.store")
_ASSEMBLY = re.compile(rb" asm [^\"\n]*\"([^\"\n]*)\"")
_CALM_ASSEMBLY = re.compile(rb"(?:\s|;|\\0A|pause|rep|nop|yield|isb|wfe)*(?:sy)?\s*")


@dataclass(slots=True)
class Deeds:
    """What the instructions of a turn do (clauses 1 and 2)."""

    done: list[Instruction] = field(default_factory=list[Instruction])
    """What does something."""
    reads: list[Instruction] = field(default_factory=list[Instruction])
    tries: list[Instruction] = field(default_factory=list[Instruction])
    retries: list[Instruction] = field(default_factory=list[Instruction])
    calls: list[Instruction] = field(default_factory=list[Instruction])
    sums: dict[bytes, int] = field(default_factory=lambda: defaultdict[bytes, int](int))

    @property
    def is_even(self) -> bool:
        """What is added is taken off again."""
        return not any(self.sums.values())


def deeds_of(turn: Turn, is_slot: IsSlot) -> Deeds:
    """Of all instructions."""
    deeds = Deeds()
    is_fenced = any(line.operation == b"fence" for line in turn.lines)
    for line in turn.lines:
        if line.operation == b"load" and (line.is_open or is_fenced):
            deeds.reads.append(line)
        does = (
            (line.operation == b"store" and _changes(turn, line, is_slot))
            or (line.is_exchange and not _is_told(turn, line, deeds))
            or (line.is_call and not _is_calm_call(line, is_slot, deeds))
        )
        if does:
            deeds.done.append(line)
    return deeds


def _changes(turn: Turn, store: Instruction, is_slot: IsSlot) -> bool:
    address = store.address
    if store.text.startswith(b"volatile "):
        return True
    if is_slot(address, store.offset):
        return False
    values = [value for value in store.operands if value != address]
    if store.text.startswith(b"atomic "):
        return not turn.is_constant(values)
    kept = turn.sources(values, lambda line: line.is_open)
    return any((line.operation == b"load" and not line.is_open) or line.is_call for line in kept)


def _is_told(turn: Turn, exchange: Instruction, deeds: Deeds) -> bool:
    """Note what an exchange is; whether it is anything but a deed."""
    if exchange.operation == b"cmpxchg":
        expected = EXPECTED.match(exchange.text)
        is_constant = expected is not None and turn.is_constant([expected[1]]) and not _is_read(turn, exchange.address)
        (deeds.tries if is_constant else deeds.retries).append(exchange)
        return True
    modify = _MODIFY.match(exchange.text)
    if modify is None or not turn.is_constant([modify[2]]):
        return False
    if modify[1] in _SUMS and modify[2].lstrip(b"-").isdigit():
        deeds.sums[exchange.address] += _SUMS[modify[1]] * int(modify[2])
    elif modify[1] not in _SAME_EACH_TIME:
        return False
    deeds.tries.append(exchange)
    return True


def _is_read(turn: Turn, address: bytes) -> bool:
    """Whether an address comes from memory, anew in each turn."""
    return any(line.operation == b"load" or line.is_exchange or line.is_call for line in turn.sources([address]))


def _is_calm_call(call: Instruction, is_slot: IsSlot, deeds: Deeds) -> bool:
    assembly = _ASSEMBLY.search(b" " + call.text)
    if assembly is not None:
        return _CALM_ASSEMBLY.fullmatch(assembly[1]) is not None
    if call.callee.startswith(_COPIES):
        return is_slot(call.address, call.offset)
    if not call.callee.startswith(b"llvm.") or WAITING.search(call.callee.decode(errors="replace")):
        deeds.calls.append(call)
    return True


def may_do(line: Instruction) -> bool:
    """Whether it is a call of more than an intrinsic or a pause."""
    callee = line.callee.decode(errors="replace")
    return line.is_call and not callee.startswith("llvm.") and not WAITING.search(callee)

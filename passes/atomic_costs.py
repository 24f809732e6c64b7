"""What an atomic in sequentially consistent order costs on a target, beside the weaker order that often does.

As LLVM 22 writes them: on x86 every read-modify-write is locked whatever its order, a load is a plain ``mov``, a store
becomes an ``xchg``, a fence ``lock or`` or ``mfence``. On AArch64 ``ldar`` and ``stlr`` serve acquire, release and
sequential consistency alike; a fence is ``dmb ish``; a read-modify-write is ``ldaddal`` and its like, or a call of
``__aarch64_…_acq_rel``, as for ``AcqRel``. Of other targets nothing is promised.
"""

from collections.abc import Mapping
from enum import StrEnum


class AtomicKind(StrEnum):
    """What an atomic does, as far as its cost depends on it; dearest first."""

    FENCE = "fence"
    STORE = "store"
    MODIFY = "read-modify-write"
    LOAD = "load"


_X86 = {
    AtomicKind.FENCE: "`lock or` or `mfence`",
    AtomicKind.STORE: "`xchg`, which is locked",
    AtomicKind.MODIFY: "locked in any order",
    AtomicKind.LOAD: "a plain `mov`: costs nothing",
}
_AARCH64 = {
    AtomicKind.FENCE: "`dmb ish`",
    AtomicKind.STORE: "`stlr`, as for `Release`",
    AtomicKind.MODIFY: "as for `AcqRel`",
    AtomicKind.LOAD: "`ldar`, as for `Acquire`",
}
_COSTS: tuple[tuple[tuple[str, ...], Mapping[AtomicKind, str]], ...] = (
    (("x86_64", "i686", "i586"), _X86),
    (("aarch64", "arm64"), _AARCH64),
)


def kind_of(operation: str) -> AtomicKind:
    """Of `ringfence.graphs.facts.Atomic.operation`."""
    return AtomicKind(operation) if operation in ("load", "store", "fence") else AtomicKind.MODIFY


def cost(target: str, kind: AtomicKind) -> str:
    """What LLVM makes of it for a target triple, in a few words; empty where nothing is promised."""
    machine = target.partition("-")[0]
    return next((costs[kind] for machines, costs in _COSTS if machine in machines), "")

"""The shipped contracts: what a name says, what it does not say, and a version that moves with the table."""

import hashlib

import pytest

from ringfence.graphs.contracts import (
    ALLOCATORS,
    COMPILER_RUNTIME,
    CONTRACTS,
    NAME,
    PREFIXED_ALLOCATOR,
    VERSION,
    Effect,
)
from ringfence.graphs.effects import effect_of

_DIGESTS = {1: "70578b5e38f62d5a", 2: "20acadb133716eb1", 3: "b2da0ff162c3692e"}
"""What the table was at each version that somebody may have a report of."""


@pytest.mark.parametrize(
    ("symbol", "effect"),
    [
        ("malloc", Effect.ALLOCATES),
        ("_rjem_malloc", Effect.ALLOCATES),
        ("_rjem_mallocx", Effect.ALLOCATES),
        ("mi_zalloc_aligned", Effect.ALLOCATES),
        ("mi_free", Effect.FREES),
        ("mi_usable_size", Effect.NONE),
        ("_rjem_sdallocx", Effect.FREES),
        ("_ZdlPvm", Effect.FREES),
        ("__cxa_guard_acquire", Effect.LOCKS),
        ("pthread_mutex_lock", Effect.LOCKS),
        ("__printf_chk", Effect.BLOCKS),
        ("write@GLIBC_2.2.5", Effect.BLOCKS),
        ("clock_gettime", Effect.NONE),
        ("getpid", Effect.ENTERS),
        ("sched_setaffinity", Effect.ENTERS),
        ("sched_getcpu", Effect.NONE),
        ("__res_init", Effect.BLOCKS),
        ("__libc_current_sigrtmax", Effect.NONE),
        ("getenv", Effect.NONE),
        ("__udivti3", Effect.NONE),
        ("__stack_chk_fail", Effect.TERMINATES),
    ],
)
def test_a_library_function_is_known_by_its_name(symbol: str, effect: Effect) -> None:
    assert effect_of(symbol) is effect


@pytest.mark.parametrize("symbol", ["vendor_send", "new", "zalloc", "mi_option_set", "mallocate", "__vendor_init"])
def test_any_other_function_is_not_known(symbol: str) -> None:
    assert effect_of(symbol) is None


def test_a_name_has_one_contract() -> None:
    names = [name for each in CONTRACTS for name in each.names.split()]
    assert len(names) == len(set(names))
    assert all(each.names.split() for each in CONTRACTS)
    assert ALLOCATORS in {each.library for each in CONTRACTS}


def test_the_version_moves_with_the_table() -> None:
    rows = sorted(
        f"{name} {each.effect} {each.library == ALLOCATORS}" for each in CONTRACTS for name in each.names.split()
    )
    said = "\n".join([*rows, PREFIXED_ALLOCATOR.pattern, COMPILER_RUNTIME.pattern])
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    assert _DIGESTS.get(VERSION) == digest, f"raise VERSION and add {VERSION + 1}: {digest!r}"
    assert NAME.endswith(f" {VERSION}")

"""What functions do whose bodies nobody can read: the allocator, libc, the unwinder, the compiler's own helpers.

A name that the contracts (`ringfence.graphs.contracts`) or the expressions below know is *known*; any other function
without IR is reported as RF903.
"""

import re
from functools import cache

from ringfence.graphs.contracts import ALLOCATORS, COMPILER_RUNTIME, CONTRACTS, PREFIXED_ALLOCATOR, Effect
from ringfence.graphs.facts import Attribute

_RUST_ALLOCATOR = re.compile(r"(?:^|7___rustc\d+_)__(?:rust|rdl|rg)_(alloc_zeroed|alloc|dealloc|realloc)$")
_NO_ALLOC_SHIM = re.compile(r"__rust_(?:no_)?alloc_\w*(?:unstable|should_panic)\w*$|__rust_alloc_error_handler\w*$")
_ALLOC_MARK = re.compile(r"__rust_no_alloc_shim_is_unstable\w*$")
_RUST_EFFECTS = {
    "alloc": Effect.ALLOCATES,
    "alloc_zeroed": Effect.ALLOCATES,
    "realloc": Effect.REALLOCATES,
    "dealloc": Effect.FREES,
}
_EFFECT_OF = {name: each.effect for each in CONTRACTS if each.library != ALLOCATORS for name in each.names.split()}
_EFFECT_OF_PREFIXED = _EFFECT_OF | {
    name: each.effect for each in CONTRACTS if each.library == ALLOCATORS for name in each.names.split()
}


@cache
def is_allocator(symbol: str) -> bool:
    """Whether a symbol is Rust's global allocator. A program that brings its own defines it; what asks for memory is
    still the caller, so calls of it are sinks and not followed."""
    return _RUST_ALLOCATOR.search(symbol) is not None


@cache
def is_allocation_mark(symbol: str) -> bool:
    """Whether a symbol is what Rust's allocation functions call before they call the allocator. It does nothing, but
    LLVM must keep the call, also where it removes the allocation."""
    return _ALLOC_MARK.search(symbol) is not None


def effect_of_body(symbol: str) -> Effect | None:
    """The effect of a library function whose body need not be read, because every body of that name does the same;
    None for any other function. ``RawVec<T>::grow_one`` is instantiated once in a program, in whatever crate came
    first: reading 40 MB of that crate would tell nothing new. ``Any::type_id`` returns a constant; a callsite of
    `tracing` registers itself once, under a lock."""
    known = _LIBRARY_BODY.search(symbol)
    return _LIBRARY_EFFECTS[known.lastgroup or ""] if known else None


_LIBRARY_BODY = re.compile(
    r"(?P<grows>5alloc7raw_vec.*(?:8grow_one|14grow_amortized|11finish_grow|21do_reserve_and_handle))"
    r"|(?P<allocates>5alloc3fmt6format12format_inner)"
    r"|(?P<frees>5alloc4syncINt\w+_3Arc(?:e|Sh)E9drop_slow)"
    r"|(?P<blocks>3std3sys4sync\w*5futex\w*(?:14lock_contended|14read_contended|15write_contended|4wake|4wait)"
    r"|11parking_lot\w*(?:9lock_slow|11unlock_slow|16lock_shared_slow|19lock_exclusive_slow))"
    r"|(?P<random>3std3sys6random\w*19hashmap_random_keys)"
    r"|(?P<none>3std9panicking11panic_count17is_zero_slow_path|4core3any\w*3Any7type_id"
    r"|9hashbrown3raw\w*11Fallibility(?:17capacity_overflow|9alloc_err)|7tracing15___macro_support12___is_enabled)"
    r"|(?P<logs>12tracing_core5event\w*5Event8dispatch|3log13___private_api\w*3Log3log)"
    r"|(?P<locks>12tracing_core8callsite\w*15DefaultCallsite8register)"
    r"|(?P<task>5tokio7runtime4task3raw(?:7dealloc|21drop_join_handle_slow|17drop_abort_handle|8shutdown)"
    r"|17futures_unordered4task9waker_ref12drop_arc_raw|4syncINt\w*3Arc\w*17futures_unordered4task4Task\w*9drop_slow"
    r"|10async_task3raw\w*7RawTask\w*(?:8drop_ref|7destroy))"
)
_LIBRARY_EFFECTS = {
    "grows": Effect.REALLOCATES,
    "allocates": Effect.ALLOCATES,
    "frees": Effect.FREES,
    "blocks": Effect.BLOCKS,
    "locks": Effect.LOCKS,
    "logs": Effect.LOGS,
    "none": Effect.NONE,
    "random": Effect.BLOCKS,
    "task": Effect.FREES,
}
_NEVER_FOLLOWED = frozenset({"logs", "random", "task"})


@cache
def is_never_followed(symbol: str) -> bool:
    """Whether a library function stands for itself, although its body is there. What a logger does with a record is the
    program's choice, made elsewhere. Whoever holds the last waker of a task frees it, whichever of the program's
    futures it is: what that future drops is the task's own end, and none of the function's that let go of the waker.
    The keys of a thread's hash maps are one system call; the file that kernels before 3.17 need is none of the
    program's."""
    known = _LIBRARY_BODY.search(symbol)
    return known is not None and known.lastgroup in _NEVER_FOLLOWED


@cache
def effect_of(symbol: str, attributes: Attribute = Attribute.NONE) -> Effect | None:
    """The effect of an external function, from its declaration's attributes or its name; None where it is unknown."""
    if _NO_ALLOC_SHIM.search(symbol) or symbol.startswith("llvm."):
        return Effect.NONE
    rust = _RUST_ALLOCATOR.search(symbol)
    if rust:
        return _RUST_EFFECTS[rust[1]]
    for attribute, effect in _ATTRIBUTE_EFFECTS:
        if attributes & attribute:
            return effect
    plain = symbol.split("@", 1)[0]
    prefixed = PREFIXED_ALLOCATOR.match(symbol)
    known = _EFFECT_OF.get(plain) or (_EFFECT_OF_PREFIXED.get(prefixed[1]) if prefixed else None)
    if known is not None:
        return known
    if attributes & Attribute.NORETURN:
        return Effect.TERMINATES
    return Effect.NONE if COMPILER_RUNTIME.match(symbol) else effect_of_body(symbol)


_ATTRIBUTE_EFFECTS = (
    (Attribute.ALLOCATES, Effect.ALLOCATES),
    (Attribute.REALLOCATES, Effect.REALLOCATES),
    (Attribute.FREES, Effect.FREES),
)

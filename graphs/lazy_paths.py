"""Which functions make a path amortised or first-use, recognised by the names that symbols carry.

Mangled names keep each path segment behind its length (``8grow_one``) in both of rustc's schemes, so one search on the
symbol serves without demangling.

1. *Growth*: the slow path of a container that doubles. Its cost is spread over the calls that it makes cheap, as long
   as the container outlives the call.
2. *First use*: the slow path of ``Once``, ``OnceLock``, ``LazyLock``, thread locals and lazily made lock tables.

3. *Usual*: what a library marks unlikely although it is the usual way in for whoever calls it: the sort of more than
   twenty elements, rayon's entry from a thread that is no worker.

All are often marked cold by their library. The mark says "seldom per element", not "seldom for the caller", so
`ringfence.pipeline.ir.blocks` forgives them one unlikely edge.

Not handled: containers of crates that are not named here; an arena's chunk growth is named, its wrapper is not.
"""

import re
from functools import cache

_GROWTH = re.compile(
    rb"7raw_vec.*(?:8grow_one|14grow_amortized|10grow_exact|11finish_grow|21do_reserve_and_handle|11try_reserve)"
    rb"|9hashbrown.*(?:14reserve_rehash|12resize_inner|11try_reserve)"
    rb"|8VecDeque.*(?:4grow|7reserve)|9vec_deque.*4grow"
    rb"|8smallvec.*(?:8try_grow|4grow|21reserve_one_unchecked)"
    rb"|5bytes.*13reserve_inner"
    rb"|7bumpalo.*(?:17alloc_layout_slow|9new_chunk)|11typed_arena.*(?:15alloc_slow_path|4grow|7reserve)"
    rb"|18generational_arena.*(?:16insert_slow_path|7reserve)"
    rb"|11binary_heap.*8grow_one|8indexmap.*15reserve_entries",
    re.DOTALL,
)
_FIRST_USE = re.compile(
    rb"4sync4once.*4Once(?:4call|14call_once_slow)"
    rb"|4once5futex.*4Once4call"
    rb"|9once_cell.*10initialize|4once.*8try_init"
    rb"|9once_lock.*10initialize|8OnceLock.*10initialize"
    rb"|9lazy_lock|8LazyLock.*5force"
    rb"|12thread_local.*(?:10initialize|16get_or_init_slow|14try_initialize|15lazy_initialize)"
    rb"|11LazyStorage.*(?:10initialize|16get_or_init_slow)"
    rb"|12tracing_core8callsite.*8register"
    rb"|11parking_lot.*14call_once_slow|16parking_lot_core.*16create_hashtable"
    rb"|8arc_swap4debt4list.*4Node3get"
    rb"|3std3sys6random.*19hashmap_random_keys",
    re.DOTALL,
)
_USUAL = re.compile(rb"4sort6stable.*(?:14driftsort_main|4sort)|10rayon_core.*14in_worker_cold", re.DOTALL)


@cache
def is_growth(symbol: bytes) -> bool:
    """Clause 1."""
    return _GROWTH.search(symbol) is not None


@cache
def is_usual(symbol: bytes) -> bool:
    """Clause 3."""
    return _USUAL.search(symbol) is not None


@cache
def is_first_use(symbol: bytes) -> bool:
    """Clause 2."""
    return _FIRST_USE.search(symbol) is not None

"""The passes over what the roots touch in memory, and what their rules have in common."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ringfence.graphs.hotpath import SinkSite
from ringfence.passes.cache import CachePass
from ringfence.passes.memory import Memory, MemoryPass
from ringfence.passes.packing import PackingPass
from ringfence.passes.sharing import SharingPass
from ringfence.passes.sink import Sink
from ringfence.passes.working_set import WorkingSetPass

MEMORY_PASSES: tuple[MemoryPass, ...] = (CachePass(), SharingPass(), PackingPass(), WorkingSetPass())

ABOUT_TYPES = frozenset(rule for each in MEMORY_PASSES for rule in each.rules)
"""How values lie in memory: a type is told once a root, and stays as it is when a call goes."""


def with_memory(sinks: Mapping[int, Sequence[SinkSite[Sink]]], memory: Memory) -> dict[int, list[SinkSite[Sink]]]:
    """The sinks, and those of the passes over memory."""
    told: dict[int, list[SinkSite[Sink]]] = defaultdict(list, {number: list(sites) for number, sites in sinks.items()})
    for each in MEMORY_PASSES:
        for site in each.sinks(memory):
            told[site.function].append(site)
    return told

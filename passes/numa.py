"""RF307 numa-placement: threads that are pinned in a program that places no memory."""

import re
from collections.abc import Iterator

from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.program import Function
from ringfence.passes.advisory import NOTE_LEVELS
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

NUMA_PLACEMENT = Rule(
    id="RF307",
    slug="numa-placement",
    what="A root pins its thread to a processor, and nothing in the program places memory.",
    why="On a machine of several sockets a page lies with the thread that touches it first. A pinned thread that "
    "works on buffers which another thread filled pays for the way between the sockets at every miss: about twice "
    "the time.",
    example="core_affinity::set_for_current(core); worker.run(shared_buffers);",
    instead="Let the pinned thread allocate and fill its buffers itself (first touch), after it is pinned; or place "
    "them: `mbind`, `set_mempolicy`, `numa_alloc_onnode`.",
    false_positives="On one socket there is one node. What is touched first by the pinned thread lies right.",
    how="A call that pins a thread (`sched_setaffinity`, `pthread_setaffinity_np`, `SetThreadAffinityMask`, hwloc) "
    "below a root; none of the calls that place memory (`mbind`, `set_mempolicy`, `move_pages`, `numa_alloc_*`, "
    "hwloc) anywhere in the program.",
    levels=NOTE_LEVELS,
)
PINNING = re.compile(
    r"^(?:sched_setaffinity|pthread_setaffinity_np|pthread_attr_setaffinity_np|thread_policy_set"
    r"|SetThread(?:AffinityMask|GroupAffinity|IdealProcessor\w*)|hwloc_set_(?:cpubind|thread_cpubind))(?:@.*)?$"
)
PLACING = re.compile(
    r"^(?:mbind|set_mempolicy\w*|move_pages|migrate_pages|numa_(?:alloc|set|bind|tonode|interleave)\w*"
    r"|hwloc_(?:alloc_membind|set_(?:area_)?membind)\w*|VirtualAllocExNuma|AllocateUserPhysicalPagesNuma)(?:@.*)?$"
)


class NumaPass:
    """Every call that pins a thread is a sink, unless the program places memory."""

    rules = (NUMA_PLACEMENT,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own calls."""
        pins = [site for site in function.facts.calls if PINNING.match(site.callee)]
        if not pins or hot_path.reached.program.mentions(PLACING):
            return
        for site in pins:
            sink = Sink(
                NUMA_PLACEMENT,
                site.callee,
                "pins the thread, and nothing in the program places memory,",
                "the thread is pinned, and nothing in the program places memory,",
            )
            yield SinkSite(function.id, site.location, hot_path.classifier.of_call(function, site), sink)

"""RF304 working-set: what a root touches against the caches that should hold it."""

from collections.abc import Iterator

from ringfence.graphs.facts import CallKind
from ringfence.graphs.hotpath import SinkSite
from ringfence.graphs.names import without_generics
from ringfence.graphs.working_set import WorkingSet, working_set
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.memory import Memory, RootMemory, earliest
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink

WORKING_SET = Rule(
    id="RF304",
    slug="working-set",
    what="What one run of a root touches is larger than the cache that should hold it.",
    why="Data that does not stay in L1 is fetched again for every event: about 4 ns from L2, 20 ns from L3, 80 ns from "
    "memory, for each line.",
    example="struct Book { levels: [Level; 65_536] } // 1 MiB, and `on_packet` looks at `book.levels[price]`",
    instead="Keep what is touched for each event apart from what is not (a hot and a cold struct), shrink the elements "
    "(`u32` prices, indices instead of pointers), or tile the work so that one part stays in the cache.",
    false_positives="An array may be touched in a few places only: where its size alone decides, the finding is a "
    "note. Memory behind slices and maps is of no known size and counts with one element.",
    how="Each type counts once with the lines of its touched fields (one value, which begins on a line), each static "
    "and vtable with its lines, an array that an index walks as what it may come to. The caches are `[rules.RF304] "
    "l1_kib` and `l2_kib`: 32 and 1024 unless the project says otherwise (`lscpu` tells a machine's).",
    levels=ADVISORY_LEVELS,
    about_line=True,
)
_KIB = 1024
_SHOWN = 5


class WorkingSetPass:
    """At most one sink for each root."""

    rules = (WORKING_SET,)

    def sinks(self, memory: Memory) -> Iterator[SinkSite[Sink]]:
        """Root by root."""
        for root in memory.roots:
            found = working_set_of(root, memory)
            said = _said(found, memory.options.RF304.l1_kib, memory.options.RF304.l2_kib)
            if said:
                largest = found.contributors[0]
                touches = [each for each in root.touches if largest.name in (each.touched.object, "")]
                yield memory.site(earliest(touches or root.touches), _sink(found, said, root, memory))


def working_set_of(root: RootMemory, memory: Memory) -> WorkingSet:
    """Of one root; its code is that of the functions whose memory is looked at."""
    reached = {each.touched.function.id: each.touched.function for each in root.touches}
    calls = sum(
        site.kind is CallKind.VIRTUAL
        for function in reached.values()
        for site in function.facts.calls
        if memory.hot_path.classifier.of_call(function, site).path_class <= 1
    )
    return working_set(root.touches, calls, sum(function.facts.instructions for function in reached.values()))


def _said(found: WorkingSet, l1_kib: int, l2_kib: int) -> str:
    """What does not fit, in words; empty where everything does."""
    if found.bytes > l2_kib * _KIB:
        return f"touches at least {_kib(found.bytes)}, more than the L2 cache ({l2_kib} KiB)"
    if found.bytes > l1_kib * _KIB:
        return f"touches at least {_kib(found.bytes)}, more than the L1 cache ({l1_kib} KiB)"
    for name, limit in (("L2", l2_kib), ("L1", l1_kib)):
        if found.at_most > limit * _KIB:
            return f"may touch up to {_kib(found.at_most)}, more than the {name} cache ({limit} KiB)"
    return ""


def _sink(found: WorkingSet, said: str, root: RootMemory, memory: Memory) -> Sink:
    largest = found.contributors[0]
    shown = without_generics(largest.name)
    is_certain = found.bytes > memory.options.RF304.l1_kib * _KIB
    return Sink(
        rule=WORKING_SET,
        what="working set",
        verb=said,
        alone=f"data that {said.replace('touches', 'comes to').replace('may touch up to', 'may come to')}, most of it "
        f"`{shown}` ({_kib(largest.at_most)}), is touched",
        at_most=None if is_certain else Level.NOTE,
        notes=(
            ("bytes", found.bytes),
            ("at_most_bytes", found.at_most),
            ("code_bytes", found.code_bytes),
            ("l1_kib", memory.options.RF304.l1_kib),
            ("l2_kib", memory.options.RF304.l2_kib),
            ("contributors", found.contributors[:_SHOWN]),
        ),
        help=f"look at `{shown}` first: `ringfence layout '{shown}'` shows its lines; keep the fields that every event "
        "touches apart from those that few do",
        only_for=(root.root.id,),
    )


def _kib(size: int) -> str:
    return f"{size / _KIB:.1f} KiB" if size % _KIB else f"{size // _KIB} KiB"

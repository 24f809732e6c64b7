"""RF207 clock-read: the time is asked for."""

import re
from collections.abc import Iterator
from functools import cache

from ringfence.graphs.facts import CallKind, CallSite
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function
from ringfence.passes.advisory import ADVISORY_LEVELS
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink

CLOCK_READ = Rule(
    id="RF207",
    slug="clock-read",
    what="A clock is read: `Instant::now`, `SystemTime::now`, `elapsed`, `clock_gettime`, `rdtsc`.",
    why="A read of the clock through the vDSO costs some 20 to 30 ns, as much as the work on a small event, and a "
    "system call where the clock source has no vDSO (as on some virtual machines); `rdtsc` costs about 10 ns.",
    example="for order in batch { order.stamp = Instant::now(); }",
    instead="Read the clock once for each batch and pass the time on (`fn on_event(&mut self, now: Instant)`), or keep "
    "a coarse clock in an atomic that another thread writes.",
    false_positives="One time stamp for each event may be what the program is for: outside of loops the finding is a "
    "note, and what locks and channels read for their own deadlines is a note wherever it stands.",
    how="A call of a C function that reads a clock, or an instruction that reads the time-stamp counter.",
    levels=ADVISORY_LEVELS,
)

_CLOCK = re.compile(
    r"(?:clock_gettime|gettimeofday|time|mach_absolute_time|QueryPerformanceCounter|GetSystemTimePreciseAsFileTime"
    r"|llvm\.(?:x86\.rdtscp?|readcyclecounter|readsteadycounter))(?:@.*)?$"
)
_ASSEMBLY = re.compile(r"\brdtscp?\b|\bmrs\b.*\bcntvct_el0\b")
_DEADLINE = re.compile(
    r"^<?(?:std::sync::|std::sys::sync::|parking_lot|lock_api|crossbeam_channel|flume|kanal|tokio::(?:sync|runtime|time)::)"
)


@cache
def is_deadline(name: str) -> bool:
    """Whether a function on the way to a clock, given by its path, is a lock's or a channel's that reads it for its own
    deadline: the wait itself belongs to RF201, RF202 and RF204."""
    return _DEADLINE.match(without_generics(name)) is not None


def reads_a_clock(site: CallSite) -> bool:
    """Whether a call is one of a clock function, or an instruction that reads the time-stamp counter."""
    pattern = _ASSEMBLY.search if site.kind is CallKind.ASSEMBLY else _CLOCK.match
    return pattern(site.callee) is not None


class ClockPass:
    """Every read of a clock is a sink."""

    rules = (CLOCK_READ,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own calls of clock functions and instructions."""
        for site in function.facts.calls:
            if not reads_a_clock(site):
                continue
            what = "rdtsc" if site.kind is CallKind.ASSEMBLY else site.callee
            sink = Sink(
                CLOCK_READ,
                what,
                "reads the clock",
                "the clock is read",
                at_most_once=Level.NOTE,
                notes=(("clock", what),),
            )
            yield SinkSite(function.id, site.location, hot_path.classifier.of_call(function, site), sink)

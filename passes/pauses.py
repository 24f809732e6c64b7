"""Calls with which a thread gives way while it waits for another one."""

import re

from ringfence.graphs.facts import CallSite

_PAUSES = (
    ("pauses", re.compile(r"llvm\.(?:x86\.sse2\.pause|aarch64\.)|9spin_loop")),
    ("yields", re.compile(r"yield_now|sched_yield|SwitchToThread")),
    ("sleeps", re.compile(r"nanosleep|usleep|^sleep$|^Sleep$|3std6thread\w*5sleep")),
)


def pause(site: CallSite) -> str:
    """What the call does: ``pauses`` the processor, ``yields`` or ``sleeps``; empty where it does something else."""
    return next((how for how, pattern in _PAUSES if pattern.search(site.callee)), "")

"""RF901 to RF906: what the analysis could not see, and what it was told in vain. Nothing unknown passes in silence."""

import re
from collections.abc import Iterator, Sequence

from ringfence.graphs.candidates import Resolution
from ringfence.graphs.facts import CallKind, PathClass
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink

_HARMLESS = re.compile(
    r"(?:add|and|bswap|cmp|cpuid|hint|isb|lea|lfence|mov[lq]?|mrs|nop|or|pause|popcnt|prefetch\w+|rdtscp?|sub|test|xchgq?"
    r"|xgetbv|xor|yield)"
)
_ASSEMBLY_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LEVELS = {
    PathClass.HOT: Level.WARNING,
    PathClass.AMORTIZED: Level.WARNING,
    PathClass.FIRST_USE: Level.NOTE,
    PathClass.COLD: Level.NOTE,
    PathClass.PANIC: Level.HIDDEN,
}

_MOST_NAMES = 3
_ALWAYS_WARNING = dict.fromkeys(PathClass, Level.WARNING)

ROOT_NOT_FOUND = Rule(
    id="RF901",
    slug="root-not-found",
    what="A pattern that names a root matches no function of the build.",
    why="A gate that watches nothing passes for ever.",
    example='[[roots]]\npath = "engine::Reactor::pol"',
    instead="Correct the name (the nearest ones are listed), or make the function exist: a generic must be "
    "instantiated by something in the build, and a small function may have been inlined away.",
    false_positives="A function that rustc inlined everywhere has no symbol, although its code runs: audit its caller.",
    how="The pattern is matched against every function symbol of the build's modules, std's included. Where none fits, "
    "the source says why, and the nearest names are listed.",
)
UNRESOLVED_CALL = Rule(
    id="RF902",
    slug="unresolved-call",
    what="An indirect call has no known target, or its set of targets is open.",
    why="Whatever it calls was not audited, so the verdict of the root cannot be *clean*.",
    example="(self.handler)(event) // set by a caller that is not in this build",
    instead="Audit the crate that supplies the target as well (a binary instead of the library), or make the call "
    "static.",
    false_positives="A pointer that is null in practice is never called.",
    how="Dispatch found no candidate, or only some of the functions of the call's signature: others stand in modules "
    "that were not read, or come from the users of a library; or implementations of the method stand in "
    "modules that were not read, because one audit reads only so many for that (`detail.unread` names them).",
    levels=_LEVELS,
)
MISSING_IR = Rule(
    id="RF903",
    slug="missing-ir",
    what="A function is called whose body was not in the build: a C library, assembly, a module that could not be "
    "read.",
    why="Nobody knows what it does; the verdict of the root cannot be *clean*.",
    example='unsafe extern "C" { fn vendor_send(frame: *const u8) -> i32; }',
    instead="Build the library with `-emit-llvm`, hand its IR over with `--ir`, say what the function does with "
    "`[[assume]]` in `ringfence.toml`, or keep it off the hot path.",
    false_positives="Functions of libc, the C++ runtime and the unwinder are known by name and not reported here.",
    how="A direct call of a symbol that no module of the build or of the sysroot defines, and that is not known by "
    "name. Of machine code (C libraries that are linked in) the calls are read; what goes through a pointer there, or "
    "cannot be decoded, is reported here.",
    levels=_LEVELS,
)
UNUSED_ALLOW = Rule(
    id="RF904",
    slug="unused-allow",
    what="An entry of `ringfence.toml` has no object: an `[[allow]]` that fits no finding, an `[[assume]]` whose "
    "function nothing in the build defines or calls.",
    why="What accepts nothing today may accept something tomorrow that nobody looked at; what names nothing was "
    "probably meant to name something else.",
    example='[[allow]]\nrule = "RF101"\nfunction = "engine::refil"\nreason = "between sessions"',
    instead="Delete the entry, or correct its names.",
    false_positives="An audit of a part of the workspace (`-p`), of other features or without `--strict` sees fewer "
    "findings than the file was written for.",
    how="Every entry that has not expired is held against all findings, or all symbols of the build.",
    levels=_ALWAYS_WARNING,
)
EXPIRED_ALLOW = Rule(
    id="RF906",
    slug="expired-allow",
    what="An `[[allow]]` or `[[assume]]` of `ringfence.toml` has reached its day and no longer holds.",
    why="The day was set so that somebody would look again: the findings that it accepted are back.",
    example='[[allow]]\nrule = "RF201"\nreason = "until the queue is in"\nexpires = 2025-01-31',
    instead="Mend what was accepted and delete the entry, or set another day with a reason for it.",
    false_positives="None.",
    how="`expires` is the first day, in UTC, on which the entry no longer holds.",
    levels=_ALWAYS_WARNING,
)
INLINE_ASSEMBLY = Rule(
    id="RF905",
    slug="inline-assembly",
    what="Inline assembly is executed.",
    why="Its effect on latency cannot be read from the IR: it may be one instruction or a system call.",
    example='asm!("syscall", …)',
    instead="Use an intrinsic (`core::arch`) where there is one.",
    false_positives="A template without an instruction (`black_box`, compiler fences, a comment) is not reported; nor "
    "are a few instructions that only compute or ask the processor (`cpuid`, `rdtsc`, `pause`).",
    how="A call whose callee is inline assembly with a non-empty template.",
    levels=_LEVELS,
)


def _is_harmless(template: str) -> bool:
    """Whether every instruction is known to do nothing but compute, look at the processor, or hint at it. A comment is
    none: ``/*{0}*/`` only holds a value in a register."""
    code = _ASSEMBLY_COMMENT.sub(" ", template)
    instructions = (part.split() for part in code.replace("\n", ";").split(";"))
    return all(_HARMLESS.fullmatch(words[0]) for words in instructions if words)


class LimitsPass:
    """Calls that leave what was analysed."""

    rules = (ROOT_NOT_FOUND, UNRESOLVED_CALL, MISSING_IR, UNUSED_ALLOW, INLINE_ASSEMBLY, EXPIRED_ALLOW)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Unresolved indirect calls, unknown externals, assembly. RF901, RF904 and RF906 belong to no function."""
        reached = hot_path.reached
        classify = hot_path.classifier.of_call
        if reached.program.is_native(function.module):
            yield from _unknown_in_machine_code(function, hot_path)
            return
        for position, site in enumerate(function.facts.calls):
            resolution = reached.resolutions.get((function.id, position))
            if resolution is not None and resolution.is_unresolved:
                yield SinkSite(function.id, site.location, classify(function, site), _unresolved(resolution))
            if site.kind is CallKind.ASSEMBLY and not _is_harmless(site.callee):
                sink = Sink(
                    INLINE_ASSEMBLY, site.callee[:60], "executes inline assembly", "inline assembly is executed"
                )
                yield SinkSite(function.id, site.location, classify(function, site), sink)
        yield from _missing(function, hot_path)


def _unresolved(resolution: Resolution) -> Sink:
    """What was not read has names, what is not known has none."""
    verb, alone = "calls a target that is not known", "a target that is not known is called"
    if resolution.unread:
        unread = _some(resolution.unread)
        verb, alone = f"may call {unread}", f"{unread} may be called"
    return Sink(
        UNRESOLVED_CALL,
        "a target that is not known",
        verb,
        alone,
        unread=resolution.unread,
        method=resolution.method,
        identity=resolution.method,
    )


def _some(unread: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in unread[:_MOST_NAMES])
    more = f" and {len(unread) - _MOST_NAMES} more" if len(unread) > _MOST_NAMES else ""
    return f"{shown}{more}, which {'was' if len(unread) == 1 else 'were'} not read,"


def _missing(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    for call in hot_path.reached.externals.get(function.id, ()):
        if call.effect is None or call.unreadable:
            verb = "is in a module that could not be read" if call.unreadable else "has no IR in this build"
            name = display_name(call.symbol)
            sink = Sink(MISSING_IR, name, verb, f"`{name}`, which {verb}, is called")
            yield SinkSite(function.id, call.site.location, hot_path.classifier.of_call(function, call.site), sink)


def _unknown_in_machine_code(function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
    """What a native function calls that its code does not tell."""
    yield from _missing(function, hot_path)
    for site in function.facts.calls:
        if site.kind in _UNKNOWN_IN_MACHINE_CODE:
            sink = Sink(MISSING_IR, function.name, _UNKNOWN_IN_MACHINE_CODE[site.kind])
            yield SinkSite(function.id, site.location, hot_path.classifier.of_call(function, site), sink)


_UNKNOWN_IN_MACHINE_CODE = {
    CallKind.POINTER: "calls through a pointer that its machine code does not tell",
    CallKind.ASSEMBLY: "holds machine code that cannot be followed",
}

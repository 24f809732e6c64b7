"""What could be a root, for someone who has not named one yet.

The signs, the strongest first:

1. The body enters a guard of the hot path (``HotPathGuard::enter``, ``assert_no_alloc``, ``#[nonblocking]``).
2. The documentation speaks of the hot path; a time that it promises becomes the budget.
3. A benchmark's measured closure calls it.
4. A thread runs it.
5. Nothing of these; it is among the longest public functions. Only used where a hint is better than none.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from ringfence.pipeline.source_functions import SourceFunction, functions_of
from ringfence.pipeline.threads import THREAD, ThreadStart, find_threads

_GUARD = re.compile(
    r"\b(?:HotPath|Ring0|NoAlloc|RealTime)\w*\s*::\s*(?:enter|new|guard|scope)\b|\b(?:assert_no_alloc|no_alloc)\s*\("
    r"|\bhot_path!|#\[(?:\w+::)*(?:nonblocking|hot_path|no_alloc|realtime)\b"
)
_HOT_WORDS = re.compile(
    r"hot[- ]path|ring[- ]?0|zero[- ]alloc|no[- ]alloc|alloc(?:ation)?[- ]free"
    r"|lock[- ]free|per[- ]event|latency|real[- ]?time",
    re.IGNORECASE,
)
_BUDGET = re.compile(
    r"(?:<|≤|under|below|within|less than|at most)\s*~?(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ns|nano|µs|μs|us\b|micro)",
    re.IGNORECASE,
)
_MEASURED = re.compile(r"\.\s*iter(?:_batched(?:_ref)?|_custom|_with_setup)?\s*\(|\bbench_(?:local|values|refs)\s*\(")
_CALLED = re.compile(r"(?:\b(?P<owner>\w+)\s*::\s*|\.\s*)?\b(?P<name>[a-z_]\w*)\s*(?:::\s*<[^;]*?>)?\(")
_SHOWN = 8
_LONGEST_MEASURED = 2_000


class Sign(IntEnum):
    """Why a function looks like an entry point, the strongest first."""

    GUARD = 1
    DOCUMENTED = 2
    BENCHMARK = 3
    THREAD = 4
    LONG = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """One function that looks like an entry point."""

    path: str
    """A pattern that finds it."""
    file: Path
    line: int
    reason: str
    sign: Sign
    budget_ns: int | None = None
    thread: ThreadStart | None = None
    """Where the thread is started that runs it."""


def discover(folders: Iterable[tuple[str, Path]]) -> list[Proposal]:
    """Everything with one of the signs 1 to 4 in the crates given as (crate name, folder); each function once, with its
    strongest sign, sorted by sign and path."""
    packages = list(folders)
    functions = [function for crate, folder in packages for function in functions_of(crate, folder)]
    found: dict[str, Proposal] = {}
    benchmarks = [file for _, folder in packages for file in sorted((folder / "benches").rglob("*.rs"))]
    for proposal in (
        *_by_their_own_words(functions),
        *_benchmarked(functions, benchmarks),
        *map(_of_thread, find_threads(folder / "src" for _, folder in packages)),
    ):
        known = found.get(proposal.path)
        if known is None or proposal.sign < known.sign:
            found[proposal.path] = proposal
    return sorted(found.values(), key=lambda each: (each.sign, each.path, each.line))


def proposals(folders: Iterable[tuple[str, Path]]) -> list[Proposal]:
    """The best few, for a hint."""
    packages = list(folders)
    signed = discover(packages)
    chosen = [each for each in signed if each.path.startswith(tuple(f"{crate}::" for crate, _ in packages))][:_SHOWN]
    seen = {each.path for each in signed}
    public = (each for crate, folder in packages for each in functions_of(crate, folder) if each.is_public)
    longest = sorted((each for each in public if each.path not in seen), key=lambda each: (-each.lines, each.path))
    return chosen + [_long(each) for each in longest[: max(_SHOWN - len(chosen), 0)]]


def message(found: Sequence[Proposal]) -> str:
    """What to do, with the proposals: the text of the error that ends an audit without roots."""
    how = (
        "no root is named, so there is nothing to audit: name one with `--root PATTERN`, in `ringfence.toml` as "
        '`[[roots]]` with `path = "…"`, or by a comment `// ringfence: root` above a function'
    )
    if not found:
        return how
    lines = [f"  --root {each.path}    # {each.reason}, {each.file.name}:{each.line}" for each in found]
    return "\n".join([f"{how}; these look like entry points (`ringfence entries --discover` looks closer):", *lines])


def _by_their_own_words(functions: Iterable[SourceFunction]) -> Iterator[Proposal]:
    for function in functions:
        guard, word = _GUARD.search(function.body), _HOT_WORDS.search(function.documentation)
        budget = _budget(function.documentation)
        if guard:
            yield _proposal(function, f"enters `{_plain(guard[0])}`", Sign.GUARD, budget)
        elif word:
            yield _proposal(function, f'documented as "{word[0]}"', Sign.DOCUMENTED, budget)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).rstrip("(").removeprefix("#[")


def _budget(documentation: str) -> int | None:
    """Nanoseconds that the documentation promises."""
    promised = _BUDGET.search(documentation)
    if promised is None:
        return None
    return round(float(promised["number"]) * (1 if promised["unit"].lower().startswith("n") else 1_000))


def _benchmarked(functions: Sequence[SourceFunction], files: Iterable[Path]) -> Iterator[Proposal]:
    """Functions that a measured closure calls, where the name tells which one is meant."""
    by_name: dict[str, list[SourceFunction]] = {}
    for function in functions:
        if function.is_public:
            by_name.setdefault(function.name, []).append(function)
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        for measured in _MEASURED.finditer(text):
            for called in _CALLED.finditer(_argument(text, measured.end())):
                named = by_name.get(called["name"], [])
                meant = [each for each in named if f"::{called['owner']}::" in each.path] or named
                line = text.count("\n", 0, measured.start()) + 1
                if len(meant) == 1:
                    yield _proposal(meant[0], f"measured by benches/{file.name}:{line}", Sign.BENCHMARK)


def _argument(text: str, start: int) -> str:
    """What stands between the parenthesis before an offset and the one that closes it."""
    depth = 1
    for offset in range(start, min(len(text), start + _LONGEST_MEASURED)):
        depth += (text[offset] == "(") - (text[offset] == ")")
        if depth == 0:
            return text[start:offset]
    return text[start : start + _LONGEST_MEASURED]


def _of_thread(start: ThreadStart) -> Proposal:
    if start.name:
        path = f"{THREAD}{start.name}"
    else:
        path = f"{start.function}::{{closure}}" if start.is_closure else start.function
    name = f"thread `{start.name}`" if start.name else "a thread"
    return Proposal(path, start.file, start.line, f"{name} runs it", Sign.THREAD, thread=start)


def _long(function: SourceFunction) -> Proposal:
    return _proposal(function, f"{function.lines} lines, public", Sign.LONG)


def _proposal(function: SourceFunction, reason: str, sign: Sign, budget_ns: int | None = None) -> Proposal:
    return Proposal(function.path, function.file, function.line, reason, sign, budget_ns)

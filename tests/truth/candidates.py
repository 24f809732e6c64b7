"""How many candidates a virtual call has, below the roots of `testcrates/laminardb-0.1.0`.

    PYTHONPATH=tests python -m truth.candidates

Minutes the first time: laminar-core is built. A call counts for the crate whose source it was written in, which is not
the crate of the function that it was inlined into. Each candidate of laminar-core's own calls is listed: whether one is
missing or too many can be seen in its source.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from truth.verdicts import WIDTH, table_of

from ringfence.graphs.facts import CallKind
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function
from ringfence.graphs.virtual_calls import DROP_SLOT
from ringfence.pipeline.audit import AuditRequest, hot_path_of
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.progress import SilentProgress

CRATE = "laminar-core"
TESTCRATE = Path(__file__).parents[2] / "testcrates" / "laminardb-0.1.0"
_PACKAGE = re.compile(r"/([\w-]+)-\d+\.\d+\.\d+[^/]*/")
"""A folder of cargo's registry: ``NAME-VERSION``."""


@dataclass(frozen=True)
class VirtualCall:
    """One virtual call that the roots reach."""

    written_in: str
    """The crate, ``std`` for any of the sysroot."""
    method: str
    """``drop``, the method's name, or ``?``."""
    candidates: tuple[str, ...]


def virtual_calls() -> list[VirtualCall]:
    """Every one below the roots, sorted."""
    selection = Selection(manifest_path=TESTCRATE / "Cargo.toml", locked=True)
    _, hot_path = hot_path_of(AuditRequest(selection), SilentProgress())
    found: list[VirtualCall] = []
    for (number, position), resolution in hot_path.reached.resolutions.items():
        function = hot_path.function(number)
        site = function.facts.calls[position]
        if site.kind is not CallKind.VIRTUAL and not resolution.method:
            continue
        is_drop = site.kind is CallKind.VIRTUAL and site.slot == DROP_SLOT
        names = tuple(sorted({display_name(each.symbol) for each in resolution.candidates}))
        method = "drop" if is_drop else resolution.method or "?"
        found.append(VirtualCall(_crate(function, site.location), method, names))
    return sorted(found, key=lambda call: (call.written_in, call.method, call.candidates))


def _crate(function: Function, location: int) -> str:
    """From the file that the innermost frame stands in: ``…/NAME-VERSION/src/…``, or the sysroot's ``library``."""
    chain = function.chain(location)
    file = function.file_of(chain[0]) if chain else ""
    if "/library/" in file:
        return "std"
    package = _PACKAGE.search(file)
    return package[1] if package else "?"


def main() -> None:
    """Audit and print."""
    console = Console(width=WIDTH, markup=False, highlight=False, emoji=False)
    calls = virtual_calls()
    show_crates(console, calls)
    show_own(console, [call for call in calls if call.written_in == CRATE])


def show_crates(console: Console, calls: Sequence[VirtualCall]) -> None:
    """Calls and candidates by the crate that the call was written in."""
    table = table_of("virtual calls below the roots, by the crate that they were written in")
    for heading in ("crate", "calls", "candidates", "a call"):
        table.add_column(heading, justify="left" if heading == "crate" else "right")
    by_crate: dict[str, list[VirtualCall]] = defaultdict(list)
    for call in calls:
        by_crate[call.written_in].append(call)
    by_crate[f"{CRATE} and std"] = by_crate[CRATE] + by_crate["std"]
    for crate, listed in by_crate.items():
        number = sum(len(call.candidates) for call in listed)
        table.add_row(crate, str(len(listed)), str(number), f"{number / max(1, len(listed)):.1f}")
    console.print(table)


def show_own(console: Console, calls: Sequence[VirtualCall]) -> None:
    """The calls of the crate itself, alike ones counted, with their candidates."""
    table = table_of(f"virtual calls that {CRATE} itself makes")
    table.add_column("method")
    table.add_column("calls", justify="right")
    table.add_column("candidates", justify="right")
    table.add_column("of")
    alike: dict[tuple[str, tuple[str, ...]], int] = defaultdict(int)
    for call in calls:
        alike[call.method, call.candidates] += 1
    for (method, candidates), number in sorted(alike.items()):
        table.add_row(method, str(number), str(len(candidates)), "\n".join(map(_type_of, candidates)))
    console.print(table)


def _type_of(name: str) -> str:
    """``StreamJoinOperator`` of ``<laminar_core::operator::stream_join::StreamJoinOperator as …>::process``."""
    return name.removeprefix("<").partition(" as ")[0].partition("<")[0].rsplit("::", 1)[-1]


if __name__ == "__main__":
    main()

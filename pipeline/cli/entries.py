"""``ringfence entries``: the entry points that an audit would start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.pipeline.cli.options import (
    Options,
    SectionedCommand,
    audit_request,
    cargo_options,
    debug_option,
    reading_options,
    root_option,
)
from ringfence.pipeline.cli.progress import terminal_progress
from ringfence.pipeline.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.pipeline.report.compose import RootResult


@click.command(
    "entries", cls=SectionedCommand, short_help="List the entry points of the hot path, with their instances."
)
@root_option
@reading_options
@cargo_options
@debug_option
@click.pass_context
def command(context: click.Context, /, **_options: object) -> int:
    """List the functions that --root, ringfence.toml and `// ringfence: root` comments resolve to in this build.

    One block a pattern, one line an instance. Exits with 4 where a pattern matches nothing.
    """
    from ringfence.pipeline.audit import list_entries

    request = audit_request(Options(context.params))
    with terminal_progress() as progress:
        entries = list_entries(request, progress)
    for line in _lines(entries):
        click.echo(line)
    found_all = all(entry.function for entry in entries)
    return ExitCode.CLEAN if found_all else ExitCode.ROOT_NOT_FOUND


def _lines(entries: Sequence[RootResult]) -> Iterator[str]:
    pattern = None
    for entry in entries:
        if entry.pattern != pattern:
            pattern = entry.pattern
            yield pattern
        if entry.function:
            place = f"  {entry.location.file}:{entry.location.line}" if entry.location else ""
            yield f"    {entry.function}{place}"
        else:
            yield f"    not found: {entry.reason}"

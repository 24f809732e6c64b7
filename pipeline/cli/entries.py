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
from ringfence.pipeline.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.pipeline.audit import AuditRequest
    from ringfence.pipeline.report.compose import RootResult


@click.command(
    "entries", cls=SectionedCommand, short_help="List the entry points of the hot path, with their instances."
)
@click.option(
    "--discover",
    is_flag=True,
    help="Propose entry points: guards of the hot path, documentation, benchmarks, threads.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("human", "toml", "json")),
    default="human",
    show_default=True,
    help="With --discover: for people, as [[roots]] for ringfence.toml, or as JSON.",
)
@root_option
@reading_options
@cargo_options
@debug_option
@click.pass_context
def command(context: click.Context, /, *, discover: bool, form: str, **_options: object) -> int:
    """List the functions that --root, ringfence.toml and `// ringfence: root` comments resolve to in this build.

    One block a pattern, one line an instance. Exits with 4 where a pattern matches nothing.
    """
    from ringfence.pipeline.audit import list_entries

    if form != "human" and not discover:
        raise UsageError("`--format` belongs to `--discover`: leave it out, or add `--discover`")
    request = audit_request(Options(context.params))
    if discover:
        _discover(request, form)
        return ExitCode.CLEAN
    with terminal_progress() as progress:
        entries = list_entries(request, progress)
    for line in _lines(entries):
        click.echo(line)
    found_all = all(entry.function for entry in entries)
    return ExitCode.CLEAN if found_all else ExitCode.ROOT_NOT_FOUND


def _discover(request: AuditRequest, form: str) -> None:
    from ringfence.pipeline.audit import discover_entries
    from ringfence.pipeline.report.discovery import as_json, as_text, as_toml, entries_of

    with terminal_progress() as progress:
        found, built = discover_entries(request, progress)
    entries = entries_of(found, built.workspace.as_posix())
    match form:
        case "json":
            click.echo(as_json(entries))
        case "toml":
            click.echo("\n".join(as_toml(entries)), nl=False)
        case _:
            click.echo("\n".join(as_text(entries)))


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

"""``ringfence layout``: how types lie on cache lines."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.pipeline.cli.options import (
    WHAT,
    Options,
    SectionedCommand,
    audit_request,
    cargo_options,
    debug_option,
    reading_options,
    root_option,
    sectioned_option,
)
from ringfence.pipeline.cli.output import (
    BASIC_FORMATS,
    LAYOUT_FORMATS,
    Destination,
    Format,
    check_destinations,
    deliver,
    format_option,
    output_option,
    to_stdout,
)
from ringfence.pipeline.cli.progress import terminal_progress

if TYPE_CHECKING:
    from rich.console import Console

    from ringfence.pipeline.audit import AuditRequest


@click.command("layout", cls=SectionedCommand, short_help="Show how types lie on cache lines.")
@click.argument("patterns", nargs=-1, metavar="[TYPE]...")
@click.option("--hot", is_flag=True, help="Only types that the hot path touches, with the roots that do.")
@root_option
@reading_options
@sectioned_option(
    "--line-size",
    section=WHAT,
    type=click.Choice(["64", "128"]),
    default="64",
    show_default=True,
    help="Bytes of a cache line: 128 on Apple silicon and POWER, and where lines are fetched in pairs.",
)
@sectioned_option(
    "--diff",
    section=WHAT,
    nargs=2,
    type=click.Path(path_type=Path),
    metavar="A B",
    help="Compare two builds: JSON reports of this command, or IR as for --ir.",
)
@format_option(*LAYOUT_FORMATS)
@output_option(*LAYOUT_FORMATS)
@cargo_options
@debug_option
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    patterns: tuple[str, ...],
    hot: bool,
    form: Format,
    outputs: tuple[Destination, ...],
    diff: tuple[Path, Path] | None,
    **_options: object,
) -> int:
    """Show size, alignment, padding and cache lines of each TYPE: a path, with or without generic arguments.

    All types of your own crates where none is named. With --hot, those that the roots of the configuration (or
    --root) touch, and per field which root reads and writes it.
    """
    check_destinations(outputs)
    from ringfence.pipeline.layouts import run_layout
    from ringfence.pipeline.report.human import render_layouts

    options = Options(context.params)
    request = audit_request(options)
    line_bytes = int(options.text("line_size") or 64)
    if diff is not None:
        _show_diff(request, patterns, diff, line_bytes, form, outputs)
        return 0
    with terminal_progress() as progress:
        report = run_layout(request, patterns, progress, line_bytes, hot=hot)
    deliver(report, form, outputs, render_layouts)
    return 0


def _show_diff(
    request: AuditRequest,
    patterns: tuple[str, ...],
    sides: tuple[Path, Path],
    line_bytes: int,
    form: Format,
    outputs: tuple[Destination, ...],
) -> None:
    if outputs or request.ir:
        message = "--diff takes its two builds as A and B and writes to standard output: leave --ir and --output out"
        raise click.UsageError(message, click.get_current_context(silent=True))
    if form not in BASIC_FORMATS:
        message = f"--diff writes {' or '.join(BASIC_FORMATS)}, not {form}"
        raise click.UsageError(message, click.get_current_context(silent=True))
    from ringfence.pipeline.layout_diff import run_layout_diff
    from ringfence.pipeline.report.json import encode
    from ringfence.pipeline.report.layout_diff import render_layout_diff

    with terminal_progress() as progress:
        diff = run_layout_diff(request, patterns, sides, progress, line_bytes)

    def render(console: Console) -> None:
        render_layout_diff(diff, console)

    to_stdout(form, partial(encode, diff), render)

"""``ringfence layout``: how types lie on cache lines."""

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
    LAYOUT_FORMATS,
    Destination,
    Format,
    check_destinations,
    deliver,
    format_option,
    output_option,
)
from ringfence.pipeline.cli.progress import terminal_progress


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
    with terminal_progress() as progress:
        report = run_layout(request, patterns, progress, line_bytes, hot=hot)
    deliver(report, form, outputs, render_layouts)
    return 0

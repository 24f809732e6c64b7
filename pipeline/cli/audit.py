"""``ringfence audit``: build, analyse, report."""

from __future__ import annotations

from functools import partial

import click

from ringfence.pipeline.cli.options import (
    Options,
    SectionedCommand,
    audit_request,
    cargo_options,
    debug_option,
    elided_option,
    level_options,
    reading_options,
    root_option,
)
from ringfence.pipeline.cli.output import (
    Destination,
    Format,
    check_destinations,
    deliver,
    exit_code,
    format_option,
    output_option,
    report_option,
)
from ringfence.pipeline.cli.progress import terminal_progress


@click.command("audit", cls=SectionedCommand, short_help="Build, analyse and report: the main job.")
@root_option
@reading_options
@elided_option
@format_option()
@output_option()
@level_options
@report_option("--strict", is_flag=True, help="Show and count findings of all classes.")
@report_option("--show-all", is_flag=True, help="Print every finding, however many there are.")
@report_option("--exit-zero", is_flag=True, help="Exit with 0 when findings are all that is wrong.")
@cargo_options
@debug_option
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    form: Format,
    outputs: tuple[Destination, ...],
    strict: bool,
    show_all: bool,
    exit_zero: bool,
    **_options: object,
) -> int:
    """Build the crates with LLVM bitcode, walk the calls from the hot path's roots, and report what they can do.

    Roots come from --root, from ringfence.toml, and from `// ringfence: root` comments above functions.
    """
    check_destinations(outputs)
    from ringfence.pipeline.audit import run_audit
    from ringfence.pipeline.report.human import render

    request = audit_request(Options(context.params), strict=strict)
    with terminal_progress() as progress:
        report = run_audit(request, progress)
    deliver(report, form, outputs, partial(render, most=None) if show_all or strict else render)
    return exit_code(report, exit_zero=exit_zero)

"""``ringfence demo``: audits the example that the package brings."""

from functools import partial

import click

from ringfence.pipeline.cli.options import SectionedCommand, debug_option
from ringfence.pipeline.cli.output import (
    Destination,
    Format,
    check_destinations,
    deliver,
    format_option,
    output_option,
)
from ringfence.pipeline.cli.progress import terminal_progress


@click.command("demo", cls=SectionedCommand, short_help="Audit a small example; needs no Rust toolchain.")
@format_option()
@output_option()
@debug_option
def command(*, form: Format, outputs: tuple[Destination, ...]) -> int:
    """Audit a small Ring 0 example that comes with ringfence, and print its report.

    Built from source where cargo is there, else from bitcode in the package; the report says which. The example breaks
    its promises on purpose: it is shown with exit code 0.
    """
    check_destinations(outputs)
    from ringfence.pipeline.demo import run_demo
    from ringfence.pipeline.report.human import render

    with terminal_progress() as progress:
        report = run_demo(progress)
    deliver(report, form, outputs, partial(render, explain="ringfence explain --demo"))
    return 0

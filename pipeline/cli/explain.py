"""``ringfence explain``: the page of a rule."""

import re
import sys

import click

from ringfence.pipeline.cli.options import debug_option
from ringfence.pipeline.errors import UsageError

_FINGERPRINT = re.compile(r"(?=.*\d)[0-9a-f]{6,64}")


@click.command("explain", short_help="Print the page of a rule.")
@click.argument("name", metavar="RULE", required=False)
@click.option("--list", "show_list", is_flag=True, help="List the rules.")
@debug_option
@click.pass_context
def command(context: click.Context, /, *, name: str | None, show_list: bool) -> int:
    """Print what RULE means, why it matters, what to do instead, and where it can be wrong.

    RULE is an id or a slug: RF101 or heap-allocation. A finding's fingerprint and a function's name are not understood
    yet; the report itself shows the best path of each finding.
    """
    if show_list:
        _print_list()
        return 0
    if name is None:
        message = "give a rule, such as RF101, or --list"
        raise click.UsageError(message, context)
    _refuse_what_comes_later(name)
    from ringfence.pipeline.rules import find_rule, rule_page

    _print_page(rule_page(find_rule(name)))
    return 0


def _refuse_what_comes_later(name: str) -> None:
    if _FINGERPRINT.fullmatch(name):
        message = f"`{name}` looks like a fingerprint, which `explain` does not understand yet; give the finding's rule"
        raise UsageError(message)
    if "::" in name:
        message = f"`{name}` looks like a function, which `explain` does not understand yet; give a rule, such as RF101"
        raise UsageError(message)


def _print_list() -> None:
    from ringfence.pipeline.rules import all_rules

    for rule in all_rules():
        click.echo(f"{rule.id}  {rule.slug}")


def _print_page(page: str) -> None:
    if not sys.stdout.isatty():
        click.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(emoji=False).print(Markdown(page))

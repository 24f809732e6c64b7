"""``ringfence explain``: the page of a rule, one finding whole, or every way to a function."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

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
    sectioned_option,
)
from ringfence.pipeline.cli.output import BASIC_FORMATS, Format, format_option, report_option, to_stdout
from ringfence.pipeline.cli.progress import terminal_progress
from ringfence.pipeline.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from ringfence.passes.rule import Rule
    from ringfence.pipeline.audit import AuditRequest
    from ringfence.pipeline.progress import Progress
    from ringfence.pipeline.report.explanation_model import FindingExplanation, FunctionExplanation

_FINGERPRINT = re.compile(r"[0-9a-f]{6,64}")


@click.command("explain", cls=SectionedCommand, short_help="Explain a rule, a finding, or every way to a function.")
@click.argument("name", metavar="RULE|FINGERPRINT|FUNCTION", required=False)
@root_option
@reading_options
@elided_option
@sectioned_option("--demo", section="What to audit", is_flag=True, help="Explain what `ringfence demo` found.")
@format_option(*BASIC_FORMATS)
@level_options
@report_option("--list", "show_list", is_flag=True, help="List the rules.")
@report_option("--strict", is_flag=True, help="Follow panic paths, as `audit --strict` does.")
@cargo_options
@debug_option
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    name: str | None,
    form: Format,
    show_list: bool,
    strict: bool,
    demo: bool,
    **_options: object,
) -> int:
    """Explain a rule, one finding of an audit, or how a function is reached.

    RULE is an id or a slug, such as RF101: its page. FINGERPRINT is that of a finding, or its first six digits or more:
    all of its paths, why it is in its class, and where to cut. FUNCTION is a path with `::`, as for --root: every way
    from the roots to it. The last two run the audit again and take its options; -A, -W and -D show a finding at the
    level that they give it.
    """
    if show_list:
        _print_list()
        return 0
    if name is None:
        message = "give a rule, such as RF101, a finding's fingerprint, a function's path, or --list"
        raise click.UsageError(message, context)
    is_fingerprint = _FINGERPRINT.fullmatch(name.casefold()) is not None
    if not is_fingerprint and "::" not in name:
        _explain_rule(name, form)
        return 0
    request = audit_request(Options(context.params), strict=strict)
    explain = _explain_finding if is_fingerprint else _explain_function
    with terminal_progress() as progress:
        explained = _run(request, partial(explain, name, progress), demo=demo)
    _print(explained, form)
    return ExitCode.ROOT_NOT_FOUND if getattr(explained, "missed", ()) else ExitCode.CLEAN


def _explain_finding(name: str, progress: Progress, request: AuditRequest) -> FindingExplanation | FunctionExplanation:
    from ringfence.pipeline.explain import explain_finding

    return explain_finding(request, name.casefold(), progress)


def _explain_function(name: str, progress: Progress, request: AuditRequest) -> FindingExplanation | FunctionExplanation:
    from ringfence.pipeline.explain_function import explain_function

    return explain_function(request, name, progress)


def _run(
    request: AuditRequest,
    explain: Callable[[AuditRequest], FindingExplanation | FunctionExplanation],
    *,
    demo: bool,
) -> FindingExplanation | FunctionExplanation:
    if not demo:
        return explain(request)
    from ringfence.pipeline.demo import on_demo

    def explain_example(example: AuditRequest) -> FindingExplanation | FunctionExplanation:
        return explain(replace(example, strict=request.strict, levels=request.levels, elided=request.elided))

    return on_demo(explain_example)[0]


def _print(explained: FindingExplanation | FunctionExplanation, form: Format) -> None:
    from ringfence.pipeline.report.explanation import render_finding, render_function
    from ringfence.pipeline.report.explanation_model import FindingExplanation
    from ringfence.pipeline.report.json import encode

    def render(console: Console) -> None:
        if isinstance(explained, FindingExplanation):
            render_finding(explained, console)
        else:
            render_function(explained, console)

    to_stdout(form, partial(encode, explained), render)


def _print_list() -> None:
    from ringfence.pipeline.rules import all_rules

    for rule in all_rules():
        click.echo(f"{rule.id}  {rule.slug}")


def _explain_rule(name: str, form: Format) -> None:
    from ringfence.pipeline.rules import find_rule, rule_page

    rule = find_rule(name)
    if form is Format.JSON:
        _print_json(rule)
        return
    _print_page(rule_page(rule))


def _print_json(rule: Rule) -> None:
    from ringfence.pipeline.report.json import encode

    levels = {path_class.label: level.value for path_class, level in sorted(rule.levels.items())}
    fields = ("id", "slug", "what", "why", "example", "instead", "false_positives", "how")
    page = {name: getattr(rule, name) for name in fields} | {"levels": levels}
    sys.stdout.buffer.write(encode(page))


def _print_page(page: str) -> None:
    if not sys.stdout.isatty():
        click.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(emoji=False).print(Markdown(page))

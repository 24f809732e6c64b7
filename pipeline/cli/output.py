"""Where a report goes: standard output in one format, and files in others.

Destinations are looked at before the work begins: a build of minutes must not end at a folder that does not exist.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from ringfence.pipeline.cli.boundary import silence_stdout
from ringfence.pipeline.cli.options import REPORT, Function, one_of, sectioned_option
from ringfence.pipeline.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from ringfence.pipeline.report.model import Report

_FILE_WIDTH = 120
"""Columns of a human report in a file, where no terminal says how wide it is."""


class Format(StrEnum):
    """Report formats that can be written now."""

    HUMAN = "human"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    GITHUB = "github"
    JUNIT = "junit"
    HTML = "html"


BASIC_FORMATS = (Format.HUMAN, Format.JSON)
"""Those of commands that do not judge."""
LAYOUT_FORMATS = (*BASIC_FORMATS, Format.HTML)
"""Those of ``layout``, which draws."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One report file to write."""

    form: Format
    path: Path


def format_option(*forms: Format) -> Callable[[Function], Function]:
    """``--format``: what goes to standard output, in one of ``forms``, or in any."""
    names = tuple(forms or Format)

    def read(context: click.Context, parameter: click.Parameter, value: str) -> Format:
        del context, parameter
        return Format(one_of(value, names, "format"))

    return report_option(
        "--format",
        "form",
        metavar="|".join(names),
        default=Format.HUMAN.value,
        callback=read,
        help="Format of standard output.",
    )


def output_option(*forms: Format) -> Callable[[Function], Function]:
    """``--output FORMAT=FILE``, repeated, in ``forms``, or in any."""
    names = tuple(forms or Format)

    def read(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Destination, ...]:
        del context, parameter
        return tuple(_destination(value, names) for value in values)

    return report_option(
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT=FILE",
        callback=read,
        help="Also write the report to a file; may be repeated.",
    )


def report_option(*names: str, **settings: object) -> Callable[[Function], Function]:
    """An option under the heading *Report*."""
    return sectioned_option(*names, section=REPORT, **settings)


def _destination(value: str, forms: Sequence[Format]) -> Destination:
    form, equals, file = value.partition("=")
    if not equals or not file:
        message = f"--output takes FORMAT=FILE, such as `json=report.json`, not `{value}`"
        raise click.UsageError(message, click.get_current_context(silent=True))
    return Destination(Format(one_of(form, forms, "format")), Path(file))


def check_destinations(destinations: Sequence[Destination]) -> None:
    """Raise `UsageError` for a file that could not be written."""
    for destination in destinations:
        path, folder = destination.path, destination.path.parent
        if path.is_dir():
            message = f"cannot write the report {path}: it is a folder; name a file in it"
            raise UsageError(message)
        if not folder.is_dir():
            message = f"cannot write the report {path}: there is no folder {folder}; make it first"
            raise UsageError(message)
        if not os.access(path if path.exists() else folder, os.W_OK):
            message = f"cannot write the report {path}: no permission; choose another place"
            raise UsageError(message)


def deliver(
    report: Report,
    form: Format,
    destinations: Sequence[Destination],
    render: Callable[[Report, Console], None],
) -> None:
    """Write the files, then standard output; ``render`` writes the human form. Raises `UsageError` for a file.

    A reader that closes the pipe early (``| head``) does not change the verdict: the command goes on to its exit code.
    """
    for destination in destinations:
        _write_file(report, destination, render)
    to_stdout(form, lambda: _encoded(report, form), lambda console: render(report, console))


def to_stdout(form: Format, encode: Callable[[], bytes], render: Callable[[Console], None]) -> None:
    """Write standard output in one of its forms. Raises `UsageError` where it cannot be written."""
    try:
        if form is Format.HUMAN:
            render(_console(sys.stdout))
        else:
            sys.stdout.buffer.write(encode())
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except OSError as error:
        silence_stdout()
        message = f"cannot write the report to standard output: {error.strerror or error}; choose a file by --output"
        raise UsageError(message) from error


def exit_code(report: Report, *, exit_zero: bool) -> int:
    """The report's exit code; ``exit_zero`` forgives findings, and only those."""
    forgiven = exit_zero and report.exit_code == ExitCode.FINDINGS
    return ExitCode.CLEAN if forgiven else report.exit_code


def _write_file(report: Report, destination: Destination, render: Callable[[Report, Console], None]) -> None:
    try:
        if destination.form is not Format.HUMAN:
            destination.path.write_bytes(_encoded(report, destination.form))
            return
        with destination.path.open("w", encoding="utf-8") as file:
            render(report, _console(file, width=_FILE_WIDTH))
    except OSError as error:
        message = f"cannot write the report {destination.path}: {error.strerror or error}; choose another place"
        raise UsageError(message) from error


def _console(file: TextIO, width: int | None = None) -> Console:
    # Names such as `<[u8] as Debug>` are text, not rich's markup.
    from rich.console import Console

    class PipedConsole(Console):
        def on_broken_pipe(self) -> None:
            # rich would end the program here, with a code of its own.
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    return PipedConsole(file=file, width=width, markup=False, emoji=False, highlight=False)


def _encoded(report: Report, form: Format) -> bytes:
    """Any form but the human one."""
    from ringfence.pipeline.report import github, html, json, jsonl, junit, markdown, sarif

    match form:
        case Format.JSONL:
            return jsonl.write(report)
        case Format.SARIF:
            return sarif.write(report)
        case Format.HTML:
            return html.write(report).encode()
        case Format.MARKDOWN:
            return markdown.write(report).encode()
        case Format.GITHUB:
            return github.write(report).encode()
        case Format.JUNIT:
            return junit.write(report).encode()
        case _:
            return json.write(report)

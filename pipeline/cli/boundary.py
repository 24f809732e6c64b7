"""The one place where errors end: each becomes a sentence on standard error and an exit code of the contract.

Exit codes are those of `ringfence.pipeline.errors.ExitCode`. A pipe closed by its reader ends the program quietly with
the code that a shell gives a process killed by ``SIGPIPE``.
"""

import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ringfence.pipeline.errors import ExitCode, RingfenceError

BROKEN_PIPE = 128 + 13
"""128 + ``SIGPIPE``, as POSIX shells report it."""


def run_guarded(run: Callable[[], int], arguments: Sequence[str]) -> int:
    """Call ``run`` and return its exit code, or the one of what went wrong, after saying what."""
    debug = "--debug" in arguments
    try:
        code = run()
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted", ExitCode.INTERRUPTED)
    except click.ClickException as error:
        _print_usage(error)
        return ExitCode.USAGE
    except RingfenceError as error:
        return _fail(error, f"error: {error}", error.exit_code, debug=debug)
    except OSError as error:
        if error.errno != errno.EPIPE:
            return _fail(error, _bug_report(error), ExitCode.BUG, debug=debug)
        silence_stdout()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001  (this is the boundary: whatever is left is a bug of ours)
        return _fail(error, _bug_report(error), ExitCode.BUG, debug=debug)
    return code


def silence_stdout() -> None:
    """Send standard output nowhere, so that the flush at the interpreter's end finds no closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: Exception, sentence: str, code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    return _say(sentence, code)


def _say(sentence: str, code: int) -> int:
    try:
        click.echo(sentence, err=True)
    except OSError:
        # Nobody reads standard error any more; the exit code still says it.
        return code
    return code


def _print_usage(error: click.ClickException) -> None:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        _say(error.format_message(), ExitCode.USAGE)
        return
    hint = f" (see `{context.command_path} --help`)" if context else ""
    message = _one_line(error.format_message()).rstrip(".")
    _say(f"error: {message[:1].lower()}{message[1:]}{hint}", ExitCode.USAGE)


def _bug_report(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    said = _one_line(error)
    detail = f": {said}" if said else ""
    return (
        f"error: a bug in ringfence: {type(error).__name__} at {place}{detail}; "
        "please report it with this line, the command, and the output of the same command with --debug"
    )


def _one_line(message: object) -> str:
    return " ".join(str(message).split())

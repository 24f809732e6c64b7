"""The commands, one a file, behind one entry point.

``ringfence`` and ``cargo-ringfence`` start `main`. A command's module is imported only when it is run or listed, and
what is heavy (LLVM, graphs, terminals) only inside the command that uses it: ``--help`` answers at once.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from ringfence.pipeline.cli.boundary import run_guarded
from ringfence.pipeline.cli.options import debug_option, help_settings

_COMMANDS = ("audit", "demo", "entries", "explain", "layout", "doctor", "cache")
"""In the order of the help text: the main job first."""


class CommandGroup(click.Group):
    """Finds a command in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the help text."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or ``None`` for a name that is none."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where there is none of that name."""
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            from ringfence.pipeline.nearest import suggestion

            message = f"no command `{args[0]}`{suggestion(args[0], _COMMANDS)}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=CommandGroup, context_settings=help_settings)
@click.version_option(package_name="ringfence", message="ringfence %(version)s")
@debug_option
def program() -> None:
    """Audit what a Rust hot path really does: every allocation, lock, blocking and virtual call in the optimised code.

    Exit codes: 0 clean, 100 findings, 101 the build failed, 102 `cargo metadata` failed, 96 bad configuration,
    4 a root matched nothing, 2 wrong usage, 1 a bug in ringfence.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. ``arguments`` are those of the process where ``None``."""
    name, words = _command_line(sys.argv[0], sys.argv[1:] if arguments is None else arguments)
    return run_guarded(lambda: _invoke(name, words), words)


def _command_line(executable: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Name of the program as the user typed it, and the arguments without the word that cargo adds.

    Cargo runs ``cargo-NAME NAME ARGUMENTS…`` for ``cargo NAME ARGUMENTS…`` (The Cargo Book, *Custom subcommands*).
    """
    words = list(arguments)
    if Path(executable).stem != "cargo-ringfence":
        return "ringfence", words
    if words[:1] == ["ringfence"]:
        del words[0]
    return "cargo ringfence", words


def _invoke(name: str, arguments: list[str]) -> int:
    # `Command.main` has an error boundary of its own, which takes interrupts and closed pipes away from ours.
    with program.make_context(name, arguments) as context:
        result: object = program.invoke(context)
    return result if isinstance(result, int) else 0

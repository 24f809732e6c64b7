"""The progress bar: on standard error, on a terminal only, gone when the work is done."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ringfence.pipeline.progress import Progress, SilentProgress

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class BarProgress:
    """One bar for the open phase.

    A phase of unknown length draws nothing: it is a phase in which another program, cargo, draws its own bar on the
    same terminal.
    """

    def __init__(self, console: Console) -> None:
        """Draw on ``console``; nothing appears before the first phase."""
        self._console = console
        self._bars: Bars | None = None
        self._task: TaskID | None = None

    def phase(self, name: str, total: int) -> None:
        """End the phase before and, where ``total`` is known, draw a bar of that length."""
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self.close()
        if total <= 0:
            return
        description = TextColumn("{task.description:>12}", markup=False)
        columns = (description, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=self._console, transient=True)
        self._task = self._bars.add_task(name, total=total)
        self._bars.start()

    def advance(self, amount: int = 1) -> None:
        """Move the bar."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, amount)

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._bars is not None:
            self._bars.stop()
        self._bars = self._task = None


@contextmanager
def terminal_progress() -> Generator[Progress]:
    """A bar where a person watches standard error, else silence; the bar is gone when the block is left."""
    progress = _progress_for_stderr()
    try:
        yield progress
    finally:
        progress.close()


def _progress_for_stderr() -> Progress:
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return SilentProgress()
    from rich.console import Console

    return BarProgress(Console(stderr=True, markup=False, emoji=False, highlight=False))

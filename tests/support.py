"""Types that tests name; fixtures are in ``conftest.py``."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Run(Protocol):
    """One command line of ringfence, in a process of its own."""

    def __call__(
        self, *arguments: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]: ...

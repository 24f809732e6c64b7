"""What all tests share: where the checkout is, and the program as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from support import Run

settings.register_profile("ringfence", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("ringfence")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The top of the source tree."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def ringfence(checkout: Path) -> Run:
    """The console script that belongs to the Python that runs the tests."""
    script = Path(sys.executable).with_name("ringfence")
    assert script.exists(), f"{script} is missing: run `make setup` in {checkout}"

    def run(
        *arguments: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [script, *arguments],
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    return run

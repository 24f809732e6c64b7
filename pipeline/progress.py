"""How long work tells how far it is, without knowing who watches."""

from typing import Protocol


class Progress(Protocol):
    """What an audit reports while it runs. Only one phase is open at a time."""

    def phase(self, name: str, total: int) -> None:
        """Begin a phase of ``total`` steps and end the one before; 0 means that the length is not known."""
        ...

    def advance(self, amount: int = 1) -> None:
        """Count ``amount`` more steps of the open phase."""
        ...

    def close(self) -> None:
        """End the open phase; nothing is shown afterwards. May be called twice."""
        ...


class SilentProgress:
    """Shows nothing: for scripts, tests, and standard error that is no terminal."""

    def phase(self, name: str, total: int) -> None:
        """Ignored."""

    def advance(self, amount: int = 1) -> None:
        """Ignored."""

    def close(self) -> None:
        """Ignored."""

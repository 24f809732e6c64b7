"""What is said of a machine instruction: where it ends, and whether it leaves its function."""

from dataclasses import dataclass
from enum import Enum, auto


class UndecodableError(ValueError):
    """The bytes are no instruction of the machine, or end within one."""


class Kind(Enum):
    """What an instruction does to the flow of control; everything else is `OTHER`."""

    OTHER = auto()
    CALL = auto()
    """To a place at a distance."""
    JUMP = auto()
    """Likewise, conditional ones too."""
    CALL_INDIRECT = auto()
    """Through a register or a word of memory."""
    JUMP_INDIRECT = auto()
    ADDRESS = auto()
    """Computes the address of a place at a distance."""
    SYSTEM_CALL = auto()


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; offsets count from the beginning of the code."""

    offset: int
    end: int
    kind: Kind = Kind.OTHER
    target: int = -1
    """Of what goes by distance: the place, as long as the linker does not say another."""
    is_notrack: bool = False
    """`Kind.JUMP_INDIRECT` with the prefix that compilers put before the jump of a switch (x86-64, CET)."""

"""Errors that a user can act on: one clear sentence each, and the exit code of the contract.

Grouped by whose matter it is. Anything else that escapes is a bug of ours and exits with `ExitCode.BUG`.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Documented exit codes; scripts are written against them."""

    CLEAN = 0
    BUG = 1
    USAGE = 2
    ROOT_NOT_FOUND = 4
    CONFIG = 96
    FINDINGS = 100
    BUILD_FAILED = 101
    METADATA_FAILED = 102
    INTERRUPTED = 130


class RingfenceError(Exception):
    """Base: ``str(error)`` says what failed, which file, and what to do, in one sentence."""

    exit_code: ExitCode = ExitCode.BUG


class UsageError(RingfenceError):
    """The command line, or a path on it, cannot be used."""

    exit_code = ExitCode.USAGE


class ConfigError(RingfenceError):
    """``ringfence.toml`` or a baseline cannot be used."""

    exit_code = ExitCode.CONFIG


class BuildError(RingfenceError):
    """cargo or rustc is missing, too new, or failed."""

    exit_code = ExitCode.BUILD_FAILED


class MetadataError(RingfenceError):
    """``cargo metadata`` failed."""

    exit_code = ExitCode.METADATA_FAILED


class RootNotFoundError(RingfenceError):
    """A pattern for a root matches nothing."""

    exit_code = ExitCode.ROOT_NOT_FOUND

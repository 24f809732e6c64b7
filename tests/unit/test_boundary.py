"""Where errors end: each becomes one line on standard error and an exit code of the contract."""

import errno
from collections.abc import Callable
from typing import NoReturn

import click
import pytest

from ringfence.pipeline.cli.boundary import run_guarded
from ringfence.pipeline.errors import (
    BuildError,
    ConfigError,
    ExitCode,
    MetadataError,
    RingfenceError,
    RootNotFoundError,
    UsageError,
)


def raising(error: BaseException) -> Callable[[], int]:
    def run() -> NoReturn:
        raise error

    return run


def test_the_exit_code_of_a_command_is_passed_on_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(lambda: 100, []) == 100
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError, 2), (RootNotFoundError, 4), (ConfigError, 96), (BuildError, 101), (MetadataError, 102)],
)
def test_what_a_user_can_act_on_is_one_sentence_with_its_code(
    error: type[RingfenceError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_guarded(raising(error("plant.toml is not there; make it")), []) == code
    assert capsys.readouterr() == ("", "error: plant.toml is not there; make it\n")


def test_a_list_below_the_sentence_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    run_guarded(raising(UsageError("no root is named; these look like entry points:\n  --root a\n  --root b")), [])
    assert capsys.readouterr().err.splitlines()[1:] == ["  --root a", "  --root b"]


def test_wrong_usage_is_one_sentence_with_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(raising(click.UsageError("No such option: --bogus.")), []) == ExitCode.USAGE
    assert capsys.readouterr() == ("", "error: no such option: --bogus\n")


def test_an_interrupt_is_one_word_with_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(raising(KeyboardInterrupt()), []) == ExitCode.INTERRUPTED
    assert capsys.readouterr() == ("", "interrupted\n")


def test_a_bug_asks_for_a_report_with_its_type_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(raising(IndexError("tuple index")), []) == ExitCode.BUG
    _, said = capsys.readouterr()
    assert said.startswith("error: a bug in ringfence: IndexError at test_boundary.py:")
    assert ": tuple index; please report it" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "error", [IndexError("tuple index"), UsageError("no such file"), OSError(errno.EIO, "worn out")]
)
def test_a_traceback_is_shown_only_on_request(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    quiet, loud = run_guarded(raising(error), ["audit"]), None
    assert "Traceback" not in capsys.readouterr().err
    loud = run_guarded(raising(error), ["audit", "--debug"])
    assert "Traceback" in capsys.readouterr().err
    assert quiet == loud

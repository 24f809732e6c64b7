"""The command line: names, help, selection flags, destinations, the store, and what wrong usage says."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import click
import pytest

from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.cli import audit, main
from ringfence.pipeline.cli.boundary import BROKEN_PIPE
from ringfence.pipeline.cli.options import Options, selection
from ringfence.pipeline.cli.progress import BarProgress, terminal_progress
from ringfence.pipeline.progress import SilentProgress
from support import Run

COMMANDS = ("audit", "demo", "entries", "explain", "layout", "doctor", "cache")

EVERY_FLAG = """
    -p one --package two --exclude three --workspace --lib --bin b --bins --example e --examples --test t --tests
    --bench c --benches --all-targets -F f --features g,h --all-features --no-default-features --profile fast
    --target wasm32-wasip1 --target-dir out --manifest-path a/Cargo.toml --locked --offline --frozen -j 3
"""

Captured = pytest.CaptureFixture[str]


def said(arguments: list[str], capsys: Captured) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def selected(words: Sequence[str]) -> Selection:
    with audit.command.make_context("audit", list(words)) as context:
        return selection(Options(context.params))


def test_the_help_names_every_command(capsys: Captured) -> None:
    code, out, err = said(["--help"], capsys)
    assert (code, err) == (0, "")
    listed = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(command: str, option: str, capsys: Captured) -> None:
    code, out, err = said([command, option], capsys)
    assert (code, err) == (0, "")
    assert f"Usage: ringfence {command}" in out
    assert "--debug" in out


@pytest.mark.parametrize("pattern", ["", "  "])
def test_an_empty_root_is_wrong_usage(pattern: str, capsys: Captured) -> None:
    code, _, err = said(["audit", "--root", pattern], capsys)
    assert code == 2
    assert "an empty pattern matches nothing" in err


def test_no_command_shows_the_help_as_wrong_usage(capsys: Captured) -> None:
    code, out, err = said([], capsys)
    assert (code, out) == (2, "")
    assert "Commands:" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["audt"], "error: no command `audt`; did you mean `audit`? (see `ringfence --help`)\n"),
        (["xyzzy"], "error: no command `xyzzy` (see `ringfence --help`)\n"),
        (["audit", "--format", "jsn"], "error: no format `jsn`; did you mean `json`? (see `ringfence audit --help`)\n"),
        (
            ["demo", "--output", "x"],
            "error: --output takes FORMAT=FILE, such as `json=report.json`, not `x` (see `ringfence demo --help`)\n",
        ),
        (
            ["explain"],
            (
                "error: give a rule, such as RF101, a finding's fingerprint, a function's path, or --list "
                "(see `ringfence explain --help`)\n"
            ),
        ),
    ],
    ids=["misspelt", "unknown", "format", "output", "nothing to explain"],
)
def test_wrong_usage_says_what_is_right(arguments: list[str], message: str, capsys: Captured) -> None:
    assert said(arguments, capsys) == (2, "", message)


@pytest.mark.parametrize(
    ("executable", "arguments", "name"),
    [
        ("/bin/ringfence", ["audit", "--help"], "ringfence"),
        ("/bin/cargo-ringfence", ["ringfence", "audit", "--help"], "cargo ringfence"),
        ("/bin/cargo-ringfence", ["audit", "--help"], "cargo ringfence"),
    ],
    ids=["by itself", "by cargo", "by the name that cargo calls"],
)
def test_the_program_runs_under_both_names(
    executable: str, arguments: list[str], name: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(sys, "argv", [executable, *arguments])
    assert main() == 0
    assert capsys.readouterr().out.startswith(f"Usage: {name} audit ")


def test_the_version_is_that_of_the_package(capsys: Captured) -> None:
    assert said(["--version"], capsys) == (0, f"ringfence {metadata.version('ringfence')}\n", "")


def test_the_extra_word_is_dropped_for_cargo_only(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(sys, "argv", ["ringfence", "ringfence", "--version"])
    assert main() == 2
    assert "no command `ringfence`" in capsys.readouterr().err


def test_a_reader_that_leaves_early_is_no_error(ringfence: Run) -> None:
    del ringfence  # its assertion says what is missing where the script is
    script = Path(sys.executable).with_name("ringfence")
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run([script, "explain", "--list"], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (run.returncode, run.stderr) == (BROKEN_PIPE, b"")


@pytest.mark.parametrize("name", ["RF101", "rf101", "heap-allocation"])
def test_explain_prints_the_page_of_a_rule(name: str, capsys: Captured) -> None:
    code, out, err = said(["explain", name], capsys)
    assert (code, err) == (0, "")
    headings = [line for line in out.splitlines() if line.startswith("#")]
    assert headings == [
        "# RF101 heap-allocation",
        "## What",
        "## Why it matters",
        "## Example",
        "## Instead",
        "## False positives",
        "## How it is found",
        "## Level by path class",
    ]


def test_explain_lists_the_rules_in_order(capsys: Captured) -> None:
    code, out, _ = said(["explain", "--list"], capsys)
    ids = [line.split()[0] for line in out.splitlines()]
    assert code == 0
    assert {"RF101", "RF102", "RF103", "RF201", "RF202", "RF401", "RF402", "RF901"} <= set(ids)
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("heap-alocation", "error: no rule `heap-alocation`; did you mean `heap-allocation`?\n"),
        (
            "zzz",
            (
                "error: no rule `zzz`; `ringfence explain --list` shows all of them, and a function is given by its "
                "path, such as `krate::name`\n"
            ),
        ),
    ],
)
def test_explain_names_the_nearest_rule(name: str, message: str, capsys: Captured) -> None:
    assert said(["explain", name], capsys) == (2, "", message)


def test_explain_has_the_page_of_a_rule_as_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["explain", "RF101", "--format", "json"]) == 0
    page = json.loads(capsysbinary.readouterr().out)
    assert (page["id"], page["slug"], page["levels"]["hot"]) == ("RF101", "heap-allocation", "error")


@pytest.mark.parametrize("name", ["7f3a9c", "plant::Plant::on_packet"])
def test_explaining_a_finding_or_a_function_needs_a_crate(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = said(["explain", name], capsys)
    assert (code, out) == (102, "")
    assert "Cargo.toml" in err


def test_the_store_is_shown_pruned_and_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("RINGFENCE_CACHE", str(tmp_path))
    for name, days in (("old", 30), ("new", 0)):
        entry = tmp_path / "ab" / f"{name}.facts"
        entry.parent.mkdir(exist_ok=True)
        entry.write_bytes(bytes(1500))
        used = entry.stat().st_mtime - days * 86_400
        os.utime(entry, (used, used))
    assert said(["cache"], capsys) == (0, f"place    {tmp_path}\nholds    2 entries, 3.0 kB\n", "")
    code, out, _ = said(["cache", "--prune", "7"], capsys)
    assert (code, out.splitlines()[0]) == (0, "removed  1 entry")
    assert (tmp_path / "ab" / "new.facts").exists()
    code, out, _ = said(["cache", "--clear"], capsys)
    assert out == f"removed  1 entry\nplace    {tmp_path}\nholds    0 entries, 0 bytes\n"


def test_clearing_and_pruning_at_once_is_wrong_usage(capsys: Captured) -> None:
    code, _, err = said(["cache", "--clear", "--prune", "7"], capsys)
    assert code == 2
    assert "give one of the two" in err


def test_the_flags_of_cargo_mean_what_they_mean_there() -> None:
    assert selected(EVERY_FLAG.split()) == Selection(
        packages=("one", "two"),
        workspace=True,
        exclude=("three",),
        lib=True,
        bins=("b",),
        all_bins=True,
        examples=("e",),
        all_examples=True,
        benches=("c",),
        all_benches=True,
        tests=("t",),
        all_tests=True,
        all_targets=True,
        features=("f", "g,h"),
        all_features=True,
        no_default_features=True,
        profile="fast",
        target="wasm32-wasip1",
        target_dir=Path("out"),
        manifest_path=Path("a/Cargo.toml"),
        locked=True,
        offline=True,
        frozen=True,
        jobs=3,
    )


def test_without_flags_the_release_profile_is_selected() -> None:
    assert selected([]) == selected(["--release"]) == selected(["-r"]) == Selection()
    assert Selection().profile == "release"


def test_two_profiles_contradict_each_other() -> None:
    with pytest.raises(click.UsageError, match="give one of the two"):
        selected(["--release", "--profile", "dev"])


def test_progress_is_silent_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with terminal_progress() as progress:
        assert isinstance(progress, SilentProgress)


def test_a_bar_shows_its_phase_and_is_gone_at_the_end() -> None:
    from rich.console import Console

    screen = io.StringIO()
    progress = BarProgress(Console(file=screen, force_terminal=True, width=80, markup=False))
    progress.phase("reading [u8]", 4)
    progress.advance(3)
    progress.close()
    progress.close()
    assert "reading [u8]" in screen.getvalue()
    assert "3/4" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K"), "the last thing done erases the line"


def test_a_phase_of_unknown_length_leaves_the_terminal_to_cargo() -> None:
    from rich.console import Console

    screen = io.StringIO()
    progress = BarProgress(Console(file=screen, force_terminal=True, width=80))
    progress.phase("building", 0)
    progress.advance()
    progress.close()
    assert screen.getvalue() == ""

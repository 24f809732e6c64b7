"""The options that commands share, and the request that they make.

cargo's selection flags keep cargo's names, short forms and meaning (The Cargo Book, *cargo check*), so that the words
after ``cargo build`` can be pasted after ``ringfence audit``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import click

from ringfence.pipeline.nearest import suggestion

if TYPE_CHECKING:
    from ringfence.pipeline.audit import AuditRequest
    from ringfence.pipeline.cargo import Selection
    from ringfence.pipeline.levels import Levels

Function = TypeVar("Function", bound=Callable[..., object])

help_settings = {"help_option_names": ["-h", "--help"], "max_content_width": 120}

WHAT = "What to audit"
REPORT = "Report"
CARGO = "Cargo selection (as for `cargo build`)"

_FILE = click.Path(path_type=Path)


class SectionedOption(click.Option):
    """An option that knows the heading under which the help text lists it."""

    def __init__(self, param_decls: Sequence[str] | None = None, *, section: str = "", **settings: object) -> None:
        """As `click.Option`, with the heading ``section``."""
        initialise = cast("Callable[..., None]", super().__init__)
        initialise(param_decls, **settings)
        self.section = section


class SectionedCommand(click.Command):
    """Lists its options under headings: thirty in a row cannot be read."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one list a section, in the order in which sections first occur."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            heading = getattr(parameter, "section", "") or "Options"
            if record is not None:
                sections.setdefault(heading, []).append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records, col_max=34)


@dataclass(frozen=True, slots=True)
class Options:
    """Typed reading of click's parameters, by the name of the parameter."""

    values: Mapping[str, object]

    def flag(self, name: str) -> bool:
        """A switch."""
        return bool(self.values[name])

    def text(self, name: str) -> str | None:
        """An option with a value, or ``None``."""
        value = self.values[name]
        return None if value is None else str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A repeated option."""
        return cast("tuple[str, ...]", self.values[name])

    def path(self, name: str) -> Path | None:
        """An option that takes a path, or ``None``."""
        return cast("Path | None", self.values[name])

    def paths(self, name: str) -> tuple[Path, ...]:
        """A repeated option that takes a path."""
        return cast("tuple[Path, ...]", self.values[name])

    def number(self, name: str) -> int | None:
        """An option that takes a whole number, or ``None``."""
        return cast("int | None", self.values[name])


def sectioned_option(*names: str, section: str, **settings: object) -> Callable[[Function], Function]:
    """`click.option` under a heading of the help text."""
    attach = cast("Callable[..., Callable[[Function], Function]]", click.option)
    return attach(*names, cls=SectionedOption, section=section, **settings)


def _combined(*decorators: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """Apply decorators so that their options stand in the help text in the order written."""

    def attach(function: Function) -> Function:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return attach


def debug_option(function: Function) -> Function:
    """``--debug``. The error boundary looks for the word itself: it must work where parsing fails."""
    attach = click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks of errors.")
    return attach(function)


def cargo_options(function: Function) -> Function:
    """cargo's selection flags, read by `selection`."""

    def flag(*names: str, text: str) -> Callable[[Function], Function]:
        return sectioned_option(*names, section=CARGO, is_flag=True, help=text)

    def many(*names: str, metavar: str, text: str) -> Callable[[Function], Function]:
        return sectioned_option(*names, section=CARGO, multiple=True, metavar=metavar, help=text)

    def one(*names: str, metavar: str, text: str, kind: object = str) -> Callable[[Function], Function]:
        return sectioned_option(*names, section=CARGO, type=kind, metavar=metavar, help=text)

    return _combined(
        many("-p", "--package", metavar="SPEC", text="Package to audit; may be repeated."),
        flag("--workspace", "--all", text="All packages of the workspace."),
        many("--exclude", metavar="SPEC", text="Package to leave out, with --workspace."),
        flag("--lib", text="Only the library."),
        flag("--bins", text="All binaries."),
        many("--bin", metavar="NAME", text="Only this binary."),
        flag("--examples", text="All examples."),
        many("--example", metavar="NAME", text="Only this example."),
        flag("--tests", text="All targets that are tested."),
        many("--test", metavar="NAME", text="Only this integration test."),
        flag("--benches", text="All targets that are benchmarked."),
        many("--bench", metavar="NAME", text="Only this benchmark."),
        flag("--all-targets", text="Libraries, binaries, examples, tests and benchmarks."),
        many("-F", "--features", metavar="FEATURES", text="Features to activate, by space or comma."),
        flag("--all-features", text="Activate all features."),
        flag("--no-default-features", text="Leave the `default` feature out."),
        flag("-r", "--release", text="The release profile; this is the default."),
        one("--profile", metavar="NAME", text="Profile to audit; `release` where not given."),
        one("--target", metavar="TRIPLE", text="Platform to build for."),
        one("--target-dir", metavar="DIRECTORY", text="Instead of `target/ringfence`.", kind=_FILE),
        one("--manifest-path", metavar="PATH", text="Path to Cargo.toml.", kind=_FILE),
        flag("--locked", text="Require that Cargo.lock stays as it is."),
        flag("--offline", text="Run without the network."),
        flag("--frozen", text="The same as --locked and --offline."),
        one("-j", "--jobs", metavar="N", text="Parallel jobs, for cargo and for reading.", kind=click.IntRange(min=1)),
    )(function)


def _refuse_blank(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(value.strip() for value in values):
        message = "an empty pattern matches nothing: give a path such as `my_crate::Engine::on_event`"
        raise click.BadParameter(message, param=parameter)
    return values


def root_option(function: Function) -> Function:
    """``--root``, repeated."""
    return sectioned_option(
        "--root",
        section=WHAT,
        multiple=True,
        metavar="PATTERN",
        callback=_refuse_blank,
        help="Entry point of the hot path, as Rust prints its path; may be repeated.",
    )(function)


def reading_options(function: Function) -> Function:
    """Where the IR comes from and how it is read."""

    def option(*names: str, text: str, **settings: object) -> Callable[[Function], Function]:
        return sectioned_option(*names, section=WHAT, help=text, **settings)

    ir = "Audit this .bc, .ll, .rlib, .o, ELF file or folder instead of building; may be repeated."
    forms = click.Choice(["llvm-bc", "llvm-ir"])
    return _combined(
        option("--ir", multiple=True, type=_FILE, metavar="PATH", text=ir),
        option("--config", type=_FILE, metavar="FILE", text="Instead of the workspace's ringfence.toml."),
        option("--layout-all", is_flag=True, text="Full debug info for dependencies too: the types of all crates."),
        option("--emit", type=forms, default="llvm-bc", show_default=True, text="Have rustc write bitcode or text."),
        option("--no-cache", is_flag=True, text="Neither read nor write the facts store."),
    )(function)


def selection(options: Options) -> Selection:
    """cargo's flags as the build driver takes them."""
    from ringfence.pipeline.cargo import Selection

    profile = options.text("profile")
    if options.flag("release") and profile not in {None, "release"}:
        message = f"--release and --profile {profile} contradict each other: give one of the two"
        raise click.UsageError(message, click.get_current_context(silent=True))
    return Selection(
        packages=options.texts("package"),
        workspace=options.flag("workspace"),
        exclude=options.texts("exclude"),
        lib=options.flag("lib"),
        bins=options.texts("bin"),
        all_bins=options.flag("bins"),
        examples=options.texts("example"),
        all_examples=options.flag("examples"),
        benches=options.texts("bench"),
        all_benches=options.flag("benches"),
        tests=options.texts("test"),
        all_tests=options.flag("tests"),
        all_targets=options.flag("all_targets"),
        features=options.texts("features"),
        all_features=options.flag("all_features"),
        no_default_features=options.flag("no_default_features"),
        profile=profile or "release",
        target=options.text("target"),
        target_dir=options.path("target_dir"),
        manifest_path=options.path("manifest_path"),
        locked=options.flag("locked"),
        offline=options.flag("offline"),
        frozen=options.flag("frozen"),
        jobs=options.number("jobs"),
    )


def elided_option(function: Function) -> Function:
    """``--elided``."""
    text = "Tell allocations of the source that LLVM removed, too: the next compiler may leave them in."
    return sectioned_option("--elided", section=WHAT, is_flag=True, help=text)(function)


def level_options(function: Function) -> Function:
    """``-A``, ``-W`` and ``-D``, each repeated."""

    def option(short: str, name: str, text: str) -> Callable[[Function], Function]:
        return sectioned_option(short, name, section=REPORT, multiple=True, metavar="RULE", help=text)

    return _combined(
        option("-A", "--allow", "Accept what this rule finds (id or slug); may be repeated."),
        option("-W", "--warn", "Only warn of what this rule finds; may be repeated."),
        option("-D", "--deny", "Fail on what this rule finds; `warnings` is everything that warns. May be repeated."),
    )(function)


def audit_request(options: Options, *, strict: bool = False) -> AuditRequest:
    """The request that `cargo_options`, `reading_options` and, where they are there, `root_option` and `level_options`
    describe."""
    from ringfence.pipeline.audit import AuditRequest

    return AuditRequest(
        selection=selection(options),
        roots=options.texts("root") if "root" in options.values else (),
        ir=options.paths("ir"),
        config=options.path("config"),
        strict=strict,
        levels=_levels(options) if "allow" in options.values else {},
        elided="elided" in options.values and options.flag("elided"),
        layout_all=options.flag("layout_all"),
        emit_text=options.text("emit") == "llvm-ir",
        use_cache=not options.flag("no_cache"),
        workers=options.number("jobs") or _available_processors(),
    )


def _levels(options: Options) -> Levels:
    from ringfence.pipeline.levels import Setting, levels_of_flags

    return levels_of_flags({setting: options.texts(setting.value) for setting in Setting})


def one_of(value: str, known: Sequence[str], what: str) -> str:
    """``value`` where it is known; else a usage error that names the nearest."""
    if value in known:
        return value
    hint = suggestion(value, known) or f"; there are {', '.join(known)}"
    message = f"no {what} `{value}`{hint}"
    raise click.UsageError(message, click.get_current_context(silent=True))


def _available_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

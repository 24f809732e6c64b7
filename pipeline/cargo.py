"""The audit build: ``cargo check`` with IR beside the metadata.

``cargo check`` with ``--emit=llvm-bc`` makes the same optimised bitcode as a build and neither machine code nor a link.

- It has a target directory of its own, ``target/ringfence``: the user's builds are neither disturbed nor made stale.
- It always gets ``--target``, the host's where the user names none: so the flags reach the crates that ship and spare
  build scripts and procedural macros, whose bitcode nobody reads. It costs no second compilation: in an optimised
  profile cargo compiles build dependencies apart anyway.
- The user's ``RUSTC``, ``RUSTC_WRAPPER``, ``RUSTC_WORKSPACE_WRAPPER``, ``.cargo/config.toml`` and flags stay in force.
  A caching wrapper such as sccache passes compilations that emit IR on to rustc and caches nothing of them.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from ringfence.pipeline.cargo_artifacts import (
    ArtifactMessage,
    BuildScriptMessage,
    CrateArtifact,
    Message,
    NativeLibrary,
    find_modules,
    metadata_file,
    native_libraries,
    parse_message,
)
from ringfence.pipeline.cargo_config import CargoConfig, config_paths, load_config
from ringfence.pipeline.cargo_flags import AuditFlags, audit_flags, codegen_option
from ringfence.pipeline.cargo_metadata import Metadata, Selection, metadata
from ringfence.pipeline.cargo_profile import Profile, differences, profile_arguments, read_profile
from ringfence.pipeline.errors import BuildError
from ringfence.pipeline.measured_profile import check_measured_profile
from ringfence.pipeline.toolchain import Toolchain

__all__ = ["Build", "CrateArtifact", "Metadata", "NativeLibrary", "Profile", "Selection", "build", "metadata"]

TARGET_FOLDER = "ringfence"
"""Below cargo's target directory."""

_SIGNATURE = ".workspace"

_GRACE = 5.0
"""Seconds that an interrupted cargo gets to end by itself."""


@dataclass(frozen=True, slots=True)
class Build:
    """What cargo built for the audit."""

    toolchain: Toolchain
    profile: Profile
    triple: str
    target_directory: Path
    artifacts: tuple[CrateArtifact, ...]
    """Sorted by package, version, crate, kind and file name; build scripts and procedural macros are not among them."""
    native_libraries: tuple[NativeLibrary, ...]
    differences: tuple[str, ...]
    """How the audited build differs from the one that ships, a sentence each."""
    cpu_seconds: float
    """User and system time of cargo and everything that it ran."""
    wall_seconds: float


def build(
    selection: Selection,
    toolchain: Toolchain,
    metadata: Metadata,
    *,
    layout_all: bool,
    full_debug_packages: tuple[str, ...],
    emit_text: bool,
    on_line: Callable[[str], None],
) -> Build:
    """Build the selected crates and everything that they use, and find the modules of each.

    Members of the workspace and ``full_debug_packages`` get full debug info, other packages line tables, unless
    ``layout_all``. ``emit_text`` makes printed IR (``.ll``) instead of bitcode. Cargo writes its progress and the
    compiler's diagnostics to standard error itself; a line on its standard output that is no message of cargo's goes to
    ``on_line``. A unit that cargo holds for fresh though its modules are gone, or are of a workspace elsewhere, is
    built again.

    Raises `BuildError` where cargo fails or the target directory cannot be written.
    """
    config = load_config(toolchain.directory, os.environ)
    user_flags = config.rustflags(toolchain.triple, toolchain.cfg)
    flags = audit_flags(user_flags, emit_text=emit_text)
    check_measured_profile(flags.flags)
    profile = read_profile(selection.profile, metadata.workspace_root, config, flags.flags, toolchain.cfg)
    target_directory = _target_directory(selection, toolchain, metadata)
    members = frozenset(package.name for package in metadata.packages if metadata.is_member(package.id))
    others = frozenset(package.name for package in metadata.packages) - members
    command = [
        str(toolchain.cargo),
        "check",
        *selection.arguments(),
        f"--target={toolchain.target}",
        f"--target-dir={target_directory}",
        "--message-format=json-render-diagnostics",
        # Cargo warns of a name in a profile that is no package of the build.
        *profile_arguments(
            profile, members, others.intersection(full_debug_packages), layout_all=layout_all, target=toolchain.triple
        ),
    ]
    environment = _environment(flags, target_directory)
    suffix = ".ll" if emit_text else ".bc"
    wall, cpu = time.monotonic(), _children_cpu()

    messages = _run(command, environment, toolchain.directory, on_line)
    _sign(messages, metadata, target_directory, toolchain.triple)
    if _discard_stale(messages, metadata, target_directory, toolchain.triple, suffix):
        messages = _run(command, environment, toolchain.directory, on_line)
        _sign(messages, metadata, target_directory, toolchain.triple)

    artifacts = tuple(_artifacts(messages, metadata, target_directory, toolchain.triple, suffix))
    scripts = [message for message in messages if isinstance(message, BuildScriptMessage)]
    return Build(
        toolchain=toolchain,
        profile=_as_compiled(profile, artifacts, flags),
        triple=toolchain.triple,
        target_directory=target_directory,
        artifacts=artifacts,
        native_libraries=native_libraries(scripts, target_directory, toolchain.triple),
        differences=(
            *differences(profile),
            *flags.left_out,
            *_unread_configuration(selection, toolchain, config),
        ),
        cpu_seconds=_children_cpu() - cpu,
        wall_seconds=time.monotonic() - wall,
    )


def _target_directory(selection: Selection, toolchain: Toolchain, metadata: Metadata) -> Path:
    """The audit's own target directory, of which it is known that cargo can write there."""
    if selection.target_dir is not None:
        directory = Path(os.path.normpath(toolchain.directory / selection.target_dir))
    else:
        directory = metadata.target_directory / TARGET_FOLDER
    existing = next(path for path in (directory, *directory.parents) if os.path.lexists(path))
    try:
        # Asking for permissions says yes to root even where nothing can be written.
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise BuildError(
            f"the target directory {directory} cannot be written ({existing}: {error.strerror}): "
            "choose another one with `--target-dir`"
        ) from error
    return directory


def _environment(flags: AuditFlags, target_directory: Path) -> dict[str, str]:
    return {
        **os.environ,
        "CARGO_ENCODED_RUSTFLAGS": flags.encoded,
        # Intermediate files can be configured to lie elsewhere (`build.build-dir`), shared with the user's own builds.
        "CARGO_BUILD_BUILD_DIR": str(target_directory),
        "CARGO_INCREMENTAL": "0",
    }


def _run(
    command: list[str], environment: dict[str, str], directory: Path, on_line: Callable[[str], None]
) -> list[Message]:
    """Run cargo to its end and return its messages; `BuildError` where it fails."""
    messages: list[Message] = []
    with _cargo(command, environment, directory) as process:
        for line in process.stdout or ():
            message = parse_message(line)
            if isinstance(message, str):
                on_line(message)
            elif message is not None:
                messages.append(message)
        code = process.wait()
    if code < 0:
        name = signal.Signals(-code).name
        raise BuildError(f"cargo was killed by {name}: if memory ran out, build with fewer jobs (`-j 1`)")
    if code != 0:
        raise BuildError("cargo could not build the crates to audit: correct what it reports above")
    return messages


@contextmanager
def _cargo(
    command: list[str], environment: dict[str, str], directory: Path
) -> Generator[subprocess.Popen[bytes], None, None]:
    """A running cargo that does not outlive us, nor do its compilers.

    It leads a process group of its own, so that one signal ends cargo and every rustc below it; a terminal's Ctrl-C
    then reaches only us and is passed on. Cargo asks nothing here: what may ask (git, ssh) ran in ``cargo metadata``.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            process_group=0,
        )
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be run in {directory}: {error.strerror}") from error
    with process, _termination_raises():
        try:
            yield process
        except BaseException:
            _stop(process)
            raise


def _stop(process: subprocess.Popen[bytes]) -> None:
    for request in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, request)
            process.wait(_GRACE)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def _termination_raises() -> Generator[None, None, None]:
    """SIGTERM, which ends a process without a word, becomes an exception for a while, so that children can be ended."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    try:
        before = signal.signal(signal.SIGTERM, leave)
    except ValueError:
        # Not the main thread: signals are not ours to handle.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _discard_stale(
    messages: Iterable[Message], metadata: Metadata, target_directory: Path, triple: str, suffix: str
) -> bool:
    """Remove the metadata of units whose modules are not all there, and of those that were compiled where the workspace
    lay before, so that cargo holds them for stale."""
    discarded = False
    for message, file in _units(messages, target_directory, triple):
        if not find_modules(file, suffix) or (message.fresh and _is_from_elsewhere(message, file, metadata)):
            file.unlink()
            discarded = True
    return discarded


def _is_from_elsewhere(message: ArtifactMessage, file: Path, metadata: Metadata) -> bool:
    """Cargo knows a member by its place *in* the workspace: what was compiled before the workspace was moved, or for a
    copy of it that shares the target directory, is fresh, and its debug info names files that are not there."""
    signature = file.with_suffix(_SIGNATURE)
    if not metadata.is_member(message.package_id):
        return False
    return not signature.is_file() or signature.read_text() != str(metadata.workspace_root)


def _sign(messages: Iterable[Message], metadata: Metadata, target_directory: Path, triple: str) -> None:
    """Note beside each member's unit which workspace it was compiled for."""
    for message, file in _units(messages, target_directory, triple):
        if not message.fresh and metadata.is_member(message.package_id):
            file.with_suffix(_SIGNATURE).write_text(str(metadata.workspace_root))


def _artifacts(
    messages: Iterable[Message], metadata: Metadata, target_directory: Path, triple: str, suffix: str
) -> list[CrateArtifact]:
    packages = {package.id: package for package in metadata.packages}
    artifacts: list[tuple[str, CrateArtifact]] = []
    for message, file in _units(messages, target_directory, triple):
        modules = find_modules(file, suffix)
        if not modules:
            raise BuildError(
                f"rustc left no IR of crate `{message.crate_name}` in {file.parent}: "
                "unset RUSTC_WRAPPER and RUSTC_WORKSPACE_WRAPPER if they replace rustc, then delete that folder"
            )
        package = packages.get(message.package_id)
        if package is None:
            raise BuildError(
                f"cargo built crate `{message.crate_name}`, which `cargo metadata` did not list before: "
                "a manifest changed meanwhile, run the audit again"
            )
        artifact = CrateArtifact(
            crate_name=message.crate_name,
            package_name=package.name,
            package_version=package.version,
            package_id=package.id,
            own=metadata.is_member(package.id),
            root_dir=package.root_dir,
            kind=message.target.kind[0],
            harness=message.profile.test,
            opt_level=message.profile.opt_level,
            modules=modules,
        )
        artifacts.append((file.name, artifact))
    artifacts.sort(
        key=lambda entry: (
            entry[1].package_name,
            entry[1].package_version,
            entry[1].crate_name,
            entry[1].kind,
            entry[0],
        )
    )
    return [artifact for _, artifact in artifacts]


def _units(messages: Iterable[Message], target_directory: Path, triple: str) -> Iterator[tuple[ArtifactMessage, Path]]:
    """The compiled crates of the program, each with its metadata file; a unit is listed once."""
    seen: set[Path] = set()
    for message in messages:
        if not isinstance(message, ArtifactMessage):
            continue
        file = metadata_file(message, target_directory, triple)
        if file is not None and file not in seen:
            seen.add(file)
            yield message, file


def _as_compiled(profile: Profile, artifacts: tuple[CrateArtifact, ...], flags: AuditFlags) -> Profile:
    """The profile with the optimisation level that cargo reports for the user's own crates."""
    levels = sorted({artifact.opt_level for artifact in artifacts if artifact.own})
    if len(levels) != 1 or codegen_option(flags.flags, "opt-level"):
        return profile
    return replace(profile, opt_level=levels[0])


def _unread_configuration(selection: Selection, toolchain: Toolchain, config: CargoConfig) -> tuple[str, ...]:
    """Configuration beside the manifest that cargo does not read, because it looks only above where it runs."""
    if selection.manifest_path is None:
        return ()
    read = {path for path, _ in config.files}
    beside = config_paths((toolchain.directory / selection.manifest_path).parent.resolve(), os.environ)
    return tuple(
        f"cargo does not read {path} when it runs in {toolchain.directory}: run ringfence in "
        f"{path.parent.parent} if that is where you build"
        for path in sorted(set(beside) - read)
    )


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system

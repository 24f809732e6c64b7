"""Where the modules come from: a cargo build of the selection, or IR files that were handed over."""

import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ringfence.graphs.names import crate_of
from ringfence.pipeline.cargo import Build, Metadata, Selection, build, metadata
from ringfence.pipeline.config import Config, ConfigFile, find_config, load_config
from ringfence.pipeline.containers import discover, linked_modules, sysroot_modules
from ringfence.pipeline.errors import BuildError, UsageError
from ringfence.pipeline.libraries import selects_library
from ringfence.pipeline.module_source import ModuleSource, Origin
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.report import model
from ringfence.pipeline.source import SourceTree
from ringfence.pipeline.toolchain import Toolchain, check_toolchain

_SOURCES = "/src/"
_FOREIGN_MARKS = ("/rustc/", "/registry/src/", "/git/checkouts/", "/rust/deps/")


@dataclass(frozen=True, slots=True)
class Request:
    """What decides which modules there are."""

    selection: Selection
    roots: tuple[str, ...] = ()
    """Patterns, as far as they are known before anything is built: their crates get full debug info."""
    ir: tuple[Path, ...] = ()
    config: Path | None = None
    layout_all: bool = False
    emit_text: bool = False
    workspace: Path | None = None
    """Where the sources of ``ir`` lie."""


@dataclass(frozen=True, slots=True)
class Built:
    """Everything that an audit needs of the build."""

    workspace: Path
    config: Config
    config_file: ConfigFile | None
    """None where there is no file: the configuration is then the default."""
    sources: tuple[ModuleSource, ...]
    own_crates: Mapping[str, Path]
    """Crate name to folder of the user's own packages."""
    files: SourceTree
    own_files: Callable[[Iterable[str]], Callable[[str], bool]]
    """Given the files of the roots, whether a file, as the compiler named it, is the user's own code: that of the
    workspace's members, of the crates that the configuration adds, and of the crates that define the roots."""
    is_own_crate: Callable[[str], bool]
    description: model.Build
    is_library: bool | None = None
    """Whether Rust code outside of the build uses it (`ringfence.pipeline.libraries`); None where nobody said."""
    notes: tuple[str, ...] = ()

    @property
    def own_packages(self) -> tuple[tuple[str, Path], ...]:
        """(crate, folder) of each package, the crate being its library where it has one: cargo lists that first."""
        crates: dict[Path, str] = {}
        for crate, folder in self.own_crates.items():
            crates.setdefault(folder, crate)
        return tuple(sorted((crate, folder) for folder, crate in crates.items()))

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """Folders of the user's own packages, each once; a package has a crate for each of its targets."""
        return tuple(sorted(set(self.own_crates.values())))


def build_or_open(request: Request, progress: Progress) -> Built:
    """Run cargo, or take the IR that was given. Raises `RingfenceError`."""
    if request.ir:
        return _from_files(request)
    directory = _directory(request.selection)
    toolchain = check_toolchain(_llvmlite_llvm(), request.selection.target, directory)
    packages = metadata(request.selection, toolchain, _pass_on)
    config_file = _config_file(request.config, packages.workspace_root)
    config = config_file.config if config_file else Config()
    wanted = {crate_of(pattern.lstrip("<&")) for pattern in (*request.roots, *(root.path for root in config.roots))}
    named = [package for crate in sorted(wanted | config.own_crates) if (package := packages.package_of_crate(crate))]
    progress.close()
    built = build(
        request.selection,
        toolchain,
        packages,
        layout_all=request.layout_all,
        full_debug_packages=tuple(package.name for package in named if not packages.is_member(package.id)),
        emit_text=request.emit_text,
        on_line=_pass_on,
    )
    own_ids = {package.id for package in named} | set(packages.workspace_members)
    is_library = selects_library(request.selection, packages)
    return replace(_from_cargo(built, packages, config_file, own_ids), is_library=is_library)


def _config_file(explicit: Path | None, workspace: Path) -> ConfigFile | None:
    path = find_config(explicit, workspace)
    return load_config(path) if path else None


def _from_cargo(built: Build, packages: Metadata, config_file: ConfigFile | None, own_ids: set[str]) -> Built:
    sources: list[ModuleSource] = []
    for artifact in built.artifacts:
        origin = Origin.OWN if artifact.package_id in own_ids else Origin.DEPENDENCY
        for module in artifact.modules:
            sources.extend(discover(module, origin))
    for native in built.native_libraries:
        if native.archive is not None:
            sources.extend(linked_modules(native.archive))
    sources.extend(sysroot_modules(built.toolchain.library_directory))
    own = [package for package in packages.packages if package.id in own_ids]
    own_crates = {
        target.crate_name: package.root_dir
        for package in own
        for target in package.targets
        if "custom-build" not in target.kind
    }
    members = [package.root_dir for package in own if packages.is_member(package.id)]
    labels = {
        package.root_dir: f"{package.name}-{package.version}"
        for package in packages.packages
        if not packages.is_member(package.id)
    }
    library = built.toolchain.library_directory.parents[2] / "rustlib" / "src" / "rust" / "library"
    folders = {package.root_dir: package.id in own_ids for package in packages.packages}
    return Built(
        workspace=packages.workspace_root,
        config=config_file.config if config_file else Config(),
        config_file=config_file,
        sources=tuple(sources),
        own_crates=own_crates,
        files=SourceTree(packages.workspace_root, own=members, packages=labels, library=library),
        own_files=lambda roots: _below_own({**folders, **_packages_of(roots, folders)}),
        is_own_crate=own_crates.__contains__,
        description=_description(built),
    )


def _from_files(request: Request) -> Built:
    workspace = request.workspace or Path.cwd()
    config_file = _config_file(request.config, workspace)
    config = config_file.config if config_file else Config()
    sources = [source for path in request.ir for source in discover(path, Origin.OWN)]
    notes: list[str] = []
    toolchain = _toolchain_if_any(request.selection.target, workspace)
    if toolchain is not None:
        sources.extend(sysroot_modules(toolchain.library_directory))
    else:
        notes.append("no Rust toolchain was found, so the standard library's bodies were not looked into")
    return Built(
        workspace=workspace,
        config=config,
        config_file=config_file,
        sources=tuple(sources),
        own_crates={},
        files=SourceTree(workspace),
        own_files=_not_foreign,
        is_own_crate=frozenset(source.crate for source in sources if source.origin is Origin.OWN).__contains__,
        description=model.Build(made_from="IR files"),
        notes=tuple(notes),
    )


def _toolchain_if_any(target: str | None, directory: Path) -> Toolchain | None:
    try:
        return check_toolchain(_llvmlite_llvm(), target, directory)
    except BuildError:
        return None


def _not_foreign(roots: Iterable[str]) -> Callable[[str], bool]:
    """Without packages to go by: what lies in no registry and is not std's, and the source folders of the roots."""
    folders = tuple(f"{file[: file.rfind(_SOURCES)]}{_SOURCES}" for file in roots if _SOURCES in file)
    return lambda file: file.startswith(folders) or not any(mark in file for mark in _FOREIGN_MARKS)


def _packages_of(files: Iterable[str], folders: Iterable[Path]) -> dict[Path, bool]:
    """The innermost package around each file, as own."""
    named = {Path(os.path.realpath(file)) for file in files}
    known = set(folders)
    return {next((folder for folder in file.parents if folder in known), file): True for file in named}


def _below_own(folders: Mapping[Path, bool]) -> Callable[[str], bool]:
    """Own is what lies nearest below the folder of an own package; generated code in a target folder is not."""
    prefixes = sorted((f"{os.path.realpath(folder)}{os.sep}", own) for folder, own in folders.items())
    starts = [prefix for prefix, _ in prefixes]

    def is_own(file: str) -> bool:
        path = os.path.realpath(file) if file.startswith(os.sep) and not file.startswith("/rustc/") else file
        position = bisect_right(starts, path)
        while position:
            position -= 1
            prefix, own = prefixes[position]
            if path.startswith(prefix):
                return own and f"{os.sep}target{os.sep}" not in path[len(prefix) - 1 :]
        return False

    return is_own


def _description(built: Build) -> model.Build:
    return model.Build(
        rustc=built.toolchain.rustc_version.removeprefix("rustc "),
        llvm=".".join(map(str, built.toolchain.llvm)),
        target=built.triple,
        profile=built.profile.name,
        panic=built.profile.panic,
        opt_level=built.profile.opt_level,
        lto=built.profile.audited_lto,
        made_from="cargo check",
        differences=built.differences,
    )


def _directory(selection: Selection) -> Path:
    """Where cargo runs: the current folder, whose configuration and toolchain are in force, as for cargo itself."""
    manifest = selection.manifest_path
    if manifest is not None and not manifest.is_file():
        message = f"{manifest} is not a file: --manifest-path takes the path of a Cargo.toml"
        raise UsageError(message)
    return Path.cwd()


def _llvmlite_llvm() -> tuple[int, ...]:
    from ringfence.pipeline.ir.module import llvm_version

    return llvm_version()


def _pass_on(line: str) -> None:
    sys.stderr.write(f"{line}\n")

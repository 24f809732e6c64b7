"""Whether others than the program itself use what is audited: whether a library was asked for.

Cargo builds a library also because a selected binary depends on it; then only the program calls it. The selection tells
(The Cargo Book, *cargo build*, *Package Selection* and *Target Selection*):

1. Packages: ``--workspace`` selects all members without the excluded ones, ``--package`` the named ones; without either
   the package of the manifest, or for that of the workspace its default members.
2. Targets: any flag that names targets leaves the library out, unless ``--lib`` or ``--all-targets`` is given.
3. A library is what Rust code links: kinds ``lib``, ``rlib`` and ``dylib``. The others export plain names only.

A package that cannot be told counts as selected.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from ringfence.pipeline.cargo_metadata import Metadata, Package, Selection

_LINKED_BY_RUST = frozenset({"lib", "rlib", "dylib"})


def selects_library(selection: Selection, metadata: Metadata) -> bool:
    """Whether one of the selected targets is a library for Rust code outside of the build."""
    if _names_targets(selection) and not (selection.lib or selection.all_targets):
        return False
    kinds = (set(target.kind) for package in _selected(selection, metadata) for target in package.targets)
    return any(not _LINKED_BY_RUST.isdisjoint(each) for each in kinds)


def _names_targets(selection: Selection) -> bool:
    named = (selection.bins, selection.examples, selection.benches, selection.tests)
    every = (selection.all_bins, selection.all_examples, selection.all_benches, selection.all_tests)
    return selection.lib or selection.all_targets or any(named) or any(every)


def _selected(selection: Selection, metadata: Metadata) -> Iterator[Package]:
    """Clause 1."""
    by_default = _default_members(metadata)
    for package in metadata.packages:
        if selection.packages:
            is_selected = any(_is_named(package, each) for each in selection.packages)
        elif selection.workspace:
            is_selected = metadata.is_member(package.id) and package.name not in selection.exclude
        else:
            is_selected = package.id in by_default
        if is_selected:
            yield package


def _is_named(package: Package, specification: str) -> bool:
    """``NAME``, ``NAME@VERSION``, a pattern, or a URL, of which only the path's end is looked at."""
    name = specification.rpartition("#")[2].partition("@")[0]
    return "/" in name or fnmatchcase(package.name, name) or name[:1].isdecimal()


def _default_members(metadata: Metadata) -> tuple[str, ...]:
    resolved = metadata.resolve.root if metadata.resolve else None
    here = next((package for package in metadata.packages if package.id == resolved), None)
    if here is not None and here.root_dir != metadata.workspace_root:
        return (here.id,)
    return metadata.workspace_default_members or metadata.workspace_members

"""Whether a library is audited, by what cargo was asked to build."""

from pathlib import Path

import pytest

from ringfence.pipeline.cargo_metadata import Metadata, Package, Resolve, Selection, Target
from ringfence.pipeline.libraries import selects_library

WORKSPACE = Path("/w")


def package(name: str, *kinds: str) -> Package:
    targets = tuple(Target(name, (kind,), WORKSPACE / name / "src" / kind) for kind in kinds)
    return Package(f"{name}@0.1.0", name, "0.1.0", WORKSPACE / name / "Cargo.toml", targets, {})


PACKAGES = (package("app", "bin"), package("tools", "lib", "bin"), package("plugin", "cdylib"), package("dep", "lib"))
MEMBERS = ("app@0.1.0", "tools@0.1.0", "plugin@0.1.0")


def selects(selection: Selection, root: str | None = None, default: tuple[str, ...] = MEMBERS) -> bool:
    return selects_library(
        selection, Metadata(WORKSPACE, WORKSPACE / "target", PACKAGES, MEMBERS, default, Resolve(root))
    )


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(workspace=True),
        Selection(packages=("tools",)),
        Selection(packages=("tools@0.1.0",)),
        Selection(packages=("to*",)),
        Selection(packages=("https://example.org/tools",)),
        Selection(packages=("app", "tools"), lib=True),
        Selection(packages=("tools",), all_targets=True),
    ],
    ids=str,
)
def test_a_library_that_is_asked_for_has_users(selection: Selection) -> None:
    assert selects(selection)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(packages=("app",)),
        Selection(packages=("plugin",)),
        Selection(packages=("tools",), bins=("tools",)),
        Selection(packages=("tools",), all_bins=True),
        Selection(packages=("tools",), all_tests=True),
        Selection(workspace=True, exclude=("tools",)),
    ],
    ids=str,
)
def test_a_library_that_only_a_program_needs_has_none(selection: Selection) -> None:
    assert not selects(selection)


def test_without_packages_the_manifests_own_counts_or_the_default_members() -> None:
    assert not selects(Selection(), root="app@0.1.0")
    assert selects(Selection(), root="tools@0.1.0")
    assert not selects(Selection(), default=("app@0.1.0",))
    assert selects(Selection(), default=()), "an older cargo does not tell: all members may be meant"

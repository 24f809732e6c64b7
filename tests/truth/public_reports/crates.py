"""The small crate of an entry: made below ``build/``, with the dependency at its exact version, and audited."""

import shutil
import subprocess
from pathlib import Path

from truth.public_reports.entry import ENTRIES, Entry

from ringfence.pipeline.audit import AuditRequest, run_audit
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.progress import SilentProgress
from ringfence.pipeline.report.model import Report

BUILD = Path(__file__).parents[3] / "build" / "public_reports"
_MANIFEST = """[package]
name = "reported"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"

[workspace]

[dependencies]
{dependencies}
"""


def audit(name: str, entry: Entry, which: str) -> Report:
    """What ringfence says of one version. Builds share one target folder: most have the same few dependencies."""
    manifest = make(name, entry, which)
    selection = Selection(manifest_path=manifest, target_dir=BUILD / "target", locked=True)
    return run_audit(AuditRequest(selection, workers=2), SilentProgress())


def make(name: str, entry: Entry, which: str) -> Path:
    """Write the crate; its manifest."""
    folder = BUILD / name / which
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(_source(name, which), folder / "lib.rs")
    if _lock(name, which).exists():
        shutil.copy(_lock(name, which), folder / "Cargo.lock")
    manifest = folder / "Cargo.toml"
    manifest.write_text(_MANIFEST.format(dependencies="\n".join(_dependencies(entry, which))), encoding="utf-8")
    return manifest


def lock(name: str, entry: Entry, which: str) -> None:
    """Write the lock file anew, with cargo's choice of today for what the entry does not pin."""
    _lock(name, which).unlink(missing_ok=True)
    manifest = make(name, entry, which)
    manifest.with_name("Cargo.lock").unlink(missing_ok=True)
    subprocess.run(["cargo", "generate-lockfile", "--quiet", "--manifest-path", manifest], check=True)
    shutil.copy(manifest.with_name("Cargo.lock"), _lock(name, which))


def is_locked(name: str, which: str) -> bool:
    """Whether the lock file is there."""
    return _lock(name, which).exists()


def _lock(name: str, which: str) -> Path:
    return ENTRIES / name / f"{which}.lock"


def _source(name: str, which: str) -> Path:
    own = ENTRIES / name / f"{which}.rs"
    return own if own.exists() else ENTRIES / name / "lib.rs"


def _dependencies(entry: Entry, which: str) -> list[str]:
    features = ", ".join(f'"{each}"' for each in entry.features_of(which))
    default = "" if entry.default_features else "default-features = false, "
    first = f'{entry.package} = {{ version = "={entry.version(which)}", {default}features = [{features}] }}'
    return [first, *(f'{name} = "={version}"' for name, version in sorted(entry.dependencies.items()))]

"""``ringfence demo``: the small order gateway that the package brings, audited.

Built from source where cargo is there. Where it is not, the bitcode beside the source serves, which ``make
bitcode`` built from it; std's own bodies are then missing, and the report says so.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from ringfence.pipeline.audit import AuditRequest, run_audit
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.errors import BuildError
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.report.model import Report
from ringfence.pipeline.store import default_store

T = TypeVar("T")

_CRATE = Path(__file__).parent / "demo_crate"
BITCODE = _CRATE / "gateway.bc"


def run_demo(progress: Progress) -> Report:
    """Audit the example; the report's build line says whether source or bitcode was audited."""
    report, why = on_demo(lambda request: run_audit(request, progress))
    if not why:
        return report
    note = f"this is the bitcode that ringfence brings, not a build of the source, because {why}"
    return msgspec.structs.replace(report, notes=(note, *report.notes))


def on_demo(run: Callable[[AuditRequest], T]) -> tuple[T, str]:
    """What ``run`` makes of the example, and why it was its bitcode; nothing where it was its source."""
    request = AuditRequest(
        selection=Selection(manifest_path=_CRATE / "Cargo.toml", target_dir=default_store() / "demo")
    )
    by_hand = replace(request, ir=(BITCODE,), workspace=_CRATE, config=_CRATE / "ringfence.toml")
    if shutil.which("cargo") is None:
        return run(by_hand), "cargo was not found"
    try:
        return run(request), ""
    except BuildError as error:
        return run(by_hand), str(error)

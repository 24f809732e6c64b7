"""``ringfence demo``: the small order gateway that the package brings, audited.

Built from source where cargo is there. Where it is not, the bitcode beside the source serves, which ``make
bitcode`` built from it; std's own bodies are then missing, and the report says so.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import msgspec

from ringfence.pipeline.audit import AuditRequest, run_audit
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.errors import BuildError
from ringfence.pipeline.progress import Progress
from ringfence.pipeline.report.model import Report
from ringfence.pipeline.store import default_store

_CRATE = Path(__file__).parent / "demo_crate"
BITCODE = _CRATE / "gateway.bc"


def run_demo(progress: Progress) -> Report:
    """Audit the example; the report's build line says whether source or bitcode was audited."""
    request = AuditRequest(
        selection=Selection(manifest_path=_CRATE / "Cargo.toml", target_dir=default_store() / "demo")
    )
    if shutil.which("cargo") is None:
        return _from_bitcode(request, progress, "cargo was not found")
    try:
        return run_audit(request, progress)
    except BuildError as error:
        return _from_bitcode(request, progress, str(error))


def _from_bitcode(request: AuditRequest, progress: Progress, why: str) -> Report:
    by_hand = replace(request, ir=(BITCODE,), workspace=_CRATE, config=_CRATE / "ringfence.toml")
    report = run_audit(by_hand, progress)
    note = f"this is the bitcode that ringfence brings, not a build of the source, because {why}"
    return msgspec.structs.replace(report, notes=(note, *report.notes))

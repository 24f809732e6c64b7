"""``make bench``: what an audit of laminar-core 0.1.0 costs, beside what it cannot cost less than. Prints tables.

The floor is the time that llvmlite alone needs to parse and print the modules that the audit read, in one process. The
machine's clock is noisy: compare the ratios, which come from one run, not the seconds.

    python tests/bench.py            everything: an empty target directory, a plain release build beside it
    python tests/bench.py --quick    only the steps behind cargo, on a build that is there
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from ringfence.pipeline.audit import AuditRequest, Clock, Step, run_audit
from ringfence.pipeline.cargo import Selection
from ringfence.pipeline.progress import SilentProgress

CRATE = Path(__file__).parent.parent / "testcrates" / "laminardb-0.1.0"
ROOTS = (
    "laminar_core::reactor::Reactor::submit",
    "laminar_core::reactor::Reactor::poll",
    "laminar_core::dag::executor::DagExecutor::process_event",
    "laminar_core::tpc::spsc::SpscQueue::push",
    "laminar_core::tpc::spsc::SpscQueue::pop",
    "laminar_core::tpc::spsc::SpscQueue::pop_batch",
    "laminar_core::tpc::spsc::SpscQueue::pop_batch_into",
    "laminar_core::tpc::spsc::SpscQueue::pop_each",
)
BEHIND_CARGO = ("index", "read", "link", "passes", "report")
MEGABYTE = 1_000_000


class Run(msgspec.Struct, frozen=True):
    """One audit, in a process of its own."""

    steps: tuple[Step, ...]
    modules: int
    modules_read: int
    findings: int
    parent_peak: int
    worker_peak: int
    read: tuple[tuple[str, int, int], ...]
    """Path, offset and size of the modules read."""

    def wall(self, *names: str) -> float:
        """Seconds of the named steps."""
        return sum(step.wall_seconds for step in self.steps if step.name in names)

    def cpu(self, *names: str) -> float:
        """Processor seconds of the named steps, workers and cargo included."""
        return sum(step.cpu_seconds for step in self.steps if step.name in names)


def main() -> None:
    """Run everything and print."""
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
        return
    quick = "--quick" in sys.argv[1:]
    console = Console(width=110)
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        scratch = Path(folder)
        config = scratch / "ringfence.toml"
        config.write_text("".join(f'[[roots]]\npath = "{root}"\n' for root in ROOTS), encoding="utf-8")
        target = CRATE / "target" / "ringfence" if quick else scratch / "audit"
        runs = {
            "cold, one worker": audit(target, config, scratch / "store-1", workers=1),
            "cold, two workers": audit(target, config, scratch / "store-2", workers=2),
            "warm": audit(target, config, scratch / "store-2", workers=2),
        }
        floor = parse_and_print(runs["cold, one worker"])
        show_steps(console, runs, floor)
        if not quick:
            show_budget(console, runs, plain_build(scratch / "plain"))


def audit(target: Path, config: Path, store: Path, workers: int) -> Run:
    """Audit in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--one", str(target), str(config), str(workers)]
    environment = {**os.environ, "RINGFENCE_CACHE": str(store)}
    answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(answer.stdout.splitlines()[-1], type=Run)


def one(target: Path, config: Path, workers: int) -> None:
    """One audit; its figures as JSON on standard output."""
    selection = Selection(manifest_path=CRATE / "Cargo.toml", target_dir=target, locked=True)
    clock = Clock()
    report = run_audit(AuditRequest(selection, config=config, workers=workers), SilentProgress(), clock)
    run = Run(
        steps=tuple(clock.steps),
        modules=report.coverage.modules,
        modules_read=report.coverage.modules_read,
        findings=len(report.findings),
        parent_peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        worker_peak=clock.worker_peak_bytes,
        read=tuple(clock.modules_read),
    )
    sys.stdout.buffer.write(msgspec.json.encode(run) + b"\n")


FLOOR = """
import json, sys, time
from ringfence.pipeline.ir.module import print_module
modules = json.load(sys.stdin)
started, size = time.monotonic(), 0
for path, offset, length in modules:
    with open(path, "rb") as file:
        file.seek(offset)
        size += len(print_module(file.read(length)))
print(time.monotonic() - started, size)
"""


def parse_and_print(run: Run) -> tuple[float, int]:
    """Seconds that llvmlite needs for the modules of a run, in one process, and the bytes that it prints."""
    answer = subprocess.run(
        [sys.executable, "-c", FLOOR], input=json.dumps(run.read), stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, size = answer.stdout.split()
    return float(seconds), int(size)


def plain_build(target: Path) -> tuple[float, float]:
    """Wall and processor seconds of ``cargo build --release`` of the same crates."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--manifest-path", CRATE / "Cargo.toml", "--target-dir", target],
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu


def show_steps(console: Console, runs: dict[str, Run], floor: tuple[float, int]) -> None:
    """Seconds and memory of each step behind cargo, and the ratio to the floor."""
    first = next(iter(runs.values()))
    seconds, size = floor
    title = (
        f"{len(ROOTS)} roots: {first.modules_read} of {first.modules} modules read, {first.findings} findings; floor: "
        f"{seconds:.2f} s to parse and print {size / MEGABYTE:.0f} MB"
    )
    table = Table("", *BEHIND_CARGO, "sum", "read / floor", "parent MB", "worker MB", title=title, title_justify="left")
    for name, run in runs.items():
        walls = [run.wall(step) for step in BEHIND_CARGO]
        table.add_row(
            name,
            *(f"{wall:.2f} s" for wall in walls),
            f"{sum(walls):.2f} s",
            f"{run.wall('read') / seconds:.2f}",
            f"{run.parent_peak / MEGABYTE:.0f}",
            f"{run.worker_peak / MEGABYTE:.0f}",
        )
    console.print(table)


def show_budget(console: Console, runs: dict[str, Run], plain: tuple[float, float]) -> None:
    """The audit beside the cargo step before it, and both beside a plain release build."""
    cold = runs["cold, one worker"]
    cargo_cpu, audit_cpu = cold.cpu("cargo"), cold.cpu(*BEHIND_CARGO)
    cargo_wall, audit_wall = cold.wall("cargo"), cold.wall(*BEHIND_CARGO)
    table = Table("", "wall", "processor", title="from nothing", title_justify="left")
    table.add_row("cargo step", f"{cargo_wall:.1f} s", f"{cargo_cpu:.1f} s")
    table.add_row("audit, cold", f"{audit_wall:.1f} s", f"{audit_cpu:.1f} s")
    table.add_row("cargo build --release", f"{plain[0]:.1f} s", f"{plain[1]:.1f} s")
    table.add_row("audit / cargo step", "", f"{audit_cpu / cargo_cpu:.1%}")
    share = (cargo_cpu + audit_cpu) / plain[1]
    table.add_row("both / plain build", f"{(cargo_wall + audit_wall) / plain[0]:.2f}", f"{share:.2f}")
    warm = runs["warm"]
    table.add_row("warm audit beyond cargo", f"{warm.wall(*BEHIND_CARGO):.2f} s", f"{warm.cpu(*BEHIND_CARGO):.2f} s")
    console.print(table)


if __name__ == "__main__":
    main()

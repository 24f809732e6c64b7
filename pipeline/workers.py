"""Worker processes that read modules: started when needed, replaced when they die, ended when they have grown large."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from ringfence.pipeline.ir.worker import Answer, Task, receive, send

_MAX_PEAK_BYTES = 1_500_000_000
"""A worker that has needed more is replaced: LLVM does not give memory back."""

_BYTES_PER_WORKER = 3_000_000
"""A further process pays for its start from about so much bitcode on."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of one task: encoded facts, or the reason why there are none."""

    facts: bytes
    error: str


class _Worker:
    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ringfence.pipeline.ir.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        self.peak_bytes = 0

    def read(self, task: Task) -> Read:
        """Facts, the reader's own error, or what the process said when it died."""
        stdin, stdout = self._pipes()
        try:
            send(stdin, task)
            data = receive(stdout)
        except (BrokenPipeError, ValueError):
            data = None
        if data is None:
            return Read(b"", self._last_words())
        answer = msgspec.msgpack.decode(data, type=Answer)
        self.peak_bytes = answer.peak_bytes
        return Read(answer.facts, answer.error)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (*self._pipes(), self._errors):
            stream.close()

    def _pipes(self) -> tuple[BinaryIO, BinaryIO]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ValueError("a worker without pipes")
        return stdin, stdout  # type: ignore[return-value]  # typeshed's IO[bytes] is a BinaryIO here

    def _last_words(self) -> str:
        status = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        reason = lines[0] if lines else f"exit status {status}"
        return f"LLVM aborted while reading the module: {reason}"


class WorkerPool:
    """At most ``limit`` processes; one thread talks to each."""

    def __init__(self, limit: int) -> None:
        self.limit = max(limit, 1)
        """Processes at most."""
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        self.peak_bytes = 0

    def read(self, tasks: Iterable[Task], done: Callable[[], None]) -> Iterator[tuple[Task, Read]]:
        """Read all tasks, large ones first; answers come in that order. ``done`` is called after each."""
        ordered = sorted(tasks, key=lambda task: (-task.size, task.path, task.offset))
        count = min(self.limit, len(ordered), 1 + sum(task.size for task in ordered) // _BYTES_PER_WORKER)
        if not ordered:
            return
        with ThreadPoolExecutor(count) as threads:
            try:
                for task, answer in zip(ordered, threads.map(self._read, ordered), strict=True):
                    done()
                    yield task, answer
            except BaseException:
                self.close()
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def close(self) -> None:
        """End every process, idle or not."""
        with self._lock:
            self._closed = True
            workers, self._all, self._idle = self._all, set(), []
        for worker in workers:
            worker.stop()

    def _read(self, task: Task) -> Read:
        worker = self._take()
        answer = worker.read(task)
        self._give_back(worker)
        return answer

    def _take(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise InterruptedError("the audit was stopped")
            if self._idle:
                return self._idle.pop()
            worker = _Worker()
            self._all.add(worker)
            return worker

    def _give_back(self, worker: _Worker) -> None:
        self.peak_bytes = max(self.peak_bytes, worker.peak_bytes)
        with self._lock:
            if worker.is_alive and worker.peak_bytes < _MAX_PEAK_BYTES:
                self._idle.append(worker)
                return
            self._all.discard(worker)
        worker.stop()

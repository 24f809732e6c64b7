"""A worker process: module in, facts out, until its input ends.

Started as ``python -m ringfence.pipeline.ir.worker``. A message either way is a length of eight little-endian bytes and
as many bytes of msgpack. LLVM may abort this process on invalid IR; whoever started it sees the output end.
"""

import gc
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from ringfence.graphs.facts import encode_module
from ringfence.pipeline.ir.module import InvalidModuleError, print_module
from ringfence.pipeline.ir.reader import read_module

LENGTH_BYTES = 8


class Task(msgspec.Struct, frozen=True, array_like=True):
    """One module to read."""

    path: str
    offset: int
    size: int
    is_text: bool


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """Its facts, or why there are none, and what the process has needed so far."""

    facts: bytes
    error: str
    peak_bytes: int


def send(stream: BinaryIO, message: Task | Answer) -> None:
    """Write one message."""
    data = msgspec.msgpack.encode(message)
    stream.write(len(data).to_bytes(LENGTH_BYTES, "little"))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read one message; None at the end of the input, also in the middle of a message."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "little")
    data = stream.read(size)
    return data if len(data) == size else None


def read_task(task: Task) -> bytes:
    """Facts of one module, encoded. Raises `OSError` or `InvalidModuleError`."""
    with Path(task.path).open("rb") as file:
        file.seek(task.offset)
        content = file.read(task.size)
    return encode_module(read_module(print_module(content, text=task.is_text)))


def serve(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Answer every task in turn."""
    while (data := receive(tasks)) is not None:
        task = msgspec.msgpack.decode(data, type=Task)
        facts, error = b"", ""
        try:
            facts = read_task(task)
        except (InvalidModuleError, OSError) as problem:
            error = str(problem)
        except MemoryError:
            error = "not enough memory to read the module"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        send(answers, Answer(facts, error, peak))


if __name__ == "__main__":
    # Records by the million and no cycles among them: the cyclic collector would only look in vain.
    gc.disable()
    # Ctrl-C reaches the whole process group: the parent decides, and ends us by closing our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)

"""What a thread waits for, or asks of the kernel: from the functions on the way to a system call, then from its name.

The way says more than the end of it: ``write`` may print, send, or write a file.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache

from ringfence.graphs.contracts import ENTRY_OF_THREAD, WAITS_FOR_THREADS, Effect
from ringfence.graphs.effects import effect_of
from ringfence.graphs.folding import NO_LABEL
from ringfence.graphs.names import STANDARD_CRATES, crate_of, method_name, without_generics


class BlockingClass(StrEnum):
    """Values of ``detail.class``."""

    CHANNEL = "channel"
    FILE = "file"
    FUTEX = "futex"
    JOIN = "join"
    LOG = "log"
    MEMORY_MAP = "memory-map"
    PARK = "park"
    POLL = "poll"
    PRINT = "print"
    PROCESS = "process"
    SLEEP = "sleep"
    SOCKET = "socket"
    SYSCALL = "syscall"
    THREAD = "thread"
    YIELD = "yield"


WORDS = {
    BlockingClass.CHANNEL: "waiting for a channel",
    BlockingClass.FILE: "file access",
    BlockingClass.FUTEX: "waiting for a lock, or waking who waits",
    BlockingClass.JOIN: "waiting for a thread to end",
    BlockingClass.LOG: "logging",
    BlockingClass.MEMORY_MAP: "changing the memory map",
    BlockingClass.PARK: "parking the thread",
    BlockingClass.POLL: "waiting for events",
    BlockingClass.PRINT: "printing",
    BlockingClass.PROCESS: "a process",
    BlockingClass.SLEEP: "sleeping",
    BlockingClass.SOCKET: "socket access",
    BlockingClass.SYSCALL: "a system call",
    BlockingClass.THREAD: "starting a thread",
    BlockingClass.YIELD: "giving up the processor",
}
"""How a message names them."""

_BY_WAY = (
    (BlockingClass.PRINT, re.compile(r"std::io::stdio::(?:_print|_eprint|print_to|Std(?:out|err))")),
    (BlockingClass.CHANNEL, re.compile(r"^<?(?:std::sync::mp[sm]c|crossbeam_channel|flume|kanal|async_channel)::")),
    (BlockingClass.JOIN, re.compile(r"std::thread::.*Join(?:Handle|Inner)::join$|std::thread::scoped::scope$")),
    (BlockingClass.PROCESS, re.compile(r"^<?std::process::")),
    (BlockingClass.FILE, re.compile(r"^<?(?:std::fs::|tempfile::|memmap2?::)")),
    (BlockingClass.SOCKET, re.compile(r"^<?(?:std::net::|std::os::unix::net::|mio::net|socket2::)")),
    (BlockingClass.SLEEP, re.compile(r"^std::thread::(?:\w+::)*sleep(?:_ms|_until)?$")),
    (BlockingClass.YIELD, re.compile(r"^std::thread::(?:\w+::)*yield_now$")),
    (BlockingClass.FUTEX, re.compile(r"\b(?:Mutex|RwLock|Condvar|Once|OnceLock|Barrier)(?:Guard)?\b.*::")),
    (BlockingClass.PARK, re.compile(r"^<?std::thread::.*(?:park|unpark)")),
)
_BY_SYMBOL = {
    BlockingClass.FUTEX: """futex pthread_cond_wait pthread_cond_timedwait pthread_barrier_wait sem_wait sem_timedwait
        sem_trywait sem_post WaitOnAddress WaitForSingleObject""",
    BlockingClass.JOIN: " ".join(sorted(WAITS_FOR_THREADS - {"WaitForSingleObject"})),
    BlockingClass.SLEEP: "sleep usleep nanosleep clock_nanosleep pause Sleep",
    BlockingClass.YIELD: "sched_yield",
    BlockingClass.SOCKET: """socket socketpair bind listen connect accept accept4 shutdown getsockopt setsockopt
        getsockname getpeername send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg""",
    BlockingClass.POLL: """poll ppoll select pselect epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd kqueue
        kevent io_uring_enter""",
    BlockingClass.PROCESS: """fork vfork execve execvp posix_spawn posix_spawnp system popen wait waitpid wait4 waitid
        kill""",
    BlockingClass.THREAD: " ".join(ENTRY_OF_THREAD),
    BlockingClass.MEMORY_MAP: "madvise mlock mprotect msync",
    BlockingClass.PRINT: "printf vprintf puts putchar perror __printf_chk __vprintf_chk",
    BlockingClass.FILE: """read pread pread64 readv preadv preadv64 write pwrite pwrite64 writev pwritev pwritev64 open
        open64 openat openat64 creat close fsync fdatasync sync syncfs ftruncate ftruncate64 fallocate lseek lseek64
        stat stat64 fstat fstat64 lstat lstat64 fstatat fstatat64 statx access mkdir rmdir unlink unlinkat rename
        renameat link linkat symlink readlink readlinkat chmod fchmod readdir readdir64 readdir64_r copy_file_range
        sendfile sendfile64 splice fwrite fread fgets fputs fprintf vfprintf fflush ReadFile WriteFile""",
}
_CLASS_OF = {name: each for each, names in _BY_SYMBOL.items() for name in names.split()}
_FUTEX = re.compile(r"5futex|9lock_slow|lock_(?:shared|exclusive)_slow|11unlock_slow")
_MACROS = {
    "std::io::stdio::_print": "println!",
    "std::io::stdio::_eprint": "eprintln!",
    "log::__private_api::log": "log!",
    "log::__private_api::log_impl": "log!",
}


@cache
def label_of(name: str) -> int:
    """Number of the first class whose expression fits the path of a function; `NO_LABEL` where none does. On a way the
    least one decides."""
    plain = without_generics(name)
    return next((number for number, (_, pattern) in enumerate(_BY_WAY) if pattern.search(plain)), NO_LABEL)


def class_at(label: int, symbol: str) -> BlockingClass:
    """Of a call of ``symbol``; ``label`` is the least one of the functions that lead to it from the user's line on.
    What the kernel answers at once is a system call, whatever leads to it: ``std::process::id`` starts no process."""
    if effect_of(symbol) is Effect.ENTERS:
        return BlockingClass.SYSCALL
    if label != NO_LABEL:
        return _BY_WAY[label][0]
    plain = symbol.split("@", 1)[0]
    return _CLASS_OF.get(plain, BlockingClass.FUTEX if _FUTEX.search(symbol) else BlockingClass.SYSCALL)


def only_yields(symbols: Iterable[str]) -> bool:
    """Whether all that a channel asks of the kernel is to give up the processor: then it waits for no message."""
    return all(_CLASS_OF.get(symbol.split("@", 1)[0]) is BlockingClass.YIELD for symbol in symbols)


def macro(path: str) -> str:
    """The macro that calls a function, such as ``println!``; empty where none is known to."""
    return _MACROS.get(without_generics(path), "")


def spelled(path: str) -> str:
    """A called function as the user wrote it: ``File::open``, ``thread::sleep``, ``println!``."""
    plain = without_generics(path)
    if plain in _MACROS:
        return _MACROS[plain]
    if plain.startswith("<") or "{" in plain or " " in plain or "::" not in plain:
        return method_name(path)
    holder, _, method = plain.rpartition("::")
    if holder.startswith("core::core_arch"):
        return method
    if holder.startswith("std::thread::functions"):
        return f"thread::{method}"
    last = holder.rsplit("::", 1)[-1]
    is_of_module = last[:1].islower() and crate_of(path) not in STANDARD_CRATES
    return f"{crate_of(path) if is_of_module else last}::{method}"

"""What a name tells of a lock, and of what a thread waits for."""

import pytest

from ringfence.graphs.folding import NO_LABEL
from ringfence.passes.blocking_kinds import BlockingClass, class_at, label_of, spelled
from ringfence.passes.channels import QUEUE
from ringfence.passes.lock_kinds import ACQUIRING, RELEASING, Lock, LockKind, lock_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("std::sync::poison::mutex::Mutex<book::Book>::lock", Lock("std", LockKind.MUTEX, "book::Book")),
        ("std::sync::poison::rwlock::RwLock<u64>::read", Lock("std", LockKind.READ, "u64")),
        ("std::sync::poison::rwlock::RwLock<(u8, [u8; 4])>::write", Lock("std", LockKind.WRITE, "(u8, [u8; 4])")),
        (
            "lock_api::mutex::Mutex<parking_lot::raw_mutex::RawMutex, alloc::vec::Vec<u8>>::lock",
            Lock("parking_lot", LockKind.MUTEX, "alloc::vec::Vec<u8>"),
        ),
        (
            "<parking_lot::raw_rwlock::RawRwLock as lock_api::rwlock::RawRwLock>::lock_shared",
            Lock("parking_lot", LockKind.READ, ""),
        ),
        ("spin::mutex::spin::SpinMutex<book::Book>::lock", Lock("spin", LockKind.MUTEX, "book::Book")),
        ("tokio::sync::mutex::Mutex<book::Book>::lock::{closure#0}", Lock("tokio", LockKind.MUTEX, "book::Book")),
        ("<ours::Flag as lock_api::mutex::RawMutex>::lock", Lock("ours", LockKind.MUTEX, "")),
        ("<ours::Many as lock_api::rwlock::RawRwLock>::lock_shared", Lock("ours", LockKind.READ, "")),
        ("lock_api::mutex::Mutex<ours::Flag, book::Book>::lock", Lock("ours", LockKind.MUTEX, "book::Book")),
        ("pthread_rwlock_rdlock", Lock("pthread", LockKind.READ, "")),
        ("pthread_cond_signal", Lock("pthread", LockKind.CONDVAR, "")),
    ],
)
def test_a_name_tells_library_kind_and_guarded_type(name: str, expected: Lock) -> None:
    assert lock_of(name) == expected


@pytest.mark.parametrize(
    "guard",
    [
        "<std::sync::poison::mutex::MutexGuard<'_, book::Book> as core::ops::drop::Drop>::drop",
        "<lock_api::mutex::MutexGuard<parking_lot::raw_mutex::RawMutex, book::Book> as core::ops::drop::Drop>::drop",
        "core::ptr::drop_in_place::<std::sync::poison::mutex::MutexGuard<book::Book>>",
    ],
)
def test_a_guard_tells_the_type_that_it_gives_back(guard: str) -> None:
    assert lock_of(guard).guarded == "book::Book"


@pytest.mark.parametrize(
    ("name", "acquires"),
    [
        ("<ours::Flag as lock_api::mutex::RawMutex>::try_lock", True),
        ("<ours::Many as lock_api::rwlock::RawRwLockUpgrade>::upgrade", True),
        ("<ours::Many as lock_api::rwlock::RawRwLockTimed>::try_lock_shared_for", True),
        ("<ours::Many as lock_api::rwlock::RawRwLockDowngrade>::downgrade", False),
        ("<ours::Flag as lock_api::mutex::RawMutexFair>::bump", False),
        ("<ours::Flag as ours::RawMutex>::lock", False),
    ],
)
def test_whoever_implements_the_traits_of_lock_api_acquires(name: str, acquires: bool) -> None:
    assert (ACQUIRING.match(name) is not None) == acquires


def test_what_unlocks_does_not_acquire() -> None:
    unlock = "<parking_lot::raw_mutex::RawMutex as lock_api::mutex::RawMutex>::unlock"
    assert ACQUIRING.match(unlock)
    assert RELEASING.search(unlock)
    assert not RELEASING.search("lock_api::mutex::Mutex::lock")


@pytest.mark.parametrize("name", ["book::Mutex::lock", "std::fs::File::lock", "std::sync::poison::mutex::Mutex::new"])
def test_what_is_merely_called_like_a_lock_does_not_acquire(name: str) -> None:
    assert not ACQUIRING.match(name)


@pytest.mark.parametrize(
    ("symbol", "way", "expected"),
    [
        ("write", ["std::io::stdio::_print", "std::io::stdio::print_to::<Stdout>"], BlockingClass.PRINT),
        ("write", ["std::fs::File::write"], BlockingClass.FILE),
        ("write", ["<std::net::tcp::TcpStream as std::io::Write>::write"], BlockingClass.SOCKET),
        ("write", ["vendor::raw_write"], BlockingClass.FILE),
        ("nanosleep", ["std::thread::functions::sleep"], BlockingClass.SLEEP),
        ("sched_yield", [], BlockingClass.YIELD),
        ("pthread_join", ["std::thread::JoinHandle<()>::join"], BlockingClass.JOIN),
        ("syscall", ["std::sync::mpsc::Receiver<u64>::recv"], BlockingClass.CHANNEL),
        ("syscall", ["std::sync::poison::mutex::Mutex<u64>::lock"], BlockingClass.FUTEX),
        ("syscall", [], BlockingClass.SYSCALL),
        ("syscall", ["<own::Keys as core::ops::function::FnOnce<()>>::call_once"], BlockingClass.SYSCALL),
        ("mprotect", [], BlockingClass.MEMORY_MAP),
    ],
)
def test_the_way_to_a_system_call_tells_its_class_before_its_name_does(
    symbol: str, way: list[str], expected: BlockingClass
) -> None:
    assert class_at(min(map(label_of, way), default=NO_LABEL), symbol) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("std::io::stdio::_print", "println!"),
        ("std::fs::File::open::<&str>", "File::open"),
        ("std::thread::functions::sleep", "thread::sleep"),
        ("std::sync::mpsc::Receiver<u64>::recv", "Receiver::recv"),
        ("<std::net::tcp::TcpStream as std::io::Read>::read", "read"),
        ("core::core_arch::x86::rdtsc::_rdtsc", "_rdtsc"),
        ("usleep", "usleep"),
    ],
)
def test_a_called_function_is_named_as_the_user_wrote_it(path: str, expected: str) -> None:
    assert spelled(path) == expected


@pytest.mark.parametrize(
    "name",
    [
        "std::sync::mpsc::Sender::send",
        "crossbeam_channel::channel::Receiver::try_recv",
        "crossbeam_queue::seg_queue::SegQueue::pop",
        "flume::Sender::send",
        "tokio::sync::mpsc::unbounded::UnboundedSender::send",
        "tokio::sync::mpsc::bounded::Sender::send::{closure#0}",
        "kanal::Sender::send",
    ],
)
def test_queues_for_many_threads_are_known(name: str) -> None:
    assert QUEUE.match(name)


@pytest.mark.parametrize(
    "name",
    [
        "rtrb::Producer::push",
        "ringbuf::traits::producer::Producer::try_push",
        "heapless::spsc::Producer::enqueue",
        "std::sync::mpsc::channel",
        "plant::Sender::send",
    ],
)
def test_rings_for_two_threads_and_other_names_are_not_queues(name: str) -> None:
    assert not QUEUE.match(name)

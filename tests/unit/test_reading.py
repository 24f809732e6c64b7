"""From module files to facts: worker processes that may die, and the store that spares their work."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from unit.ir_modules import Source, facts_of

from ringfence.graphs.facts import encode_module
from ringfence.pipeline.ir.module import printer_version
from ringfence.pipeline.ir.worker import Task
from ringfence.pipeline.store import FactsStore
from ringfence.pipeline.workers import Read, WorkerPool

TEXT = Source().module("define void @root() { ret void }")


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with closing(WorkerPool(2)) as workers:
        yield workers


def task(path: Path, content: bytes, *, is_text: bool) -> Task:
    path.write_bytes(content)
    return Task(str(path), 0, len(content), is_text)


def read(pool: WorkerPool, *tasks: Task) -> dict[str, Read]:
    return {Path(each.path).name: answer for each, answer in pool.read(tasks, lambda: None)}


def test_a_worker_reads_text(pool: WorkerPool, tmp_path: Path) -> None:
    answer = read(pool, task(tmp_path / "good.ll", TEXT.encode(), is_text=True))["good.ll"]
    assert answer.error == ""
    assert b"root" in answer.facts


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.bc", b""),
        ("random.bc", bytes(range(256)) * 64),
        ("cut.bc", b"BC\xc0\xde" + b"\x35\x14\x00\x00" * 40),
        ("wrong.ll", b"define void @root( {"),
    ],
)
def test_a_damaged_module_costs_only_itself(pool: WorkerPool, tmp_path: Path, name: str, content: bytes) -> None:
    damaged = task(tmp_path / name, content, is_text=name.endswith(".ll"))
    good = [task(tmp_path / f"good-{number}.ll", TEXT.encode(), is_text=True) for number in range(3)]
    answers = read(pool, damaged, *good)
    assert answers[name].error
    assert answers[name].facts == b""
    assert all(answers[f"good-{number}.ll"].error == "" for number in range(3))


def test_a_file_that_is_gone_is_named(pool: WorkerPool, tmp_path: Path) -> None:
    gone = task(tmp_path / "gone.bc", b"BC\xc0\xde", is_text=False)
    Path(gone.path).unlink()
    answer = read(pool, gone)["gone.bc"]
    assert "gone.bc" in answer.error
    assert "\n" not in answer.error


def test_a_closed_pool_takes_no_more_work(tmp_path: Path) -> None:
    pool = WorkerPool(1)
    pool.close()
    with pytest.raises(InterruptedError):
        read(pool, task(tmp_path / "good.ll", TEXT.encode(), is_text=True))


def facts() -> bytes:
    return encode_module(facts_of(TEXT))


def test_the_store_gives_back_what_was_saved_and_nothing_else(tmp_path: Path) -> None:
    store = FactsStore(tmp_path / "store", printer_version())
    key = store.key(b"content")
    assert store.load(key) is None
    store.save(key, facts())
    loaded = store.load(key)
    assert loaded is not None
    assert list(loaded.functions) == ["root"]
    assert store.load(store.key(b"other content")) is None
    assert store.statistics().entries == 1


def test_facts_of_another_printer_are_not_found(tmp_path: Path) -> None:
    old, new = FactsStore(tmp_path, "llvmlite-1"), FactsStore(tmp_path, "llvmlite-2")
    old.save(old.key(b"content"), facts())
    assert new.load(new.key(b"content")) is None


def test_a_damaged_entry_is_removed_and_read_anew(tmp_path: Path) -> None:
    store = FactsStore(tmp_path, printer_version())
    key = store.key(b"content")
    store.save(key, facts())
    (entry,) = tmp_path.glob("*/*.facts")
    entry.write_bytes(entry.read_bytes()[:-7])
    assert store.load(key) is None
    assert not entry.exists()


def test_a_store_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way", encoding="utf-8")
    store = FactsStore(file / "store", printer_version())
    store.save(store.key(b"content"), facts())
    assert "cannot keep facts" in store.write_error
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_pruning_removes_all_entries_or_only_the_unused(tmp_path: Path) -> None:
    store = FactsStore(tmp_path, printer_version())
    store.save(store.key(b"content"), facts())
    assert store.prune(1) == 0
    assert store.prune(None) == 1
    assert store.statistics().entries == 0

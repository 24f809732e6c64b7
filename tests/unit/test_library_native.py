"""Machine code in the library of modules: what it defines, what is kept, and what a damaged object costs."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ringfence.pipeline.containers import discover
from ringfence.pipeline.library import Library
from ringfence.pipeline.module_source import ModuleSource, Origin
from ringfence.pipeline.progress import SilentProgress
from ringfence.pipeline.store import FactsStore
from ringfence.pipeline.workers import WorkerPool

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

C = """
#include <stddef.h>
extern void *take(size_t);
void *mi_malloc(size_t size) { return take(size); }
void *vendor_take(size_t size) { return mi_malloc(size + 8); }
"""


@pytest.fixture
def source(tmp_path: Path) -> ModuleSource:
    (tmp_path / "vendor.c").write_text(C)
    subprocess.run(["gcc", "-c", "-O2", "-fno-inline", "vendor.c"], cwd=tmp_path, check=True)
    (found,) = discover(tmp_path / "vendor.o", Origin.DEPENDENCY)
    return found


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with closing(WorkerPool(1)) as workers:
        yield workers


def test_functions_with_a_contract_are_not_looked_into(source: ModuleSource, pool: WorkerPool) -> None:
    symbols = Library([source], None, pool, SilentProgress()).symbols
    assert symbols.definitions("vendor_take") == (0,)
    assert symbols.definitions("mi_malloc") == ()


def test_roots_and_candidates_are_sought_among_functions_with_ir(source: ModuleSource, pool: WorkerPool) -> None:
    library = Library([source], None, pool, SilentProgress())
    assert library.native == {0}
    assert library.functions == ()


def test_facts_are_kept_by_content(source: ModuleSource, pool: WorkerPool, tmp_path: Path) -> None:
    store = FactsStore(tmp_path / "store", "printer")
    first = Library([source], store, pool, SilentProgress()).read([0])[0]
    assert store.statistics().entries == 1
    kept = store.load(store.key(source.read()))
    assert kept is not None
    assert kept.function("vendor_take") == first.function("vendor_take")
    assert Library([source], store, pool, SilentProgress()).read([0])[0].functions == first.functions


def test_an_object_that_is_damaged_is_remembered(source: ModuleSource, pool: WorkerPool) -> None:
    source.path.write_bytes(source.read()[: source.size // 2])
    library = Library([source], None, pool, SilentProgress())
    assert library.symbols.definitions("vendor_take") == ()
    assert library.read([0]) == {}
    assert {each.module for each in library.unreadable} == {"vendor.o"}

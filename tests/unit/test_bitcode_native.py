"""What is read out of native objects, against nm and objdump."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.graphs.symbols import ModuleSymbols
from ringfence.pipeline.bitcode import read_symbols
from ringfence.pipeline.containers import discover
from ringfence.pipeline.module_source import ModuleKind, ModuleSource, Origin, UnreadableModuleError
from ringfence.pipeline.native import native_functions

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("gcc", "nm", "objdump")), reason="gcc and binutils are not installed"
)

C = """
#include <stdlib.h>
extern void *filled(void *, size_t);
int table[4];
static char buffer[64];
__attribute__((noinline)) static void *helper(size_t size) { return filled(malloc(size), size); }
__attribute__((noinline)) static void lonely(int *place) { place[0] = place[1] * 3; table[1] = place[2]; }
void *make(size_t size) { return size > 64 ? helper(size) : buffer; }
void *make_twice(size_t size) { lonely(table); return (char *)helper(size) + (size_t)helper(size + 1); }
__attribute__((weak)) void hook(void *place) { free(place); }
void *(*pick(int large))(size_t) { return large ? helper : malloc; }
int silent(int x) { return x * 3 + 1; }
void again(char *text) { hook(text); lonely((int *)text); hook(text + 1); }
"""

FLAGS = [
    ("-O2", "-fPIC", "-ffunction-sections"),
    ("-O2", "-fPIC"),
    ("-O0", "-fno-pic"),
    ("-Os", "-fno-pic", "-fno-pie"),
]


def compiled(folder: Path, *flags: str) -> ModuleSource:
    (folder / "native.c").write_text(C)
    subprocess.run(["gcc", "-c", *flags, "native.c", "-o", "native.o"], cwd=folder, check=True)
    (source,) = discover(folder / "native.o", Origin.DEPENDENCY)
    return source


def listed_by_nm(path: Path) -> ModuleSymbols:
    groups: dict[str, list[str]] = defaultdict(list)
    for line in subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout.splitlines():
        kind, name = line.split()[-2:]
        groups[kind].append(name)
    return ModuleSymbols(*(tuple(sorted(groups[kind])) for kind in "TWtU"))


def calls_by_objdump(path: Path) -> dict[str, set[str]]:
    """Direct branches to other functions; where a relocation follows, its name and not the place of the zero."""
    listing = subprocess.run(
        ["objdump", "-dr", "--no-show-raw-insn", path], capture_output=True, text=True, check=True
    ).stdout
    calls: dict[str, list[str]] = {}
    function = ""
    is_call = False
    for line in listing.splitlines():
        if opened := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            function = opened[1]
            calls[function] = []
        elif target := re.search(r"\t(?:call|j\w+) +[0-9a-f]+ <(.+)>", line):
            calls[function].append(target[1])
            is_call = True
            continue
        elif is_call and (relocation := re.search(r"R_X86_64_P\w+32\t(?:\.text\.)?(\w+)-", line)):
            calls[function][-1:] = [relocation[1]]
        is_call = False
    return {name: {each for each in found if "+" not in each} - {name} for name, found in calls.items()}


def calls_of(source: ModuleSource) -> dict[str, set[str]]:
    return {symbol: each.calls for symbol, each in native_functions(source)[1].items()}


def named_by(source: ModuleSource) -> dict[str, set[str]]:
    """What a function calls, or names."""
    return {symbol: each.calls | each.names for symbol, each in native_functions(source)[1].items()}


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_the_symbols_of_an_object_are_those_that_nm_lists(tmp_path: Path, flags: tuple[str, ...]) -> None:
    source = compiled(tmp_path, *flags)
    assert source.kind is ModuleKind.NATIVE
    assert source.origin is Origin.NATIVE
    symbols = read_symbols(source)
    assert symbols == listed_by_nm(source.path)
    assert symbols is not None
    assert symbols.weak == ("hook",)
    assert "helper" in symbols.local
    assert "table" not in symbols.defined


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_every_call_that_objdump_shows_is_found(tmp_path: Path, flags: tuple[str, ...]) -> None:
    source = compiled(tmp_path, *flags)
    assert calls_of(source) == calls_by_objdump(source.path)


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_a_function_names_what_it_calls_and_what_it_takes_the_address_of(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    source = compiled(tmp_path, *flags)
    calls, named = calls_of(source), named_by(source)
    assert calls["helper"] == {"filled", "malloc"}
    assert "helper" in calls["make"]
    assert calls["make_twice"] == {"helper", "lonely"}
    assert {"helper", "malloc"} <= named["pick"]
    assert calls["pick"] == set()
    assert "free" in calls["hook"]
    assert calls["again"] == {"hook", "lonely"}


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_a_function_that_only_computes_or_touches_data_names_nothing(tmp_path: Path, flags: tuple[str, ...]) -> None:
    named = named_by(compiled(tmp_path, *flags))
    assert named["silent"] == set()
    assert named["lonely"] == set()


def test_labels_of_hand_written_assembly_are_functions(tmp_path: Path) -> None:
    (tmp_path / "hand.s").write_text(
        ".text\n.globl outer\nouter:\n call inner\n jmp elsewhere@PLT\n.globl inner\ninner:\nloop:\n dec %edi\n"
        " jnz loop\n ret\n.data\n.globl words\nwords: .quad 1\n"
    )
    subprocess.run(["gcc", "-c", "hand.s", "-o", "hand.o"], cwd=tmp_path, check=True)
    (source,) = discover(tmp_path / "hand.o", Origin.OWN)
    assert read_symbols(source) == ModuleSymbols(defined=("inner", "outer"), undefined=("elsewhere",))
    assert named_by(source) == {"inner": set(), "outer": {"elsewhere", "inner"}}


def outcome(
    source: ModuleSource,
) -> tuple[ModuleSymbols | None, dict[str, set[str]]] | UnreadableModuleError:
    try:
        return read_symbols(source), named_by(source)
    except UnreadableModuleError as error:
        return error


def test_an_object_with_bytes_cut_or_changed_is_read_or_unreadable(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    data = compiled(folder, "-O2").read()
    path = folder / "damaged.o"

    @given(st.integers(0, len(data)), st.binary(max_size=8))
    def check(offset: int, junk: bytes) -> None:
        rest = data[offset + len(junk) :] if junk else b""
        path.write_bytes(data[:offset] + junk + rest)
        source = ModuleSource(path, "", 0, path.stat().st_size, ModuleKind.NATIVE, "c", Origin.NATIVE)
        found = outcome(source)
        if isinstance(found, UnreadableModuleError):
            assert str(path) in str(found)
            return
        symbols, calls = found
        assert symbols is not None
        assert calls.keys() == {*symbols.defined, *symbols.weak, *symbols.local}

    check()

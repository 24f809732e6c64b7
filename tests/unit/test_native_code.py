"""What a native function's code tells of what it does, compiled by gcc: each clause of `ringfence.pipeline.native`."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from ringfence.graphs.facts import CallKind, PathClass, decode_module, encode_module
from ringfence.pipeline.containers import discover
from ringfence.pipeline.module_source import ModuleSource, Origin, UnreadableModuleError
from ringfence.pipeline.native import NativeFunction, native_functions
from ringfence.pipeline.native_facts import native_facts

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def compiled(folder: Path, code: str, *flags: str, name: str = "code.c") -> ModuleSource:
    (folder / name).write_text(code)
    subprocess.run(["gcc", "-c", *(flags or ("-O2", "-fPIC")), name, "-o", "code.o"], cwd=folder, check=True)
    (source,) = discover(folder / "code.o", Origin.OWN)
    return source


def functions(folder: Path, code: str, *flags: str, name: str = "code.c") -> dict[str, NativeFunction]:
    return native_functions(compiled(folder, code, *flags, name=name))[1]


SWITCH = """
extern int a(int), b(int), c(int), d(int), e(int);
int kind(int code, int value) {
    switch (code) { case 0: return a(value) + 1; case 1: return b(value) + 2; case 2: return c(value) + 3;
        case 3: return d(value) + 4; case 4: return e(value) + 5; case 5: return a(value) + 7; default: return 0; }
}
"""


@pytest.mark.parametrize(
    "flags",
    [
        ("-O2", "-fPIC", "-fcf-protection=none"),
        ("-O2", "-fPIC", "-fcf-protection=full"),
        ("-O2", "-fno-pic", "-fno-pie", "-fcf-protection=none"),
        ("-O2", "-fPIC", "-ffunction-sections", "-fcf-protection=none"),
        ("-O0",),
    ],
    ids=" ".join,
)
def test_the_jump_of_a_switch_is_no_call_through_a_pointer(tmp_path: Path, flags: tuple[str, ...]) -> None:
    kind = functions(tmp_path, SWITCH, *flags)["kind"]
    assert not kind.calls_pointer
    assert kind.calls - {"kind.cold"} == {"a", "b", "c", "d", "e"}


TABLE = """
static int one(int x) { return x; }
static int two(int x) { return x * 2; }
static int (*const table[])(int) = { one, two };
"""


@pytest.mark.parametrize(
    "code",
    [
        "int run(int (*callback)(int)) { return callback(3) + 1; }",
        "int run(int (*callback)(int)) { return callback(3); }",
        "struct ops { long x; int (*go)(int); }; int run(struct ops *o) { return o->go(3); }",
        f"{TABLE} int run(int k) {{ return table[k](k); }}",
        f"{TABLE} int run(int k) {{ return table[k & 1](k) + 1; }}",
    ],
    ids=["argument", "argument in a tail call", "field", "table in a tail call", "table"],
)
@pytest.mark.parametrize(
    "flags", [("-O2", "-fPIC"), ("-O2", "-fno-pic", "-fno-pie", "-fcf-protection=none")], ids=" ".join
)
def test_a_call_through_a_pointer_is_seen(tmp_path: Path, code: str, flags: tuple[str, ...]) -> None:
    assert functions(tmp_path, code, *flags)["run"].calls_pointer


def test_a_call_through_the_global_offset_table_is_a_call_of_the_symbol(tmp_path: Path) -> None:
    code = "extern int far(int); int near(int x) { return far(x) + 1; } int last(int x) { return far(x); }"
    found = functions(tmp_path, code, "-O2", "-fPIC", "-fno-plt")
    assert {name: (each.calls, each.calls_pointer) for name, each in found.items()} == {
        "near": ({"far"}, False),
        "last": ({"far"}, False),
    }


def test_an_address_is_named_and_not_called(tmp_path: Path) -> None:
    code = "extern void each(int); extern int data; void *get(int k) { return k ? (void *)each : (void *)&data; }"
    get = functions(tmp_path, code)["get"]
    assert (get.calls, get.names, get.calls_pointer) == (set(), {"each", "data"}, False)


def test_an_instruction_that_enters_the_kernel_is_seen(tmp_path: Path) -> None:
    asks = 'long ask(void) { long r; __asm__ volatile("syscall" : "=a"(r) : "0"(39)); return r; }'
    code = f"{asks} long no(void) {{ return 5; }}"
    found = functions(tmp_path, code)
    assert found["ask"].enters_kernel
    assert not found["no"].enters_kernel


def test_what_the_compiler_splits_off_as_cold_is_cold(tmp_path: Path) -> None:
    code = """
    extern void report(int) __attribute__((cold));
    int check(int *v, int n) {
        int s = 0;
        for (int i = 0; i < n; i++) { if (v[i] < 0) { report(i); report(s); } s += v[i]; }
        return s;
    }
    """
    found = functions(tmp_path, code)
    assert "report" in found["check.cold"].calls
    assert found["check.cold"].is_cold
    assert not found["check"].is_cold
    assert found["check"].calls == {"check.cold"}


def test_bytes_that_are_no_instructions_leave_what_the_relocations_say(tmp_path: Path) -> None:
    code = ".text\n.globl f\n.type f,@function\nf: call far@PLT\n .byte 0x06,0x06\n ret\n.size f,.-f\n"
    (found,) = functions(tmp_path, code, "-c", name="code.s").values()
    assert (found.unreadable, found.calls) == (True, {"far"})


def test_on_a_machine_that_is_not_decoded_the_relocations_are_all_that_is_known(tmp_path: Path) -> None:
    source = compiled(tmp_path, "extern int far(int); int near(int x) { return far(x) + 1; }")
    data = bytearray(source.path.read_bytes())
    struct.pack_into("<H", data, 18, 243)
    source.path.write_bytes(data)
    (found,) = native_functions(source)[1].values()
    assert (found.unreadable, found.names, found.calls) == (True, {"far"}, set())


def test_the_facts_are_those_of_a_module_without_places(tmp_path: Path) -> None:
    code = "extern void far(void); void near(void (*f)(void)) { far(); f(); far(); }"
    facts = native_facts(compiled(tmp_path, code, "-O1", "-fPIC"))
    near = decode_module(encode_module(facts)).function("near")
    assert facts.name == "code.c"
    assert [(site.kind, site.callee) for site in near.calls] == [(CallKind.DIRECT, "far"), (CallKind.POINTER, "")]
    assert [(place.path_class, place.always) for place in near.places] == [(PathClass.HOT, False)]
    assert facts.inline_chain(near.calls[0].location) == ()


def test_a_damaged_object_is_named(tmp_path: Path) -> None:
    source = compiled(tmp_path, "int f(void) { return 1; }")
    source.path.write_bytes(source.path.read_bytes()[:700])
    with pytest.raises(UnreadableModuleError, match=r"code\.o"):
        native_facts(source)

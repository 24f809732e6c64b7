# pyright: basic
# llvmlite, which makes the objects here, ships no types.
"""The same functions, compiled for both machines whose code is decoded."""

from pathlib import Path

import pytest
from llvmlite import binding

from ringfence.pipeline.containers import discover
from ringfence.pipeline.module_source import Origin
from ringfence.pipeline.native import native_functions

IR = """
declare i32 @far(i32)
declare i32 @each(i32)
@kept = global ptr null
define internal i32 @near(i32 %x) noinline { %y = call i32 @far(i32 %x)
 ret i32 %y }
define i32 @outer(i32 %x) { %a = call i32 @near(i32 %x)
 %b = call i32 @far(i32 %a)
 %c = add i32 %a, %b
 ret i32 %c }
define i32 @run(ptr %f, i32 %x) { %a = call i32 %f(i32 %x)
 %b = add i32 %a, 1
 ret i32 %b }
define void @keep() { store ptr @each, ptr @kept
 ret void }
define i32 @plain(i32 %x) { %a = mul i32 %x, 77
 ret i32 %a }
"""


@pytest.mark.parametrize("triple", ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"])
def test_both_machines_tell_the_same(tmp_path: Path, triple: str) -> None:
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    machine = binding.Target.from_triple(triple).create_target_machine(reloc="pic", codemodel="small")
    (tmp_path / "code.o").write_bytes(machine.emit_object(binding.parse_assembly(f'target triple = "{triple}"\n{IR}')))
    (source,) = discover(tmp_path / "code.o", Origin.OWN)
    found = native_functions(source)[1]
    assert {name: (each.calls, each.names - each.calls, each.calls_pointer) for name, each in found.items()} == {
        "keep": (set(), {"each"}, False),
        "near": ({"far"}, set(), False),
        "outer": ({"near", "far"}, set(), False),
        "plain": (set(), set(), False),
        "run": (set(), set(), True),
    }
    assert not any(each.unreadable for each in found.values())

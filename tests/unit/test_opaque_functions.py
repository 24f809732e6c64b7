"""Functions without IR: followed through machine code, judged by what the project assumes, or said to be unknown."""

import shutil
import subprocess
from pathlib import Path

import pytest
from unit.ir_modules import ALLOC, Linked, Source, link

from ringfence.graphs.contracts import Assumption, Effect
from ringfence.graphs.facts import ModuleFacts
from ringfence.passes.judge import judge, judged
from ringfence.passes.rule import Finding, Via
from ringfence.pipeline.containers import discover
from ringfence.pipeline.module_source import Origin
from ringfence.pipeline.native_facts import native_facts

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def findings(linked: Linked) -> list[Finding]:
    return list(judge(linked.root, judged(linked.hot_path), lambda file: file))


def rules(linked: Linked) -> list[str]:
    return [finding.rule.id for finding in findings(linked)]


def machine_code(folder: Path, code: str) -> ModuleFacts:
    (folder / "code.c").write_text(code)
    subprocess.run(["gcc", "-c", "-O2", "-fPIC", "code.c", "-o", "code.o"], cwd=folder, check=True)
    (source,) = discover(folder / "code.o", Origin.OWN)
    return native_facts(source)


def calling(callee: str, arguments: str = "", more: str = "") -> str:
    """A module whose root calls one function."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    helper = source.subprogram("helper", "/own/lib.rs")
    call = f"call void @{callee}({arguments}), !dbg {source.at(root, 7, 5)}"
    body = f"call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(helper, 20)}"
    return source.module(f"""
    define void @root() !dbg {root} {{ {call} \n ret void }}
    define void @helper() !dbg {helper} {{ %p = {body} \n ret void }}
    {more or f"declare void @{callee}(...)"}""")


def says(*effects: Effect, symbol: str = "vendor") -> dict[str, Assumption]:
    return {symbol: Assumption(effects, "the manual says so", 0)}


@pytest.mark.parametrize(
    ("effects", "found"),
    [
        ((Effect.NONE,), []),
        ((Effect.TERMINATES,), []),
        ((Effect.ALLOCATES,), ["RF101"]),
        ((Effect.FREES,), ["RF103"]),
        ((Effect.BLOCKS, Effect.LOCKS), ["RF201", "RF202"]),
    ],
)
def test_an_assumed_function_does_what_is_said_of_it(effects: tuple[Effect, ...], found: list[str]) -> None:
    assert rules(link(calling("vendor"), assumed=says(*effects))) == found


def test_without_an_assumption_nobody_knows() -> None:
    assert rules(link(calling("vendor"))) == ["RF903"]
    assert rules(link(calling("vendor"), assumed=says(Effect.NONE, symbol="other"))) == ["RF903"]


def test_a_finding_by_assumption_gives_the_reason() -> None:
    (found,) = findings(link(calling("vendor"), assumed=says(Effect.BLOCKS)))
    assert found.detail["assumed"] == "the manual says so"
    (known,) = findings(link(calling("write")))
    assert "assumed" not in known.detail


def test_an_assumption_comes_before_a_shipped_contract() -> None:
    assert rules(link(calling("write"))) == ["RF202"]
    assert rules(link(calling("write"), assumed=says(Effect.NONE, symbol="write"))) == []


def test_the_body_of_an_assumed_function_is_not_followed() -> None:
    text = calling("helper", more=" ")
    assert rules(link(text)) == ["RF101"]
    assert rules(link(text, assumed=says(Effect.LOCKS, symbol="helper"))) == ["RF201"]


def test_a_callback_of_an_assumed_function_is_part_of_what_is_said() -> None:
    text = calling("vendor", "ptr @helper")
    assert rules(link(text)) == ["RF903", "RF101"]
    assert rules(link(text, assumed=says(Effect.NONE))) == []


@needs_gcc
def test_machine_code_is_followed_to_what_it_calls(tmp_path: Path) -> None:
    near = "#include <unistd.h>\nint near(int x) { return write(x, 0, 0) > 0; }"
    code = machine_code(tmp_path, f"{near} int vendor(int x) {{ return near(x) + 1; }}")
    (found,) = findings(link(calling("vendor"), machine_code=[code]))
    assert found.rule.id == "RF202"
    assert [(step.function, step.via) for step in found.path[:2]] == [("root", Via.ROOT), ("vendor", Via.NATIVE)]
    assert found.path[-1].function == "write"


@needs_gcc
def test_machine_code_that_only_computes_is_clean(tmp_path: Path) -> None:
    code = machine_code(tmp_path, "int vendor(int x) { for (int k = 0; k < x; k++) x ^= k * 7; return x; }")
    assert rules(link(calling("vendor"), machine_code=[code])) == []


@needs_gcc
@pytest.mark.parametrize(
    ("body", "sink"),
    [("return far(x) + 1;", "far"), ("int (*f)(int) = (int (*)(int))(long)x; return f(x) + 1;", "vendor")],
    ids=["a symbol of nowhere", "a pointer"],
)
def test_what_machine_code_does_not_tell_is_unknown(tmp_path: Path, body: str, sink: str) -> None:
    code = machine_code(tmp_path, f"extern int far(int); int vendor(int x) {{ {body} }}")
    (found,) = findings(link(calling("vendor"), machine_code=[code]))
    assert (found.rule.id, found.sink) == ("RF903", sink)


@needs_gcc
def test_a_callback_that_machine_code_is_handed_counts_as_called(tmp_path: Path) -> None:
    code = machine_code(tmp_path, "void vendor(void (*f)(void)) { f(); f(); }")
    assert rules(link(calling("vendor", "ptr @helper"), machine_code=[code])) == ["RF903", "RF101"]


@needs_gcc
def test_machine_code_that_calls_back_into_rust_is_followed(tmp_path: Path) -> None:
    code = machine_code(tmp_path, "extern void helper(void); void vendor(void) { helper(); helper(); }")
    (found,) = findings(link(calling("vendor"), machine_code=[code]))
    assert [step.function for step in found.path[:3]] == ["root", "vendor", "helper"]


@needs_gcc
def test_a_function_that_machine_code_names_counts_as_called_and_data_does_not(tmp_path: Path) -> None:
    named = "extern void *kept, *environ; extern void helper(void); void vendor(void) { kept = (void *)helper; }"
    code = machine_code(tmp_path, named)
    assert rules(link(calling("vendor"), machine_code=[code])) == ["RF101"]
    code = machine_code(tmp_path, "extern void *kept, *environ; void vendor(void) { kept = environ; }")
    assert rules(link(calling("vendor"), machine_code=[code])) == []


@needs_gcc
def test_an_assumption_spares_machine_code_too(tmp_path: Path) -> None:
    code = machine_code(tmp_path, "extern int far(int); int vendor(int x) { return far(x); }")
    assert rules(link(calling("vendor"), machine_code=[code], assumed=says(Effect.NONE))) == []
    assert rules(link(calling("vendor"), machine_code=[code], assumed=says(Effect.LOCKS, symbol="far"))) == ["RF201"]

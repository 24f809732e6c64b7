"""Where a root can panic: what ends a function in a panic, and in which line of the user's own code that stands."""

import pytest
from unit.ir_modules import Linked, Source, link

from ringfence.passes.judge import judge, judged

HANDLER = "_RNvCs1_7___rustc17rust_begin_unwind"
BOUNDS = "_RNvNtCs1_4core9panicking18panic_bounds_check"
UNWRAP = "_RNvNtCs1_4core6option13unwrap_failed"
CLEANUP = "_RNvNtCs1_4core9panicking16panic_in_cleanup"
OOM = "_RNvNtCs1_5alloc5alloc18handle_alloc_error"
RESUMED = "_RNvNtCs1_4core9panicking29panic_const_async_fn_resumed"

LIBRARY = f"""
declare void @{HANDLER}(ptr) #9
declare void @abort() #9
define void @{BOUNDS}(i64 %i, i64 %n, ptr %at) #9 {{ call void @{HANDLER}(ptr %at) \n unreachable }}
define void @{UNWRAP}(ptr %at) #9 {{ call void @{HANDLER}(ptr %at) \n unreachable }}
define void @{CLEANUP}() #9 {{ call void @{HANDLER}(ptr null) \n unreachable }}
define void @{RESUMED}(ptr %at) #9 {{ call void @{HANDLER}(ptr %at) \n unreachable }}
define void @{OOM}() #9 {{ call void @prints() \n call void @abort() \n unreachable }}
define void @prints() {{
  br i1 undef, label %bad, label %good
bad:
  call void @{BOUNDS}(i64 1, i64 1, ptr null)
  unreachable
good:
  ret void }}
attributes #9 = {{ cold noreturn }}
"""


def checked(call: str) -> str:
    """A body that may go on to a call that does not return."""
    return f"br i1 undef, label %bad, label %good \n bad: \n {call} \n unreachable \n good: \n ret void"


def told(linked: Linked) -> list[tuple[str, str, int]]:
    """What panics, its class, and the line."""
    findings = judge(linked.root, judged(linked.hot_path), str)
    return [
        (each.sink, each.path_class.label, each.anchor.line if each.anchor else 0)
        for each in findings
        if each.rule.id == "RF404"
    ]


def program(body: str, more: str = "", *, ask: bool = True, follow: bool = False) -> Linked:
    """A root with a body; ``<LINE>`` is a place in it, ``<lib:LINE>`` one in a library, ``<help:LINE>`` in a helper of
    one's own."""
    source = Source()
    scopes = {
        "": source.subprogram("root", "/own/lib.rs"),
        "lib:": source.subprogram("lib", "/lib/lib.rs"),
        "help:": source.subprogram("help", "/own/lib.rs", 40),
    }
    personality = "personality ptr @rust_eh_personality"
    code = f"define void @root() {personality} !dbg {scopes['']} {{ {body} }} \n {more}"
    code += "\n declare i32 @rust_eh_personality(...)"
    for name, scope in scopes.items():
        code = code.replace(f"<{name}>", scope)
        for line in range(1, 60):
            code = code.replace(f"<{name}{line}>", source.at(scope, line, 9))
    return link(source.module(code), LIBRARY_MODULE, ask_panics=ask, follow_panic=follow)


LIBRARY_MODULE = Source().module(LIBRARY)


@pytest.mark.parametrize(
    ("callee", "arguments"),
    [
        pytest.param(BOUNDS, "i64 1, i64 1, ptr null", id="an index"),
        pytest.param(UNWRAP, "ptr null", id="a value"),
        pytest.param("_RNvCs1_3dep4fail", "", id="a function that is not there"),
    ],
)
def test_a_check_that_ends_in_the_panic_handler_is_told_at_its_line(callee: str, arguments: str) -> None:
    parameters = ", ".join(each.split()[0] for each in arguments.split(", ") if each)
    declared = f"declare void @{callee}({parameters}) #8 \n attributes #8 = {{ noreturn }}"
    linked = program(checked(f"call void @{callee}({arguments}), !dbg <7>"), declared)
    assert [(path_class, line) for _, path_class, line in told(linked)] == [("panic", 7)]


@pytest.mark.parametrize(
    "callee",
    [
        pytest.param(CLEANUP, id="a panic of a cleanup"),
        pytest.param(OOM, id="an allocation that fails"),
        pytest.param("abort", id="an abort"),
        pytest.param("exit", id="the end of the process"),
    ],
)
def test_what_ends_otherwise_is_no_panic(callee: str) -> None:
    declared = f"declare void @{callee}() #8 \n attributes #8 = {{ noreturn }}"
    assert told(program(checked(f"call void @{callee}(), !dbg <7>"), declared)) == []


def test_a_coroutine_that_is_resumed_after_its_end_is_its_callers_fault() -> None:
    declared = f"declare void @{RESUMED}(ptr) #8 \n attributes #8 = {{ noreturn }}"
    assert told(program(checked(f"call void @{RESUMED}(ptr null), !dbg <7>"), declared)) == []


DECLARED = f"declare void @{BOUNDS}(i64, i64, ptr) #8 \n attributes #8 = {{ noreturn }}"
PANICS = f"call void @{BOUNDS}(i64 1, i64 1, ptr null)"


def test_nobody_is_told_who_did_not_ask() -> None:
    assert told(program(checked(f"{PANICS}, !dbg <7>"), DECLARED, ask=False)) == []


def test_a_library_function_is_told_at_the_call_of_it_and_once() -> None:
    lib = f"""define void @lib() !dbg <lib:> {{
      br i1 undef, label %a, label %good \n a: \n {PANICS}, !dbg <lib:3> \n unreachable
      good: \n br i1 undef, label %b, label %fine \n b: \n {PANICS}, !dbg <lib:4> \n unreachable
      fine: \n ret void }}"""
    linked = program("call void @lib(), !dbg <7> \n ret void", f"{DECLARED} \n {lib}")
    assert [(path_class, line) for _, path_class, line in told(linked)] == [("panic", 7)]


def test_a_helper_of_ones_own_that_panics_is_told_where_it_does() -> None:
    helper = f"define void @help() #8 !dbg <help:> {{ {PANICS}, !dbg <help:44> \n unreachable }}"
    linked = program(checked("call void @help(), !dbg <7>"), f"{DECLARED} \n {helper}")
    assert [line for _, _, line in told(linked)] == [44]


@pytest.mark.parametrize("follow", [False, True])
def test_what_a_library_does_to_panic_is_no_place_of_its_own(follow: bool) -> None:
    fails = f"""define void @lib() #8 !dbg <lib:> {{ call void @prints(), !dbg <lib:2> \n {PANICS}, !dbg <lib:3>
      unreachable }}
      declare void @prints()"""
    linked = program(checked("call void @lib(), !dbg <7>"), f"{DECLARED} \n {fails}", follow=follow)
    assert [(sink, line) for sink, _, line in told(linked)] == [("lib", 7)]


def test_what_only_unwinding_leads_to_is_no_place() -> None:
    body = f"""invoke void @lib() to label %good unwind label %pad, !dbg <7>
      pad: \n %p = landingpad {{ ptr, i32 }} cleanup \n {PANICS}, !dbg <8> \n unreachable
      good: \n ret void"""
    lib = "define void @lib() !dbg <lib:> { ret void }"
    text = program(body, f"{DECLARED} \n {lib}")
    assert told(text) == []


def constant(name: str, line: int, *, more: int = 0) -> str:
    """A ``core::panic::Location`` of a line of the user's file; ``more`` is what its length counts behind the name."""
    numbers = (len("/own/lib.rs") + more).to_bytes(8, "little") + line.to_bytes(4, "little") + (3).to_bytes(4, "little")
    printed = "".join(f"\\{byte:02X}" for byte in numbers)
    shape = "<{ ptr, [16 x i8] }>"
    return f'@{name} = private unnamed_addr constant {shape} <{{ ptr @file, [16 x i8] c"{printed}" }}>, align 8'


LOCATIONS = f"""
@file = private unnamed_addr constant [12 x i8] c"/own/lib.rs\\00", align 1
{constant("at5", 5)}
{constant("at44", 44)}
"""


def joined(arguments: str, *, line: int = 0, locations: str = LOCATIONS) -> Linked:
    """A root with one panic, whose line LLVM lost, behind two checks; something of ``help`` was inlined into it."""
    source = Source()
    root, helper = source.subprogram("root", "/own/lib.rs"), source.subprogram("help", "/own/lib.rs", 40)
    here, inner = source.at(root, line, 9 if line else 0), source.at(helper, 43, 2, source.at(root, 9, 2))
    return link(
        source.module(
            f"""{locations}
        {DECLARED}
        declare void @external()
        define void @root() !dbg {root} {{
          call void @external(), !dbg {inner}
          br i1 undef, label %bad, label %more
        more:
          br i1 undef, label %bad, label %good
        bad:
          %at = phi ptr [ @at5, %0 ], [ @at44, %more ]
          call void @{BOUNDS}(i64 1, i64 1, ptr {arguments}) \n, !dbg {here}
          unreachable
        good:
          ret void }}""".replace(") \n,", "),")
        ),
        LIBRARY_MODULE,
        ask_panics=True,
    )


def test_panics_that_llvm_joined_are_told_apart_by_what_they_are_told() -> None:
    assert [line for _, _, line in told(joined("%at"))] == [5, 44]


def test_a_file_name_that_counts_the_nul_behind_it_ends_there() -> None:
    counted = LOCATIONS
    for name, line in (("at5", 5), ("at44", 44)):
        counted = counted.replace(constant(name, line), constant(name, line, more=1))
    linked = joined("%at", locations=counted)
    assert counted != LOCATIONS
    assert [line for _, _, line in told(linked)] == [5, 44]
    assert [file for facts in linked.program.modules.values() for file in facts.files if "\0" in file] == []


def test_one_place_is_read_from_a_constant_where_the_line_is_lost() -> None:
    assert [line for _, _, line in told(joined("@at5"))] == [5]


def test_a_line_that_is_there_is_kept() -> None:
    assert [line for _, _, line in told(joined("@at5", line=7))] == [7]


def test_a_place_in_another_function_of_the_file_is_named_so() -> None:
    linked = joined("@at44")
    (finding,) = (each for each in judge(linked.root, judged(linked.hot_path), str) if each.rule.id == "RF404")
    assert [step.function for step in finding.path][:2] == ["root", "help"]

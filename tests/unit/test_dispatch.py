"""Which functions an indirect call may reach: every clause fires, and leaves alone what it is not about."""

import pytest
from unit.ir_modules import Linked, Source, link

from ringfence.graphs import virtual_calls
from ringfence.graphs.candidates import Candidate, Evidence, Resolution, is_compatible, one_of_each
from ringfence.graphs.names import display_name
from ringfence.passes.judge import judge, judged

HEADER = r"\00" * 8 + r"\08" + r"\00" * 7 + r"\08" + r"\00" * 7
WITH_DROP = r"\08" + r"\00" * 7 + r"\08" + r"\00" * 7
VIRTUAL_CALL = """
  %slot = getelementptr inbounds i8, ptr %vtable, i64 {offset}
  %method = load ptr, ptr %slot, align 8, !invariant.load !3
  %r = call i64 %method(ptr %object), !dbg {call}
  ret i64 %r }}
"""


def vtable(name: str, *methods: str) -> str:
    """A vtable without drop glue."""
    slots = "".join(f', ptr @"{method}"' for method in methods)
    shape = ", ptr" * len(methods)
    return f'@{name} = constant <{{ [24 x i8]{shape} }}> <{{ [24 x i8] c"{HEADER}"{slots} }}>\n'


def dropping(name: str, drop: str) -> str:
    """A vtable of drop glue and nothing else."""
    return f'@{name} = constant <{{ ptr, [16 x i8] }}> <{{ ptr @"{drop}", [16 x i8] c"{WITH_DROP}" }}>\n'


def methods(*names: str) -> str:
    return "".join(f'define i64 @"{name}"(ptr %self) {{ ret i64 0 }}\n' for name in names)


def glue(*names: str) -> str:
    return "".join(f'define void @"{name}"(ptr %self) {{ ret void }}\n' for name in names)


def candidates(linked: Linked) -> list[tuple[str, Evidence]]:
    (resolution,) = linked.hot_path.reached.resolutions.values()
    return [(display_name(each.symbol), each.evidence) for each in resolution.candidates]


def resolution(linked: Linked) -> Resolution:
    (only,) = linked.hot_path.reached.resolutions.values()
    return only


def called_in(frame: str, globals_and_functions: str, call: str = VIRTUAL_CALL, column: int = 1) -> Linked:
    """A root whose only call was inlined from a function of the name ``frame``."""
    source = Source()
    root, inner = source.subprogram("root", "/own/lib.rs"), source.subprogram(frame, "/std/ops.rs")
    at = source.at(inner, 2, column, inlined_at=source.at(root, 5))
    body = call.format(offset=24, call=at)
    return link(
        source.module(f"{globals_and_functions}define i64 @root(ptr %object, ptr %vtable) !dbg {root} {{{body}"),
        words={("/std/ops.rs", 2, 9): "process"},
    )


OF_A, OF_B = "<test::A as test::Op>::process", "<test::B as test::Op>::process"
OTHER = "<test::C as test::Other>::process"


def test_the_trait_that_a_frame_names_leaves_its_own_vtables_only() -> None:
    program = vtable("a", OF_A) + vtable("c", OTHER) + methods(OF_A, OTHER)
    linked = called_in("<dyn test::Op as test::Extension>::run", program)
    assert candidates(linked) == [(OF_A, Evidence.VTABLE)]


def test_one_method_in_a_slot_is_followed_although_nothing_names_it() -> None:
    types = [f"<test::{letter} as test::Op>::process" for letter in "ABCDEF"]
    program = "".join(vtable(f"v{number}", name) for number, name in enumerate(types)) + methods(*types)
    assert resolution(called_in("test::run", program)).followed
    other = vtable("v9", OTHER) + methods(OTHER)
    assert not resolution(called_in("test::run", program + other)).followed


FOR_OP, FOR_OTHER = "<dyn test::Op as test::Extension>::run", "<dyn test::Other as test::Extension>::run"


def test_a_body_folded_into_that_of_another_trait_calls_the_methods_of_both() -> None:
    program = vtable("a", OF_A) + vtable("c", OTHER) + methods(OF_A, OTHER)
    source = Source()
    root = source.subprogram(FOR_OP, "/own/lib.rs")
    body = VIRTUAL_CALL.format(offset=24, call=source.at(root, 5))
    text = f'{program}define i64 @"{FOR_OP}"(ptr %object, ptr %vtable) !dbg {root} {{{body}'
    folded = f'@"{FOR_OTHER}" = alias i64 (ptr, ptr), ptr @"{FOR_OP}"\n'
    assert candidates(link(source.module(text), root=FOR_OP)) == [(OF_A, Evidence.VTABLE)]
    assert candidates(link(source.module(folded + text), root=FOR_OP)) == [
        (OF_A, Evidence.VTABLE),
        (OTHER, Evidence.VTABLE),
    ]


def test_any_has_one_implementation_which_only_answers() -> None:
    any_of_a = "<test::A as core::any::Any>::type_id"
    linked = called_in("<dyn core::any::Any>::is", vtable("a", any_of_a) + methods(any_of_a))
    assert (resolution(linked).candidates, resolution(linked).closed) == ((), True)


PROMOTED = """
  %r = call i64 %vtable(ptr %object), !dbg {call}
  ret i64 %r }}
"""


def test_a_method_pointer_that_was_loaded_elsewhere_is_a_method_where_the_source_says_so() -> None:
    program = vtable("a", OF_A) + vtable("b", OF_B) + vtable("c", OTHER) + methods(OF_A, OF_B, OTHER)
    linked = called_in("<dyn test::Op as test::Extension>::run", program, PROMOTED, column=9)
    assert candidates(linked) == [(OF_A, Evidence.VTABLE), (OF_B, Evidence.VTABLE)]
    assert resolution(linked).method == "process"


def test_a_function_pointer_called_where_no_method_is_named_is_no_method() -> None:
    program = vtable("a", OF_A) + methods(OF_A)
    linked = called_in("<dyn test::Op as test::Extension>::run", program, PROMOTED)
    assert (candidates(linked), resolution(linked).followed) == ([], False)


TAKES_U64 = "<test::main::{closure#0} as core::ops::function::FnOnce<(u64,)>>::call_once"
TAKES_NOTHING = "<test::main::{closure#1} as core::ops::function::FnOnce<()>>::call_once"


def test_a_closure_that_takes_other_arguments_is_no_candidate() -> None:
    program = vtable("a", TAKES_U64) + vtable("b", TAKES_NOTHING) + methods(TAKES_U64, TAKES_NOTHING)
    frame = "<alloc::boxed::Box<dyn for<'a> core::ops::function::FnOnce<(u64,), Output = u64>> as test::Call>::run"
    assert candidates(called_in(frame, program)) == [(TAKES_U64, Evidence.VTABLE)]


DROP = """
  %glue = load ptr, ptr %vtable, align 8, !invariant.load !3
  call void %glue(ptr %object), !dbg {call}
  ret i64 0 }}
"""
DROP_OF_OP = "core::ptr::drop_in_place::<dyn test::Op>"


def test_dropping_an_object_runs_the_glue_in_the_vtables_of_its_trait() -> None:
    program = (
        f'@a = constant <{{ ptr, [16 x i8], ptr }}> <{{ ptr @"drop of A", [16 x i8] c"{WITH_DROP}", '
        f'ptr @"{OF_A}" }}>\n' + vtable("c", OTHER) + methods(OF_A, OTHER) + glue("drop of A")
    )
    assert candidates(called_in(DROP_OF_OP, program, DROP)) == [("drop of A", Evidence.VTABLE)]


def test_an_object_whose_types_have_nothing_to_drop_is_resolved_to_nothing() -> None:
    linked = called_in(DROP_OF_OP, vtable("a", OF_A) + methods(OF_A), DROP)
    assert (candidates(linked), resolution(linked).followed) == ([], True)


def test_without_a_vtable_the_glue_of_the_types_that_implement_the_trait_counts() -> None:
    of_a = "_RNvXCs1_4testNtB2_1ANtB2_2Op7process"
    program = methods(of_a) + glue("core::ptr::drop_in_place::<test::A>", "core::ptr::drop_in_place::<test::C>")
    linked = called_in(DROP_OF_OP, program, DROP)
    assert candidates(linked) == [("core::ptr::drop_in_place::<test::A>", Evidence.NAME)]


def test_a_trait_without_methods_is_sought_among_vtables_without_any() -> None:
    program = dropping("a", "drop of A") + vtable("c", OTHER) + methods(OTHER) + glue("drop of A")
    assert candidates(called_in(DROP_OF_OP, program, DROP)) == [("drop of A", Evidence.VTABLE)]


def test_a_drop_of_which_nothing_is_known_is_unresolved() -> None:
    linked = called_in(DROP_OF_OP, vtable("c", OTHER) + methods(OTHER), DROP)
    assert (candidates(linked), resolution(linked).followed) == ([], False)


PROMOTED_LOAD = """
define i64 @"callee"(ptr %object, ptr %vtable) {{
  %place = getelementptr inbounds i8, ptr %vtable, i64 {offset}
  %method = load ptr, ptr %place
  %r = call i64 %method(ptr %object)
  ret i64 %r }}
define i64 @root(ptr %object) {{
  %r = call i64 @"callee"(ptr %object, ptr @{passed})
  ret i64 %r }}
"""


def passing(passed: str, offset: int = 24) -> list[tuple[str, Evidence]]:
    """A callee loads a pointer, without a mark, out of what its caller passes as a constant."""
    program = vtable("a", OF_A) + vtable("b", OF_B) + methods(OF_A, OF_B)
    return candidates(link(Source().module(program + PROMOTED_LOAD.format(offset=offset, passed=passed))))


def test_a_method_loaded_without_a_mark_is_that_of_the_vtable_that_the_caller_passes() -> None:
    assert passing("a") == [(OF_A, Evidence.ARGUMENT)]
    assert passing("b") == [(OF_B, Evidence.ARGUMENT)]


def test_what_stands_at_no_slot_of_a_passed_vtable_is_not_called() -> None:
    assert Evidence.ARGUMENT not in [evidence for _, evidence in passing("a", offset=8)]
    assert Evidence.ARGUMENT not in [evidence for _, evidence in passing("a", offset=32)]


def test_a_function_is_not_called_where_a_pointer_is_loaded_out_of_it() -> None:
    assert Evidence.ARGUMENT not in [evidence for _, evidence in passing(f'"{OF_A}"')]


OF_TABLE = """
  %table = load ptr, ptr %object
  %place = getelementptr inbounds i8, ptr %table, i64 8
  %f = load ptr, ptr %place
  %r = call i64 %f(ptr %object), !dbg {call}
  ret i64 %r }}
"""
TABLE = """
@T = constant <{{ ptr, ptr, [8 x i8], ptr }}>
  <{{ ptr @"{0}", ptr @"{1}", [8 x i8] zeroinitializer, ptr @"{2}" }}>
"""


def test_a_pointer_out_of_a_table_is_what_tables_hold_at_that_place() -> None:
    names = ("tool::clone", "tool::wake", "tool::free")
    linked = called_in("tool::call", TABLE.format(*names) + methods(*names), OF_TABLE)
    assert candidates(linked) == [("tool::wake", Evidence.TABLE)]
    assert resolution(linked).closed


def test_a_table_of_another_crate_leaves_the_set_open() -> None:
    names = ("other::clone", "other::wake", "other::free")
    linked = called_in("tool::call", TABLE.format(*names) + methods(*names), OF_TABLE)
    assert candidates(linked) == [("other::wake", Evidence.TABLE)]
    assert not resolution(linked).closed


OF_WAKER = """
@{0} = constant <{{ ptr, ptr, ptr, ptr }}>
  <{{ ptr @"{0}::clone", ptr @"{0}::wake", ptr @"{0}::wake_by_ref", ptr @"{0}::drop" }}>
define {1} @"{0}::clone"(ptr %data) {{ ret {1} zeroinitializer }}
"""


def test_a_waker_is_a_table_whose_first_function_makes_a_raw_waker() -> None:
    program = OF_WAKER.format("tokio", "{ ptr, ptr }") + OF_WAKER.format("task", "i64")
    functions = methods(
        "tokio::wake", "tokio::wake_by_ref", "tokio::drop", "task::wake", "task::wake_by_ref", "task::drop"
    )
    linked = called_in("<core::task::wake::Waker>::wake", program + functions, OF_TABLE)
    assert candidates(linked) == [("tokio::wake", Evidence.TABLE)]


def test_a_copy_that_another_crate_made_of_a_generic_function_is_no_candidate_of_its_own() -> None:
    copies = (
        Candidate(1, "_RNvXs_Cs1_4testINtB4_1AhENtB4_2Op7processB4_", Evidence.NAME),
        Candidate(2, "_RNvXs_Cs1_4testINtB4_1AhENtB4_2Op7processCs9_4user", Evidence.VTABLE),
        Candidate(2, "_RNvXs_Cs1_4testINtB4_1AtENtB4_2Op7processCs9_4user", Evidence.VTABLE),
    )
    assert [(each.module, each.evidence) for each in one_of_each(copies)] == [(2, Evidence.VTABLE)] * 2


def test_a_result_that_one_side_ignores_does_not_tell_signatures_apart() -> None:
    assert is_compatible("void (ptr)", "i64 (ptr)")
    assert not is_compatible("i32 (ptr)", "i64 (ptr)")
    assert not is_compatible("void (ptr)", "void (ptr, i64)")


FAR = """
declare i64 @far()
@{0} = constant <{{ [24 x i8], ptr }}> <{{ [24 x i8] c"{1}", ptr @"{2}" }}>
define i64 @"{2}"(ptr %self) {{
  %r = call i64 @far()
  ret i64 %r }}
"""
FAR_METHOD = "_RNvXs_Cs1_3farNtB4_1BNtCs2_4test2Op7process"
FAR_OF_WRITE = "_RNvXs_Cs1_3farNtB4_1BNtNtCs2_3std2io5Write7process"


def calling_process(near: str, *others: str) -> Linked:
    """A root that calls ``process`` by its name in the source, in a program with modules that nothing else reaches."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    body = VIRTUAL_CALL.format(offset=24, call=source.at(root, 5, 9))
    text = f"{near}define i64 @root(ptr %object, ptr %vtable) !dbg {root} {{{body}"
    return link(source.module(text), *others, words={("/own/lib.rs", 5, 9): "process"})


def test_an_implementation_in_a_crate_that_nothing_reaches_is_read_and_is_a_candidate() -> None:
    linked = calling_process(vtable("a", OF_A) + methods(OF_A), Source().module(FAR.format("b", HEADER, FAR_METHOD)))
    assert candidates(linked) == [("<far::B as test::Op>::process", Evidence.VTABLE), (OF_A, Evidence.VTABLE)]
    assert not resolution(linked).is_unresolved
    assert FAR_METHOD in linked.names()


def test_implementations_beyond_the_limit_leave_the_call_unresolved_with_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(virtual_calls, "MOST_READ", 0)
    linked = calling_process(vtable("a", OF_A) + methods(OF_A), Source().module(FAR.format("b", HEADER, FAR_METHOD)))
    assert candidates(linked) == [(OF_A, Evidence.VTABLE)]
    assert resolution(linked).is_unresolved
    assert resolution(linked).unread == ("<far::B as test::Op>::process",)
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    (finding,) = (each for each in found if each.rule.id == "RF902")
    assert (
        finding.message == "`<far::B as test::Op>::process`, which was not read, may be called on every call of `root`"
    )


def test_a_type_that_implements_a_trait_of_std_is_a_candidate_only_with_a_vtable() -> None:
    of_write = "<test::A as std::io::Write>::process"
    near = vtable("a", of_write) + methods(of_write)
    without = Source().module(methods(FAR_OF_WRITE))
    assert candidates(calling_process(near, without)) == [(of_write, Evidence.VTABLE)]
    found = candidates(calling_process(near, Source().module(FAR.format("b", HEADER, FAR_OF_WRITE))))
    assert ("<far::B as std::io::Write>::process", Evidence.VTABLE) in found


AGAIN = """
  %slot = getelementptr inbounds i8, ptr %vtable, i64 24
  %method = load ptr, ptr %slot, align 8, !invariant.load !3
  %r = call i64 %method(ptr %object, ptr %vtable), !dbg {call}
  ret i64 %r }}
"""


def test_methods_that_call_each_other_through_vtables_are_reached_once() -> None:
    source = Source()
    parts: list[str] = []
    for number, name in enumerate((OF_A, OF_B)):
        own = source.subprogram(name, "/own/lib.rs")
        body = AGAIN.format(call=source.at(own, 5))
        parts.append(f'{vtable(f"v{number}", name)}define i64 @"{name}"(ptr %object, ptr %vtable) !dbg {own} {{{body}')
    linked = link(source.module("".join(parts)), root=OF_A)
    assert linked.names() == [OF_A, OF_B]


def test_five_hundred_implementors_are_five_hundred_candidates() -> None:
    types = [f"<test::T{number} as test::Op>::process" for number in range(500)]
    program = "".join(vtable(f"v{number}", name) for number, name in enumerate(types)) + methods(*types)
    assert len(candidates(called_in("<dyn test::Op as test::Extension>::run", program))) == 500


def calling_a_value(program: str) -> Linked:
    """A root that calls a value through a vtable: ``(self.filter)(…)``."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    body = VIRTUAL_CALL.format(offset=24, call=source.at(root, 5, 9)).replace(
        "(ptr %object)", "(ptr %object, ptr %object)"
    )
    text = f"{program}define i64 @root(ptr %object, ptr %vtable) !dbg {root} {{{body}"
    return link(source.module(text), words={("/own/lib.rs", 5, 9): virtual_calls.CALLED_VALUE})


def test_a_value_that_is_called_is_a_closure_and_no_other_traits_method() -> None:
    taking = "".join(f'define i64 @"{name}"(ptr %self, ptr %x) {{ ret i64 0 }}\n' for name in (TAKES_U64, OTHER))
    linked = calling_a_value(vtable("a", TAKES_U64) + vtable("c", OTHER) + taking)
    assert candidates(linked) == [(TAKES_U64, Evidence.VTABLE)]
    assert not resolution(linked).is_unresolved


def test_a_value_that_is_called_is_unknown_where_no_closure_was_made() -> None:
    other = vtable("c", OTHER) + f'define i64 @"{OTHER}"(ptr %self, ptr %x) {{ ret i64 0 }}\n'
    linked = calling_a_value(other)
    assert candidates(linked) == []
    assert resolution(linked).is_unresolved


def test_a_call_through_a_vtable_that_a_caller_passes_is_told_with_its_trait() -> None:
    program = vtable("a", OF_A) + methods(OF_A)
    linked = link(Source().module(program + PROMOTED_LOAD.format(offset=24, passed="a")))
    assert (resolution(linked).is_virtual, resolution(linked).traits) == (True, ("test::Op",))
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    assert [each.rule.id for each in found] == ["RF401"]


def of_self(parameter: str) -> Linked:
    source = Source()
    name = "<dyn test::Op as test::Show>::show"
    root = source.subprogram(name, "/own/lib.rs")
    other = OTHER.rpartition("::")[0] + "::process"
    program = vtable("a", OF_A) + vtable("c", other) + methods(OF_A, other)
    body = VIRTUAL_CALL.format(offset=24, call=source.at(root, 5, 9)).replace("ptr %vtable", f"ptr %{parameter}")
    text = f'{program}define i64 @"{name}"(ptr %object, ptr %vtable, ptr %other) !dbg {root} {{{body}'
    return link(source.module(text), root=name, words={("/own/lib.rs", 5, 9): "process"})


def test_a_method_of_a_trait_object_calls_its_own_traits_methods_through_the_vtable_of_self() -> None:
    assert candidates(of_self("vtable")) == [(OF_A, Evidence.VTABLE)]


def test_through_another_vtable_than_that_of_self_any_trait_with_such_a_method_is_called() -> None:
    assert len(candidates(of_self("other"))) == 2

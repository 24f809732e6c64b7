"""From a root to its findings: anchors, classes, paths and dispatch, on programs small enough to check by eye."""

import pytest
from unit.ir_modules import ALLOC, DEALLOC, GROW, Linked, Source, link

from ringfence.graphs.candidates import Evidence
from ringfence.graphs.facts import PathClass
from ringfence.graphs.names import display_name
from ringfence.passes.judge import judge, judged
from ringfence.passes.rule import Finding, Frequency, Via


def findings(linked: Linked, rule: str = "") -> list[Finding]:
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    return [finding for finding in found if finding.rule.id.startswith(rule)]


def place(finding: Finding) -> tuple[str, int, int]:
    assert finding.anchor is not None
    return finding.anchor.file, finding.anchor.line, finding.anchor.column


def test_an_allocation_below_foreign_code_is_anchored_at_the_users_call() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    helper = source.subprogram("helper", "/lib/vec.rs")
    linked = link(
        source.module(f"""
    define void @root() !dbg {root} {{ call void @helper(), !dbg {source.at(root, 7, 5)} \n ret void }}
    define void @helper() !dbg {helper} {{
      %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(helper, 90)}
      ret void }}""")
    )
    (finding,) = findings(linked)
    assert (finding.rule.id, place(finding)) == ("RF101", ("/own/lib.rs", 7, 5))
    assert [(step.function, step.via) for step in finding.path] == [
        ("root", Via.ROOT),
        ("helper", Via.CALL),
        ("__rustc::__rust_alloc", Via.CALL),
    ]
    assert (finding.path_class, finding.frequency) == (PathClass.HOT, Frequency.ALWAYS)
    assert finding.detail["bytes"] == 24


def test_the_anchor_is_the_innermost_own_frame_of_an_inline_chain() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    inner = source.subprogram("inner", "/own/inner.rs")
    library = source.subprogram("library", "/lib/vec.rs")
    outer_call = source.at(root, 3)
    inner_call = source.at(inner, 8, 13, outer_call)
    linked = link(
        source.module(f"""
    define void @root() !dbg {root} {{
      %p = call ptr @{ALLOC}(i64 8, i64 8), !dbg {source.at(library, 40, 2, inner_call)}
      ret void }}""")
    )
    (finding,) = findings(linked)
    assert place(finding) == ("/own/inner.rs", 8, 13)
    assert [(step.function, step.via) for step in finding.path[:3]] == [
        ("root", Via.ROOT),
        ("inner", Via.INLINE),
        ("library", Via.INLINE),
    ]


def test_two_calls_of_one_allocating_helper_are_two_findings_and_its_two_sites_are_one_each() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    helper = source.subprogram("helper", "/lib/vec.rs")
    linked = link(
        source.module(f"""
    define void @root() !dbg {root} {{
      call void @helper(), !dbg {source.at(root, 7, 5)}
      call void @helper(), !dbg {source.at(root, 8, 5)}
      ret void }}
    define void @helper() !dbg {helper} {{
      %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(helper, 90)}
      %q = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(helper, 91)}
      ret void }}""")
    )
    assert [(place(each)[1], each.paths) for each in findings(linked)] == [(7, 2), (8, 2)]


def test_a_function_that_only_frees_is_no_allocation() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    linked = link(
        source.module(f"""
    define void @root(ptr %p) !dbg {root} {{
      call void @{DEALLOC}(ptr %p, i64 8, i64 8), !dbg {source.at(root, 2)}
      ret void }}""")
    )
    assert [finding.rule.id for finding in findings(linked)] == ["RF103"]


def growing(receiver: str) -> Linked:
    """A root that pushes through a library function onto a field of its own, or onto a vector of this call."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    push = source.subprogram("push", "/lib/vec.rs")
    return link(
        source.module(f"""
    declare void @{GROW}(ptr) #2
    define void @root(ptr %self, i1 %full) !dbg {root} {{
      %fresh = alloca [24 x i8]
      call void @push(ptr {receiver}, i1 %full), !dbg {source.at(root, 5)}
      ret void }}
    define void @push(ptr %vec, i1 %full) !dbg {push} {{
      br i1 %full, label %grow, label %done
    grow:
      call void @{GROW}(ptr %vec), !dbg {source.at(push, 20)}
      br label %done
    done:
      ret void }}""")
    )


def test_growth_of_what_outlives_the_call_is_amortised() -> None:
    (finding,) = findings(growing("%self"))
    assert (finding.rule.id, finding.path_class) == ("RF102", PathClass.AMORTIZED)


def test_growth_of_a_container_made_in_this_call_is_hot_also_through_a_library_function() -> None:
    (finding,) = findings(growing("%fresh"))
    assert (finding.rule.id, finding.path_class) == ("RF102", PathClass.HOT)


def test_the_same_helper_is_hot_below_one_call_and_cold_below_another() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    helper = source.subprogram("helper", "/lib/vec.rs")
    weights = source.add('!{!"branch_weights", i32 2000, i32 1}')
    linked = link(
        source.module(f"""
    define void @root(i1 %c) !dbg {root} {{
      call void @helper(), !dbg {source.at(root, 7)}
      br i1 %c, label %usual, label %seldom, !prof {weights}
    seldom:
      call void @helper(), !dbg {source.at(root, 8)}
      ret void
    usual:
      ret void }}
    define void @helper() !dbg {helper} {{
      %p = call ptr @{ALLOC}(i64 24, i64 8), !dbg {source.at(helper, 90)}
      ret void }}""")
    )
    assert [(place(each)[1], each.path_class) for each in findings(linked)] == [(7, PathClass.HOT), (8, PathClass.COLD)]


def test_loops_add_up_along_the_path() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    helper = source.subprogram("helper", "/lib/vec.rs")
    looped = "br label %loop\nloop:\n{call}\nbr i1 %c, label %loop, label %done\ndone:\nret void"
    inner = looped.format(call=f"%p = call ptr @{ALLOC}(i64 8, i64 8), !dbg {source.at(helper, 9)}")
    outer = looped.format(call=f"call void @helper(i1 %c), !dbg {source.at(root, 4)}")
    linked = link(
        source.module(f"""
    define void @root(i1 %c) !dbg {root} {{ {outer} }}
    define void @helper(i1 %c) !dbg {helper} {{ {inner} }}""")
    )
    (finding,) = findings(linked)
    assert (finding.loop_depth, finding.message) == (2, "`helper` allocates in a loop of `root`")


PANICKING = """
declare void @give_up() noreturn
define void @root(i1 %c) {{
  br i1 %c, label %bad, label %good
good:
  ret void
bad:
  call void @format_message()
  call void @give_up()
  unreachable }}
define void @format_message() {{
  %p = call ptr @{ALLOC}(i64 24, i64 8)
  ret void }}
"""


def test_what_lies_behind_a_panic_is_followed_only_on_request() -> None:
    text = Source().module(PANICKING.format(ALLOC=ALLOC))
    silent, strict = link(text), link(text, follow_panic=True)
    assert silent.names() == ["root"]
    assert silent.hot_path.reached.panic_calls_not_followed == 2
    assert strict.names() == ["format_message", "root"]
    assert [finding.path_class for finding in findings(strict, "RF101")] == [PathClass.PANIC]


def test_a_symbol_means_the_definition_in_its_own_module_before_any_other() -> None:
    text = "define void @root() {{ call void @same() \n ret void }} define internal void @same() {{ {body} ret void }}"
    first = Source().module(text.format(body=""))
    second = Source().module("define void @same() { call void @other() \n ret void } define void @other() { ret void }")
    assert link(first, second).modules_read == [0]


def test_only_modules_that_are_reached_are_read() -> None:
    first = Source().module("declare void @needed() define void @root() { call void @needed() \n ret void }")
    second = Source().module("define void @needed() { ret void }")
    third = Source().module("define void @idle() { ret void }")
    assert link(first, second, third).modules_read == [0, 1]


def test_a_call_of_an_alias_reaches_its_target_and_a_root_can_be_one() -> None:
    text = Source().module(
        "@twin = alias void (), ptr @target define void @target() { ret void } "
        "define void @root() { call void @twin() \n ret void }"
    )
    assert link(text).names() == ["root", "target"]
    assert link(text, root="twin").names() == ["target"]


VIRTUAL = """
@vtable.A = constant <{{ [24 x i8], ptr }}>
  <{{ [24 x i8] c"{header}", ptr @_RNvXCs1_4testNtB2_1ANtB2_2Op7process }}>
@vtable.C = constant <{{ [24 x i8], ptr }}>
  <{{ [24 x i8] c"{header}", ptr @_RNvXCs1_4testNtB2_1CNtB2_5Other6handle }}>
define i64 @_RNvXCs1_4testNtB2_1ANtB2_2Op7process(ptr %self, i64 %x) {{ ret i64 %x }}
define i64 @_RNvXCs1_4testNtB2_1CNtB2_5Other6handle(ptr %self, i64 %x) {{ ret i64 %x }}
define i64 @root(ptr %object, ptr %vtable) !dbg {root} {{
  %slot = getelementptr inbounds i8, ptr %vtable, i64 24
  %method = load ptr, ptr %slot, align 8, !invariant.load !3
  %r = call i64 %method(ptr %object, i64 1), !dbg {call}
  ret i64 %r }}
"""
HEADER = r"\00" * 8 + r"\08" + r"\00" * 7 + r"\08" + r"\00" * 7


def virtual(words: dict[tuple[str, int, int], str]) -> Linked:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    first = source.module(VIRTUAL.format(header=HEADER, root=root, call=source.at(root, 6, 12)))
    elsewhere = Source().module(
        "define i64 @_RNvXCs1_4testNtB2_1BNtB2_2Op7process(ptr %self, i64 %x) { "
        f"%p = call ptr @{ALLOC}(i64 8, i64 8) \n"
        "ret i64 %x } define i64 @_RNvXCs1_4testNtB2_1DNtB2_2Op7process(ptr %self) { ret i64 0 }"
    )
    return link(first, elsewhere, words=words, own_crates=frozenset({"test"}))


def test_a_virtual_call_reaches_every_implementation_of_the_method_named_in_the_source() -> None:
    linked = virtual({("/own/lib.rs", 6, 12): "process"})
    (resolution,) = linked.hot_path.reached.resolutions.values()
    assert resolution.method == "process"
    assert [(display_name(each.symbol), each.evidence) for each in resolution.candidates] == [
        ("<test::A as test::Op>::process", Evidence.VTABLE),
        ("<test::B as test::Op>::process", Evidence.NAME),
    ]
    allocation, call = findings(linked, "RF101") + findings(linked, "RF401")
    assert (allocation.path[1].via, place(allocation)) == (Via.VIRTUAL, ("/own/lib.rs", 6, 12))
    assert call.message == "`process` is called through a vtable on every call of `root`"
    assert call.detail["able"] == {"allocate": ["<test::B as test::Op>::process"]}


def test_without_a_name_the_slot_and_the_signature_decide_among_vtables() -> None:
    (resolution,) = virtual({}).hot_path.reached.resolutions.values()
    assert len(resolution.candidates) == 2
    assert {each.evidence for each in resolution.candidates} == {Evidence.VTABLE}


def test_a_virtual_call_of_which_no_candidate_does_anything_is_told_so() -> None:
    (call,) = findings(virtual({}), "RF401")
    assert call.detail["able"] == {}


def test_what_the_candidates_can_do_is_not_told_where_some_are_not_known() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    linked = link(
        source.module(
            f"define void @root(ptr %f) !dbg {root} {{ call void %f(i32 3), !dbg {source.at(root, 4)} \n ret void }}"
        )
    )
    (call,) = findings(linked, "RF402")
    assert "able" not in call.detail


def test_a_function_pointer_of_unknown_origin_is_an_unresolved_call() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    linked = link(
        source.module(
            f"define void @root(ptr %f) !dbg {root} {{ call void %f(i32 3), !dbg {source.at(root, 4)} \n ret void }}"
        )
    )
    assert [finding.rule.id for finding in findings(linked)] == ["RF402", "RF902"]


def test_a_closed_set_is_followed_and_resolved() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    linked = link(
        source.module(f"""
    define void @a() {{ ret void }}
    define void @b() {{ ret void }}
    define void @root(i1 %c) !dbg {root} {{
      %f = select i1 %c, ptr @a, ptr @b
      call void %f(), !dbg {source.at(root, 4)}
      ret void }}""")
    )
    assert linked.names() == ["a", "b", "root"]
    assert [finding.rule.id for finding in findings(linked)] == ["RF402"]


def test_a_pointer_loaded_from_a_constant_table_reaches_what_the_table_holds_and_nothing_else() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    linked = link(
        source.module(f"""
    @TABLE = internal constant [2 x ptr] [ptr @a, ptr @b]
    @KEPT = internal global ptr @c
    define void @a() {{ ret void }}
    define void @b() {{ ret void }}
    define void @c() {{ ret void }}
    define void @root(i64 %i) !dbg {root} {{
      %p = getelementptr inbounds ptr, ptr @TABLE, i64 %i
      %f = load ptr, ptr %p
      call void %f(), !dbg {source.at(root, 4)}
      ret void }}""")
    )
    assert linked.names() == ["a", "b", "root"]
    assert [finding.rule.id for finding in findings(linked)] == ["RF402"]


def of_variable(linkage: str, use: str) -> Linked:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    return link(
        source.module(f"""
    @KEPT = {linkage} global ptr @a
    @OTHER = external global ptr
    declare void @elsewhere(ptr)
    define void @a() {{ {use} \n ret void }}
    define void @b() {{ ret void }}
    define void @root() !dbg {root} {{
      %f = load atomic ptr, ptr @KEPT monotonic, align 8
      call void %f(), !dbg {source.at(root, 4)}
      ret void }}""")
    )


def test_a_private_variable_holds_what_is_stored_there_and_nothing_else() -> None:
    linked = of_variable("internal", "store atomic ptr @b, ptr @KEPT monotonic, align 8")
    assert linked.names() == ["a", "b", "root"]
    assert [finding.rule.id for finding in findings(linked)] == ["RF402"]


@pytest.mark.parametrize(
    ("linkage", "use"),
    [
        ("internal", "call void @elsewhere(ptr @KEPT)"),
        ("internal", "%g = load ptr, ptr @KEPT \n store ptr %g, ptr @KEPT"),
    ],
    ids=["handed on", "something else stored"],
)
def test_a_variable_that_may_hold_something_else_stays_open(linkage: str, use: str) -> None:
    linked = of_variable(linkage, use)
    assert "RF902" in [finding.rule.id for finding in findings(linked)]


def test_a_variable_holds_what_was_chosen_choice_by_choice() -> None:
    chosen = "%i = select i1 true, ptr @a, ptr @b\n %o = select i1 false, ptr %i, ptr @a"
    linked = of_variable("internal", f"{chosen}\n store atomic ptr %o, ptr @KEPT monotonic, align 8")
    assert linked.names() == ["a", "b", "root"]
    assert [finding.rule.id for finding in findings(linked)] == ["RF402"]


def test_what_is_chosen_from_elsewhere_stays_open() -> None:
    chosen = "%g = load ptr, ptr @OTHER\n %o = select i1 false, ptr %g, ptr @a"
    linked = of_variable("internal", f"{chosen}\n store atomic ptr %o, ptr @KEPT monotonic, align 8")
    assert "RF902" in [finding.rule.id for finding in findings(linked)]


def of_shared_variable(stores: str) -> Linked:
    source = Source()
    root = source.subprogram("_RNvCs1_4test4root", "/own/lib.rs")
    here = source.module(f"""
    @_RNvCs1_4test4KEPT = external global ptr
    define void @_RNvCs1_4test4root() !dbg {root} {{
      %f = load ptr, ptr @_RNvCs1_4test4KEPT
      call void %f(), !dbg {source.at(root, 4)}
      ret void }}""")
    there = f"""
    @_RNvCs1_4test4KEPT = global ptr @a
    define void @a() {{ {stores} \n ret void }}
    define void @b() {{ ret void }}"""
    return link(here, there, root="_RNvCs1_4test4root", modules_of_crate={"test": (0, 1)})


def test_a_variable_that_modules_share_holds_what_any_module_of_its_crate_stores_there() -> None:
    linked = of_shared_variable("store ptr @b, ptr @_RNvCs1_4test4KEPT")
    assert linked.names() == ["_RNvCs1_4test4root", "a", "b"]
    assert [finding.rule.id for finding in findings(linked)] == ["RF402"]


def test_a_variable_that_another_module_hands_on_stays_open() -> None:
    linked = of_shared_variable("%p = ptrtoint ptr @_RNvCs1_4test4KEPT to i64")
    assert "RF902" in [finding.rule.id for finding in findings(linked)]


def handing(callback: str, to: str) -> Linked:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    return link(
        source.module(f"""
    @table = private constant <{{ ptr, [8 x i8] }}> <{{ ptr @loud, [8 x i8] zeroinitializer }}>
    declare void @qsort(ptr)
    declare void @atexit(ptr)
    define void @loud() {{ %1 = call ptr @{ALLOC}(i64 8, i64 8) \n ret void }}
    define void @root() !dbg {root} {{
      call void @{to}(ptr @{callback}), !dbg {source.at(root, 4)}
      ret void }}""")
    )


@pytest.mark.parametrize("callback", ["loud", "table"])
def test_a_callback_handed_to_foreign_code_itself_or_in_a_table_counts_as_called(callback: str) -> None:
    linked = handing(callback, "qsort")
    assert "loud" in linked.names()
    assert "RF101" in [finding.rule.id for finding in findings(linked)]


def test_whoever_lets_go_of_a_task_frees_it_and_does_not_do_what_its_future_does() -> None:
    dealloc = "_RINvNtNtNtCs1_5tokio7runtime4task3raw7deallocNtCs2_4user6FutureE"
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    linked = link(
        source.module(f"""
    define void @{dealloc}() {{ %1 = call ptr @{ALLOC}(i64 8, i64 8) \n ret void }}
    define void @root() !dbg {root} {{
      call void @{dealloc}(), !dbg {source.at(root, 4)}
      ret void }}""")
    )
    assert linked.names() == ["root"]
    assert [finding.rule.id for finding in findings(linked)] == ["RF103"]


def test_an_address_taken_on_a_joined_line_stands_where_the_next_call_does() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    linked = link(
        source.module(f"""
    @vtable = private constant <{{ ptr, [16 x i8], ptr }}> <{{ ptr null, [16 x i8] zeroinitializer, ptr @other }}>
    declare void @other(ptr)
    define void @root(ptr %p) !dbg {root} {{
      store ptr @vtable, ptr %p, !dbg {source.at(root, 0, 0)}
      call void @other(ptr %p), !dbg {source.at(root, 7)}
      ret void }}""")
    )
    (address,) = linked.root.facts.addresses
    assert [frame.line for frame in linked.root.chain(address.location)] == [7]


def test_a_callback_that_is_only_registered_is_not_called() -> None:
    assert "loud" not in handing("loud", "atexit").names()


CALLS_WHAT_IT_IS_GIVEN = """
    define void @each(ptr %f) {{ call void @inner(i32 1, ptr %f), !dbg {to_inner} \n ret void }}
    define void @inner(i32 %n, ptr %f) !dbg {inner} {{ call void %f(), !dbg {call} \n ret void }}
    define void @quiet() {{ ret void }}
    define void @loud() !dbg {loud} {{ %p = call ptr @{alloc}(i64 8, i64 8), !dbg {allocates} \n ret void }}
    define void @other() {{ call void @each(ptr @loud) \n ret void }}
    define void @root(ptr %unknown) !dbg {root} {{ {body} \n ret void }}
"""


def given(body: str, root: str = "root") -> Linked:
    source = Source()
    inner, loud, root_ = (source.subprogram(name, "/own/lib.rs") for name in ("inner", "loud", "root"))
    text = CALLS_WHAT_IT_IS_GIVEN.format(
        to_inner=source.at(inner, 2),
        inner=inner,
        call=source.at(inner, 3),
        loud=loud,
        allocates=source.at(loud, 4),
        alloc=ALLOC,
        root=root_,
        body=body.format(here=source.at(root_, 9)),
    )
    return link(source.module(text), root=root)


def test_a_function_that_is_passed_is_called_through_two_functions_and_no_other_is() -> None:
    linked = given("call void @each(ptr @quiet), !dbg {here} \n %x = ptrtoint ptr @loud to i64")
    assert linked.names() == ["each", "inner", "quiet", "root"]
    assert [finding.rule.id for finding in findings(linked)] == ["RF402"]


def test_what_another_caller_passes_is_not_reached_from_this_root() -> None:
    both = given("call void @each(ptr @quiet), !dbg {here} \n call void @each(ptr @loud), !dbg {here}")
    assert [finding.rule.id for finding in findings(both)] == ["RF402", "RF101"]
    assert len(both.hot_path.reached.functions) == len(["root", *["each", "inner"] * 2, "quiet", "loud"])
    assert both.hot_path.reached.definitions == len(["root", "each", "inner", "quiet", "loud"])


def test_a_pointer_that_the_caller_does_not_know_stays_open() -> None:
    linked = given("call void @each(ptr %unknown), !dbg {here}")
    # `other`, which nothing reaches, passes `loud`: it may have stored it as well.
    assert [finding.rule.id for finding in findings(linked)] == ["RF402", "RF902", "RF101"]


def test_a_function_without_ir_is_reported_and_a_known_one_is_not() -> None:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    linked = link(
        source.module(f"""
    declare void @vendor_send()
    declare double @sqrt(double)
    define void @root() !dbg {root} {{
      call void @vendor_send(), !dbg {source.at(root, 4)}
      %x = call double @sqrt(double 2.0), !dbg {source.at(root, 5)}
      ret void }}""")
    )
    (finding,) = findings(linked)
    assert (finding.rule.id, finding.sink) == ("RF903", "vendor_send")


def test_recursion_ends() -> None:
    linked = link(
        Source().module(
            "define void @root() { call void @back() \n ret void } "
            "define void @back() { call void @root() \n ret void }"
        )
    )
    assert linked.names() == ["back", "root"]
    assert linked.hot_path.graph.number_of_edges() == 2


def test_a_fingerprint_survives_a_moved_line_but_not_another_callee() -> None:
    def fingerprint(line: int, sink: str) -> str:
        source = Source()
        root = source.subprogram("root", "/own/lib.rs")
        arguments = "ptr null, i64 8, i64 8" if sink == DEALLOC else "i64 8, i64 8"
        kind = "void" if sink == DEALLOC else "ptr"
        text = f"call {kind} @{sink}({arguments}), !dbg {source.at(root, line)}"
        linked = link(source.module(f"define void @root() !dbg {root} {{ {text} \n ret void }}"))
        (finding,) = findings(linked)
        return finding.fingerprint

    assert fingerprint(3, ALLOC) == fingerprint(30, ALLOC)
    assert fingerprint(3, ALLOC) != fingerprint(3, DEALLOC)

"""Only what the program can make is a candidate: each clause of `ringfence.graphs.liveness` fires and stays silent."""

from unit.ir_modules import Linked, Source, link

from ringfence.graphs.candidates import Evidence
from ringfence.graphs.names import display_name

HEADER = r"\00" * 8 + r"\08" + r"\00" * 7 + r"\08" + r"\00" * 7
ROOT = """
define i64 @root(ptr %object, ptr %vtable) {
  %slot = getelementptr inbounds i8, ptr %vtable, i64 24
  %method = load ptr, ptr %slot, align 8, !invariant.load !3
  %r = call i64 %method(ptr %object)
  ret i64 %r }
"""
OF_A, OF_B = "<test::A as test::Op>::process", "<test::B as test::Op>::process"


def vtable(name: str, method: str, linkage: str = "private") -> str:
    return f'@{name} = {linkage} constant <{{ [24 x i8], ptr }}> <{{ [24 x i8] c"{HEADER}", ptr @"{method}" }}>\n'


def method(name: str) -> str:
    return f'define i64 @"{name}"(ptr %self) {{ ret i64 0 }}\n'


def naming(function: str, named: str, linkage: str = "") -> str:
    return f'define {linkage} ptr @"{function}"() {{ ret ptr @{named} }}\n'


def calling(function: str, callee: str, linkage: str = "") -> str:
    return f'define {linkage} ptr @"{function}"() {{\n  %r = call ptr @"{callee}"()\n  ret ptr %r }}\n'


A, B = vtable("a", OF_A) + method(OF_A), vtable("b", OF_B) + method(OF_B)
MADE_BY_MAIN = naming("main", "a")


def candidates(linked: Linked) -> list[str]:
    (resolution,) = linked.hot_path.reached.resolutions.values()
    return [display_name(each.symbol) for each in resolution.candidates]


def program(text: str, *others: str, exporting: str = "main", most_read: int = 100) -> list[str]:
    """Candidates in a binary that exports one function."""
    modules = [Source().module(each) for each in (ROOT + text, *others)]
    return candidates(link(*modules, exported={exporting}, most_read=most_read))


def test_a_vtable_that_only_dead_code_names_is_no_candidate() -> None:
    assert program(A + B + MADE_BY_MAIN + naming("unused", "b")) == [OF_A]


def test_what_a_function_called_by_main_names_is_a_candidate() -> None:
    text = A + B + naming("make", "b", "internal") + calling("between", "make", "internal")
    assert program(text + calling("main", "between")) == [OF_B]


def test_functions_that_call_each_other_and_that_nothing_else_calls_are_dead() -> None:
    ring = naming("make", "b") + calling("x", "y") + "define ptr @y() {\n  %1 = call ptr @x()\n  ret ptr @b }\n"
    assert program(A + B + MADE_BY_MAIN + ring) == [OF_A]


def test_a_vtable_is_alive_through_the_tables_that_lead_to_it() -> None:
    holder = "@inner = private constant <{ ptr }> <{ ptr @b }>\n@outer = private constant <{ ptr }> <{ ptr @inner }>\n"
    assert program(A + B + holder + naming("main", "outer")) == [OF_B]
    assert program(A + B + holder + MADE_BY_MAIN) == [OF_A]


def test_what_the_linker_is_told_to_keep_is_alive() -> None:
    start = '@start = private constant ptr @make, section ".init_array"\n' + naming("make", "b", "internal")
    assert program(A + B + MADE_BY_MAIN + start) == [OF_A, OF_B]
    used = "@llvm.used = appending global [1 x ptr] [ptr @make]\n" + naming("make", "b", "internal")
    assert program(A + B + MADE_BY_MAIN + used) == [OF_A, OF_B]


def test_a_body_is_alive_by_the_name_of_its_twin() -> None:
    folded = naming("make", "b", "internal") + "@twin = alias ptr (), ptr @make\n"
    assert program(A + B + folded + calling("main", "twin")) == [OF_B]
    assert program(A + B + folded + MADE_BY_MAIN, exporting="twin") == [OF_B]


def test_in_a_library_all_that_it_shows_is_alive() -> None:
    module = Source().module(ROOT + A + B + naming("make_a", "a") + naming("make_b", "b", "internal"))
    assert candidates(link(module)) == [OF_A]


READ_TOO = """
declare ptr @near()
define ptr @reads() {
  %r = call ptr @near()
  ret ptr %r }
"""
NEAR = "define ptr @near() { ret ptr null }\n"


def test_a_function_of_another_crate_is_alive_if_something_alive_calls_it() -> None:
    other = B + naming("make", "b") + NEAR
    declared = "declare ptr @make()\n" + A + MADE_BY_MAIN
    assert with_other(declared + calling("alive", "make"), other, exporting="alive") == [OF_B]
    assert with_other(declared + calling("dead", "make"), other) == [OF_A]


def test_a_table_that_other_modules_see_is_alive_if_one_of_them_names_it() -> None:
    other = vtable("b", OF_B, "hidden") + method(OF_B) + NEAR
    declared = "@b = external constant ptr\n" + A + MADE_BY_MAIN
    assert with_other(declared + naming("alive", "b"), other, exporting="alive") == [OF_B]
    assert with_other(declared + naming("dead", "b"), other) == [OF_A]


def test_a_module_that_was_not_read_is_read_to_see_or_else_taken_to_be_alive() -> None:
    other, third = B + naming("make", "b") + NEAR, "declare ptr @make()\n" + calling("dead", "make")
    assert with_other(A + MADE_BY_MAIN, other, third) == [OF_A]
    assert with_other(A + MADE_BY_MAIN, other, third, most_read=0) == [OF_A, OF_B]


def with_other(text: str, *others: str, exporting: str = "main", most_read: int = 100) -> list[str]:
    """The same where the root calls into the first of the other modules, which is therefore read."""
    root = ROOT.replace("  %slot", "  call ptr @near()\n  %slot") + "declare ptr @near()\n"
    modules = [Source().module(each) for each in (root + text, *others)]
    return candidates(link(*modules, exported={exporting}, most_read=most_read))


def written(text: str, exporting: str = "main", *, is_library: bool = False) -> list[tuple[str, Evidence]]:
    """Candidates of a call of ``process``."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    called = f"(ptr %object), !dbg {source.at(root, 6, 12)}\n"
    code = ROOT.replace(") {", f") !dbg {root} {{").replace("(ptr %object)\n", called)
    linked = link(
        source.module(code + text),
        words={("/own/lib.rs", 6, 12): "process"},
        own_crates=frozenset({"test"}),
        exported=None if is_library else {exporting},
    )
    (resolution,) = linked.hot_path.reached.resolutions.values()
    return [(display_name(each.symbol), each.evidence) for each in resolution.candidates]


BY_NAME = "_RNvXs_Cs1_4testNtB4_1CNtB4_2Op7process"
OF_C = "<test::C as test::Op>::process"


def test_a_method_that_is_only_called_by_its_own_name_is_no_objects() -> None:
    called = method(BY_NAME) + f'define i64 @direct(ptr %c) {{ %r = call i64 @"{BY_NAME}"(ptr %c)\n  ret i64 %r }}\n'
    assert written(A + MADE_BY_MAIN + called) == [(OF_A, Evidence.VTABLE)]
    assert (OF_C, Evidence.NAME) in written(A + MADE_BY_MAIN + called, is_library=True)


def test_a_method_whose_address_is_handed_on_was_loaded_out_of_a_vtable() -> None:
    taken = method(BY_NAME) + naming("pick", f'"{BY_NAME}"') + A
    assert written(taken, exporting="pick") == [(OF_C, Evidence.NAME)]
    assert written(taken + MADE_BY_MAIN) == [(OF_A, Evidence.VTABLE)]


POINTER = """
define i64 @root(ptr %object, ptr %f) {
  %r = call i64 %f(ptr %object)
  ret i64 %r }
"""


def test_an_address_counts_where_something_alive_takes_it() -> None:
    taken = method("on") + method("off") + naming("main", "on") + naming("dead", "off")
    assert candidates(link(Source().module(POINTER + taken), exported={"main"})) == ["on"]
    assert candidates(link(Source().module(POINTER + taken))) == ["off", "on"]


def test_a_call_of_a_function_does_not_take_its_address() -> None:
    called = method("off") + "define i64 @main() {\n  %r = call i64 @off(ptr null)\n  ret i64 %r }\n"
    called += naming("dead", "off")
    assert candidates(link(Source().module(POINTER + called), exported={"main"})) == []

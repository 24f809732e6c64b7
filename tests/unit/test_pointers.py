"""Function pointers that come out of memory: what the whole build hands out with the call's signature."""

from unit.ir_modules import Linked, Source, link

from ringfence.graphs.candidates import Resolution, parameters_of
from ringfence.graphs.names import display_name

FIELD = """
  %field = getelementptr inbounds i8, ptr %object, i64 16
  %f = load ptr, ptr %field, align 8
  %r = call i64 %f(ptr %object, i64 7), !dbg {call}
  ret i64 %r }}
"""
"""The word behind the first two of a structure."""
PASSED = """
  %r = call i64 %other(ptr %object, i64 7), !dbg {call}
  ret i64 %r }}
"""
NEAR = """
define i64 @near(ptr %self, i64 %n) { ret i64 0 }
define void @makes(ptr %where) { store ptr @near, ptr %where \n ret void }
"""
FAR = """
define i64 @far(ptr %self, i64 %n) { ret i64 0 }
define void @registers(ptr %where) { store ptr @far, ptr %where \n ret void }
"""
APART = """
define i64 @apart(ptr %self, double %n) { ret i64 0 }
define void @keeps(ptr %where) { store ptr @apart, ptr %where \n ret void }
"""
HEADER = r"\00" * 8 + r"\08" + r"\00" * 7 + r"\08" + r"\00" * 7
VTABLE = f"""
@vtable = constant <{{ [24 x i8], ptr }}> <{{ [24 x i8] c"{HEADER}", ptr @method }}>
define i64 @method(ptr %self, i64 %n) {{ ret i64 0 }}
define void @boxes(ptr %where) {{ store ptr @vtable, ptr %where \n ret void }}
"""


def calling(body: str, *others: str, near: str = NEAR, program: bool = False, most_read: int = 100) -> Linked:
    """A root that calls a pointer, and modules that nothing leads to."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    text = f"{near}define i64 @root(ptr %object, ptr %other) !dbg {root} {{{body.format(call=source.at(root, 5))}"
    modules = (source.module(text), *(Source().module(other) for other in others))
    exported = {"root", "makes", "registers", "keeps", "boxes"} if program else None
    return link(*modules, exported=exported, most_read=most_read)


def resolved(linked: Linked) -> tuple[list[str], bool]:
    """The candidates, and whether others are possible."""
    (only,) = linked.hot_path.reached.resolutions.values()
    return [display_name(each.symbol) for each in only.candidates], only.is_unresolved


def test_what_the_build_hands_out_with_that_signature_is_all_there_is() -> None:
    assert resolved(calling(FIELD)) == (["near"], False)


def test_a_module_that_nothing_leads_to_is_read_where_it_names_a_function_with_the_same_parameters() -> None:
    linked = calling(FIELD, FAR, APART)
    assert resolved(linked) == (["far", "near"], False)
    assert 1 in linked.modules_read
    assert 2 not in linked.modules_read


def test_a_module_beyond_the_limit_leaves_the_call_unresolved() -> None:
    linked = calling(FIELD, FAR, most_read=1)
    assert resolved(linked) == (["near"], True)
    assert 1 not in linked.modules_read


def test_where_nothing_has_the_signature_the_call_is_unresolved() -> None:
    assert resolved(calling(FIELD, near="")) == ([], True)


def test_a_function_that_is_only_declared_is_a_candidate_by_its_declaration() -> None:
    foreign = """
    declare i64 @foreign(ptr, i64)
    declare i64 @other(ptr, double)
    define void @makes(ptr %where) { store ptr @foreign, ptr %where \n store ptr @other, ptr %where \n ret void }
    """
    linked = calling(FIELD, near=foreign)
    assert resolved(linked) == (["foreign"], False)
    (told,) = linked.hot_path.reached.externals[linked.root.id]
    assert (told.symbol, told.effect) == ("foreign", None)


def test_what_the_user_of_a_library_passes_is_not_known_and_what_a_program_passes_is() -> None:
    assert resolved(calling(PASSED)) == (["near"], True)
    assert resolved(calling(PASSED, program=True)) == (["near"], False)


def test_a_pointer_that_may_be_a_method_handed_over_is_not_known() -> None:
    assert resolved(calling(PASSED, near=NEAR + VTABLE, program=True)) == (["near"], True)


def test_a_pointer_that_the_body_loads_out_of_no_vtable_is_no_method() -> None:
    loaded = FIELD.replace("i64 16", "i64 8")
    assert resolved(calling(loaded, near=NEAR + VTABLE, program=True)) == (["near"], False)


def test_more_candidates_than_a_few_are_followed_where_all_stand_in_the_crate_that_calls() -> None:
    names = [f"_RNvCs1_4test2f{number}" for number in range(8)]
    bodies = "".join(f"define i64 @{name}(ptr %self, i64 %n) {{ ret i64 0 }}\n" for name in names)
    stores = " \n ".join(f"store ptr @{name}, ptr %where" for name in names)
    found = calling_of_crate("test", f"{bodies}define void @makes(ptr %where) {{ {stores} \n ret void }}\n")
    assert found.followed
    other = calling_of_crate("lib", f"{bodies}define void @makes(ptr %where) {{ {stores} \n ret void }}\n")
    assert (len(other.candidates), other.followed) == (8, False)


def calling_of_crate(crate: str, near: str) -> Resolution:
    source = Source()
    symbol = f"_RNvCs1_{len(crate)}{crate}4root"
    root = source.subprogram(symbol, "/own/lib.rs")
    body = FIELD.format(call=source.at(root, 5))
    linked = link(source.module(f"{near}define i64 @{symbol}(ptr %object) !dbg {root} {{{body}"), root=symbol)
    (only,) = linked.hot_path.reached.resolutions.values()
    return only


def test_the_parameters_of_a_signature_are_its_types() -> None:
    assert parameters_of("{ ptr, i64 } (ptr sret([24 x i8]), i64)") == "ptr, i64"
    assert parameters_of("void ()") == ""


STATIC = """
  %list = load ptr, ptr getelementptr (i8, ptr @KEPT, i64 8), align 8
  br label %turn
turn:
  %entry = phi ptr [ %list, %0 ], [ %next, %turn ]
  %f = load ptr, ptr %entry, align 8
  %r = call i64 %f(ptr %object, i64 7), !dbg {call}
  %next = getelementptr inbounds i8, ptr %entry, i64 8
  %is_last = icmp eq i64 %r, 0
  br i1 %is_last, label %out, label %turn
out:
  ret i64 %r }}
"""
"""Through the list behind a static."""


def in_own_library(body: str, *, frame: str = "") -> bool:
    """Whether others are possible, in a library of the user's own; inlined from a function ``frame``."""
    source = Source()
    symbol = "_RNvCs1_4test4root"
    root = source.subprogram(symbol, "/own/lib.rs")
    at = source.at(root, 5)
    inner = source.at(source.subprogram(frame, "/dep/lib.rs"), 3, inlined_at=at) if frame else at
    kept = "@KEPT = global [16 x i8] zeroinitializer\n"
    text = f"{kept}{NEAR}define i64 @{symbol}(ptr %object) !dbg {root} {{{body.format(call=inner)}"
    linked = link(source.module(text), root=symbol, own_crates=frozenset({"test"}))
    candidates, is_unresolved = resolved(linked)
    assert candidates == ["near"]
    return is_unresolved


def test_a_field_of_what_a_library_is_given_may_hold_what_its_user_put_there_and_a_static_may_not() -> None:
    assert in_own_library(FIELD)
    assert not in_own_library(STATIC)


def test_what_a_dependency_keeps_is_the_dependencys_own_and_what_std_only_calls_is_not_stds() -> None:
    assert not in_own_library(FIELD, frame="_RNvCs2_3dep4find")
    assert in_own_library(FIELD, frame="_RNvCs3_4core3map")


REGISTER = "_RNvNtNtNtNtCs1_3std3sys12thread_local11destructors10linux_like8register"


def of_thread_local(more: str = "") -> list[str]:
    """The candidates where the destructor of a thread-local is registered, and its address used once ``more``."""
    source = Source()
    makes = source.subprogram("makes", "/own/lib.rs")
    registers = f"call void @{REGISTER}(ptr %where, ptr @near), !dbg {source.at(makes, 3)}"
    near = f"""
    define i64 @near(ptr %self, i64 %n) {{ ret i64 0 }}
    declare void @{REGISTER}(ptr, ptr)
    define void @makes(ptr %where) !dbg {makes} {{ {registers} \n ret void }}
    {more}"""
    root = source.subprogram("root", "/own/lib.rs")
    body = FIELD.format(call=source.at(root, 5))
    linked = link(source.module(f"{near}\ndefine i64 @root(ptr %object) !dbg {root} {{{body}"))
    return resolved(linked)[0]


def test_what_only_ends_a_thread_is_no_candidate() -> None:
    assert of_thread_local() == []
    other = "define void @keeps(ptr %where) { store ptr @near, ptr %where \n ret void }"
    assert of_thread_local(other) == ["near"]

"""Facts from printed IR: small modules, written by hand, parsed and printed by llvmlite as real ones are."""

import pytest

from ringfence.graphs.facts import (
    Attribute,
    CallKind,
    CallSite,
    FunctionFacts,
    Linkage,
    ModuleFacts,
    PathClass,
    Receiver,
)
from ringfence.pipeline.ir.module import print_module
from ringfence.pipeline.ir.reader import read_module

ALLOCATOR = """
declare noalias ptr @_RNvCs1_7___rustc12___rust_alloc(i64, i64 allocalign) #0
declare void @_RNvCs1_7___rustc14___rust_dealloc(ptr allocptr, i64, i64) #1
declare void @_RNvMs_5alloc7raw_vecINtB5_6RawVecyE8grow_oneCs2_4test(ptr) #2
declare void @cold_helper() #2
declare void @give_up() #3
declare i32 @rust_eh_personality(...)
attributes #0 = { nounwind allockind("alloc,uninitialized,aligned") allocsize(0) "alloc-family"="__rust_alloc" }
attributes #1 = { nounwind allockind("free") "alloc-family"="__rust_alloc" }
attributes #2 = { cold noinline }
attributes #3 = { cold noreturn }
"""


def read(text: str) -> ModuleFacts:
    return read_module(print_module((text + ALLOCATOR).encode(), text=True))


def function(text: str, symbol: str = "f") -> FunctionFacts:
    return read(text).function(symbol)


def only_call(facts: FunctionFacts) -> CallSite:
    (site,) = facts.calls
    return site


def test_a_direct_call_carries_its_callee_and_the_class_of_its_block() -> None:
    facts = function("define void @f() { call void @cold_helper() \n ret void }")
    site = only_call(facts)
    assert (site.kind, site.callee) == (CallKind.DIRECT, "cold_helper")
    assert facts.places[site.place].path_class is PathClass.HOT
    assert facts.places[site.place].always


def test_a_constant_allocation_size_is_kept_and_a_variable_one_is_not() -> None:
    facts = function("""define void @f(i64 %n) {
      %a = call ptr @_RNvCs1_7___rustc12___rust_alloc(i64 24, i64 8)
      %b = call ptr @_RNvCs1_7___rustc12___rust_alloc(i64 %n, i64 8)
      ret void }""")
    assert [site.size for site in facts.calls] == [24, -1]


def test_the_unlikely_arm_of_a_weighted_branch_is_cold() -> None:
    facts = function("""define void @f(i1 %c) {
      br i1 %c, label %usual, label %seldom, !prof !0
    usual:
      ret void
    seldom:
      call void @cold_helper()
      ret void }
    !0 = !{!"branch_weights", !"expected", i32 2000, i32 1}""")
    assert facts.places[only_call(facts).place].path_class is PathClass.COLD


def test_equal_weights_make_nothing_cold() -> None:
    facts = function("""declare void @work()
    define void @f(i1 %c) {
      br i1 %c, label %one, label %two, !prof !0
    one:
      ret void
    two:
      call void @work()
      ret void }
    !0 = !{!"branch_weights", i32 2000, i32 2002}""")
    assert facts.places[only_call(facts).place].path_class is PathClass.HOT


def test_growth_is_forgiven_the_cold_mark_that_its_library_gives_it() -> None:
    facts = function("""define void @f(ptr %vec, i1 %full) {
      br i1 %full, label %grow, label %done
    grow:
      call void @_RNvMs_5alloc7raw_vecINtB5_6RawVecyE8grow_oneCs2_4test(ptr %vec)
      br label %done
    done:
      ret void }""")
    site = only_call(facts)
    assert facts.places[site.place].path_class is PathClass.HOT
    assert site.receiver is Receiver.PARAMETER


def test_growth_of_a_container_on_the_own_stack_is_told_from_growth_of_a_field() -> None:
    facts = function("""define void @f(ptr %self) {
      %vec = alloca [24 x i8]
      %inner = getelementptr inbounds i8, ptr %vec, i64 8
      call void @_RNvMs_5alloc7raw_vecINtB5_6RawVecyE8grow_oneCs2_4test(ptr %inner)
      %field = getelementptr inbounds i8, ptr %self, i64 40
      call void @_RNvMs_5alloc7raw_vecINtB5_6RawVecyE8grow_oneCs2_4test(ptr %field)
      ret void }""")
    assert [site.receiver for site in facts.calls] == [Receiver.LOCAL, Receiver.PARAMETER]


def test_a_call_in_a_landing_pad_is_panic_and_the_normal_way_of_an_invoke_is_not() -> None:
    facts = function("""declare void @may_unwind()
    define void @f() personality ptr @rust_eh_personality {
      invoke void @may_unwind() to label %fine unwind label %pad
    fine:
      ret void
    pad:
      %caught = landingpad { ptr, i32 } cleanup
      call void @_RNvCs1_7___rustc14___rust_dealloc(ptr null, i64 8, i64 8)
      resume { ptr, i32 } %caught }""")
    classes = {site.callee: facts.places[site.place].path_class for site in facts.calls}
    assert classes["may_unwind"] is PathClass.HOT
    assert classes["_RNvCs1_7___rustc14___rust_dealloc"] is PathClass.PANIC


def test_a_way_that_ends_in_a_noreturn_call_is_panic() -> None:
    facts = function("""define void @f(i1 %c) {
      br i1 %c, label %bad, label %good
    good:
      ret void
    bad:
      call void @give_up()
      unreachable }""")
    assert facts.places[only_call(facts).place].path_class is PathClass.PANIC


def test_a_call_in_nested_loops_has_their_depth() -> None:
    facts = function("""declare void @work()
    define void @f(i1 %c) {
      br label %outer
    outer:
      br label %inner
    inner:
      call void @work()
      br i1 %c, label %inner, label %next
    next:
      br i1 %c, label %outer, label %done
    done:
      ret void }""")
    assert facts.places[only_call(facts).place].loop_depth == 2


def test_a_method_pointer_from_a_vtable_is_a_virtual_call_with_its_slot() -> None:
    site = only_call(
        function("""define i64 @f(ptr %object, ptr dereferenceable(40) %vtable) {
      %slot = getelementptr inbounds nuw i8, ptr %vtable, i64 32
      %method = load ptr, ptr %slot, align 8, !invariant.load !0
      %r = call noundef i64 %method(ptr noundef %object, i64 noundef 3)
      ret i64 %r }
    !0 = !{}""")
    )
    assert (site.kind, site.slot, site.vtable_size, site.signature) == (CallKind.VIRTUAL, 1, 40, "i64 (ptr, i64)")


def test_the_first_entry_of_a_vtable_is_its_drop_glue() -> None:
    site = only_call(
        function("""define void @f(ptr %object, ptr %vtable) {
      %drop = load ptr, ptr %vtable, align 8, !invariant.load !0
      call void %drop(ptr %object)
      ret void }
    !0 = !{}""")
    )
    assert (site.kind, site.slot) == (CallKind.VIRTUAL, -1)


def test_any_other_pointer_is_a_pointer_call() -> None:
    site = only_call(
        function("""define void @f(ptr %self) {
      %callback = load ptr, ptr %self, align 8
      call void %callback(i32 1)
      ret void }""")
    )
    assert (site.kind, site.signature) == (CallKind.POINTER, "void (i32)")


def test_the_two_constants_of_a_select_are_a_closed_set() -> None:
    site = only_call(
        function("""declare void @a()
    declare void @b()
    define void @f(i1 %c) {
      %callee = select i1 %c, ptr @a, ptr @b
      call void %callee()
      ret void }""")
    )
    assert site.callees == ("a", "b")


def test_a_select_with_an_unknown_operand_is_no_closed_set() -> None:
    site = only_call(
        function("""declare void @a()
    define void @f(i1 %c, ptr %other) {
      %callee = select i1 %c, ptr @a, ptr %other
      call void %callee()
      ret void }""")
    )
    assert site.callees == ()


def test_callees_metadata_is_a_closed_set() -> None:
    site = only_call(
        function("""declare void @a()
    declare void @b()
    define void @f(ptr %callee) {
      call void %callee(), !callees !0
      ret void }
    !0 = !{ptr @a, ptr @b}""")
    )
    assert site.callees == ("a", "b")


def test_assembly_is_an_event_and_an_empty_template_is_none() -> None:
    facts = function("""define void @f() {
      call void asm sideeffect "", "~{memory}"()
      call void asm sideeffect "pause", ""()
      ret void }""")
    site = only_call(facts)
    assert (site.kind, site.callee) == (CallKind.ASSEMBLY, "pause")


def test_copies_keep_a_constant_size() -> None:
    facts = function("""declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1 immarg)
    define void @f(ptr %a, ptr %b, i64 %n) {
      call void @llvm.memcpy.p0.p0.i64(ptr align 8 %a, ptr align 8 %b, i64 4096, i1 false)
      call void @llvm.memcpy.p0.p0.i64(ptr %a, ptr %b, i64 %n, i1 false)
      ret void }""")
    assert [(copy.operation, copy.size) for copy in facts.copies] == [("memcpy", 4096), ("memcpy", -1)]
    assert facts.calls == ()


def test_atomics_keep_operation_and_ordering_and_compiler_fences_are_none() -> None:
    facts = function("""define void @f(ptr %p) {
      %a = load atomic i64, ptr %p acquire, align 8
      store atomic i64 1, ptr %p release, align 8
      %b = atomicrmw add ptr %p, i64 1 seq_cst, align 8
      %c = cmpxchg weak ptr %p, i64 0, i64 1 acq_rel monotonic, align 8
      fence seq_cst
      fence syncscope("singlethread") seq_cst
      ret void }""")
    assert [(atomic.operation, atomic.ordering) for atomic in facts.atomics] == [
        ("load", "acquire"),
        ("store", "release"),
        ("add", "seq_cst"),
        ("cmpxchg", "acq_rel"),
        ("fence", "seq_cst"),
    ]


def test_a_switch_over_lines_has_all_its_targets() -> None:
    facts = function("""declare void @work()
    define void @f(i32 %x) {
      switch i32 %x, label %other [
        i32 0, label %zero
        i32 1, label %other
      ]
    zero:
      call void @work()
      ret void
    other:
      ret void }""")
    place = facts.places[only_call(facts).place]
    assert (place.path_class, place.always) == (PathClass.HOT, False)


HEADER = r"\10\00\00\00\00\00\00\00\08\00\00\00\00\00\00\00"
"""Size 16 and alignment 8, as little-endian words."""
WITHOUT_DROP = r"\00\00\00\00\00\00\00\00\20\00\00\00\00\00\00\00\04\00\00\00\00\00\00\00"
"""Null, size 32 and alignment 4."""

VTABLES = f"""
@vtable.0 = private constant <{{ ptr, [16 x i8], ptr, ptr }}>
  <{{ ptr @drop, [16 x i8] c"{HEADER}", ptr @method, ptr null }}>
@vtable.1 = private constant <{{ [24 x i8], ptr }}> <{{ [24 x i8] c"{WITHOUT_DROP}", ptr @method }}>
@text = private constant [3 x i8] c"abc"
@location = private constant <{{ ptr, [16 x i8] }}> <{{ ptr @text, [16 x i8] c"{HEADER}" }}>
@table = private constant [2 x ptr] [ptr @method, ptr @drop]
@outer = private constant {{ ptr }} {{ ptr @table }}
@twin = alias void (ptr), ptr @drop
define void @drop(ptr %x) {{ ret void }}
define internal void @method(ptr %x) {{ ret void }}
"""


def test_vtables_are_told_by_their_shape_and_a_panic_location_is_none() -> None:
    vtables = {vtable.symbol: vtable for vtable in read(VTABLES).vtables}
    assert sorted(vtables) == ["vtable.0", "vtable.1"]
    assert (vtables["vtable.0"].drop, vtables["vtable.0"].size, vtables["vtable.0"].align) == ("drop", 16, 8)
    assert vtables["vtable.0"].methods == ("method", "")
    assert (vtables["vtable.1"].drop, vtables["vtable.1"].size, vtables["vtable.1"].align) == ("", 32, 4)


def test_globals_that_lead_to_functions_are_kept_with_the_way_there() -> None:
    held = read(VTABLES).address_globals
    assert held["table"] == ("drop", "method")
    assert held["outer"] == ("table",)
    assert "location" not in held


def test_aliases_and_linkage_are_kept() -> None:
    facts = read(VTABLES)
    assert facts.aliases == {"twin": "drop"}
    assert facts.function("drop").linkage is Linkage.EXTERNAL
    assert facts.function("method").linkage is Linkage.INTERNAL


def test_an_address_is_taken_by_a_store_but_not_by_a_call() -> None:
    facts = function("""declare void @stored()
    declare void @called()
    define void @f(ptr %p) {
      store ptr @stored, ptr %p, align 8
      call void @called()
      ret void }""")
    assert [address.symbol for address in facts.addresses] == ["stored"]


def test_declarations_with_telling_attributes_are_externals() -> None:
    externals = read("define void @f() { ret void }").externals
    assert externals["_RNvCs1_7___rustc12___rust_alloc"].attributes & Attribute.ALLOCATES
    assert externals["give_up"].attributes & Attribute.NORETURN
    assert "rust_eh_personality" not in externals


LOCATED = """
declare void @work()
define void @f() !dbg !3 {
  call void @work(), !dbg !6
  ret void
}
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!9}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: LineTablesOnly)
!1 = !DIFile(filename: "src/lib.rs", directory: "/crate")
!2 = !DISubroutineType(types: !8)
!3 = distinct !DISubprogram(name: "outer", linkageName: "f", scope: !1, file: !1, line: 10, type: !2, unit: !0,
  spFlags: DISPFlagDefinition)
!4 = distinct !DISubprogram(name: "inlined", linkageName: "inlined_symbol", scope: !1, file: !5, line: 20, type: !2,
  unit: !0, spFlags: DISPFlagDefinition)
!5 = !DIFile(filename: "/elsewhere/a\\22b.rs", directory: "/crate")
!6 = !DILocation(line: 21, column: 9, scope: !4, inlinedAt: !7)
!7 = distinct !DILocation(line: 12, column: 5, scope: !10)
!8 = !{null}
!9 = !{i32 2, !"Debug Info Version", i32 3}
!10 = distinct !DILexicalBlock(scope: !3, file: !1, line: 11, column: 1)
"""


def test_an_inline_chain_runs_from_the_innermost_frame_to_the_function() -> None:
    facts = read(LOCATED)
    chain = facts.inline_chain(only_call(facts.function("f")).location)
    assert [(facts.subprograms[frame.subprogram].name, frame.line, frame.column) for frame in chain] == [
        ("inlined_symbol", 21, 9),
        ("f", 12, 5),
    ]
    assert [facts.files[frame.file] for frame in chain] == ['/elsewhere/a"b.rs', "/crate/src/lib.rs"]


INVOKED = LOCATED.replace(
    """define void @f() !dbg !3 {
  call void @work(), !dbg !6
  ret void
}""",
    """declare i32 @personality(...)
declare void @stored()
define void @f() personality ptr @personality !dbg !3 {
  invoke void @work(ptr @stored) to label %done unwind label %failed, !dbg !6
done:
  ret void
failed:
  %caught = landingpad { ptr, i32 } cleanup
  resume { ptr, i32 } %caught
}""",
).replace("declare void @work()", "declare void @work(ptr)")


def test_an_address_taken_by_an_invoke_has_the_line_that_stands_behind_its_labels() -> None:
    facts = read(INVOKED)
    [address] = facts.function("f").addresses
    assert address.symbol == "stored"
    assert [(frame.line, frame.column) for frame in facts.inline_chain(address.location)] == [(21, 9), (12, 5)]


@pytest.mark.parametrize("name", ["plain", "with space", "a::b<&'static str>"])
def test_quoted_symbols_are_read_as_the_linker_sees_them(name: str) -> None:
    facts = read(f'define void @"{name}"() {{ ret void }}\ndefine void @f() {{ call void @"{name}"() \n ret void }}')
    assert only_call(facts.function("f")).callee == name
    assert name in facts.functions

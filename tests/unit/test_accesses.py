"""Loads, stores and copies are traced to the variable that their pointer comes from."""

from unit.ir_modules import facts_of

from ringfence.graphs.access_facts import Access, AccessKind
from ringfence.graphs.facts import ModuleFacts

_PLANT = """
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!4}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug)
!1 = !DIFile(filename: "unit.rs", directory: "/own")
!2 = !DISubroutineType(types: !3)
!3 = !{null}
!4 = !{i32 2, !"Debug Info Version", i32 3}
!5 = distinct !DISubprogram(name: "f", linkageName: "f", scope: !1, file: !1, line: 1, type: !2, unit: !0,
  spFlags: DISPFlagDefinition, retainedNodes: !16)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DINamespace(name: "own", scope: null)
!8 = !DICompositeType(tag: DW_TAG_structure_type, name: "Plant", scope: !7, file: !1, size: 256, align: 64,
  elements: !9, identifier: "plant")
!9 = !{}
!10 = !DIDerivedType(tag: DW_TAG_pointer_type, name: "&own::Plant", baseType: !8, size: 64, align: 64)
!11 = !DILocalVariable(name: "self", arg: 1, scope: !5, file: !1, line: 1, type: !10)
!12 = !DILocalVariable(name: "plant", scope: !5, file: !1, line: 1, type: !8)
!13 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, name: "*const u8", baseType: !13, size: 64, align: 64)
!15 = !DILocalVariable(name: "bytes", scope: !5, file: !1, line: 1, type: !14)
!16 = !{!11, !12, !15}
"""
_SELF = "#dbg_value(ptr %self, !11, !DIExpression(), !6)"


def module(body: str, parameters: str = "ptr %self, ptr %other, i64 %i") -> ModuleFacts:
    return facts_of(f"""
    declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
    declare ptr @made()
    declare void @panic() noreturn
    @table = global [8 x i64] zeroinitializer
    %Cell = type {{ i64, [2 x i32], ptr }}
    define void @f({parameters}) !dbg !5 {{
    start:
      {body}
      ret void }}
    {_PLANT}""")


def accesses(body: str) -> tuple[Access, ...]:
    return module(body).function("f").accesses


def only(body: str) -> Access:
    (access,) = accesses(body)
    return access


def test_a_load_through_a_reference_is_traced_to_its_type_and_offset() -> None:
    facts = module(f"{_SELF}\n %at = getelementptr inbounds i8, ptr %self, i64 24\n %v = load i64, ptr %at, !dbg !6")
    (access,) = facts.function("f").accesses
    assert facts.variable_types[access.variable_type] == "&own::Plant"
    assert (access.kind, access.path, access.size) == (AccessKind.READ, (0, 24), 8)


def test_a_pointer_that_was_loaded_is_one_step_more() -> None:
    first, second = accesses(f"""{_SELF}
      %at = getelementptr inbounds i8, ptr %self, i64 16
      %next = load ptr, ptr %at, !dbg !6
      store i32 1, ptr %next, !dbg !6""")
    assert (first.kind, first.path) == (AccessKind.READ, (0, 16))
    assert (second.kind, second.path, second.size) == (AccessKind.WRITE, (0, 16, 0), 4)


def test_atomics_and_copies_say_what_they_are() -> None:
    kinds = {
        access.kind
        for access in accesses(f"""{_SELF}
          %a = load atomic i64, ptr %self acquire, align 8, !dbg !6
          store atomic i64 1, ptr %self release, align 8, !dbg !6
          call void @llvm.memcpy.p0.p0.i64(ptr %other, ptr %self, i64 32, i1 false), !dbg !6""")
    }
    assert kinds == {
        AccessKind.ATOMIC_READ,
        AccessKind.ATOMIC_WRITE,
        AccessKind.COPIED_FROM,
        AccessKind.COPIED_TO,
    }


def test_a_read_modify_write_writes() -> None:
    assert only(f"{_SELF}\n %a = atomicrmw add ptr %self, i64 1 monotonic, align 8, !dbg !6").size == 8
    exchanged = only(f"{_SELF}\n %a = cmpxchg ptr %self, i32 0, i32 1 acquire monotonic, align 4, !dbg !6")
    assert (exchanged.kind, exchanged.size) == (AccessKind.ATOMIC_WRITE, 4)


def test_an_index_that_is_not_constant_is_said() -> None:
    assert only(f"{_SELF}\n %at = getelementptr i64, ptr %self, i64 %i\n %v = load i64, ptr %at, !dbg !6").is_indexed
    assert not only(f"{_SELF}\n %at = getelementptr i64, ptr %self, i64 2\n %v = load i64, ptr %at, !dbg !6").is_indexed


def test_steps_in_elements_count_their_bytes() -> None:
    assert only(f"{_SELF}\n %at = getelementptr i64, ptr %self, i64 2\n %v = load i64, ptr %at, !dbg !6").path == (
        0,
        16,
    )


def test_a_static_is_known_by_its_symbol() -> None:
    access = only("%v = load i64, ptr getelementptr inbounds (i8, ptr @table, i64 16), !dbg !6")
    assert (access.static, access.path, access.variable_type) == ("table", (16,), -1)


_LOOP = """br label %loop
    loop:
      %n = phi i64 [ 0, %start ], [ %more, %loop ]
      %more = add i64 %n, 1
      %end = icmp eq i64 %more, %i
      {0}
      br i1 %end, label %out, label %loop
    out:"""


def written(index: str, before: str = "") -> Access:
    """A read-modify-write of the element that an index leads to."""
    (access,) = (
        each
        for each in accesses(f"""{_SELF}
          {before}
          %at = getelementptr %Cell, ptr %self, i64 {index}
          %old = atomicrmw add ptr %at, i64 1 monotonic, align 8, !dbg !6""")
        if each.kind is AccessKind.ATOMIC_WRITE
    )
    return access


def test_an_index_says_how_far_its_elements_are_apart() -> None:
    assert (written("%i").stride, written("%i").is_walked) == (24, False)


def test_an_index_that_is_calculated_is_still_the_callers() -> None:
    assert not written("%slot", "%slot = urem i64 %i, 67").is_walked


def test_an_index_that_a_loop_counts_up_walks() -> None:
    body = _LOOP.format(
        "%at = getelementptr %Cell, ptr %self, i64 %n\n %old = atomicrmw add ptr %at, i64 1 monotonic, align 8, !dbg !6"
    )
    assert only(f"{_SELF}\n {body}").is_walked


def test_an_index_that_comes_from_an_atomic_walks() -> None:
    before = "%next = load atomic i64, ptr %other acquire, align 8\n %slot = and i64 %next, 63"
    assert written("%slot", before).is_walked


def test_what_lies_in_a_thread_local_variable_is_said() -> None:
    facts = facts_of("""
        @counts = thread_local global [64 x i8] zeroinitializer, align 8
        declare ptr @llvm.threadlocal.address.p0(ptr)
        define void @_RNvMCs1_4spscNtB2_5Gauge3see(ptr %self, i64 %i) {
          %here = call ptr @llvm.threadlocal.address.p0(ptr @counts)
          %either = select i1 true, ptr %here, ptr %self
          %at = getelementptr i64, ptr %either, i64 %i
          %a = atomicrmw add ptr %at, i64 1 monotonic, align 8
          %b = atomicrmw add ptr %self, i64 1 monotonic, align 8
          ret void }""")
    told = facts.function("_RNvMCs1_4spscNtB2_5Gauge3see").accesses
    assert [each.is_thread_local for each in told] == [True, False]


def test_the_pointer_in_an_element_leads_out_of_the_sequence() -> None:
    _, write = accesses(f"""{_SELF}
      %at = getelementptr {{ ptr, ptr }}, ptr %self, i64 %i
      %counted = load ptr, ptr %at, !dbg !6
      %old = atomicrmw add ptr %counted, i64 1 monotonic, align 8, !dbg !6""")
    assert (write.path, write.is_indexed, write.stride) == ((0, 0, 0), False, 0)


def test_a_module_without_variables_has_the_atomics_of_self_and_of_statics() -> None:
    facts = facts_of("""
        @seen = global [8 x i8] zeroinitializer, align 8
        define void @_RNvMCs1_4spscNtB2_5Gauge3see(ptr %self, ptr %other) {
          %at = getelementptr inbounds i8, ptr %self, i64 8
          %plain = load i64, ptr %self
          %a = atomicrmw add ptr %at, i64 1 monotonic, align 8
          %b = atomicrmw add ptr @seen, i64 1 monotonic, align 8
          %c = atomicrmw add ptr %other, i64 1 monotonic, align 8
          ret void }""")
    first, second = facts.function("_RNvMCs1_4spscNtB2_5Gauge3see").accesses
    assert (facts.variable_types[first.variable_type], first.path) == ("&spsc::Gauge", (0, 8))
    assert (second.static, second.path) == ("seen", (0,))


def test_what_has_no_variable_is_counted_and_not_traced() -> None:
    access = only("%p = call ptr @made(), !dbg !6\n %v = load i64, ptr %p, !dbg !6")
    assert (access.variable_type, access.path, access.count) == (-1, (), 1)


def test_a_pointer_to_raw_bytes_tells_nothing_of_what_lies_there() -> None:
    raw = "#dbg_value(ptr %other, !15, !DIExpression(), !6)\n %v = load i64, ptr %other, !dbg !6"
    assert only(raw).variable_type == -1


def test_stack_slots_are_left_out_but_for_large_moves() -> None:
    slot = "%slot = alloca [256 x i8]\n #dbg_declare(ptr %slot, !12, !DIExpression(), !6)\n"
    assert accesses(f"{slot} store i64 1, ptr %slot, !dbg !6") == ()
    copy = "call void @llvm.memcpy.p0.p0.i64(ptr %slot, ptr %slot, i64 {}, i1 false), !dbg !6"
    assert accesses(slot + copy.format(64)) == ()
    assert {access.on_stack for access in accesses(slot + copy.format(128))} == {True}


def test_the_place_for_a_returned_value_is_a_stack_slot_of_the_caller() -> None:
    facts = module("store i64 1, ptr %r, !dbg !6", "ptr sret([64 x i8]) %r")
    assert facts.function("f").accesses == ()


def test_a_pointer_that_moves_on_in_a_loop_is_what_it_began_as() -> None:
    facts = module(f"""{_SELF}
      br label %loop
    loop:
      %p = phi ptr [ %self, %start ], [ %next, %loop ]
      %v = load i64, ptr %p, !dbg !6
      %next = getelementptr inbounds i8, ptr %p, i64 8
      %end = icmp eq i64 %v, 0
      br i1 %end, label %out, label %loop
    out:""")
    function = facts.function("f")
    (access,) = function.accesses
    assert access.path == (0, 0)
    assert function.places[access.place].loop_depth == 1


def test_what_only_a_panic_touches_is_no_access() -> None:
    assert (
        accesses(f"""{_SELF}
      %bad = icmp eq i64 %i, 0
      br i1 %bad, label %stop, label %out
    stop:
      store i64 1, ptr %self, !dbg !6
      call void @panic(), !dbg !6
      unreachable
    out:""")
        == ()
    )


def test_a_module_without_variables_has_no_accesses() -> None:
    facts = facts_of("define void @f(ptr %p) {\n store i64 1, ptr %p\n ret void }")
    assert facts.function("f").accesses == ()

"""What a loop does in every turn is a fact: chased pointers, groups of control bytes, switches, what guards a panic."""

from unit.ir_modules import Source, facts_of, link

from ringfence.graphs.facts import FunctionFacts, LoadKind, PathClass
from ringfence.passes.judge import judge, judged


def body(text: str) -> FunctionFacts:
    return facts_of(f"declare void @panic() noreturn\ndeclare void @work()\n{text}").function("f")


def walked(next_: str) -> FunctionFacts:
    return body(f"""
    define void @f(ptr %first, ptr %other, i64 %i) {{
    start:
      br label %loop
    loop:
      %p = phi ptr [ %first, %start ], [ %next, %loop ]
      {next_}
      %end = icmp eq ptr %next, null
      br i1 %end, label %out, label %loop
    out:
      ret void }}""")


def hashed(turn: int, final: int) -> list[LoadKind]:
    facts = body(f"""
    declare i64 @llvm.fshl.i64(i64, i64, i64)
    define i64 @f(i64 %a, i64 %b) {{
      %turned = call i64 @llvm.fshl.i64(i64 %a, i64 %a, i64 {turn})
      %ended = xor i64 %b, {final}
      %sum = add i64 %turned, %ended
      ret i64 %sum }}""")
    return [load.kind for load in facts.loads]


def test_the_last_rounds_of_siphash_are_known_by_their_constants() -> None:
    assert hashed(13, 255) == [LoadKind.HASHED]
    assert hashed(13, 254) == []
    assert hashed(7, 255) == []


def test_a_pointer_that_is_loaded_through_itself_is_chased() -> None:
    (load,) = walked("%next = load ptr, ptr %p").loads
    assert load.kind is LoadKind.CHASED
    (behind,) = walked("%at = getelementptr inbounds i8, ptr %p, i64 8 \n %next = load ptr, ptr %at").loads
    assert behind.kind is LoadKind.CHASED


def test_a_pointer_that_comes_from_elsewhere_or_steps_on_is_not() -> None:
    assert walked("%next = load ptr, ptr %other").loads == ()
    assert walked("%next = getelementptr inbounds i8, ptr %p, i64 8").loads == ()


def test_a_child_of_the_node_of_the_turn_before_is_a_descent() -> None:
    edges = "%edges = getelementptr inbounds i8, ptr %p, i64 192"
    indexed = "%at = getelementptr inbounds nuw ptr, ptr {}, i64 %i"
    down = f"{edges} \n {indexed.format('%edges')} \n %next = load ptr, ptr %at"
    assert [load.kind for load in walked(down).loads] == [LoadKind.DESCENDED]
    assert walked(down.replace("ptr %p, i64 192", "ptr %other, i64 192")).loads == ()
    assert walked(down.replace("%next = load ptr, ptr %at", "%next = load ptr, ptr %other")).loads == ()


def test_the_control_bytes_of_a_hash_table_are_a_group() -> None:
    facts = body("define <16 x i8> @f(ptr %p) {\n %g = load <16 x i8>, ptr %p, align 1\n ret <16 x i8> %g }")
    assert [load.kind for load in facts.loads] == [LoadKind.GROUP]
    assert body("define <4 x i32> @f(ptr %p) {\n %g = load <4 x i32>, ptr %p\n ret <4 x i32> %g }").loads == ()


def switched(cases: int, weights: str = "") -> FunctionFacts:
    lines = "\n".join(f"i64 {number}, label %b{number}" for number in range(cases))
    blocks = "\n".join(f"b{number}:\n call void @work()\n br label %e" for number in range(cases))
    numbers = ", ".join(f"i32 {number + 1}" for number in range(cases + 1))
    node = f'!0 = !{{!"branch_weights", {numbers}}}' if weights else ""
    head = f"define void @f(i64 %v) {{\n switch i64 %v, label %e [\n{lines}\n ]{weights}"
    return body(f"{head}\n{blocks}\ne:\n ret void }}\n{node}")


def test_a_switch_knows_its_cases_and_whether_they_are_weighted() -> None:
    assert [(each.cases, each.is_weighted) for each in switched(9).switches] == [(9, False)]
    assert [(each.cases, each.is_weighted) for each in switched(9, ", !prof !0").switches] == [(9, True)]
    assert switched(3).switches == ()


def test_the_heaviest_case_of_a_measured_switch_is_known_by_its_value() -> None:
    (unweighted,) = switched(9).switches
    assert (unweighted.usual, unweighted.share) == ("", 0)
    (weighted,) = switched(9, ", !prof !0").switches
    assert (weighted.usual, weighted.share) == ("8", 100 * 10 // 55)


def test_a_panicking_call_knows_the_place_that_decides() -> None:
    facts = body("""
    define void @f(i1 %more, i1 %bad) {
    start:
      br label %loop
    loop:
      br i1 %bad, label %fail, label %next
    next:
      br i1 %more, label %loop, label %out
    fail:
      br label %deeper
    deeper:
      call void @panic()
      unreachable
    out:
      call void @work()
      ret void }""")
    panic, work = facts.calls
    guard = facts.places[panic.guard]
    assert (facts.places[panic.place].path_class, guard.path_class, guard.loop_depth) == (
        PathClass.PANIC,
        PathClass.HOT,
        1,
    )
    assert work.guard == -1


def checked(line: int) -> list[str]:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs", line=3)
    here, panics = source.at(root, 7, 5), source.at(root, line, 9 if line else 0)
    linked = link(
        source.module(f"""
    declare void @_ZN4core9panicking18panic_bounds_check17h0E() noreturn
    define void @root(i64 %v) !dbg {root} {{
    start:
      br label %loop
    loop:
      %bad = icmp eq i64 %v, 0, !dbg {here}
      br i1 %bad, label %stop, label %loop
    stop:
      call void @_ZN4core9panicking18panic_bounds_check17h0E(), !dbg {panics}
      unreachable }}""")
    )
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    return [f"{finding.anchor.line}" for finding in found if finding.rule.id == "RF404" and finding.anchor]


def test_checks_that_were_joined_without_a_line_are_silent() -> None:
    assert checked(7) == ["7"]
    assert checked(0) == []

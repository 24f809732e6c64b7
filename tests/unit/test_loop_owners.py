"""Whose a loop is, and which loops count for an operation that was inlined into them."""

from unit.ir_modules import Source, facts_of

from ringfence.graphs.facts import FunctionFacts, Place


def places_of_call(code: str, source: Source) -> tuple[FunctionFacts, Place]:
    facts = facts_of(source.module(code + "\ndeclare void @step()\ndeclare i1 @more()")).function("f")
    (site,) = (site for site in facts.calls if site.callee == "step")
    return facts, facts.places[site.place]


def nested(outer_line: bool) -> tuple[Place, int]:
    """A call in a loop of an inlined function, which stands in a loop of ``f``; whether an instruction of that outer
    loop stands on a line of ``f``. The row of the place where the function was inlined comes with it."""
    source = Source()
    f, inner = source.subprogram("f", "/own/lib.rs"), source.subprogram("inner", "/std/lib.rs")
    inlined_at = source.at(f, 5, 9)
    inside = source.at(inner, 20, 1, inlined_at)
    around = source.at(f, 4, 1) if outer_line else inside
    code = f"""define void @f() !dbg {f} {{
      br label %outer
    outer:
      br label %turn, !dbg {around}
    turn:
      call void @step(), !dbg {inside}
      %again = call i1 @more(), !dbg {inside}
      br i1 %again, label %turn, label %last, !dbg {inside}
    last:
      %more = call i1 @more(), !dbg {around}
      br i1 %more, label %outer, label %end, !dbg {around}
    end:
      ret void }}"""
    facts, place = places_of_call(code, source)
    module = facts_of(source.module(code + "\ndeclare void @step()\ndeclare i1 @more()"))
    location = next(site.location for site in facts.calls if site.callee == "step")
    return place, module.inline_chain(location)[0].inlined_at


def test_a_loop_is_its_function_s_own_where_an_instruction_of_it_stands_outside_of_what_was_inlined() -> None:
    place, inlined_at = nested(outer_line=True)
    assert place.loop_depth == 2
    assert place.loops == (-1, inlined_at)


def test_a_loop_lies_in_the_inlined_function_that_all_of_its_instructions_stand_in() -> None:
    place, inlined_at = nested(outer_line=False)
    assert place.loops == (inlined_at, inlined_at)


def test_what_was_joined_and_values_that_pass_through_do_not_tell_whose_a_loop_is() -> None:
    source = Source()
    f, inner = source.subprogram("f", "/own/lib.rs"), source.subprogram("inner", "/std/lib.rs")
    inside = source.at(inner, 20, 1, source.at(f, 5, 9))
    code = f"""define i64 @f(i64 %n) !dbg {f} {{
    start:
      br label %turn
    turn:
      %kept = phi i64 [ %n, %start ], [ %next, %turn ], !dbg {source.at(f, 4, 1)}
      %next = add i64 %kept, 1, !dbg {source.at(f, 0, 0)}
      call void @step(), !dbg {inside}
      %again = call i1 @more(), !dbg {inside}
      br i1 %again, label %turn, label %end, !dbg {inside}
    end:
      ret i64 %kept }}"""
    _, place = places_of_call(code, source)
    assert len(place.loops) == 1
    assert place.loops[0] >= 0

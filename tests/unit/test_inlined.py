"""What is left of an inlined function is audited as one function, wherever it was inlined."""

from unit.ir_modules import ALLOC, Source, facts_of

from ringfence.graphs.facts import FunctionFacts, ModuleFacts
from ringfence.graphs.inlined import joined, outermost, part_of


def module() -> ModuleFacts:
    """``inner`` allocates; ``first`` and ``second`` hold it, ``second`` in a loop; each calls something of its own."""
    source = Source()
    first, second = source.subprogram("first", "/own/lib.rs"), source.subprogram("second", "/own/lib.rs", 20)
    inner, deeper = source.subprogram("inner", "/own/lib.rs", 9), source.subprogram("deeper", "/std/x.rs")
    in_first = source.at(deeper, 3, inlined_at=source.at(inner, 10, inlined_at=source.at(first, 2)))
    in_second = source.at(inner, 10, inlined_at=source.at(second, 22))
    return facts_of(
        source.module(f"""
    declare void @other()
    define void @first() !dbg {first} {{
      %1 = call ptr @{ALLOC}(i64 8, i64 8), !dbg {in_first}
      call void @other(), !dbg {source.at(first, 4)}
      ret void }}
    define void @second(i1 %more) !dbg {second} {{
    start:
      br label %loop
    loop:
      %1 = call ptr @{ALLOC}(i64 16, i64 8), !dbg {in_second}
      br i1 %more, label %loop, label %end
    end:
      call void @other(), !dbg {source.at(second, 24)}
      ret void }}""")
    )


def rows(facts: ModuleFacts, name: str) -> frozenset[int]:
    return frozenset(row for row, each in enumerate(facts.subprograms) if each.name == name)


def parts(facts: ModuleFacts) -> list[FunctionFacts]:
    locations = facts.locations_in(rows(facts, "inner"))
    found = [part_of(facts.function(name), locations) for name in ("first", "second")]
    return [part for part in found if part is not None]


def test_the_parts_are_the_events_below_its_frames_and_no_others() -> None:
    assert [[call.size for call in part.calls] for part in parts(module())] == [[8], [16]]


def test_a_function_that_does_not_hold_it_has_no_part() -> None:
    facts = module()
    assert part_of(facts.function("first"), facts.locations_in(rows(facts, "second") - rows(facts, "inner"))) is None


def test_a_loop_around_all_of_it_is_not_its_own() -> None:
    assert [part.places[part.calls[0].place].loop_depth for part in parts(module())] == [0, 0]
    facts = module()
    second = facts.function("second")
    assert second.places[second.calls[0].place].loop_depth == 1


def test_the_joined_function_has_the_events_of_all_parts_each_with_its_place() -> None:
    facts = module()
    whole = joined("inner", min(rows(facts, "inner")), parts(facts))
    assert [call.size for call in whole.calls] == [8, 16]
    assert [whole.places[call.place].always for call in whole.calls] == [True, True]


def test_its_chain_ends_with_its_outermost_frame() -> None:
    facts = module()
    chain = facts.inline_chain(facts.function("first").calls[0].location)
    assert [facts.subprograms[frame.subprogram].name for frame in chain] == ["deeper", "inner", "first"]
    assert outermost(chain, rows(facts, "inner")) == 1
    assert outermost(chain, frozenset()) == 2

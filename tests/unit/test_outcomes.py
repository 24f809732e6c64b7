"""What every way shares that does not return an error is not cold, wherever the result lies."""

import pytest
from unit.ir_modules import Source, facts_of

from ringfence.graphs.facts import PathClass

_DECLARED = "declare void @journal(ptr) #2\ndeclare void @work()\n"
_WEIGHTS = '!{!"branch_weights", i32 1, i32 2000}'
_COLD = "  call void @journal(ptr %log)\n  call void @work()\n"


def class_of_work(
    returned: str,
    parameters: str,
    body: str,
    *,
    failure: str = "Err",
    values: tuple[str, str] = ("i64 0", "i64 1"),
    bits: int = 64,
) -> PathClass:
    """The class of what stands behind a cold call in a function that returns a two-way result, whose first variant is
    a success. ``values`` are those of the discriminant of so many bits, empty for a niche's every other value."""
    source = Source()
    word = source.add('!DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)')
    file = source.add('!DIFile(filename: "result.rs", directory: "/std")')
    result = len(source.nodes)
    part, members, place = (f"!{result + number}" for number in (1, 3, 2))
    here = f"scope: !{result}, file: {file}"
    described = f'name: "Result", file: {file}, size: 128, elements: !{result + 4}, identifier: "r"'
    source.add(f"!DICompositeType(tag: DW_TAG_structure_type, {described})")
    variants = f'{here}, size: 128, elements: {members}, discriminator: {place}, identifier: "p"'
    source.add(f"!DICompositeType(tag: DW_TAG_variant_part, {variants})")
    source.add(f"!DIDerivedType(tag: DW_TAG_member, {here}, baseType: {word}, size: {bits}, flags: DIFlagArtificial)")
    source.add(f"!{{!{result + 5}, !{result + 6}}}")
    source.add(f"!{{{part}}}")
    for name, value in zip(("Good", failure), values, strict=True):
        told = f"scope: {part}, file: {file}, baseType: {word}, size: 128" + (f", extraData: {value}" if value else "")
        source.add(f'!DIDerivedType(tag: DW_TAG_member, name: "{name}", {told})')
    types = source.add(f"!DISubroutineType(types: {source.add(f'!{{!{result}}}')})")
    f = source.subprogram("f", "/own/lib.rs")
    number = int(f[1:])
    source.nodes[number] = source.nodes[number].replace("type: !2", f"type: {types}")
    weights = source.add(_WEIGHTS)
    code = f"define {returned} @f({parameters}) !dbg {f} {{\n{body.replace('WEIGHTS', weights)}}}\n"
    facts = facts_of(source.module(_DECLARED + code)).function("f")
    (site,) = (site for site in facts.calls if site.callee == "work")
    return facts.places[site.place].path_class


_BRANCH = "entry:\n  br i1 %bad, label %shared, label %bad_way, !prof WEIGHTS\nshared:\n" + _COLD
_IN_REGISTERS = (
    _BRANCH + "  br label %end\nbad_way:\n  br label %end\nend:\n"
    "  %tag = phi i64 [ {good}, %shared ], [ {bad}, %bad_way ]\n"
    "  %one = insertvalue {{ i64, i64 }} poison, i64 %tag, 0\n"
    "  %both = insertvalue {{ i64, i64 }} %one, i64 7, 1\n  ret {{ i64, i64 }} %both\n"
)
_IN_MEMORY = (
    _BRANCH + "  store i64 {good}, ptr %out\n  br label %end\nbad_way:\n  store i64 {bad}, ptr %out\n  br label %end\n"
    "end:\n  ret void\n"
)
_OUT = "ptr sret([16 x i8]) %out, i1 %bad, ptr %log"


@pytest.mark.parametrize(
    ("returned", "parameters", "body"),
    [("{ i64, i64 }", "i1 %bad, ptr %log", _IN_REGISTERS), ("void", _OUT, _IN_MEMORY)],
)
def test_a_call_that_every_success_shares_is_hot(returned: str, parameters: str, body: str) -> None:
    assert class_of_work(returned, parameters, body.format(good=0, bad=1)) is PathClass.HOT
    assert class_of_work(returned, parameters, body.format(good=0, bad=1), failure="None") is PathClass.HOT


@pytest.mark.parametrize(
    ("returned", "parameters", "body"),
    [("{ i64, i64 }", "i1 %bad, ptr %log", _IN_REGISTERS), ("void", _OUT, _IN_MEMORY)],
)
def test_a_call_with_a_way_around_it_to_success_is_cold(returned: str, parameters: str, body: str) -> None:
    assert class_of_work(returned, parameters, body.format(good=0, bad=0)) is PathClass.COLD
    assert class_of_work(returned, parameters, body.format(good=1, bad=0)) is PathClass.COLD


def test_an_enum_without_a_failure_has_none() -> None:
    body = _IN_MEMORY.format(good=0, bad=1)
    assert class_of_work("void", _OUT, body, failure="Later") is PathClass.COLD


def test_of_a_niche_every_other_value_is_a_failure() -> None:
    body = _IN_MEMORY.format(good="-9223372036854775808", bad="%length")
    values = ("i64 -9223372036854775808", "")
    assert class_of_work("void", f"{_OUT}, i64 %length", body, values=values) is PathClass.HOT


def test_a_failure_is_told_by_the_branch_whose_condition_is_returned() -> None:
    body = (
        "entry:\n  %good = icmp ne i64 %length, 0\n  br i1 %good, label %shared, label %end, !prof WEIGHTS\nshared:\n"
        f"{_COLD}  br label %end\nend:\n"
    )
    negated = "  %failed = xor i1 %good, true\n  ret i1 %failed\n"
    assert class_of_work("i1", "i64 %length, ptr %log", body + negated) is PathClass.HOT
    assert class_of_work("i1", "i64 %length, ptr %log", body + "  ret i1 %good\n") is PathClass.COLD


def test_a_discriminant_is_the_lowest_part_of_a_register() -> None:
    body = (
        f"{_BRANCH}  %upper = shl i64 %length, 32\n  %packed = or disjoint i64 %upper, 3\n  br label %end\nbad_way:\n"
        "  br label %end\nend:\n  %result = phi i64 [ %packed, %shared ], [ 2, %bad_way ]\n  ret i64 %result\n"
    )
    parameters = "i1 %bad, ptr %log, i64 %length"
    assert class_of_work("i64", parameters, body, values=("i32 3", ""), bits=32) is PathClass.HOT
    assert class_of_work("i64", parameters, body, values=("i32 3", "")) is PathClass.COLD


def test_a_case_of_a_switch_tells_what_is_returned() -> None:
    body = (
        "entry:\n  switch i64 %tag, label %shared [\n    i64 1, label %end\n  ], !prof WEIGHTS\nshared:\n"
        f"{_COLD}  br label %end\nend:\n  %one = insertvalue {{ i64, i64 }} poison, i64 %tag, 0\n"
        "  ret { i64, i64 } %one\n"
    )
    assert class_of_work("{ i64, i64 }", "i64 %tag, ptr %log", body) is PathClass.HOT
    assert class_of_work("{ i64, i64 }", "i64 %tag, ptr %log", body, values=("i64 1", "i64 0")) is PathClass.COLD

"""Drop glue that LLVM kept for several types: what a call of it drops is told by the caller."""

from collections.abc import Sequence

from unit.ir_modules import Linked, Source, link

from ringfence.graphs.names import display_name

_METHOD = {"Op": "<test::A as test::Op>::process", "Other": "<test::C as test::Other>::end"}
_HEADER = r"\08" + r"\00" * 7 + r"\08" + r"\00" * 7
_PROGRAM = "".join(
    f'@"vtable of {trait}" = constant <{{ ptr, [16 x i8], ptr }}> <{{ ptr @"drop for {trait}", '
    f'[16 x i8] c"{_HEADER}", ptr @"{method}" }}>\n'
    f'define void @"drop for {trait}"(ptr %self) {{ ret void }}\ndefine i64 @"{method}"(ptr %self) {{ ret i64 0 }}\n'
    for trait, method in _METHOD.items()
)
_GLUE = "core::ptr::drop_in_place::<alloc::boxed::Box<dyn test::Op>>"
_OF_VECTOR = "core::ptr::drop_in_place::<[alloc::boxed::Box<dyn test::Op>]>"


def _dropped(frames: Sequence[str], *, through: str = "", linkage: str = "internal", described: str = "") -> list[str]:
    """What is dropped where a root calls the glue of a box of `Op`, or one that calls it, in these frames, innermost
    first; ``described`` is the name of a type that is like the box."""
    source = Source()
    root, glue = source.subprogram("root", "/own/lib.rs"), source.subprogram(_GLUE, "/std/ptr.rs")
    at = source.at(root, 5)
    for frame in reversed(frames):
        at = source.at(source.subprogram(frame, "/std/mem.rs"), 2, inlined_at=at)
    inside, types = source.at(glue, 3), ""
    if described:
        file = source.add('!DIFile(filename: "mem.rs", directory: "/std")')
        type_ = source.add(
            f'!DICompositeType(tag: DW_TAG_structure_type, name: "{described}", file: {file}, size: 128, align: 64, '
            f'elements: {source.add("!{}")}, identifier: "{described}")'
        )
        variable = source.add(f'!DILocalVariable(name: "held", scope: {root}, file: {file}, type: {type_})')
        types = f"\n    #dbg_value(ptr %object, {variable}, !DIExpression(), {source.at(root, 5)})"
    called, more = _GLUE, ""
    if through:
        called, vector = through, source.subprogram(through, "/std/ptr.rs")
        more = (
            f'define internal void @"{through}"(ptr %object, ptr %vtable) !dbg {vector} {{\n'
            f'  call void @"{_GLUE}"(ptr %object, ptr %vtable), !dbg {source.at(vector, 4)}\n  ret void }}\n'
        )
    text = (
        f"{_PROGRAM}{more}define i64 @root(ptr %object, ptr %vtable) !dbg {root} {{{types}\n"
        f'  call void @"{called}"(ptr %object, ptr %vtable), !dbg {at}\n  ret i64 0 }}\n'
        f'define {linkage} void @"{_GLUE}"(ptr %object, ptr %vtable) !dbg {glue} {{\n'
        "  %glue = load ptr, ptr %vtable, align 8, !invariant.load !3\n"
        f"  call void %glue(ptr %object), !dbg {inside}\n  ret void }}\n"
    )
    return _candidates(link(source.module(text)))


def _candidates(linked: Linked) -> list[str]:
    (resolution,) = linked.hot_path.reached.resolutions.values()
    return [display_name(each.symbol) for each in resolution.candidates]


def test_glue_that_is_called_for_its_own_type_drops_what_its_name_tells() -> None:
    assert _dropped(["core::mem::drop::<alloc::boxed::Box<dyn test::Op>>"]) == ["drop for Op"]
    assert _dropped([]) == ["drop for Op"]


def test_glue_that_is_called_for_another_type_drops_what_the_frame_tells() -> None:
    assert _dropped(["core::mem::drop::<alloc::boxed::Box<dyn test::Other>>"]) == ["drop for Other"]
    twin = "core::ptr::drop_in_place::<alloc::boxed::Box<dyn test::Other>>"
    assert _dropped([twin, "core::mem::drop::<alloc::boxed::Box<dyn test::Op>>"]) == ["drop for Other"]


def test_the_glue_that_a_twin_calls_drops_what_the_twin_does() -> None:
    frames = ["core::mem::drop::<[alloc::boxed::Box<dyn test::Other>]>"]
    assert _dropped(frames, through=_OF_VECTOR) == ["drop for Other"]


def test_a_frame_of_a_type_that_is_not_described_may_drop_both() -> None:
    frames = ["core::ptr::drop_in_place::<test::Held<dyn test::Other>>"]
    assert _dropped(frames) == ["drop for Op", "drop for Other"]


def test_where_no_frame_tells_types_like_the_glues_own_that_have_none_may_be_dropped() -> None:
    box = "alloc::boxed::Box<dyn test::Other, alloc::alloc::Global>"
    assert _dropped([], described=box) == ["drop for Op", "drop for Other"]
    assert _dropped([], described="test::Held<dyn test::Other>") == ["drop for Op"]


def test_glue_that_other_modules_see_has_an_alias_for_each_twin() -> None:
    assert _dropped([], described="alloc::boxed::Box<dyn test::Other>", linkage="") == ["drop for Op"]

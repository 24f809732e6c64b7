"""Which two values are an address and its vtable, and which only look like it."""

import re

import pytest
from unit.ir_modules import Linked, Source, link

from ringfence.graphs.facts import CallKind, CallSite
from ringfence.passes.judge import judge, judged
from ringfence.pipeline.ir.fat_pointers import is_pair, promoted_offset

BODY = """
  %data = load ptr, ptr %self, align 8
  %next = getelementptr inbounds nuw i8, ptr %self, i64 8
  %table = load ptr, ptr %next, align 8, !nonnull !3
  %apart = getelementptr inbounds nuw i8, ptr %self, i64 24
  %far = load ptr, ptr %apart, align 8
  %first = load ptr, ptr @KEPT, align 8
  %second = load ptr, ptr getelementptr inbounds nuw (i8, ptr @KEPT, i64 8), align 8
  %both = call { ptr, ptr } @get()
  %d = extractvalue { ptr, ptr } %both, 0, !dbg !4
  %t = extractvalue { ptr, ptr } %both, 1, !dbg !4
  %phi.d = phi ptr [ %data, %one ], [ %d, %two ]
  %phi.t = phi ptr [ %table, %one ], [ %t, %two ]
  %phi.x = phi ptr [ %t, %one ], [ %table, %two ]
  %sel.d = select i1 %c, ptr %data, ptr @SILENT
  %sel.t = select i1 %c, ptr %table, ptr @vtable, !dbg !4
  %sel.x = select i1 %e, ptr %table, ptr @vtable
"""
DEFINITIONS = {match[1].encode(): match[2].encode() for match in re.finditer(r"(%\S+) = (.*)", BODY)}
PARAMETERS = {b"%self": 0, b"%object": 1, b"%vtable": 2, b"%other": 3}


def paired(address: str, table: str) -> bool:
    return is_pair(address.encode(), table.encode(), lambda value: DEFINITIONS.get(value, b""), PARAMETERS)


@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("%data", "%table"),
        ("%first", "%second"),
        ("%d", "%t"),
        ("%object", "%vtable"),
        ("%phi.d", "%phi.t"),
        ("%sel.d", "%sel.t"),
    ],
)
def test_the_halves_of_a_fat_pointer_go_the_same_way(address: str, table: str) -> None:
    assert paired(address, table)


@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("%table", "%data"),
        ("%data", "%far"),
        ("%data", "%second"),
        ("%t", "%d"),
        ("%object", "%other"),
        ("%object", "%table"),
        ("%phi.d", "%phi.x"),
        ("%sel.d", "%sel.x"),
        ("%phi.d", "%sel.t"),
    ],
)
def test_what_goes_another_way_is_none(address: str, table: str) -> None:
    assert not paired(address, table)


def test_a_parameter_that_llvm_made_of_a_load_tells_the_place() -> None:
    assert promoted_offset(b"%take.1.32.val", b"%take.0") == 32
    assert promoted_offset(b"%take.1.24.val3", b"%take.0") == 24
    assert promoted_offset(b"%take.1.32.val", b"%other.0") == -1
    assert promoted_offset(b"%take.1", b"%take.0") == -1
    assert promoted_offset(b"%table.32.val", b"%table.0") == -1


def handed(call: str, frame: str = "root") -> Linked:
    source = Source()
    root, inner = source.subprogram("root", "/own/lib.rs"), source.subprogram(frame, "/own/lib.rs")
    at = source.at(inner, 5, inlined_at=source.at(root, 9))
    text = f"define i64 @root(ptr %take.0, ptr %take.1.32.val, ptr %object, ptr %vtable) !dbg {root} {{"
    return link(source.module(f"{text}{call.format(call=at)} \n ret i64 %r }}"))


def site(linked: Linked) -> CallSite:
    (only,) = linked.root.facts.calls
    return only


def rules(linked: Linked) -> list[str]:
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    return sorted(each.rule.id for each in found)


PROMOTED = "%r = call i64 %take.1.32.val(ptr %take.0, i64 7), !dbg {call}"
LOADED = """
  %slot = getelementptr i8, ptr %vtable, i64 32
  %f = load ptr, ptr %slot, align 8
  %r = call i64 %f(ptr %object, i64 7), !dbg {call}"""


def test_a_method_that_was_handed_over_is_a_virtual_call() -> None:
    linked = handed(PROMOTED)
    assert (site(linked).kind, site(linked).slot, site(linked).parameter) == (CallKind.VIRTUAL, 1, 1)
    assert rules(linked) == ["RF401", "RF902"]


def test_a_method_that_lost_its_mark_is_a_virtual_call_where_a_frame_names_the_trait() -> None:
    named = handed(LOADED, frame="lib::with::<dyn test::Op>")
    assert site(named).is_fat
    assert rules(named) == ["RF401", "RF902"]
    (resolution,) = named.hot_path.reached.resolutions.values()
    assert resolution.traits == ("test::Op",)
    assert rules(handed(LOADED)) == ["RF402", "RF902"]


def test_what_goes_with_another_object_is_a_function_pointer() -> None:
    other = handed(LOADED.replace("ptr %object", "ptr %take.0"), frame="lib::with::<dyn test::Op>")
    assert not site(other).is_fat
    assert rules(other) == ["RF402", "RF902"]

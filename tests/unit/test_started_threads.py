"""Threads on programs small enough to check by eye: who starts them, with what, and who waits behind that."""

import pytest
from unit.ir_modules import ALLOC, Source, link
from unit.test_dispatch import vtable

from ringfence.graphs.contracts import Assumption, Effect
from ringfence.graphs.facts import CallKind
from ringfence.passes.judge import judge, judged

_START = "declare i32 @pthread_create(ptr, ptr, ptr, ptr)"
_JOIN = "declare i32 @pthread_join(i64, ptr)"
_WORK = f"""
define ptr @work(ptr %argument) {{
  %p = call ptr @{ALLOC}(i64 24, i64 8)
  ret ptr null }}"""
_CREATE = "call i32 @pthread_create(ptr null, ptr null, ptr @work, ptr null)"
_WAIT = "call i32 @pthread_join(i64 0, ptr null)"


def started(*functions: str) -> list[str]:
    """Who leads to what a thread runs, in a program of these functions; the first is the root."""
    linked = link(Source().module("\n".join((*functions, _WORK, _START, _JOIN))))
    found = [
        edge for edges in linked.hot_path.reached.edges.values() for edge in edges if edge.site.kind is CallKind.THREAD
    ]
    names = [linked.hot_path.function(edge.caller).name for edge in found]
    rules = {finding.rule.id for finding in judge(linked.root, judged(linked.hot_path), lambda file: file)}
    assert ("RF101" in rules) == bool(found)
    assert "RF202" in rules
    return names


def function(name: str, *lines: str) -> str:
    body = "\n  ".join((*lines, "ret void"))
    return f"define void @{name}() {{\n  {body} }}"


def test_a_thread_that_nobody_waits_for_is_not_below_its_starter() -> None:
    assert started(function("root", f"%1 = {_CREATE}")) == []


def test_a_thread_that_is_joined_is_below_who_joins_it() -> None:
    assert started(function("root", f"%1 = {_CREATE}", f"%2 = {_WAIT}")) == ["root"]


def test_a_join_before_the_start_waits_for_another_thread() -> None:
    assert started(function("root", f"%1 = {_WAIT}", f"%2 = {_CREATE}")) == []


def test_a_join_before_the_start_in_one_loop_waits_for_it_in_the_next_turn() -> None:
    root = f"""define void @root(i1 %more) {{
      br label %turn
    turn:
      %1 = {_WAIT}
      %2 = {_CREATE}
      br i1 %more, label %turn, label %end
    end:
      ret void }}"""
    assert started(root) == ["root"]


def test_a_join_on_the_other_branch_waits_for_another_thread() -> None:
    root = f"""define void @root(i1 %first) {{
      br i1 %first, label %starts, label %waits
    starts:
      %1 = {_CREATE}
      br label %end
    waits:
      %2 = {_WAIT}
      br label %end
    end:
      ret void }}"""
    assert started(root) == []


def test_a_join_when_panicking_is_none() -> None:
    root = f"""define void @root(i1 %bad) {{
      %1 = {_CREATE}
      br i1 %bad, label %ends, label %goes
    ends:
      %2 = {_WAIT}
      unreachable
    goes:
      ret void }}"""
    assert started(root) == []


def test_the_start_and_the_wait_may_be_calls_away() -> None:
    root = function("root", "call void @starts()", "call void @waits()")
    starts, waits = function("starts", f"%1 = {_CREATE}"), function("waits", f"%1 = {_WAIT}")
    assert started(root, starts, waits) == ["root"]
    assert started(function("root", "call void @waits()", "call void @starts()"), starts, waits) == []


def test_the_nearest_of_two_that_wait_is_told() -> None:
    root = function("root", "call void @inner()", f"%1 = {_WAIT}")
    inner = function("inner", f"%1 = {_CREATE}", f"%2 = {_WAIT}")
    assert started(root, inner) == ["inner"]


def test_an_entry_that_a_wrapper_is_passed_is_known() -> None:
    root = function("root", "call void @wrap(ptr @work)", f"%1 = {_WAIT}")
    wrap = """define void @wrap(ptr %entry) {
      %1 = call i32 @pthread_create(ptr null, ptr null, ptr %entry, ptr null)
      ret void }"""
    assert started(root, wrap) == ["root"]


@pytest.mark.parametrize("waits", [True, False])
def test_a_thread_that_is_waited_for_and_begins_nobody_knows_where_is_unknown(*, waits: bool) -> None:
    root = f"""define void @root(ptr %entries) {{
      %entry = load ptr, ptr %entries
      %1 = call i32 @pthread_create(ptr null, ptr null, ptr %entry, ptr null)
      {f"%2 = {_WAIT}" if waits else ""}
      ret void }}"""
    linked = link(Source().module(f"{root}\n{_START}\n{_JOIN}"))
    rules = {finding.rule.id for finding in judge(linked.root, judged(linked.hot_path), lambda file: file)}
    assert ("RF902" in rules) == waits


_BOXED = (
    vtable("quiet", "quiet_run")
    + vtable("loud", "loud_run")
    + """
define void @quiet_run(ptr %self) { ret void }
define void @loud_run(ptr %self) {
  %p = call ptr @ALLOC(i64 24, i64 8)
  ret void }
define ptr @entry(ptr %boxed) {
  %table = getelementptr i8, ptr %boxed, i64 8
  %vtable = load ptr, ptr %table
  %slot = getelementptr i8, ptr %vtable, i64 24
  %run = load ptr, ptr %slot, !invariant.load !3
  call void %run(ptr %boxed)
  ret ptr null }
define void @spawn(ptr %boxed) {
  %1 = call i32 @pthread_create(ptr null, ptr null, ptr @entry, ptr %boxed)
  ret void }
""".replace("ALLOC", ALLOC)
)


@pytest.mark.parametrize(("table", "is_loud"), [("quiet", False), ("loud", True)])
def test_of_boxed_closures_the_one_counts_that_is_handed_over(table: str, *, is_loud: bool) -> None:
    root = f"""define void @root(ptr %box) {{
      store ptr @{table}, ptr %box
      call void @spawn(ptr %box)
      %1 = {_WAIT}
      ret void }}
    define void @other(ptr %box) {{
      store ptr @{"quiet" if is_loud else "loud"}, ptr %box
      ret void }}"""
    linked = link(Source().module(f"{root}\n{_BOXED}\n{_START}\n{_JOIN}"))
    assert ("loud_run" in linked.names(), "quiet_run" in linked.names()) == (is_loud, not is_loud)


def test_where_nothing_is_handed_over_in_sight_it_is_the_entry_with_all_its_candidates() -> None:
    root = f"""define void @root(ptr %box) {{
      call void @spawn(ptr %box)
      %1 = {_WAIT}
      ret void }}
    define void @other(ptr %box) {{
      store ptr @loud, ptr %box
      ret void }}"""
    linked = link(Source().module(f"{root}\n{_BOXED}\n{_START}\n{_JOIN}"))
    assert {"entry", "loud_run"} <= {*linked.names()}


def test_what_a_project_assumes_of_the_starter_is_its_word() -> None:
    text = Source().module("\n".join((function("root", f"%1 = {_CREATE}", f"%2 = {_WAIT}"), _WORK, _START, _JOIN)))
    said = link(text, assumed={"pthread_create": Assumption((Effect.BLOCKS,), "a wrapper of ours", 0)})
    assert (said.hot_path.reached.starts, "work" in said.names()) == ([], False)
    assert "work" in link(text).names()


_HOOKS = "_RNvNtNtCs1_3std6thread9spawnhook15run_spawn_hooks"
_ADD = "_RINvNtNtCs1_3std6thread9spawnhook14add_spawn_hook"


@pytest.mark.parametrize(
    ("caller", "declared", "is_made"),
    [
        (_HOOKS, "nothing", False),
        (_HOOKS, f"{_ADD}NCNvCs2_3app4main0E", True),
        (_HOOKS, f"{_ADD}NCNvCs2_4test4main0E", False),
        ("other", "nothing", True),
    ],
    ids=["no hook", "a hook of the program's", "the test harness's", "any other call"],
)
def test_hooks_are_called_where_the_program_can_add_one(caller: str, declared: str, *, is_made: bool) -> None:
    linked = link(
        Source().module(f"""
    define void @root(ptr %hook) {{
      call void @{caller}(ptr %hook)
      ret void }}
    define void @{caller}(ptr %hook) {{
      %method = load ptr, ptr %hook
      call void %method(ptr %hook)
      ret void }}
    define void @{declared}() {{ ret void }}""")
    )
    assert bool(linked.hot_path.reached.resolutions) == is_made

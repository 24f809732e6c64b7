"""A pinned thread is told only where the program places no memory."""

from unit.ir_modules import link

from ringfence.passes.judge import judge, judged


def rules(*texts: str) -> set[str]:
    linked = link(*texts)
    return {finding.rule.id for finding in judge(linked.root, judged(linked.hot_path), lambda file: file)}


_PINS = """
    declare i32 @sched_setaffinity(i32, i64, ptr)
    define void @root(ptr %mask) {
      %r = call i32 @sched_setaffinity(i32 0, i64 128, ptr %mask)
      ret void }"""
_PLACES = """
    declare i64 @mbind(ptr, i64, i32, ptr, i64, i32)
    define void @elsewhere(ptr %p) {
      %r = call i64 @mbind(ptr %p, i64 4096, i32 2, ptr %p, i64 8, i32 0)
      ret void }"""


def test_a_pinned_thread_is_told_where_nothing_places_memory() -> None:
    assert "RF307" in rules(_PINS)


def test_a_pinned_thread_is_silent_where_the_program_places_memory() -> None:
    assert "RF307" not in rules(_PINS, _PLACES)


def test_nothing_is_told_where_no_thread_is_pinned() -> None:
    assert "RF307" not in rules("define void @root() {\n ret void }")

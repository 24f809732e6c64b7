"""Jobs of a pool on programs small enough to check by eye: a library's own trait, and a wait of that library behind."""

import pytest
from unit.ir_modules import ALLOC, Source, link

JOB = "<test::Body as pool::Job>::run"
FOREIGN = "<test::Body as other::Job>::run"
STANDARD = "<test::Body as core::ops::function::FnOnce<()>>::call_once"
SEND = "_RNvNtNtNtCs1_3std4sync4mpmc5array4send"
PARK = "_RNvNtNtCs1_3std6thread9functions4park"


def reached(job: str, *calls: str, wait: str = PARK) -> bool:
    """Whether a job is below a root that hands it to the pool, and then makes these calls."""
    source = Source()
    root = source.subprogram("test::root", "/own/lib.rs")
    wait_of_pool = source.subprogram("pool::wait", "/lib/pool.rs")
    at, inner = source.at(root, 3), source.at(wait_of_pool, 9)
    body = "\n".join(f"call void @{each}(), !dbg {at}" for each in calls)
    text = source.module(f"""
    define void @root(ptr %queue) !dbg {root} {{
      call void @"pool::put"(ptr %queue), !dbg {at}
      {body}
      ret void }}
    define void @"pool::put"(ptr %queue) {{
      store ptr @"{job}", ptr %queue
      ret void }}
    define void @"pool::wait"() !dbg {wait_of_pool} {{
      call void @{wait}(), !dbg {inner}
      ret void }}
    define void @"{SEND}"() {{
      call void @{PARK}()
      ret void }}
    define void @"{job}"() {{
      %p = call ptr @{ALLOC}(i64 24, i64 8)
      ret void }}
    declare void @{PARK}()""")
    return job in link(text).names()


def test_a_job_is_below_who_waits_for_the_pool() -> None:
    assert reached(JOB, '"pool::wait"')


def test_a_job_that_nobody_waits_for_is_not() -> None:
    assert not reached(JOB)


@pytest.mark.parametrize("job", [FOREIGN, STANDARD], ids=["another library's trait", "the standard library's"])
def test_a_wait_in_one_library_is_for_the_jobs_of_its_own_trait(job: str) -> None:
    assert not reached(job, '"pool::wait"')


def test_the_sending_end_of_a_channel_waits_for_room() -> None:
    assert not reached(JOB, '"pool::wait"', wait=SEND)

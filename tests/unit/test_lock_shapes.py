"""Locks that only their shape tells, and flags that are none."""

import pytest
from unit.ir_modules import Source, link

from ringfence.passes.judge import judge, judged

_TAKER = "_RNvMs_Cs1_3depNtB4_4Gate5enter"
_GUARD = "_RNvXs_Cs1_3depNtB4_5GuardNtNtNtCs2_4core3ops4drop4Drop4drop"
_OTHER_GUARD = "_RNvXs_NtCs1_3dep5otherNtB4_5GuardNtNtNtCs2_4core3ops4drop4Drop4drop"


def told(body: str, functions: str = "") -> list[str]:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs", line=3)
    here = source.at(root, 7, 5)
    lines = "\n".join(f"{line}, !dbg {here}" if "%" in line and ":" not in line else line for line in body.splitlines())
    linked = link(source.module(f"{functions}\ndefine void @root(ptr %a, ptr %b, i64 %n) !dbg {root} {{\n{lines}\n}}"))
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    return [str(each.detail["kind"]) for each in found if each.rule.id == "RF201"]


SPINS = """  br label %loop
loop:
  %x = cmpxchg ptr %a, i64 0, i64 1 acquire monotonic
  %ok = extractvalue {i64, i1} %x, 1
  br i1 %ok, label %held, label %loop
held:
  store i64 %n, ptr %b
"""
TRIES = """  %x = atomicrmw xchg ptr %a, i64 1 acquire
  %busy = icmp eq i64 %x, 1
  br i1 %busy, label %out, label %held
held:
  store i64 %n, ptr %b
"""
GIVES = "  store atomic i64 0, ptr %a release, align 8\n"
RETURNS = "  br label %out\nout:\n  ret void"


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        (SPINS + GIVES + RETURNS, ["spin"]),
        (SPINS + "  %g = atomicrmw xchg ptr %a, i64 0 release\n" + RETURNS, ["spin"]),
        (TRIES + GIVES + RETURNS, ["flag"]),
    ],
    ids=["taken in a loop", "given back by an exchange", "tried"],
)
def test_a_word_that_is_taken_and_given_back_is_a_lock(body: str, kinds: list[str]) -> None:
    assert told(body) == kinds


@pytest.mark.parametrize(
    "body",
    [
        SPINS + RETURNS,
        TRIES + RETURNS,
        SPINS + GIVES.replace("%a", "%b") + RETURNS,
        SPINS + GIVES.replace("i64 0", "i64 2") + RETURNS,
        SPINS + GIVES.replace("release", "monotonic") + RETURNS,
        SPINS.replace("acquire", "monotonic") + GIVES + RETURNS,
        GIVES + TRIES + RETURNS,
        TRIES + "  %g = atomicrmw xchg ptr %a, i64 0 release\n" + RETURNS,
        "  %x = atomicrmw add ptr %a, i64 1 acquire\n  %g = atomicrmw sub ptr %a, i64 1 release\n" + RETURNS,
    ],
    ids=[
        "never given back",
        "claimed",
        "another word",
        "another value than the free one",
        "given back without order",
        "taken without order",
        "set before it is asked",
        "tried and exchanged back",
        "counted",
    ],
)
def test_what_is_not_taken_or_not_given_back_is_none(body: str) -> None:
    assert told(body) == []


def guarded(guard: str, stored: str = "i8 0") -> str:
    return f"""
    define internal i1 @{_TAKER}(ptr %gate) noinline {{
      %word = getelementptr i8, ptr %gate, i64 16
      %x = cmpxchg ptr %word, i8 0, i8 1 acquire monotonic
      %ok = extractvalue {{i8, i1}} %x, 1
      ret i1 %ok }}
    define internal void @{guard}(ptr %guard) noinline {{
      %gate = load ptr, ptr %guard
      %word = getelementptr i8, ptr %gate, i64 16
      store atomic {stored}, ptr %word release, align 8
      ret void }}"""


CALLS = "  %ok = call i1 @{}(ptr %a)\n  br i1 %ok, label %held, label %out\nheld:\n  call void @{}(ptr %b)\n" + RETURNS


def test_the_drop_of_a_type_of_the_same_module_gives_a_word_back() -> None:
    assert told(CALLS.format(_TAKER, _GUARD), guarded(_GUARD)) == ["flag"]


def test_a_drop_in_another_module_or_with_another_value_gives_nothing_back() -> None:
    assert told(CALLS.format(_TAKER, _OTHER_GUARD), guarded(_OTHER_GUARD)) == []
    assert told(CALLS.format(_TAKER, _GUARD), guarded(_GUARD, "i8 1")) == []

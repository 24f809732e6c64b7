"""Which loops wait for another thread, told from one body; and what calling a function does in a turn."""

import pytest
from unit.ir_modules import Source, facts_of, link

from ringfence.graphs.facts import FunctionFacts, Idle, Refusal
from ringfence.passes.judge import judge, judged

_DECLARED = """
declare void @work(ptr)
declare i1 @ready(ptr)
declare void @llvm.x86.sse2.pause()
declare i32 @llvm.umin.i32(i32, i32)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""


def function(body: str, head: str = "define void @f(ptr %a, ptr %b, i64 %n)") -> FunctionFacts:
    return facts_of(f"{_DECLARED}\n{head} {{\n{body}\n}}").function("f")


def loop(turn: str, condition: str = "%go", carried: str = "") -> FunctionFacts:
    return function(f"""
      %slot = alloca i64
      br label %loop
    loop:
      {carried}
      {turn}
      br i1 {condition}, label %loop, label %out
    out:
      ret void""")


LOOKS = "%v = load atomic i64, ptr %a acquire, align 8\n %go = icmp eq i64 %v, 0"
TRIES = "%x = cmpxchg ptr %a, i64 0, i64 1 acquire monotonic\n %ok = extractvalue {i64, i1} %x, 1\n %go = xor i1 %ok, 1"
COUNTS = "%i = phi i32 [ 0, %0 ], [ %j, %loop ]"


@pytest.mark.parametrize(
    "turn",
    [
        LOOKS,
        TRIES,
        "%v = load volatile i64, ptr %a\n %go = icmp eq i64 %v, 0",
        "fence acquire\n %v = load i64, ptr %a\n %go = icmp eq i64 %v, 0",
        "%v = atomicrmw xchg ptr %a, i64 1 acquire\n %go = icmp eq i64 %v, 1",
        "%v = atomicrmw or ptr %a, i64 %n acquire\n %go = icmp eq i64 %v, 1",
        "%v = atomicrmw add ptr %a, i64 2 acquire\n %w = atomicrmw sub ptr %a, i64 2 release\n %go = icmp eq i64 %v, 1",
        (
            "%p = load atomic ptr, ptr %b acquire, align 8\n %v = load atomic i64, ptr %p acquire, align 8\n"
            "%go = icmp eq i64 %v, 0"
        ),
        f"store i64 7, ptr %b\n {LOOKS}",
        f"{LOOKS}\n store i64 %v, ptr %b",
        f"store i64 %n, ptr %slot\n {LOOKS}",
        f"%ring = load ptr, ptr %b\n {LOOKS.replace('ptr %a', 'ptr %ring')}\n store i64 %v, ptr %a",
        f'call void asm sideeffect "pause", ""()\n {LOOKS}',
    ],
    ids=[
        "a flag",
        "a try",
        "a register",
        "a plain word behind a fence",
        "an exchange",
        "a bit",
        "what is added is taken off",
        "over a pointer that may change",
        "writing the same again",
        "keeping aside what was read",
        "a stack slot",
        "what was read over a pointer, kept aside",
        "a pause by hand",
    ],
)
def test_a_loop_whose_turns_are_alike_waits(turn: str) -> None:
    assert len(loop(turn).waits) == 1


@pytest.mark.parametrize(
    "turn",
    [
        f"call void @llvm.memcpy.p0.p0.i64(ptr %b, ptr %a, i64 8, i1 false)\n {LOOKS}",
        f"%o = load i64, ptr %b\n %s = add i64 %o, 1\n store i64 %s, ptr %b\n {LOOKS}",
        f"%o = atomicrmw add ptr %b, i64 1 monotonic\n {LOOKS}",
        f"%o = atomicrmw xor ptr %b, i64 1 monotonic\n {LOOKS}",
        (
            "%v = load atomic i64, ptr %a acquire, align 8\n %l = sub i64 %v, 1\n"
            "%o = atomicrmw and ptr %a, i64 %l acq_rel\n %go = icmp ne i64 %o, 0"
        ),
        f"store volatile i64 1, ptr %b\n {LOOKS}",
        f"{LOOKS}\n store atomic i64 %v, ptr %b release, align 8",
        "%v = load i64, ptr %a\n %go = icmp eq i64 %v, 0",
        f'call void asm sideeffect "out dx, al", ""()\n {LOOKS}',
        (
            "%v = load atomic i64, ptr %a acquire, align 8\n %w = load atomic i64, ptr %a monotonic, align 8\n"
            "%go = icmp ne i64 %v, %w"
        ),
        (
            "%c = load atomic i64, ptr %a monotonic, align 8\n %d = add i64 %c, 1\n"
            "%x = cmpxchg ptr %a, i64 %c, i64 %d acq_rel monotonic\n %ok = extractvalue {i64, i1} %x, 1\n"
            "%go = xor i1 %ok, 1"
        ),
        "%x = cmpxchg ptr %a, i64 0, i64 1 acquire monotonic\n %go = extractvalue {i64, i1} %x, 1",
        (
            "%l = load atomic ptr, ptr %a acquire, align 8\n %x = cmpxchg ptr %l, ptr null, ptr %b release monotonic\n"
            "%ok = extractvalue {ptr, i1} %x, 1\n %go = xor i1 %ok, 1"
        ),
    ],
    ids=[
        "a copy",
        "a sum in memory",
        "a count for others",
        "a toggle",
        "a bit taken off",
        "a device that is written",
        "an atomic that follows another",
        "a plain word",
        "assembly that does something",
        "two looks that differ",
        "a retry with what was read",
        "a claim that goes on where it succeeded",
        "a node hung on to the last one of a queue",
    ],
)
def test_a_loop_that_does_something_or_answers_progress_does_not(turn: str) -> None:
    assert loop(turn).waits == ()


def test_a_failed_exchange_that_tells_what_to_expect_next_is_a_retry() -> None:
    carried = "%c = phi i64 [ %n, %0 ], [ %seen, %loop ]"
    retry = "%x = cmpxchg ptr %a, i64 %c, i64 1 acq_rel monotonic\n %seen = extractvalue {i64, i1} %x, 0\n"
    assert loop(f"{retry} %ok = extractvalue {{i64, i1}} %x, 1\n %go = xor i1 %ok, 1", carried=carried).waits == ()


@pytest.mark.parametrize(("compared", "waiting"), [("eq", 0), ("ne", 1)])
@pytest.mark.parametrize("expected", ["%n", "0"])
def test_an_exchange_that_failed_for_nothing_is_no_wait(expected: str, compared: str, waiting: int) -> None:
    tried = f"%x = cmpxchg weak ptr %a, i64 {expected}, i64 1 acq_rel acquire\n %seen = extractvalue {{i64, i1}} %x, 0"
    assert len(loop(f"{tried}\n %go = icmp {compared} i64 %seen, {expected}").waits) == waiting


@pytest.mark.parametrize(
    ("go", "waiting"),
    [
        ("%is = icmp eq i64 %seen, %n\n %bad = xor i1 %ok, 1\n %go = and i1 %bad, %is", 0),
        ("%is = icmp eq i64 %seen, %n\n %bad = xor i1 %ok, 1\n %go = select i1 %bad, i1 %is, i1 false", 0),
        ("%is = icmp ne i64 %seen, %n\n %bad = xor i1 %ok, 1\n %go = and i1 %bad, %is", 1),
        ("%is = icmp eq i64 %seen, %n\n %bad = xor i1 %ok, 1\n %go = or i1 %bad, %is", 1),
    ],
)
def test_conditions_that_are_joined_are_told_apart(go: str, waiting: int) -> None:
    tried = "%x = cmpxchg weak ptr %a, i64 %n, i64 1 acq_rel acquire\n %ok = extractvalue {i64, i1} %x, 1"
    assert len(loop(f"{tried}\n %seen = extractvalue {{i64, i1}} %x, 0\n {go}").waits) == waiting


@pytest.mark.parametrize(
    ("used", "waiting"),
    [
        ("%more = icmp ult i32 %j, 1000", 1),
        ("%k = call i32 @llvm.umin.i32(i32 %j, i32 64)\n %more = icmp ult i32 %k, 1000", 1),
        ("store i32 %j, ptr %b\n %more = icmp ult i32 %j, 1000", 0),
        ("%q = getelementptr i32, ptr %b, i32 %j\n %w = load i32, ptr %q\n %more = icmp ult i32 %w, 1000", 0),
        ("%m = mul i32 %j, %j\n %more = icmp ult i32 %m, 1000", 1),
    ],
)
def test_a_count_of_the_turns_changes_nothing_unless_it_leads_to_memory(used: str, waiting: int) -> None:
    turn = f"{LOOKS.replace('%go', '%unset')}\n %j = add i32 %i, 1\n {used}\n %go = and i1 %unset, %more"
    assert len(loop(turn, carried=COUNTS).waits) == waiting


def test_work_that_only_a_flag_ends_is_no_count() -> None:
    turn = f"{LOOKS}\n %h = mul i32 %i, 31\n %j = xor i32 %h, 7"
    assert loop(turn, carried=COUNTS).waits == ()


def test_the_number_of_turns_alone_decides_no_wait() -> None:
    turn = "%v = load atomic i64, ptr %a acquire, align 8\n %j = add i32 %i, 1\n %go = icmp ult i32 %j, 9"
    assert loop(turn, carried=COUNTS).waits == ()


def walk(again: str) -> FunctionFacts:
    return function(f"""
      %end = getelementptr i64, ptr %a, i64 8
      br label %loop
    loop:
      %p = phi ptr [ %a, %0 ], [ %next, %more ]
      %done = icmp eq ptr %p, %end
      br i1 %done, label %{again}, label %look
    look:
      %v = load atomic i64, ptr %p acquire, align 8
      %q = getelementptr i64, ptr %p, i64 1
      %found = icmp ne i64 %v, 0
      br i1 %found, label %out, label %more
    more:
      %next = phi ptr [ %q, %look ]{", [ %a, %loop ]" if again == "more" else ""}
      br label %loop
    out:
      ret void""")


def test_a_walk_waits_only_where_it_begins_anew() -> None:
    assert len(walk("more").waits) == 1
    assert walk("out").waits == ()


@pytest.mark.parametrize(("after", "waiting"), [("anew", 1), ("out", 0)])
def test_a_walk_that_begins_anew_until_all_words_are_set_waits(after: str, waiting: int) -> None:
    facts = function(f"""
      br label %anew
    anew:
      %round = phi i64 [ 0, %0 ], [ %again, %next ]
      %again = add i64 %round, {int(after == "out")}
      br label %walk
    walk:
      %i = phi i64 [ 0, %anew ], [ %j, %next ]
      %rest = phi i64 [ %n, %anew ], [ %round, %next ]
      %done = icmp eq i64 %i, {"%rest" if after == "out" else "8"}
      br i1 %done, label %out, label %next
    next:
      %j = add i64 %i, 1
      %word = getelementptr inbounds i64, ptr %a, i64 %i
      %v = load atomic i64, ptr %word acquire, align 8
      %set = icmp ne i64 %v, 0
      br i1 %set, label %walk, label %anew
    out:
      ret void""")
    assert len(facts.waits) == waiting


def test_of_nested_loops_the_inner_one_is_told() -> None:
    facts = function("""
      br label %try
    try:
      %x = cmpxchg ptr %a, i64 0, i64 1 acquire monotonic
      %ok = extractvalue {i64, i1} %x, 1
      br i1 %ok, label %out, label %look
    look:
      %v = load atomic i64, ptr %a monotonic, align 8
      %taken = icmp ne i64 %v, 0
      br i1 %taken, label %again, label %try
    again:
      call void @llvm.x86.sse2.pause()
      br label %look
    out:
      ret void""")
    (wait,) = facts.waits
    assert [facts.atomics[~number].operation for number in wait.reads] == ["load"]
    assert [facts.calls[number].callee for number in wait.calls] == ["llvm.x86.sse2.pause"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("%v = add i64 %n, 1\n ret void", Idle.CALM),
        ("%v = load atomic i64, ptr %a acquire, align 8\n ret void", Idle.LOOKS),
        ("%x = cmpxchg ptr %a, i64 0, i64 %n acquire monotonic\n ret void", Idle.TRIES),
        (
            "%c = load atomic i64, ptr %a monotonic, align 8\n %x = cmpxchg ptr %a, i64 %c, i64 9 release monotonic",
            Idle.BUSY,
        ),
        ("%v = load i64, ptr %a\n store i64 %v, ptr %b\n ret void", Idle.BUSY),
    ],
)
def test_what_calling_a_function_does_in_a_turn_is_known(body: str, expected: Idle) -> None:
    assert function(f"{body.removesuffix('ret void')}\n ret void").idle is expected


def test_a_place_for_what_is_returned_is_nobody_elses() -> None:
    body = "%v = load i64, ptr %b\n store i64 %v, ptr %a\n ret void"
    for attribute in ("sret(i64)", "dead_on_unwind"):
        assert function(body, f"define internal void @f(ptr {attribute} %a, ptr %b)").idle is Idle.CALM


FULL = "%v = load atomic i64, ptr %a acquire, align 8\n %full = icmp eq i64 %v, %n"
PUTS = "store i64 %n, ptr %b\n %w = add i64 %v, 1\n store atomic i64 %w, ptr %a release, align 8"


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        (("i1", "%r = phi i1 [ false, %0 ], [ true, %put ]\n ret i1 %r"), Refusal(0, (1,))),
        (("i1", "%r = phi i1 [ true, %0 ], [ false, %put ]\n %s = xor i1 %r, true\n ret i1 %s"), Refusal(0, (1,))),
        (("i1", "ret i1 %full"), Refusal(1, (0,))),
        (("i1", "%r = icmp ne i64 %v, %n\n ret i1 %r"), Refusal(0, (1,))),
        (("i8", "%r = zext i1 %full to i8\n ret i8 %r"), Refusal(1, (0,))),
        (
            (
                "{ i64, i64 }",
                (
                    "%t = phi i64 [ 7, %0 ], [ 2, %put ]\n %p = insertvalue { i64, i64 } poison, i64 %t, 0\n"
                    "%q = insertvalue { i64, i64 } %p, i64 %n, 1\n ret { i64, i64 } %q"
                ),
            ),
            Refusal(7, (2,)),
        ),
        (("i1", "%r = phi i1 [ true, %0 ], [ true, %put ]\n ret i1 %r"), None),
        (("i64", "ret i64 %v"), None),
    ],
    ids=["a choice", "a negation", "the condition", "its opposite", "wider", "an enum", "always the same", "a value"],
)
def test_a_function_may_say_that_it_did_nothing(out: tuple[str, str], expected: Refusal | None) -> None:
    kind, end = out
    body = f"{FULL}\n br i1 %full, label %out, label %put\nput:\n {PUTS}\n br label %out\nout:\n {end}"
    assert function(body, f"define {kind} @f(ptr %a, ptr %b, i64 %n)").refusal == expected


def test_a_function_that_does_something_on_each_way_refuses_nothing() -> None:
    body = f"{PUTS.replace('%v', '%n')}\n {FULL}\n br i1 %full, label %no, label %yes\nno:\n ret i1 0\nyes:\n ret i1 1"
    assert function(body, "define i1 @f(ptr %a, ptr %b, i64 %n)").refusal is None


def refused(goes_on: str) -> int:
    """How many loops wait that call a function which returns 1 where it was full, and go on where something holds."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs", line=3)
    here = source.at(root, 7, 5)
    linked = link(
        source.module(f"""
    define internal i1 @put(ptr %a, ptr %b, i64 %n) noinline {{
      {FULL}
      br i1 %full, label %out, label %put
    put:
      {PUTS}
      br label %out
    out:
      ret i1 %full }}
    define void @root(ptr %a, ptr %b, i64 %n) !dbg {root} {{
      br label %loop
    loop:
      %was = call i1 @put(ptr %a, ptr %b, i64 %n), !dbg {here}
      {goes_on}
    out:
      ret void }}""")
    )
    return sum(each.rule.id == "RF203" for each in judge(linked.root, judged(linked.hot_path), lambda file: file))


def test_a_loop_waits_where_it_goes_on_because_nothing_was_done() -> None:
    assert refused("br i1 %was, label %loop, label %out") == 1
    assert refused("%not = xor i1 %was, true\n br i1 %not, label %out, label %loop") == 1
    assert refused("%x = zext i1 %was to i8\n %y = icmp eq i8 %x, 0\n br i1 %y, label %out, label %loop") == 1
    assert refused("br i1 %was, label %out, label %loop") == 0


def spins(callee: str) -> list[str]:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs", line=3)
    here = source.at(root, 7, 5)
    linked = link(
        source.module(f"""
    declare void @unknown()
    declare i32 @clock_gettime(i32, ptr)
    {callee}
    define void @root(ptr %flag) !dbg {root} {{
      br label %loop
    loop:
      %set = call i1 @ready(ptr %flag), !dbg {here}
      br i1 %set, label %out, label %loop
    out:
      ret void }}""")
    )
    found = judge(linked.root, judged(linked.hot_path), lambda file: file)
    return [str(each.detail["waits"]) for each in found if each.rule.id == "RF203"]


_LOADS = "%v = load atomic i8, ptr %p acquire, align 1\n %b = trunc i8 %v to i1\n ret i1 %b }"


def test_a_loop_waits_by_a_function_that_only_looks() -> None:
    assert spins(f"define internal i1 @ready(ptr %p) noinline {{ {_LOADS}") == ["never pauses"]
    assert spins(
        f"define internal i1 @ready(ptr %p) noinline {{\n call i32 @clock_gettime(i32 1, ptr null)\n {_LOADS}"
    ) == ["never pauses"]


@pytest.mark.parametrize("deed", ["store i64 %x, ptr %p", "call void @unknown()", "call i1 @other(ptr %p)"])
def test_a_loop_that_calls_what_does_something_or_is_not_known_does_not_wait(deed: str) -> None:
    other = "define internal i1 @other(ptr %p) noinline {\n %t = call i1 @ready(ptr %p)\n ret i1 %t }\n"
    made = "%x = load i64, ptr %p\n"
    assert spins(f"{other}define internal i1 @ready(ptr %p) noinline {{\n{made} {deed}\n {_LOADS}") == []
    assert spins("declare i1 @ready(ptr)") == []


UNSWITCHED = """
  %none = icmp eq i64 %n, 0
  br i1 %none, label %looking, label %working
looking:
  %v = load atomic i64, ptr %a acquire, align 8, !dbg !{first}
  %go = icmp eq i64 %v, 0
  br i1 %go, label %looking, label %out
working:
  %w = load atomic i64, ptr %a acquire, align 8, !dbg !{second}
  %on = icmp eq i64 %w, 0
  store i64 %w, ptr %b
  {turn}
  br i1 %on, label %working, label %out
out:
  ret void
"""
_LOCATIONS = """
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!5}
!5 = !{i32 2, !"Debug Info Version", i32 3}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, producer: "x", emissionKind: LineTablesOnly)
!1 = !DIFile(filename: "f.rs", directory: "/d")
!2 = distinct !DISubprogram(name: "f", scope: !1, file: !1, line: 1, unit: !0, spFlags: DISPFlagDefinition)
!3 = !DILocation(line: 3, column: 5, scope: !2)
!4 = !DILocation(line: 9, column: 5, scope: !2)
"""
GROWS = "%size = load i64, ptr %b\n %more = add i64 %size, 1\n store i64 %more, ptr %b"


@pytest.mark.parametrize(
    ("second", "turn", "waiting"),
    [(3, GROWS, 0), (4, GROWS, 1), (3, "", 2)],
    ids=["a copy does something", "another loop does something", "no copy does anything"],
)
def test_a_copy_of_a_loop_that_does_something_does_not_wait(second: int, turn: str, waiting: int) -> None:
    body = UNSWITCHED.format(first=3, second=second, turn=turn)
    head = "define void @f(ptr %a, ptr %b, i64 %n) !dbg !2"
    facts = facts_of(f"{head} {{\n{body}\n}}\n{_LOCATIONS}").function("f")
    assert len(facts.waits) == waiting

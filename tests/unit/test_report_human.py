"""The report as people read it, compared as text."""

import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from report_samples import (
    AUDITED,
    BUILD,
    COVERAGE,
    ROOT,
    console,
    finding,
    location,
    numbered,
    rendered,
    report,
    step,
)
from rich.cells import cell_len
from rich.console import Console

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_FREE
from ringfence.passes.branching import VIRTUAL_CALL
from ringfence.passes.rule import Location, Step, Via
from ringfence.pipeline.report.calls import kept_frames
from ringfence.pipeline.report.compose import RootResult, layout_report
from ringfence.pipeline.report.human import render, render_layouts
from ringfence.pipeline.report.model import Layout, LayoutField, Place
from ringfence.pipeline.report.model import Step as ReportStep
from ringfence.pipeline.report.sentences import loops_sentence
from ringfence.pipeline.report.terminal import styled, unbroken, wrapped
from ringfence.pipeline.source import SourceTree

SOURCE = """impl Plant {
    pub fn on_packet(&mut self, quote: &Quote) {
        let label = quote.name.to_string();
\t\tself.名前.push(quote); self.send(quote);
    }
}
"""


@pytest.fixture
def sources(tmp_path: Path) -> SourceTree:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plant.rs").write_text(SOURCE, encoding="utf-8")
    return SourceTree(tmp_path)


def long_path() -> tuple[Step, ...]:
    std = "std/alloc/src/string.rs"
    return (
        step(ROOT, location(3, 32), Via.ROOT, own=True),
        step("<str as alloc::string::ToString>::to_string", location(2795, 9, std), Via.INLINE),
        *(step(f"alloc::string::String::inner{number}", location(number, 1, std), Via.INLINE) for number in range(6)),
        step("alloc::alloc::alloc", location(95, 9, "std/alloc/src/alloc.rs"), Via.INLINE),
        step("__rust_alloc"),
    )


def test_a_finding_reads_like_an_error_of_rustc(sources: SourceTree) -> None:
    anchor = location(3, 32)
    findings = [
        finding(anchor=anchor, path=long_path(), detail={"removes": ["000000000001", "000000000003"]}),
        numbered(1, finding(HEAP_FREE, anchor=anchor, message="`to_string` frees heap memory on every call of `it`")),
        numbered(
            2, finding(HEAP_FREE, PathClass.COLD, anchor=anchor, message="`to_string` frees on some calls of `it`")
        ),
        numbered(
            3, finding(HEAP_FREE, anchor=location(4, 20), message="`push` frees heap memory on every call of `it`")
        ),
    ]
    text = rendered(report(findings, sources=sources))
    assert text.startswith(
        """\
error[RF101 RF103]: `to_string` allocates and frees heap memory on every call of `Plant::on_packet`
 --> src/plant.rs:3:32
  |
3 |         let label = quote.name.to_string();
  |                                ^^^^^^^^^ size known at run time
  |
  = path: Plant::on_packet (src/plant.rs:3)
       -> <str as ToString>::to_string [inlined] (std/alloc/src/string.rs:2795)
       -> … 6 frames in alloc
       -> alloc::alloc [inlined] (std/alloc/src/alloc.rs:95)
       -> __rust_alloc
  = class: hot, always, not in a loop; 1 path; removing this call removes 1
           finding elsewhere, too (RF103)
  = also: on some calls: frees (RF103)
  = help: borrow the value
  = explain: ringfence explain 7f3a9c0d11e2
  = others: 000000000001 (RF103), 000000000002 (RF103)

error[RF103]: `push` frees heap memory on every call of `it`
"""
    )


def test_the_end_of_a_report_says_what_each_root_can_do_and_what_was_not_seen() -> None:
    missed = RootResult("plant::sun", reason="the root `plant::sun` matches no function of this build")
    findings = [
        finding(path_class=PathClass.AMORTIZED),
        numbered(1, finding(HEAP_FREE)),
        numbered(2, finding(path_class=PathClass.PANIC)),
    ]
    text = rendered(report(findings, (AUDITED, missed)), width=100)
    end = text[text.index("verdict       allocate") :]
    before, _, after = end.partition("  · not measured: ")
    assert (
        before
        == """\
verdict       allocate   free  root
✗ violations  amortized  hot   Plant::on_packet (budget 500 ns)
? unknown     ·          ·     plant::sun matches nothing
no way was found to lock, block, call through a vtable, call through a pointer or call what is not
  known

checklist
  ✓ passed: no `Vec::new()` / `String::new()` that grows on the hot path; no `Box::new()`; no
    `.to_vec()` / `.to_string()`; no `.clone()` of large data; arena allocators used for temporary
    data; object pooling for frequently allocated types; no `Mutex` / `RwLock`; no `parking_lot`
    locks; SPSC queues for cross-thread communication; lock-free structures where needed; proper
    memory ordering for atomics; hot data fits in L1 / L2; sequential access preferred; struct
    layouts cache-line aware; false sharing avoided; NUMA-aware allocation, if applicable;
    predictable branches; likely/unlikely hints where appropriate; match arms ordered by frequency;
    no virtual dispatch; zero-copy for large transfers; references preferred over owned values;
    batching to amortise costs; no needless serialisation
"""
    )
    assert (
        after[after.index("coverage") :]
        == """\
coverage: 12 of 104 modules read, 312 of 22,698 functions reached, 0 calls unresolved, 1 function
  without IR
build: rustc 1.95.0, LLVM 22.1.2, x86_64-unknown-linux-gnu, profile release (opt-level 3, panic
  unwind, LTO off), from cargo check
differs: the profile that ships has `lto = "fat"`; the audit builds with LTO off
not looked at: what runs only when unwinding or aborting (`--strict` follows it)

verdict: significant performance issues - violations at 1 place
failed: 2 errors under 2 roots (3 findings); 1 root not found, so this is not the audit that was
  asked for; 1 hidden (`--strict` shows all)
"""
    )


def test_a_report_without_findings_passes_and_still_states_its_coverage() -> None:
    text = rendered(report())
    assert "✓ clean  Plant::on_packet (budget 500 ns)" in text
    assert "coverage: 12 of 104 modules read" in text
    assert text.endswith("passed: no findings under 1 root\n")
    assert "error" not in text


def test_names_that_look_like_markup_survive() -> None:
    name = "<[u8] as core::fmt::Debug>::fmt"
    path = (step(name, location(3, 1), Via.ROOT, own=True), step("a::[/b]::[red]::c"), step("__rust_alloc"))
    root = RootResult(name, name, "_R1")
    message = "`[/b]` allocates [bold]always[/bold] :smile: in `<[u8] as Debug>::fmt`"
    text = rendered(report([finding(root=name, path=path, message=message)], (root,)), width=120)
    assert f"error[RF101]: {message}\n" in text
    assert "<[u8] as Debug>::fmt (src/plant.rs:3) -> " in text
    assert "✗ violations  hot       <[u8] as Debug>::fmt\n" in text


def test_a_source_line_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plant.rs").write_text("let a = \x1b[2J\u202eb(); // \x07", encoding="utf-8")
    text = rendered(report([finding(anchor=location(1, 5))], sources=SourceTree(tmp_path)))
    assert "1 | let a = \ufffd[2J\ufffdb(); // \ufffd" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


@pytest.mark.parametrize(("column", "word"), [(3, "self"), (8, "名前"), (15, "push"), (33, "send")])
def test_the_caret_stands_under_the_word_behind_tabs_and_wide_characters(
    sources: SourceTree, column: int, word: str
) -> None:
    lines = rendered(report([finding(anchor=location(4, column))], sources=sources)).splitlines()
    shown, caret = lines[3].removeprefix("4 | "), lines[4].removeprefix("  | ")
    assert shown == "        self.名前.push(quote); self.send(quote);"
    before = caret[: caret.index("^")]
    assert len(before) == cell_len(shown[: shown.index(word)])
    assert caret.count("^") == cell_len(word)


def test_of_a_line_that_is_too_long_the_part_around_the_caret_is_shown(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    line = "let first = " + "x + " * 40 + "call(); " + "y + " * 40
    (tmp_path / "src" / "plant.rs").write_text(line, encoding="utf-8")
    column = line.index("call") + 1
    lines = rendered(report([finding(anchor=location(1, column))], sources=SourceTree(tmp_path))).splitlines()
    assert cell_len(lines[3]) <= 80
    start = lines[4].index("^^^^")
    assert lines[3][start : start + 4] == "call"


def test_a_line_that_is_too_long_loses_its_indentation_first(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plant.rs").write_text(
        " " * 40 + "let label = quote.name.to_string(); // kept", encoding="utf-8"
    )
    text = rendered(report([finding(anchor=location(1, 64))], sources=SourceTree(tmp_path)))
    assert "1 |     let label = quote.name.to_string(); // kept\n  |                            ^^^^^^^^^ size" in text


def test_a_file_that_is_gone_costs_only_its_line() -> None:
    lines = rendered(report([finding(anchor=location(3, 5))])).splitlines()
    assert lines[1] == " --> src/plant.rs:3:5"
    assert lines[2] == "  = path: Plant::on_packet (src/plant.rs:3) -> __rust_alloc"


def test_sizes_and_candidates_stand_behind_the_caret(sources: SourceTree) -> None:
    def label(detail: dict[str, object], anchor: Location) -> str:
        text = rendered(report([finding(VIRTUAL_CALL, anchor=anchor, detail=detail)], sources=sources))
        return text.splitlines()[4].partition("^ ")[2]

    anchor = location(3, 32)
    assert label({"bytes": 1}, anchor) == "1 byte"
    assert label({"bytes": 1023}, anchor) == "1023 bytes"
    assert label({"bytes": 4096}, anchor) == "4 KiB"
    assert label({"bytes": 1600}, anchor) == "1.6 KiB"
    assert label({"candidates": ("a::b [vtable]",)}, anchor) == "1 candidate"
    assert label({}, anchor) == ""


def test_candidates_are_named_without_their_evidence_and_counted_beyond_four() -> None:
    names = tuple(f"<plant::ops::Op{number} as plant::Op>::process [vtable]" for number in range(6))
    text = rendered(report([finding(VIRTUAL_CALL, detail={"candidates": names, "closed": False})]), width=200)
    assert (
        "= candidates: <Op0 as Op>::process, <Op1 as Op>::process, <Op2 as Op>::process, <Op3 as Op>::process "
        "and 2 more; code outside of this build may add others\n"
    ) in text
    closed = rendered(report([finding(VIRTUAL_CALL, detail={"candidates": names[:1], "closed": True})]))
    assert "= candidates: <Op0 as Op>::process\n" in closed


def test_what_candidates_can_do_is_counted_and_told_to_be_nothing() -> None:
    names = tuple(f"<plant::ops::Op{number} as plant::Op>::process [vtable]" for number in range(3))

    def sentence(able: dict[str, list[str]]) -> str:
        detail = {"candidates": names, "able": able}
        return rendered(report([finding(VIRTUAL_CALL, detail=detail)]), width=200).partition("process; ")[2]

    assert sentence({"allocate": ["a", "b", "c"], "block": ["a"]}).startswith("all can allocate, 1 can block\n")
    assert sentence({}).startswith(
        "none allocates, frees, locks or blocks: safe for every implementation in this build\n"
    )


def test_notes_take_two_lines_unless_everything_is_asked_for() -> None:
    findings = [finding(path_class=PathClass.COLD, anchor=location(3, 5))]
    assert "= path" not in rendered(report(findings))
    assert "note[RF101]: " in rendered(report(findings))
    assert "= path" in rendered(report(findings, strict=True))


def test_allowed_findings_are_counted_and_shown_only_where_strict() -> None:
    allowed = {"7f3a9c0d11e2": "at start only"}
    quiet = rendered(report([finding()], allowed=allowed))
    assert "error[RF101]" not in quiet
    assert quiet.endswith("passed: no findings under 1 root; 1 allowed\n")
    assert "= allowed: at start only\n" in rendered(report([finding()], allowed=allowed, strict=True))


def steps(*own: int, length: int, dispatched: int = -1) -> list[ReportStep]:
    return [
        ReportStep(
            function=f"f{number}",
            file="a.rs",
            line=1,
            via="virtual" if number == dispatched else "call",
            own=number in own,
        )
        for number in range(length)
    ]


def test_a_short_path_is_not_folded() -> None:
    assert kept_frames(steps(0, length=8)) == set(range(8))


def test_a_long_path_keeps_own_frames_what_they_call_dispatch_and_the_last_two() -> None:
    assert kept_frames(steps(0, 5, length=20, dispatched=12)) == {0, 1, 5, 6, 12, 18, 19}


def test_a_long_path_without_own_frames_keeps_where_the_standard_library_is_entered_last() -> None:
    path = steps(length=20)
    names = {4: "alloc::sync::Arc<u8>::new", 5: "ring::push", 6: "ring::grow", 7: "alloc::vec::Vec<u8>::reserve"}
    crates = [names.get(number, "ring::f" if number < 5 else "core::f") for number in range(20)]
    path = [msgspec.structs.replace(each, function=name, file=None) for each, name in zip(path, crates, strict=True)]
    assert kept_frames(path) == {0, 1, 6, 7, 18, 19}


def test_a_frame_that_is_too_long_for_its_line_goes_on_below_the_name() -> None:
    deep = location(803, 1, "laminar-core-0.1.0/src/operator/lookup_join.rs")
    path = (
        step(ROOT, location(3, 5), Via.ROOT, own=True),
        step("<core::LookupJoinOperator as core::Operator>::process", deep, Via.VIRTUAL),
        step("__rust_alloc"),
    )
    lines = rendered(report([finding(path=path)]), width=70).splitlines()
    assert lines[2:6] == [
        "  = path: Plant::on_packet (src/plant.rs:3)",
        "       -> <LookupJoinOperator as Operator>::process [virtual]",
        "            (laminar-core-0.1.0/src/operator/lookup_join.rs:803)",
        "       -> __rust_alloc",
    ]


def test_one_frame_is_never_folded_alone() -> None:
    assert kept_frames(steps(0, 3, length=9)) == {0, 1, 2, 3, 4, 7, 8}


def test_a_path_of_own_frames_only_is_folded_in_the_middle() -> None:
    assert kept_frames(steps(*range(40), length=40)) == {0, 1, 2, 3, 4, 5, 34, 35, 36, 37, 38, 39}


def test_a_lock_is_not_named_twice() -> None:
    name = "std::sync::poison::mutex::Mutex"
    path = (
        step(ROOT, location(3, 5), Via.ROOT),
        step(f"{name}<u64>::lock", location(4), Via.INLINE),
        step(f"{name}::lock"),
    )
    assert "Mutex<u64>::lock [inlined] (src/plant.rs:4)\n" in rendered(report([finding(path=path)]), width=120)


def test_words_are_never_broken_and_names_with_spaces_are_words() -> None:
    text = styled(f"see {unbroken('<str as ToString>::to_string')} in src/a/very/long/path/to/a/file.rs:1 for more")
    lines = [line.plain.replace("\u00a0", " ") for line in wrapped(text, 30, 2)]
    assert lines == [
        "see",
        "  <str as ToString>::to_string",
        "  in",
        "  src/a/very/long/path/to/a/file.rs:1",
        "  for more",
    ]


@pytest.mark.parametrize("width", [20, 80, 120])
def test_what_machines_search_is_on_one_line_at_any_width_of_a_file(width: int, sources: SourceTree) -> None:
    lines = rendered(report([finding(anchor=location(3, 32))], sources=sources), width).splitlines()
    assert lines[0] == "error[RF101]: `to_string` allocates on every call of `Plant::on_packet`"
    assert lines[1] == " --> src/plant.rs:3:32"


def test_on_a_narrow_terminal_messages_are_wrapped_behind_their_rule() -> None:
    made, file = console(60, terminal=True)
    render(report([finding()]), made)
    assert file.getvalue().splitlines()[:2] == [
        "\x1b[1merror[RF101]\x1b[0m\x1b[1m: `to_string` allocates on every call of\x1b[0m",
        "              \x1b[1m`Plant::on_packet`\x1b[0m",
    ]


def test_an_output_without_unicode_gets_plain_forms(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    with path.open("w", encoding="ascii") as file:
        render(report([finding(path=long_path())]), Console(file=file, markup=False, emoji=False, highlight=False))
    text = path.read_text(encoding="ascii")
    assert "x violations" in text
    assert "-> ~ 6 frames in alloc" in text


def test_a_thousand_findings_are_written_quickly(sources: SourceTree) -> None:
    findings = [numbered(number, finding(anchor=location(3, 1 + number), path=long_path())) for number in range(1000)]
    start = time.process_time()
    text = rendered(report(findings, sources=sources), most=None)
    assert time.process_time() - start < 5
    assert text.count("error[RF101]") == 1000


def test_a_person_is_shown_the_first_of_many_findings_and_the_number_of_the_others(sources: SourceTree) -> None:
    findings = [numbered(number, finding(anchor=location(3, 1 + number))) for number in range(100)]
    text = rendered(report(findings, sources=sources))
    assert text.count("error[RF101]") == 30
    assert "70 more causes (`--show-all` prints them, `--format json` has them too)" in text
    assert "70 RF101" in text


def test_few_findings_are_all_shown_and_none_is_left_over(sources: SourceTree) -> None:
    text = rendered(report([finding(anchor=location(3, 32))], sources=sources))
    assert "more causes" not in text


def field(name: str, offset: int, size: int, kind: str = "u64") -> LayoutField:
    last = max(offset, offset + size - 1)
    return LayoutField(name=name, type_=kind, offset=offset, size=size, lines=(offset // 64, last // 64))


def rendered_layouts(*layouts: Layout) -> str:
    made, file = console()
    render_layouts(layout_report(build=BUILD, coverage=COVERAGE, layouts=layouts), made)
    return file.getvalue()


def test_a_layout_is_drawn_on_cache_lines() -> None:
    layout = Layout(
        type_="plant::Plant",
        size=88,
        align=8,
        padding=7,
        location=Place(file="src/plant.rs", line=3),
        fields=(
            field("operators", 0, 24, "alloc::vec::Vec<alloc::boxed::Box<dyn plant::Op>, alloc::alloc::Global>"),
            field("data", 24, 32, "std::sync::poison::mutex::Mutex<u64>"),
            field("name", 56, 24, "alloc::string::String"),
            field("flag", 80, 1, "bool"),
            field("unit", 88, 0, "()"),
        ),
        straddles=("name",),
    )
    text = rendered_layouts(layout)
    assert text.startswith(
        """\
plant::Plant
  --> src/plant.rs:3
  size 88, align 8, padding 7, 2 cache lines
  name crosses a cache line

          0       8       16      24      32      40      48      56
  line 0  [operators=============][data==========================][name==>
  line 1  <name==========]|░░░░░░░

  field        offset      size    lines  type
  operators         0        24       0   Vec<Box<dyn Op>>
  data             24        32       0   Mutex<u64>
  name             56        24     0-1!  String
  flag             80         1       1   bool
  unit             88         0       1   ()

coverage: 12 of 104 modules read"""
    )


def test_fields_that_lie_on_each_other_get_rows_of_their_own() -> None:
    fields = (field("{tag}", 0, 1), field("Tick::time", 8, 8), field("Quote::price", 8, 8), field("Quote::size", 16, 8))
    text = rendered_layouts(Layout(type_="E", size=24, align=8, padding=0, location=None, fields=fields))
    assert "  line 0  |░░░░░░░[time==][size==]\n          ░░░░░░░░[price=]░░░░░░░░\n" in text


def test_lines_that_one_field_fills_are_folded() -> None:
    fields = (field("head", 0, 8), field("bytes", 8, 64 * 100), field("tail", 6408, 8))
    text = rendered_layouts(Layout(type_="Buffer", size=6464, align=64, padding=48, location=None, fields=fields))
    assert text.splitlines()[3:7] == [
        "            0       8       16      24      32      40      48      56",
        "    line 0  [head==][bytes=================================================>",
        "            … 99 lines like this",
        "  line 100  <bytes=][tail==]" + "░" * 48,
    ]


def test_a_type_without_bytes_has_no_ruler() -> None:
    text = rendered_layouts(Layout(type_="Unit", size=0, align=1, padding=0, location=None, fields=()))
    assert text.startswith("Unit\n  size 0, align 1, padding 0, 0 cache lines\n\ncoverage")


def test_no_layouts_are_said_to_be_none() -> None:
    assert rendered_layouts().startswith("no type to show")


@pytest.mark.parametrize(
    ("own", "all_loops", "words"),
    [
        (0, 0, "not in a loop"),
        (1, 1, "in a loop"),
        (2, 2, "in loops 2 deep"),
        (0, 2, "not in a loop (the call itself loops)"),
        (1, 2, "in a loop (the call itself loops)"),
    ],
)
def test_loops_of_a_library_are_told_apart_from_those_of_the_user(own: int, all_loops: int, words: str) -> None:
    (told,) = report([replace(finding(), loop_depth=all_loops, own_loop_depth=own)]).findings
    assert loops_sentence(told) == words

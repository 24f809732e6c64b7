"""What to change first: in the user's own names, ranked by what goes, and never promised twice."""

from dataclasses import replace
from pathlib import Path

import pytest
from report_samples import ROOT, finding, location, numbered, report, step

from ringfence.graphs.facts import PathClass
from ringfence.passes.allocation import HEAP_ALLOCATION, HEAP_FREE, HEAP_GROWTH
from ringfence.passes.blocking import BLOCKING_CALL
from ringfence.passes.branching import POINTER_CALL, VIRTUAL_CALL
from ringfence.passes.channels import SHARED_QUEUE
from ringfence.passes.checks import WIDE_MATCH
from ringfence.passes.hints import UNHINTED_BRANCH
from ringfence.passes.limits import INLINE_ASSEMBLY, MISSING_IR
from ringfence.passes.locking import LOCK
from ringfence.passes.lookups import HASH_LOOKUP
from ringfence.passes.rule import Finding, Rule, Via
from ringfence.passes.spinning import SPIN_WAIT
from ringfence.pipeline.report.model import Recommendation, Report
from ringfence.pipeline.report.written import NOTHING_WRITTEN, WrittenCall, written_call
from ringfence.pipeline.source import SourceTree

TO_STRING = "<str as alloc::string::ToString>::to_string"


def made(
    folder: Path, line: str, word: str, called: str, rule: Rule = HEAP_ALLOCATION, **details: object
) -> Recommendation:
    """The recommendation for a call of ``called`` at ``word`` of a line of the root."""
    (folder / "src").mkdir()
    (folder / "src" / "plant.rs").write_text(f"{line}\n", encoding="utf-8")
    anchor = location(1, line.index(word) + 1)
    path = (step(ROOT, anchor, Via.ROOT, own=True), step(called), step("__rust_alloc"))
    found = finding(rule, anchor=anchor, path=path, detail=details)
    (only,) = report([found], sources=SourceTree(folder)).recommendations
    return only


@pytest.mark.parametrize(
    ("line", "word", "call"),
    [
        ("let label = quote.name.to_string();", "to_string", WrittenCall("quote.name", "", "label")),
        ("self.data.lock().unwrap().push(order.to_string());", "lock", WrittenCall("self.data", "", "")),
        ("self.data.lock().unwrap().push(next(1));", "push", WrittenCall("self.data.lock().unwrap()", "next(1)", "")),
        ("    .to_string()", "to_string", NOTHING_WRITTEN),
        ("f(&rows[i].key.clone())", "clone", WrittenCall("rows[i].key", "", "")),
        ("let mut a: Vec<u8> = b?.to_vec();", "to_vec", WrittenCall("b?", "", "a")),
        ('return Err(format!("no {}", x));', "format", WrittenCall("", '"no {}", x', "")),
        ("pub levels: Vec<u64>,", "clone", NOTHING_WRITTEN),
    ],
)
def test_the_call_is_read_from_the_line(line: str, word: str, call: WrittenCall) -> None:
    assert written_call(line, max(line.find(word), 0), word) == call


def test_what_the_line_does_not_hold_is_empty() -> None:
    assert written_call("self.rows.push(Row {", 10, "push") == WrittenCall("self.rows", "", "")
    assert written_call("}).collect();", 3, "collect").receiver == ""


def test_text_is_written_into_a_buffer_named_as_the_result_was(tmp_path: Path) -> None:
    only = made(tmp_path, "    let label = quote.name.to_string();", "to_string", TO_STRING)
    assert only.before == "let label = quote.name.to_string();"
    assert only.after.splitlines()[1:] == ["self.label.clear();", "self.label.push_str(&quote.name);"]
    assert only.function == ROOT
    assert only.effect == "1 heap allocation less under `Plant::on_packet` (hot, always)"


def test_a_number_is_formatted_and_not_appended(tmp_path: Path) -> None:
    only = made(tmp_path, "let t = self.price.to_string();", "to_string", "<u64 as alloc::string::ToString>::to_string")
    assert only.after.endswith('write!(self.t, "{}", self.price)?;')


@pytest.mark.parametrize(
    ("line", "word", "called", "rule", "code"),
    [
        ("quote.payload.to_vec()", "to_vec", "<[u8]>::to_vec", HEAP_ALLOCATION, ".extend_from_slice(&quote.payload);"),
        (
            "self.data.lock().unwrap().len()",
            "lock",
            "std::sync::poison::mutex::Mutex<u8>::lock",
            LOCK,
            "self.data_changes.pop()",
        ),
        ("self.table.read().len()", "read", "lock_api::RwLock<u8>::read", LOCK, "let table = self.table.load();"),
        ("let b = Box::new(quote);", "new", "alloc::boxed::Box<u8>::new", HEAP_ALLOCATION, "*b = quote;"),
        ("shared = Rc::new(1);", "new", "alloc::rc::Rc<u8>::new", HEAP_ALLOCATION, "= Rc::clone(&self.shared);"),
        (
            "self.session = next;",
            "next",
            "core::ptr::drop_in_place::<plant::Session>",
            HEAP_FREE,
            "self.retired.push(std::mem::replace(&mut self.session, next)); // Session",
        ),
        ("vendor_send(7);", "vendor_send", "vendor_send", HEAP_ALLOCATION, "push(Request::VendorSend(7))?;"),
        ("io::copy(a, b);", "copy", "std::io::copy::<A, B>", BLOCKING_CALL, "push(Request::Copy(a, b))?;"),
        (
            "self.depth.clone()",
            "clone",
            "<plant::Depth as core::clone::Clone>::clone",
            HEAP_ALLOCATION,
            ".clone_from(&self.depth);",
        ),
    ],
)
def test_the_example_names_what_the_line_names(
    tmp_path: Path, line: str, word: str, called: str, rule: Rule, code: str
) -> None:
    assert code in made(tmp_path, line, word, called, rule).after


@pytest.mark.parametrize(
    ("line", "called", "code"),
    [
        ("TABLE[3]", "<std::sync::lazy_lock::LazyLock<u8> as Deref>::deref", "LazyLock::force(&TABLE);"),
        ("NAME.get_or_init(load).len()", "std::sync::OnceLock<u8>::get_or_init", "NAME.get_or_init(load);"),
        ("SCRATCH.with(|it| it.len())", "std::thread::LocalKey<u8>::with", "SCRATCH.with(|_| ());"),
    ],
)
def test_what_is_made_lazily_is_made_at_start(tmp_path: Path, line: str, called: str, code: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plant.rs").write_text(f"{line}\n", encoding="utf-8")
    path = (step(ROOT, location(1, 1), Via.ROOT, own=True), step(called))
    found = finding(path_class=PathClass.FIRST_USE, anchor=location(1, 1), path=path)
    (only,) = report([found], sources=SourceTree(tmp_path)).recommendations
    assert only.after == f"// at start, before the first event\n{code}"


def test_a_queue_that_allocates_is_a_queue_first(tmp_path: Path) -> None:
    queue = replace(at(3, 2, SHARED_QUEUE), help="Use a ring.")
    (only,) = report([at(3, 1), queue], sources=SourceTree(tmp_path)).recommendations
    assert (only.change, len(only.removes)) == ("Use a ring", 2)


def test_an_enum_is_made_of_the_implementations_of_the_build(tmp_path: Path) -> None:
    names = ("<plant::Sma as plant::Strategy>::on_price [vtable]", "<plant::Ema<u8> as plant::Strategy>::on_price [v]")
    line, called = "sum += strategy.on_price(price);", "<plant::Strategy>::on_price"
    only = made(tmp_path, line, "on_price", called, VIRTUAL_CALL, candidates=names, method="on_price")
    assert "enum AnyStrategy { Sma(Sma), Ema(Ema) }" in only.after
    assert "match strategy {" in only.after
    assert "AnyStrategy::Ema(each) => each.on_price(price)," in only.after


def test_without_an_example_the_advice_and_its_code_are_the_change() -> None:
    advised = replace(finding(MISSING_IR), help='Say what it does; `[[assume]]; function = "f"`, or not.')
    (only,) = report([advised]).recommendations
    assert only.change == "Say what it does"
    assert only.after == '[[assume]];\nfunction = "f"'


def at(line: int, number: int, rule: Rule = HEAP_ALLOCATION, **changes: object) -> Finding:
    return numbered(number, finding(rule, anchor=location(line, 5), **changes))  # type: ignore[arg-type]


def removed(written: Report) -> list[list[int]]:
    return [[int(name, 16) for name in each.removes] for each in written.recommendations]


def test_what_removes_most_comes_first_and_errors_weigh_more_than_warnings() -> None:
    findings = [
        at(3, 1),
        at(4, 2),
        at(4, 3, HEAP_FREE),
        *(at(5, number, path_class=PathClass.AMORTIZED) for number in (4, 5, 6)),
    ]
    assert removed(report(findings)) == [[2, 3], [1], [4, 5, 6]]


def test_what_goes_with_a_call_is_not_recommended_again() -> None:
    findings = [at(3, 1, detail={"removes": ["000000000002"]}), at(4, 2)]
    assert removed(report(findings)) == [[1, 2]]


def test_a_virtual_call_that_becomes_direct_removes_nothing_behind_it() -> None:
    findings = [at(3, 1, VIRTUAL_CALL, detail={"removes": ["000000000002"]}), at(9, 2)]
    assert sorted(removed(report(findings))) == [[1], [2]]


def test_one_change_serves_all_roots() -> None:
    findings = [at(3, 1), at(3, 2, root="plant::other")]
    (only,) = report(findings).recommendations
    assert only.effect == "2 heap allocations less under 2 roots (hot, always)"


MAP_ERR = "core::result::Result<u8, plant::Refused>::map_err"


@pytest.mark.parametrize(
    ("line", "called", "around", "after"),
    [
        (
            ".map_err(|e| Error(e.to_string()))?;",
            "<E as alloc::string::ToString>::to_string",
            MAP_ERR,
            ".map_err(|e| Error(e))?;",
        ),
        ("found: e.to_string(),", "<E as alloc::string::ToString>::to_string", MAP_ERR, "found: e,"),
        ("column: column.to_string(),", TO_STRING, MAP_ERR, ""),
        (
            'return Err(Error(format!("no {}", x)));',
            "alloc::fmt::format",
            "",
            '// in `Display::fmt` of the error\nwrite!(f, "no {}", x)',
        ),
        ("return Err(Error(format!(", "alloc::fmt::format", "", "// in `Display::fmt` of the error\nwrite!(f, …)"),
    ],
)
def test_the_text_of_an_error_is_written_where_it_is_shown(
    tmp_path: Path, line: str, called: str, around: str, after: str
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plant.rs").write_text(f"{line}\n", encoding="utf-8")
    anchor = location(1, line.index("to_string" if "to_string" in line else "format") + 1)
    closure = [step(around), step(f"{ROOT}::{{closure#0}}", anchor, Via.INLINE, own=True)] if around else []
    path = (step(ROOT, anchor, Via.ROOT, own=True), *closure, step(called), step("__rust_alloc"))
    (only,) = report([finding(HEAP_ALLOCATION, anchor=anchor, path=path)], sources=SourceTree(tmp_path)).recommendations
    assert only.after == after
    assert "in the error" in only.change


def test_text_that_is_no_errors_keeps_its_advice(tmp_path: Path) -> None:
    only = made(tmp_path, 'let label = format!("no {}", x);', "format", "alloc::fmt::format")
    assert "error" not in only.change


@pytest.mark.parametrize(
    ("rule", "called", "change"),
    [
        (SPIN_WAIT, "ring::Tx<u8>::try_send", "Use a queue whose `try_send` waits for nobody"),
        (SPIN_WAIT, "rayon_core::ThreadPool::install", "Call `install` of `rayon_core` on a thread that may wait"),
        (HEAP_FREE, "chrono::format::DelayedFormat<T>::write_to", "Call `DelayedFormat::write_to` of `chrono` outside"),
        (POINTER_CALL, "metrics::with_recorder", "Call `with_recorder` of `metrics` outside of the hot path"),
        (LOCK, "quick_cache::sync::Cache<u8>::remove_if", "Call `remove_if` of `quick_cache` on one thread"),
        (LOCK, "core::ptr::drop_in_place::<ring::Tx<u8>>", "Borrow the value"),
        (SPIN_WAIT, "core::hint::spin_loop", "Borrow the value"),
    ],
)
def test_what_a_library_does_inside_is_not_mended_at_the_call(
    tmp_path: Path, rule: Rule, called: str, change: str
) -> None:
    only = made(tmp_path, "self.it.act(item);", "act", called, rule)
    assert only.change.startswith(change)


@pytest.mark.parametrize(
    ("rule", "effect"),
    [
        (UNHINTED_BRANCH, "2 unhinted branches"),
        (INLINE_ASSEMBLY, "2 inline assemblies"),
        (VIRTUAL_CALL, "2 virtual calls"),
        (WIDE_MATCH, "2 wide matches in loops"),
        (HASH_LOOKUP, "2 hash lookups in loops"),
    ],
)
def test_what_goes_is_counted_in_plurals(rule: Rule, effect: str) -> None:
    findings = [at(3, 1, rule), at(3, 2, rule, root="plant::other")]
    assert report(findings, strict=True).recommendations[0].effect.startswith(effect)


def test_a_lock_that_several_functions_take_is_changed_once(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    lines = ("self.data.lock()", "self.book.lock()", "let it = self.data.lock();")
    (tmp_path / "src" / "plant.rs").write_text("\n".join(lines), encoding="utf-8")
    path = step("lock_api::Mutex<u8>::lock")
    findings = [
        numbered(
            number,
            finding(
                LOCK,
                anchor=location(number, line.index("lock") + 1),
                path=(step(ROOT, location(number), Via.ROOT, own=True), path),
                detail={"type": "u8"},
            ),
        )
        for number, line in enumerate(lines, 1)
    ]
    data, book = report(findings, sources=SourceTree(tmp_path)).recommendations
    assert [place.line for place in data.also] == [3]
    assert (len(data.removes), len(book.removes), book.also) == (2, 1, ())


def test_what_a_limit_would_remove_is_not_promised_again() -> None:
    limit = at(3, 2, MISSING_IR, detail={"removes": ["000000000001"]})
    assert removed(report([at(3, 1, VIRTUAL_CALL), limit])) == [[1], [2]]


def test_a_library_that_allocates_inside_is_named(tmp_path: Path) -> None:
    only = made(tmp_path, "let it = serde_json::from_str(raw);", "from_str", "serde_json::de::from_str::<Value>")
    assert only.change.startswith("Call `from_str` of `serde_json` outside of the hot path")


def test_a_librarys_method_is_named_with_its_type(tmp_path: Path) -> None:
    only = made(tmp_path, "let it = RowConverter::new(fields)?;", "new", "arrow_row::RowConverter::new")
    assert only.change.startswith("Call `RowConverter::new` of `arrow_row` outside of the hot path")


def test_limits_of_the_analysis_come_last() -> None:
    written = report(
        [at(3, 1, MISSING_IR), at(3, 2, MISSING_IR), at(9, 3, HEAP_GROWTH, path_class=PathClass.AMORTIZED)]
    )
    assert removed(written)[0] == [3]


def test_notes_and_what_is_allowed_are_recommended_only_where_strict() -> None:
    findings = [at(3, 1, path_class=PathClass.COLD), at(4, 2)]
    assert removed(report(findings, allowed={"000000000002": "at start"})) == []
    assert removed(report(findings, strict=True)) == [[2], [1]]


def test_a_derived_clone_is_changed_where_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plant.rs").write_text("pub levels: Vec<u64>,\nlet now = self.depth.clone();\n")
    derived = "<plant::Depth as core::clone::Clone>::clone"
    path = (
        step(ROOT, location(2, 22), Via.ROOT, own=True),
        step(derived, location(1, 1), own=True),
        step("<alloc::vec::Vec<u64> as core::clone::Clone>::clone"),
    )
    (only,) = report([finding(anchor=location(1, 1), path=path)], sources=SourceTree(tmp_path)).recommendations
    assert only.location is not None
    assert (only.location.line, only.function) == (2, ROOT)
    assert only.after.endswith("self.now.clone_from(&self.depth);")

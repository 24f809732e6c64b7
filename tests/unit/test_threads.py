"""Threads are found where the source starts them, with the names that it gives them."""

from pathlib import Path

from ringfence.pipeline.threads import ThreadStart, threads_in


def found(text: str) -> list[tuple[str, int, str, bool]]:
    return [(each.name, each.line, each.function, each.is_closure) for each in starts(text)]


def starts(text: str) -> list[ThreadStart]:
    return list(threads_in(text, Path("src/lib.rs")))


def test_a_closure_is_found_by_its_line_and_its_threads_name() -> None:
    text = 'fn start() {\n  Builder::new()\n    .name("core".to_string())\n    .spawn(move || run());\n}'
    assert found(text) == [("core", 4, "start", True)]


def test_what_a_format_puts_in_is_open() -> None:
    text = 'fn start(id: u8) { thread::Builder::new().name(format!("core-{id}-{}", 1)).spawn(|| run()).unwrap(); }'
    assert found(text) == [("core-*-*", 1, "start", True)]


def test_a_function_that_is_handed_over_is_named_itself() -> None:
    text = 'fn start() { std::thread::Builder::new().stack_size(9).name("io".into()).spawn(io::main_loop)?; }'
    assert found(text) == [("io", 1, "io::main_loop", False)]


def test_threads_without_a_name_are_found_too() -> None:
    assert found("fn start() { thread::spawn(|| run()); }") == [("", 1, "start", True)]
    assert found("fn start() { thread::scope(|s| { s.spawn(|| run()); }); }") == [("", 1, "start", True)]


def test_the_name_of_another_thread_is_not_taken() -> None:
    text = 'fn start() {\n Builder::new().name("a".into());\n thread::spawn(|| run());\n}'
    assert found(text) == [("", 3, "start", True)]


def test_what_is_only_mentioned_in_a_comment_or_spawns_no_thread_is_none() -> None:
    assert found("fn start() { // thread::spawn(|| run());\n}") == []
    assert found("fn start() { respawn(|| run()); spawn_enemy(|| run()); }") == []

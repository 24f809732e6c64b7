"""Functions that look like entry points are proposed for a reason, the strongest first; others are not."""

from pathlib import Path

from ringfence.pipeline.propose import Sign, discover, proposals


def crate(folder: Path, text: str, bench: str = "") -> list[tuple[str, Path]]:
    (folder / "src").mkdir()
    (folder / "src" / "lib.rs").write_text(text, encoding="utf-8")
    if bench:
        (folder / "benches").mkdir()
        (folder / "benches" / "speed.rs").write_text(bench, encoding="utf-8")
    return [("engine", folder)]


def signs(packages: list[tuple[str, Path]]) -> list[tuple[str, Sign, int | None]]:
    return [(each.path, each.sign, each.budget_ns) for each in discover(packages)]


def test_a_body_that_enters_a_guard_of_the_hot_path_is_proposed_first(tmp_path: Path) -> None:
    text = (
        "/// Ring 0.\npub fn documented() {}\n\nimpl<T> Engine<T> {\n    fn run(&self) {\n"
        '        let _guard = HotPathGuard::enter("run");\n    }\n}\n'
    )
    assert signs(crate(tmp_path, text)) == [
        ("engine::Engine::run", Sign.GUARD, None),
        ("engine::documented", Sign.DOCUMENTED, None),
    ]


def test_an_attribute_of_a_function_is_a_guard_too(tmp_path: Path) -> None:
    text = "#[nonblocking]\nfn process(samples: &mut [f32]) {\n}\n\nfn other() {\n}\n"
    assert signs(crate(tmp_path, text)) == [("engine::process", Sign.GUARD, None)]


def test_a_promised_time_becomes_the_budget(tmp_path: Path) -> None:
    text = (
        "/// Hot path, under 1.5 µs.\nfn a() {}\n/// Zero-allocation; < 50ns.\nfn b() {}\n/// Takes 50 ns.\nfn c() {}\n"
    )
    assert signs(crate(tmp_path, text)) == [
        ("engine::a", Sign.DOCUMENTED, 1_500),
        ("engine::b", Sign.DOCUMENTED, 50),
    ]


def test_what_a_benchmark_measures_is_proposed_and_what_it_prepares_is_not(tmp_path: Path) -> None:
    text = "pub fn prepare() {\n}\n\npub fn step() {\n}\n"
    bench = "fn main() { prepare(); c.bench_function(|b| b.iter(|| black_box(step()))); }\n"
    assert signs(crate(tmp_path, text, bench)) == [("engine::step", Sign.BENCHMARK, None)]


def test_a_name_that_two_types_have_says_nothing_in_a_benchmark_unless_the_type_is_named(tmp_path: Path) -> None:
    text = "impl A {\n    pub fn push(&self) {\n    }\n}\n\nimpl B {\n    pub fn push(&self) {\n    }\n}\n"
    assert signs(crate(tmp_path, text, "fn main() { b.iter(|| queue.push()); }")) == []
    (tmp_path / "benches" / "speed.rs").write_text("fn main() { b.iter(|| B::push(&queue)); }", encoding="utf-8")
    assert signs([("engine", tmp_path)]) == [("engine::B::push", Sign.BENCHMARK, None)]


def test_a_thread_is_proposed_by_its_name(tmp_path: Path) -> None:
    text = 'fn start() {\n    Builder::new().name("io".into()).spawn(|| run());\n}\n'
    assert signs(crate(tmp_path, text)) == [("thread:io", Sign.THREAD, None)]


def test_tests_are_no_entry_points(tmp_path: Path) -> None:
    text = "#[cfg(test)]\nmod tests {\n    /// Hot path.\n    fn check() {\n    }\n}\n"
    assert signs(crate(tmp_path, text)) == []


def test_a_hint_ends_with_the_longest_public_functions(tmp_path: Path) -> None:
    text = (
        "pub fn short() {}\n/// Hot path.\nfn hot() {}\npub fn long() {\n    work();\n    work();\n}\nfn private() {}\n"
    )
    assert [each.path for each in proposals(crate(tmp_path, text))] == ["engine::hot", "engine::long", "engine::short"]

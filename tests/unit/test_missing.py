"""Why a function that somebody named has no code."""

from pathlib import Path

import pytest

from ringfence.pipeline.missing import why_missing
from ringfence.pipeline.source_functions import functions_of


def why(folder: Path, text: str, *words: str) -> str:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "lib.rs").write_text(text, encoding="utf-8")
    return why_missing(words or ("gone",), functions_of("plant", folder))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pub fn gone<T>(value: T) {}", "it is generic"),
        ("pub fn gone(value: impl Fn()) {}", "it is generic"),
        ("pub fn gone<'a>(value: &'a str) {}", "its source is there, but rustc made no code"),
        ("impl<T: Copy> Queue<T> {\n    pub fn gone(&self) {}\n}", "it is generic"),
        ("impl<T: Copy> Queue<T> {\n    fn f() {}\n}\npub fn gone() {}", "its source is there, but rustc made no code"),
        ("impl Plain {\n    pub fn gone(&self) {}\n}", "its source is there, but rustc made no code"),
        ("impl<'a> Borrowed<'a> {\n    pub fn gone(&self) {}\n}", "its source is there, but rustc made no code"),
        ("pub async fn gone() {}", "it is async"),
        ("#[inline(never)]\nfn gone() {}", "its source is there, but nothing in this build calls it"),
        ('#[cfg(feature = "fast")]\npub fn gone() {}', "it stands behind a `#[cfg(…)]`"),
        ("pub fn gone() {\n    let wait = async fn_like;\n}", "its source is there, but rustc made no code"),
        ("pub fn other() {}", "no function of that name"),
        ("#[cfg(test)]\nmod tests {\n    fn gone() {}\n}", "no function of that name"),
    ],
)
def test_a_missing_function_is_explained_from_its_source(tmp_path: Path, text: str, reason: str) -> None:
    assert why(tmp_path, text).startswith(reason)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("plant", "Queue", "gone"), "it is generic"),
        (("plant", "Plain", "gone"), "its source is there"),
        (("Plain", "gone"), "its source is there"),
        (("plant", "gone"), "it is async"),
        (("plant", "Other", "gone"), "no function of that name"),
        (("other", "gone"), "no function of that name"),
    ],
)
def test_a_function_of_another_type_says_nothing(tmp_path: Path, words: tuple[str, ...], reason: str) -> None:
    text = (
        "impl<T> Queue<T> {\n    fn gone(&self) {}\n}\nimpl fmt::Write for Plain {\n    fn gone(&self) {}\n}\n"
        "async fn gone() {}\n"
    )
    assert why(tmp_path, text, *words).startswith(reason)

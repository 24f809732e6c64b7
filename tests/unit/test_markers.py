"""``// ringfence: root`` comments, and why a marked or named function may be missing."""

from pathlib import Path

import pytest

from ringfence.pipeline.markers import find_markers


def write(folder: Path, text: str) -> Path:
    file = folder / "src" / "lib.rs"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "function",
    [
        "pub fn on_event() {}",
        "/// Documented.\n#[inline(never)]\npub fn on_event() {}",
        "#[allow(\n    unused\n)]\npub fn on_event() {}",
        "    pub(crate) async unsafe fn on_event(&self) {}",
        '#[no_mangle]\npub extern "C" fn on_event() {}',
        "fn on_event<T>(value: T) {}",
    ],
)
def test_a_marker_names_the_function_below_it(tmp_path: Path, function: str) -> None:
    file = write(tmp_path, f"mod other {{}}\n// ringfence: root\n{function}\n")
    (marker,) = find_markers([tmp_path])
    line = next(n for n, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if "fn on_event" in text)
    assert (marker.name, marker.line, marker.file) == ("on_event", line, file)


def test_a_marker_in_a_macro_is_told_from_one_behind_it(tmp_path: Path) -> None:
    macro = "macro_rules! made {\n    () => {\n        // ringfence: root\n        pub fn inside() {}\n    };\n}\n"
    write(tmp_path, f"{macro}// ringfence: root\npub fn behind() {{}}\n")
    assert [(marker.name, marker.is_in_macro) for marker in find_markers([tmp_path])] == [
        ("inside", True),
        ("behind", False),
    ]


def test_a_marker_above_something_else_has_no_function(tmp_path: Path) -> None:
    write(tmp_path, "// ringfence: root\nstruct Plain;\nfn later() {}\n")
    assert [marker.name for marker in find_markers([tmp_path])] == [""]


def test_files_without_markers_and_target_folders_have_none(tmp_path: Path) -> None:
    write(tmp_path, "// ringfence is a tool\nfn free() {}\n")
    generated = tmp_path / "target" / "debug"
    generated.mkdir(parents=True)
    (generated / "out.rs").write_text("// ringfence: root\nfn made() {}\n", encoding="utf-8")
    assert list(find_markers([tmp_path])) == []

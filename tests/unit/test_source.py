"""Names and lines of source files."""

import os
from pathlib import Path

import pytest

from ringfence.graphs.virtual_calls import CALLED_VALUE
from ringfence.pipeline.source import Excerpt, SourceTree

HASH = "59807616e1fa2540724bfbac14d7976d7e4a3860"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    (folder / "src").mkdir(parents=True)
    return folder


def write_line(workspace: Path, line: str | bytes) -> str:
    file = workspace / "src" / "lib.rs"
    file.write_bytes(line if isinstance(line, bytes) else line.encode())
    return str(file)


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("{workspace}/src/lib.rs", "src/lib.rs"),
        ("{workspace}/src/../build/gen.rs", "build/gen.rs"),
        ("src/lib.rs", "src/lib.rs"),
        (f"/rustc/{HASH}/library/alloc/src/vec/mod.rs", "std/alloc/src/vec/mod.rs"),
        (f"/rustc/{HASH}/library/std/src/../../backtrace/src/lib.rs", "std/backtrace/src/lib.rs"),
        ("/opt/rust/lib/rustlib/src/rust/library/core/src/cell.rs", "std/core/src/cell.rs"),
        ("/rust/deps/hashbrown-0.16.1/src/raw/mod.rs", "hashbrown-0.16.1/src/raw/mod.rs"),
        ("/home/a/.cargo/registry/src/index-0123/bytes-1.2.3/src/lib.rs", "bytes-1.2.3/src/lib.rs"),
        ("/home/a/.cargo/git/checkouts/tool-0123456789abcdef/89abcde/x/src/a.rs", "tool-89abcde/x/src/a.rs"),
        ("/home/a/vendor/bytes-1.2.3/src/lib.rs", "bytes-1.2.3/src/lib.rs"),
        ("/home/a/elsewhere/src/deep/lib.rs", "elsewhere/src/deep/lib.rs"),
        ("/home/a/native/queue.c", "native/queue.c"),
        (r"C:\Users\a\.cargo\registry\src\index-0123\bytes-1.2.3\src\lib.rs", "bytes-1.2.3/src/lib.rs"),
        ("", ""),
    ],
)
def test_a_file_is_shown_without_anything_of_the_machine(workspace: Path, file: str, shown: str) -> None:
    tree = SourceTree(workspace)
    assert tree.display(file.format(workspace=workspace)) == shown


def test_a_shown_name_is_its_own_shown_name(workspace: Path) -> None:
    tree = SourceTree(workspace, packages={workspace.parent / "x": "x-1.0.0"})
    for shown in ("src/lib.rs", "std/core/src/cell.rs", "x-1.0.0/src/lib.rs"):
        assert tree.display(shown) == shown


def test_a_member_outside_of_the_workspace_folder_is_shown_relative_to_it(workspace: Path) -> None:
    member = workspace.parent / "model"
    assert SourceTree(workspace, own=[member]).display(f"{member}/src/lib.rs") == "../model/src/lib.rs"


def test_a_package_is_shown_by_name_and_version_wherever_it_lies(workspace: Path) -> None:
    inside, outside = workspace / "vendor" / "ring", workspace.parent / "ring"
    tree = SourceTree(workspace, packages={inside: "ring-0.1.0", outside: "ring-0.2.0"})
    assert tree.display(f"{inside}/src/lib.rs") == "ring-0.1.0/src/lib.rs"
    assert tree.display(f"{outside}/src/lib.rs") == "ring-0.2.0/src/lib.rs"


def test_a_folder_with_a_longer_name_is_not_the_workspace(workspace: Path) -> None:
    assert SourceTree(workspace).display(f"{workspace}-old/src/lib.rs") == "plant-old/src/lib.rs"


def test_a_linked_workspace_is_recognised_under_both_names(workspace: Path) -> None:
    link = workspace.parent / "link"
    link.symlink_to(workspace)
    tree = SourceTree(link)
    assert tree.display(f"{link}/src/lib.rs") == tree.display(f"{workspace}/src/lib.rs") == "src/lib.rs"


def test_a_remapped_prefix_leads_back_to_the_file(workspace: Path) -> None:
    write_line(workspace, "fn main() {}\n")
    tree = SourceTree(workspace, remaps={str(workspace): "/remapped"})
    assert tree.display("/remapped/src/lib.rs") == "src/lib.rs"
    assert tree.line("/remapped/src/lib.rs", 1) == "fn main() {}"
    assert tree.display("/remapped-not/src/lib.rs") == "remapped-not/src/lib.rs"


def test_lines_are_found_by_the_compilers_name_and_by_the_shown_one(workspace: Path) -> None:
    file = write_line(workspace, "one\r\ntwo\n")
    tree = SourceTree(workspace)
    assert [tree.line(file, 1), tree.line("src/lib.rs", 2)] == ["one", "two"]


def test_lines_of_packages_and_of_std_are_found_by_their_shown_names(workspace: Path) -> None:
    package, library = workspace.parent / "ring", workspace.parent / "library"
    for folder, text in ((package, "ring"), (library / "core", "core")):
        (folder / "src").mkdir(parents=True)
        (folder / "src" / "lib.rs").write_text(text, encoding="utf-8")
    tree = SourceTree(workspace, packages={package: "ring-0.1.0"}, library=library)
    assert tree.line("ring-0.1.0/src/lib.rs", 1) == "ring"
    assert tree.line("std/core/src/lib.rs", 1) == "core"
    assert tree.line(f"/rustc/{HASH}/library/core/src/lib.rs", 1) == "core"


@pytest.mark.parametrize("number", [-1, 0, 3, 1_000_000])
def test_a_line_that_does_not_exist_is_none(workspace: Path, number: int) -> None:
    assert SourceTree(workspace).line(write_line(workspace, "one\n"), number) is None


def test_a_file_that_cannot_be_read_has_no_lines(workspace: Path) -> None:
    os.mkfifo(workspace / "src" / "pipe.rs")
    tree = SourceTree(workspace)
    for file in ("src/missing.rs", "src", "src/pipe.rs", "src/nul\0.rs", ""):
        assert tree.line(file, 1) is None
        assert tree.excerpt(file, 1, 1) is None
        assert tree.method_at(file, 1, 1) == ""


def test_bytes_that_are_no_utf8_are_replaced(workspace: Path) -> None:
    file = write_line(workspace, b"let x = \xff\xfe; y.call();")
    assert SourceTree(workspace).line(file, 1) == "let x = \ufffd\ufffd; y.call();"
    assert SourceTree(workspace).method_at(file, 1, 15) == "call"


def test_columns_count_utf8_bytes(workspace: Path) -> None:
    # rustc 1.95 gives column 43 to the call of `foo` in this very line.
    file = write_line(workspace, '    let s = "日本語é😀"; unsafe { t.foo(s.len() + x) }')
    assert SourceTree(workspace).method_at(file, 1, 43) == "foo"


@pytest.mark.parametrize(
    ("line", "column", "word"),
    [
        ("self.ops.push(x)", 10, "push"),
        ("\t.foo(x)", 3, "foo"),
        ("y.r#type(x)", 3, "type"),
        ("quote.名前.to_vec()", 7, "名前"),
        ("foo(x)", 1, CALLED_VALUE),
        ("(self.filter)(x)", 1, CALLED_VALUE),
        ("self.filters[at](x)", 1, CALLED_VALUE),
        ("Handler::on(h, x)", 1, "on"),
        ("<dyn Handler>::on(h, x)", 1, "on"),
        ("write!(to, x)", 1, ""),
        ("for x in all", 10, ""),
        ("a + b", 3, ""),
        ("42", 1, ""),
        ("short", 6, ""),
        ("short", 0, ""),
        ("short", 900, ""),
    ],
)
def test_the_method_at_a_column_is_an_identifier_or_nothing(workspace: Path, line: str, column: int, word: str) -> None:
    assert SourceTree(workspace).method_at(write_line(workspace, line), 1, column) == word


@pytest.mark.parametrize(
    ("line", "column", "marked"),
    [
        ("let a = b.to_vec();", 11, "to_vec"),
        ("let a = vec![1];", 9, "vec!"),
        ("if a != b {}", 4, "a"),
        ("if ab!=c {}", 4, "ab"),
        ("a + b", 3, "+"),
        ("quote.名前()", 7, "名前"),
        ("a", 0, ""),
        ("a", 7, ""),
    ],
)
def test_an_excerpt_marks_what_stands_at_the_column(workspace: Path, line: str, column: int, marked: str) -> None:
    excerpt = SourceTree(workspace).excerpt(write_line(workspace, line), 1, column)
    assert excerpt is not None
    assert excerpt.text == line
    assert excerpt.text[excerpt.start : excerpt.start + excerpt.length] == marked


def test_an_empty_line_has_no_excerpt(workspace: Path) -> None:
    assert SourceTree(workspace).excerpt(write_line(workspace, "  \n"), 1, 1) is None


def test_a_line_of_generated_code_is_cut_around_the_word(workspace: Path) -> None:
    file = write_line(workspace, "x" * 10_000 + ";call();" + "y" * 10_000)
    excerpt = SourceTree(workspace).excerpt(file, 1, 10_002)
    assert isinstance(excerpt, Excerpt)
    assert len(excerpt.text) < 500
    assert excerpt.text[excerpt.start : excerpt.start + excerpt.length] == "call"
    assert (excerpt.text[0], excerpt.text[-1]) == ("…", "…")

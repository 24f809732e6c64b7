"""The page of HTML: it stands alone, is well formed whatever names hold, and draws the layouts."""

from html.parser import HTMLParser
from xml.etree import ElementTree

import msgspec
from report_samples import AUDITED, BUILD, COVERAGE, finding, numbered, report

from ringfence.pipeline.report import html
from ringfence.pipeline.report.compose import layout_report
from ringfence.pipeline.report.layout_svg import layout_svg
from ringfence.pipeline.report.model import AtomicField, FieldAccess, Layout, LayoutField

_VOID = frozenset({"meta", "hr", "br", "input"})
_EVIL = "a::B<\"q\", 's'>&[b]<script>alert(1)</script>"


class Balanced(HTMLParser):
    """Notes the open tags, and every tag that was closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen.add(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def parsed(text: str) -> Balanced:
    parser = Balanced()
    parser.feed(text)
    return parser


def field(name: str, offset: int, size: int, *accesses: FieldAccess) -> LayoutField:
    lines = (offset // 64, (offset + max(size, 1) - 1) // 64)
    return LayoutField(name=name, type_="u64", offset=offset, size=size, lines=lines, accesses=accesses)


def layout(*fields: LayoutField, name: str = "own::Plant", size: int = 128, straddles: tuple[str, ...] = ()) -> Layout:
    return Layout(
        type_=name,
        size=size,
        align=64,
        padding=size - sum(each.size for each in fields),
        location=None,
        fields=fields,
        straddles=straddles,
    )


def blocks(text: str) -> list[tuple[str, float, float]]:
    """Class, left edge and width of each block."""
    root = ElementTree.fromstring(text)  # noqa: S314  # our own text
    found = [each for each in root if each.tag == "rect"]
    return [(each.attrib["class"], float(each.attrib["x"]), float(each.attrib["width"])) for each in found]


def access(reads: int, *, in_loop: bool = False) -> FieldAccess:
    return FieldAccess(root="own::f", reads=reads, writes=0, atomic=False, in_loop=in_loop)


def test_a_block_is_as_wide_as_its_field_and_padding_is_hatched() -> None:
    (first, padding, second, rest) = blocks(layout_svg(layout(field("a", 0, 8), field("b", 32, 16), size=64)))
    assert (first[0], padding[0], second[0], rest[0]) == ("field heat0", "padding", "field heat0", "padding")
    assert second[2] == 2 * first[2] + 1
    assert padding[1] == first[1] + 8 * 11


def test_a_field_across_two_lines_is_drawn_twice_and_marked() -> None:
    drawn = [kind for kind, _, _ in blocks(layout_svg(layout(field("last", 56, 16), straddles=("last",))))]
    assert drawn.count("field heat0 straddle") == 2


def test_what_the_hot_path_touches_most_is_hottest() -> None:
    drawn = blocks(layout_svg(layout(field("a", 0, 8, access(1)), field("b", 8, 8, access(1, in_loop=True)), size=16)))
    assert [kind for kind, _, _ in drawn] == ["field heat1", "field heat4"]


def test_a_long_run_of_lines_is_folded() -> None:
    text = layout_svg(layout(field("levels", 0, 64 * 1000), size=64 * 1000))
    assert len(blocks(text)) == 2
    assert "… 998 more like this" in text


def test_a_type_without_bytes_has_no_drawing() -> None:
    assert layout_svg(layout(size=0)) == ""


def test_names_with_markup_are_text() -> None:
    drawn = layout_svg(layout(field(_EVIL, 0, 64), name=_EVIL, size=64))
    ElementTree.fromstring(drawn)  # noqa: S314  # our own text
    page = html.write(layout_report(build=BUILD, coverage=COVERAGE, layouts=[layout(field(_EVIL, 0, 8), name=_EVIL)]))
    assert "script" not in parsed(page).seen


def test_the_page_is_balanced_and_needs_nothing_from_elsewhere() -> None:
    page = html.write(report([finding(), numbered(1, finding(message=f"`{_EVIL}` allocates"))], (AUDITED,)))
    found = parsed(page)
    assert (found.open, found.wrong) == ([], [])
    assert not found.seen & {"script", "link", "img", "iframe"}
    assert "http" not in page.replace("http-equiv", "")


def test_the_page_has_the_card_each_finding_and_its_path() -> None:
    page = html.write(report([finding()], (AUDITED,)))
    for heading in ("Performance Audit", "Hot Path Analysis", "Recommendations", "Verdict", "Findings"):
        assert heading in page
    assert page.count("<details>") == 1
    assert finding().fingerprint in page


def test_a_report_of_layouts_alone_has_no_verdict() -> None:
    atomic = AtomicField(field="a", holds=False, shares=("b",), may_share=())
    shown = msgspec.structs.replace(layout(field("a", 0, 8)), atomics=(atomic,))
    page = html.write(layout_report(build=BUILD, coverage=COVERAGE, layouts=[shown]))
    assert "Verdict" not in page
    assert "shares its line with <code>b</code>" in page

"""Words that read-modify-writes of any order take from all other cores: what is told, once, and what is not."""

import pytest
from unit.ir_modules import Source, link

from ringfence.passes.judge import judge, judged
from ringfence.passes.rule import Level

_ADD = "%x = atomicrmw add ptr %p, i64 1 monotonic, align 8"
_LIBRARY = "_ZN3dep4push17h0123456789abcdefE"


def told(body: str, path: str = _LIBRARY, file: str = "/dep/lib.rs", before: str = "") -> list[tuple[str, Level]]:
    """What RF205 says of a root that a function was inlined into."""
    source = Source()
    root = source.subprogram("root", "/own/lib.rs", line=3)
    inner = source.subprogram(path, file, line=9)
    within = source.at(inner, 11, 3, inlined_at=source.at(root, 7, 5))
    lines = "\n".join(f"  {line}, !dbg {within}" for line in body.splitlines())
    linked = link(source.module(f"{before}\ndefine void @root(ptr %p) !dbg {root} {{\n{lines}\n  ret void\n}}"))
    found = judge(linked.root, judged(linked.hot_path), lambda name: name)
    return [(each.message, each.level) for each in found if each.rule.id == "RF205"]


def test_a_relaxed_count_of_a_library_is_a_note_at_the_call() -> None:
    said = "(locked: the other cores lose the cache line) on every call of `root`"
    assert told(_ADD) == [(f"`push` changes a word that other threads may change, too {said}", Level.NOTE)]


def test_several_words_behind_one_call_are_one_note() -> None:
    more = "%y = cmpxchg ptr %p, i64 %x, i64 3 release monotonic, align 8"
    assert len(told(f"{_ADD}\n{more}")) == 1


def test_a_static_is_named() -> None:
    count = "%x = atomicrmw add ptr @_ZN3dep5COUNT17h0123456789abcdefE, i64 1 monotonic, align 8"
    static = "@_ZN3dep5COUNT17h0123456789abcdefE = internal global [8 x i8] zeroinitializer, align 8"
    assert "too: `COUNT`" in told(count, before=static)[0][0]


def test_own_code_is_told_at_its_line() -> None:
    ((message, level),) = told(_ADD, file="/own/lib.rs")
    assert message.startswith("a word that other threads may change, too, is changed by an atomic read-modify-write")
    assert level is Level.NOTE


@pytest.mark.parametrize(
    "body",
    [
        "%x = load atomic i64, ptr %p acquire, align 8",
        "store atomic i64 1, ptr %p release, align 8",
        "fence release",
    ],
)
def test_what_leaves_the_word_to_others_is_silent(body: str) -> None:
    assert told(body) == []


@pytest.mark.parametrize(
    "path",
    [
        "_ZN5alloc4sync12Arc$LT$T$GT$5clone17h0123456789abcdefE",
        "_ZN50_$LT$dep..Shared$u20$as$u20$core..clone..Clone$GT$5clone17h0123456789abcdefE",
        "_ZN53_$LT$dep..Shared$u20$as$u20$core..ops..drop..Drop$GT$4drop17h0123456789abcdefE",
        "_ZN17crossbeam_channel7channel15Sender$LT$T$GT$4send17h0123456789abcdefE",
    ],
    ids=["Arc of std", "a clone", "a drop", "a queue"],
)
def test_counts_of_holders_and_queues_are_told_elsewhere_or_not_at_all(path: str) -> None:
    assert told(_ADD, path) == []

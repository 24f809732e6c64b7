"""One cause as rustc shows an error: the message, the place, the line with its caret, and what to know besides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from rich.cells import cell_len, chop_cells
from rich.text import Text

from ringfence.graphs.cuts import MOST_WAYS
from ringfence.passes.rule import Level
from ringfence.pipeline.report.calls import OUTDENT, path_lines
from ringfence.pipeline.report.model import Cause, Finding, Place
from ringfence.pipeline.report.names import shorten
from ringfence.pipeline.report.sentences import counted, effects_sentence, loops_sentence
from ringfence.pipeline.report.terminal import (
    FRAME,
    HELP,
    LEVEL_STYLES,
    STRONG,
    Page,
    safe,
    styled,
    unbroken,
    wrapped,
)
from ringfence.pipeline.source import Excerpt

_ALLOCATION_RULES = ("RF101", "RF102")
_CANDIDATES_SHOWN = 4
_OTHERS_SHOWN = 5
_LONGEST_NAME = 72
_KIB = 1024
_SMALLEST_INDENT = 4
"""Columns of indentation that are left of a line that is too long."""


def add_cause(page: Page, cause: Cause, told: Mapping[str, Finding], explain: str) -> None:
    """The whole diagnostic; ``told`` gives the findings of the report by their fingerprints, ``explain`` is the command
    that takes one."""
    finding = told[cause.leading.findings[0]]
    gutter = " " * len(str(finding.location.line)) if finding.location else " "
    _add_heading(page, cause.level, cause.leading.rules, cause.message, finding.location)
    if finding.source and finding.location:
        effects = [told[name] for name in cause.leading.findings]
        _add_source(page, cause.level, effects, finding.source, finding.location, gutter)
    for note in _notes(cause, told, explain, page.width - len(gutter)):
        head = styled((f"{gutter} = ", FRAME), (note.label, note.style), ": ")
        rest = styled(" " * (head.cell_len - note.outdent))
        page.add(*((rest if number else head) + line for number, line in enumerate(note.lines)))
    page.blank()


def add_note(page: Page, cause: Cause, told: Mapping[str, Finding]) -> None:
    """The message and the place alone."""
    finding = told[cause.leading.findings[0]]
    _add_heading(page, cause.level, cause.leading.rules, cause.message, finding.location)
    page.blank()


def add_finding_heading(page: Page, finding: Finding) -> None:
    """The message and the place of one finding, whatever else its call does."""
    _add_heading(page, finding.level, (finding.rule,), finding.message, finding.location)


def _add_heading(page: Page, level: Level, rules: Sequence[str], message: str, place: Place | None) -> None:
    """Level, rules and message, and the place below: the part that machines search."""
    head = f"{level.value}[{' '.join(rules)}]"
    text = styled((head, LEVEL_STYLES[level]), (f": {safe(message)}", STRONG))
    page.add_heading(text, len(head) + len(": "))
    if place is None:
        return
    column = f":{place.column}" if place.column else ""
    gutter = " " * len(str(place.line))
    page.add(styled((f"{gutter}--> ", FRAME), f"{safe(place.file)}:{place.line}{column}"))


def _add_source(
    page: Page, level: Level, effects: Sequence[Finding], excerpt: Excerpt, place: Place, gutter: str
) -> None:
    """The line, and below it what the effects say of the call."""
    line = _displayed(excerpt, page.width - len(gutter) - len(" | "))
    bar = styled((f"{gutter} |", FRAME))
    page.add(bar, styled((f"{place.line} |", FRAME), f" {line.text}"))
    if line.width:
        label = next((label for label in map(_label, effects) if label), "")
        caret = f"{'^' * line.width} {label}" if label else "^" * line.width
        page.add(bar + styled(" " * (line.start + 1), (caret, LEVEL_STYLES[level])))
    page.add(bar)


@dataclass(frozen=True, slots=True)
class _Displayed:
    """A source line in terminal columns."""

    text: str
    start: int
    width: int


def _displayed(excerpt: Excerpt, room: int) -> _Displayed:
    """Tabs are widened, wide characters count two; a line that is too long loses its indentation, then its ends."""
    end = excerpt.start + excerpt.length
    before, word, after = (
        safe(part) for part in (excerpt.text[: excerpt.start], excerpt.text[excerpt.start : end], excerpt.text[end:])
    )
    if cell_len(before + word + after) > room:
        indent = len(before) - len(before.lstrip())
        before = before[max(indent - _SMALLEST_INDENT, 0) :]
    if cell_len(before + word + after) > room >= cell_len(word):
        before, after = _trimmed(before, after, room - cell_len(word))
    return _Displayed(before + word + after, cell_len(before), cell_len(word))


def _trimmed(before: str, after: str, room: int) -> tuple[str, str]:
    """What is nearest to the word, half of the room on either side; what one side does not need is the other's."""
    left = max(room // 2, room - cell_len(after))
    if cell_len(before) > left:
        before = "…" + _last_cells(before, left - 1)
    right = room - cell_len(before)
    if cell_len(after) > right:
        after = _first_cells(after, right - 1) + "…"
    return before, after


def _first_cells(text: str, width: int) -> str:
    return chop_cells(text, width)[0] if text and width > 0 else ""


def _last_cells(text: str, width: int) -> str:
    return _first_cells(text[::-1], width)[::-1]


def _label(finding: Finding) -> str:
    """What stands behind the caret: the size of an allocation, or how many functions a call may reach."""
    size = finding.detail.get("bytes")
    if isinstance(size, int):
        return _bytes(size)
    if finding.rule in _ALLOCATION_RULES:
        return "size known at run time"
    candidates = _candidates(finding)
    if candidates:
        return f"{len(candidates)} {'candidate' if len(candidates) == 1 else 'candidates'}"
    return ""


def _bytes(size: int) -> str:
    if size < _KIB:
        return f"{size} {'byte' if size == 1 else 'bytes'}"
    return f"{size / _KIB:g} KiB" if size % _KIB == 0 else f"{size / _KIB:.1f} KiB"


@dataclass(frozen=True, slots=True)
class _Note:
    """One ``= label: text`` below the source; all lines but the first stand ``outdent`` columns further left."""

    label: str
    lines: list[Text]
    style: str = STRONG
    outdent: int = 0


def _notes(cause: Cause, told: Mapping[str, Finding], explain: str, width: int) -> Iterator[_Note]:
    finding = told[cause.leading.findings[0]]

    def prose(label: str, text: str, style: str = STRONG) -> _Note:
        return _Note(label, wrapped(styled(text), width - len(f" = {label}: ")), style)

    if finding.path:
        yield _Note("path", path_lines(finding.path, width - len(" = path: ")), outdent=OUTDENT)
        yield prose("class", _class_sentence(cause, told))
    for effects in cause.others:
        yield prose("also", safe(effects_sentence(effects)))
    dispatched = next((told[name] for name in cause.findings if _candidates(told[name])), None)
    if dispatched:
        able = msgspec.convert(dispatched.detail.get("able"), dict[str, tuple[str, ...]] | None)
        is_open = dispatched.detail.get("closed") is False
        yield prose("candidates", _candidate_sentence(_candidates(dispatched), able, is_open=is_open))
    assumed = finding.detail.get("assumed")
    if assumed:
        yield prose("assumed", safe(str(assumed)))
    if finding.suppressed is not None:
        yield prose("allowed", safe(finding.suppressed) or "without a reason")
    if finding.help:
        yield prose("help", safe(finding.help), HELP)
    yield prose("explain", f"{explain} {finding.fingerprint}")
    others = _other_fingerprints(cause, told)
    if others:
        yield prose("others", others)


def _other_fingerprints(cause: Cause, told: Mapping[str, Finding]) -> str:
    """The fingerprints of the other effects, by which they are explained and allowed."""
    others = [unbroken(f"{name} ({told[name].rule})") for name in cause.findings[1 : 1 + _OTHERS_SHOWN]]
    left = len(cause.findings) - 1 - len(others)
    more = f" and {left:,} more" if left > 0 else ""
    return f"{', '.join(others)}{more}"


def _class_sentence(cause: Cause, told: Mapping[str, Finding]) -> str:
    finding = told[cause.leading.findings[0]]
    parts = [f"{finding.class_}, {finding.frequency.value}, {loops_sentence(finding)}"]
    parts.append(path_count(finding.paths))
    removed = msgspec.convert(finding.detail.get("removes", ()), tuple[str, ...])
    elsewhere = [told[name].rule for name in removed if name not in cause.findings]
    if elsewhere:
        more = counted(len(elsewhere), "finding")
        parts.append(f"removing this call removes {more} elsewhere, too ({', '.join(sorted(set(elsewhere)))})")
    return "; ".join(parts)


def path_count(number: int) -> str:
    """``1 path``, ``1,204 paths``; counting ends at a number that says enough."""
    if number >= MOST_WAYS:
        return f"{MOST_WAYS:,} paths or more"
    return f"{number:,} {'path' if number == 1 else 'paths'}"


def _candidates(finding: Finding) -> list[str]:
    """Names of the functions that an indirect call may reach, without the evidence in brackets behind each."""
    listed = msgspec.convert(finding.detail.get("candidates", ()), tuple[str, ...])
    return [name.rsplit(" [", 1)[0] for name in listed]


def _candidate_sentence(names: Sequence[str], able: Mapping[str, Sequence[str]] | None, *, is_open: bool) -> str:
    shown = ", ".join(unbroken(shorten(name, _LONGEST_NAME)) for name in names[:_CANDIDATES_SHOWN])
    more = f" and {len(names) - _CANDIDATES_SHOWN} more" if len(names) > _CANDIDATES_SHOWN else ""
    others = "; code outside of this build may add others" if is_open else ""
    return f"{shown}{more}{_able(able, len(names))}{others}"


def _able(able: Mapping[str, Sequence[str]] | None, count: int) -> str:
    """``; 3 can allocate, 1 can lock``, or that none of the candidates does anything of the kind."""
    if able is None:
        return ""
    if not able:
        return "; none allocates, frees, locks or blocks: safe for every implementation in this build"
    return "; " + ", ".join(
        f"{'all' if len(names) >= count else len(names)} can {deed}" for deed, names in able.items()
    )

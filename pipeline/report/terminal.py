"""Lines for people: wrapped at spaces with a hanging indent, safe to print, in rustc's colours.

Nothing is ever broken inside a word, and so never inside a path or a name: what is longer than the terminal runs over
its edge and stays one word for a machine that searches. Names that contain spaces are kept whole by `unbroken`.
"""

import re
from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ringfence.passes.rule import Level

FRAME = "bold blue"
"""Arrows, bars and line numbers."""
STRONG = "bold"
QUIET = "dim"
HELP = "bold cyan"

LEVEL_STYLES = {Level.ERROR: "bold red", Level.WARNING: "bold yellow", Level.NOTE: "bold green", Level.HIDDEN: QUIET}
CLASS_STYLES = {"hot": "red", "amortized": "yellow", "first-use": "yellow", "cold": "green", "panic": QUIET}

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters and those that change the direction of writing: a source line must not steer the terminal."""
_TAB = "    "
"""As rustc shows it."""
UNBREAKABLE = "\u00a0"
"""A space that is no place to break at; printed as a plain one."""
_WORD = re.compile(r"[^ ]+")
_NARROWEST = 24
"""Columns that text gets behind its indent, however narrow the terminal is."""
_PLAIN_FORMS = str.maketrans("…·✓✗─│░▒█«»", "~.+x-|/:#<>")


def safe(text: str) -> str:
    """The text with nothing in it that a terminal obeys."""
    return _CONTROL.sub("\ufffd", text.replace("\t", _TAB).replace("\n", " "))


def unbroken(text: str) -> str:
    """The text as one word for `wrapped`."""
    return safe(text).replace(" ", UNBREAKABLE)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Text from pieces, each plain or with its style. Never parsed as markup: ``<[u8] as Debug>`` is a name."""
    text = Text()
    for part in parts:
        content, style = (part, "") if isinstance(part, str) else part
        text.append(content, style=style or None)
    return text


def wrapped(text: Text, width: int, indent: int = 0) -> list[Text]:
    """Lines of at most ``width`` columns, all but the first indented, broken at spaces only."""
    lines: list[Text] = []
    start = end = used = 0
    room = width
    for word in _WORD.finditer(text.plain):
        gap = word.start() - end if end > start else 0
        length = cell_len(word[0])
        if end > start and used + gap + length > room:
            lines.append(text[start:end])
            start, used, gap = word.start(), 0, 0
            room = max(width - indent, _NARROWEST)
        elif end == 0:
            used = word.start()
        used += gap + length
        end = word.end()
    lines.append(text[start:end])
    return [line if not number else Text(" " * indent) + line for number, line in enumerate(lines)]


class Page:
    """Collects lines and prints them in one go."""

    def __init__(self, console: Console) -> None:
        self.width = console.width
        self.is_coloured = console.color_system is not None
        self._console = console
        self._lines: list[Text] = []

    def add(self, *lines: Text) -> None:
        """Lines that are never wrapped."""
        self._lines.extend(lines)

    def add_wrapped(self, text: Text, indent: int = 0) -> None:
        """A paragraph."""
        self._lines.extend(wrapped(text, self.width, indent))

    def add_heading(self, text: Text, indent: int = 0) -> None:
        """A line that machines search for: wrapped on a terminal only."""
        if self._console.is_terminal:
            self.add_wrapped(text, indent)
        else:
            self.add(text)

    def blank(self) -> None:
        """An empty line; never two, and none at the top."""
        if self._lines and self._lines[-1].plain:
            self._lines.append(Text())

    def print(self) -> None:
        """Write all lines; characters that the output's encoding lacks are replaced."""
        lines = (_without_padding(line) for line in self._lines)
        text = Text("\n").join(_in_encoding(lines, self._console.encoding))
        self._console.print(text, soft_wrap=True)
        self._lines = []


def _without_padding(line: Text) -> Text:
    # The same length, so the styles stay where they are.
    line.plain = line.plain.replace(UNBREAKABLE, " ")
    line.rstrip()
    return line


def _in_encoding(lines: Iterable[Text], encoding: str) -> Iterable[Text]:
    if encoding.lower().startswith("utf"):
        return lines
    return (_as_plain(line, encoding) for line in lines)


def _as_plain(line: Text, encoding: str) -> Text:
    line.plain = line.plain.translate(_PLAIN_FORMS).encode(encoding, errors="replace").decode(encoding)
    return line

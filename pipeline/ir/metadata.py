"""Debug locations, scopes, files and branch weights, looked up by number in the printed metadata.

Numbered metadata stands at the end of the text in the order of its numbers, one node a line, so a split of that tail
is an index. Only nodes that an event refers to are ever parsed (LangRef, *Specialized Metadata Nodes*).
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from ringfence.graphs.facts import Subprogram

_LOCATION = re.compile(
    rb"!\d+ = (?:distinct )?!DILocation\(line: (\d+)(?:, column: (\d+))?, scope: !(\d+)(?:, inlinedAt: !(\d+))?"
)
_BLOCK = re.compile(rb"!\d+ = (?:distinct )?!DILexicalBlock(?:File)?\(scope: !(\d+)(?:, file: !(\d+))?")
_FIELD_SCOPE = re.compile(rb"\bscope: !(\d+)")
_FIELD_INLINED_AT = re.compile(rb"\binlinedAt: !(\d+)")
_FIELD_FILE = re.compile(rb"\bfile: !(\d+)")
_FIELD_LINE = re.compile(rb"\bline: (\d+)")
_FIELD_NAME = re.compile(rb'\bname: "([^"]*)"')
_FIELD_LINKAGE_NAME = re.compile(rb'\blinkageName: "([^"]*)"')
_FILE = re.compile(rb'DIFile\(filename: "([^"]*)"(?:, directory: "([^"]*)")?')
_WEIGHT = re.compile(rb"i\d+ (-?\d+)")
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})")
_UNLIKELY_IF_MEASURED = 1000
_UNLIKELY = 200
"""An edge is unlikely with at most this fraction (1/N) of its branch's weight. A hint of rustc's weighs 1 : 2000, and
where LLVM joins the branches of an ``||`` it adds their weights; 1 : 127 is what LLVM gives a loop that it makes. Of a
profile the weights were counted."""
_FIRST_NODES = 200
"""Module flags are numbered first."""
_MEASURED = b'!"ProfileSummary"'


def unescape(text: bytes) -> str:
    """Decode LLVM's hexadecimal escapes in a printed string."""
    return unescape_bytes(text).decode(errors="replace")


def unescape_bytes(text: bytes) -> bytes:
    """As `unescape`, of what is no text."""
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), text) if b"\\" in text else text


class Metadata:
    """Tables that grow as events ask for them; one instance a module, dropped with its text."""

    def __init__(self, nodes: Sequence[bytes]) -> None:
        self._nodes = nodes
        self.files: list[str] = []
        self.subprograms: list[Subprogram] = []
        self.frames: array[int] = array("i")
        self._file_of: dict[int, int] = {}
        self._subprogram_of: dict[int, int] = {}
        self._subprograms_in: defaultdict[str, list[int]] = defaultdict(list)
        """By file."""
        self._frame_of: dict[int, int] = {}
        self._scope_of: dict[int, tuple[int, int]] = {}
        is_measured = any(_MEASURED in node for node in nodes[:_FIRST_NODES])
        self._least = _UNLIKELY_IF_MEASURED if is_measured else _UNLIKELY
        self._unlikely_of: dict[int, tuple[int, ...]] = {}
        self._inlined_through: dict[int, tuple[int, ...]] = {}
        self._path_of: dict[int, str] = {}

    def node(self, number: int) -> bytes:
        """Text of a node; empty for a number that was not printed."""
        return self._nodes[number] if number < len(self._nodes) else b""

    def location(self, number: int) -> int:
        """Row in ``frames`` of a ``DILocation`` and of the chain that it was inlined at; -1 where it is none."""
        known = self._frame_of.get(number)
        if known is not None:
            return known
        chain: list[tuple[int, re.Match[bytes]]] = []
        outer: int | None = number
        row = -1
        while outer is not None:
            if outer in self._frame_of:
                row = self._frame_of[outer]
                break
            match = _LOCATION.match(self.node(outer))
            if match is None:
                break
            chain.append((outer, match))
            outer = int(match[4]) if match[4] else None
        for inner, match in reversed(chain):
            subprogram, file = self._scope(int(match[3]))
            self.frames.extend((subprogram, file, int(match[1]), int(match[2] or 0), row))
            row = len(self.frames) // 5 - 1
            self._frame_of[inner] = row
        return row

    def is_on_a_line(self, number: int) -> bool:
        """Whether a ``DILocation`` stands on a line of the source."""
        return b"(line: 0," not in self.node(number)

    def inlined_through(self, number: int) -> tuple[int, ...]:
        """The locations, as numbers of nodes, that a ``DILocation`` was inlined at, outermost first."""
        known = self._inlined_through.get(number)
        if known is None:
            outer = _FIELD_INLINED_AT.search(self.node(number))
            known = (*self.inlined_through(int(outer[1])), int(outer[1])) if outer else ()
            self._inlined_through[number] = known
        return known

    def has_line(self, location: int) -> bool:
        """Whether a row of ``frames`` stands on a line of the source; what LLVM joined may have none."""
        return location >= 0 and self.frames[location * 5 + 2] > 0

    def has_column(self, location: int) -> bool:
        """Whether a row of ``frames`` stands on a line and a column."""
        return self.has_line(location) and self.frames[location * 5 + 3] > 0

    def frame_at(self, location: int, file: str, line: int, column: int) -> int:
        """A row of ``frames`` for a place in the source that code at a row without a line has: in the same function, or
        in a copy of the one of that file that begins nearest above the line."""
        here, _, _, _, outer = self.frames[location * 5 : location * 5 + 5]
        row = self._file_named(file)
        functions = self._subprograms_in.get(self.files[row], ())
        begins = {number: begin for number in functions if (begin := self.subprograms[number].line) <= line}
        nearest = max(begins, key=lambda number: (begins[number], number == here), default=here)
        is_here = nearest == here and begins
        self.frames.extend((nearest, row, line, column, outer if is_here else location))
        return len(self.frames) // 5 - 1

    def _file_named(self, path: str) -> int:
        """Row in ``files`` of a file that a constant names: as the compiler was given it."""
        # rustc ends the names in `core::panic::Location` with a NUL, for C (`Location::file_as_c_str`).
        path = path.partition("\0")[0]
        absolute = path.startswith(("/", "\\")) or path[1:2] == ":"
        full = path if absolute or not self._directory else f"{self._directory}/{path}"
        if full not in self.files:
            self.files.append(full)
        return self.files.index(full)

    @cached_property
    def _directory(self) -> str:
        """Where the compiler was run."""
        file = _FIELD_FILE.search(self._compile_unit)
        match = _FILE.search(self.node(int(file[1]))) if file else None
        return unescape(match[2] or b"") if match else ""

    @cached_property
    def is_optimized(self) -> bool:
        """Whether the compiler says that it optimised; where it says nothing, it did."""
        return b"isOptimized: false" not in self._compile_unit

    @cached_property
    def _compile_unit(self) -> bytes:
        return next((node for node in self._nodes if b"!DICompileUnit(" in node), b"")

    def function_at(self, location: int) -> str:
        """Linkage name of the function that a row of ``frames`` stands in."""
        subprogram = self.frames[location * 5] if location >= 0 else -1
        return self.subprograms[subprogram].name if subprogram >= 0 else ""

    def subprogram(self, number: int) -> int:
        """Row in ``subprograms`` of a ``DISubprogram``; -1 where it is none."""
        known = self._subprogram_of.get(number)
        if known is not None:
            return known
        text = self.node(number)
        if b"DISubprogram(" not in text:
            return -1
        name = _FIELD_LINKAGE_NAME.search(text) or _FIELD_NAME.search(text)
        scope, file, line = _FIELD_SCOPE.search(text), _FIELD_FILE.search(text), _FIELD_LINE.search(text)
        record = Subprogram(
            name=unescape(name[1]) if name else "",
            file=self.file(int(file[1])) if file else -1,
            line=int(line[1]) if line else 0,
            receiver=self._receiver(int(scope[1])) if scope else "",
        )
        row = len(self.subprograms)
        self.subprograms.append(record)
        if record.file >= 0:
            self._subprograms_in[self.files[record.file]].append(row)
        self._subprogram_of[number] = row
        return row

    def file(self, number: int) -> int:
        """Row in ``files`` of a ``DIFile``."""
        known = self._file_of.get(number)
        if known is not None:
            return known
        match = _FILE.search(self.node(number))
        path = unescape(match[1]) if match else ""
        directory = unescape(match[2] or b"") if match else ""
        absolute = path.startswith(("/", "\\")) or path[1:2] == ":"
        self.files.append(path if absolute or not directory else f"{directory}/{path}")
        row = self._file_of[number] = len(self.files) - 1
        return row

    def weights(self, number: int) -> list[int]:
        """Branch weights in the order of the successors; empty where the node holds none."""
        text = self.node(number)
        return [int(weight) & 0xFFFFFFFF for weight in _WEIGHT.findall(text)] if b'"branch_weights"' in text else []

    def unlikely(self, number: int) -> tuple[int, ...]:
        """Positions of the successors that branch weights call unlikely (LLVM, *Branch Weight Metadata*)."""
        known = self._unlikely_of.get(number)
        if known is not None:
            return known
        weights = self.weights(number)
        total = sum(weights)
        positions = tuple(
            position for position, weight in enumerate(weights) if total > 0 and weight * self._least <= total
        )
        self._unlikely_of[number] = positions
        return positions

    def _scope(self, number: int) -> tuple[int, int]:
        """Subprogram and file of a local scope: lexical blocks are climbed, a block may name a file of its own."""
        known = self._scope_of.get(number)
        if known is not None:
            return known
        block = _BLOCK.match(self.node(number))
        if block is None:
            subprogram = self.subprogram(number)
            answer = (subprogram, self.subprograms[subprogram].file if subprogram >= 0 else -1)
        else:
            subprogram, parent_file = self._scope(int(block[1]))
            answer = (subprogram, self.file(int(block[2])) if block[2] else parent_file)
        self._scope_of[number] = answer
        return answer

    def _receiver(self, number: int) -> str:
        return self._path(number) if b"DICompositeType(" in self.node(number) else ""

    def _path(self, number: int) -> str:
        known = self._path_of.get(number)
        if known is not None:
            return known
        text = self.node(number)
        name, scope = _FIELD_NAME.search(text), _FIELD_SCOPE.search(text)
        own = unescape(name[1]) if name else ""
        path = f"{self._path(int(scope[1]))}::{own}" if scope else own
        self._path_of[number] = path
        return path

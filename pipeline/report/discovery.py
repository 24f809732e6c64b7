"""What ``entries --discover`` prints: for people, as ``[[roots]]`` to paste, as JSON."""

from collections.abc import Iterator, Sequence

import msgspec

from ringfence.pipeline.entry_points import Discovered

_LONGEST_SHOWN = 3
"""Functions of one proposal."""


class Entry(msgspec.Struct, frozen=True):
    """One proposal in JSON."""

    path: str
    file: str
    line: int
    reason: str
    sign: str
    budget_ns: int | None
    functions: tuple[str, ...]
    """The functions of this build that the path finds; none where it has no code."""


def entries_of(found: Sequence[Discovered], root: str) -> list[Entry]:
    """``root`` is the workspace's folder, from which files are named."""
    return [
        Entry(
            path=each.proposal.path,
            file=each.proposal.file.as_posix().removeprefix(f"{root}/"),
            line=each.proposal.line,
            reason=each.proposal.reason,
            sign=each.proposal.sign.name.lower(),
            budget_ns=each.proposal.budget_ns,
            functions=tuple(sorted({found.function.name for found in each.found})),
        )
        for each in found
    ]


def as_json(entries: Sequence[Entry]) -> str:
    """A list of objects, indented."""
    return msgspec.json.format(msgspec.json.encode(entries), indent=2).decode()


def as_text(entries: Sequence[Entry]) -> Iterator[str]:
    """A block for each that has code, and a last line for those that have none."""
    for entry in entries:
        if not entry.functions:
            continue
        budget = f", budget {entry.budget_ns:,} ns" if entry.budget_ns else ""
        yield entry.path
        yield f"    {entry.reason}{budget}  {entry.file}:{entry.line}"
        others = [name for name in entry.functions if name != entry.path]
        yield from (f"    {name}" for name in others[:_LONGEST_SHOWN])
        if len(others) > _LONGEST_SHOWN:
            yield f"    and {len(others) - _LONGEST_SHOWN} more instances"
    gone = [entry.path for entry in entries if not entry.functions]
    if gone:
        yield ""
        yield "without code in this build (generic and not instantiated, or removed):"
        yield from (f"    {path}" for path in gone)
    if not entries:
        yield (
            "nothing in the workspace's own source looks like an entry point: name one with `--root PATTERN`, or by a "
            "comment `// ringfence: root` above a function"
        )


def as_toml(entries: Sequence[Entry]) -> Iterator[str]:
    """``[[roots]]`` of those that have code, for `ringfence.toml`."""
    for entry in entries:
        if not entry.functions:
            continue
        yield "[[roots]]"
        yield f"path = {_quoted(entry.path)}"
        if entry.budget_ns:
            yield f"budget_ns = {entry.budget_ns}"
        yield f"reason = {_quoted(entry.reason)}"
        yield ""


def _quoted(text: str) -> str:
    """A basic string (TOML 1.0, *String*); JSON's escapes are among its own."""
    return msgspec.json.encode(text).decode()

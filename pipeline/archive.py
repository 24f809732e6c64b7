"""Members of a static library or ``.rlib``: the common archive format with both ways of writing long names.

GNU and System V: a name that does not fit stands in the member ``//``, its header holds ``/`` and an offset.
BSD and Darwin: the header holds ``#1/`` and a length, the name is the first bytes of the member (ar(5)).
"""

from collections.abc import Iterator

from ringfence.pipeline.module_source import Span

ARCHIVE_MAGIC = b"!<arch>\n"
THIN_MAGIC = b"!<thin>\n"

_HEADER_BYTES = 60
_HEADER_END = b"`\n"
_LONG_NAMES = "//"
_BSD_LONG = "#1/"
_INDEXES = ("/", "/SYM64/", "__.SYMDEF", "__.SYMDEF SORTED", "__.SYMDEF_64", "__.SYMDEF_64 SORTED")


def members(archive: Span) -> Iterator[tuple[str, Span]]:
    """Name and content of each member in order, without the archive's own tables.

    Raises `UnreadableModuleError` where the archive is cut short or damaged.
    """
    offset = len(ARCHIVE_MAGIC)
    long_names = b""
    while offset < archive.size:
        header = archive.read(offset, min(_HEADER_BYTES, archive.size - offset))
        size_field = header[48:58].strip()
        if header[58:] != _HEADER_END or not size_field.isdigit():
            raise archive.unreadable(f"it is no intact archive, at {offset} there is no member")
        size = int(size_field)
        name = header[:16].decode(errors="replace").rstrip()
        content = archive.part(offset + _HEADER_BYTES, size)
        offset += _HEADER_BYTES + size + size % 2
        if name == _LONG_NAMES:
            long_names = content.read(0, size)
            continue
        name, content = _resolve(name, content, long_names)
        if name not in _INDEXES:
            yield name, Span(content.descriptor, content.offset, content.size, f"{archive.label}({name})")


def _resolve(name: str, content: Span, long_names: bytes) -> tuple[str, Span]:
    """A member's real name, and its content without it."""
    if name in _INDEXES:
        return name, content
    number = name.removeprefix(_BSD_LONG)
    if number != name and number.isdecimal():
        length = min(int(number), content.size)
        text = content.read(0, length).rstrip(b"\0").decode(errors="replace")
        return text, content.part(length, content.size - length)
    if name[1:].isdecimal() and name.startswith("/"):
        start = int(name[1:])
        if start >= len(long_names):
            raise content.unreadable(f"it is no intact archive, the name {name} is not among its long names")
        return long_names[start:].partition(b"\n")[0].decode(errors="replace").removesuffix("/"), content
    return name.removesuffix("/"), content

"""Small pieces of LLVM's textual syntax that several readers need: names, argument lists, signatures (LangRef)."""

import re

SYMBOL = rb'(?:[-\w.$]+|"[^"\n]*")'
"""An identifier behind ``@`` or ``%``, quoted where it holds other characters (LangRef, *Identifiers*)."""

RETURNED = re.compile(rb"\b(?:sret\([^()]*\)|dead_on_unwind) [^%]*(%" + SYMBOL + rb")")
"""The parameter through which a value is returned, in a ``define`` line (LangRef, ``sret``). Of functions that only
their own module calls LLVM drops that word and keeps ``dead_on_unwind``, which rustc gives to nothing else."""

_TYPE_AT_START = re.compile(rb'<?\{|\[|<|%(?:[-\w.$]+|"[^"\n]*")|[a-z]\w*')
_RETURNED = re.compile(rb"\bsret\([^()]*\)")
_BRACKET = re.compile(rb'[(){}\[\]<>,"]')
_OPENING = b"({[<"
_CLOSING = b")}]>"
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})")


def symbol_name(symbol: bytes) -> str:
    """The linker's name of a printed identifier: without quotes, escapes, and the mark of a verbatim name (byte 1)."""
    if symbol.startswith(b'"'):
        symbol = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), symbol[1:-1]).removeprefix(b"\x01")
    return symbol.decode(errors="replace")


def split_list(text: bytes, start: int, end: int) -> tuple[list[bytes], int]:
    """Split what follows an opening bracket at its own commas; returns the parts and the offset of the closing one."""
    parts: list[bytes] = []
    depth = 0
    part = position = start
    while (match := _BRACKET.search(text, position, end)) is not None:
        mark = match[0]
        position = match.end()
        if mark == b'"':
            position = text.find(b'"', position, end) + 1 or end
        elif mark in _OPENING:
            depth += 1
        elif mark == b"," and depth == 0:
            parts.append(text[part : match.start()].strip())
            part = position
        elif mark in _CLOSING:
            depth -= 1
        if depth < 0:
            break
    closing = position - 1 if depth < 0 else end
    last = text[part:closing].strip()
    if last:
        parts.append(last)
    return parts, closing


def leading_type(text: bytes) -> bytes:
    """The type with which a printed parameter or operand begins."""
    match = _TYPE_AT_START.match(text)
    if match is None:
        return b"?"
    if match[0][-1:] not in _OPENING:
        return match[0]
    _, closing = split_list(text, match.end(), len(text))
    return text[: closing + len(match[0])]


def trailing_type(text: bytes) -> bytes:
    """The type with which the text in front of a function's name ends: its return type."""
    text = text.rstrip()
    if text[-1:] not in _CLOSING:
        return text[text.rfind(b" ") + 1 :]
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        mark = text[position : position + 1]
        depth += (mark in _CLOSING) - (mark in _OPENING)
        if depth == 0:
            return text[position:]
    return b"?"


def signature(prefix: bytes, arguments: list[bytes]) -> str:
    """``return (parameters)`` from the text in front of the callee and the argument texts. Attributes are dropped but
    for ``sret``: the size of what is returned tells methods apart that differ in nothing else."""
    types = b", ".join(_parameter_type(argument) for argument in arguments)
    return f"{trailing_type(prefix).decode()} ({types.decode()})"


def _parameter_type(argument: bytes) -> bytes:
    returned = _RETURNED.search(argument)
    return b"ptr " + returned[0] if returned else leading_type(argument)


def signature_of(line: bytes, symbol: bytes) -> str:
    """Signature of a ``define`` or ``declare`` line."""
    name = line.find(b"@" + symbol + b"(")
    opening = name + len(symbol) + 2
    arguments, _ = split_list(line, opening, len(line))
    return signature(line[:name], arguments)

"""Function pointers that ``dlsym`` brought: functions of a shared library, known by the name that was asked for.

std asks so for what older systems lack, and keeps the answer in a static: the pointer is then chosen between a load of
that and a call of ``dlsym``. A pointer is such a function where every value that it may be is the answer for a constant
name, or comes from a variable to which nothing but such answers is stored.
"""

import re
from collections.abc import Callable, Iterator

from ringfence.pipeline.ir.syntax import SYMBOL

_CHOICE = re.compile(rb"(?:select|phi) ")
_ASKED = re.compile(rb"(?:tail )?call [^\n]*@dlsym\(ptr [^\n,]*, ptr [^\n%@]*@(" + SYMBOL + rb")\)")
_KEPT = re.compile(rb"load (?:atomic )?ptr, ptr @(" + SYMBOL + rb")")

Definition = Callable[[bytes], bytes]
"""The right-hand side of the instruction that defines a value of the function."""


def runtime_symbols(text: bytes, definition: bytes, definition_of: Definition) -> tuple[str, ...]:
    """The names that a called pointer was asked for by, sorted; nothing where it may be something else. ``definition``
    defines it, ``text`` is the module."""
    sources = [definition]
    if _CHOICE.match(definition):
        sources = [definition_of(value) for value in _values(definition)]
    names: set[bytes] = set()
    for source in sources:
        asked, kept = _ASKED.match(source), _KEPT.match(source)
        found = {asked[1]} if asked else set(_stored(text, kept[1])) if kept else set[bytes]()
        if not found or b"" in found:
            return ()
        names |= found
    spelled = {_spelled(text, name) for name in names}
    return tuple(sorted(spelled)) if "" not in spelled else ()


def _values(choice: bytes) -> Iterator[bytes]:
    """The operands of a ``phi`` or ``select`` of pointers."""
    yield from dict.fromkeys(re.findall(rb"(?:\[ |ptr )(%" + SYMBOL + rb")", choice))


def _stored(text: bytes, variable: bytes) -> Iterator[bytes]:
    """The constants by whose names the values were asked for that are stored to a variable; an empty one for any other
    value."""
    stores = re.compile(rb"\n  store (?:atomic )?ptr ([@%]?" + SYMBOL + rb"), ptr @" + re.escape(variable) + rb"[, ]")
    for store in stores.finditer(text):
        mark = b"\n  " + store[1] + b" = "
        start = text.rfind(mark, 0, store.start())
        asked = _ASKED.match(text, start + len(mark)) if start >= 0 else None
        yield asked[1] if asked else b""


def _spelled(text: bytes, constant: bytes) -> str:
    """The text that a constant holds, without the zero byte at its end."""
    held = re.search(rb"\n@" + re.escape(constant) + rb" = [^\n]*? c\"([\w.@]+)\\00\"", text)
    return held[1].decode() if held else ""

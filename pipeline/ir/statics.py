"""Writable global variables, from the head of a printed module (LangRef, *Global Variables*).

LLVM writes them to the object in the order of the module, each to a section of its own (rustc sets
``-fdata-sections``): ``.bss.NAME`` where its initialiser is all zeros or undefined, else ``.data.NAME``. A linker joins
those of one object in that order (GNU ld's default script: ``*(.bss .bss.*)``), each aligned, and leaves out the ones
that nothing needs.

Not here: constants, which nobody writes; variables of a thread's own; declarations.
"""

import re
from collections.abc import Callable, Iterator

from ringfence.graphs.access_facts import Static
from ringfence.pipeline.ir.sizes import size_of
from ringfence.pipeline.ir.syntax import SYMBOL, leading_type, split_list, symbol_name

_DEFINITION = re.compile(
    rb"^@(" + SYMBOL + rb") = ((?:(?!external |extern_weak |thread_local)[a-z_]+(?:\([^()\n]*\))? )*?)global ([^\n]*)",
    re.MULTILINE,
)
_NOT_ZERO = re.compile(rb'c"|@|\bi\d+ -?[1-9]|\b(?:true|float|double)\b')
"""In an initialiser: zeros are printed as ``zeroinitializer``, ``null``, ``undef`` or ``i64 0``."""
_SECTION = re.compile(rb', section "([^"]*)"')
_ALIGN = re.compile(rb", align (\d+)")
_DEBUG = re.compile(rb", !dbg !(\d+)")
_VARIABLE = re.compile(rb"DIGlobalVariableExpression\(var: !(\d+)")
_TYPE = re.compile(rb"\btype: !(\d+)")


def read_statics(text: bytes, node: Callable[[int], bytes], name_of_type: Callable[[int], str]) -> Iterator[Static]:
    """In the order of the module."""
    for match in _DEFINITION.finditer(text):
        rest = match[3]
        kind = leading_type(rest)
        align, section = _ALIGN.search(rest), _SECTION.search(rest)
        is_zero = _NOT_ZERO.search(split_list(rest, 0, len(rest))[0][0]) is None
        yield Static(
            symbol=symbol_name(match[1]),
            section=section[1].decode(errors="replace") if section else ".bss" if is_zero else ".data",
            size=size_of(kind),
            align=int(align[1]) if align else 1,
            type_name=_type_name(rest, node, name_of_type),
        )


def _type_name(rest: bytes, node: Callable[[int], bytes], name_of_type: Callable[[int], str]) -> str:
    debug = _DEBUG.search(rest)
    variable = _VARIABLE.search(node(int(debug[1]))) if debug else None
    found = _TYPE.search(node(int(variable[1]))) if variable else None
    return name_of_type(int(found[1])) if found else ""

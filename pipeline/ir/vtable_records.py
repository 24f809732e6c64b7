"""Vtables that only debug records tell: LLVM drops the mark of a load that it moves between blocks or joins.

A pointer to a trait object is two words, of which the second is the vtable. A value is a vtable where a debug record
(LangRef, *Debug Records*) says that it is the second word of a variable whose type names a ``dyn``; or where it is
chosen among values of which one is. A table of functions that somebody keeps beside a pointer is none: its variable has
another type.

Not handled: modules without records of variables.
"""

import re
from collections.abc import Callable

from ringfence.pipeline.ir.syntax import SYMBOL

_TYPE = re.compile(rb"\btype: !(\d+)")
_NAME = re.compile(rb'\bname: "([^"]*)"')
_VALUES = re.compile(rb"(?:\[ |^phi ptr \[ |, ptr )(%" + SYMBOL + rb")")
_CHOICE = re.compile(rb"phi ptr |select i1 ")


def is_vtable(
    value: bytes, text: bytes, span: tuple[int, int], definition: Callable[[bytes], bytes], node: Callable[[int], bytes]
) -> bool:
    """Whether a value of the body between two offsets is a vtable. ``definition`` gives the right-hand side of the
    instruction that defines a value, ``node`` the text of a metadata node."""
    chosen = definition(value)
    values = [value, *(_VALUES.findall(chosen) if _CHOICE.match(chosen) else ())]
    return any(_is_second_word(each, text, span, node) for each in values)


def _is_second_word(value: bytes, text: bytes, span: tuple[int, int], node: Callable[[int], bytes]) -> bool:
    record = re.compile(
        rb"#dbg_value\(ptr " + re.escape(value) + rb", !(\d+), !DIExpression\(DW_OP_LLVM_fragment, 64, 64\)"
    )
    return any(_is_of_trait_object(int(found[1]), node) for found in record.finditer(text, *span))


def _is_of_trait_object(variable: int, node: Callable[[int], bytes]) -> bool:
    type_ = _TYPE.search(node(variable))
    name = _NAME.search(node(int(type_[1]))) if type_ else None
    return name is not None and re.search(rb"\bdyn ", name[1]) is not None

"""Traits that the names of functions and types name as ``dyn Trait``."""

import re
from functools import cache

CALLABLE = "core::ops::function::Fn"
"""With which the paths of the closures' traits begin."""
_DYN = re.compile(r"dyn (?:for<[^>]*> )?([\w:]+)")
_LIFETIME = re.compile(r"for<[^>]*> |'\w+ |<'\w+>|'\w+, ")


@cache
def dyn_traits(name: str) -> frozenset[str]:
    """The traits; those of closures with the tuple of their arguments."""
    found = ((match[1], name[match.end() :]) for match in _DYN.finditer(name))
    return frozenset(trait + (first_tuple(rest) if trait.startswith(CALLABLE) else "") for trait, rest in found)


def first_tuple(generics: str) -> str:
    """The tuple with which generic arguments begin, without lifetimes: ``(&T,)`` of ``<(&'a T,), Output = u8>``."""
    if not generics.startswith("<("):
        return ""
    depth = 0
    for mark in re.finditer(r"[()]", generics):
        depth += 1 if mark[0] == "(" else -1
        if depth == 0:
            return _LIFETIME.sub("", generics[1 : mark.end()])
    return ""

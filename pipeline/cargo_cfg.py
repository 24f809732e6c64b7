"""Does ``cfg(…)`` hold? The expressions in the keys of cargo's ``[target.'cfg(…)']`` tables.

Grammar (The Rust Reference, *Conditional compilation*)::

    cfg(P)    P = all(P, …) | any(P, …) | not(P) | true | false | NAME | NAME = "VALUE"
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(r'\s*(?:([A-Za-z_][\w-]*)|("[^"]*")|([(),=]))')
_END = ""


class _MalformedError(Exception):
    """The text is no ``cfg`` expression; cargo will say so in its own words."""


def cfg_holds(expression: str, cfg: tuple[str, ...]) -> bool:
    """Whether ``expression`` is ``cfg(…)`` and true for ``cfg``, the lines of ``rustc --print cfg``.

    False for everything that is no such expression, a target triple for instance.
    """
    if not re.match(r"\s*cfg\s*\(", expression):
        return False
    tokens = _tokens(expression)
    try:
        holds = _predicates(tokens, next(tokens), frozenset(cfg))
    except _MalformedError:
        return False
    return len(holds) == 1 and holds[0] and next(tokens) == _END


def _tokens(text: str) -> Iterator[str]:
    position = 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            break
        yield match.group(match.lastindex or 0)
        position = match.end()
    yield text[position:]
    while True:
        yield _END


def _predicates(tokens: Iterator[str], name: str, cfg: frozenset[str]) -> list[bool]:
    """The values in ``name(P, …)``, from behind ``name`` to behind the closing parenthesis."""
    if next(tokens) != "(":
        raise _MalformedError(name)
    values: list[bool] = []
    lexeme = next(tokens)
    while lexeme != ")":
        value, lexeme = _predicate(tokens, lexeme, cfg)
        values.append(value)
        if lexeme == ",":
            lexeme = next(tokens)
        elif lexeme != ")":
            raise _MalformedError(lexeme)
    return values


def _predicate(tokens: Iterator[str], name: str, cfg: frozenset[str]) -> tuple[bool, str]:
    """The value of the predicate that begins with ``name``, and the token behind it."""
    if not re.match(r"[A-Za-z_]", name):
        raise _MalformedError(name)
    if name in {"all", "any", "not"}:
        return _combined(name, _predicates(tokens, name, cfg)), next(tokens)
    lexeme = next(tokens)
    if lexeme == "=":
        return f"{name}={next(tokens)}" in cfg, next(tokens)
    return name == "true" or name in cfg, lexeme


def _combined(operator: str, values: list[bool]) -> bool:
    if operator == "not":
        return not all(values)
    return all(values) if operator == "all" else any(values)

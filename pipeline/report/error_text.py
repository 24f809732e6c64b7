"""The text of an error, told by where it is made: its advice is not that of text that is sent on.

An error's text is made where the error is, and read where it is shown, if at all. The error can hold the values instead
and write the text in its `Display`; then the hot path makes none.
"""

import re
from collections.abc import Sequence

from ringfence.graphs.names import method_name, without_generics
from ringfence.pipeline.report.model import Step

_OF_ERRORS = frozenset({"map_err", "ok_or_else", "with_context", "wrap_err_with"})
"""Functions whose closure makes an error."""
_ERR = re.compile(r"\bErr\(")
_MAKES_TEXT = frozenset({"format", "to_string", "into", "from", "to_owned"})


def makes_error_text(path: Sequence[Step], own: int, line: str, start: int) -> bool:
    """Whether the user's frame with the number ``own`` makes text for an error: it is a closure of `map_err` and its
    kin, or ``Err(`` stands before the call in its line."""
    called = method_name(path[own + 1].function).rstrip("!") if 0 <= own < len(path) - 1 else ""
    if called not in _MAKES_TEXT:
        return False
    around = method_name(path[own - 1].function) if own > 0 else ""
    is_closure = without_generics(path[own].function).endswith("}")
    return (is_closure and around in _OF_ERRORS) or _ERR.search(line[:start]) is not None

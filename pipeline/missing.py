"""Why a function that a person named has no code, as far as its source says.

1. A function of the source is meant where the name fits and the pattern names its type or module, too; of several, the
   first in the order of files and lines.
2. What its lines say decides: it is async, generic (itself or its ``impl``), behind a ``#[cfg]``, or never inlined and
   so called by nothing. Otherwise rustc found it small enough to be inlined into every caller.
"""

import re
from collections.abc import Iterable, Sequence

from ringfence.pipeline.source_functions import SourceFunction

NO_SUCH_FUNCTION = "no function of that name is in the modules"

_INLINED = (
    "its source is there, but rustc made no code for it, because it is small enough to be inlined into every caller: "
    "audit a caller, mark it `#[inline(never)]`, or build with `RUSTFLAGS=-Clink-dead-code`"
)
_ASYNC = "it is async, and nothing in this build polls it: `.await` it in code that is built"
_SWITCHED_OFF = "it stands behind a `#[cfg(…)]` that this build may not set: name its features or target"
_UNUSED = (
    "its source is there, but nothing in this build calls it, and no other crate can: call it, or make it public up to "
    "the crate's root"
)
_SAID = (
    (re.compile(r"\basync\s+(?:unsafe\s+)?fn\b"), _ASYNC),
    (re.compile(r"#\[cfg\("), _SWITCHED_OFF),
    (re.compile(r"#\[inline\(never\)\]"), _UNUSED),
)


def why_missing(words: Sequence[str], functions: Iterable[SourceFunction]) -> str:
    """``words`` are the identifiers of the path, those of a trait left out: the type or module before the name."""
    meant = next((each for each in functions if _is_meant(each, words)), None)
    return why_without_code(meant) if meant else NO_SUCH_FUNCTION


def why_without_code(function: SourceFunction) -> str:
    """Why rustc made no code of a function that the source has."""
    if function.is_generic:
        return "it is generic, and nothing in this build instantiates it: call it with concrete types"
    head = function.body.partition("{")[0]
    return next((reason for pattern, reason in _SAID if pattern.search(head)), _INLINED)


def _is_meant(function: SourceFunction, words: Sequence[str]) -> bool:
    *around, name = function.path.split("::")
    return words[-1] == name and (len(words) == 1 or around[-1] == words[-2])

"""RF404 of class *panic*: the places that can panic (`ringfence.graphs.panics`).

Asked for with ``--strict`` or by ``panics = "never"`` of a root. One expression of the user's own code is one finding;
what it checks itself is told apart by what is checked.
"""

import re
from collections.abc import Iterator

from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function
from ringfence.passes.checks import PANIC_PATH
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

_ALWAYS = "panics", "the code panics"
_CAUSES = (
    (re.compile(r"panic_bounds_check"), "panics where an index is out of bounds", "an index out of bounds panics"),
    (
        re.compile(r"slice_\w*(?:fail|index)|str_index|slice_error_fail|len_mismatch_fail"),
        "panics where a range does not fit",
        "a range that does not fit panics",
    ),
    (re.compile(r"(?:div|rem)_by_zero"), "panics where the divisor is zero", "a divisor of zero panics"),
    (re.compile(r"panic_const_\w*overflow"), "panics on overflow", "an overflow panics"),
    (re.compile(r"unwrap_failed|expect_failed"), "panics where there is no such value", "a missing value panics"),
    (
        re.compile(r"already_(?:mutably_)?borrowed"),
        "panics where the value is borrowed already",
        "a second borrow panics",
    ),
    (
        re.compile(r"capacity_overflow|raw_vec\w*handle_error"),
        "panics where the capacity overflows",
        "a capacity that overflows panics",
    ),
    (re.compile(r"assert_failed"), "panics where an assertion does not hold", "an assertion that does not hold panics"),
)
"""How the functions of core and alloc that panic are told; any other one just panics."""
_INSTEAD = (
    "return what is missing instead of panicking (`get`, `checked_div`, `try_borrow_mut`, `let … else`), or show LLVM "
    "that it cannot happen (an `assert!` at start, a slice of the right length, a type that cannot be wrong)"
)


class PanicsPass:
    """Each call that ends its function in a panic is a sink."""

    rules: tuple[Rule, ...] = ()
    """`ringfence.passes.checks` tells of the rule."""

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own calls."""
        for call in hot_path.reached.panics.calls.get(function.id, ()):
            verb, alone = next(
                (told for pattern, *told in _CAUSES if pattern.search(call.symbol)),
                _ALWAYS,
            )
            sink = Sink(PANIC_PATH, display_name(call.symbol), verb, alone, identity="", is_panic=True, help=_INSTEAD)
            yield SinkSite(function.id, call.site.location, hot_path.classifier.of_call(function, call.site), sink)

"""RF404 panic-path and RF405 wide-match-in-loop: what a loop decides in every turn."""

import re
from collections.abc import Iterator

from ringfence.graphs.classes import Classifier
from ringfence.graphs.facts import CallKind, CallSite, PathClass, Switch
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import crate_of, display_name, method_name
from ringfence.graphs.program import Function
from ringfence.passes.advisory import NOTE_LEVELS
from ringfence.passes.options import DEFAULT_OPTIONS, Options, WideMatch
from ringfence.passes.rule import Level, Rule
from ringfence.passes.sink import Sink
from ringfence.passes.writers import Writer, writer_of

PANIC_PATH = Rule(
    id="RF404",
    slug="panic-path",
    what="A loop of your own code checks something in every turn and panics where it does not hold: an index, a range,"
    ' an `unwrap`, a division, an overflow. With `--strict`, or under a root of `panics = "never"`, each place '
    "that can panic is told, in loops or not, with class *panic*.",
    why="The branch is predicted well, but it is there: it keeps LLVM from using vector instructions, and the panic's"
    " code and arguments take room in the instruction cache. And where it does panic, the thread ends in the "
    "midst of an event.",
    example="for i in 0..n { sum += prices[i] * sizes[i]; }",
    instead="Iterate instead of indexing (`for (price, size) in prices.iter().zip(sizes)`), take a slice of the right "
    "length before the loop (`let sizes = &sizes[..prices.len()];`), use `chunks_exact`, or say what holds with "
    "an `assert!` in front of the loop.",
    false_positives="Where the loop is short, or waits for memory anyway, the check costs nothing measurable: "
    "the finding is a note. A place that can panic by what the code says may never do so by what its callers pass.",
    how="In loops: a call of a panicking function of core, inlined from an index or the like in own code, whose "
    "condition is decided in a loop on the way from the root. What LLVM proved is gone and not reported. Places that "
    "can panic:"
    " calls that never return and that come to the panic handler, wherever they stand: in own code at their own "
    "line, also where LLVM joined several into one; below a call into a library, a drop or a virtual call at that"
    " call, once for each. So a root of which nothing is told cannot panic. An allocation that fails aborts and "
    "is no panic, a capacity that overflows is one; nor is an `abort`, an `exit`, a panic while panicking, or a "
    "future that is polled after its end.",
    levels=NOTE_LEVELS,
    own_code_only=True,
)
WIDE_MATCH = Rule(
    id="RF405",
    slug="wide-match-in-loop",
    what="A `match` of many arms in a loop, of which nobody has said which arm is usual, or a profile has.",
    why="A jump through a table is predicted by history; on mixed input it is mispredicted often, at some 15 to 20 "
    "cycles each. The usual arms are not laid out next to each other.",
    example="for message in batch { match message.kind { … twelve arms … } }",
    instead="Test the usual cases first (`if kind == Kind::Trade { … } else { match kind { … } }`), sort or split the "
    "batch by kind, or build with a profile (`-C profile-use`), which orders the arms by what was measured.",
    false_positives="Input of one kind for long stretches is predicted well. A match that LLVM turned into a table of "
    "values leaves no jump and is not reported.",
    how="A `switch` of at least `[rules.RF405] cases` cases (8 unless set) in own code, in a loop on the way from the "
    "root, or in a loop of a dependency's: without branch weights, or, built with `-C profile-use`, with one case that "
    "has `percent` of them or more (50).",
    levels=NOTE_LEVELS,
)

_CHECKS = (
    (re.compile(r"panic_bounds_check"), "checks an index against the bounds", "an index is checked against the bounds"),
    (
        re.compile(r"slice_\w*(?:fail|index)|str_index|slice_error_fail|len_mismatch_fail"),
        "checks a range",
        "a range is checked",
    ),
    (re.compile(r"panic_const_(?:div|rem)"), "checks a divisor", "a divisor is checked"),
    (re.compile(r"panic_const_\w*overflow|panic_overflow"), "checks for an overflow", "an overflow is checked for"),
    (re.compile(r"unwrap_failed|expect_failed"), "is checked", "an `unwrap` is checked"),
)
_STANDARD = frozenset({"core", "alloc", "std"})
_CHECKING = frozenset(
    {"index", "index_mut", "unwrap", "expect", "unwrap_err", "expect_err", "div", "rem", "split_at", "split_at_mut"}
    | {"copy_from_slice", "clone_from_slice", "swap", "chunks", "chunks_exact", "windows"}
)
"""Operators and methods that check what they are given."""


class ChecksPass:
    """Checks that panic, and wide matches, in loops of own code."""

    rules = (PANIC_PATH, WIDE_MATCH)

    def __init__(self, options: WideMatch = DEFAULT_OPTIONS.RF405) -> None:
        self.options = options

    def configured(self, options: Options) -> "ChecksPass":
        """With the project's thresholds."""
        return ChecksPass(options.RF405)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own panicking calls and switches; the loop may stand in whoever calls it."""
        places = function.facts.places
        for site in function.facts.calls:
            checked = _checked(site)
            if checked is None:
                continue
            if places[site.guard].path_class is PathClass.HOT and _is_written_in_own_code(
                function, site.location, hot_path.classifier
            ):
                verb, alone = checked
                sink = Sink(
                    PANIC_PATH, display_name(site.callee), verb, alone, at_most_once=Level.HIDDEN, only_in_loops=True
                )
                reached = hot_path.classifier.of_event(function, site.guard, site.location)
                yield SinkSite(function.id, site.location, reached, sink)
        for switch in function.facts.switches:
            writer = writer_of(function, switch.location, hot_path)
            is_wide = switch.cases >= self.options.cases
            # A dependency dispatches by type far below a loop of the user's; its own loops are what it chose.
            is_told = writer is Writer.OWN or (writer is Writer.DEPENDENCY and places[switch.place].loop_depth > 0)
            match = _match(switch, self.options.percent) if is_wide and is_told else None
            if match is not None:
                reached = hot_path.classifier.of_event(function, switch.place, switch.location)
                yield SinkSite(function.id, switch.location, reached, match)


def _match(switch: Switch, percent: int) -> Sink | None:
    """A match whose usual arm nobody has said, or is measured and stands among the others."""
    told = f"a match of {switch.cases} cases"
    if not switch.is_weighted:
        return Sink(
            WIDE_MATCH,
            told,
            "matches",
            f"{told} without weights is decided",
            at_most_once=Level.HIDDEN,
            only_in_loops=True,
            notes=(("cases", switch.cases),),
        )
    if not switch.usual or switch.share < percent:
        return None
    return Sink(
        WIDE_MATCH,
        told,
        "matches",
        f"{told}, of which the one of value {switch.usual} is taken {switch.share} times in 100, is decided",
        at_most_once=Level.HIDDEN,
        only_in_loops=True,
        notes=(("cases", switch.cases), ("usual", switch.usual), ("percent", switch.share)),
        help=f"test the usual case first: `if kind as u64 == {switch.usual} {{ … }} else {{ match kind {{ … }} }}`",
    )


def _checked(site: CallSite) -> tuple[str, str] | None:
    """How a panicking call is told; None for any other."""
    if site.kind is not CallKind.DIRECT or site.guard < 0:
        return None
    return next(((verb, alone) for pattern, verb, alone in _CHECKS if pattern.search(site.callee)), None)


def _is_written_in_own_code(function: Function, location: int, classifier: Classifier) -> bool:
    """Whether the user's own line checks: itself, or by an operator or a method that is there for it. What a collection
    of std checks on its own way is none of the user's."""
    position = classifier.anchor(function, location)
    if position is None or not function.chain(location)[position].column:
        # LLVM joined several checks into one panic: no line is left that could be changed.
        return False
    if not position:
        return True
    inner = [function.name_of(frame) for frame in function.chain(location)[:position]]
    return method_name(inner[-1]) in _CHECKING and all(crate_of(name) in _STANDARD for name in inner)

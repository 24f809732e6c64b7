"""RF403 unhinted-branch: branches to code that is rare by its nature, laid out as if it were usual."""

import re
from collections.abc import Iterator, Sequence

from ringfence.graphs.facts import Attribute, CallKind, CallSite, PathClass
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name, method_name, without_generics
from ringfence.graphs.program import Function
from ringfence.graphs.reached import is_drop
from ringfence.passes.advisory import NOTE_LEVELS
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

UNHINTED_BRANCH = Rule(
    id="RF403",
    slug="unhinted-branch",
    what="A branch leads to code that builds an error, logs or prints, and nothing says that it is unlikely.",
    why="LLVM lays the branch out beside the usual code, inlines into it and keeps registers for it: the usual way "
    "gets longer and takes more lines of the instruction cache.",
    example='let price = text.parse().map_err(|error| format!("bad price {text}: {error}"))?;',
    instead="Move it into a function that says so (`#[cold] #[inline(never)] fn bad_price(text: &str) -> Error`), "
    "or call `std::hint::cold_path()` first in the branch.",
    false_positives="Where errors are usual input, or the level of the log is on, the branch is not rare. The "
    "finding is a note.",
    how="A call on a hot block that does not always run: of a constructor of errors (`anyhow`, `eyre`, "
    "`std::io::Error`, boxed errors), of a logger or `eprintln!`, inside of a closure of `map_err`, `ok_or_else` or "
    "`with_context`, or of a function that is never inlined and named for an error. Branch weights and `#[cold]` "
    "functions make the block unlikely, and it is silent.",
    levels=NOTE_LEVELS,
    own_code_only=True,
    about_line=True,
)
_ERROR = re.compile(
    r"^<?(?:anyhow|eyre|color_eyre)::|^std::io::error::Error::(?:new|other|_new)|dyn core::error::Error.* as .*From<"
)
_LOG = re.compile(r"^std::io::stdio::_eprint|^log::__private_api::|^<?tracing(?:_core)?::(?:event|dispatcher|__macro)")
_LAZY = frozenset({"map_err", "ok_or_else", "with_context", "or_else", "wrap_err_with"})
_NAMED = re.compile(r"(?:^|_)(?:err|error|fail|failed|failure|invalid|unexpected|reject|rejected|malformed)(?:_|$)")


class HintsPass:
    """Every call that is rare by its nature and stands on a hot block is a sink; one finding a line."""

    rules = (UNHINTED_BRANCH,)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's own calls in the user's own lines, the first of each line."""
        told: set[tuple[int, int]] = set()
        for site in function.facts.calls:
            place = function.facts.places[site.place]
            if place.path_class is not PathClass.HOT or place.always or site.kind is not CallKind.DIRECT:
                continue
            position = hot_path.classifier.anchor(function, site.location)
            if position is None:
                continue
            chain = function.chain(site.location)
            line = chain[position].file, chain[position].line
            names = [without_generics(function.name_of(frame)) for frame in chain]
            said = _rare(names, position, site, hot_path, function) if line not in told else ""
            if said and not is_drop(site):
                told.add(line)
                reached = hot_path.classifier.of_call(function, site)
                yield SinkSite(function.id, site.location, reached, _sink(said, site))


def _rare(names: Sequence[str], position: int, site: CallSite, hot_path: HotPath, function: Function) -> str:
    """What the branch does, in words; empty where nothing says that it is rare. ``names`` are the frames, innermost
    first, of which the one at ``position`` is the user's line."""
    called = [without_generics(display_name(site.callee)), *names[:position]]
    around = names[position + 1] if position + 1 < len(names) else ""
    if names[position].endswith("}") and method_name(around) in _LAZY:
        return "builds an error"
    if any(_ERROR.search(name) for name in called):
        return "builds an error"
    if any(_LOG.search(name) for name in called):
        return "logs or prints"
    is_named = _NAMED.search(method_name(called[0])) is not None
    return "builds an error" if is_named and position == 0 and _is_kept_apart(site, hot_path, function) else ""


def _is_kept_apart(site: CallSite, hot_path: HotPath, function: Function) -> bool:
    """The callee is the program's own, is never inlined, and says nothing of how often it runs."""
    edges = hot_path.reached.edges.get(function.id, ())
    attributes = [hot_path.function(edge.callee).facts.attributes for edge in edges if edge.site is site]
    return any(each & Attribute.INLINE_NEVER and not each & Attribute.COLD for each in attributes)


def _sink(said: str, site: CallSite) -> Sink:
    return Sink(
        rule=UNHINTED_BRANCH,
        what=display_name(site.callee),
        verb=f"{said} in a branch without a hint",
        alone=f"a branch that {said} and has no hint is taken",
    )

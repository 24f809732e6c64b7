"""RF401 virtual-call and RF402 function-pointer-call: control flow that is known only at run time."""

from collections.abc import Iterator

from ringfence.graphs.candidates import Resolution
from ringfence.graphs.facts import CallKind, CallSite
from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function
from ringfence.graphs.reached import is_drop
from ringfence.passes.rule import Rule
from ringfence.passes.sink import Sink

VIRTUAL_CALL = Rule(
    id="RF401",
    slug="virtual-call",
    what="A method is called through a vtable: `dyn Trait`, `Box<dyn Fn>`, the drop of a trait object.",
    why="The callee cannot be inlined, the branch predictor guesses by history, and two dependent loads stand before "
    "the call. What the callee does is known only for the implementations of this build.",
    example="for operator in &mut self.operators { acc = operator.process(acc); }",
    instead="Make the caller generic over the trait, use an enum of the implementations (`enum_dispatch`), or move "
    "the dispatch out of the loop.",
    false_positives="A trait with one implementation that LLVM devirtualises leaves no such call and is not reported.",
    how="A call of a pointer that was loaded from a vtable (`!invariant.load`). Candidates come from all vtables and "
    "all implementations that the program can make an object of.",
    weight=50,
)
POINTER_CALL = Rule(
    id="RF402",
    slug="function-pointer-call",
    what="A function is called through a pointer that is no vtable entry: `fn` values, callbacks, tables of handlers, "
    "the arguments of `format!`.",
    why="As for RF401: no inlining, and the target is known only at run time.",
    example="(self.handler)(event)",
    instead="Make the caller generic over `F: Fn(…)`, or match on an enum of the handlers.",
    false_positives="None known; a pointer that LLVM resolves leaves a direct call.",
    how="A call whose callee operand is a pointer that did not come from a vtable. Candidates are functions of the "
    "same signature whose address something alive takes.",
    weight=45,
)


class BranchingPass:
    """Every indirect call is a sink, with its candidates."""

    rules = (VIRTUAL_CALL, POINTER_CALL)

    def sinks(self, function: Function, hot_path: HotPath) -> Iterator[SinkSite[Sink]]:
        """Sinks are the function's indirect calls that were followed."""
        for position, site in enumerate(function.facts.calls):
            resolution = hot_path.reached.resolutions.get((function.id, position))
            if resolution is None:
                continue
            is_virtual = site.kind is CallKind.VIRTUAL or resolution.is_virtual
            if not is_virtual and resolution.closed and not resolution.candidates:
                continue
            sink = Sink(
                rule=VIRTUAL_CALL if is_virtual else POINTER_CALL,
                what=_what(resolution, is_drop_glue=is_drop(site), is_virtual=is_virtual),
                verb="calls through a vtable" if is_virtual else "calls a function pointer",
                alone=_alone(resolution, is_drop_glue=is_drop(site), is_virtual=is_virtual),
                candidates=tuple(f"{display_name(each.symbol)} [{each.evidence}]" for each in resolution.candidates),
                targets=_targets(function, site, resolution, hot_path),
                unread=resolution.unread,
                closed=resolution.closed,
                method=resolution.method,
                identity=_identity(resolution, is_drop_glue=is_drop(site), is_virtual=is_virtual),
            )
            yield SinkSite(function.id, site.location, hot_path.classifier.of_call(function, site), sink)


def _targets(function: Function, site: CallSite, resolution: Resolution, hot_path: HotPath) -> tuple[int, ...] | None:
    reached = hot_path.reached
    has_no_body = any(call.site is site for call in reached.externals.get(function.id, ()))
    if has_no_body or resolution.unread or not resolution.followed:
        return None
    return tuple(edge.callee for edge in reached.edges.get(function.id, ()) if edge.site is site)


def _alone(resolution: Resolution, *, is_drop_glue: bool, is_virtual: bool) -> str:
    if is_drop_glue:
        return "a trait object is dropped through its vtable"
    if not is_virtual:
        return "a function pointer is called"
    method = f"`{resolution.method}`" if resolution.method else "a method"
    return f"{method} is called through a vtable"


def _identity(resolution: Resolution, *, is_drop_glue: bool, is_virtual: bool) -> str | None:
    """Virtual calls are told apart by their traits, where one is known."""
    if not is_virtual:
        return ""
    is_told = resolution.method and len(resolution.traits) == 1 and not is_drop_glue
    return resolution.traits[0] if is_told else None


def _what(resolution: Resolution, *, is_drop_glue: bool, is_virtual: bool) -> str:
    if is_drop_glue:
        return "the drop of a trait object"
    if not is_virtual:
        return "a function pointer"
    if not resolution.method:
        return "a method of a trait object"
    trait = resolution.traits[0] if len(resolution.traits) == 1 else "dyn"
    return f"<{trait}>::{resolution.method}"

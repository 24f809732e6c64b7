"""Where functions are entered: by a call, by a call that leaves what can be read, or because they were inlined.

An inlined function has no call any more. It is entered where its frames stand in the inline chain of a call, a copy, an
atomic or an address that is left of it; the place is that of the frame around it. Of several such events in one inlined
copy the one reached best tells the class.

Not handled: an inlined function of which LLVM left none of these leaves no trace.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ringfence.graphs.classes import Classifier, SiteClass
from ringfence.graphs.facts import PathClass
from ringfence.graphs.hotpath import HotPath, SinkSite, via
from ringfence.graphs.names import display_name
from ringfence.graphs.program import Function


@dataclass(frozen=True, slots=True)
class Entered:
    """The function that is entered, and how: ``call``, ``inline``, ``virtual``, ``pointer`` or ``drop``."""

    name: str
    via: str


def names_entered(hot_path: HotPath) -> set[str]:
    """Paths of all functions that are reached, inlined or known by name only."""
    names: set[str] = set()
    for number in hot_path.reached.functions:
        function = hot_path.function(number)
        names.add(function.name)
        names.update(display_name(call.symbol) for call in hot_path.reached.externals.get(number, ()))
        locations = {location for _, location in function.events()}
        names.update(function.name_of(frame) for each in locations for frame in function.chain(each)[:-1])
    return names


def entries_of(
    names: AbstractSet[str], hot_path: HotPath, *, follow_panic: bool
) -> Mapping[int, Sequence[SinkSite[Entered]]]:
    """By function, where it enters one of the named ones."""
    found = {
        number: tuple(_entries(hot_path.function(number), names, hot_path, follow_panic=follow_panic))
        for number in sorted(hot_path.reached.functions)
    }
    return {number: sites for number, sites in found.items() if sites}


def _entries(
    function: Function, names: AbstractSet[str], hot_path: HotPath, *, follow_panic: bool
) -> Iterator[SinkSite[Entered]]:
    classifier = hot_path.classifier
    for edge in hot_path.reached.edges.get(function.id, ()):
        name = hot_path.function(edge.callee).name
        if name in names:
            site = classifier.of_call(function, edge.site)
            yield SinkSite(function.id, edge.site.location, site, Entered(name, via(edge)))
    for call in hot_path.reached.externals.get(function.id, ()):
        name = display_name(call.symbol)
        if name in names:
            site = classifier.of_call(function, call.site)
            yield SinkSite(function.id, call.site.location, site, Entered(name, "call"))
    for (location, name), site in _inlined(function, names, classifier).items():
        if follow_panic or site.path_class is not PathClass.PANIC:
            yield SinkSite(function.id, location, site, Entered(name, "inline"))


def _inlined(function: Function, names: AbstractSet[str], classifier: Classifier) -> dict[tuple[int, str], SiteClass]:
    best: dict[tuple[int, str], SiteClass] = {}
    for place, location in sorted(set(function.events())):
        for frame in function.chain(location)[:-1]:
            name = function.name_of(frame)
            if name not in names:
                continue
            key = frame.inlined_at, name
            site = classifier.of_event(function, place, frame.inlined_at)
            known = best.get(key)
            if known is None or _rank(site) < _rank(known):
                best[key] = site
    return best


def _rank(site: SiteClass) -> tuple[PathClass, bool, int]:
    return site.path_class, not site.always, site.loop_depth

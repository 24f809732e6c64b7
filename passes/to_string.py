"""Whether a ``to_string`` formats its value, or copies text.

std specialises ``ToString`` for what is text already: text behind references, in a ``Cow``, a ``char``
(``SpecToString`` in alloc/src/string.rs). A type may implement it by hand, too. Else the body makes a ``Formatter`` and
calls ``Display::fmt``. The body itself tells which it is: where nothing of it stands in ``core::fmt``, or calls it,
nothing is formatted.
"""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import chain

from ringfence.graphs.facts import CallSite, Frame, PathClass
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.names import display_name, without_generics
from ringfence.graphs.program import Function

_TO_STRING = re.compile(r"<.* as alloc::string::(?:ToString|SpecToString)>::(?:to_string|spec_to_string)")
_FORMAT_SOURCE = "/core/src/fmt/"
_INHERENT = re.compile(r"^_RNvM(?:s\w*?_)?(?:Nt)+Cs\w+?_4core3fmt")
"""A method of a type's own in ``core::fmt``: the mangled name alone keeps the module of its ``impl`` (RFC 2603)."""
_FORMAT_PATH = re.compile(r"^(?:<.* as )?core::fmt::")

InlinedCall = tuple[int, int]
"""Subprogram of an inlined function, and the location that it was inlined at."""


@lru_cache(maxsize=50_000)
def is_to_string(path: str) -> bool:
    """Whether a function, by its path, is an implementation of ``ToString``."""
    return _TO_STRING.fullmatch(without_generics(path)) is not None


class Formatting:
    """What is formatted in the body of one function."""

    def __init__(self, function: Function, hot_path: HotPath) -> None:
        self._function = function
        self._hot_path = hot_path

    def is_inlined(self, call: InlinedCall) -> bool:
        """Whether an inlined ``to_string`` formats."""
        return call in self._inlined

    def is_called(self, site: CallSite) -> bool:
        """Whether a ``to_string`` that is called formats, itself or through another one. One without a body does."""
        stack, seen = [*self._called(site)], set[int]()
        if not stack:
            return True
        while stack:
            body = stack.pop()
            if body.id in seen:
                continue
            seen.add(body.id)
            inside = Formatting(body, self._hot_path)
            if any(True for _ in inside._events()):
                return True
            stack += chain.from_iterable(map(inside._called, inside._further()))
        return False

    def _further(self) -> Iterator[CallSite]:
        """Calls of other implementations: ``to_string`` calls ``spec_to_string`` where that is not inlined."""
        return (site for site in self._function.facts.calls if is_to_string(display_name(site.callee)))

    def _called(self, site: CallSite) -> Iterator[Function]:
        edges = self._hot_path.reached.edges.get(self._function.id, ())
        return (self._hot_path.function(edge.callee) for edge in edges if edge.site is site)

    @cached_property
    def _inlined(self) -> frozenset[InlinedCall]:
        """The inlined calls around what is formatted."""
        further = (site.location for site in self._further() if self.is_called(site))
        frames = chain.from_iterable(map(self._function.chain, chain(self._events(), further)))
        return frozenset((frame.subprogram, frame.inlined_at) for frame in frames)

    def _events(self) -> Iterator[int]:
        """Locations of what stands in ``core::fmt``, or calls it."""
        function = self._function
        for place, location in function.events():
            if self._is_panic(place):
                continue
            if any(map(self._is_in_formatting, function.chain(location))):
                yield location
        for site in function.facts.calls:
            if not self._is_panic(site.place) and _is_of_formatting(site.callee):
                yield site.location

    def _is_panic(self, place: int) -> bool:
        return self._function.facts.places[place].path_class is PathClass.PANIC

    def _is_in_formatting(self, frame: Frame) -> bool:
        function = self._function
        return _FORMAT_SOURCE in function.file_of(frame) or _is_of_formatting(function.symbol_of(frame))


@lru_cache(maxsize=50_000)
def _is_of_formatting(symbol: str) -> bool:
    return (_FORMAT_PATH.match(display_name(symbol)) or _INHERENT.match(symbol)) is not None

"""Frees that the code shows and no program reaches: a `SmallVec` that grows does not move back into its own place.

`SmallVec::try_grow` moves the elements inline and frees the heap where the asked capacity fits there. Only a capacity
below the present one does (smallvec 1, ``lib.rs``): `push`, `insert`, `extend` and `reserve` ask for more.
Whoever calls `SmallVec::grow` or `SmallVec::try_grow` may ask for less: there the free stays, and for all that grow
vectors of that type by the same function.
"""

import re

from ringfence.graphs.facts import CallSite
from ringfence.graphs.hotpath import HotPath
from ringfence.graphs.names import without_generics
from ringfence.graphs.program import Function

_TRY_GROW = "smallvec::SmallVec::try_grow"
_GROWING = re.compile(r"<?smallvec::SmallVec\b.*::(?!grow$|try_grow$)\w+$")


def frees_by_shrinking_only(function: Function, site: CallSite, hot_path: HotPath) -> bool:
    """Whether a free stands in `SmallVec::try_grow`, and only growth leads there."""
    names = _names(function, site.location)
    if _TRY_GROW not in names:
        return False
    above = names[names.index(_TRY_GROW) + 1 :]
    if above:
        return _GROWING.match(above[0]) is not None
    calls = hot_path.calls_of.get(function.id, ())
    callers = [_names(hot_path.function(call.caller), call.site.location) for call in calls]
    return bool(callers) and all(_GROWING.match(names[0]) for names in callers if names)


def _names(function: Function, location: int) -> list[str]:
    """Paths of the frames at a location without generic arguments, innermost first."""
    return [without_generics(function.name_of(frame)) for frame in function.chain(location)]

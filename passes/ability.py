"""What a function can do, itself or through what it calls: for the candidates of an indirect call."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from ringfence.graphs.hotpath import HotPath, SinkSite
from ringfence.graphs.search import leading_to
from ringfence.passes.rule import Level
from ringfence.passes.sink import Sink

_ABILITIES = {
    "RF101": "allocate",
    "RF102": "allocate",
    "RF103": "free",
    "RF201": "lock",
    "RF202": "block",
    "RF902": "call what is not known",
    "RF903": "call what is not known",
    "RF905": "call what is not known",
}


class Abilities:
    """Asked for each virtual call, made once."""

    def __init__(self, hot_path: HotPath, sinks: Mapping[int, Sequence[SinkSite[Sink]]]) -> None:
        self._hot_path = hot_path
        able: dict[str, set[int]] = defaultdict(set)
        for number, sites in sinks.items():
            for site in sites:
                ability = _ABILITIES.get(site.payload.rule.id)
                # What is a note at most, such as a line of the log, is no ability to warn of.
                if ability and site.payload.at_most is not Level.NOTE:
                    able[ability].add(number)
        self._able: dict[str, AbstractSet[int]] = {
            ability: leading_to(hot_path.reached, able[ability]) for ability in dict.fromkeys(_ABILITIES.values())
        }

    def of(self, functions: Sequence[int]) -> dict[str, list[str]]:
        """Ability -> names of the functions that have it, sorted; abilities that none has are missing."""
        found = {
            ability: sorted({self._hot_path.function(number).name for number in functions if number in able})
            for ability, able in self._able.items()
        }
        return {ability: names for ability, names in found.items() if names}

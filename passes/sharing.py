"""RF302 false-sharing: what one thread writes on the cache line of what another one touches.

Of what is written and touched, `ringfence.passes.sharing_fields` judges the fields of one value,
`ringfence.passes.sharing_statics` two statics, `ringfence.passes.sharing_elements` two elements of one sequence.
"""

from collections.abc import Iterator

from ringfence.graphs.hotpath import SinkSite
from ringfence.passes.memory import Memory
from ringfence.passes.sharing_elements import shared_elements
from ringfence.passes.sharing_fields import shared_fields
from ringfence.passes.sharing_rule import FALSE_SHARING
from ringfence.passes.sharing_statics import shared_statics
from ringfence.passes.sink import Sink


class SharingPass:
    """One sink for each root and each field, static or sequence that it writes beside what others touch."""

    rules = (FALSE_SHARING,)

    def sinks(self, memory: Memory) -> Iterator[SinkSite[Sink]]:
        """Fields, statics, elements."""
        yield from shared_fields(memory)
        yield from shared_statics(memory)
        yield from shared_elements(memory)

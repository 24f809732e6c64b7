"""Where on cache lines a value can begin, and whether two of its parts then share one.

A value of alignment ``a`` begins at a multiple of ``a``: on lines of ``L`` bytes there are ``L / a`` *placements*, one
where ``a`` is at least ``L``. An allocator that aligns better than it must makes some of them impossible; the type does
not promise that.
"""

from dataclasses import dataclass
from math import gcd


@dataclass(frozen=True, slots=True)
class Sharing:
    """In how many of the possible placements something holds of a value's parts."""

    shared: int
    placements: int

    @property
    def always(self) -> bool:
        """Wherever the value begins."""
        return self.shared == self.placements

    @property
    def usually(self) -> bool:
        """At more than half of the placements."""
        return 2 * self.shared > self.placements

    @property
    def ever(self) -> bool:
        """For some beginning."""
        return self.shared > 0


def starts(align: int, line_bytes: int) -> range:
    """Offsets in a line at which a value may begin."""
    return range(0, line_bytes, min(max(align, 1), line_bytes))


def crossing(span: tuple[int, int], align: int, line_bytes: int) -> Sharing:
    """Of one part: the placements in which it lies across two lines, or more."""
    possible = starts(align, line_bytes)
    crossed = sum((start + span[0]) // line_bytes != (start + span[1]) // line_bytes for start in possible)
    return Sharing(crossed, len(possible))


def wasteful(span: tuple[int, int], possible: range, line_bytes: int) -> Sharing:
    """Of one part: the placements in which it lies on more lines than its size needs."""
    needed = (span[1] - span[0]) // line_bytes
    wasted = sum((start + span[1]) // line_bytes - (start + span[0]) // line_bytes > needed for start in possible)
    return Sharing(wasted, len(possible))


def sharing(first: tuple[int, int], second: tuple[int, int], align: int, line_bytes: int) -> Sharing:
    """Of two parts, each a first and a last byte behind the beginning of a value of that alignment."""
    possible = starts(align, line_bytes)
    shared = sum(
        are_together((start + first[0], start + first[1]), (start + second[0], start + second[1]), line_bytes)
        for start in possible
    )
    return Sharing(shared, len(possible))


def sharing_elements(
    first: tuple[int, int], second: tuple[int, int], stride: int, align: int, line_bytes: int
) -> Sharing:
    """Of the same parts of two elements side by side, in a sequence with that many bytes from one to the next: each
    element's place in each placement of the sequence counts. ``first`` and ``second`` lie behind an element's start."""
    period = line_bytes // gcd(stride, line_bytes)
    places = [start + each * stride for start in starts(align, line_bytes) for each in range(period)]
    shared = sum(
        are_together(
            (place + first[0], place + first[1]), (place + step + second[0], place + step + second[1]), line_bytes
        )
        for place in places
        for step in (stride, -stride)
    )
    return Sharing(shared, 2 * len(places))


def are_together(one: tuple[int, int], other: tuple[int, int], line_bytes: int) -> bool:
    """Whether two spans, each a first and a last byte in memory, touch a common line."""
    return one[0] // line_bytes <= other[1] // line_bytes and other[0] // line_bytes <= one[1] // line_bytes

"""How a type lies on cache lines, given a value that starts on one.

1. *Padding* are the bytes that no field covers, of an enum no field of any variant: what no value ever uses. It is
   *tail* padding behind the last field, *internal* before it.
2. *Lines* of a field are the first and last cache line that it touches, counted from 0. A field of size 0 touches the
   line of its offset.
3. A field *straddles* if it is at most a line long and touches two. Which fields do depends on where a value starts:
   only an alignment of a line or more makes the placement that is computed here the only one.
4. Two fields *share* a line if both touch it; zero-sized fields share nothing.
"""

from collections import defaultdict

from ringfence.graphs.types import FieldFacts, TypeFacts

LINE_BYTES = 64
DISCRIMINANT = "{discriminant}"


def padding(described: TypeFacts) -> int:
    """Clause 1."""
    return sum(stop - start for start, stop in gaps(described))


def tail_padding(described: TypeFacts) -> int:
    """Clause 1: the part of `padding` behind the last field; all of it where no field has bytes."""
    last = max((field.offset + field.size for field in described.fields if field.size), default=0)
    return max(described.size - last, 0)


def gaps(described: TypeFacts) -> tuple[tuple[int, int], ...]:
    """Clause 1: the first byte of each gap and the one behind its last, ascending."""
    found: list[tuple[int, int]] = []
    covered = 0
    for field in sorted(described.fields, key=lambda each: each.offset):
        if field.size and field.offset > covered:
            found.append((covered, field.offset))
        covered = max(covered, field.offset + field.size) if field.size else covered
    if covered < described.size:
        found.append((covered, described.size))
    return tuple(found)


def lines(field: FieldFacts, line_bytes: int = LINE_BYTES) -> tuple[int, int]:
    """Clause 2."""
    return field.offset // line_bytes, (field.offset + max(field.size, 1) - 1) // line_bytes


def straddles(described: TypeFacts, line_bytes: int = LINE_BYTES) -> tuple[str, ...]:
    """Clause 3: names of the fields, each once."""
    found = (
        field.name
        for field in described.fields
        if 0 < field.size <= line_bytes and len(set(lines(field, line_bytes))) > 1
    )
    return tuple(dict.fromkeys(found))


def is_placement_certain(described: TypeFacts, line_bytes: int = LINE_BYTES) -> bool:
    """Whether every value starts on a cache line."""
    return described.align >= line_bytes


def shared_lines(described: TypeFacts, line_bytes: int = LINE_BYTES) -> tuple[tuple[str, ...], ...]:
    """Clause 4: the groups of two fields or more on one line, by line, each group once."""
    on_line: dict[int, list[str]] = defaultdict(list)
    for field in described.fields:
        first, last = lines(field, line_bytes)
        for line in range(first, last + 1) if field.size else ():
            on_line[line].append(field.name)
    groups = (tuple(dict.fromkeys(names)) for _, names in sorted(on_line.items()))
    return tuple(dict.fromkeys(group for group in groups if len(group) > 1))

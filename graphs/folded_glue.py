"""Drop glue that is called for another type than the one that it is named for.

LLVM folds functions with equal bodies (``MergeFunctions``). Where no other module can name one of them, no alias is
left: its calls go to the one that was kept, whose name and debug info tell of that one's type. The glues of
``Vec<Box<dyn A>>`` and ``Vec<Box<dyn B>>`` are such bodies. What a call of drop glue drops is told by the caller:

1. A function *drops objects* of the traits that its name has as ``dyn Trait``, if it is drop glue or a ``drop`` of
   some kind (``Arc::drop_slow``).
2. The innermost frame of the call that tells any such traits, by its name or by the fields of the types in its name
   (``Held`` with a ``Box<dyn B>``), tells what is dropped there. If the callee's are among them, it is called for
   itself. If not, it is called for its twin; where not all of the frame's types are described, it may be both.
3. Where no frame tells, types of the module tell which may have been folded: those that are like the glue's own type
   but for the trait, or hold nothing but one that is, and whose glue the module does not have.
4. What a function drops that is called for its twin, the glue drops that it calls for its own traits.

Source: llvm/lib/Transforms/IPO/MergeFunctions.cpp; rustc, ``compiler/rustc_codegen_llvm`` (``unnamed_addr``).

Not handled: twins of other shapes where no frame tells (clause 3); other functions than those that drop.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property

from ringfence.graphs.dyn_names import dyn_traits
from ringfence.graphs.facts import CallKind, CallSite, Linkage, ModuleFacts
from ringfence.graphs.names import display_name, last_segment, without_generics
from ringfence.graphs.objects import generic_arguments, is_library
from ringfence.graphs.program import Function

_GLUE = re.compile(r"core::ptr::(?:drop_in_place|drop_glue)::<(.*)>")
_DROPS_VALUE = re.compile(r"core::(?:ptr::(?:drop_in_place|drop_glue)|mem::drop)::<(.*)>")
_DYN = re.compile(r"\(?dyn (?:for<[^>]*> )?[\w:]+(?:<\([^()]*\)(?:, Output = [^<>]*)?>)?(?: \+ [\w:]+)*\)?")
_BORROWED = re.compile(r"&|\*(?:const|mut) ")
_DEFAULT_ALLOCATOR = re.compile(r", alloc::alloc::Global(?=[,>])")
_PATH = re.compile(r"[A-Za-z_]\w*::")
_MOST_TYPES = 200
"""Types in types that are looked at for one name."""


class FoldedGlue:
    """Answers for the calls of one program; what a module's types tell is kept."""

    def __init__(self) -> None:
        self._owned: dict[int, _Owned] = {}

    def dropped_by(self, caller: Function, site: CallSite, callee: Function) -> frozenset[str]:
        """Traits whose objects the callee drops for this call; empty where its name tells them."""
        own = _dropped(callee.name) if site.kind is CallKind.DIRECT else frozenset[str]()
        if not own:
            return own
        told = self._told(caller, site, own)
        if told is None:
            return self._unnamed(callee, own) if callee.module == caller.module else frozenset()
        return frozenset() if told == own else told

    def _told(self, caller: Function, site: CallSite, own: frozenset[str]) -> frozenset[str] | None:
        """Clauses 2 and 4; None where no frame tells anything."""
        for frame in caller.chain(site.location):
            name = caller.name_of(frame)
            if caller.drops and own <= dyn_traits(name) <= _dropped(caller.name):
                return caller.drops
            traits, is_complete = self._traits_of(caller, name)
            if traits:
                return own if own <= traits else traits if is_complete else traits | own
        return None

    def _traits_of(self, caller: Function, name: str) -> tuple[frozenset[str], bool]:
        """Traits that a function's name and the fields of the types in it tell, and whether these are all."""
        value = _DROPS_VALUE.fullmatch(name)
        if value is None:
            return dyn_traits(name), False
        return self._of(caller).traits_in(value[1])

    def _unnamed(self, callee: Function, own: frozenset[str]) -> frozenset[str]:
        """Clause 3."""
        glue = _GLUE.fullmatch(callee.name)
        if glue is None or callee.facts.linkage is not Linkage.INTERNAL:
            return frozenset()
        twins = self._of(callee).folded.get(_shape(_short(glue[1])), frozenset())
        return frozenset() if twins <= own else own | twins

    def _of(self, function: Function) -> "_Owned":
        known = self._owned.get(function.module)
        if known is None:
            known = self._owned[function.module] = _Owned(function.where)
        return known


class _Owned:
    """What values of a module's types own."""

    def __init__(self, where: ModuleFacts) -> None:
        self._where = where
        self._fields = {
            _short(each.name): tuple(_short(field.type_name) for field in each.fields if field.size)
            for each in where.described_types()
        }

    def traits_in(self, name: str) -> tuple[frozenset[str], bool]:
        """Traits of the objects that a value of a type owns, and whether all its types are described."""
        traits: set[str] = set()
        seen: set[str] = set()
        stack = [_short(name)]
        while stack and len(seen) < _MOST_TYPES:
            each = stack.pop()
            if each in seen or _BORROWED.match(each):
                continue
            seen.add(each)
            traits |= dyn_traits(each)
            stack += filter(None, generic_arguments(each))
            stack += self._fields.get(each, ())
        return frozenset(traits), not any(map(self._is_unknown, seen))

    def _is_unknown(self, name: str) -> bool:
        """Whether a type may own what nobody sees; a library's own nothing but its arguments."""
        return _PATH.match(name) is not None and not is_library(name) and name not in self._fields

    @cached_property
    def folded(self) -> Mapping[str, frozenset[str]]:
        """By shape: traits of the types whose glue the module does not have."""
        glued = set(self._glued())
        found: dict[str, frozenset[str]] = {}
        for name in self._fields.keys() - glued:
            inner = self._unwrapped(name)
            found[_shape(inner)] = found.get(_shape(inner), frozenset()) | dyn_traits(inner)
        return found

    def _glued(self) -> Iterator[str]:
        for symbol in (*self._where.functions, *self._where.aliases):
            glue = _GLUE.fullmatch(display_name(symbol)) if "drop_" in symbol else None
            if glue is not None:
                yield _short(glue[1])

    def _unwrapped(self, name: str) -> str:
        """What a type holds that holds one thing."""
        for _ in range(_MOST_TYPES):
            fields = self._fields.get(name, ())
            if dyn_traits(name) or len(fields) != 1:
                break
            name = fields[0]
        return name


@cache
def _dropped(name: str) -> frozenset[str]:
    """Clause 1."""
    return dyn_traits(name) if last_segment(without_generics(name)).startswith("drop") else frozenset()


@cache
def _short(name: str) -> str:
    return _DEFAULT_ALLOCATOR.sub("", name)


@cache
def _shape(name: str) -> str:
    return _DYN.sub("dyn _", name)

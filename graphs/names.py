"""Names of functions: demangling, the path that a user writes, and matching patterns against it.

Rust's v0 scheme prints an inherent method as ``<krate::Type<u64>>::method`` and a trait's as ``<T as Trait>::method``.
Users write the first as ``krate::Type::method``, so that is how it is displayed here, generic arguments kept.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

_LEGACY_HASH = re.compile(r"::h[0-9a-f]{16}$")
_CRATE = re.compile(r"[A-Za-z_]\w*")
_ANGLE = re.compile(r"<|(?<!-)>")
_BRACKET_OR_AS = re.compile(r"[<(\[{)\]}]|(?<!-)>| as ")
_CLOSURE = "::{closure#0}"

STANDARD_CRATES = frozenset({"alloc", "core", "std"})
"""The standard library, by what its paths begin with."""


def _demangler() -> Callable[[str], str]:
    """A demangler that raises `ValueError` for what is no symbol. Where no wheel of pyderust fits, the pure
    rust-demangler serves, fifty times slower."""
    try:
        from pyderust import DemangleError, demangle
    except ImportError:
        from rust_demangler import demangle  # type: ignore[no-redef]  # the same call by another package
        from rust_demangler.rust import TypeNotFoundError as DemangleError  # type: ignore[no-redef]  # as above

    def path_of(symbol: str) -> str:
        try:
            return str(demangle(symbol))
        except DemangleError as error:
            raise ValueError(symbol) from error

    return path_of


_demangle = _demangler()


@lru_cache(maxsize=200_000)
def display_name(symbol: str) -> str:
    """The path as a user knows it; a symbol that is not Rust's stays as it is."""
    if not symbol.startswith(("_R", "_ZN", "__R", "__ZN", "R")):
        return symbol
    plain = symbol.split(".llvm.", 1)[0]
    try:
        path = _demangle(plain)
    except ValueError:
        return symbol
    return _without_inherent_brackets(_LEGACY_HASH.sub("", path))


def _without_inherent_brackets(path: str) -> str:
    """``<a::B<u8>>::c`` becomes ``a::B<u8>::c``; ``<T as U>::c`` and ``<[T]>::c`` stay."""
    if not path.startswith("<"):
        return path
    end = _closing(path, 0)
    inner = path[1:end]
    is_path = inner[:1].isalpha() or inner[:1] == "_"
    if not is_path or not path.startswith("::", end + 1) or _top_level_as(inner) >= 0 or inner.startswith("dyn "):
        return path
    return inner + path[end + 1 :]


def _closing(path: str, opening: int) -> int:
    depth = 0
    for mark in _ANGLE.finditer(path, opening):
        depth += 1 if mark[0] == "<" else -1
        if depth == 0:
            return mark.start()
    return len(path)


def _top_level_as(inner: str) -> int:
    """Offset of `` as `` outside of brackets, or -1."""
    depth = 0
    for mark in _BRACKET_OR_AS.finditer(inner):
        if mark[0] == " as ":
            if depth == 0:
                return mark.start()
        else:
            depth += 1 if mark[0] in "<([{" else -1
    return -1


def last_segment(path: str) -> str:
    """Of a path, without generic arguments: ``Plant`` of ``plant::Plant<u64>``."""
    return without_generics(path).rsplit("::", 1)[-1]


@lru_cache(maxsize=200_000)
def without_generics(path: str) -> str:
    """Drop generic arguments, keep the brackets of a qualified path: ``<a::B<u8> as c::D<E>>::f::<G>`` becomes
    ``<a::B as c::D>::f``."""
    if "<" not in path:
        return path
    kept: list[str] = []
    position = 0
    while position < len(path):
        mark = path[position]
        if mark != "<":
            kept.append(mark)
            position += 1
            continue
        end = _closing(path, position)
        if _opens_qualified_path(path, position, end):
            kept.append(f"<{without_generics(path[position + 1 : end])}>")
        elif kept[-2:] == [":", ":"]:
            del kept[-2:]
        position = end + 1
    return "".join(kept)


def _opens_qualified_path(path: str, opening: int, end: int) -> bool:
    before = path[opening - 1] if opening else " "
    starts_a_type = before in " <(&[,*"
    return starts_a_type and path.startswith("::", end + 1)


def trait_method(path: str) -> tuple[str, str, str] | None:
    """``(type, trait, method)`` of ``<type as trait>::method``, generic arguments of type and trait kept."""
    if not path.startswith("<"):
        return None
    end = _closing(path, 0)
    inner = path[1:end]
    split = _top_level_as(inner)
    if split < 0 or not path.startswith("::", end + 1):
        return None
    return inner[:split], inner[split + 4 :], path[end + 3 :]


def receiver_type(path: str) -> str:
    """What ``self`` of a method is: ``a::B<u64>`` of ``a::B<u64>::push::<C>``, ``T`` of ``<T as Trait>::method``. Of a
    function that is no method, the module."""
    qualified = trait_method(path)
    if qualified:
        return qualified[0]
    depth, end = 0, len(path)
    for position in range(len(path) - 1, 0, -1):
        mark = path[position]
        is_arrow = mark == ">" and path[position - 1] == "-"
        depth += 0 if is_arrow else (mark == ">") - (mark == "<")
        if depth == 0 and path.startswith("::", position - 1) and not path.startswith("::<", position - 1):
            end = position - 1
            break
    holder = path[:end]
    return holder[1:-1] if holder.startswith("<") and holder.endswith(">") else holder


@lru_cache(maxsize=200_000)
def method_name(path: str) -> str:
    """Last segment without generic arguments: ``process`` of ``<A as Op>::process``."""
    return without_generics(path).rsplit("::", 1)[-1]


def crate_of(path: str) -> str:
    """The crate in whose namespace the function stands: that of the type in ``<type as trait>::method`` where it is a
    path, else that of the trait; empty where the name is no Rust path. Methods of slices, pointers and the like
    (``<[u64]>::split_at``) are the standard library's, told as ``core``."""
    qualified = trait_method(path)
    if path.startswith("<") and not qualified:
        return "core"
    for candidate in (qualified[0], qualified[1]) if qualified else (path,):
        match = _CRATE.match(candidate)
        if match and candidate.startswith("::", match.end()):
            return match[0]
    return ""


class Pattern:
    """A path as the contract describes it, compiled.

    1. With generic arguments it is compared with the whole name, without them with the name without its own.
    2. ``*`` stands for one segment or a part of it, ``**`` for any number of segments; ``<* as Trait>`` and
       ``<_ as Trait>`` are any type. ``{closure}`` is any closure of the function before it.
    3. ``Type::method`` also finds ``<Type as Trait>::method``, and ``Trait::method`` the method of every implementor.
    4. The name of an ``async fn`` finds its poll function, ``{closure#0}`` inside it: a name without wildcards that
       matches no function itself.
    5. A path that names no crate matches behind any ``::``; `select` uses that only where nothing matches in full.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._has_generics = without_generics(text) != text
        body = re.escape(text).replace(r"\*\*", ".*").replace(r"\*", r"[^:]*")
        body = re.sub(r"<(?:_|\[\^:\]\*)\\ as\\ ", lambda _: r"<.*\ as\ (?:.*::)?", body)
        body = body.replace(r"\{closure\}", r"\{closure\#\d+\}")
        self._full = re.compile(body)
        self._tail = re.compile(r"(?:.*::|.*[ <])?" + body)

    def select(self, names: Iterable[str]) -> list[str]:
        """The names that match in full, or, where none does, those whose tail does; sorted."""
        listed = sorted(set(names))
        for expression in (self._full, self._tail):
            for forms in (_forms, _poll_forms) if "*" not in self.text else (_forms,):
                found = [name for name in listed if self._matches(expression, forms(self._plain(name)))]
                if found:
                    return found
        return []

    def _plain(self, name: str) -> str:
        return name if self._has_generics else without_generics(name)

    def _matches(self, expression: re.Pattern[str], forms: Iterable[str]) -> bool:
        return any(expression.fullmatch(form) for form in forms)


def _forms(name: str) -> Iterator[str]:
    yield name
    qualified = trait_method(name)
    if qualified:
        yield f"{qualified[0]}::{qualified[2]}"
        yield f"{qualified[1]}::{qualified[2]}"


def _poll_forms(name: str) -> Iterator[str]:
    if name.endswith(_CLOSURE):
        yield from _forms(name.removesuffix(_CLOSURE))

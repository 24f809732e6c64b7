"""From a finding to the change that removes it, in the user's own names: a sentence, and code to start from.

What the user's line says is used where it can be read; where no example is known for what was called, the advice of the
rule is the change, and the code that it shows is the example.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from ringfence.graphs.names import crate_of, method_name, trait_method, without_generics
from ringfence.pipeline.report.error_text import makes_error_text
from ringfence.pipeline.report.model import Finding, Step
from ringfence.pipeline.report.names import is_standard, shorten
from ringfence.pipeline.report.written import NOTHING_WRITTEN, WrittenCall, written_call

_TEXT = re.compile(r"^<(?:str|alloc::string::String|&str) as |^<alloc::string::String as core::convert::From<&str>>")
_STATEMENT = re.compile(r"[;(]|\[\[|#\[")
_STATIC = re.compile(r"\b[A-Z][A-Z0-9_]{2,}\b")
_ASSIGNED = re.compile(r"^\s*(\*?[\w.\[\]]+)\s*=\s*([^=].*);")
_NAME = re.compile(r"\w+")
_SENTENCE = re.compile(r"[.;]\s")
_DROPPED = re.compile(r"::drop_(?:in_place|glue)::<(.*)>$")
_ACQUIRES = re.compile(r"(?:try_)?(?:lock|read|write|upgradable_read)(?:_\w+)?$")
_MOST_VARIANTS = 4
_INSIDE = frozenset({"RF101", "RF102", "RF103", "RF402", "RF902"})
"""What a library does to the heap, and whom it calls, is its own affair."""
_OF_A_QUEUE = re.compile(r"(?:\w+_)?(?:send|recv|push|pop|enqueue|dequeue)(?:_\w+)?$")


@dataclass(frozen=True, slots=True)
class Change:
    """What to write instead."""

    sentence: str
    code: str
    """Rust; empty where nothing can be shown."""
    of: str = ""
    """What is changed, where that is a field and no call: changed once, it is changed for all calls."""


@dataclass(frozen=True, slots=True)
class _Site:
    """A finding's call in the user's words."""

    finding: Finding
    called: str
    """The function that the user's line calls, as Rust prints it."""
    caller: str
    line: str
    start: int
    call: WrittenCall
    is_method: bool
    """The user's function has a ``self``, as far as its path tells."""
    is_error_text: bool = False
    """The call makes text for an error."""

    @property
    def owner(self) -> str:
        """Path of the type that the user's function belongs to, or of its module."""
        return without_generics(self.caller).rsplit("::", 1)[0]

    @property
    def value(self) -> str:
        """What the call is made on."""
        return self.call.receiver or "value"

    @property
    def keeper(self) -> str:
        """A buffer that lives on, named after what the result was called."""
        name = self.call.binding or "scratch"
        return f"self.{name}" if self.is_method else name

    @property
    def kept_in(self) -> str:
        """Where such a buffer lives."""
        return "a field that is made once" if self.is_method else "handed in by the caller, made once"


def change_for(finding: Finding, own: int, line: str, start: int) -> Change:
    """The change at the user's frame with the number ``own`` of the path, whose source is ``line``; the word that is
    meant begins at ``start``."""
    called = finding.path[own + 1].function if 0 <= own < len(finding.path) - 1 else ""
    method = method_name(called).rstrip("!") if called else ""
    call = written_call(line, start, method) if method else NOTHING_WRITTEN
    caller = finding.path[own] if 0 <= own < len(finding.path) else None
    is_method = caller is not None and _has_self(caller)
    is_error_text = makes_error_text(finding.path, own, line, start)
    site = _Site(finding, called, caller.function if caller else "", line, start, call, is_method, is_error_text)
    make = _in_general(site) or _EXAMPLES.get(finding.rule, {}).get(method) or _BY_RULE.get(finding.rule)
    made = make(site) if make else None
    return made or _of_others(site) or _from_advice(finding)


def _of_others(site: _Site) -> Change | None:
    """What a library's function does inside cannot be mended by its caller."""
    name = method_name(site.called)
    if site.finding.rule not in _INSIDE or not _is_inside(site):
        return None
    crate, holder = crate_of(site.called), without_generics(site.called).split("::")[-2]
    name = f"{holder}::{name}" if holder[:1].isupper() and holder.isidentifier() else name
    if site.finding.rule in ("RF402", "RF902"):
        return Change(
            f"call `{name}` of `{crate}` outside of the hot path, or one that calls nothing it was handed", ""
        )
    return Change(
        f"call `{name}` of `{crate}` outside of the hot path, or a form of it that fills a buffer of yours", ""
    )


def _is_inside(site: _Site) -> bool:
    """The user's line calls a library's function that is named, and is no drop of a value."""
    is_library = "::" in site.called and not is_standard(site.called, None)
    return is_library and method_name(site.called).isidentifier() and "drop_" not in site.called


def _from_advice(finding: Finding) -> Change:
    """The advice itself, its first sentence; its longest piece of code is the example."""
    parts = finding.help.rstrip(".").split("`")
    codes = [part for part in parts[1::2] if _STATEMENT.search(part)]
    code = max(codes, key=len, default="").replace("; ", ";\n")
    # A mark that no advice has stands for the code while sentences are told apart.
    words = _SENTENCE.split("\0".join(parts[::2]))[0]
    spans = iter(parts[1::2])
    return Change("".join(f"`{next(spans)}`" if mark == "\0" else mark for mark in words), code)


def _has_self(step: Step) -> bool:
    """A method's path has its type before its name."""
    plain = without_generics(step.function).split("::{")[0]
    return plain.startswith("<") or any(part[:1].isupper() for part in plain.split("::")[-2:-1])


def _in_general(site: _Site) -> Callable[[_Site], Change | None] | None:
    """What holds whatever was called."""
    if site.finding.class_ == "first-use" and not site.finding.rule.startswith("RF9"):
        return _at_start
    if site.is_error_text and site.finding.rule in ("RF101", "RF102", "RF503"):
        return _kept_in_error
    is_foreign = site.called.isidentifier() and not site.called.startswith("__")
    return _elsewhere if is_foreign and site.finding.rule in ("RF101", "RF102", "RF201", "RF202") else None


def _kept_in_error(site: _Site) -> Change:
    """The values, of which the text is made where somebody reads it."""
    if _TEXT.match(site.called):
        return Change("name it in the error by an id or an `Arc<str>`, instead of copying its text", "")
    sentence = "keep the values in the error and write its text in its `Display`, where it is shown"
    if method_name(site.called) == "to_string" and site.call.receiver:
        return Change(sentence, site.line.strip().replace(f"{site.value}.to_string()", site.value, 1))
    return Change(sentence, f"// in `Display::fmt` of the error\nwrite!(f, {site.call.arguments or '…'})")


def _at_start(site: _Site) -> Change:
    """What is made lazily, made before the first event."""
    names = _STATIC.findall(site.line.split("//")[0])
    sentence = "do this once at start: here the first call pays for it"
    if not names:
        return Change(sentence, "")
    name, functions = names[0], " ".join(step.function for step in site.finding.path)
    touch = f"LazyLock::force(&{name});" if "Lazy" in functions else f"{name}.with(|_| ());"
    if "::Once" in functions and "Lazy" not in functions:
        touch = f"{name}.{method_name(site.called)}({site.call.arguments or '…'});"
    return Change(sentence, f"// at start, before the first event\n{touch}")


def _elsewhere(site: _Site) -> Change:
    """A thread that may wait does it."""
    name = method_name(site.called)
    requests = "self.requests" if site.is_method else "requests"
    variant = "".join(word.capitalize() for word in name.split("_"))
    given = f"({site.call.arguments})" if site.call.arguments and "|" not in site.call.arguments else ""
    code = f"// {requests}: an SPSC queue to a thread that may wait\n{requests}.push(Request::{variant}{given})?;"
    return Change(f"call `{name}` on another thread, which is told through a queue", code)


def _blocked(site: _Site) -> Change | None:
    is_named = site.called and not _DROPPED.search(site.called) and method_name(site.called).isidentifier()
    return _elsewhere(site) if is_named else None


def _waited(site: _Site) -> Change | None:
    """A library's function that waits for another thread."""
    name = _of_library(site)
    sentence = f"call `{name}` of `{crate_of(site.called)}` on a thread that may wait"
    if _OF_A_QUEUE.match(name):
        sentence = f"use a queue whose `{name}` waits for nobody, such as a single-producer, single-consumer ring"
    return Change(sentence, "") if name else None


def _locked_inside(site: _Site) -> Change | None:
    """A library's function that locks: there is no guard in the user's code to give back."""
    name = _of_library(site)
    sentence = f"call `{name}` of `{crate_of(site.called)}` on one thread, which owns what it locks"
    return Change(sentence, "") if name and "cycle" not in site.finding.detail else None


def _of_library(site: _Site) -> str:
    """The name of the library's function that the user's line calls; empty where that is none, or std's."""
    name = method_name(site.called)
    is_told = "::" in site.called and name.isidentifier() and not _DROPPED.search(site.called)
    return name if is_told and not is_standard(site.called, None) and not _ACQUIRES.match(name) else ""


def _into_string(site: _Site) -> Change | None:
    value, keeper = site.value, site.keeper
    is_text = bool(_TEXT.match(site.called))
    if site.called.startswith("<["):
        return _to_vec(site)
    if not is_text and method_name(site.called) != "to_string":
        return None
    append = f"{keeper}.push_str(&{value});" if is_text else f'write!({keeper}, "{{}}", {value})?;'
    code = f"// {keeper}: String, {site.kept_in}\n{keeper}.clear();\n{append}"
    return Change(f"write `{value}` into a `String` that lives on, or keep it as `Arc<str>` or an id", code)


def _format(site: _Site) -> Change:
    arguments = site.call.arguments or "…"
    code = f"// {site.keeper}: String, {site.kept_in}\n{site.keeper}.clear();\nwrite!({site.keeper}, {arguments})?;"
    return Change("do not format on the hot path; where it must be, write into a `String` that lives on", code)


def _to_vec(site: _Site) -> Change:
    value, keeper = site.value, site.keeper
    code = f"// {keeper}: Vec<_>, {site.kept_in}\n{keeper}.clear();\n{keeper}.extend_from_slice(&{value});"
    return Change(f"pass `{value}` on as a slice, or copy it into a buffer that lives on", code)


def _clone(site: _Site) -> Change:
    value, keeper = site.value, site.keeper
    # What a call returns to be cloned is a reference already.
    lent = value if value.endswith((")", "?")) else f"&{value}"
    code = (
        f"// lend it\nlet {site.call.binding or 'lent'} = {lent};\n"
        f"// or copy into a value that lives on: {keeper}, {site.kept_in}\n{keeper}.clone_from({lent});"
    )
    return Change(f"lend `{value}`, or share it as an `Arc`, instead of cloning it", code)


def _collect(site: _Site) -> Change:
    value, keeper = site.call.receiver or "items", site.keeper
    code = f"// {keeper}: Vec<_>, {site.kept_in}\n{keeper}.clear();\n{keeper}.extend({value});"
    return Change("consume the iterator in place, or collect into a buffer that lives on", code)


def _boxed(site: _Site) -> Change | None:
    container = _container(site.called)
    if container in ("Rc", "Arc"):
        kept = f"self.{site.call.binding or 'shared'}" if site.is_method else site.call.binding or "shared"
        handle = f"let {site.call.binding or 'handle'} = {container}::clone(&{kept});"
        code = f"// {kept}: {container}<_>, made at start\n{handle}"
        return Change(f"make the `{container}` once, at start, and hand out clones of it", code)
    if container != "Box":
        return None
    pool = "self.pool" if site.is_method else "pool"
    value = site.call.arguments or "…"
    name = site.call.binding or "slot"
    code = f"// {pool}: Vec<Box<_>>, filled at start\nlet mut {name} = {pool}.pop().ok_or(Full)?;\n*{name} = {value};"
    return Change("take the object from a pool that is filled at start, or keep it by value", code)


def _made(site: _Site) -> Change:
    code = f"// {site.keeper}: {site.kept_in}, with its largest capacity\n{site.keeper}.clear();"
    return Change("make the container once, at start, and clear it for each event", code)


def _grown(site: _Site) -> Change | None:
    name = site.call.field
    if not name:
        return None
    container = _container(site.called)
    if site.finding.class_ == "hot":
        kept = f"self.{name}" if site.is_method and "." not in site.call.receiver else site.call.receiver
        code = f"// {kept}: {site.kept_in}; neither `mem::take` nor a new one\n{kept}.clear(); // once for each call"
        return Change(f"keep `{name}` from call to call: a new container grows every time", code)
    capacity = f"MOST_{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', name).upper()}"
    code = f"// at start\n{name}: {container}::with_capacity({capacity}),"
    sentence = f"reserve `{name}` at start for the most that it will hold, and check the bound"
    return Change(sentence, code, f"{site.owner}.{name}: {container}")


def _container(called: str) -> str:
    """``Vec`` of ``alloc::vec::Vec<u64>::push``."""
    parts = without_generics(called).lstrip("<").split(" as ")[0].split("::")
    return next((part for part in reversed(parts) if part[:1].isupper()), "Vec")


def _owned_by_one(site: _Site) -> Change | None:
    name = site.call.field
    if not name or "cycle" in site.finding.detail:
        return None
    owner = "self." if site.is_method else ""
    type_ = site.finding.detail.get("type")
    of = f" /* {shorten(str(type_))} */" if type_ else ""
    code = (
        f"// `{name}`{of} belongs to this thread; others send what to do with it (SPSC queue)\n"
        f"while let Some(change) = {owner}{name.lower()}_changes.pop() {{\n"
        f"    {owner}{name.lower()}.apply(change);\n}}"
    )
    return Change(f"give `{name}` to one thread and send it changes, instead of locking it", code, f"{name}: {type_}")


def _published(site: _Site) -> Change | None:
    name = site.call.field
    if not name or "cycle" in site.finding.detail:
        return None
    code = f"// {name}: arc_swap::ArcSwap<_>; the writer stores a new value\nlet {name} = {site.call.receiver}.load();"
    of = f"{name}: {site.finding.detail.get('type')}"
    return Change(f"publish `{name}` through an atomic pointer, instead of locking it to read", code, of)


def _one_of(site: _Site) -> Change | None:
    """An enum of the implementations that the build has."""
    listed = msgspec.convert(site.finding.detail.get("candidates", ()), tuple[str, ...])
    found = [trait_method(name.rsplit(" [", 1)[0]) for name in listed]
    types = list(dict.fromkeys(_type_name(each[0]) for each in found if each))
    method = str(site.finding.detail.get("method") or "").rsplit("::", 1)[-1] or method_name(site.finding.sink)
    if not types or len(types) > _MOST_VARIANTS or not all(name.isidentifier() for name in types):
        return None
    trait = next((_type_name(each[1]) for each in found if each), "Any")
    variants = ", ".join(f"{name}({name})" for name in types)
    arms = "\n".join(f"    Any{trait}::{name}(each) => each.{method}({site.call.arguments})," for name in types)
    value = site.call.receiver or trait.lower()
    code = f"enum Any{trait} {{ {variants} }}\n\nmatch {value} {{\n{arms}\n}}"
    return Change(f"use an enum of the implementations of `{trait}`: each call is direct and can be inlined", code)


def _type_name(path: str) -> str:
    return without_generics(path).rsplit("::", 1)[-1]


def _generic(site: _Site) -> Change | None:
    if _is_inside(site):
        return None
    word = _NAME.match(site.line, site.start)
    called = word[0] if word and word[0] not in ("self", "let", "if", "match", "return") else "callback"
    names = [part for part in without_generics(site.caller).split("::") if part.isidentifier()]
    code = f"fn {names[-1] if names else 'each'}<F: FnMut(…) -> …>(…, mut {called}: F) {{ … }}"
    return Change(f"take `{called}` as a generic parameter, so that its calls are direct", code)


def _handed_out(site: _Site) -> Change | None:
    if _is_inside(site):
        return None
    retired = "self.retired" if site.is_method else "retired"
    dropped = _DROPPED.search(site.called)
    of = f" // {shorten(dropped[1])}" if dropped else ""
    value = site.call.arguments if method_name(site.called) in ("drop", "free") else ""
    value = value or site.call.binding or "value"
    assigned = _ASSIGNED.match(site.line.split("//")[0].rstrip()) if dropped else None
    if assigned:
        place = assigned[1][1:] if assigned[1].startswith("*") else f"&mut {assigned[1]}"
        value = f"std::mem::replace({place}, {assigned[2]})"
    code = f"// {retired}: a queue to a thread that frees\n{retired}.push({value});{of}"
    return Change("hand the value to a pool or to another thread, instead of freeing it here", code)


def _indexed(site: _Site) -> Change:
    value = site.call.receiver or "table"
    key = site.call.arguments.lstrip("&") or "key"
    name = site.call.binding or "found"
    code = f"// keys are small numbers: a table with a slot for each\nlet {name} = &{value}[{key} as usize];"
    return Change(f"look `{value}` up by index, or outside of the loop, instead of hashing a key for each item", code)


_Make = Callable[[_Site], Change | None]
_GROWTH: Mapping[str, _Make] = dict.fromkeys(
    ("push", "push_back", "push_front", "extend", "extend_from_slice", "insert", "push_str", "entry", "reserve"), _grown
)
_COPIES: Mapping[str, _Make] = {"clone": _clone, "to_vec": _to_vec, "to_owned": _clone}
_EXAMPLES: Mapping[str, Mapping[str, _Make]] = {
    "RF101": {
        "to_string": _into_string,
        "from": _into_string,
        "to_owned": _into_string,
        "format": _format,
        "to_vec": _to_vec,
        "clone": _clone,
        "collect": _collect,
        "new": _boxed,
        "with_capacity": _made,
        "from_elem": _made,
        **_GROWTH,
    },
    "RF102": {"format": _format, "collect": _collect, **_GROWTH},
    "RF104": _COPIES,
    "RF201": {
        **dict.fromkeys(("lock", "write", "try_lock", "try_write", "lock_arc"), _owned_by_one),
        **dict.fromkeys(("read", "try_read", "upgradable_read"), _published),
    },
    "RF306": {"get": _indexed, "get_mut": _indexed, "contains_key": _indexed},
    "RF501": _COPIES,
}
_BY_RULE: Mapping[str, _Make] = {
    "RF103": _handed_out,
    "RF201": _locked_inside,
    "RF202": _blocked,
    "RF203": _waited,
    "RF401": _one_of,
    "RF402": _generic,
}

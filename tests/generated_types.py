"""Rust types made at random from a seed, and a program that prints what rustc made of them.

The program prints a line a type, ``name|size|align|field=offset:size|…``; the fields of an enum are measured in a value
of each variant, since `offset_of!` of a variant is not stable.
"""

from dataclasses import dataclass
from random import Random

_BASIC = ("u8", "i8", "bool", "u16", "u32", "i32", "char", "f64", "u64", "u128", "usize")
_NICHED = ("Option<Box<u32>>", "Box<u16>", "NonZeroU32", "Option<NonZeroU64>", "Option<bool>", "&'static str", "String")
_OTHER = (
    "(u8, u32)",
    "(u16, (u8, u64))",
    "()",
    "PhantomData<u64>",
    "Vec<u8>",
    "Option<u64>",
    "AtomicU64",
    "fn(u8) -> u8",
)
_HEAD = """#![allow(dead_code, unused, irrefutable_let_patterns)]
use std::marker::PhantomData;
use std::mem::{align_of, offset_of, size_of, size_of_val, align_of_val};
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::atomic::AtomicU64;

pub trait Make { fn make() -> Self; }
macro_rules! make { ($($type:ty => $value:expr),* $(,)?) => {
    $(impl Make for $type { fn make() -> Self { $value } })*
} }
make! {
    u8 => 1, i8 => 1, bool => true, u16 => 1, u32 => 1, i32 => 1, char => 'a', f64 => 1.0, u64 => 1, u128 => 1,
    usize => 1,
    Option<Box<u32>> => None,
    Box<u16> => Box::new(1), NonZeroU32 => NonZeroU32::MIN, Option<NonZeroU64> => None,
    Option<bool> => None, &'static str => "",
    String => String::new(), (u8, u32) => (1, 1),
    (u16, (u8, u64)) => (1, (1, 1)),
    () => (), PhantomData<u64> => PhantomData, Vec<u8> => Vec::new(), Option<u64> => None,
    AtomicU64 => AtomicU64::new(1),
    fn(u8) -> u8 => |each| each,
}
impl<T: Make, const N: usize> Make for [T; N] {
    fn make() -> Self { std::array::from_fn(|_| T::make()) } }
#[inline(never)] pub fn seen<T>(value: &T) { std::hint::black_box(value as *const T); }
"""


@dataclass(frozen=True, slots=True)
class _Type:
    """One type: its definition, the lines of ``main`` that measure it, and what may hold it."""

    name: str
    definition: str
    measure: str
    is_copy: bool = False
    is_aligned: bool = False
    """It, or a part of it, has ``repr(align)``: a packed type may not hold it."""


def program(seed: int, count: int) -> str:
    """A crate's ``main.rs`` with that many structs, enums, unions, generic instances, closures and async functions."""
    random = Random(seed)  # noqa: S311 - the same types every time, nothing secret
    types: list[_Type] = []
    kinds = (_struct, _struct, _tuple, _enum, _enum, _plain_enum, _union, _generic, _closure, _machine)
    for number in range(count):
        types.append(kinds[number % len(kinds)](random, number, types))
    body = "\n".join(each.measure for each in types)
    return "\n".join([_HEAD, *(each.definition for each in types), "fn main() {", body, "}", ""])


def _field(random: Random, types: list[_Type], *, is_copy: bool = False, is_packed: bool = False) -> tuple[str, bool]:
    """The type of a field, and whether it is aligned."""
    fitting = [each for each in types if not (is_copy and not each.is_copy) and not (is_packed and each.is_aligned)]
    fitting = [each for each in fitting if each.name]
    choice = random.random()
    if fitting and choice < 0.3:
        held = random.choice(fitting)
        return held.name, held.is_aligned
    plain = random.choice(_BASIC if is_copy or choice < 0.6 else _NICHED + _OTHER)
    if choice > 0.8 and plain in _BASIC:
        return f"[{plain}; {random.randint(0, 40)}]", False
    return (plain, False) if plain != "AtomicU64" else ("u64", False) if is_packed else (plain, True)


def _fields(random: Random, types: list[_Type], least: int = 0, **limits: bool) -> tuple[list[str], bool]:
    found = [_field(random, types, **limits) for _ in range(random.randint(max(least, 0), 6))]
    return [name for name, _ in found], any(aligned for _, aligned in found)


def _measured(name: str, fields: list[tuple[str, str]]) -> str:
    offsets = "".join(
        f'print!("|{field}={{}}:{{}}", offset_of!({name}, {field}), size_of::<{kind}>());' for field, kind in fields
    )
    return f"{_sized(name)} {offsets} println!(); seen(&<{name}>::make());"


def _sized(name: str) -> str:
    return f'print!("{{}}|{{}}|{{}}", std::any::type_name::<{name}>(), size_of::<{name}>(), align_of::<{name}>());'


def _struct(random: Random, number: int, types: list[_Type]) -> _Type:
    name = f"S{number}"
    form = random.choice(
        ("", "", "C", "packed", "C, packed(2)", "packed(4)", "align(32)", "C, align(64)", "align(128)")
    )
    kinds, held = _fields(random, types, is_packed="packed" in form)
    fields = [(f"f{position}", kind) for position, kind in enumerate(kinds)]
    head = f"#[repr({form})] " if form else ""
    listed = ", ".join(f"pub {field}: {kind}" for field, kind in fields)
    made = ", ".join(f"{field}: Make::make()" for field, _ in fields)
    definition = (
        f"{head}pub struct {name} {{ {listed} }}\n"
        f"impl Make for {name} {{ fn make() -> Self {{ {name} {{ {made} }} }} }}"
    )
    return _Type(name, definition, _measured(name, fields), is_aligned=held or "align(" in form)


def _tuple(random: Random, number: int, types: list[_Type]) -> _Type:
    name = f"P{number}"
    kinds, held = _fields(random, types, least=1)
    transparent = random.random() < 0.3
    kinds = kinds[:1] if transparent else kinds
    head = "#[repr(transparent)] " if transparent else ""
    listed, made = ", ".join(f"pub {kind}" for kind in kinds), ", ".join("Make::make()" for _ in kinds)
    definition = (
        f"{head}pub struct {name}({listed});\nimpl Make for {name} {{ fn make() -> Self {{ {name}({made}) }} }}"
    )
    return _Type(name, definition, _measured(name, [(str(at), kind) for at, kind in enumerate(kinds)]), is_aligned=held)


def _enum(random: Random, number: int, types: list[_Type]) -> _Type:
    name = f"E{number}"
    head = random.choice(("", "", "", "#[repr(u8)] ", "#[repr(C)] ", "#[repr(i32)] "))
    variants: list[tuple[str, list[str]]] = []
    aligned = False
    for position in range(random.randint(1, 5)):
        kinds, held = _fields(random, types)
        variants.append((f"V{position}", kinds if random.random() < 0.7 else []))
        aligned = aligned or held
    listed = ", ".join(
        _variant(variant, [f"f{at}: {kind}" for at, kind in enumerate(kinds)]) for variant, kinds in variants
    )
    made = _variant(variants[0][0], [f"f{at}: Make::make()" for at in range(len(variants[0][1]))])
    definition = (
        f"{head}pub enum {name} {{ {listed} }}\nimpl Make for {name} {{ fn make() -> Self {{ {name}::{made} }} }}"
    )
    measure = [_sized(name)]
    for variant, kinds in variants:
        value = _variant(variant, [f"f{at}: Make::make()" for at in range(len(kinds))])
        bound = _variant(variant, [f"f{at}" for at in range(len(kinds))])
        inner = "".join(
            f'print!("|{variant}.f{at}={{}}:{{}}", '
            f"f{at} as *const _ as usize - &v as *const _ as usize, size_of_val(f{at}));"
            for at in range(len(kinds))
        )
        measure.append(f"{{ let v = {name}::{value}; if let {name}::{bound} = &v {{ {inner} }} seen(&v); }}")
    return _Type(name, definition, " ".join([*measure, "println!();"]), is_aligned=aligned)


def _variant(name: str, parts: list[str]) -> str:
    return f"{name} {{ {', '.join(parts)} }}" if parts else name


def _plain_enum(random: Random, number: int, types: list[_Type]) -> _Type:
    del types
    name = f"C{number}"
    values = sorted(random.sample(range(-120, 120), random.randint(2, 9)))
    listed = ", ".join(f"V{at} = {value}" for at, value in enumerate(values))
    head = random.choice(("", "#[repr(i8)] ", "#[repr(i64)] ", "#[repr(C)] "))
    definition = (
        f"#[derive(Clone, Copy)] {head}pub enum {name} {{ {listed} }}\n"
        f"impl Make for {name} {{ fn make() -> Self {{ {name}::V0 }} }}"
    )
    told = "".join(f'print!("|V{at}={{}}:0", {name}::V{at} as i64);' for at in range(len(values)))
    return _Type(name, definition, f"{_sized(name)} {told} println!(); seen(&{name}::make());", is_copy=True)


def _union(random: Random, number: int, types: list[_Type]) -> _Type:
    name = f"U{number}"
    head = random.choice(("", "#[repr(C)] ", "#[repr(C, packed)] "))
    kinds, held = _fields(random, types, least=1, is_copy=True, is_packed="packed" in head)
    fields = [(f"f{at}", kind) for at, kind in enumerate(kinds)]
    listed = ", ".join(f"pub {field}: {kind}" for field, kind in fields)
    definition = (
        f"#[derive(Clone, Copy)] {head}pub union {name} {{ {listed} }}\n"
        f"impl Make for {name} {{ fn make() -> Self {{ {name} {{ f0: Make::make() }} }} }}"
    )
    return _Type(name, definition, _measured(name, fields), is_copy=True, is_aligned=held)


def _generic(random: Random, number: int, types: list[_Type]) -> _Type:
    (first, one), (second, two) = _field(random, types), _field(random, types)
    name = f"G{number}<{first}, {second}>"
    fields = [("a", "u8"), ("b", first), ("c", second), ("d", f"[{first}; 3]"), ("e", f"Option<{second}>")]
    definition = (
        f"pub struct G{number}<A, B> {{ pub a: u8, pub b: A, pub c: B, pub d: [A; 3], pub e: Option<B> }}\n"
        f"impl<A: Make, B: Make> Make for G{number}<A, B> {{ fn make() -> Self {{ "
        f"G{number} {{ a: 1, b: A::make(), c: B::make(), d: Make::make(), e: None }} }} }}"
    )
    # Nothing holds it: a name of generic arguments that hold each other would only grow.
    shown = _Type(name, definition, _measured(name, fields), is_aligned=one or two)
    return _Type("", shown.definition, shown.measure)


def _closure(random: Random, number: int, types: list[_Type]) -> _Type:
    kinds, _ = _fields(random, types, least=1)
    taken = "".join(f"let v{at} = <{kind}>::make(); " for at, kind in enumerate(kinds))
    used = "".join(f"seen(&v{at}); " for at in range(len(kinds)))
    definition = f"pub fn closure{number}() -> impl Fn() {{ {taken} move || {{ {used} }} }}"
    return _Type("", definition, _unnamed(f"closure{number}::{{closure_env#0}}", f"closure{number}()", "value();"))


def _machine(random: Random, number: int, types: list[_Type]) -> _Type:
    kinds, _ = _fields(random, types, least=1)
    taken = "".join(f"let v{at} = <{kind}>::make(); std::future::ready(()).await; " for at, kind in enumerate(kinds))
    used = "".join(f"seen(&v{at}); " for at in range(len(kinds)))
    definition = f"pub async fn wait{number}() {{ {taken} {used} }}"
    poll = (
        "let mut value = Box::pin(value); let waker = std::task::Waker::noop(); "
        "let _ = std::future::Future::poll(value.as_mut(), &mut std::task::Context::from_waker(waker));"
    )
    return _Type("", definition, _unnamed(f"wait{number}::{{async_fn_env#0}}", f"wait{number}()", poll))


def _unnamed(name: str, made: str, used: str) -> str:
    shown = name.replace("{", "{{").replace("}", "}}")
    return (
        f'{{ let value = {made}; println!("generated::{shown}|{{}}|{{}}", size_of_val(&value), align_of_val(&value)); '
        f"{used} }}"
    )

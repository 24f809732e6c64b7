"""Modules that no compiler writes by chance: what is huge, deep or circular is read and judged all the same."""

from unit.ir_modules import ALLOC, Linked, Source, Symbols, link

from ringfence.graphs.facts import ModuleFacts, encode_types
from ringfence.graphs.program import Program


def below_root(body: str, *, functions: str) -> Linked:
    source = Source()
    root = source.subprogram("root", "/own/lib.rs")
    code = f"{functions}\ndefine void @root(ptr %p) !dbg {root} {{\n{body}\n  ret void }}"
    return link(source.module(code.replace("{at}", source.at(root, 4))))


def allocates(linked: Linked) -> bool:
    return any(call.symbol == ALLOC for calls in linked.hot_path.reached.externals.values() for call in calls)


def test_a_name_of_ten_megabytes() -> None:
    name = "x" * 10_000_000
    functions = f"define void @{name}() {{\n  %1 = call ptr @{ALLOC}(i64 8, i64 8)\n  ret void }}"
    assert allocates(below_root(f"  call void @{name}(), !dbg {{at}}", functions=functions))


def test_twenty_thousand_calls_deep() -> None:
    depth = 20_000
    chain = "".join(
        f"define void @f{number}() {{ call void @f{number + 1}()\n ret void }}\n" for number in range(depth)
    )
    last = f"define void @f{depth}() {{ %1 = call ptr @{ALLOC}(i64 8, i64 8)\n ret void }}"
    linked = below_root("  call void @f0(), !dbg {at}", functions=chain + last)
    assert (len(linked.names()), allocates(linked)) == (depth + 2, True)


def test_recursion_through_direct_virtual_and_pointer_calls_and_drops_ends() -> None:
    functions = f"""
    @vtable = private constant <{{ ptr, [16 x i8], ptr }}> <{{ ptr @glue, [16 x i8] zeroinitializer, ptr @method }}>
    define void @direct(ptr %p) {{ call void @root(ptr %p)
      ret void }}
    define void @method(ptr %p) {{ call void @pointed(ptr @method)
      ret void }}
    define void @pointed(ptr %f) {{ call void %f(ptr %f)
      ret void }}
    define void @glue(ptr %p) {{ %1 = call ptr @{ALLOC}(i64 8, i64 8)
      call void @direct(ptr %p)
      ret void }}"""
    body = """
      call void @direct(ptr %p), !dbg {at}
      %drop = load ptr, ptr @vtable, !invariant.load !3
      call void %drop(ptr %p), !dbg {at}
      %slot = getelementptr i8, ptr @vtable, i64 24
      %m = load ptr, ptr %slot, !invariant.load !3
      call void %m(ptr %p), !dbg {at}"""
    linked = below_root(body, functions=functions)
    assert {"direct", "glue", "method", "pointed", "root"} <= set(linked.names())
    assert allocates(linked)


def test_aliases_of_each_other_stand_for_nothing() -> None:
    facts = ModuleFacts(
        name="m",
        producer="",
        functions={},
        aliases={"a": "b", "b": "a"},
        externals={},
        vtables=(),
        address_globals={},
        tables={},
        addresses_taken=(),
        variables={},
        files=(),
        subprograms=(),
        frames=b"",
        types=encode_types(()),
    )
    program = Program(Symbols([facts]), lambda numbers: dict.fromkeys(numbers, facts))
    program.load([0])
    assert program.function(0, "a") is None


def test_a_vtable_of_an_unexpected_shape_is_a_table_of_functions_and_no_vtable() -> None:
    functions = f"""
    @odd = private constant <{{ ptr, [3 x i8], ptr }}> <{{ ptr @one, [3 x i8] zeroinitializer, ptr @two }}>
    define void @one(ptr %p) {{ %1 = call ptr @{ALLOC}(i64 8, i64 8)
      ret void }}
    define void @two(ptr %p) {{ ret void }}"""
    body = """
      %slot = getelementptr i8, ptr %p, i64 24
      %m = load ptr, ptr %slot, !invariant.load !3
      call void %m(ptr %p), !dbg {at}"""
    linked = below_root(body, functions=functions)
    assert list(linked.program.vtables()) == []
    assert [resolution.is_unresolved for resolution in linked.hot_path.reached.resolutions.values()] == [True]

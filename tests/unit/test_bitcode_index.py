"""One index over the symbols of many modules."""

from hypothesis import given
from hypothesis import strategies as st

from ringfence.graphs.symbols import ModuleSymbols, SymbolIndex

INDEX = SymbolIndex(
    [
        ModuleSymbols(weak=("both", "weak_only"), undefined=("strong",)),
        ModuleSymbols(defined=("both", "strong"), local=("helper", "other")),
        ModuleSymbols(),
        ModuleSymbols(defined=("strong",), local=("helper",), undefined=("external",)),
    ]
)
NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True).map(lambda names: tuple(sorted(names)))


def test_strong_definitions_come_before_weak_ones_whatever_the_order_of_the_modules() -> None:
    assert INDEX.definitions("both") == (1, 0)
    assert INDEX.definitions("weak_only") == (0,)
    assert INDEX.definitions("strong") == (1, 3)


def test_local_and_undefined_symbols_are_no_definitions_for_others() -> None:
    assert [INDEX.definitions(symbol) for symbol in ("helper", "external", "never heard of")] == [(), (), ()]


def test_a_module_defines_what_it_has_whoever_can_see_it() -> None:
    assert [INDEX.defines(module, "helper") for module in range(4)] == [False, True, False, True]
    assert [INDEX.defines(module, "weak_only") for module in range(4)] == [True, False, False, False]
    assert [INDEX.defines(module, "strong") for module in range(4)] == [False, True, False, True]
    assert not INDEX.defines(3, "external")


def test_only_local_symbols_are_local() -> None:
    assert INDEX.is_local(1, "helper")
    assert INDEX.is_local(1, "other")
    assert not INDEX.is_local(3, "other")
    assert not INDEX.is_local(1, "strong")
    assert not INDEX.is_local(2, "helper")


def test_all_functions_are_listed_by_name_with_every_module_that_has_one() -> None:
    assert list(INDEX.functions()) == [
        ("both", (1, 0)),
        ("helper", (1, 3)),
        ("other", (1,)),
        ("strong", (1, 3)),
        ("weak_only", (0,)),
    ]
    assert list(INDEX.functions()) == list(INDEX.functions()), "listing does not change the index"
    assert INDEX.definitions("helper") == ()


def test_a_module_of_unknown_symbols_keeps_its_number() -> None:
    assert len(INDEX) == 4


@given(st.lists(st.builds(ModuleSymbols, NAMES, NAMES, NAMES, NAMES), max_size=6))
def test_the_index_answers_as_a_search_through_all_modules_does(modules: list[ModuleSymbols]) -> None:
    index = SymbolIndex(modules)
    numbered = list(enumerate(modules))
    for symbol in "abcdefghi":
        strong = [number for number, module in numbered if symbol in module.defined]
        weak = [number for number, module in numbered if symbol in module.weak]
        assert index.definitions(symbol) == (*strong, *weak)
        for number, module in numbered:
            assert index.is_local(number, symbol) == (symbol in module.local)
            assert index.defines(number, symbol) == (symbol in (*module.defined, *module.weak, *module.local))

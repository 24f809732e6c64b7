"""What findings about the heap say beside their line: API, element, size, arena, spill, what is dropped."""

from pathlib import Path

import pytest

from ringfence.pipeline.report.json import read
from ringfence.pipeline.report.model import Finding
from support import Run

pytestmark = pytest.mark.end_to_end

_KEYS = ("api", "element", "bytes", "arena", "spill", "dropped", "last_reference")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is read of std is read once."""
    return str(tmp_path_factory.mktemp("store"))


def audit(ringfence: Run, checkout: Path, store: str, crate: str, *flags: str) -> list[Finding]:
    finished = ringfence(
        *("audit", "--manifest-path", checkout / "testcrates" / crate / "Cargo.toml", "--locked"),
        *("--target-dir", checkout / "build" / "testcrates", "--format", "json"),
        *flags,
        environment={"RINGFENCE_CACHE": store},
    )
    assert finished.returncode in (0, 100), finished.stderr
    return list(read(finished.stdout.encode()).findings)


@pytest.fixture(scope="module")
def apis(ringfence: Run, checkout: Path, store: str) -> list[Finding]:
    """The findings of the testcrate that goes to the heap in every way."""
    return audit(ringfence, checkout, store, "apis")


def told(findings: list[Finding], root: str, rule: str) -> dict[str, object]:
    """The details, of those above, of a root's only finding of a rule on a path that is not unlikely."""
    (found,) = (
        each
        for each in findings
        if each.rule == rule and each.root.endswith(f"::{root}") and each.class_ in ("hot", "amortized")
    )
    return {key: found.detail[key] for key in _KEYS if key in found.detail}


@pytest.mark.parametrize(
    ("root", "rule", "detail"),
    [
        ("push", "RF102", {"api": "Vec<Quote>::push", "element": "Quote"}),
        ("insert", "RF102", {"api": "HashMap<u64, Quote>::insert"}),
        ("replace", "RF103", {"element": "Quote", "dropped": "Arc<Quote>", "last_reference": True}),
        ("boxed", "RF101", {"api": "Box<Quote>::new", "element": "Quote", "bytes": 16}),
        ("counted", "RF101", {"api": "Rc<Quote>::new", "element": "Quote", "bytes": 32}),
        ("own", "RF101", {"api": "String::from", "element": "u8"}),
        ("keep", "RF101", {"api": "[u32]::to_vec", "element": "u32"}),
        ("prices", "RF101", {"api": "Iterator::collect", "element": "u64"}),
        ("zeroes", "RF101", {"api": "vec!", "element": "u16"}),
    ],
)
def test_the_api_that_was_called_is_named_with_what_it_holds(
    apis: list[Finding], root: str, rule: str, detail: dict[str, object]
) -> None:
    assert told(apis, root, rule) == detail


def test_a_boxed_future_is_told_with_its_size(apis: list[Finding]) -> None:
    assert told(apis, "later", "RF101").items() >= {"api": "Box::pin", "bytes": 16}.items()


def test_a_counted_pointer_frees_only_as_the_last_one(apis: list[Finding]) -> None:
    (found,) = (each for each in apis if each.rule == "RF103" and each.root.endswith("::replace"))
    assert "if this is the last reference (`Arc<Quote>`)" in found.message


def test_an_arena_is_named_and_amortised(ringfence: Run, checkout: Path, store: str) -> None:
    findings = audit(ringfence, checkout, store, "chunks")
    assert told(findings, "keep", "RF102") == {"api": "Bump::alloc", "arena": "Bump"}
    assert findings[0].message.startswith("`alloc` adds a chunk to the arena `Bump` now and then (amortised)")


@pytest.mark.parametrize(("root", "arena"), [("keep", "Arena"), ("index", "Slab"), ("handle", "Arena")])
def test_arenas_of_other_libraries_are_named_too(
    ringfence: Run, checkout: Path, store: str, root: str, arena: str
) -> None:
    assert told(audit(ringfence, checkout, store, "arenas"), root, "RF102")["arena"] == arena


def test_a_small_vector_tells_when_it_spills(ringfence: Run, checkout: Path, store: str) -> None:
    findings = audit(ringfence, checkout, store, "spill")
    assert told(findings, "add", "RF102") == {"api": "SmallVec<[u64; 4]>::push", "element": "u64", "spill": 4}
    grows = [each for each in findings if each.rule == "RF102"]
    assert all("spills to the heap, when more than 4 are kept," in each.message for each in grows)


@pytest.mark.parametrize("flags", [(), ("--strict",)], ids=["default", "strict"])
def test_the_buffers_of_a_clone_are_counted_without_those_of_its_panics(
    ringfence: Run, checkout: Path, store: str, flags: tuple[str, ...]
) -> None:
    found = audit(ringfence, checkout, store, "clones", *flags)
    buffers = {each.root.rpartition("::")[2]: each.detail["buffers"] for each in found if each.rule == "RF104"}
    assert buffers == {"snapshot": 2, "all_names": 2, "venue": 1, "tagged": 1, "first_long": 1, "owned": 1} | {
        "tagged_again": 1,
        "labelled": 1,
    }

"""``ringfence.toml``: what is read from it, and the one sentence for each way in which it can be wrong."""

import datetime
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.pipeline.config import Allow, Config, Root, find_config, load_config, parse_config
from ringfence.pipeline.errors import ConfigError, ExitCode
from ringfence.pipeline.nearest import nearest, suggestion
from ringfence.pipeline.toml_lines import line_of

FULL = """\
own = ["plant-model", "quotes"]
strict = true

[[roots]]
path = "plant::Plant::on_packet"
budget_ns = 500
reason = "once for each packet"

[[roots]]
path = "plant::Plant::flush"

[[allow]]
rule = "RF101"
root = "plant::Plant::flush"
function = "plant::Plant::refill"
reason = "between sessions"
expires = 2027-01-31

[[allow]]
rule = "heap-free"
reason = "everywhere"
"""


def message_for(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "ringfence.toml")
    assert caught.value.exit_code is ExitCode.CONFIG
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_key_is_read() -> None:
    assert parse_config(FULL, "ringfence.toml") == Config(
        roots=(
            Root("plant::Plant::on_packet", 500, "once for each packet"),
            Root("plant::Plant::flush"),
        ),
        own=("plant-model", "quotes"),
        strict=True,
        allow=(
            Allow(
                "RF101", "between sessions", "plant::Plant::flush", "plant::Plant::refill", datetime.date(2027, 1, 31)
            ),
            Allow("heap-free", "everywhere"),
        ),
    )


def test_an_empty_file_is_the_default() -> None:
    assert parse_config("", "ringfence.toml") == Config()


def test_own_packages_are_crate_names_too() -> None:
    assert parse_config(FULL, "ringfence.toml").own_crates == {"plant_model", "quotes"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rots = 1", "ringfence.toml:1: unknown key `rots`; did you mean `roots`?"),
        (
            "hue = 1",
            "ringfence.toml:1: unknown key `hue`; the keys known here are "
            + ", ".join(f"`{key}`" for key in ("roots", "own", "strict", "allow", "assume", "verdict", "rules")),
        ),
        (
            '[[roots]]\npath = "a"\n\n[[roots]]\npth = "b"',
            "ringfence.toml:5: unknown key `roots[1].pth`; did you mean `path`?",
        ),
        (
            'allow = [{rule = "RF101", reson = "x"}]',
            "ringfence.toml:1: unknown key `allow[0].reson`; did you mean `reason`?",
        ),
    ],
    ids=["at the top", "like no other", "in the second table", "in an inline table"],
)
def test_an_unknown_key_is_named_with_the_nearest_right_one(text: str, message: str) -> None:
    assert message_for(text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('strict = "yes"', "ringfence.toml:1: `strict`: expected true or false, got a string"),
        ('own = ["a",\n  3]', "ringfence.toml:1: `own[1]`: expected a string, got an integer"),
        ("[[roots]]\npath = 3", "ringfence.toml:2: `roots[0].path`: expected a string, got an integer"),
        ('[roots]\npath = "a"', "ringfence.toml:1: `roots` is a list of tables: write its header as `[[roots]]`"),
        (
            '[[roots]]\npath = "a"\nbudget_ns = 1.5',
            "ringfence.toml:3: `roots[0].budget_ns`: expected an integer, got a fraction",
        ),
        (
            '[[roots]]\npath = "a"\nbudget_ns = 0',
            "ringfence.toml:3: `roots[0].budget_ns`: expected an integer >= 1",
        ),
        (
            '[[allow]]\nrule = "RF101"\nreason = "r"\nexpires = "soon"',
            "ringfence.toml:4: `allow[0].expires`: expected a date such as 2027-01-31",
        ),
    ],
    ids=["boolean", "element", "string", "table for list", "fraction", "zero", "date"],
)
def test_a_wrong_type_is_named_with_its_key_path(text: str, message: str) -> None:
    assert message_for(text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[roots]]\nbudget_ns = 3", "ringfence.toml:1: `roots[0]` lacks the key `path`, which it must have"),
        ('[[allow]]\nrule = "RF101"', "ringfence.toml:1: `allow[0]` lacks the key `reason`, which it must have"),
        ('[[roots]]\npath = " "', "ringfence.toml:2: `roots[0].path`: expected a string that is not blank"),
        (
            '[[allow]]\nrule = "R"\nreason = "r"',
            "ringfence.toml:1: `allow[0]`: `R` is no rule: write its id or slug, such as `RF101` or `heap-allocation`",
        ),
        (
            '[[allow]]\nrule = "RF999"\nreason = "r"',
            "ringfence.toml:1: `allow[0]`: `RF999` is no rule; did you mean `RF906`?",
        ),
        (
            '[[roots]]\npath = "a"\n[[roots]]\npath = "a"',
            "ringfence.toml:4: the root `a` is already declared as `roots[0]`; keep one of the two",
        ),
    ],
    ids=["root without path", "allow without reason", "blank path", "no rule", "rule unknown", "root twice"],
)
def test_a_value_that_cannot_be_meant_is_refused(text: str, message: str) -> None:
    assert message_for(text) == message


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ('strict = true\nown = "a\n', "ringfence.toml:2: not valid TOML: illegal character"),
        ("strict = true\nown = ", "ringfence.toml:2: not valid TOML: invalid value"),
    ],
    ids=["in a line", "at the end"],
)
def test_invalid_toml_is_named_with_its_line(text: str, beginning: str) -> None:
    assert message_for(text).startswith(beginning)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read the configuration .*absent\.toml: No such file"):
        load_config(tmp_path / "absent.toml")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load_config(tmp_path)


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    file = tmp_path / "ringfence.toml"
    file.write_bytes(b'own = ["\xff"]')
    with pytest.raises(ConfigError, match=r"ringfence\.toml: byte 8 is not UTF-8"):
        load_config(file)


def test_the_given_file_comes_before_the_one_beside_the_manifest(tmp_path: Path) -> None:
    beside, given_file = tmp_path / "ringfence.toml", tmp_path / "other.toml"
    assert find_config(None, tmp_path) is None
    beside.touch()
    assert find_config(None, tmp_path) == beside
    assert find_config(given_file, tmp_path) == given_file


@given(st.text(alphabet='rotspahw[]={}",.#\n 123-_', max_size=80))
def test_any_text_is_a_configuration_or_one_sentence(text: str) -> None:
    try:
        said = repr(parse_config(text, "ringfence.toml"))
    except ConfigError as error:
        said = str(error)
    assert said.startswith(("Config(", "ringfence.toml"))
    assert "\n" not in said


@pytest.mark.parametrize(
    ("key_path", "line"),
    [
        ("strict", 2),
        ("own[1]", 1),
        ("roots[0].budget_ns", 6),
        ("roots[1].path", 10),
        ("roots[1].absent", 9),
        ("allow[0].expires", 17),
        ("absent", None),
        ("roots[7].path", 4),
    ],
)
def test_the_line_of_a_key_is_its_own_or_that_of_its_table(key_path: str, line: int | None) -> None:
    assert line_of(FULL, key_path) == line


def test_nearest_names_come_best_first_whatever_their_case() -> None:
    assert nearest("HEAP-alocation", ["heap-free", "heap-allocation", "lock"])[0] == "heap-allocation"


def test_nothing_near_gives_no_suggestion() -> None:
    assert nearest("xyzzy", ["roots", "own"]) == ()
    assert suggestion("xyzzy", ["roots", "own"]) == ""


def test_a_suggestion_does_not_depend_on_the_order_of_the_candidates() -> None:
    names = ["reel", "read", "zzz"]
    expected = "; did you mean `reel` or `read`?"
    assert suggestion("reed", names, limit=2) == suggestion("reed", names[::-1], limit=2) == expected


def test_a_root_says_whether_it_may_panic() -> None:
    config = parse_config('[[roots]]\npath = "a::b"\npanics = "never"\n[[roots]]\npath = "a::c"\n', "x.toml")
    assert [root.panics for root in config.roots] == ["never", "allowed"]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        pytest.param('"nevr"', "did you mean `never`", id="misspelt"),
        pytest.param('"sometimes"', "write `allowed` or `never`", id="unknown"),
        pytest.param("true", "expected a string", id="no text"),
    ],
)
def test_another_answer_is_refused_with_its_line(value: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(hint)) as refused:
        parse_config(f'[[roots]]\npath = "a::b"\npanics = {value}\n', "x.toml")
    assert str(refused.value).startswith("x.toml:")

"""``ringfence.toml``: what a project declares about its hot path.

.. code-block:: toml

    own = ["plant-model"]              # crates to treat as your own code, besides the workspace's members
    strict = false                     # count every finding, as `--strict` does

    [rules.RF207]
    level = "deny"                     # allow, warn or deny, as -A, -W and -D

    [verdict]
    significant_errors = 3             # see docs/report.md for the formula

    [[roots]]
    path = "plant::Plant::on_packet"   # a pattern as Rust prints paths; see the contract of `--root`
    budget_ns = 500                    # what one call may take
    reason = "runs once for each packet"
    thread = "feed"                    # roots of different threads run at the same time
    panics = "never"                   # a place that can panic is an error; `allowed` unless it is said

    [[allow]]
    rule = "RF101"                     # an id or a slug
    root = "plant::Plant::on_packet"   # optional: only under this root
    function = "plant::Plant::refill"  # optional: only where this function leads to it
    reason = "the refill happens between sessions"
    expires = 2027-01-31               # optional: from that day on the finding is back

    [rules.RF501]
    bytes = 256                        # thresholds of a rule, see its page

    [[assume]]
    function = "vendor_send"           # a pattern, or a plain symbol: its body is not read
    effects = ["blocks"]               # what it does: none, allocates, frees, locks, blocks, terminates …
    reason = "the vendor's manual, chapter 4"
    expires = 2027-01-31               # optional: from that day on it is unknown again

Decoding is strict: an unknown key or a wrong type is a `ConfigError` that names the file, the line, the key and, where
one is near, the right key. A misspelt key that were ignored would leave a root unwatched.
"""

import datetime
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from ringfence.graphs.contracts import Effect
from ringfence.passes.options import Options
from ringfence.pipeline.errors import ConfigError
from ringfence.pipeline.levels import RuleLevel, Setting, no_rule, rule_id
from ringfence.pipeline.nearest import suggestion
from ringfence.pipeline.rules import all_rules
from ringfence.pipeline.toml_lines import line_of
from ringfence.pipeline.verdict import Formula

CONFIG_NAME = "ringfence.toml"

_AT = re.compile(r"(?P<message>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<key>.*)`")
_TOML_LINE = re.compile(r"(?P<message>.*) \(at line (?P<line>\d+), column \d+\)", re.DOTALL)
_WORDS = {
    "`object`": "a table",
    "`array`": "an array",
    "`str`": "a string",
    "`int`": "an integer",
    "`float`": "a fraction",
    "`bool`": "true or false",
    "`date | null`": "a date such as 2027-01-31",
    "`datetime`": "a date with a time",
    "`int | null`": "an integer",
    "`str | null`": "a string",
    r"matching regex '\\S'": "that is not blank",
    "Invalid RFC3339 encoded date": "expected a date such as 2027-01-31",
}
"""msgspec speaks of Python and JSON; the reader wrote TOML."""

ALLOWED = "allowed"
NEVER = "never"
"""What a root may say of panics."""

Text = Annotated[str, msgspec.Meta(pattern=r"\S")]
Nanoseconds = Annotated[int, msgspec.Meta(ge=1)]


class Root(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[[roots]]``: an entry point of the hot path."""

    path: Text
    """Pattern as for ``--root``."""
    budget_ns: Nanoseconds | None = None
    """Time that one call may take, in nanoseconds."""
    reason: str = ""
    event_loop: bool = False
    """Only its loops run for each event: what stands before and behind them runs once."""
    thread: str = ""
    """A name for the thread that it runs on: roots with different ones run at the same time (RF302)."""
    panics: str = ALLOWED
    """``never``: each place below it that can panic is an error (RF404)."""

    def __post_init__(self) -> None:
        """Refuse what is no answer; msgspec adds the key path."""
        known = (ALLOWED, NEVER)
        if self.panics not in known:
            hint = suggestion(self.panics, known) or f": write {' or '.join(f'`{each}`' for each in known)}"
            raise ValueError(f"`{self.panics}` does not say whether it may panic{hint}")


class Allow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[[allow]]``: findings that the project accepts, and why."""

    rule: Text
    """Id or slug of the rule."""
    reason: Text
    root: Text | None = None
    """Only findings under this root; all roots where absent."""
    function: Text | None = None
    """Only findings whose path goes through this function; any path where absent."""
    expires: datetime.date | None = None
    """First day on which the allowance no longer holds."""

    def has_expired(self, today: datetime.date) -> bool:
        """Whether it no longer holds."""
        return self.expires is not None and self.expires <= today

    def __post_init__(self) -> None:
        """Refuse what cannot be a rule; msgspec adds the key path."""
        known = {spelling for rule in all_rules() for spelling in (rule.id, rule.slug)}
        if self.rule not in known:
            hint = suggestion(self.rule, known) or ": write its id or slug, such as `RF101` or `heap-allocation`"
            message = f"`{self.rule}` is no rule{hint}"
            raise ValueError(message)


class Assume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[[assume]]``: what functions do whose bodies are not there, or are not to be read."""

    function: Text
    """Pattern as for ``--root``, or a plain symbol."""
    effects: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Values of `ringfence.graphs.contracts.Effect`."""
    reason: Text
    expires: datetime.date | None = None
    """First day on which the assumption no longer holds."""

    def has_expired(self, today: datetime.date) -> bool:
        """Whether it no longer holds."""
        return self.expires is not None and self.expires <= today

    def __post_init__(self) -> None:
        """Refuse what is no effect, and a nothing beside something; msgspec adds the key path."""
        known = [effect.value for effect in Effect]
        unknown = next((effect for effect in self.effects if effect not in known), None)
        if unknown is not None:
            hint = suggestion(unknown, known) or f": write {', '.join(f'`{name}`' for name in known)}"
            raise ValueError(f"`{unknown}` is no effect{hint}")
        if Effect.NONE in self.effects and len(set(self.effects)) > 1:
            raise ValueError(f"`{Effect.NONE}` stands alone: write the other effects, or nothing but `{Effect.NONE}`")


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. The default value is what holds without one."""

    roots: tuple[Root, ...] = ()
    own: tuple[Text, ...] = ()
    """Crates or packages that count as the user's own code besides the workspace's members."""
    strict: bool = False
    allow: tuple[Allow, ...] = ()
    assume: tuple[Assume, ...] = ()
    verdict: Formula = Formula()
    rules: Options = Options()
    """Thresholds, by the rule's id."""

    @property
    def own_crates(self) -> frozenset[str]:
        """``own`` as crate names: cargo writes ``plant-model`` for the package, rustc ``plant_model`` for the crate."""
        return frozenset(name.replace("-", "_") for name in self.own)


_TABLES: dict[str, type[msgspec.Struct]] = {
    "roots": Root,
    "allow": Allow,
    "assume": Assume,
    "verdict": Formula,
    "rules": Options,
}


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration and where it stands."""

    config: Config
    path: Path
    text: str
    levels: Mapping[str, RuleLevel]
    """``[rules.RF101] level``, by the rule's id."""

    def line(self, key_path: str) -> int | None:
        """Line of a key or an entry such as ``allow[2]``; None where it cannot be placed."""
        return line_of(self.text, key_path)


def find_config(explicit: Path | None, workspace_root: Path) -> Path | None:
    """The file given by ``--config``, else the one beside the workspace's ``Cargo.toml``, else ``None``."""
    if explicit is not None:
        return explicit
    beside = workspace_root / CONFIG_NAME
    return beside if beside.is_file() else None


def load_config(path: Path) -> ConfigFile:
    """Read and decode one file; raises `ConfigError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"cannot read the configuration {path}: {error.strerror or error}; check the path given by --config"
        raise ConfigError(message) from error
    except UnicodeDecodeError as error:
        message = f"{path}: byte {error.start} is not UTF-8; TOML is always UTF-8, so save the file in that encoding"
        raise ConfigError(message) from error
    config, levels = _decoded(text, str(path))
    return ConfigFile(config, path, text, levels)


def parse_config(text: str, file: str) -> Config:
    """Decode TOML text; ``file`` is the name that messages give it. Raises `ConfigError`."""
    return _decoded(text, file)[0]


def parse_levels(text: str, file: str) -> Mapping[str, RuleLevel]:
    """The levels of rules in TOML text, by id. Raises `ConfigError`."""
    return _decoded(text, file)[1]


def _decoded(text: str, file: str) -> tuple[Config, Mapping[str, RuleLevel]]:
    try:
        table: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_message(str(error), text, file)) from error
    levels = _take_levels(table, text, file)
    try:
        config = msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(_content_message(str(error), text, file)) from error
    _refuse_repeated_roots(config, text, file)
    return config, levels


def _take_levels(table: dict[str, object], text: str, file: str) -> Mapping[str, RuleLevel]:
    """The levels of ``[rules.RF101]`` tables, which are taken out; what is left there are thresholds."""
    rules = table.get("rules", {})
    if not isinstance(rules, dict):
        raise ConfigError(f"{_place(text, 'rules', file)}: `rules` holds a table for each rule: write `[rules.RF101]`")
    levels: dict[str, RuleLevel] = {}
    thresholds: dict[str, dict[str, object]] = {}
    for name, keys in msgspec.convert(rules, dict[str, object]).items():
        key_path = f"rules.{name}"
        if not isinstance(keys, dict):
            raise ConfigError(f"{_place(text, key_path, file)}: `{key_path}` is a table: write `[{key_path}]`")
        named = msgspec.convert(keys, dict[str, object])
        level = _level(name, named, text, file)
        if level is not None:
            levels[name] = level
        if name in Options.__struct_fields__:
            thresholds[name] = {key: value for key, value in named.items() if key != "level"}
    if rules:
        table["rules"] = thresholds
    return levels


def _level(name: str, keys: dict[str, object], text: str, file: str) -> RuleLevel | None:
    key_path = f"rules.{name}"
    rule = rule_id(name)
    if rule != name:
        hint = f"; write its id: `[rules.{rule}]`" if rule else ""
        message = f"`{name}` is a slug" if rule else no_rule(name)
        raise ConfigError(f"{_place(text, key_path, file)}: `{key_path}`: {message}{hint}")
    known_keys = ("level", *(_keys_of(key_path) if name in Options.__struct_fields__ else ()))
    unknown = next((key for key in keys if key not in known_keys), None)
    if unknown is not None:
        listed = ", ".join(f"`{key}`" for key in known_keys)
        hint = suggestion(unknown, known_keys) or f"; known here: {listed}"
        raise ConfigError(f"{_place(text, f'{key_path}.{unknown}', file)}: unknown key `{key_path}.{unknown}`{hint}")
    level = keys.get("level")
    if level is None:
        return None
    known = [setting.value for setting in Setting]
    if level not in known:
        hint = suggestion(str(level), known) or f": write {', '.join(f'`{setting}`' for setting in known)}"
        raise ConfigError(f"{_place(text, f'{key_path}.level', file)}: `{key_path}.level`: `{level}` is no level{hint}")
    return RuleLevel(Setting(level), f'`level = "{level}"` of `[{key_path}]`')


def _syntax_message(error: str, text: str, file: str) -> str:
    placed = _TOML_LINE.fullmatch(error)
    if placed is None:
        reason, line = error.removesuffix(" (at end of document)"), max(1, len(text.splitlines()))
    else:
        reason, line = placed["message"], int(placed["line"])
    return f"{file}:{line}: not valid TOML: {reason[:1].lower()}{reason[1:]}"


def _content_message(error: str, text: str, file: str) -> str:
    at = _AT.fullmatch(error)
    message, path = (at["message"], at["path"] or "") if at else (error, "")
    if unknown := _UNKNOWN.fullmatch(message):
        return _unknown_key_message(unknown["key"], path, text, file)
    if missing := _MISSING.fullmatch(message):
        return f"{_place(text, path, file)}: `{path}` lacks the key `{missing['key']}`, which it must have"
    if message == "Expected `array`, got `object`" and path in _TABLES:
        return f"{_place(text, path, file)}: `{path}` is a list of tables: write its header as `[[{path}]]`"
    for foreign, word in _WORDS.items():
        message = message.replace(foreign, word)
    return f"{_place(text, path, file)}: `{path}`: {message[:1].lower()}{message[1:]}"


def _unknown_key_message(key: str, table: str, text: str, file: str) -> str:
    path = f"{table}.{key}" if table else key
    known = _keys_of(table)
    hint = suggestion(key, known) or f"; the keys known here are {', '.join(f'`{name}`' for name in known)}"
    return f"{_place(text, path, file)}: unknown key `{path}`{hint}"


def _keys_of(table: str) -> tuple[str, ...]:
    """Keys of the record that decodes ``table``, such as ``roots[2]``; the empty path is the whole file."""
    first, _, rule = table.partition("[")[0].partition(".")
    record = _TABLES.get(first, Config)
    if record is Options and rule:
        options: msgspec.Struct = getattr(Options(), rule)
        record = type(options)
    return record.__struct_fields__


def _refuse_repeated_roots(config: Config, text: str, file: str) -> None:
    first: dict[str, int] = {}
    for index, root in enumerate(config.roots):
        earlier = first.setdefault(root.path, index)
        if earlier == index:
            continue
        place = _place(text, f"roots[{index}].path", file)
        message = f"{place}: the root `{root.path}` is already declared as `roots[{earlier}]`; keep one of the two"
        raise ConfigError(message)


def _place(text: str, path: str, file: str) -> str:
    line = line_of(text, path)
    return file if line is None else f"{file}:{line}"

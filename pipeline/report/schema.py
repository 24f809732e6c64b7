"""The JSON Schema of the report, made from its records and shipped beside this module.

``python -m ringfence.pipeline.report.schema`` writes it anew after a change of the records; a test compares the two.
"""

import json
from pathlib import Path

import msgspec

from ringfence.pipeline.report.model import SCHEMA, Report

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")


def generate() -> str:
    """The schema (JSON Schema, draft 2020-12) as text."""
    schema = msgspec.json.schema(Report, schema_hook=_any_value)
    definitions: dict[str, dict[str, object]] = schema["$defs"]
    schema["$defs"] = {name: _without_defaults(record) for name, record in definitions.items()}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA}
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"


def _without_defaults(record: dict[str, object]) -> dict[str, object]:
    """Defaults serve those who make records; a report always has every field."""
    if "properties" not in record:
        return record
    properties = msgspec.convert(record["properties"], dict[str, dict[str, object]])
    plain = {name: {key: each[key] for key in each if key != "default"} for name, each in properties.items()}
    return record | {"properties": plain, "required": list(plain)}


def _any_value(kind: type) -> dict[str, object]:
    # msgspec holds an empty answer for none.
    if kind is not object:
        raise NotImplementedError(kind)
    return {"description": "Any JSON value."}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(generate(), encoding="utf-8")

"""The JSON Schemas of the report and of explanations, made from their records and shipped beside this module.

``python -m ringfence.pipeline.report.schema`` writes them anew after a change of the records; a test compares them.
"""

import json
from pathlib import Path

import msgspec

from ringfence.pipeline.report import explanation_model
from ringfence.pipeline.report.explanation_model import FindingExplanation, FunctionExplanation
from ringfence.pipeline.report.tables import SCHEMA, TabledReport

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")
EXPLANATION_SCHEMA_FILE = Path(__file__).with_name("explanation.schema.json")
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def generate() -> str:
    """The report's schema (JSON Schema, draft 2020-12) as text."""
    schema = msgspec.json.schema(TabledReport, schema_hook=_any_value)
    return _text(SCHEMA, schema)


def generate_explanation() -> str:
    """The schema of explanations: of a finding, or of a function."""
    records, definitions = msgspec.json.schema_components(
        (FindingExplanation, FunctionExplanation), schema_hook=_any_value, ref_template="#/$defs/{name}"
    )
    return _text(explanation_model.SCHEMA, {"anyOf": list(records), "$defs": definitions})


def _text(title: str, schema: dict[str, object]) -> str:
    definitions = msgspec.convert(schema["$defs"], dict[str, dict[str, object]])
    complete = {name: _without_defaults(record) for name, record in definitions.items()}
    return (
        json.dumps({"$schema": _DRAFT, "title": title, **schema, "$defs": complete}, indent=2, ensure_ascii=False)
        + "\n"
    )


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
    EXPLANATION_SCHEMA_FILE.write_text(generate_explanation(), encoding="utf-8")

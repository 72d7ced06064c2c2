"""The JSON Schema for editors accepts what the language does and knows the same fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from runner.schema import columns, structure
from runner.schema.json_schema import json_schema

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def schema() -> Any:
    return json_schema()


@pytest.fixture(scope="module")
def validator(schema: Any) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_is_valid(path: Path, validator: jsonschema.Draft202012Validator) -> None:
    text = path.read_text(encoding="utf-8")
    if "\ntables:" not in text:  # server.yaml
        pytest.skip("not a schema")
    document = yaml.safe_load(text)
    problems = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(_texts(document))]
    assert problems == []


def _texts(value: Any) -> Any:
    """As JSON holds it: text keys, dates as text."""
    if isinstance(value, dict):
        return {str(k): _texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(v) for v in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def test_it_is_a_schema(schema: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def test_it_is_made_of_plain_json_types(schema: Any) -> None:
    assert json.loads(json.dumps(schema)) == schema


def test_it_names_the_fields_that_the_language_has(schema: Any) -> None:
    assert set(schema["properties"]) == set(structure.SCHEMA_FIELDS)
    assert set(schema["$defs"]["table"]["properties"]) == set(structure.TABLE_FIELDS)
    forms = schema["$defs"]["column"]["anyOf"][2]["anyOf"]
    assert set().union(*(form["properties"] for form in forms)) == set(columns.FIELDS)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"tables": {}},
        {"tables": {"t": {"rows": 1}}},
        {"tables": {"t": {"rows": "many", "columns": {"id": "sequence"}}}},
        {"tables": {"t": {"rows": 1, "colums": {}, "columns": {"id": "sequence"}}}},
        {"tables": {"t": {"rows": 1, "columns": {"id": {"unique": True}}}}},
        {"tables": {"t": {"rows": 1, "columns": {"id": {"gen": "sequence", "unique": "often"}}}}},
        {"tables": {"t": {"rows": 1, "columns": {"id": {"ref": "t.id", "pik": "uniform"}}}}},
    ],
)
def test_it_refuses_what_an_editor_can_see(document: Any, validator: jsonschema.Draft202012Validator) -> None:
    assert not validator.is_valid(document)

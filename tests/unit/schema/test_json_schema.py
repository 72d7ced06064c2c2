"""The JSON Schema for editors accepts what the language does and knows the same fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from runner.schema import columns, structure
from runner.schema.findings import Findings, Reported
from runner.schema.json_schema import json_schema
from runner.schema.reading import read
from runner.types import KINDS, Type
from tests.unit.schema.bad_schemas import ALL, Bad
from tests.unit.schema.test_language_page import EXAMPLES

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
    assert set(schema["$defs"]["schema"]["properties"]) == set(structure.SCHEMA_FIELDS)
    assert set(schema["$defs"]["table"]["properties"]) == set(structure.TABLE_FIELDS)
    forms = schema["$defs"]["column"]["anyOf"][2]["anyOf"]
    assert set().union(*(form["properties"] for form in forms)) == set(columns.FIELDS)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_of_the_page_is_valid_or_shows_mistakes(number: int, validator: jsonschema.Draft202012Validator) -> None:
    source, kind, _ = EXAMPLES[number]
    problems = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(_read(source))]
    assert problems == [] or kind == "text"
    assert problems or "NULL_RATE_INVALID" not in EXAMPLES[number][2]


TYPES = ("decimal(9)", "decimal( 9 , 2 )", "STRING(3)", "datetime(6)", "array(int)", "Array(time(3))", "array(decimal(9,2)")
NO_TYPES = ("decimal(a)", "int(3)", "datetime(4)", "array(array(int))", "array(decimal(9,2)", "itn")


@pytest.mark.parametrize("text", [*KINDS, *TYPES, *NO_TYPES])
def test_types_are_those_that_the_language_reads(text: str, validator: jsonschema.Draft202012Validator) -> None:
    try:
        Type.parse(text)
        known = True
    except ValueError:
        known = False
    assert validator.is_valid({"tables": {"t": {"rows": 1, "columns": {"a": {"gen": "int", "type": text}}}}}) == known


def _read(text: str) -> Any:
    """The document as the language reads it (YAML 1.2: `no` is a text)."""
    return _texts(read(text, Findings()).python())


def _texts_of(bad: Bad) -> Any:
    try:
        return _read(bad.text)
    except Reported:
        return None


def test_it_sees_many_of_the_mistakes_that_the_language_refuses(validator: jsonschema.Draft202012Validator) -> None:
    """Those of fields and forms; others need the tables, the data or the generators."""
    form = {"UNKNOWN_FIELD", "MISSING_FIELD", "TYPE_INVALID", "PARAMETER_UNKNOWN", "NULL_RATE_INVALID", "VERSION_UNSUPPORTED"}
    bad = [(b.code, document) for b in ALL if (document := _texts_of(b)) is not None and b.code in form]
    seen = [code for code, document in bad if not validator.is_valid(document)]
    assert len(seen) > 0.6 * len(bad) and len(bad) > 30


COLUMNS = {"id": "sequence"}


@pytest.mark.parametrize(
    "document",
    [
        {"include": "a.yaml"},
        {"include": ["a.yaml", "b.yaml"], "tables": {"t": {"rows": 1, "columns": COLUMNS}}},
        {"templates": {"a": {"columns": COLUMNS}, "b": {"gen": "int", "min": 3}, "c": "word"}},
        {"tables": {"t": {"extends": "a"}}},
        {"tables": {"t": {"rows": 1, "columns": {"a": {"extends": ["b"], "min": 5, "null_rate": 0.1}}}}},
        {"tables": {"t": {"per": {"parent": "u", "count": {"0": 1, "3": 2}}, "embed": {"into": "u"}, "columns": COLUMNS}}},
        {"tables": {"t": {"rows": 1, "columns": {"a": {"array": {"of": "int"}, "type": "array(int)"}}}}},
        {"load": {"suspend": ["a.b", {"reference": "b.a", "constraint": "x"}]}, "tables": {"t": {"rows": 1, "columns": COLUMNS}}},
        {"tables": {"t": {"rows": 1, "columns": {"a": {"gen": "faker.pyint", "max_value": 3}}}}},
        {"tables": {"t": {"rows": 1, "columns": {"a": {"gen": "First-Name", "null_rate": "${x}"}}}}},
    ],
)
def test_it_takes_what_the_language_takes(document: Any, validator: jsonschema.Draft202012Validator) -> None:
    assert [e.message[:200] for e in validator.iter_errors(document)] == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"include": 3},
        {"includes": "a.yaml", "tables": {"t": {"rows": 1, "columns": COLUMNS}}},
        {"templates": {"a": ["int"]}},
        {"tables": {"t": {"extends": 3}}},
        {"tables": {"t": {"columns": COLUMNS}}},
        {"tables": {"t": {"rows": 1, "embed": "u", "columns": COLUMNS}}},
        {"tables": {"t": {"rows": 1, "embed": {"as": "u"}, "columns": COLUMNS}}},
        {"load": {"suspended": []}, "tables": {"t": {"rows": 1, "columns": COLUMNS}}},
        {"load": {"suspend": [{"constraint": "x"}]}, "tables": {"t": {"rows": 1, "columns": COLUMNS}}},
        {"tables": {"t": {"rows": 1, "columns": {"a": {"gen": "int", "mni": 5}}}}},
        {"tables": {"t": {"rows": 1, "columns": {"a": {"gen": "int", "null_rate": 10}}}}},
        {"tables": {"t": {"rows": 1, "columns": {"a": {"ref": "t.id", "pick": "unifrm"}}}}},
        {"tables": {"t": {"rows": 1, "columns": {"a": {"case": [{"then": 3}]}}}}},
        {"tables": {"a/b": {"rows": 1, "columns": COLUMNS}}},
        {"columns": [{"column_name": "id"}]},
        {"columns": [{"column_name": "id", "generator_type": "uuid"}], "global_settings": {"output_format": "xml"}},
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

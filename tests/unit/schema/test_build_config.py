"""The build-config form: one table as JSON, findings pointing into it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.engine import Engine
from runner.schema import check
from runner.schema.buildconfig import Requested

CONFIG: dict[str, Any] = {
    "global_settings": {"row_count": 1000, "output_format": "sql", "file_name": "my_data"},
    "sql_settings": {"dialect": "postgres", "table_name": "users"},
    "columns": [
        {"column_name": "id", "generator_type": "uuid"},
        {"column_name": "name", "generator_type": "full_name", "sql_type": "VARCHAR(120)", "options": {}},
        {"column_name": "email", "generator_type": "Email", "options": {"unique": True}},
        {
            "column_name": "age",
            "generator_type": "int",
            "sql_type": "BIGINT",
            "options": {"min": 18, "max": 90, "null_rate": 0.5},
        },
        {"column_name": "city", "generator_type": "first-name", "options": {"locale": "id_ID"}},
    ],
}


def changed(**parts: Any) -> dict[str, Any]:
    return {**CONFIG, **parts}


def test_it_is_a_schema_with_one_table() -> None:
    outcome = check(json.dumps(CONFIG))
    assert outcome.requested == Requested("sql", "postgresql", "my_data")
    assert outcome.plan is not None
    (table,) = outcome.plan.tables
    assert (table.name, table.rows, table.primary_key) == ("users", 1_000, ("id",))
    assert [str(c.type) for c in table.columns] == ["uuid", "string(120)", "string", "bigint", "string"]
    found = Engine(outcome.plan).batch("users", 0, 1_000).to_pydict()
    assert len(set(found["email"])) == 1_000
    assert 300 < found["age"].count(None) < 700


def test_an_object_is_taken_too() -> None:
    assert check(CONFIG).plan == check(json.dumps(CONFIG)).plan


def test_columns_of_one_person_agree() -> None:
    columns = [{"column_name": n, "generator_type": n} for n in ("first_name", "last_name", "full_name")]
    plan = check({"columns": columns, "global_settings": {"row_count": 50, "locale": "id_ID", "seed": 9}}).plan
    assert plan is not None
    assert plan.seed == 9
    for row in Engine(plan).batch("data", 0, 50).to_pylist():
        assert row["first_name"] in row["full_name"]
        assert row["last_name"] in row["full_name"]


def test_sql_settings_may_be_absent() -> None:
    outcome = check({"global_settings": {"row_count": 5, "file_name": "people"}, "columns": CONFIG["columns"][:1]})
    assert outcome.plan is not None
    assert (outcome.plan.tables[0].name, outcome.requested) == ("people", Requested("csv", "", "people"))


@pytest.mark.parametrize(
    ("sql_type", "ours"),
    [
        ("varchar(40)", "string(40)"), ("NVARCHAR(MAX)", "string"), ("TEXT", "text"), ("character varying(9)", "string(9)"),
        ("CHAR(36)", "string(36)"),
    ],
)  # fmt: skip
def test_sql_types_of_text(sql_type: str, ours: str) -> None:
    plan = check(changed(columns=[{"column_name": "a", "generator_type": "uuid", "sql_type": sql_type}])).plan
    assert plan is not None
    assert str(plan.tables[0].columns[0].type) == ours


@pytest.mark.parametrize(
    ("sql_type", "ours"),
    [
        ("INTEGER", "int"), ("SERIAL", "int"), ("bigserial", "bigint"), ("NUMERIC(10, 2)", "decimal(10,2)"),
        ("decimal(9)", "decimal(9,0)"),
        ("DOUBLE PRECISION", "float"), ("real", "float"), ("smallint", "int"), ("int(11)", "int"), ("money", "decimal(18,2)"),
    ],
)  # fmt: skip
def test_sql_types_of_numbers(sql_type: str, ours: str) -> None:
    column = {"column_name": "a", "generator_type": "int", "sql_type": sql_type, "options": {"min": 1, "max": 50}}
    plan = check(changed(columns=[column])).plan
    assert plan is not None
    assert str(plan.tables[0].columns[0].type) == ours


@pytest.mark.parametrize(
    ("parts", "code", "path", "suggestion"),
    [
        ({"columns": [{"column_name": "a", "generator_type": "uuuid"}]},
         "GENERATOR_NOT_FOUND", "columns[0].generator_type", "identifier.uuid"),
        ({"columns": [{"column_name": "a", "generator_type": "int", "options": {"mni": 1}}]},
         "PARAMETER_UNKNOWN", "columns[0].options.mni", "min"),
        ({"columns": [{"column_name": "a", "generator_type": "int", "sql_type": "VARCHR(3)"}]},
         "TYPE_INVALID", "columns[0].sql_type", "varchar"),
        ({"columns": [{"column_name": "a", "generator": "int"}]}, "UNKNOWN_FIELD", "columns[0].generator", "generator_type"),
        ({"columns": []}, "MISSING_FIELD", "columns", ""),
        ({"columns": [{"column_name": "a", "generator_type": "int"}] * 2}, "IDENTIFIER_DUPLICATE", "columns[1].column_name", ""),
        ({"global_settings": {"row_count": -5}}, "ROWS_INVALID", "global_settings.row_count", ""),
        ({"global_settings": {"output_format": "cvs"}}, "TYPE_INVALID", "global_settings.output_format", "csv"),
        ({"global_settings": {"file_name": "../x"}}, "IDENTIFIER_INVALID", "global_settings.file_name", ""),
        ({"sql_settings": {"dialect": "oracle", "table_name": "t"}}, "TYPE_INVALID", "sql_settings.dialect", ""),
        ({"extra": 1}, "UNKNOWN_FIELD", "extra", ""),
    ],
)  # fmt: skip
def test_mistakes_point_into_the_config(parts: dict[str, Any], code: str, path: str, suggestion: str) -> None:
    found = check(changed(**parts)).errors
    assert (code, path) in {(f.code, f.path) for f in found}
    assert suggestion in {f.suggestion for f in found} or not suggestion


def test_mistakes_in_text_know_their_line() -> None:
    text = '{\n "columns": [\n  {"column_name": "a",\n   "generator_type": "nonsense"}]}'
    assert [(f.path, f.line, f.column) for f in check(text).errors] == [("columns[0].generator_type", 4, 22)]

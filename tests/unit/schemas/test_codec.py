"""Definitions as JSON: exact both ways, and all that is wrong in them is said at once."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings

from services.schemas import codec
from services.schemas.codec import base, definition_from, definition_json, merged
from services.schemas.drawing import Definition, Finding
from tests.unit.schemas.clinic import clinic_definition, clinic_json
from tests.unit.schemas.made import ANY_JSON, definitions


def _found(value: Any) -> dict[str, str]:
    return {finding.pointer: finding.code for finding in definition_from(value)[1]}


def _one(**column: Any) -> dict[str, Any]:
    return {"tables": [{"name": "t", "columns": [{"name": "c", "dataType": "int", **column}]}]}


def test_a_definition_is_what_its_json_says() -> None:
    drawing = clinic_definition().drawing
    visits = drawing.table("t-6")
    assert [table.name for table in drawing.tables][:3] == ["departments", "doctors", "patients"]
    assert visits.column("c-visits-fee").scale == 2 and visits.column("c-visits-fee").default_value == "0"
    assert drawing.table("t-5").primary_key[0].name == "insurer_id"
    assert drawing.foreign_keys[7].source_columns == ("c-visits-building", "c-visits-room_number")
    assert drawing.table("t-2").columns[2].generator == {"type": "first_name"}


def test_json_of_a_definition_reads_as_the_same() -> None:
    written = json.loads(json.dumps(definition_json(clinic_definition())))
    assert definition_from(written) == (clinic_definition(), ())


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_json_of_any_definition_reads_as_the_same(definition: Definition) -> None:
    assert definition_from(json.loads(json.dumps(definition_json(definition)))) == (definition, ())


@given(ANY_JSON)
@settings(max_examples=300, deadline=None)
def test_no_value_raises(value: Any) -> None:
    definition, findings = definition_from(value)
    assert definition_from(definition_json(definition))[0].drawing.foreign_keys == definition.drawing.foreign_keys
    assert isinstance(value, dict) or findings


@given(ANY_JSON)
@settings(max_examples=200, deadline=None)
def test_no_value_within_raises(value: Any) -> None:
    for whole in ({"tables": [value]}, {"tables": [{"columns": [value]}]}, {"foreignKeys": [value]}, _one(generator=value)):
        definition_from(whole)
    for key in ("position", "columns", "uniques", "indexes", "checks", "primaryKey", "comment"):
        definition_from({"tables": [{key: value}, {key: [value]}]})
    for key in codec._COLUMN:
        definition_from(_one(**{key: value}))


def test_a_definition_may_stand_under_its_name() -> None:
    under = {"name": "clinic", "description": "x", "schemaDefinition": clinic_json()}
    assert definition_from(under) == (clinic_definition(), ())
    assert base(under) == "/schemaDefinition" and base(clinic_json()) == ""
    under["schemaDefinition"]["tables"][0]["nam"] = 1
    assert list(_found(under)) == ["/schemaDefinition/tables/0/nam"]
    assert _found({"tables": [], "schemaDefinition": {}}) == {"/tables": "VALIDATION_ERROR"}


def test_missing_ids_are_made_from_names() -> None:
    value = copy.deepcopy(_one())
    value["tables"].append({"name": "t", "columns": [{"name": "c", "dataType": "int"}], "uniques": [{"columnIds": ["t.c"]}]})
    value["foreignKeys"] = [
        {"sourceTableId": "t-2", "sourceColumnId": "t-2.c", "targetTableId": "t", "targetColumnId": "t.c"} for _ in range(2)
    ]
    drawing = definition_from(value)[0].drawing
    assert [table.id for table in drawing.tables] == ["t", "t-2"]
    assert [column.id for table in drawing.tables for column in table.columns] == ["t.c", "t-2.c"]
    assert [key.id for key in drawing.foreign_keys] == ["t-2.key", "t-2.key-2"]
    assert drawing.tables[1].uniques[0].id == "t-2.unique"
    assert definition_from(value)[0].drawing == drawing


def test_an_id_that_was_given_is_not_made_again() -> None:
    value = {"tables": [{"name": "a"}, {"id": "a", "name": "b"}]}
    assert [table.id for table in definition_from(value)[0].drawing.tables] == ["a-2", "a"]


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ([], "", "VALIDATION_ERROR"),
        ({"tables": {}}, "/tables", "VALIDATION_ERROR"),
        ({"tables": ["x"]}, "/tables/0", "VALIDATION_ERROR"),
        ({"tables": [{}]}, "/tables/0/name", "MISSING_REQUIRED_FIELD"),
        ({"tables": [{"name": ""}]}, "/tables/0/name", "MISSING_REQUIRED_FIELD"),
        ({"tables": [{"name": 5}]}, "/tables/0/name", "VALIDATION_ERROR"),
        ({"tables": [{"name": "x" * 256}]}, "/tables/0/name", "VALIDATION_ERROR"),
        ({"tables": [{"name": "a\x00b"}]}, "/tables/0/name", "VALIDATION_ERROR"),
        ({"tables": [{"name": "a\ud800b"}]}, "/tables/0/name", "VALIDATION_ERROR"),
        ({"tables": [{"name": "t", "position": 3}]}, "/tables/0/position", "VALIDATION_ERROR"),
        ({"tables": [{"name": "t", "position": {"x": "1"}}]}, "/tables/0/position/x", "VALIDATION_ERROR"),
        ({"tables": [{"name": "t", "position": {"x": float("nan")}}]}, "/tables/0/position/x", "VALIDATION_ERROR"),
        ({"tables": [{"name": "t", "uniques": [{}]}]}, "/tables/0/uniques/0/columnIds", "MISSING_REQUIRED_FIELD"),
        ({"tables": [{"name": "t", "checks": [{}]}]}, "/tables/0/checks/0/expression", "MISSING_REQUIRED_FIELD"),
        (_one(name=None), "/tables/0/columns/0/name", "MISSING_REQUIRED_FIELD"),
        (_one(dataType=None), "/tables/0/columns/0/dataType", "MISSING_REQUIRED_FIELD"),
        (_one(length=-1), "/tables/0/columns/0/length", "VALIDATION_ERROR"),
        (_one(length=1.5), "/tables/0/columns/0/length", "VALIDATION_ERROR"),
        (_one(length=10**400), "/tables/0/columns/0/length", "VALIDATION_ERROR"),
        (_one(length=True), "/tables/0/columns/0/length", "VALIDATION_ERROR"),
        (_one(nullable="yes"), "/tables/0/columns/0/nullable", "VALIDATION_ERROR"),
        (_one(defaultValue=[]), "/tables/0/columns/0/defaultValue", "VALIDATION_ERROR"),
        (_one(defaultValue=10**5000), "/tables/0/columns/0/defaultValue", "VALIDATION_ERROR"),
        (_one(generator=7), "/tables/0/columns/0/generator", "VALIDATION_ERROR"),
        (_one(generator={"a": {"b": float("inf")}}), "/tables/0/columns/0/generator/a/b", "VALIDATION_ERROR"),
        (_one(enumValues=["a", 1]), "/tables/0/columns/0/enumValues/1", "VALIDATION_ERROR"),
        ({"foreignKeys": [{}]}, "/foreignKeys/0/sourceTableId", "MISSING_REQUIRED_FIELD"),
        ({"foreignKeys": [{}]}, "/foreignKeys/0/targetColumnId", "MISSING_REQUIRED_FIELD"),
        ({"foreignKeys": [{"onDelete": "EXPLODE"}]}, "/foreignKeys/0/onDelete", "VALIDATION_ERROR"),
        ({"exportedAt": "yesterday"}, "/exportedAt", "VALIDATION_ERROR"),
        ({"version": 3}, "/version", "VALIDATION_ERROR"),
        ({"a/b~c": 3}, "/a~1b~0c", "VALIDATION_ERROR"),
        ({"tables": [{"name": "t"}] * 1_001}, "/tables", "VALIDATION_ERROR"),
        ({"tables": [{"name": "t", "columns": [{}] * 2_001}]}, "/tables/0/columns", "VALIDATION_ERROR"),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(value: Any, pointer: str, code: str) -> None:
    assert _found(value).get(pointer) == code


def test_all_is_found_at_once() -> None:
    value = {"tables": [{"columns": [{"lenght": 3}, {"name": 1, "dataType": "int"}]}], "foreignKeys": [{"onDelete": "x"}]}
    assert list(_found(value)) == [
        "/tables/0/name",
        "/tables/0/columns/0/lenght",
        "/tables/0/columns/0/name",
        "/tables/0/columns/0/dataType",
        "/tables/0/columns/1/name",
        "/foreignKeys/0/sourceTableId",
        "/foreignKeys/0/sourceColumnId",
        "/foreignKeys/0/targetTableId",
        "/foreignKeys/0/targetColumnId",
        "/foreignKeys/0/onDelete",
    ]


def test_a_mistyped_field_is_told_what_was_meant() -> None:
    suggestions = {finding.pointer: finding.suggestion for finding in definition_from(_one(datatype="int", lenght=5))[1]}
    assert suggestions == {"/tables/0/columns/0/datatype": "dataType", "/tables/0/columns/0/lenght": "length"}
    wrong = definition_from({"foreignKeys": [{"onDelete": "CASCAD"}]})[1]
    assert wrong[-1].suggestion == "CASCADE"


def test_a_deep_generator_is_refused_and_not_followed() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = {"a": deep}
    assert _found(_one(generator=deep)) == {"/tables/0/columns/0/generator": "VALIDATION_ERROR"}
    assert _found(_one(generator={"values": list(range(5_000))})) == {"/tables/0/columns/0/generator": "VALIDATION_ERROR"}


@pytest.mark.parametrize(
    "value",
    [
        {"tables": [{"columns": [{}] * 2_000}] * 1_000},
        {"tables": [{"name": "a", "columns": [{"name": "a", "dataType": "int"}] * 2_000}] * 25},
        {"tables": [{"uniques": [{}] * 1_000, "checks": [{}] * 1_000}] * 25},
        {"tables": [{f"colums{n}": 1 for n in range(1_000)}] * 1_000},
        {"foreignKeys": [{}] * 10_000},
    ],
    ids=["columns", "names", "rules", "fields", "keys"],
)
def test_large_bodies_are_answered_soon(value: Any) -> None:
    begin = time.process_time()
    findings = definition_from(value)[1]
    assert time.process_time() - begin < 4 and len(findings) <= 500


def test_ends_of_a_key_come_one_or_several() -> None:
    key = {"sourceTableId": "a", "sourceColumnIds": ["x", "y"], "targetTableId": "b", "targetColumnIds": ["z", "w"]}
    assert definition_from({"foreignKeys": [key]})[0].drawing.foreign_keys[0].source_columns == ("x", "y")
    written = definition_json(definition_from({"foreignKeys": [key]})[0])["foreignKeys"][0]
    assert (written["sourceColumnId"], written["sourceColumnIds"]) == ("x", ["x", "y"])
    assert _found({"foreignKeys": [{**key, "sourceColumnId": "y"}]}) == {"/foreignKeys/0/sourceColumnId": "VALIDATION_ERROR"}


@pytest.mark.parametrize(("said", "kept"), [(0, "0"), (1.5, "1.5"), (True, "true"), (False, "false"), ("", ""), (None, None)])
def test_defaults_are_texts(said: Any, kept: str | None) -> None:
    assert definition_from(_one(defaultValue=said))[0].drawing.tables[0].columns[0].default_value == kept


def test_actions_are_read_in_any_spelling() -> None:
    for said in ("set null", "SET_NULL", "Set  Null"):
        assert definition_from({"foreignKeys": [{"onDelete": said}]})[0].drawing.foreign_keys[0].on_delete == "SET NULL"


def test_a_fault_of_form_hides_what_follows_from_it() -> None:
    form = (Finding("/tables/0/name", "MISSING_REQUIRED_FIELD", "x"), Finding("/tables/1", "VALIDATION_ERROR", "y"))
    meaning = [Finding(p, "VALIDATION_ERROR", "z") for p in ("/tables/0/name", "/tables/1/columns/0", "/tables/10", "/tables/0")]
    assert [finding.pointer for finding in merged(form, meaning)] == ["/tables/0/name", "/tables/1", "/tables/10", "/tables/0"]
    assert merged((), meaning[:1], "/schemaDefinition")[0].pointer == "/schemaDefinition/tables/0/name"

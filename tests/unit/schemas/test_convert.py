"""Drawings as protobuf messages and back, and what requests ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from mockcraft.schemas.v1 import schemas_pb2 as pb

from services.common.caller import set_caller
from services.common.errors import MockcraftError
from services.schemas import requests
from services.schemas.codec import definition_from
from services.schemas.convert import schema_message, schema_value
from services.schemas.resource import Resource, read_resource
from services.schemas.store import Query, Record
from tests.unit.schemas.clinic import clinic_definition

AT = datetime(2026, 1, 29, 12, 0, 0, 250_000, UTC)


def record(**fields: object) -> Record:
    made = Record("clinic", clinic_definition(), "who came", "clinic", "ready", "an-id", 3, created_at=AT, updated_at=AT)
    return replace(made, **fields)  # type: ignore[arg-type]


def test_a_drawing_comes_back_from_its_message() -> None:
    message = schema_message(record())
    definition, findings = definition_from(schema_value(pb.Schema.FromString(message.SerializeToString())))
    assert (definition, findings) == (clinic_definition(), ())


def test_what_is_not_the_callers_is_not_read_from_a_message() -> None:
    value = schema_value(schema_message(record(status="failed", error="why", damaged=True), ["a warning"]))
    assert value.keys() == {"name", "description", "databaseName", "version", "tables", "foreignKeys", "exportedAt"}


def test_times_and_state_are_shown() -> None:
    message = schema_message(record(deleted_at=AT, status="deleted", error="why"), ["a warning"])
    assert message.created_at.ToJsonString() == message.deleted_at.ToJsonString() == "2026-01-29T12:00:00.250Z"
    assert (message.status, message.error, message.revision, list(message.warnings)) == ("deleted", "why", 3, ["a warning"])
    assert not schema_message(record()).HasField("deleted_at")


def test_the_front_ends_time_of_export_goes_before_ours() -> None:
    definition = clinic_definition()
    assert schema_message(record(exported_at=AT)).exported_at == definition.exported_at
    ours = schema_message(record(definition=replace(definition, exported_at=""), exported_at=AT))
    assert ours.exported_at == "2026-01-29T12:00:00.250Z"
    assert not schema_message(record(definition=replace(definition, exported_at=""))).HasField("exported_at")


def of(document: str = "", mask: tuple[str, ...] = (), **fields: object) -> tuple[pb.UpdateSchemaRequest, Resource]:
    request = pb.UpdateSchemaRequest(document=document, schema=pb.Schema(**fields))  # type: ignore[arg-type]
    request.update_mask.paths.extend(mask)
    return request, requests.resource_of(request, name_needed=False)


@pytest.mark.parametrize(
    ("document", "mask", "expected"),
    [
        ('{"name": "x", "description": null, "id": "y"}', (), {"name"}),
        ('{"name": "x", "tables": []}', (), {"name", "tables"}),
        ('{"schemaDefinition": {"tables": [], "version": "2"}}', (), {"tables", "version"}),
        ('{"name": "x", "updateMask": "description, databaseName"}', (), {"description", "databaseName"}),
        ('{"name": "x"}', ("foreign_keys", "exported_at"), {"foreignKeys", "exportedAt"}),
        ('{"name": "x"}', ("schema_definition.foreign_keys",), {"foreignKeys"}),
        ("{}", (), set()),
    ],
)
def test_which_fields_are_changed(document: str, mask: tuple[str, ...], expected: set[str]) -> None:
    assert requests.fields_to_change(*of(document, mask)) == expected


def test_a_star_is_everything_that_can_be_changed() -> None:
    everything = {"name", "description", "databaseName", "version", "tables", "foreignKeys", "exportedAt"}
    assert requests.fields_to_change(*of("{}", ("*",))) == everything


@pytest.mark.parametrize("mask", ["status", "id", "colour", "tables.name", "schema_definition"])
def test_a_mask_of_what_cannot_be_changed_is_refused(mask: str) -> None:
    with pytest.raises(MockcraftError) as refused:
        requests.fields_to_change(*of("{}", (mask,)))
    assert (refused.value.code, refused.value.findings[0].path) == ("VALIDATION_ERROR", "updateMask")


@pytest.mark.parametrize(
    ("asked", "document", "expected"),
    [
        (None, "{}", True),
        (None, '{"createDatabase": false}', False),
        (True, '{"createDatabase": false}', True),
        (False, "{}", False),
    ],
)
def test_whether_a_database_is_created(asked: bool | None, document: str, expected: bool) -> None:
    request = pb.CreateSchemaRequest(document=document, create_database=asked)
    assert requests.database_wanted(request, requests.resource_of(request)) is expected


def test_pages_by_number_and_by_token() -> None:
    assert requests.query(pb.ListSchemasRequest(limit=20)) == Query(page_size=20, page=1)
    assert requests.query(pb.ListSchemasRequest(page=3)) == Query(page_size=0, page=3)
    assert requests.query(pb.ListSchemasRequest(page_size=7, page_token="t", search="x")) == Query("x", page_size=7, token="t")
    assert requests.query(pb.ListSchemasRequest(limit=7, page_token="t")) == Query(page_size=7, token="t")


def test_who_acts() -> None:
    for who, actor in (("key:1f2e", "key:1f2e"), ("cli:ada", "cli:ada"), ("192.0.2.7", "anonymous"), ("", "anonymous")):
        set_caller(who)
        assert requests.act().actor == actor
    set_caller("")


def test_a_request_id_stands_for_all_that_was_asked() -> None:
    one, two = (pb.CreateSchemaRequest(document=text, request_id="k") for text in ("{}", '{"name": "x"}'))
    assert requests.idempotency(one) == requests.idempotency(pb.CreateSchemaRequest(document="{}", request_id="k"))
    assert requests.idempotency(one).digest != requests.idempotency(two).digest
    assert requests.idempotency(pb.CreateSchemaRequest(document="{}")).key == ""


def test_documents_that_are_no_json_say_where() -> None:
    with pytest.raises(MockcraftError) as refused:
        requests.resource_of(pb.CreateSchemaRequest(document='{\n"name" 5}'))
    assert (refused.value.code, refused.value.findings[0].line) == ("INVALID_JSON", 2)


def test_findings_of_meaning_point_into_what_was_written() -> None:
    from services.schemas.checking import check

    table = {"name": "a", "columns": [{"name": "id", "dataType": "integr"}]}
    read = read_resource({"schemaDefinition": {"tables": [table]}, "nam": "x"})
    found = {(each.pointer, each.code) for each in read.with_meaning(check(read.definition.drawing))}
    assert {
        ("/name", "MISSING_REQUIRED_FIELD"),
        ("/nam", "VALIDATION_ERROR"),
        ("/schemaDefinition/tables/0/columns/0/dataType", "UNSUPPORTED_DATA_TYPE"),
    } <= found

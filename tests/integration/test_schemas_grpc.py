"""The schema registry over gRPC: typed drawings, the same answers as over REST, errors with their details; as a process."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from aiohttp import ClientSession
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from mockcraft.schemas.v1 import schemas_pb2 as pb
from mockcraft.schemas.v1 import schemas_pb2_grpc

from services.common.settings import Settings
from services.gateway.json_out import to_json
from services.gateway.server import Gateway
from tests.integration.processes import generators, service
from tests.integration.registry_samples import clinic, draft
from tests.integration.stack import Stack, stack
from tests.servers import free_port

BASE = "/api/v1/schemas"
GENERATOR = '{"gen":"choice","values":{"z@example.com":1,"a@example.com":9007199254740993}}'
"""Order and digits that only a text keeps."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack(tmp_path) as running:
        yield running


@pytest.fixture
async def stub(server: Stack) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield schemas_pb2_grpc.SchemaServiceStub(channel)  # type: ignore[no-untyped-call]


def typed(name: str = "clinic") -> pb.Schema:
    """A drawing as a message."""
    patients = pb.SchemaTable(
        id="t1",
        name="patients",
        position=pb.Position(x=1.5),
        columns=[
            pb.SchemaColumn(id="c1", name="id", data_type="integer", primary_key=True, auto_increment=True),
            pb.SchemaColumn(id="c2", name="email", data_type="varchar", length=120, nullable=False, default_value=""),
        ],
    )
    patients.columns[1].generator.text = GENERATOR
    visits = pb.SchemaTable(
        id="t2",
        name="visits",
        columns=[
            pb.SchemaColumn(id="c3", name="id", data_type="integer", primary_key=True),
            pb.SchemaColumn(id="c4", name="patient_id", data_type="integer"),
        ],
    )
    key = pb.SchemaForeignKey(source_table_id="t2", source_column_id="c4", target_table_id="t1", target_column_id="c1")
    return pb.Schema(name=name, version="1", tables=[patients, visits], foreign_keys=[key])


async def refused(call: Any) -> tuple[str, grpc.StatusCode, list[tuple[str, str]]]:
    """Reason, status and field violations of a call that is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(caught.value)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return info.reason, caught.value.code(), [(each.field, each.reason) for each in bad.field_violations]


async def test_all_of_it_as_over_rest(server: Stack, stub: Any) -> None:
    schema = await stub.CreateSchema(pb.CreateSchemaRequest(schema=typed()))
    assert (schema.status, schema.database_name, schema.tables[0].columns[1].default_value) == ("ready", "clinic", "")
    assert schema.tables[0].columns[0].HasField("nullable") and not schema.tables[0].columns[0].nullable
    assert schema.tables[0].columns[1].generator.text == GENERATOR
    got = await stub.GetSchema(pb.GetSchemaRequest(id=schema.id))
    assert got == schema
    over_rest = await (await server.client.get(f"{BASE}/{schema.id}")).json()
    assert over_rest == to_json(schema)
    again = await stub.ReplaceSchema(pb.ReplaceSchemaRequest(id=schema.id, schema=got, revision=got.revision))
    assert (again.revision, again.tables) == (got.revision + 1, got.tables)
    mask = FieldMask(paths=["description", "foreign_keys"])
    changed = await stub.UpdateSchema(
        pb.UpdateSchemaRequest(id=schema.id, schema=pb.Schema(description="new", name="not this"), update_mask=mask)
    )
    assert (changed.name, changed.description, list(changed.foreign_keys)) == ("clinic", "new", [])
    listed = await stub.ListSchemas(pb.ListSchemasRequest(search="clin"))
    assert (listed.total, listed.schemas[0].table_count) == (1, 2)
    sql = await stub.GetSchemaSql(pb.GetSchemaSqlRequest(id=schema.id, dialect="postgresql"))
    assert to_json(sql) == await (await server.client.get(f"{BASE}/{schema.id}/sql?dialect=postgresql")).json()
    versions = await stub.ListSchemaVersions(pb.ListSchemaVersionsRequest(id=schema.id))
    assert to_json(versions) == await (await server.client.get(f"{BASE}/{schema.id}/versions")).json()
    facts = await stub.GetSchemaDatabase(pb.GetSchemaDatabaseRequest(id=schema.id))
    assert (
        facts.exists and facts.drift and to_json(facts) == await (await server.client.get(f"{BASE}/{schema.id}/database")).json()
    )
    audit = await stub.ListAudit(pb.ListAuditRequest())
    assert to_json(audit) == await (await server.client.get("/api/v1/audit")).json()
    assert {entry.actor for entry in audit.entries} == {"anonymous"}
    deleted = await stub.DeleteSchema(pb.DeleteSchemaRequest(id=schema.id, drop_database=True))
    assert deleted.status == "deleted"


async def test_a_document_in_place_of_the_message(stub: Any) -> None:
    document = '{"name": "a", "tables": [{"name": "t", "columns": [{"name": "id", "dataType": "int", "primaryKey": true}]}]}'
    schema = await stub.CreateSchema(pb.CreateSchemaRequest(document=document, create_database=False))
    assert (schema.name, schema.status, schema.tables[0].columns[0].id) == ("a", "draft", "t.id")


async def test_refusals_carry_reason_and_pointers(stub: Any) -> None:
    bad = typed()
    bad.tables[0].columns[1].data_type = "varcharr"
    bad.foreign_keys[0].target_table_id = "t9"
    reason, status, fields = await refused(stub.CreateSchema(pb.CreateSchemaRequest(schema=bad)))
    assert (reason, status) == ("UNSUPPORTED_DATA_TYPE", grpc.StatusCode.INVALID_ARGUMENT)
    assert ("/tables/0/columns/1/dataType", "UNSUPPORTED_DATA_TYPE") in fields
    assert ("/foreignKeys/0/targetTableId", "FOREIGN_KEY_ERROR") in fields
    checked = await stub.CheckDrawing(pb.CheckDrawingRequest(schema=bad))
    assert not checked.valid and {(f.path, f.code) for f in checked.findings} >= set(fields)
    assert await refused(stub.CreateSchema(pb.CreateSchemaRequest())) == (
        "MISSING_REQUIRED_FIELD",
        grpc.StatusCode.INVALID_ARGUMENT,
        [("/name", "MISSING_REQUIRED_FIELD")],
    )
    reason, status, fields = await refused(stub.CreateSchema(pb.CreateSchemaRequest(document="{")))
    assert (reason, fields) == ("INVALID_JSON", [("", "INVALID_JSON")])
    unknown = pb.GetSchemaRequest(id="00000000-0000-4000-8000-000000000000")
    assert (await refused(stub.GetSchema(unknown)))[:2] == ("SCHEMA_NOT_FOUND", grpc.StatusCode.NOT_FOUND)
    schema = await stub.CreateSchema(pb.CreateSchemaRequest(schema=typed(), create_database=False))
    stale = pb.DeleteSchemaRequest(id=schema.id, revision=schema.revision + 1)
    assert (await refused(stub.DeleteSchema(stale)))[:2] == ("REVISION_STALE", grpc.StatusCode.ABORTED)
    twice = stub.CreateSchema(pb.CreateSchemaRequest(schema=typed(), create_database=False))
    assert (await refused(twice))[:2] == ("DUPLICATE_NAME", grpc.StatusCode.ALREADY_EXISTS)


async def test_each_service_in_a_process_of_its_own(tmp_path: Path) -> None:
    """A gateway finds the registry, which finds the generator and the seeder, which find its database by name."""
    data, port = tmp_path / "data", free_port()
    with generators(tmp_path) as (generator,), service("seeder", data, seeder__generators=generator.address) as seeder:
        more = {"generator_address": generator.address, "seeder_address": seeder.address, "metrics_port": port}
        with service("schemas", data, **more) as registry:
            settings = Settings(
                data_dir=tmp_path,
                port=0,
                generator_address=generator.address,
                seeder_address=seeder.address,
                backup_address="",
                schemas_address=registry.address,
                datasets_address="",
            )
            gateway = Gateway(settings)
            try:
                async with ClientSession(await gateway.start()) as client:
                    ready = await (await client.get("/health/ready")).json()
                    assert ready["services"] == {"generator": "SERVING", "seeder": "SERVING", "schemas": "SERVING"}
                    await _filled(client)
                    refused = await client.post(f"{BASE}", json=draft("clinic"))
                    assert (await refused.json())["code"] == "DUPLICATE_NAME"
            finally:
                await gateway.stop()
            metrics = await asyncio.to_thread(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode())
            assert "mockcraft_schemas_created_total 1.0" in metrics
            registry.process.terminate()
            assert registry.process.wait(15) == 0


async def _filled(client: ClientSession) -> None:
    schema = await (await client.post(BASE, json=clinic())).json()
    rows = await (await client.get(f"{BASE}/{schema['id']}/preview?rows=2")).json()
    assert len(rows["rows"]) == 2, rows
    job = await (await client.post(f"{BASE}/{schema['id']}/seed", json={"rows": {"patients": 50}})).json()
    async with asyncio.timeout(60):
        while job["state"] not in ("SUCCEEDED", "FAILED"):
            await asyncio.sleep(0.1)
            job = await (await client.get(f"/api/v1/jobs/{job['id']}")).json()
    assert job["state"] == "SUCCEEDED", job
    facts = await (await client.get(f"{BASE}/{schema['id']}/database")).json()
    assert {table["name"]: table["rows"] for table in facts["tables"]}["patients"] == 50

"""What the schema registry does, in the three kinds of places, with the other services in this process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mockcraft.backup.v1 import backup_pb2
from mockcraft.generator.v1 import generator_pb2
from mockcraft.jobs.v1 import jobs_pb2
from mockcraft.seeder.v1 import seeder_pb2

from services.common.errors import MockcraftError
from services.common.jobs.store import Request
from services.schemas.answers import BackupRequest, ImportRequest, PreviewRequest, SeedRequest
from services.schemas.codec import definition_json
from services.schemas.drawing import Definition, Drawing
from services.schemas.hosting import open_host
from services.schemas.resource import Resource, read_resource
from services.schemas.service import SchemaService
from services.schemas.store import Act, Query, Record
from tests.clinic import clinic as twelve_tables
from tests.integration.schemas_child import written
from tests.integration.schemas_hosts import KINDS, Place, open_place, shown, sqlite_place
from tests.unit.schemas.clinic import clinic as odd_names

ROOT = Path(__file__).parents[2]
ACT = Act("key:abc", request_id="r-1")


def clinic(name: str = "Clinic", **more: Any) -> dict[str, Any]:
    """A drawing of two tables and a key."""
    patients = {
        "id": "p",
        "name": "patients",
        "columns": [
            {"id": "p1", "name": "id", "dataType": "integer", "primaryKey": True, "nullable": False, "autoIncrement": True},
            {"id": "p2", "name": "email", "dataType": "varchar", "length": 120, "nullable": False, "unique": True},
        ],
    }
    visits = {
        "id": "v",
        "name": "visits",
        "columns": [
            {"id": "v1", "name": "id", "dataType": "integer", "primaryKey": True, "nullable": False},
            {"id": "v2", "name": "patient_id", "dataType": "integer", "nullable": False},
        ],
    }
    key = {"id": "k", "sourceTableId": "v", "sourceColumnId": "v2", "targetTableId": "p", "targetColumnId": "p1"}
    return {"name": name, "version": "1.0", "tables": [patients, visits], "foreignKeys": [key], **more}


def resource(value: dict[str, Any] | None = None, name_needed: bool = True) -> Resource:
    return read_resource(value if value is not None else clinic(), name_needed)


class Neighbours:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def preview(self, request: generator_pb2.PreviewRowsRequest) -> generator_pb2.PreviewRowsResponse:
        self.asked.append(request)
        return generator_pb2.PreviewRowsResponse(valid=True, table="patients", columns=["id", "email"])

    async def seed(self, request: seeder_pb2.CreateSeedingRequest) -> jobs_pb2.Job:
        self.asked.append(request)
        return jobs_pb2.Job(id="seed_1")

    async def backup(self, request: backup_pb2.CreateBackupRequest) -> jobs_pb2.Job:
        self.asked.append(request)
        return jobs_pb2.Job(id="backup_1")

    async def close(self) -> None:
        self.asked.append("closed")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with open_place(request, request.param, tmp_path) as found:
        yield found


@pytest.fixture
def files(tmp_path: Path) -> Place:
    return sqlite_place(tmp_path)


async def opened(place: Place) -> AsyncIterator[SchemaService]:
    service = SchemaService(place.settings, Neighbours())
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


@pytest.fixture
async def service(place: Place) -> AsyncIterator[SchemaService]:
    async for found in opened(place):
        yield found


@pytest.fixture
async def registry(files: Place) -> AsyncIterator[SchemaService]:
    """Over SQLite files."""
    async for found in opened(files):
        yield found


def asked(service: SchemaService) -> list[Any]:
    found = service._neighbours
    assert isinstance(found, Neighbours)
    return found.asked


async def refused(awaitable: Any, code: str) -> MockcraftError:
    with pytest.raises(MockcraftError) as caught:
        await awaitable
    assert caught.value.code == code, caught.value.message
    return caught.value


async def test_the_life_of_a_schema(service: SchemaService, place: Place) -> None:
    made = await service.create(resource(), act=ACT)
    assert (made.status, made.database_name, made.name) == ("ready", "clinic", "Clinic")
    assert await service.get(made.id) == made

    state = await service.database(made.id)
    assert (state.exists, state.dialect, state.drift) == (True, place.kind, ())
    assert [(t.name, t.rows) for t in state.facts.tables] == [("patients", 0), ("visits", 0)]
    assert state.facts.bytes > 0

    place.run("CREATE TABLE extra (id int)", "clinic")
    drift = (await service.database(made.id)).drift
    assert len(drift) == 1
    assert "extra" in drift[0]

    page = await service.databases()
    assert [(d.schema.id, d.exists, d.dialect) for d in page.databases] == [(made.id, True, place.kind)]

    draft = await service.drop_database(made.id, ACT)
    assert draft.status == "draft"
    assert not (await service.database(made.id)).exists
    assert place.names() == set()
    assert (await service.create_database(made.id, act=ACT)).status == "ready"
    gone = await service.delete(made.id, drop_database=True, act=ACT)
    assert gone.deleted_at is not None
    assert place.names() == set()
    await refused(service.get(made.id), "SCHEMA_NOT_FOUND")
    assert (await service.create(resource())).database_name == "clinic"
    actions = [entry.action for entry in (await service.audit(made.id)).entries]
    assert actions == ["delete", "database.create", "database.create", "database.drop", "database.create", "create"]
    assert {entry.actor for entry in (await service.audit(made.id)).entries} == {"key:abc"}


@pytest.mark.parametrize("drawn", [twelve_tables, odd_names])
async def test_what_is_drawn_is_created_and_filled_without_drift(service: SchemaService, drawn: Callable[[], Drawing]) -> None:
    value = {"name": 'Odd "; DROP TABLE x; --', **definition_json(Definition(drawn(), "1"))}
    made = await service.create(resource(value))
    assert (made.status, made.database_name) == ("ready", "odd_drop_table_x")
    state = await service.database(made.id)
    assert state.drift == ()
    assert len(state.facts.tables) == len(drawn().tables)
    assert (await service.seed(made.id, SeedRequest(total_rows=1000))).id == "seed_1"


async def test_rows_are_lost_only_by_force(service: SchemaService, place: Place) -> None:
    made = await service.create(resource())
    again = await service.create_database(made.id)
    assert again.status == "ready"
    place.run("INSERT INTO patients (id, email) VALUES (1, 'a')", "clinic")
    await refused(service.create_database(made.id), "DATABASE_NOT_EMPTY")
    assert (await service.get(made.id)) == again
    assert (await service.database(made.id)).facts.rows == 1
    await service.create_database(made.id, force=True)
    assert (await service.database(made.id)).facts.rows == 0
    assert place.names() == shown(place, "clinic")


async def test_an_update_leaves_the_database_and_drift_tells(service: SchemaService) -> None:
    made = await service.create(resource())
    value = clinic()
    value["tables"][0]["columns"].append({"id": "p3", "name": "phone", "dataType": "varchar", "length": 20})
    changed = await service.replace(made.id, resource(value), made.revision)
    assert changed.status == "ready"
    drift = (await service.database(made.id)).drift
    assert len(drift) == 1
    assert "phone" in drift[0]
    await service.create_database(made.id)
    assert (await service.database(made.id)).drift == ()


async def test_a_database_of_somebody_else_is_never_dropped(service: SchemaService, place: Place) -> None:
    made = await service.create(resource())
    host = service._host
    await service.drop_database(made.id)
    place.make("clinic")
    again = await service.create_database(made.id)
    assert again.database_name == "clinic_2"
    await service.delete(made.id, drop_database=True)
    assert place.names() == shown(place, "clinic")

    second = await service.create(resource())
    assert second.database_name == "clinic_2"
    place.run("DROP TABLE visits", "clinic_2")
    if place.kind == "sqlite":
        (host.folder / "clinic_2.db").unlink()  # type: ignore[attr-defined]
    else:
        place.run("DROP DATABASE clinic_2", "postgres" if place.kind == "postgresql" else "mysql")
    place.make("clinic_2")
    assert not (await service.database(second.id)).exists
    assert (await service.drop_database(second.id)).status == "draft"
    assert place.names() == shown(place, "clinic", "clinic_2")
    await refused(service.seed(second.id, SeedRequest()), "DATABASE_ABSENT")
    assert (await service.create_database(second.id)).database_name == "clinic_2_2"


async def test_drafts_make_no_database(registry: SchemaService, files: Place) -> None:
    draft = await registry.create(resource(), create_database=False)
    assert (draft.status, draft.database_name) == ("draft", "clinic")
    assert files.names() == set()
    other = await registry.create(resource(clinic("CLINIC!")), create_database=False)
    assert other.database_name == "clinic_2"
    renamed = await registry.patch(draft.id, resource({"databaseName": "Ward 7"}, False), {"databaseName"})
    assert renamed.database_name == "ward_7"
    ready = await registry.create_database(draft.id)
    assert (ready.status, ready.database_name) == ("ready", "ward_7")
    await refused(registry.patch(draft.id, resource({"databaseName": "x"}, False), {"databaseName"}), "DATABASE_EXISTS")


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"name": ""}, "MISSING_REQUIRED_FIELD", "/name"),
        ({"tables": 7}, "VALIDATION_ERROR", "/tables"),
        ({"tabels": []}, "VALIDATION_ERROR", "/tabels"),
    ],
)
async def test_what_is_wrong_creates_nothing(
    registry: SchemaService, files: Place, change: dict[str, Any], code: str, pointer: str
) -> None:
    error = await refused(registry.create(resource(clinic() | change)), code)
    assert pointer in [finding.path for finding in error.findings]
    assert (await registry.list(Query())).total == 0
    assert files.names() == set()


async def test_all_findings_of_form_and_meaning_at_once(registry: SchemaService) -> None:
    value = clinic()
    value["tables"][0]["columns"][1]["dataType"] = "varchr"
    value["foreignKeys"][0]["targetTableId"] = "nowhere"
    value["colour"] = "red"
    error = await refused(registry.create(resource(value)), "VALIDATION_ERROR")
    paths = [finding.path for finding in error.findings]
    assert "/colour" in paths
    assert "/tables/0/columns/1/dataType" in paths
    assert any(path.startswith("/foreignKeys/0") for path in paths)
    found = await registry.check(resource(value, False))
    assert sorted(each.pointer for each in found) == sorted(paths)


async def test_names_are_taken_once(registry: SchemaService, files: Place) -> None:
    made = await registry.create(resource())
    await refused(registry.create(resource(clinic("cLINIC"))), "DUPLICATE_NAME")
    other = await registry.create(resource(clinic("Other")), create_database=False)
    await refused(registry.patch(other.id, resource({"name": "clinic"}, False), {"name"}), "DUPLICATE_NAME")
    await registry.delete(made.id)
    assert files.names() == shown(files, "clinic")
    again = await registry.create(resource())
    assert again.database_name == "clinic_2"


async def test_the_same_request_makes_one_schema(registry: SchemaService, files: Place) -> None:
    request = Request("key-1", "digest", "me")
    first = await registry.create(resource(), request=request)
    assert await registry.create(resource(), request=request) == first
    await refused(registry.create(resource(), request=replace(request, digest="other")), "IDEMPOTENCY_KEY_REUSED")
    assert files.names() == shown(files, "clinic")


async def test_patch_changes_what_is_named_and_checks_the_whole(registry: SchemaService) -> None:
    made = await registry.create(resource(), create_database=False)
    changed = await registry.patch(made.id, resource({"version": "2", "description": "new"}, False), {"version"}, made.revision)
    assert (changed.definition.version, changed.description, changed.name) == ("2", "", "Clinic")
    assert changed.definition.drawing == made.definition.drawing
    await refused(registry.patch(made.id, resource({"version": "3"}, False), {"version"}, made.revision), "REVISION_STALE")
    tables = {"tables": clinic()["tables"][1:]}
    error = await refused(registry.patch(made.id, resource(tables, False), {"tables"}), "FOREIGN_KEY_ERROR")
    assert error.findings[0].path.startswith("/foreignKeys/0")
    await refused(registry.patch(made.id, resource({}, False), {"name"}), "MISSING_REQUIRED_FIELD")
    both = await registry.patch(made.id, resource(tables | {"foreignKeys": []}, False), {"tables", "foreignKeys"})
    assert [t.name for t in both.definition.drawing.tables] == ["visits"]
    await refused(registry.replace(made.id, resource(), made.revision), "REVISION_STALE")
    await refused(registry.delete(made.id, revision=made.revision), "REVISION_STALE")


async def test_sql_and_exports_are_never_stale(registry: SchemaService) -> None:
    made = await registry.create(resource(), create_database=False)
    first = await registry.sql(made.id)
    assert first.dialect == "sqlite"
    assert len(first.statements) >= 2
    assert (await registry.sql(made.id, "postgres")).dialect == "postgresql"
    await refused(registry.sql(made.id, "oracle"), "VALIDATION_ERROR")
    exported = await registry.export(made.id, "yaml", act=ACT)
    assert "patients" in exported.text
    after = await registry.get(made.id)
    assert after.revision == made.revision
    assert after.exported_at is not None
    assert (await registry.audit(made.id)).entries[0].detail == {"format": "yaml"}
    value = clinic()
    value["tables"][0]["name"] = "people"
    await registry.replace(made.id, resource(value), made.revision)
    assert "people" in (await registry.sql(made.id)).script
    assert "people" in (await registry.export(made.id, "yaml")).text
    assert (await registry.get(made.id)).definition.drawing.tables[0].name == "people"
    await refused(registry.export(made.id, "word"), "VALIDATION_ERROR")


async def test_versions_come_in_pages(registry: SchemaService) -> None:
    made = await registry.create(resource(), create_database=False)
    for number in range(4):
        await registry.patch(made.id, resource({"version": f"v{number}"}, False), {"version"})
    first = await registry.versions(made.id, 3)
    assert [v.version for v in first.versions] == ["v3", "v2", "v1"]
    second = await registry.versions(made.id, 3, first.next_token)
    assert [v.version for v in second.versions] == ["v0", "1.0"]
    assert second.next_token == ""
    for token in ("x", "-1", "0", "9" * 30):
        await refused(registry.versions(made.id, 3, token), "PAGE_TOKEN_INVALID")
    await refused(registry.versions(made.id, 5000), "PAGE_SIZE_INVALID")


async def test_imports_of_texts_and_databases(service: SchemaService, place: Place) -> None:
    made = await service.create(resource())
    exported = await service.export(made.id, "sql")
    text = await service.import_(ImportRequest(text=exported.text, format="sql", dialect=place.kind, name="Copy"), ACT)
    assert text.record.status == "draft"
    assert [t.name for t in text.record.definition.drawing.tables] == ["patients", "visits"]
    live = await service.import_(ImportRequest(url="schema:clinic", name="Live", create_database=True))
    assert (live.record.status, live.record.database_name, live.warnings) == ("ready", "live", ())
    assert (await service.database(live.record.id)).drift == ()
    await refused(service.import_(ImportRequest()), "MISSING_REQUIRED_FIELD")
    await refused(service.import_(ImportRequest(text="x", url="y")), "VALIDATION_ERROR")
    await refused(service.import_(ImportRequest(url="postgresql://u:canary@203.0.113.1/x")), "TARGET_NOT_ALLOWED")
    await refused(service.import_(ImportRequest(url="sqlite:///absent.db")), "TARGET_NOT_FOUND")


async def test_rows_and_backups_are_asked_of_the_neighbours(registry: SchemaService, files: Place) -> None:
    made = await registry.create(resource())
    job = await registry.seed(made.id, SeedRequest({"patients": "1K"}, seed=7, mode="truncate", request_id="x"), ACT)
    assert job.id == "seed_1"
    request = asked(registry)[-1]
    assert (request.target, request.mode, request.request_id) == ("schema:clinic", "truncate", "x")
    assert "seed: 7" in request.schema.text
    assert "1000" in request.schema.text
    shown_rows = await registry.preview(made.id, PreviewRequest("patients", 3))
    assert shown_rows.rows.table == "patients"
    assert (asked(registry)[-1].table, asked(registry)[-1].rows) == ("patients", 3)
    backup = await registry.backup(made.id, BackupRequest("nightly", keep_last=2, verify=backup_pb2.Level.RESTORED))
    assert backup.id == "backup_1"
    request = asked(registry)[-1]
    assert (request.source, request.storage, request.keep_last) == ("schema:clinic", "nightly", 2)
    assert request.verify == backup_pb2.Level.RESTORED
    assert not request.HasField("encrypt")
    assert [entry.action for entry in (await registry.audit(made.id)).entries][:2] == ["backup", "seed"]
    for rows in ({"patients": "many"}, {"nobody": "5"}, {"patients": "0"}):
        error = await refused(registry.seed(made.id, SeedRequest(rows)), "VALIDATION_ERROR")
        assert error.findings[0].path == f"/rows/{next(iter(rows))}"
    await refused(registry.seed(made.id, SeedRequest(seed=-1)), "VALIDATION_ERROR")
    draft = await registry.create(resource(clinic("Draft")), create_database=False)
    await refused(registry.seed(draft.id, SeedRequest()), "DATABASE_ABSENT")
    await refused(registry.backup(draft.id, BackupRequest()), "DATABASE_ABSENT")
    assert (await registry.preview(draft.id, PreviewRequest())).rows.valid


@pytest.mark.parametrize("method", ["get", "delete", "database", "drop_database", "create_database", "versions", "sql", "export"])
async def test_unknown_schemas(registry: SchemaService, method: str) -> None:
    for name in ("0d9fb7b6-3c31-4f3f-9d0e-e8c2a0e1c4a1", "'; DROP TABLE schemas; --", ""):
        await refused(getattr(registry, method)(name), "SCHEMA_NOT_FOUND")


@pytest.mark.parametrize("failpoint", ["schemas.dropping", "schemas.dropped"])
async def test_a_drop_that_is_killed_can_be_asked_for_again(service: SchemaService, place: Place, failpoint: str) -> None:
    made = await service.create(resource())
    file = place.settings.data_dir / "settings.json"
    file.write_bytes(written(place.settings))
    command = [sys.executable, "-m", "tests.integration.schemas_child", str(file), "drop", made.id]
    environment = {**os.environ, "MOCKCRAFT_FAILPOINT": failpoint, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'protos'}"}
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert (await service.database(made.id)).exists == (failpoint == "schemas.dropping")
    await service.delete(made.id, drop_database=True)
    assert place.names() == set()


def killed_while_creating(place: Place) -> None:
    file = place.settings.data_dir / "settings.json"
    place.settings.data_dir.mkdir(exist_ok=True)
    file.write_bytes(written(place.settings))
    command = [sys.executable, "-m", "tests.integration.schemas_child", str(file), "dead"]
    environment = {**os.environ, "MOCKCRAFT_FAILPOINT": "schemas.made", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'protos'}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


async def test_a_service_that_starts_undoes_what_died(files: Place) -> None:
    await asyncio.to_thread(killed_while_creating, files)
    assert files.names() != set()
    async for service in opened(files):
        (found,) = (await service.list(Query())).summaries
        assert (found.name, found.status) == ("dead", "failed")
        assert files.names() == set()
        assert (await service.create_database(found.id)).status == "ready"


async def test_a_service_that_runs_undoes_what_dies(tmp_path: Path) -> None:
    place = sqlite_place(tmp_path, takeover_seconds=0.6, sweep_seconds=0.2)
    async for service in opened(place):
        await asyncio.to_thread(killed_while_creating, place)
        async with asyncio.timeout(20):
            while (found := (await service.list(Query())).summaries[0]).status == "creating" or place.names():
                await asyncio.sleep(0.1)
        assert found.status == "failed"


async def test_a_failed_creation_is_told_again_to_the_same_request(
    registry: SchemaService, files: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.schemas import creating

    request = Request("key-1", "digest", "me")
    with monkeypatch.context() as patch:
        patch.setattr(creating, "statements", lambda drawing, dialect: ("CREATE NONSENSE",))
        first = await refused(registry.create(resource(), request=request), "DATABASE_CREATION_FAILED")
    again = await refused(registry.create(resource(), request=request), "DATABASE_CREATION_FAILED")
    assert (again.message, again.details) == (first.message, first.details)
    assert files.names() == set()
    (found,) = (await registry.list(Query(status="failed"))).summaries
    assert found.error in first.message
    assert (await registry.create_database(found.id)).status == "ready"
    assert (await registry.create(resource(), request=request)).status == "ready"


async def test_a_database_in_another_server_is_not_looked_for_here(registry: SchemaService) -> None:
    made = await registry.create(resource())
    hosting = {**made.hosting, "place": "postgresql://elsewhere:5432"}
    registry._store.update(made.id, hosting=hosting)
    assert not (await registry.database(made.id)).exists
    for call in (registry.drop_database, registry.create_database):
        assert "elsewhere" in (await refused(call(made.id), "DATABASE_ELSEWHERE")).message
    await refused(registry.delete(made.id, drop_database=True), "DATABASE_ELSEWHERE")
    await registry.delete(made.id)


async def test_a_schema_that_is_being_created_waits(registry: SchemaService) -> None:
    made = await registry.create(resource())
    registry._store.update(made.id, status="creating", hosting={**made.hosting, "attempt": "0" * 32, "name": "clinic"})
    for call in (registry.drop_database, registry.create_database, registry.delete):
        await refused(call(made.id), "DATABASE_BEING_CREATED")
    await refused(registry.seed(made.id, SeedRequest()), "DATABASE_BEING_CREATED")


async def test_a_caller_that_leaves_does_not_end_a_creation(registry: SchemaService, files: Place) -> None:
    task = asyncio.create_task(registry.create(resource()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await registry.stop()
    async for again in opened(files):
        (found,) = (await again.list(Query())).summaries
        assert found.status == "ready"
        assert open_host(files.settings).exists("clinic")


async def test_what_is_counted(registry: SchemaService, monkeypatch: pytest.MonkeyPatch) -> None:
    await registry.create(resource())
    from services.schemas import creating

    monkeypatch.setattr(creating, "statements", lambda drawing, dialect: ("CREATE NONSENSE",))
    await refused(registry.create(resource(clinic("Broken"))), "DATABASE_CREATION_FAILED")
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in await asyncio.to_thread(lambda: list(registry.metrics.registry.collect()))
        for sample in family.samples
    }
    assert values["mockcraft_schemas_created_total",] == 1
    assert values["mockcraft_schemas_failed_total",] == 1
    assert values["mockcraft_schemas_database_up", "databases"] == 1
    assert values["mockcraft_schemas_database_up", "store"] == 1


async def test_a_damaged_schema_is_replaced_whole_or_not_at_all(registry: SchemaService) -> None:
    made = await registry.create(resource(), create_database=False)
    import sqlite3

    with sqlite3.connect(registry._settings.data_dir / "schemas.db") as connection:
        connection.execute("UPDATE schemas SET schema_definition = NULL, stamp = 'x'")
    connection.close()
    assert (await registry.get(made.id)).damaged
    assert [f.code for f in await registry.check_stored(made.id)] == ["VALIDATION_ERROR"]
    await refused(registry.sql(made.id), "VALIDATION_ERROR")
    await refused(registry.create_database(made.id), "VALIDATION_ERROR")
    await refused(registry.patch(made.id, resource({"version": "2"}, False), {"version"}), "VALIDATION_ERROR")
    mended: Record = await registry.replace(made.id, resource())
    assert not mended.damaged
    assert (await registry.create_database(made.id)).status == "ready"

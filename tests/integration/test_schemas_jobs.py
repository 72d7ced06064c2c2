"""Databases of drawings previewed, filled and backed up by the real services: over gRPC, and in one process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mockcraft.backup.v1 import backup_pb2

from services.backup.service import RestoreRequest
from services.common.databases import connect
from services.common.errors import MockcraftError
from services.schemas.answers import BackupRequest, PreviewRequest, SeedRequest
from services.schemas.hosting import open_host
from services.schemas.neighbours import RemoteNeighbours
from services.schemas.service import SchemaService
from tests.integration.schemas_hosts import KINDS, Place, open_place, sqlite_place
from tests.integration.stack import Stack, stack
from tests.integration.test_schemas_service import clinic, resource


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with open_place(request, request.param, tmp_path) as found:
        yield found


async def finished(running: Stack, job_id: str) -> dict[str, Any]:
    job = await running.reaches(job_id, "SUCCEEDED", "FAILED")
    assert job["state"] == "SUCCEEDED", job
    return job


async def test_a_drawing_is_filled_and_backed_up_in_one_call_each(place: Place) -> None:
    async with stack(place.settings.data_dir, registry=place.settings.registry) as running:
        registry = running.parts.schemas
        made = await registry.create(resource())
        preview = await registry.preview(made.id, PreviewRequest("visits", 3))
        assert list(preview.rows.columns) == ["id", "patient_id"]
        assert len(preview.rows.rows) == 3
        job = await registry.seed(made.id, SeedRequest({"patients": "200", "visits": "500"}, seed=1, request_id="once"))
        again = await registry.seed(made.id, SeedRequest({"patients": "200", "visits": "500"}, seed=1, request_id="once"))
        assert again.id == job.id
        done = await finished(running, job.id)
        assert "secret" not in str(done)
        state = await registry.database(made.id)
        assert {table.name: table.rows for table in state.facts.tables} == {"patients": 200, "visits": 500}
        assert state.drift == ()
        database: Any = connect(open_host(place.settings).url("clinic"))
        assert database.broken_references() == []
        database.close()
        backup = await registry.backup(made.id, BackupRequest(verify=backup_pb2.Level.FILES))
        await finished(running, backup.id)

        emptied = await registry.create_database(made.id, force=True)
        assert (await registry.database(made.id)).facts.rows == 0
        ((archive,), _) = await running.parts.backup.list_archives()
        restore = await running.parts.backup.create_restore(RestoreRequest(archive.name, "schema:clinic", force=True))
        await finished(running, restore.id)
        state = await registry.database(made.id)
        assert (state.exists, state.facts.rows, state.drift) == (True, 700, ())
        assert (await registry.delete(emptied.id, drop_database=True)).deleted_at is not None
        assert not open_host(place.settings).exists("clinic")


async def test_the_same_over_grpc(tmp_path: Path) -> None:
    place = sqlite_place(tmp_path)
    async with stack(tmp_path) as running:
        names = ("generator_address", "seeder_address", "backup_address")
        settings = place.settings.model_copy(update=dict.fromkeys(names, running.address))
        registry = SchemaService(settings, RemoteNeighbours(settings))
        await registry.start()
        try:
            made = await registry.create(resource(clinic("Remote")))
            assert len((await registry.preview(made.id, PreviewRequest("patients", 2))).rows.rows) == 2
            job = await registry.seed(made.id, SeedRequest(total_rows=300))
            await finished(running, job.id)
            assert (await registry.database(made.id)).facts.rows == 300
            await finished(running, (await registry.backup(made.id, BackupRequest())).id)
            with pytest.raises(MockcraftError) as caught:
                await registry.preview(made.id, PreviewRequest("nowhere"))
            assert caught.value.code == "TABLE_NOT_FOUND"
        finally:
            await registry.stop()


async def test_a_neighbour_that_is_away_is_told(tmp_path: Path) -> None:
    place = sqlite_place(tmp_path)
    for address, code in (("127.0.0.1:1", "SERVICE_UNAVAILABLE"), ("", "SERVICE_ABSENT")):
        settings = place.settings.model_copy(update={"generator_address": address})
        registry = SchemaService(settings, RemoteNeighbours(settings))
        await registry.start()
        try:
            made = await registry.create(resource(clinic(code)), create_database=False)
            with pytest.raises(MockcraftError) as caught:
                await registry.preview(made.id, PreviewRequest())
            assert caught.value.code == code
        finally:
            await registry.stop()

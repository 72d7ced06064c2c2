"""Rows for drawings: shown without a database, loaded into the created one, and backed up, by the services that do that."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from mockcraft.backup.v1 import backup_pb2
from mockcraft.generator.v1 import generator_pb2
from mockcraft.jobs.v1 import jobs_pb2
from mockcraft.seeder.v1 import seeder_pb2

from runner.schema.sizes import parse_count
from services.common.created import PREFIX
from services.common.errors import FieldError, invalid
from services.schemas import filling
from services.schemas.answers import BackupRequest, PreviewRequest, SeedRequest
from services.schemas.created_databases import CreatedDatabases
from services.schemas.drawing import Finding
from services.schemas.keeping import Keeper
from services.schemas.neighbours import Neighbours
from services.schemas.resource import refusal
from services.schemas.store import NOBODY, Act, SchemaStore

T = TypeVar("T")
Run = Callable[..., Coroutine[Any, Any, Any]]
MOST_ROWS: Final = 10**15
SEEDS: Final = 2**63


@dataclass(frozen=True, slots=True)
class Preview:
    """Rows as seeding would make them, with sentences about what was guessed or cannot be honoured."""

    rows: generator_pb2.PreviewRowsResponse
    notes: tuple[str, ...] = ()


class FillingJobs:
    """`run` runs what waits in a thread. Raises SCHEMA_NOT_FOUND, DATABASE_ERROR and the errors of the other services."""

    def __init__(self, run: Run, store: SchemaStore, keeper: Keeper, databases: CreatedDatabases, neighbours: Neighbours) -> None:
        self._run, self._store, self._keeper = run, store, keeper
        self._databases, self._neighbours = databases, neighbours

    async def preview(self, schema_id: str, asked: PreviewRequest) -> Preview:
        """A few rows of a table. Raises TABLE_NOT_FOUND, LIMIT_INVALID, VALIDATION_ERROR and codes of findings."""
        filled: filling.Filled = await self._run(self._drawn, schema_id, _seed(asked.seed))
        request = generator_pb2.PreviewRowsRequest(
            schema=generator_pb2.Schema(text=filled.text), table=asked.table, rows=asked.rows
        )
        answer = await self._neighbours.preview(request)
        if not answer.valid:
            raise _unfit(answer)
        return Preview(answer, filled.notes)

    async def seed(self, schema_id: str, asked: SeedRequest, act: Act = NOBODY) -> jobs_pb2.Job:
        """Begin to fill the created database. Raises DATABASE_ABSENT, DATABASE_BEING_CREATED, VALIDATION_ERROR."""
        name, filled = await self._run(self._filled, schema_id, asked)
        request = seeder_pb2.CreateSeedingRequest(
            schema=generator_pb2.Schema(text=filled.text), target=PREFIX + name, mode=asked.mode, request_id=asked.request_id
        )
        job = await self._neighbours.seed(request)
        await self._note(schema_id, act, "seed", {"job": job.id, "rows": dict(filled.rows)})
        return job

    async def backup(self, schema_id: str, asked: BackupRequest, act: Act = NOBODY) -> jobs_pb2.Job:
        """Begin to back the created database up. Raises DATABASE_ABSENT, DATABASE_BEING_CREATED."""
        _, live = await self._run(self._databases.ready, schema_id)
        request = backup_pb2.CreateBackupRequest(
            source=PREFIX + live.name, storage=asked.storage, keep_last=asked.keep_last, keep_days=asked.keep_days,
            verify=asked.verify or None,  # type: ignore[arg-type]  # a number of the enum
            encrypt=asked.encrypt, request_id=asked.request_id,
        )  # fmt: skip
        job = await self._neighbours.backup(request)
        await self._note(schema_id, act, "backup", {"job": job.id})
        return job

    def _drawn(self, schema_id: str, seed: int) -> filling.Filled:
        record = self._keeper.get(schema_id)
        return filling.document(self._keeper.sound(record), self._keeper.dialect(""), {}, seed, name=record.name)

    def _filled(self, schema_id: str, asked: SeedRequest) -> tuple[str, filling.Filled]:
        """The name of the created database, and the document that fills it as it is there."""
        rows, seed = _rows(asked), _seed(asked.seed)
        record, live = self._databases.ready(schema_id)
        drawing, catalog = self._keeper.sound(record), self._databases.catalog(live)
        dialect = self._keeper.dialect("")
        return live.name, filling.document(drawing, dialect, rows, seed, asked.total_rows, catalog, record.name)

    async def _note(self, schema_id: str, act: Act, action: str, detail: Mapping[str, Any]) -> None:
        noted = Act(act.actor, action, act.request_id, detail)
        await self._run(self._store.record, noted, schema_id)


def _rows(asked: SeedRequest) -> dict[str, int]:
    """The numbers of rows. Raises VALIDATION_ERROR for those that are none."""
    if not 0 <= asked.total_rows <= MOST_ROWS:
        raise refusal([Finding("/totalRows", "VALIDATION_ERROR", f"The number of rows must be 1 to {MOST_ROWS:,}.")])
    counts = {table: parse_count(text) for table, text in asked.rows.items()}
    wrong = [
        Finding(
            f"/rows/{_escaped(table)}",
            "VALIDATION_ERROR",
            f"{asked.rows[table][:40]!r} is no number such as 1000 or 10K.",
        )
        for table, count in counts.items()
        if count is None
    ]
    if wrong:
        raise refusal(wrong)
    return {table: count for table, count in counts.items() if count is not None}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _seed(seed: int | None) -> int:
    if seed is not None and not 0 <= seed < SEEDS:
        raise refusal([Finding("/seed", "VALIDATION_ERROR", "A seed is a whole number from 0.")])
    return seed or 0


def _unfit(answer: generator_pb2.PreviewRowsResponse) -> Exception:
    """What the generator finds wrong with the document of a drawing."""
    errors = [f for f in answer.findings if f.severity == generator_pb2.Finding.ERROR]
    findings = [FieldError(f.path, f.message, f.code, suggestion=f.suggestion) for f in errors]
    message = f"The drawing cannot be filled: {findings[0].message}" if findings else "The drawing cannot be filled."
    return invalid("VALIDATION_ERROR", message, findings=findings)

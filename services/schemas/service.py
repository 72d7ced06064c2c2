"""The schema registry: drawings kept, created as databases, and filled. Used in-process by the command line; no gRPC here.

What waits for stores and servers runs in threads of its own, creations in others, so that a slow server of
databases never keeps the registry from answering.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final, ParamSpec, TypeVar

from mockcraft.jobs.v1 import jobs_pb2

from services.common.databases import TargetRefusedError
from services.common.errors import unavailable
from services.common.jobs.store import NO_REQUEST, Request
from services.common.settings import Settings
from services.common.targets import Targets
from services.common.threads import Threads
from services.schemas.answers import (
    BackupRequest,
    DatabasePage,
    DatabaseState,
    ImportRequest,
    Made,
    MigrationAnswer,
    PreviewRequest,
    SeedRequest,
    Sql,
    VersionPage,
)
from services.schemas.cache import Cache, open_cache
from services.schemas.checking import check
from services.schemas.created_databases import CreatedDatabases
from services.schemas.creating import Creator
from services.schemas.drawing import Finding
from services.schemas.filling_jobs import FillingJobs, Preview
from services.schemas.formats import Exported
from services.schemas.hosting import Host, open_host
from services.schemas.keeping import Keeper
from services.schemas.metrics import RegistryMetrics
from services.schemas.neighbours import Neighbours
from services.schemas.recovery import Recovery, Sweeper
from services.schemas.resource import Resource
from services.schemas.store import NOBODY, Act, AuditPage, Listing, Query, Record, SchemaStore

P = ParamSpec("P")
T = TypeVar("T")
THREADS: Final = 8
CREATIONS: Final = 4
"""Databases that are made, looked at or dropped at a time."""
READ_SECONDS: Final = 50.0
"""Longest time that looking at a database may take."""


class SchemaService:
    """One per process; `start` before the first call, `stop` after the last. Errors are `MockcraftError`."""

    def __init__(
        self,
        settings: Settings,
        neighbours: Neighbours,
        store: SchemaStore | None = None,
        host: Host | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.metrics = RegistryMetrics()
        self._settings, self._neighbours = settings, neighbours
        self._store = store or SchemaStore(settings.schemas_store_url)
        self._host, self._cache = host or _host(settings), cache or open_cache(settings)
        self._quick, self._slow = Threads(THREADS, "schemas"), Threads(CREATIONS, "schemas-databases")
        creator = Creator(self._host, self._store, settings, self.metrics.ended)
        recovery = Recovery(self._host, self._store, settings)
        self._keeper = Keeper(self._store, creator, self._host, self._cache, Targets(settings))
        self._databases = CreatedDatabases(self._store, self._keeper, creator, recovery, self._host)
        self._filling = FillingJobs(self._looked, self._store, self._keeper, self._databases, neighbours)
        self._sweeper = Sweeper(recovery, settings)
        self._creations: set[asyncio.Task[object]] = set()
        self.metrics.watch(self._store.pool, store=self._store.ping, databases=self._host.ping)

    async def start(self) -> None:
        """Open the store, undo creations that died, and go on looking for such. Raises DATABASE_ERROR."""
        await asyncio.to_thread(self._settings.data_dir.mkdir, 0o700, True, True)
        await asyncio.to_thread(self._store.open)
        await self._sweeper.start()

    async def stop(self) -> None:
        """Wait for creations that go on, as long as the settings allow, then let go of everything."""
        await self._sweeper.stop()
        if self._creations:
            await asyncio.wait(self._creations, timeout=self._settings.stop_seconds)
        self._quick.close()
        self._slow.close()
        await self._neighbours.close()
        await asyncio.to_thread(self._cache.close)
        await asyncio.to_thread(self._store.close)

    # Schemas.

    async def create(
        self, resource: Resource, create_database: bool = True, act: Act = NOBODY, request: Request = NO_REQUEST
    ) -> Record:
        """Store a schema, and create its database: ready or not at all.

        Raises codes of findings, DUPLICATE_NAME, IDEMPOTENCY_KEY_REUSED, DATABASE_CREATION_FAILED (it is kept, `failed`).
        """
        if not create_database:
            return await self._run(self._keeper.create, resource, False, act, request)
        return await self._made(self._keeper.create, resource, True, act, request)

    async def import_(self, asked: ImportRequest, act: Act = NOBODY, request: Request = NO_REQUEST) -> Made:
        """Store a schema made of a file or a database. Raises as `create`, codes of what is read, and TARGET_*."""
        return await self._made(self._keeper.import_, asked, act, request)

    async def get(self, schema_id: str) -> Record:
        """One schema. Raises SCHEMA_NOT_FOUND, as all that follow do."""
        return await self._run(self._keeper.get, schema_id)

    async def list(self, query: Query) -> Listing:
        """A page of summaries. Raises VALIDATION_ERROR, PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        return await self._run(self._keeper.list, query)

    async def replace(self, schema_id: str, resource: Resource, revision: int = 0, act: Act = NOBODY) -> Record:
        """Another drawing, name and description; the created database stays as it is.

        Raises REVISION_STALE, DUPLICATE_NAME, DATABASE_EXISTS and codes of findings.
        """
        return await self._run(self._keeper.replace, schema_id, resource, revision, act)

    async def patch(
        self, schema_id: str, resource: Resource, fields: Collection[str], revision: int = 0, act: Act = NOBODY
    ) -> Record:
        """The named fields (of `resource.CHANGEABLE`) anew. Raises as `replace`."""
        return await self._run(self._keeper.patch, schema_id, resource, fields, revision, act)

    async def delete(self, schema_id: str, drop_database: bool = False, revision: int = 0, act: Act = NOBODY) -> Record:
        """Mark a schema as deleted, its database dropped where asked. Raises REVISION_STALE, DATABASE_BEING_CREATED."""
        return await self._made(self._databases.delete, schema_id, drop_database, revision, act)

    async def check(self, resource: Resource) -> tuple[Finding, ...]:
        """All that is wrong with a drawing that is not kept."""
        return await self._run(lambda: resource.with_meaning(check(resource.definition.drawing)))

    async def check_stored(self, schema_id: str) -> tuple[Finding, ...]:
        """All that is wrong with a stored drawing."""
        return await self._run(self._keeper.check_stored, schema_id)

    async def sql(self, schema_id: str, dialect: str = "") -> Sql:
        """The SQL that makes the database. Raises VALIDATION_ERROR."""
        return await self._run(self._keeper.sql, schema_id, dialect)

    async def export(self, schema_id: str, format: str = "", dialect: str = "", act: Act = NOBODY) -> Exported:
        """The schema as a file. Raises VALIDATION_ERROR."""
        return await self._run(self._keeper.export, schema_id, format, dialect, act)

    async def versions(self, schema_id: str, page_size: int = 0, page_token: str = "") -> VersionPage:
        """Versions, newest first. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        return await self._run(self._keeper.versions, schema_id, page_size, page_token)

    async def migration(self, schema_id: str, source: int = 0, target: int = 0, dialect: str = "") -> MigrationAnswer:
        """The SQL between two revisions. Raises VERSION_NOT_FOUND, VALIDATION_ERROR."""
        return await self._run(self._keeper.migration, schema_id, source, target, dialect)

    async def audit(self, schema_id: str | None = None, page_size: int = 0, page_token: str = "") -> AuditPage:
        """Who did what, newest first; of one schema, a deleted one too, or of all. Raises PAGE_*_INVALID."""
        return await self._run(self._keeper.audit, schema_id, page_size, page_token)

    # Databases.

    async def create_database(self, schema_id: str, force: bool = False, act: Act = NOBODY) -> Record:
        """Create the database, or create it anew. Raises DATABASE_NOT_EMPTY, DATABASE_BEING_CREATED, DATABASE_CREATION_FAILED."""
        return await self._made(self._databases.create, schema_id, force, act)

    async def database(self, schema_id: str) -> DatabaseState:
        """What the database holds, and where it differs from the drawing."""
        return await self._looked(self._databases.state, schema_id)

    async def drop_database(self, schema_id: str, act: Act = NOBODY) -> Record:
        """Drop the database; the schema is a draft then. Raises DATABASE_BEING_CREATED."""
        return await self._made(self._databases.drop, schema_id, act)

    async def databases(self, page_size: int = 0, page_token: str = "") -> DatabasePage:
        """Databases that were created. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        return await self._looked(self._databases.list, page_size, page_token)

    # Rows.

    async def preview(self, schema_id: str, asked: PreviewRequest) -> Preview:
        """Rows as seeding would make them. Raises TABLE_NOT_FOUND, LIMIT_INVALID, VALIDATION_ERROR, SERVICE_*."""
        return await self._filling.preview(schema_id, asked)

    async def seed(self, schema_id: str, asked: SeedRequest, act: Act = NOBODY) -> jobs_pb2.Job:
        """Begin to fill the created database. Raises DATABASE_ABSENT, VALIDATION_ERROR, SERVICE_*."""
        return await self._filling.seed(schema_id, asked, act)

    async def backup(self, schema_id: str, asked: BackupRequest, act: Act = NOBODY) -> jobs_pb2.Job:
        """Begin to back the created database up. Raises DATABASE_ABSENT, SERVICE_*."""
        return await self._filling.backup(schema_id, asked, act)

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._quick.run(lambda: work(*args, **kwargs))

    async def _looked(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Where a database is asked. Raises DEADLINE."""
        return await self._slow.run(lambda: work(*args, **kwargs), READ_SECONDS)

    async def _made(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Where a database is made or dropped: goes on to its end when the caller leaves."""
        task = asyncio.ensure_future(self._slow.run(lambda: work(*args, **kwargs)))
        self._creations.add(task)
        task.add_done_callback(self._creations.discard)
        return await asyncio.shield(task)


def _host(settings: Settings) -> Host:
    try:
        return open_host(settings)
    except TargetRefusedError as error:
        raise unavailable("DATABASE_ERROR", f"registry.databases_url cannot be used: {error}", error.details) from None

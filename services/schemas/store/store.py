"""The registry's store. Each method is one transaction; safe to call from many threads, processes and machines.

A change writes the row, its tables, columns and keys, a version and an entry of the audit log, or nothing at all. Methods
wait for the database: servers call them in threads. All of them raise `MockcraftError` DATABASE_ERROR when it does not answer.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, Connection, Select, delete, insert, literal_column, null, select, update
from sqlalchemy.exc import IntegrityError
from typing_extensions import Unpack

from services.common.errors import MockcraftError
from services.common.jobs.store import NO_REQUEST, REQUEST_HOURS, Request, same_request
from services.schemas.codec import with_ids
from services.schemas.drawing import Definition
from services.schemas.names import folded
from services.schemas.store import listing
from services.schemas.store.audit import AuditLog
from services.schemas.store.children import draw, keep_version
from services.schemas.store.connections import Connections
from services.schemas.store.documents import encoded, findable, storable
from services.schemas.store.errors import DuplicateNameError, StaleRevisionError, does_not_answer, unknown_schema, unknown_version
from services.schemas.store.model import (
    NOBODY,
    Act,
    AuditPage,
    Changes,
    Listing,
    Mark,
    Pool,
    Query,
    Record,
    Version,
    VersionSummary,
)
from services.schemas.store.rows import counts, record_of, record_row, summary_of, version_of, version_summary_of
from services.schemas.store.tables import schema_requests, schema_versions, schemas

Move = Callable[[Record], Changes | None]
"""What shall change of a record as stored; None leaves everything as it is. It may raise: then nothing is stored."""

REQUEST_LENGTH: Final = 255
"""The most characters of an idempotency key."""
Step = Callable[[Record], Record | None]


class SchemaStore:
    """Schemas, their versions and the audit log at `url` (`sqlite:///FILE`, `postgresql://…`), opened at first use."""

    def __init__(self, url: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = Connections(url)
        self._clock = clock
        self._audit = AuditLog(self._database)

    def open(self) -> None:
        """Connect, and bring the store up to date. Other methods do so by themselves."""
        self._database.open()

    def close(self) -> None:
        """Let go of every connection."""
        self._database.close()

    def ping(self) -> None:
        """Ask the database for a sign of life."""
        with self._database.read() as connection:
            connection.execute(select(1))

    def pool(self) -> Pool:
        """Connections that are kept, and in use; asks nothing of the database."""
        return self._database.pool()

    def create(self, record: Record, act: Act = NOBODY, request: Request = NO_REQUEST) -> Record:
        """Store a new schema at revision 1, with an id where it has none.

        Answers the schema that is stored already for the same request (as it is now). Raises `DuplicateNameError`,
        `MockcraftError` VALIDATION_ERROR for texts that cannot be kept, IDEMPOTENCY_KEY_REUSED.
        """
        now = self._now()
        new = replace(
            record,
            definition=_with_ids(record.definition),
            id=record.id or str(uuid.uuid4()),
            revision=1,
            stamp=_stamp(),
            damaged=False,
            created_at=now,
            updated_at=now,
            deleted_at=None,
        )
        storable("requestId", request.key, REQUEST_LENGTH)
        try:
            return self._create(new, replace(act, action=act.action or "create"), request)
        except IntegrityError as error:
            stored = self._requested(request)  # by another replica, at the same time
            if stored is None:
                raise _taken(error, new) from None
            return stored

    def _create(self, new: Record, act: Act, request: Request) -> Record:
        values = record_row(new) | counts(new.definition)
        document = self._database.document(encoded(new.definition))
        stored = self._requested(request)
        if stored is not None:
            return stored
        with self._database.write() as connection:
            beat = self._database.now if values["attempt"] else 0
            connection.execute(insert(schemas).values(**values, heartbeat_at=beat, schema_definition=document))
            if request.key:
                self._remember(connection, request, new)
            draw(connection, new.id, new.definition.drawing)
            keep_version(connection, new, document, act.actor)
            self._audit.write(connection, act, new, new.created_at)
        return new

    def _requested(self, request: Request) -> Record | None:
        """The schema that was made for this request. Raises IDEMPOTENCY_KEY_REUSED."""
        if not request.key:
            return None
        same = (schema_requests.c.client == request.client, schema_requests.c.request_key == request.key)
        fresh = schema_requests.c.created_at > self._now() - timedelta(hours=REQUEST_HOURS)
        with self._database.read() as connection:
            row = connection.execute(select(schema_requests).where(*same, fresh)).one_or_none()
        if row is None:
            return None
        same_request(row.digest, request)
        return self.get(row.schema_id, deleted=True)

    def _remember(self, connection: Connection, request: Request, new: Record) -> None:
        outdated = schema_requests.c.created_at <= new.created_at - timedelta(hours=REQUEST_HOURS)
        connection.execute(delete(schema_requests).where(outdated))
        values = {"client": request.client, "request_key": request.key, "digest": request.digest}
        connection.execute(insert(schema_requests).values(**values, schema_id=new.id, created_at=new.created_at))

    def get(self, schema_id: str, deleted: bool = False) -> Record:
        """The schema, where asked for a deleted one too. Raises SCHEMA_NOT_FOUND."""
        found = self._find(schemas.c.id == schema_id, deleted) if findable(schema_id) else None
        if found is None:
            raise unknown_schema(schema_id)
        return found

    def by_name(self, name: str) -> Record | None:
        """The schema of that name in any case, deleted ones left out."""
        return self._find(schemas.c.name_key == folded(name)) if findable(name) else None

    def by_database(self, name: str) -> Record | None:
        """The schema whose database has that name in any case, deleted ones left out."""
        return self._find(schemas.c.database_key == folded(name)) if name and findable(name) else None

    def mark(self, schema_id: str) -> Mark:
        """The mark of what is stored now, which costs little. Raises SCHEMA_NOT_FOUND."""
        wanted = (schemas.c.id == schema_id, schemas.c.deleted_at.is_(None))
        with self._database.read() as connection:
            statement = select(schemas.c.id, schemas.c.revision, schemas.c.stamp).where(*wanted)
            row = connection.execute(statement).one_or_none() if findable(schema_id) else None
        if row is None:
            raise unknown_schema(schema_id)
        return Mark(*row)

    def list(self, query: Query = Query()) -> Listing:  # noqa: B008  # frozen
        """A page of schemas. Raises `MockcraftError` VALIDATION_ERROR, PAGE_SIZE_INVALID or PAGE_TOKEN_INVALID."""
        asked = listing.checked(query)
        if not listing.can_match(asked):
            return Listing((), 0)
        page, dialect = listing.page_of(asked, self._database.dialect), self._database.dialect
        with self._database.read() as connection:
            rows = connection.execute(page).all()
            told = rows[0].total if rows else None
            total = connection.execute(listing.total_of(asked, dialect)).scalar_one() if told is None else told
            shown = rows[: asked.page_size]
            damaged = self._damaged(connection, [row.id for row in shown])
        token = listing.token_after(asked, shown[-1]) if len(rows) > len(shown) else ""
        summaries = (summary_of(row[: len(listing.SUMMARY)], row.id in damaged) for row in shown)
        return Listing(tuple(summaries), int(total), token)

    def update(self, schema_id: str, revision: int | None = None, act: Act = NOBODY, **changes: Unpack[Changes]) -> Record:
        """Change what is given; with a `revision` only if that is the stored one.

        Raises SCHEMA_NOT_FOUND, `StaleRevisionError`, `DuplicateNameError`, `MockcraftError` VALIDATION_ERROR.
        """
        return self.change(schema_id, lambda _: changes, revision, act)

    def change(self, schema_id: str, move: Move, revision: int | None = None, act: Act = NOBODY, deleted: bool = False) -> Record:
        """Change what `move` says of the record as stored, which nobody else changes meanwhile. Raises as `update` does.

        With `deleted` also a deleted one, which stays so.
        """
        act = replace(act, action=act.action or "update")
        return self._change(schema_id, lambda before: _changed(before, move(before)), revision, act, deleted)

    def delete(self, schema_id: str, revision: int | None = None, act: Act = NOBODY) -> Record:
        """Mark the schema as deleted: its names are free again, its versions stay. Raises as `update` does."""
        act = replace(act, action=act.action or "delete")
        return self._change(schema_id, lambda before: replace(before, status="deleted", deleted_at=self._now()), revision, act)

    def heartbeat(self, schema_id: str, attempt: str) -> bool:
        """Keep a creation alive; False when the schema is not being created by this attempt any more."""
        mine = (schemas.c.id == schema_id, schemas.c.attempt == attempt, schemas.c.status == "creating")
        with self._database.write() as connection:
            beat = update(schemas).where(*mine, schemas.c.deleted_at.is_(None)).values(heartbeat_at=self._database.now)
            return connection.execute(beat).rowcount == 1

    def lost(self, seconds: float) -> Sequence[Record]:
        """Schemas that are being created by somebody who has been silent that long, by the database's clock."""
        silent = schemas.c.heartbeat_at + round(seconds * 1000) <= self._database.now
        wanted = (schemas.c.status == "creating", schemas.c.deleted_at.is_(None), silent)
        with self._database.read() as connection:
            return [record_of(row) for row in connection.execute(self._records().where(*wanted)).mappings()]

    def leftovers(self, deleted: bool = False) -> Sequence[Record]:
        """Schemas of which earlier creations left something to be removed, at most 100; where asked for deleted ones too."""
        statement = self._records().where(schemas.c.leftovers > 0).limit(100)
        if not deleted:
            statement = statement.where(schemas.c.deleted_at.is_(None))
        with self._database.read() as connection:
            return [record_of(row) for row in connection.execute(statement).mappings()]

    def versions(self, schema_id: str, before: int = 0, limit: int = 1000) -> Sequence[VersionSummary]:
        """Versions, newest first, at most `limit`, those before a revision where it is given. Raises SCHEMA_NOT_FOUND."""
        self.mark(schema_id)
        columns = [column for column in schema_versions.c if column.name not in ("schema_definition", "description")]
        statement = select(*columns).where(schema_versions.c.schema_id == schema_id)
        if before:
            statement = statement.where(schema_versions.c.revision < before)
        newest = statement.order_by(schema_versions.c.revision.desc()).limit(limit)
        with self._database.read() as connection:
            return [version_summary_of(row) for row in connection.execute(newest).mappings()]

    def version(self, schema_id: str, revision: int) -> Version:
        """What the schema was at a revision; writes of its state alone keep the version.

        Raises SCHEMA_NOT_FOUND, VERSION_NOT_FOUND.
        """
        if not 1 <= revision <= self.mark(schema_id).revision:
            raise unknown_version(revision)
        own = (schema_versions.c.schema_id == schema_id, schema_versions.c.revision <= revision)
        document = self._database.as_text(schema_versions.c.schema_definition).label("schema_definition")
        columns = [column for column in schema_versions.c if column.name != "schema_definition"]
        statement = select(*columns, document).where(*own).order_by(schema_versions.c.revision.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise unknown_version(revision)
        return version_of(row)

    def record(self, act: Act, schema_id: str = "") -> None:
        """Note something that was done without a change of what is stored (an export, a seeding)."""
        with self._database.write() as connection:
            known = self._records().where(schemas.c.id == (schema_id if findable(schema_id) else ""))
            row = connection.execute(known).mappings().one_or_none()
            self._audit.write(connection, act, record_of(row) if row else None, self._now())

    def exported(self, schema_id: str, act: Act = NOBODY) -> None:
        """Note that a schema was exported now. Its content stays of the same revision. Raises SCHEMA_NOT_FOUND."""
        mine, now = (schemas.c.id == schema_id, schemas.c.deleted_at.is_(None)), self._now()
        with self._database.write() as connection:
            done = update(schemas).where(*mine).values(exported_at=now, stamp=_stamp())
            if not findable(schema_id) or not connection.execute(done).rowcount:
                raise unknown_schema(schema_id)
            row = connection.execute(self._records().where(*mine)).mappings().one()
            self._audit.write(connection, replace(act, action=act.action or "export"), record_of(row), now)

    def audit(self, schema_id: str | None = None, page_size: int = 50, token: str = "") -> AuditPage:
        """What was done, newest first; of one schema (deleted ones too) or of all.

        Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
        """
        return self._audit.read(schema_id, page_size, token)

    def _now(self) -> datetime:
        moment = self._clock()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def _records(self) -> Select[Any]:
        document = self._database.as_text(schemas.c.schema_definition).label("schema_definition")
        return select(*(column for column in schemas.c if column.name != "schema_definition"), document)

    def _find(self, wanted: ColumnElement[bool], deleted: bool = False) -> Record | None:
        statement = self._records().where(wanted)
        if not deleted:
            statement = statement.where(schemas.c.deleted_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return None if row is None else record_of(row)

    def _damaged(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        """Those of the schemas whose stored definition has not even the outer form of one."""
        broken = _not_a_drawing[self._database.dialect]
        return set(connection.execute(select(schemas.c.id).where(schemas.c.id.in_(ids), broken)).scalars())

    def _change(
        self, schema_id: str, step: Callable[[Record], Record | None], revision: int | None, act: Act, deleted: bool = False
    ) -> Record:
        if not findable(schema_id):
            raise unknown_schema(schema_id)
        wanted: Record | None = None
        try:
            with self._database.write() as connection:
                before = self._locked(connection, schema_id, revision, deleted)
                wanted = step(before)
                if wanted is None:
                    return before
                moment = max(self._now(), before.updated_at)
                wanted = replace(wanted, revision=before.revision + 1, stamp=_stamp(), updated_at=moment)
                self._save(connection, before, wanted, act)
        except IntegrityError as error:
            assert wanted is not None
            raise _taken(error, wanted) from None
        return wanted

    def _locked(self, connection: Connection, schema_id: str, revision: int | None, deleted: bool) -> Record:
        statement = self._records().where(schemas.c.id == schema_id).with_for_update()
        if not deleted:
            statement = statement.where(schemas.c.deleted_at.is_(None))
        row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise unknown_schema(schema_id)
        before = record_of(row)
        if revision is not None and before.revision != revision:
            raise StaleRevisionError(revision, before.revision)
        return before

    def _save(self, connection: Connection, before: Record, after: Record, act: Act) -> None:
        values: dict[str, Any] = record_row(after)
        if after.hosting != before.hosting:
            values["heartbeat_at"] = self._database.now if values["attempt"] else 0
        drawn = after.definition != before.definition or before.damaged > after.damaged
        versioned = drawn or (after.name, after.description) != (before.name, before.description)
        kept = versioned and not after.damaged
        document = self._database.document(encoded(after.definition)) if kept else null()
        if drawn:
            values |= counts(after.definition) | {"schema_definition": document}
        connection.execute(update(schemas).where(schemas.c.id == after.id).values(**values))
        if drawn:
            draw(connection, after.id, after.definition.drawing)
        if versioned:
            keep_version(connection, after, document, act.actor)
        self._audit.write(connection, act, after, after.updated_at)


_LEAST: Final = {
    "sqlite": "CASE WHEN json_valid(schema_definition) THEN json_type(schema_definition, '$.tables') END",
    "postgresql": "CASE jsonb_typeof(schema_definition) WHEN 'object' THEN jsonb_typeof(schema_definition -> 'tables') END",
}
_not_a_drawing: Final = {dialect: literal_column(f"coalesce({kind}, '') <> 'array'", Boolean) for dialect, kind in _LEAST.items()}


def _stamp() -> str:
    return secrets.token_hex(8)


def _changed(before: Record, changes: Changes | None) -> Record | None:
    if changes is None:
        return None
    after = replace(before, **changes, damaged=before.damaged and "definition" not in changes)
    return replace(after, definition=_with_ids(after.definition))


def _with_ids(definition: Definition) -> Definition:
    """As it will be read: with an id wherever there was none."""
    return replace(definition, drawing=with_ids(definition.drawing))


def _taken(error: IntegrityError, record: Record) -> MockcraftError:
    """Which name another schema has, from what the database says."""
    reason = str(error.orig)
    if "uq_schemas_database_name" in reason or "schemas.database_key" in reason:
        return DuplicateNameError("databaseName", record.database_name)
    if "uq_schemas_name" in reason or "schemas.name_key" in reason:
        return DuplicateNameError("name", record.name)
    return does_not_answer(error)

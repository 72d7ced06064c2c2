"""The databases of stored schemas: made again, looked at, dropped. It waits for servers; servers use threads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runner.failpoints import failpoint
from services.common.databases import DatabaseError, connect
from services.common.databases.catalog import introspect
from services.common.errors import MockcraftError, refused
from services.schemas.answers import DatabasePage, DatabaseState, DatabaseSummary
from services.schemas.comparison import differences
from services.schemas.creating import Creator, being_created, does_not_answer, hosted
from services.schemas.hosting import Host, Making, NotOursError
from services.schemas.keeping import Keeper
from services.schemas.reading import drawing_of
from services.schemas.recovery import Recovery
from services.schemas.store import NOBODY, Act, Changes, Query, Record, SchemaStore, StaleRevisionError


class CreatedDatabases:
    """Methods raise `MockcraftError` SCHEMA_NOT_FOUND and DATABASE_ERROR beside what they name."""

    def __init__(self, store: SchemaStore, keeper: Keeper, creator: Creator, recovery: Recovery, host: Host) -> None:
        self._store, self._keeper, self._creator = store, keeper, creator
        self._recovery, self._host = recovery, host

    def create(self, schema_id: str, force: bool = False, act: Act = NOBODY) -> Record:
        """Create the database of a schema, or create it anew; rows that are there are lost only with `force`.

        Raises DATABASE_NOT_EMPTY, DATABASE_BEING_CREATED, DATABASE_ELSEWHERE, DATABASE_CREATION_FAILED, codes of findings.
        """
        record = self._tidied(self._store.get(schema_id))
        self._keeper.sound(record, here=True)
        live = self._live(record)
        if live is not None and not force and self._holds_rows(live):
            message = f"The database {live.name} holds rows, which would be lost."
            raise refused("DATABASE_NOT_EMPTY", message, "Say `force` to lose them, or back it up first.")
        act = replace(act, action="database.create")
        return self._creator.build(self._creator.begin(record, act), act)

    def state(self, schema_id: str) -> DatabaseState:
        """Whether the database of a schema is there, what it holds, and where it differs from the drawing."""
        record = self._store.get(schema_id)
        live = self._live(record, tell=False)
        if live is None:
            return DatabaseState(record, self._host.dialect, False)
        try:
            facts = self._host.facts(live.name)
            return DatabaseState(record, self._host.dialect, True, facts, self._drift(record, live))
        except DatabaseError as error:
            raise does_not_answer(error) from None

    def drop(self, schema_id: str, act: Act = NOBODY) -> Record:
        """Drop the database of a schema, which becomes a draft. Raises DATABASE_BEING_CREATED, DATABASE_ELSEWHERE."""
        record = self._tidied(self._store.get(schema_id))
        gone = self._dropped(record)
        act = replace(act, action="database.drop")
        return self._store.change(schema_id, lambda before: _draft(before, gone), act=act)

    def delete(self, schema_id: str, drop_database: bool = False, revision: int = 0, act: Act = NOBODY) -> Record:
        """Mark a schema as deleted, its database dropped where that is asked for.

        Raises REVISION_STALE, DATABASE_BEING_CREATED, DATABASE_ELSEWHERE.
        """
        while True:
            record = self._store.get(schema_id)
            if revision and revision != record.revision:
                raise StaleRevisionError(revision, record.revision)
            tidy = self._tidied(record)
            if drop_database:
                self._dropped(tidy)
            try:
                return self._store.delete(schema_id, tidy.revision, replace(act, detail={"dropDatabase": drop_database}))
            except StaleRevisionError:
                if revision:
                    raise

    def list(self, page_size: int = 0, page_token: str = "") -> DatabasePage:
        """Databases that were created, by their schemas' names. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        page = self._store.list(Query(status="ready", sort="name", page_size=page_size or 50, token=page_token))
        try:
            names = self._host.names() if page.summaries else frozenset()
        except DatabaseError as error:
            raise does_not_answer(error) from None
        found = (DatabaseSummary(each, self._host.dialect, each.database_name in names) for each in page.summaries)
        return DatabasePage(tuple(found), page.total, page.next_token)

    def ready(self, schema_id: str) -> tuple[Record, Making]:
        """A schema whose database is there. Raises DATABASE_ABSENT, DATABASE_BEING_CREATED, DATABASE_ELSEWHERE."""
        record = self._store.get(schema_id)
        if record.status == "creating":
            raise being_created()
        live = self._live(record)
        if live is None or record.status != "ready":
            how = f"Create it: POST /api/v1/schemas/{schema_id}/database."
            raise refused("DATABASE_ABSENT", "The database of this schema is not there.", how)
        return record, live

    def catalog(self, live: Making) -> Any:
        """What a created database demands of rows. Raises DATABASE_ERROR."""
        try:
            database: Any = connect(self._host.url(live.name))
            try:
                return introspect(database)
            finally:
                database.close()
        except DatabaseError as error:
            raise does_not_answer(error) from None

    def _tidied(self, record: Record) -> Record:
        """The record, nothing left of creations that came to nothing."""
        if record.status == "creating":
            raise being_created()
        tidy = self._recovery.settle(record)
        if hosted(tidy).leftovers:
            error = DatabaseError("TARGET_UNAVAILABLE", "what an earlier creation left cannot be removed yet", True)
            raise does_not_answer(error)
        return tidy

    def _live(self, record: Record, tell: bool = True) -> Making | None:
        """The creation whose database is there now. With `tell` it must be in the place of the settings."""
        doing = hosted(record)
        if doing.live is None:
            return None
        if doing.place != self._host.place:
            if not tell:
                return None
            message = f"The database of this schema was created in {doing.place}, not where the settings point now."
            raise refused("DATABASE_ELSEWHERE", message, "Change registry.databases_url back.")
        try:
            return doing.live if self._host.owns(doing.live) else None
        except DatabaseError as error:
            raise does_not_answer(error) from None

    def _holds_rows(self, live: Making) -> bool:
        try:
            return self._host.facts(live.name, exact_rows=0).rows > 0
        except DatabaseError as error:
            raise does_not_answer(error) from None

    def _drift(self, record: Record, live: Making) -> tuple[str, ...]:
        if record.damaged:
            return ()
        drawing, dialect = record.definition.drawing, self._host.dialect
        actual = drawing_of(self.catalog(live), drawing)
        return (*(str(each) for each in differences(drawing, actual.drawing, dialect)), *actual.lost)

    def _dropped(self, record: Record) -> Making | None:
        live = self._live(record)
        if live is None:
            return hosted(record).live
        failpoint("schemas.dropping")
        try:
            self._host.drop(live)
        except DatabaseError as error:
            raise does_not_answer(error) from None
        except NotOursError:
            raise not_ours(live) from None
        failpoint("schemas.dropped")
        return live


def not_ours(live: Making) -> MockcraftError:
    """409: somebody put another database in the place of ours."""
    message = f"The database {live.name} is not the one that was created for this schema, so it is not dropped."
    return refused("DATABASE_NOT_OURS", message)


def _draft(before: Record, gone: Making | None) -> Changes | None:
    doing = hosted(before)
    if before.status == "creating" or doing.live != gone:
        return None
    return {"status": "draft", "error": "", "hosting": replace(doing, live=None, place="").json}

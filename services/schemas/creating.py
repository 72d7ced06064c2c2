"""Creating the database of a schema: what will be made is stored first, then it is made, then the schema is ready.

The record says all along who creates what (`Record.hosting`), and a thread keeps that alive. Whoever dies is undone by
`services.schemas.recovery`; whoever was taken for dead finds out before the database gets its name, and undoes its own.
All of it blocks: servers call it in threads.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import grpc
import structlog

from runner.failpoints import failpoint
from services.common.databases import DatabaseError
from services.common.errors import MockcraftError, refused, unavailable
from services.common.jobs.identity import new_owner
from services.common.jobs.store import NO_REQUEST, Request
from services.common.settings import Settings
from services.schemas.ddl import statements
from services.schemas.hosted import Hosted, Leftover
from services.schemas.hosting import Host, Making, NameTakenError, NotOursError, StatementError
from services.schemas.hosting.names import derived
from services.schemas.store import NOBODY, Act, Changes, DuplicateNameError, Record, SchemaStore

logger = structlog.get_logger("schemas")

NAMES_TRIED = 100
CREATION_FAILED = "DATABASE_CREATION_FAILED"
DATABASE_ERROR = "DATABASE_ERROR"
BUSY = "DATABASE_BEING_CREATED"


class LostError(Exception):
    """Somebody took this creation for dead and undid it."""


def hosted(record: Record) -> Hosted:
    """What a record remembers of its database."""
    return Hosted.read(record.id, record.hosting)


def does_not_answer(error: DatabaseError) -> MockcraftError:
    """503: the place of created databases."""
    return unavailable(DATABASE_ERROR, f"The server of created databases does not do this: {error}.", "Try again in a moment.")


def being_created() -> MockcraftError:
    """409: one creation at a time."""
    return refused(BUSY, "The database of this schema is being created at this moment.", "Look at the schema's status.")


def creation_failed(record: Record) -> MockcraftError:
    """502, with the reason that the record has."""
    how = f"The schema is kept: POST /api/v1/schemas/{record.id}/database tries again."
    return MockcraftError(CREATION_FAILED, f"The database was not created: {record.error}", grpc.StatusCode.ABORTED, how)


class Creator:
    """Creates databases of schemas in a place."""

    def __init__(
        self, host: Host, store: SchemaStore, settings: Settings, ended: Callable[[bool], None] = lambda ready: None
    ) -> None:
        self._host, self._store = host, store
        self._beat_seconds = settings.registry.takeover_seconds / 6
        self._ended = ended

    def named(self, record: Record, act: Act, request: Request = NO_REQUEST, wish: str = "", hosts: bool = True) -> Record:
        """Store a new schema under the first free name of a database. With `hosts` it is one that the place has not.

        Raises `DuplicateNameError`, `MockcraftError` DATABASE_ERROR and the codes of `SchemaStore.create`.
        """
        taken = set(self._taken()) if hosts else set()
        record = replace(record, id=record.id or str(uuid.uuid4()))
        for _ in range(NAMES_TRIED):
            name = derived(wish or record.name, taken)
            begun = self._intended(record, name) if hosts else {}
            try:
                return self._store.create(replace(record, database_name=name, hosting=begun), act, request)
            except DuplicateNameError as error:
                if error.field == "name":
                    raise
                taken.add(name)
        raise refused("DATABASE_NAME_TAKEN", "No name is free for the database of this schema.", "Give the schema another name.")

    def begin(self, record: Record, act: Act) -> Record:
        """Say that the database of a stored schema will be made (again). Raises DATABASE_BEING_CREATED, DATABASE_ERROR.

        A name that somebody else's database has meanwhile is given up for another one.
        """
        there = self._is_there(record)
        taken = set() if there else set(self._taken())
        for _ in range(NAMES_TRIED):
            name = derived(record.database_name or record.name, taken)
            try:
                return self._store.change(record.id, lambda before, name=name: self._begun(before, name, there), act=act)  # type: ignore[misc]
            except DuplicateNameError:
                taken.add(name)
        raise refused("DATABASE_NAME_TAKEN", "No name is free for the database of this schema.", "Give the schema another name.")

    def build(self, record: Record, act: Act = NOBODY) -> Record:
        """Make the database that a record says is under way; the record as it is then: ready. Raises DATABASE_CREATION_FAILED."""
        doing = hosted(record)
        making, over = doing.under_way, doing.live
        assert making is not None, "begin first"
        failpoint("schemas.intended")
        made = False
        try:
            with self._alive(record.id, making):
                self._host.make(making, statements(record.definition.drawing, self._host.dialect), over)
                failpoint("schemas.made")
                self._still_mine(record.id, making)
                made = True
                self._host.publish(making, over)
            failpoint("schemas.published")
            ready = self._store.change(record.id, lambda before: _ready(before, making), act=act)
        except Exception as error:  # whatever it was, what was made is removed and the reason kept
            raise self._failed(record, making, error, act, made) from None
        if hosted(ready).live != making:
            raise self._failed(record, making, LostError(), act, made)
        self._ended(True)
        return ready

    def _taken(self) -> frozenset[str]:
        try:
            return self._host.names()
        except DatabaseError as error:
            raise does_not_answer(error) from None

    def _intended(self, record: Record, name: str) -> dict[str, object]:
        return Hosted().begun(Making.new(name, record.id), self._host.place, new_owner()).json

    def _begun(self, before: Record, name: str, there: bool) -> Changes:
        doing = hosted(before) if there else replace(hosted(before), live=None)
        if before.status == "creating":
            raise being_created()
        begun = doing.begun(Making.new(name, before.id), self._host.place, new_owner())
        return {"status": "creating", "error": "", "database_name": name, "hosting": begun.json}

    @contextmanager
    def _alive(self, schema: str, making: Making) -> Iterator[None]:
        """Heartbeats while something goes on."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self._beat_seconds):
                try:
                    self._store.heartbeat(schema, making.attempt)
                except MockcraftError as error:
                    logger.warning("no heartbeat of a creation", schema=schema, code=error.code)

        thread = threading.Thread(target=beat, name="schemas-heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _still_mine(self, schema: str, making: Making) -> None:
        """Raise `LostError` when this creation was taken for dead.

        Where databases do not say whose they are, the record says that this one is whole.
        """
        if self._host.marks():
            if not self._store.heartbeat(schema, making.attempt):
                raise LostError
            return
        made = self._store.change(schema, lambda before: _noted(before, making))
        if hosted(made).under_way != making:
            raise LostError

    def _failed(self, record: Record, making: Making, error: Exception, act: Act, made: bool) -> MockcraftError:
        """Undo what was made, or note that it is still to be removed; what the caller is told."""
        reason = reason_of(error)
        log = logger.warning if isinstance(error, _EXPECTED) else logger.exception
        log("a database was not created", schema=record.id, reason=reason, exc_info=not isinstance(error, _EXPECTED))
        self._ended(False)
        gone = self._undone(making, made)
        there = self._is_there(record)
        try:
            failed = self._store.change(
                record.id, lambda before: _given_up(before, Leftover(making, made), reason, gone, there), act=act
            )
        except MockcraftError as told:  # the store is away too: the sweep will find the creation silent
            logger.warning("a failed creation is not noted", schema=record.id, code=told.code)
            failed = replace(record, error=reason)
        return creation_failed(replace(failed, error=reason))

    def _undone(self, making: Making, made: bool) -> bool:
        try:
            self._host.undo(making, made)
        except DatabaseError:
            return False
        return True

    def _is_there(self, record: Record) -> bool:
        """Whether the database that was to be replaced is still there, as far as can be told."""
        live = hosted(record).live
        try:
            return live is not None and self._host.owns(live)
        except DatabaseError:
            return True


_EXPECTED = (DatabaseError, StatementError, NameTakenError, NotOursError, LostError, MockcraftError)


def reason_of(error: Exception) -> str:
    """Why a creation failed, for people; no secret, no stack."""
    match error:
        case StatementError() | DatabaseError():
            return f"{error}."
        case NameTakenError():
            return "another database took its name meanwhile."
        case NotOursError():
            return "the database of that name was made by somebody else, so it was not replaced."
        case LostError():
            return "the service that created it was silent for too long, so it was taken for dead."
        case MockcraftError():
            return error.message
    return "an error of the program, which is in its log."


def _ready(before: Record, making: Making) -> Changes | None:
    doing = hosted(before)
    if before.status != "creating" or doing.under_way != making:
        return None
    return {"status": "ready", "error": "", "hosting": doing.ended(making).json}


def _noted(before: Record, making: Making) -> Changes | None:
    doing = hosted(before)
    return {"hosting": replace(doing, made=True).json} if doing.under_way == making else None


def _given_up(before: Record, mine: Leftover, reason: str, gone: bool, there: bool) -> Changes | None:
    doing = hosted(before)
    if doing.under_way != mine.making:  # it was given up by others, who may have looked too early
        return None if gone else {"hosting": replace(doing, leftovers=(*doing.leftovers, mine)).json}
    left = doing.ended(doing.live)
    left = left if gone else replace(left, leftovers=(*left.leftovers, mine))
    left = left if there else replace(left, live=None)
    return {"status": "failed", "error": reason, "hosting": left.json}

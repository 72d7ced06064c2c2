"""Saved domains, kept beside the jobs: in SQLite (one machine) or PostgreSQL (many). Names are unique but for case."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, Row, String, Table, Text, make_url, or_, select
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from runner.slugs import slug
from services.common.engines import postgres_engine, sqlite_engine
from services.common.errors import MockcraftError, not_found, refused, unavailable
from services.common.redaction import redact

CONNECTIONS: Final = 4
LONGEST_NAME: Final = 100
BEFORE: Final = datetime.fromtimestamp(0, UTC)
_WORDS: Final = re.compile(r"[^\W_]+")
_KEY: Final = String(400).with_variant(Text(collation="C"), "postgresql")

logger = structlog.get_logger("datasets")
_metadata = MetaData()
_domains = Table(
    "dataset_domains",
    _metadata,
    Column("id", _KEY, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", _KEY, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Domain:
    """A saved domain. `request` holds the fields it says something of, by their camelCase names."""

    id: str
    name: str
    description: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    revision: int = 1
    created_at: datetime = BEFORE
    updated_at: datetime = BEFORE


class DomainStore:
    """`url` is `sqlite:///FILE` or `postgresql://…`. Opened when first used; for many threads and processes."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._opening, self._writing = threading.Lock(), threading.Lock()
        self._engine: Engine | None = None

    def create(self, name: str, description: str, request: dict[str, Any]) -> Domain:
        """Save one. Raises DUPLICATE_NAME, STORE_UNAVAILABLE."""
        now = _now()
        with self._transaction(write=True) as connection:
            if self._named(connection, name):
                raise duplicate(name)
            id_ = _free_id(name, {str(row.id) for row in connection.execute(select(_domains.c.id))})
            values = _values(name, description, request) | {"id": id_, "revision": 1, "created_ms": now, "updated_ms": now}
            try:
                connection.execute(_domains.insert().values(values))
            except IntegrityError:
                raise duplicate(name) from None
        return self.get(id_)

    def get(self, name: str) -> Domain:
        """The one of that id, or of that name. Raises DOMAIN_NOT_FOUND, STORE_UNAVAILABLE."""
        found = self.find(name)
        if found is None:
            raise not_found("DOMAIN_NOT_FOUND", "There is no such domain.")
        return found

    def find(self, name: str) -> Domain | None:
        """The same, or None."""
        with self._transaction() as connection:
            row = self._named(connection, name)
        return _domain(row) if row else None

    def list(self, after: str, limit: int) -> Sequence[Domain]:
        """The next ones by name, after that name (folded; "" for the first)."""
        query = select(_domains).where(_domains.c.name_key > after).order_by(_domains.c.name_key).limit(limit)
        with self._transaction() as connection:
            return [_domain(row) for row in connection.execute(query)]

    def update(self, name: str, new_name: str, description: str, request: dict[str, Any], revision: int = 0) -> Domain:
        """Replace one. Raises DOMAIN_NOT_FOUND, DUPLICATE_NAME, REVISION_STALE."""
        with self._transaction(write=True) as connection:
            row = self._named(connection, name, lock=True)
            if row is None:
                raise not_found("DOMAIN_NOT_FOUND", "There is no such domain.")
            if revision and row.revision != revision:
                raise refused(
                    "REVISION_STALE", f"The domain is at revision {row.revision} now.", "Read it again, then change it."
                )
            values = _values(new_name or row.name, description, request)
            changed = values | {"revision": row.revision + 1, "updated_ms": _now()}
            try:
                connection.execute(_domains.update().where(_domains.c.id == row.id).values(changed))
            except IntegrityError:
                raise duplicate(new_name) from None
        return self.get(str(row.id))

    def delete(self, name: str) -> Domain:
        """Remove one; returns it as it was. Raises DOMAIN_NOT_FOUND."""
        with self._transaction(write=True) as connection:
            row = self._named(connection, name, lock=True)
            if row is None:
                raise not_found("DOMAIN_NOT_FOUND", "There is no such domain.")
            connection.execute(_domains.delete().where(_domains.c.id == row.id))
        return _domain(row)

    def close(self) -> None:
        """Let go of the connections."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def _named(self, connection: Connection, name: str, lock: bool = False) -> Row[Any] | None:
        """An id goes before a name."""
        query = select(_domains).where(or_(_domains.c.id == name, _domains.c.name_key == key_of(name)))
        rows = connection.execute(query.with_for_update() if lock else query).all()
        return min(rows, key=lambda row: row.id != name, default=None)

    @contextmanager
    def _transaction(self, write: bool = False) -> Iterator[Connection]:
        try:
            engine = self._opened()
            if not write or engine.dialect.name != "sqlite":
                with engine.begin() as connection:
                    yield connection
                return
            with self._writing, engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            logger.error("the store of domains does not answer", reason=redact(" ".join(str(error).split()))[:500])
            raise unavailable("STORE_UNAVAILABLE", "The store of domains does not answer.", "Try again in a moment.") from None

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                engine = self._connect()
                with suppress(ProgrammingError, IntegrityError):  # another process makes the table at this moment
                    _make_table(engine)
                _make_table(engine)
                self._engine = engine
            return self._engine

    def _connect(self) -> Engine:
        if self._url.get_backend_name() == "sqlite":
            return sqlite_engine(self._url.database or "", CONNECTIONS)
        return postgres_engine(self._url, CONNECTIONS)


def _make_table(engine: Engine) -> None:
    with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
        _metadata.create_all(connection)


def duplicate(name: str) -> MockcraftError:
    """There is a domain of that name."""
    return refused("DUPLICATE_NAME", f"There is a domain called {name!r} already.", "Choose another name, or change that one.")


def key_of(name: str) -> str:
    """The name as it is compared and sorted."""
    return " ".join(name.split()).casefold()


def _values(name: str, description: str, request: dict[str, Any]) -> dict[str, Any]:
    shown = " ".join(name.split())
    return {
        "name": shown,
        "name_key": key_of(shown),
        "description": description,
        "request": orjson.dumps(request).decode(),
    }


def _free_id(name: str, taken: set[str]) -> str:
    wished = "-".join(slug(word) for word in _WORDS.findall(name))[:80] or "domain"
    number = 1
    while (candidate := wished if number == 1 else f"{wished}-{number}") in taken:
        number += 1
    return candidate


def _domain(row: Row[Any]) -> Domain:
    moments = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (row.created_ms, row.updated_ms))
    return Domain(row.id, row.name, row.description, orjson.loads(row.request), row.revision, *moments)


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)

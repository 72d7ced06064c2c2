"""Databases of ours beside one of MySQL or MariaDB: for trial restores, and for what is going to be swapped."""

# ruff: noqa: S608 - names are quoted
from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Final

from services.common.databases import DatabaseError
from services.common.databases._swap_mysql import INTENT
from services.common.databases.mysql.script import quoted, text_literal
from services.common.databases.mysql.session import Session

SCRATCH: Final = "mockcraft_scratch_"
"""How the names of our databases begin. They are not backed up and not restored into."""


class Beside:
    """Databases of ours beside one. A lock of the server's, which ends with its session, tells those in use."""

    def __init__(self, session: Session, database: str) -> None:
        self._session, self._database = session, database

    @contextlib.contextmanager
    def made(self, charset: str, collated: str) -> Iterator[str]:
        """A new one, dropped at the end."""
        name = SCRATCH + secrets.token_hex(8)
        self._session.query("SELECT GET_LOCK(?, 0)", [name])
        try:
            self._session.run(f"CREATE DATABASE {quoted(name)} CHARACTER SET {charset} COLLATE {collated}")
            yield name
        finally:
            with contextlib.suppress(DatabaseError):
                self._drop(name)
                self._session.query("SELECT RELEASE_LOCK(?)", [name])

    def _drop(self, name: str) -> None:
        self._session.run("SET SESSION foreign_key_checks = 0")
        try:
            self._session.run(f"DROP DATABASE IF EXISTS {quoted(name)}")
        finally:
            self._session.run("SET SESSION foreign_key_checks = 1")

    def intend(self, stage: str, empty: bool, names: Sequence[str]) -> str:
        """Write down what is going to be replaced, for who finds it half done; the statement that takes it back."""
        place = f"{quoted(stage)}.{quoted(INTENT)}"
        self._session.run(f"CREATE TABLE {place} (target VARCHAR(64), was_empty BOOL, names LONGTEXT) CHARACTER SET utf8mb4")
        self._session.run(f"INSERT INTO {place} VALUES (?, ?, ?)", [self._database, empty, json.dumps(names)])
        return f"DROP TABLE {place}"

    def left_by_killed(self) -> list[set[str]]:
        """The tables of each restore into the empty database that was killed while it swapped."""
        intents = [intent for name in self._left() if (intent := self._intent(name)) is not None]
        return [set(json.loads(names)) for target, empty, names in intents if target == self._database and empty]

    def clear(self, finished: str = "") -> None:
        """Drop those whose makers are gone; those that tell of a swap only when it is of `finished`."""
        for name in self._left():
            with contextlib.suppress(DatabaseError):
                intent = self._intent(name)
                if intent is None or intent[0] == finished:
                    self._drop(name)

    def _intent(self, name: str) -> tuple[Any, ...] | None:
        try:
            return next(iter(self._session.query(f"SELECT target, was_empty, names FROM {quoted(name)}.{quoted(INTENT)}")), None)
        except DatabaseError:
            return None

    def _left(self) -> list[str]:
        pattern = text_literal(SCRATCH.replace("_", "\\_") + "%")
        sql = (
            f"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE {pattern} AND IS_FREE_LOCK(SCHEMA_NAME)"
        )
        return [name for (name,) in self._session.query(sql) if name != self._database]

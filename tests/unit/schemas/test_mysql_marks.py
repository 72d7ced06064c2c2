"""Whose a database of MySQL is, which keeps no comments: told by the table of a creation, by what is known, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from services.common.databases import Database
from services.schemas.hosting import Making
from services.schemas.hosting.mysql import CREATING, _ours

MAKING = Making("clinic", "0d9fb7b6-3c31-4f3f-9d0e-e8c2a0e1c4a1", "a" * 32)


class Server:
    """Answers as a server would that has one database."""

    def __init__(self, version: str, attempt: str | None = None, comment: str = "", held: int = 0) -> None:
        self.version, self.attempt, self.comment, self.held = version, attempt, comment, held

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if "version()" in sql:
            return [(self.version,)]
        if "schema_comment" in sql:
            assert "MariaDB" in self.version, "MySQL has no such column"
            return [(self.comment,)]
        if "information_schema.routines" in sql:
            return [(self.held,)]
        if "information_schema.tables" in sql:
            return [(1,)] if params == ("clinic", CREATING) and self.attempt is not None else []
        assert sql == f"SELECT attempt FROM `clinic`.`{CREATING}`"
        return [(self.attempt,)] if self.attempt else []


@pytest.mark.parametrize(
    ("attempt", "held", "made", "ours"),
    [
        ("a" * 32, 3, False, True),
        ("b" * 32, 3, False, False),
        ("b" * 32, 3, True, False),
        ("", 1, False, True),
        (None, 0, False, True),
        (None, 2, False, False),
        (None, 2, True, True),
    ],
)
def test_mysql(attempt: str | None, held: int, made: bool, ours: bool) -> None:
    server = Server("8.0.36", attempt, held=held)
    assert _ours(cast("Database", server), MAKING, made) == ours


@pytest.mark.parametrize(
    ("attempt", "comment", "made", "ours"),
    [
        ("a" * 32, f"{MAKING.mark} (being made)", False, True),
        ("b" * 32, MAKING.mark, True, False),
        (None, MAKING.mark, False, True),
        (None, f"{MAKING.mark} (being made)", False, True),
        (None, "", True, False),
        (None, "a shop", True, False),
    ],
)
def test_mariadb(attempt: str | None, comment: str, made: bool, ours: bool) -> None:
    server = Server("10.11.6-MariaDB", attempt, comment)
    assert _ours(cast("Database", server), MAKING, made) == ours

"""Identifiers in quotes and names of constraints."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, postgresql, sqlite

from runner.formats.common.dialects import Dialect

_DIALECTS: Mapping[Dialect, Any] = {
    "postgresql": postgresql.dialect, "mysql": mysql.dialect, "sqlite": sqlite.dialect, "sqlserver": mssql.dialect,
}  # fmt: skip
_LONGEST_NAME = 60


@cache
def sqlalchemy_dialect(dialect: Dialect) -> Any:
    """What compiles statements for the dialect."""
    return _DIALECTS[dialect](paramstyle="named")  # other styles double every % in names


def quoted(name: str, dialect: Dialect) -> str:
    """The identifier in quotes."""
    return str(sqlalchemy_dialect(dialect).identifier_preparer.quote_identifier(name))


def constraint_name(prefix: str, table: str, columns: tuple[str, ...]) -> sa.quoted_name:
    """A constraint's name; long ones are cut and end in a hash, since databases bound them."""
    name = "_".join((prefix, table, *columns))
    if len(name.encode()) > _LONGEST_NAME:
        digest = hashlib.blake2b(name.encode(), digest_size=6).hexdigest()
        name = f"{name.encode()[: _LONGEST_NAME - 13].decode(errors='ignore')}_{digest}"
    return exact(name)


def exact(name: str) -> sa.quoted_name:
    """A name that is always quoted."""
    return sa.quoted_name(name, True)

"""Column types of the schema language as SQLAlchemy types, by dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, postgresql, sqlite

from runner.formats.common.dialects import Dialect
from runner.types import STRING, Type

SqlType = Any  # sa.types.TypeEngine of any value
_KEY_LENGTH = 255  # characters of a text key where the database wants a bound
_LONGEST: Mapping[Dialect, int] = {"mysql": 16_383, "sqlserver": 4_000}
_BINARY_COLLATION = "Latin1_General_100_BIN2"  # texts are unique byte for byte, not up to case

_MSSQL: Any = mssql  # these constructors carry no types
_Make = Callable[[Type, bool], SqlType]


def _plain(cls: Callable[[], SqlType]) -> _Make:
    return lambda _type, _key: cls()


def _numeric(kind: Type, _key: bool) -> SqlType:
    return sa.NUMERIC(kind.precision, kind.scale)


_COMMON: Mapping[str, _Make] = {
    "int": _plain(sa.INTEGER),
    "bigint": _plain(sa.BIGINT),
    "float": _plain(sa.Double),
    "decimal": _numeric,
    "string": lambda kind, _key: sa.VARCHAR(kind.length) if kind.length else sa.TEXT(),
    "text": _plain(sa.TEXT),
    "bool": _plain(sa.BOOLEAN),
    "date": _plain(sa.DATE),
    "time": _plain(sa.TIME),
    "datetime": _plain(sa.DATETIME),
    "uuid": lambda _kind, _key: sa.CHAR(36),
    "json": _plain(sa.TEXT),
    "bytes": _plain(sa.BLOB),
    "array": _plain(sa.TEXT),
}


def _mysql_text(kind: Type, key: bool) -> SqlType:
    length = kind.length or (_KEY_LENGTH if key else None)
    if length and length <= _LONGEST["mysql"]:
        return sa.VARCHAR(length)
    return sa.TEXT() if kind.kind == "string" and not length else mysql.LONGTEXT()


def _sqlserver_text(kind: Type, key: bool) -> SqlType:
    length = kind.length or (_KEY_LENGTH if key else None)
    bounded = length if length and length <= _LONGEST["sqlserver"] else None
    return mssql.NVARCHAR(bounded, collation=_BINARY_COLLATION if key else None)


_BY_DIALECT: Mapping[Dialect, Mapping[str, _Make]] = {
    "postgresql": {
        "time": lambda kind, _key: postgresql.TIME(precision=kind.precision),
        "datetime": lambda kind, _key: postgresql.TIMESTAMP(precision=kind.precision),
        "uuid": _plain(postgresql.UUID),
        "json": _plain(postgresql.JSONB),
        "bytes": _plain(postgresql.BYTEA),
        "array": lambda kind, _key: postgresql.ARRAY(sql_type(kind.item or STRING, "postgresql", key=False)),
    },
    "mysql": {
        "string": _mysql_text,
        "text": _mysql_text,
        "time": lambda kind, _key: mysql.TIME(fsp=kind.precision or None),
        "datetime": lambda kind, _key: mysql.DATETIME(fsp=kind.precision or None),
        "json": _plain(mysql.JSON),
        "array": _plain(mysql.JSON),
        "bytes": lambda _kind, key: mysql.VARBINARY(_KEY_LENGTH) if key else mysql.LONGBLOB(),
    },
    "sqlite": {
        "bigint": _plain(sa.INTEGER),
        "datetime": _plain(sqlite.DATETIME),
    },
    "sqlserver": {
        "string": _sqlserver_text,
        "text": _sqlserver_text,
        "bool": _plain(mssql.BIT),
        "time": lambda kind, _key: _MSSQL.TIME(precision=kind.precision),
        "datetime": lambda kind, _key: _MSSQL.DATETIME2(precision=kind.precision),
        "uuid": _plain(mssql.UNIQUEIDENTIFIER),
        "json": _plain(mssql.NVARCHAR),
        "array": _plain(mssql.NVARCHAR),
        "bytes": lambda _kind, key: _MSSQL.VARBINARY(_KEY_LENGTH if key else "max"),
    },
}


def sql_type(kind: Type, dialect: Dialect, key: bool) -> SqlType:
    """The type of a column; `key` says that it is part of a key, which some databases want bounded."""
    make = _BY_DIALECT[dialect].get(kind.kind) or _COMMON[kind.kind]
    return make(kind, key)

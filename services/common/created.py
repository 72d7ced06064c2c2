"""Databases that the schema registry creates: what they are called, and where each of them is.

They are in the server that the settings name, or are files of the data folder. Every service with the same settings
finds them by name alone (`schema:clinic` as a target), so that no URL has to be in a request.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson

from services.common.databases import Rules, TargetRefusedError, check_target
from services.common.databases._hosts import Url, read_url
from services.common.errors import unavailable
from services.common.settings import Settings

PREFIX: Final = "schema:"
"""What targets that name a created database begin with."""
LONGEST: Final = 48
"""Characters of a name."""
NAME: Final = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}")
SUFFIX: Final = ".db"
_POSTGRESQL: Final = ("postgresql", "postgres")
_MYSQL: Final = ("mysql", "mariadb")
_DRIVERS: Final = ("psycopg", "psycopg2", "asyncpg", "pymysql")
SCHEMES: Final = (*_POSTGRESQL, *_MYSQL)
_MAINTENANCE: Final = {"postgresql": "postgres", "mysql": "information_schema"}
"""The database of a server that everybody may open."""


def checked_name(name: str) -> str:
    """The name, when a created database may be called so. Raises `TargetRefusedError`."""
    if not NAME.fullmatch(name):
        raise TargetRefusedError("This is not the name of a database that was created here.", "TARGET_INVALID")
    return name


def folder(settings: Settings) -> Path:
    """Where created databases are that are files."""
    return settings.data_dir.absolute() / "databases"


def dialect(settings: Settings) -> str:
    """`postgresql`, `mysql` or `sqlite`: what created databases are."""
    url = settings.registry.databases_url.get_secret_value()
    if not url:
        return "sqlite"
    return "postgresql" if url.partition(":")[0].partition("+")[0].lower() in _POSTGRESQL else "mysql"


def server_url(settings: Settings) -> str:
    """The checked URL of the server of created databases, at a database that is always there; "" where they are files.

    Raises `TargetRefusedError`.
    """
    given = settings.registry.databases_url.get_secret_value()
    if not given:
        return ""
    parts = _parts(given)
    return _checked(parts, parts.path or _MAINTENANCE[dialect(settings)])


def database_url(settings: Settings, name: str) -> str:
    """The checked URL of the created database `name`. Opens nothing. Raises `TargetRefusedError`."""
    checked_name(name)
    if settings.registry.databases_url.get_secret_value():
        return url_in_server(settings, name)
    return f"sqlite:///{folder(settings) / (name + SUFFIX)}"


def url_in_server(settings: Settings, name: str) -> str:
    """The checked URL of any database of the server of created databases. Raises `TargetRefusedError`."""
    return _checked(_parts(settings.registry.databases_url.get_secret_value()), name)


def place(settings: Settings) -> str:
    """The server of created databases as people may see it: kind, host and port; `sqlite` where they are files."""
    given = settings.registry.databases_url.get_secret_value()
    if not given:
        return "sqlite"
    parts = _parts(server_url(settings))
    return f"{dialect(settings)}://{quote(parts.host, safe=':')}:{parts.port}"


def _parts(url: str) -> Url:
    parts = read_url(url, _DRIVERS)
    return replace(parts, options={key: value for key, value in parts.options.items() if key != "schema"})


def _checked(parts: Url, name: str) -> str:
    """Of the settings, hence trusted: any host, and files of certificates by any name."""
    return check_target(replace(parts, path=name).text(), Rules(Path.cwd(), remote=True))


def checked_target(settings: Settings, target: str) -> str:
    """The checked URL of `schema:NAME`, when the registry says that such a database was created and is ready.

    Raises `TargetRefusedError`, and `MockcraftError` DATABASE_ERROR when the registry's store does not answer.
    """
    name = checked_name(target.removeprefix(PREFIX))
    if not _ready(settings, name):
        message = f"There is no database {name} that was created for a schema."
        raise TargetRefusedError(message, "TARGET_INVALID", "Its schema must be `ready`: the list of databases tells it.")
    return database_url(settings, name)


_FIND: Final = "SELECT hosting FROM schemas WHERE database_key = :name AND status = 'ready' AND deleted_at IS NULL"


def _ready(settings: Settings, name: str) -> bool:
    """Whether the registry knows a database of that name in the place that the settings name."""
    from sqlalchemy import make_url, text
    from sqlalchemy.exc import SQLAlchemyError

    from services.common.engines import postgres_engine, sqlite_engine

    url = make_url(settings.schemas_store_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return False
    try:
        engine = sqlite_engine(url.database or "", 1) if url.get_backend_name() == "sqlite" else postgres_engine(url, 1)
        try:
            with engine.connect() as connection:
                rows = connection.execute(text(_FIND), {"name": name}).all()
        finally:
            engine.dispose()
    except (SQLAlchemyError, OSError):
        raise unavailable("DATABASE_ERROR", "The schema store does not answer.", "Try again in a moment.") from None
    return any(orjson.loads(hosting).get("place") == place(settings) for (hosting,) in rows)

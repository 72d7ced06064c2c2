"""How all that a PostgreSQL database holds is dropped, so that a dump finds it as if it were new."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from services.common.databases._catalogue_postgresql import SYSTEM, own
from services.common.databases.postgresql.tables import quoted

Query = Callable[[str], list[tuple[Any, ...]]]
_OTHERS: Final = (
    ("EVENT TRIGGER", f"SELECT evtname FROM pg_event_trigger e WHERE {own('pg_event_trigger', 'e.oid')}"),  # noqa: S608
    ("PUBLICATION", "SELECT pubname FROM pg_publication"),
    ("EXTENSION", "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'"),
    ("FOREIGN DATA WRAPPER", "SELECT fdwname FROM pg_foreign_data_wrapper"),
    ("SCHEMA", f"SELECT nspname FROM pg_namespace n WHERE {SYSTEM}"),  # noqa: S608
    ("LANGUAGE", "SELECT lanname FROM pg_language WHERE oid >= 16384"),
)
"""What to drop, in order; the rest goes with it."""
_UNLINKED: Final = "SELECT lo_unlink(oid) FROM pg_largeobject_metadata"
_CASTS: Final = (
    "SELECT pg_catalog.format('DROP CAST IF EXISTS (%s AS %s)', castsource::pg_catalog.regtype, casttarget::pg_catalog.regtype) "
    "FROM pg_cast WHERE oid >= 16384"
)


def wiping(query: Query, version: int) -> str:
    """Statements that drop all there is and make the schema `public` as it is in a new database."""
    drops = [f"DROP {kind} IF EXISTS {quoted(name)} CASCADE" for kind, sql in _OTHERS for (name,) in query(sql)]
    casts = [sql for (sql,) in query(_CASTS)]
    blobs = [_UNLINKED] if query("SELECT count(*) FROM pg_largeobject_metadata")[0][0] else []
    return "".join(
        f"{sql};\n"
        for sql in ("SET client_min_messages = warning", "SET lock_timeout = '60s'", *casts, *drops, *blobs, *_public(version))
    )


def _public(version: int) -> list[str]:
    new = version >= 150_000
    return [
        f"CREATE SCHEMA public{' AUTHORIZATION pg_database_owner' if new else ''}",
        f"GRANT {'USAGE' if new else 'ALL'} ON SCHEMA public TO PUBLIC",
        "COMMENT ON SCHEMA public IS 'standard public schema'",
    ]

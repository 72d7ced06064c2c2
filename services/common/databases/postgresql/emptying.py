"""Tables without their rows: TRUNCATE where it reaches no other table, DELETE elsewhere. Never CASCADE."""

from __future__ import annotations

from collections.abc import Sequence

from services.common.databases.postgresql.session import Session
from services.common.databases.postgresql.tables import Table


def empty(session: Session, tables: Sequence[Table]) -> None:
    """Delete all rows of these tables; in this order where they go row by row. Belongs in a transaction."""
    if not tables:
        return
    oids = [table.oid for table in tables]
    if session.query(_TRUNCATABLE, (oids, oids))[0][0]:
        session.execute(f"TRUNCATE {', '.join(table.source for table in tables)}")
        return
    for table in tables:
        session.execute(f"DELETE FROM {table.source}")  # noqa: S608 - quoted


_TRUNCATABLE = """
WITH RECURSIVE own(oid) AS (
    SELECT unnest(?::oid[])
    UNION SELECT i.inhrelid FROM own JOIN pg_class c ON c.oid = own.oid AND c.relkind = 'p'
          JOIN pg_inherits i ON i.inhparent = own.oid
)
SELECT NOT EXISTS (SELECT FROM pg_constraint f JOIN own ON own.oid = f.confrelid
                   WHERE f.contype = 'f' AND f.conrelid NOT IN (SELECT oid FROM own))
   AND NOT EXISTS (SELECT FROM unnest(?::oid[]) AS given(oid) JOIN pg_class c ON c.oid = given.oid
                   WHERE c.relkind = 'f' OR NOT has_table_privilege(c.oid, 'TRUNCATE'))"""

"""The SQL that turns the database of one drawing into that of another, rows kept wherever their columns are.

Tables and columns are the same by id, so that a new name is a renaming. The database is taken to be as `services.schemas.ddl`
made the old drawing, or as an earlier migration left it: names of keys and indexes follow from the drawing.
"""

from __future__ import annotations

from services.common.errors import invalid
from services.schemas.drawing import Dialect, Drawing
from services.schemas.migration_alter import Altering
from services.schemas.migration_doubts import doubts
from services.schemas.migration_rebuild import rebuild
from services.schemas.migration_steps import Migration, matched

__all__ = ["Migration", "script"]


def script(old: Drawing, new: Drawing, dialect: Dialect) -> Migration:
    """The statements, in order, and what to know before running them. Both drawings have no findings.

    PostgreSQL and MySQL alter their tables; SQLite, which cannot, makes them anew and copies the rows. The statements of
    PostgreSQL and SQLite are one transaction; MySQL commits each by itself. Raises `MockcraftError` for SQL Server.
    """
    if dialect == "sqlserver":
        raise invalid(
            "VALIDATION_ERROR",
            "Migrations are not written for SQL Server.",
            "Ask for postgresql, mysql or sqlite, or take the whole SQL of the new version.",
        )
    match = matched(old, new)
    for sentence in doubts(match, dialect):
        match.warn(sentence)
    if dialect == "sqlite":
        return rebuild(match)
    return Altering(match, dialect).migration()

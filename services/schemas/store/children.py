"""What hangs on a schema's row: its tables, columns and keys as rows, and its versions."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, insert

from services.schemas.drawing import Drawing
from services.schemas.store.model import Record
from services.schemas.store.rows import column_row, counts, key_rows, table_rows
from services.schemas.store.tables import schema_columns, schema_foreign_keys, schema_tables, schema_versions

ROWS: Final = 1000
"""Rows of one statement, at most."""


def draw(connection: Connection, schema_id: str, drawing: Drawing) -> None:
    """Put the rows of a drawing in the place of those that are there."""
    connection.execute(delete(schema_foreign_keys).where(schema_foreign_keys.c.schema_id == schema_id))
    connection.execute(delete(schema_tables).where(schema_tables.c.schema_id == schema_id))  # their columns go with them
    if drawing.tables:
        made = insert(schema_tables).returning(schema_tables.c.id, sort_by_parameter_order=True)
        numbers = connection.execute(made, table_rows(schema_id, drawing.tables)).scalars().all()
        columns = [
            column_row(number, ordinal, column)
            for number, table in zip(numbers, drawing.tables, strict=True)
            for ordinal, column in enumerate(table.columns)
        ]
        _insert(connection, insert(schema_columns), columns)
    _insert(connection, insert(schema_foreign_keys), key_rows(schema_id, drawing.foreign_keys))


def _insert(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    for begin in range(0, len(rows), ROWS):
        connection.execute(statement, rows[begin : begin + ROWS])


def keep_version(connection: Connection, record: Record, document: ColumnElement[Any], actor: str) -> None:
    """Store what a schema is now as a version."""
    values = {
        "schema_id": record.id,
        "revision": record.revision,
        "name": record.name,
        "description": record.description,
        "actor": actor,
        "created_at": record.updated_at,
        "schema_definition": document,
    }
    connection.execute(insert(schema_versions).values(**values, **counts(record.definition)))

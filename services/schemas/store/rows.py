"""Records as rows, and back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import RowMapping

from services.schemas.drawing import Column, Definition, ForeignKey, Table
from services.schemas.names import folded
from services.schemas.store.documents import decoded, dumped, loaded, storable
from services.schemas.store.model import AuditEntry, Record, Summary, Version, VersionSummary
from services.schemas.store.tables import NAME_LENGTH

logger = structlog.get_logger("schemas")

REMEMBERED: Final = 10_000
_told: dict[tuple[str, int], None] = {}
_lock = threading.Lock()


def tell_damage(schema_id: str, revision: int) -> None:
    """Log that a stored definition cannot be read: once for each content, in this process."""
    with _lock:
        if (schema_id, revision) in _told:
            return
        _told[schema_id, revision] = None
        if len(_told) > REMEMBERED:
            del _told[next(iter(_told))]
    logger.error("a stored definition is damaged and shown empty", schema=schema_id, revision=revision)


def record_of(row: RowMapping) -> Record:
    """The record of a row of `schemas`, its definition as text or bytes."""
    definition, damaged = decoded(row["schema_definition"])
    if damaged:
        tell_damage(row["id"], row["revision"])
    kept = ("id", "name", "description", "database_name", "status", "revision", "stamp", "error")
    times = ("created_at", "updated_at", "deleted_at", "exported_at")
    found = {key: row[key] for key in (*kept, *times)}
    return Record(definition=definition, damaged=damaged, hosting=loaded(row["hosting"]), **found)


def record_row(record: Record) -> dict[str, Any]:
    """The row of a record but for its definition and its heartbeat. Raises `MockcraftError` VALIDATION_ERROR."""
    name = storable("name", record.name, NAME_LENGTH)
    description = storable("description", record.description)
    database = storable("databaseName", record.database_name, NAME_LENGTH)
    return {
        "id": record.id,
        "name": name,
        "name_key": folded(name),
        "description": description,
        "search_key": folded(f"{name}\n{description}"),
        "database_name": database,
        "database_key": folded(database),
        "status": record.status,
        "revision": record.revision,
        "stamp": record.stamp,
        "attempt": str(record.hosting.get("attempt", ""))[:64],
        "leftovers": len(record.hosting.get("leftovers", ())),
        "error": record.error.replace("\0", ""),
        "hosting": dumped(dict(record.hosting), "hosting"),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "deleted_at": record.deleted_at,
        "exported_at": record.exported_at,
    }


def counts(definition: Definition) -> dict[str, Any]:
    """What lists show of a definition."""
    tables = definition.drawing.tables
    columns = sum(len(table.columns) for table in tables)
    version = storable("version", definition.version, NAME_LENGTH)
    return {"version": version, "table_count": len(tables), "column_count": columns}


def summary_of(values: Sequence[Any], damaged: bool) -> Summary:
    """The summary of its fields' values in order, but for the flag; a damaged one has no tables, as it reads."""
    found = Summary(*[*values, damaged])
    if not damaged:
        return found
    tell_damage(found.id, found.revision)
    return replace(found, table_count=0, column_count=0)


def version_summary_of(row: RowMapping) -> VersionSummary:
    """The summary of a row of `schema_versions`."""
    keys = ("revision", "name", "version", "table_count", "column_count", "actor", "created_at")
    return VersionSummary(**{key: row[key] for key in keys})


def version_of(row: RowMapping) -> Version:
    """The version of a row, its definition as text or bytes."""
    definition, damaged = decoded(row["schema_definition"])
    if damaged:
        tell_damage(row["schema_id"], row["revision"])
    return Version(version_summary_of(row), row["description"], definition, damaged)


def entry_of(row: RowMapping) -> AuditEntry:
    """The entry of a row of `audit_log`."""
    keys = ("id", "actor", "action", "schema_name", "revision", "request_id")
    kept = {key: row[key] for key in keys}
    return AuditEntry(at=row["created_at"], schema_id=row["schema_id"] or "", detail=loaded(row["detail"]), **kept)


def table_rows(schema_id: str, tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Rows of `schema_tables`."""
    return [
        {
            "schema_id": schema_id,
            "table_id": table.id,
            "table_name": table.name,
            "position": orjson.dumps({"x": table.position.x, "y": table.position.y}).decode(),
            "ordinal": ordinal,
            "comment": table.comment,
        }
        for ordinal, table in enumerate(tables)
    ]


def column_row(table: int, ordinal: int, column: Column) -> dict[str, Any]:
    """A row of `schema_columns`; `table` is the number of the table's row."""
    generator = None if column.generator is None else dumped(dict(column.generator), "generator")
    return {
        "table_id": table,
        "column_id": column.id,
        "column_name": column.name,
        "data_type": column.data_type,
        "length": column.length,
        "precision": column.precision,
        "scale": column.scale,
        "nullable": column.nullable,
        "primary_key": column.primary_key,
        "auto_increment": column.auto_increment,
        "unique_constraint": column.unique,
        "default_value": column.default_value,
        "ordinal": ordinal,
        "generator": generator,
        "enum_values": dumped(list(column.enum_values), "enumValues") if column.enum_values else None,
        "comment": column.comment,
    }


def key_rows(schema_id: str, keys: Sequence[ForeignKey]) -> list[dict[str, Any]]:
    """Rows of `schema_foreign_keys`, one for each pair of columns."""
    return [
        {
            "schema_id": schema_id,
            "foreign_key_id": key.id,
            "pair": pair,
            "name": key.name,
            "source_table_id": key.source_table,
            "source_column_id": source,
            "target_table_id": key.target_table,
            "target_column_id": target,
            "on_delete": key.on_delete,
            "on_update": key.on_update,
        }
        for key in keys
        for pair, (source, target) in enumerate(zip(key.source_columns, key.target_columns, strict=False))
    ]

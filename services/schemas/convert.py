"""Between protobuf messages and what the registry keeps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from google.protobuf import json_format, struct_pb2
from google.protobuf.descriptor import FieldDescriptor
from mockcraft.generator.v1 import generator_pb2
from mockcraft.schemas.v1 import schemas_pb2 as pb

from services.common.jobs.convert import moment
from services.schemas.answers import (
    DatabasePage,
    DatabaseState,
    DatabaseSummary,
    Made,
    MigrationAnswer,
    Sql,
    VersionPage,
)
from services.schemas.drawing import Check, Column, Finding, ForeignKey, Index, Table, Unique
from services.schemas.filling_jobs import Preview
from services.schemas.formats import Exported
from services.schemas.store import AuditEntry, AuditPage, Listing, Record, Summary, VersionSummary

_WRITTEN = (
    "name", "description", "database_name", "version", "tables", "foreign_keys", "exported_at", "schema_definition",
)  # fmt: skip
"""Fields of a schema that callers write; the others are ignored in requests."""


def schema_message(record: Record, warnings: Iterable[str] = ()) -> pb.Schema:
    """A schema, whole."""
    drawing = record.definition.drawing
    message = pb.Schema(
        id=record.id,
        name=record.name,
        description=record.description,
        database_name=record.database_name,
        status=record.status,
        error=record.error,
        version=record.definition.version,
        revision=record.revision,
        tables=map(_table, drawing.tables),
        foreign_keys=map(_key, drawing.foreign_keys),
        damaged=record.damaged,
        warnings=warnings,
    )
    exported = record.definition.exported_at or (_rfc3339(record.exported_at) if record.exported_at else "")
    if exported:
        message.exported_at = exported
    _set_times(message, created_at=record.created_at, updated_at=record.updated_at, deleted_at=record.deleted_at)
    return message


def _set_times(message: Any, **times: datetime | None) -> None:
    for name, time in times.items():
        if time is not None:
            getattr(message, name).CopyFrom(moment(time))


def _rfc3339(time: datetime) -> str:
    return moment(time).ToJsonString()


def _table(table: Table) -> pb.SchemaTable:
    return pb.SchemaTable(
        id=table.id,
        name=table.name,
        position=pb.Position(x=table.position.x, y=table.position.y),
        columns=map(_column, table.columns),
        primary_key=table.key_order,
        uniques=map(_columns_of, table.uniques),
        indexes=map(_columns_of, table.indexes),
        checks=map(_check, table.checks),
        comment=table.comment,
    )


def _columns_of(rule: Unique | Index) -> pb.KeyColumns:
    return pb.KeyColumns(id=rule.id, name=rule.name, column_ids=rule.columns)


def _check(check: Check) -> pb.SchemaCheck:
    return pb.SchemaCheck(id=check.id, name=check.name, expression=check.expression)


def _column(column: Column) -> pb.SchemaColumn:
    message = pb.SchemaColumn(
        id=column.id,
        name=column.name,
        data_type=column.data_type,
        length=column.length,
        precision=column.precision,
        scale=column.scale,
        nullable=column.nullable,
        primary_key=column.primary_key,
        auto_increment=column.auto_increment,
        unique=column.unique,
        default_value=column.default_value,
        enum_values=column.enum_values,
        comment=column.comment,
    )
    if column.generator is not None:
        message.generator.text = orjson.dumps(dict(column.generator)).decode()
    return message


def _key(key: ForeignKey) -> pb.SchemaForeignKey:
    several = len(key.source_columns) > 1
    return pb.SchemaForeignKey(
        id=key.id,
        name=key.name,
        source_table_id=key.source_table,
        source_column_id=next(iter(key.source_columns), ""),
        target_table_id=key.target_table,
        target_column_id=next(iter(key.target_columns), ""),
        on_delete=key.on_delete,
        on_update=key.on_update,
        source_column_ids=key.source_columns if several else (),
        target_column_ids=key.target_columns if several else (),
    )


def struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    """A JSON object as a struct."""
    made = struct_pb2.Struct()
    json_format.ParseDict(dict(value), made)
    return made


def summary_message(summary: Summary) -> pb.SchemaSummary:
    """A schema of a list."""
    message = pb.SchemaSummary(
        id=summary.id,
        name=summary.name,
        description=summary.description,
        database_name=summary.database_name,
        status=summary.status,
        error=summary.error,
        version=summary.version,
        revision=summary.revision,
        table_count=summary.table_count,
        column_count=summary.column_count,
        damaged=summary.damaged,
    )
    _set_times(message, created_at=summary.created_at, updated_at=summary.updated_at)
    _set_times(message, deleted_at=summary.deleted_at, exported_at=summary.exported_at)
    return message


def version_message(version: VersionSummary) -> pb.SchemaVersion:
    """A version of a list."""
    return pb.SchemaVersion(
        revision=version.revision,
        version=version.version,
        name=version.name,
        table_count=version.table_count,
        column_count=version.column_count,
        actor=version.actor,
        created_at=moment(version.created_at),
    )


def audit_message(entry: AuditEntry) -> pb.AuditEntry:
    """An entry of the audit log."""
    return pb.AuditEntry(
        id=entry.id,
        schema_id=entry.schema_id,
        schema_name=entry.schema_name,
        action=entry.action,
        actor=entry.actor,
        revision=entry.revision,
        request_id=entry.request_id,
        detail=struct(entry.detail),
        created_at=moment(entry.at),
    )


def check_message(findings: Iterable[Finding]) -> pb.CheckResponse:
    """What checking found."""
    error = generator_pb2.Finding.ERROR
    told = [
        generator_pb2.Finding(path=f.pointer, code=f.code, message=f.message, suggestion=f.suggestion, severity=error)
        for f in findings
    ]
    return pb.CheckResponse(valid=not told, findings=told)


def schema_value(message: pb.Schema) -> dict[str, Any]:
    """What a caller wrote of a schema, as the JSON that REST would send: fields that are set, and lists that are not empty."""
    given = {field: value for field, value in message.ListFields() if field.name in _WRITTEN}
    return {field.camelcase_name: _value_of(field, value) for field, value in given.items()}


def _value_of(field: FieldDescriptor, value: Any) -> Any:
    if field.is_repeated:
        return [_single(field, each) for each in value]
    return _single(field, value)


def _single(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is None:
        return value
    if isinstance(value, pb.ColumnGenerator):
        return _generator(value.text)
    return {inner.camelcase_name: _value_of(inner, each) for inner, each in value.ListFields()}


def listing_message(listing: Listing) -> pb.ListSchemasResponse:
    """A page of schemas."""
    schemas = map(summary_message, listing.summaries)
    return pb.ListSchemasResponse(schemas=schemas, total=listing.total, next_page_token=listing.next_token)


def made_message(made: Made) -> pb.Schema:
    """A schema that was stored, with what could not be taken over."""
    return schema_message(made.record, made.warnings)


def sql_message(sql: Sql) -> pb.SchemaSql:
    """SQL that makes a database."""
    return pb.SchemaSql(dialect=sql.dialect, sql=sql.script, statements=sql.statements)


def database_message(state: DatabaseState) -> pb.Database:
    """A database, whole."""
    record = state.record
    return pb.Database(
        name=record.database_name,
        schema_id=record.id,
        schema_name=record.name,
        status=record.status,
        dialect=state.dialect,
        exists=state.exists,
        tables=[pb.DatabaseTable(name=table.name, rows=table.rows) for table in state.facts.tables],
        rows=state.facts.rows,
        bytes=state.facts.bytes,
        drift=state.drift,
    )


def databases_message(page: DatabasePage) -> pb.ListDatabasesResponse:
    """A page of databases."""
    found = map(_database_summary, page.databases)
    return pb.ListDatabasesResponse(databases=found, total=page.total, next_page_token=page.next_token)


def _database_summary(found: DatabaseSummary) -> pb.Database:
    schema = found.schema
    return pb.Database(
        name=schema.database_name,
        schema_id=schema.id,
        schema_name=schema.name,
        status=schema.status,
        dialect=found.dialect,
        exists=found.exists,
    )


def exported_message(exported: Exported) -> pb.ExportedSchema:
    """A schema as a file."""
    return pb.ExportedSchema(text=exported.text, media_type=exported.media_type, filename=exported.filename, lost=exported.lost)


def versions_message(page: VersionPage) -> pb.ListSchemaVersionsResponse:
    """A page of versions."""
    return pb.ListSchemaVersionsResponse(versions=map(version_message, page.versions), next_page_token=page.next_token)


def migration_message(way: MigrationAnswer) -> pb.SchemaMigration:
    """SQL between two versions."""
    message = pb.SchemaMigration(
        to=way.target, dialect=way.dialect, sql=way.script, statements=way.statements, warnings=way.warnings
    )
    setattr(message, "from", way.source)  # a word of Python's own
    return message


def audit_page(page: AuditPage) -> pb.ListAuditResponse:
    """A page of the audit log."""
    return pb.ListAuditResponse(entries=map(audit_message, page.entries), next_page_token=page.next_token)


def preview_message(preview: Preview) -> pb.SchemaPreview:
    """Rows as they would be made."""
    rows = preview.rows
    return pb.SchemaPreview(table=rows.table, columns=rows.columns, rows=rows.rows, notes=preview.notes)


def _generator(text: str) -> Any:
    """A generator's name, or the object that a text holds; a text that is neither is found wrong when it is read."""
    try:
        return orjson.loads(text) if text.lstrip().startswith("{") else text
    except orjson.JSONDecodeError:
        return text

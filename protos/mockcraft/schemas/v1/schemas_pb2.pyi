import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from mockcraft.backup.v1 import backup_pb2 as _backup_pb2
from mockcraft.generator.v1 import generator_pb2 as _generator_pb2
from mockcraft.jobs.v1 import jobs_pb2 as _jobs_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Schema(_message.Message):
    __slots__ = ("id", "name", "description", "database_name", "status", "error", "version", "revision", "tables", "foreign_keys", "exported_at", "schema_definition", "damaged", "created_at", "updated_at", "deleted_at", "warnings")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DATABASE_NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    FOREIGN_KEYS_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_AT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_DEFINITION_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    DELETED_AT_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    description: str
    database_name: str
    status: str
    error: str
    version: str
    revision: int
    tables: _containers.RepeatedCompositeFieldContainer[SchemaTable]
    foreign_keys: _containers.RepeatedCompositeFieldContainer[SchemaForeignKey]
    exported_at: str
    schema_definition: SchemaDefinition
    damaged: bool
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    deleted_at: _timestamp_pb2.Timestamp
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., database_name: _Optional[str] = ..., status: _Optional[str] = ..., error: _Optional[str] = ..., version: _Optional[str] = ..., revision: _Optional[int] = ..., tables: _Optional[_Iterable[_Union[SchemaTable, _Mapping]]] = ..., foreign_keys: _Optional[_Iterable[_Union[SchemaForeignKey, _Mapping]]] = ..., exported_at: _Optional[str] = ..., schema_definition: _Optional[_Union[SchemaDefinition, _Mapping]] = ..., damaged: _Optional[bool] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deleted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class SchemaDefinition(_message.Message):
    __slots__ = ("tables", "foreign_keys", "version", "exported_at")
    TABLES_FIELD_NUMBER: _ClassVar[int]
    FOREIGN_KEYS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_AT_FIELD_NUMBER: _ClassVar[int]
    tables: _containers.RepeatedCompositeFieldContainer[SchemaTable]
    foreign_keys: _containers.RepeatedCompositeFieldContainer[SchemaForeignKey]
    version: str
    exported_at: str
    def __init__(self, tables: _Optional[_Iterable[_Union[SchemaTable, _Mapping]]] = ..., foreign_keys: _Optional[_Iterable[_Union[SchemaForeignKey, _Mapping]]] = ..., version: _Optional[str] = ..., exported_at: _Optional[str] = ...) -> None: ...

class SchemaTable(_message.Message):
    __slots__ = ("id", "name", "position", "columns", "primary_key", "uniques", "indexes", "checks", "comment")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_KEY_FIELD_NUMBER: _ClassVar[int]
    UNIQUES_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    position: Position
    columns: _containers.RepeatedCompositeFieldContainer[SchemaColumn]
    primary_key: _containers.RepeatedScalarFieldContainer[str]
    uniques: _containers.RepeatedCompositeFieldContainer[KeyColumns]
    indexes: _containers.RepeatedCompositeFieldContainer[KeyColumns]
    checks: _containers.RepeatedCompositeFieldContainer[SchemaCheck]
    comment: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., columns: _Optional[_Iterable[_Union[SchemaColumn, _Mapping]]] = ..., primary_key: _Optional[_Iterable[str]] = ..., uniques: _Optional[_Iterable[_Union[KeyColumns, _Mapping]]] = ..., indexes: _Optional[_Iterable[_Union[KeyColumns, _Mapping]]] = ..., checks: _Optional[_Iterable[_Union[SchemaCheck, _Mapping]]] = ..., comment: _Optional[str] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ...) -> None: ...

class SchemaColumn(_message.Message):
    __slots__ = ("id", "name", "data_type", "length", "precision", "scale", "nullable", "primary_key", "auto_increment", "unique", "default_value", "generator", "enum_values", "comment")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    NULLABLE_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_KEY_FIELD_NUMBER: _ClassVar[int]
    AUTO_INCREMENT_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    ENUM_VALUES_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    data_type: str
    length: int
    precision: int
    scale: int
    nullable: bool
    primary_key: bool
    auto_increment: bool
    unique: bool
    default_value: str
    generator: ColumnGenerator
    enum_values: _containers.RepeatedScalarFieldContainer[str]
    comment: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., data_type: _Optional[str] = ..., length: _Optional[int] = ..., precision: _Optional[int] = ..., scale: _Optional[int] = ..., nullable: _Optional[bool] = ..., primary_key: _Optional[bool] = ..., auto_increment: _Optional[bool] = ..., unique: _Optional[bool] = ..., default_value: _Optional[str] = ..., generator: _Optional[_Union[ColumnGenerator, _Mapping]] = ..., enum_values: _Optional[_Iterable[str]] = ..., comment: _Optional[str] = ...) -> None: ...

class ColumnGenerator(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class KeyColumns(_message.Message):
    __slots__ = ("id", "name", "column_ids")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    COLUMN_IDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    column_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., column_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class SchemaCheck(_message.Message):
    __slots__ = ("id", "name", "expression")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    expression: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., expression: _Optional[str] = ...) -> None: ...

class SchemaForeignKey(_message.Message):
    __slots__ = ("id", "name", "source_table_id", "source_column_id", "target_table_id", "target_column_id", "on_delete", "on_update", "source_column_ids", "target_column_ids")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TABLE_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_COLUMN_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_TABLE_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_COLUMN_ID_FIELD_NUMBER: _ClassVar[int]
    ON_DELETE_FIELD_NUMBER: _ClassVar[int]
    ON_UPDATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_COLUMN_IDS_FIELD_NUMBER: _ClassVar[int]
    TARGET_COLUMN_IDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    source_table_id: str
    source_column_id: str
    target_table_id: str
    target_column_id: str
    on_delete: str
    on_update: str
    source_column_ids: _containers.RepeatedScalarFieldContainer[str]
    target_column_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., source_table_id: _Optional[str] = ..., source_column_id: _Optional[str] = ..., target_table_id: _Optional[str] = ..., target_column_id: _Optional[str] = ..., on_delete: _Optional[str] = ..., on_update: _Optional[str] = ..., source_column_ids: _Optional[_Iterable[str]] = ..., target_column_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateSchemaRequest(_message.Message):
    __slots__ = ("schema", "create_database", "request_id", "document")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    CREATE_DATABASE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    schema: Schema
    create_database: bool
    request_id: str
    document: str
    def __init__(self, schema: _Optional[_Union[Schema, _Mapping]] = ..., create_database: _Optional[bool] = ..., request_id: _Optional[str] = ..., document: _Optional[str] = ...) -> None: ...

class ListSchemasRequest(_message.Message):
    __slots__ = ("search", "status", "sort", "page_size", "page_token", "page", "limit")
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SORT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    search: str
    status: str
    sort: str
    page_size: int
    page_token: str
    page: int
    limit: int
    def __init__(self, search: _Optional[str] = ..., status: _Optional[str] = ..., sort: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., page: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListSchemasResponse(_message.Message):
    __slots__ = ("schemas", "total", "next_page_token")
    SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    schemas: _containers.RepeatedCompositeFieldContainer[SchemaSummary]
    total: int
    next_page_token: str
    def __init__(self, schemas: _Optional[_Iterable[_Union[SchemaSummary, _Mapping]]] = ..., total: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SchemaSummary(_message.Message):
    __slots__ = ("id", "name", "description", "database_name", "status", "error", "version", "revision", "table_count", "column_count", "damaged", "created_at", "updated_at", "deleted_at", "exported_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DATABASE_NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TABLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    COLUMN_COUNT_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    DELETED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    description: str
    database_name: str
    status: str
    error: str
    version: str
    revision: int
    table_count: int
    column_count: int
    damaged: bool
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    deleted_at: _timestamp_pb2.Timestamp
    exported_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., database_name: _Optional[str] = ..., status: _Optional[str] = ..., error: _Optional[str] = ..., version: _Optional[str] = ..., revision: _Optional[int] = ..., table_count: _Optional[int] = ..., column_count: _Optional[int] = ..., damaged: _Optional[bool] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deleted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., exported_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetSchemaRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ReplaceSchemaRequest(_message.Message):
    __slots__ = ("id", "schema", "revision", "document")
    ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    schema: Schema
    revision: int
    document: str
    def __init__(self, id: _Optional[str] = ..., schema: _Optional[_Union[Schema, _Mapping]] = ..., revision: _Optional[int] = ..., document: _Optional[str] = ...) -> None: ...

class UpdateSchemaRequest(_message.Message):
    __slots__ = ("id", "schema", "update_mask", "revision", "document")
    ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    schema: Schema
    update_mask: _field_mask_pb2.FieldMask
    revision: int
    document: str
    def __init__(self, id: _Optional[str] = ..., schema: _Optional[_Union[Schema, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., revision: _Optional[int] = ..., document: _Optional[str] = ...) -> None: ...

class DeleteSchemaRequest(_message.Message):
    __slots__ = ("id", "drop_database", "revision")
    ID_FIELD_NUMBER: _ClassVar[int]
    DROP_DATABASE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    id: str
    drop_database: bool
    revision: int
    def __init__(self, id: _Optional[str] = ..., drop_database: _Optional[bool] = ..., revision: _Optional[int] = ...) -> None: ...

class CheckDrawingRequest(_message.Message):
    __slots__ = ("schema", "document")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    schema: Schema
    document: str
    def __init__(self, schema: _Optional[_Union[Schema, _Mapping]] = ..., document: _Optional[str] = ...) -> None: ...

class CheckSchemaRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("valid", "findings")
    VALID_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    valid: bool
    findings: _containers.RepeatedCompositeFieldContainer[_generator_pb2.Finding]
    def __init__(self, valid: _Optional[bool] = ..., findings: _Optional[_Iterable[_Union[_generator_pb2.Finding, _Mapping]]] = ...) -> None: ...

class GetSchemaSqlRequest(_message.Message):
    __slots__ = ("id", "dialect")
    ID_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    id: str
    dialect: str
    def __init__(self, id: _Optional[str] = ..., dialect: _Optional[str] = ...) -> None: ...

class SchemaSql(_message.Message):
    __slots__ = ("dialect", "sql", "statements")
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    dialect: str
    sql: str
    statements: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dialect: _Optional[str] = ..., sql: _Optional[str] = ..., statements: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateSchemaDatabaseRequest(_message.Message):
    __slots__ = ("id", "force")
    ID_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    force: bool
    def __init__(self, id: _Optional[str] = ..., force: _Optional[bool] = ...) -> None: ...

class GetSchemaDatabaseRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteSchemaDatabaseRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class Database(_message.Message):
    __slots__ = ("name", "schema_id", "schema_name", "status", "dialect", "exists", "tables", "rows", "bytes", "drift")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    DRIFT_FIELD_NUMBER: _ClassVar[int]
    name: str
    schema_id: str
    schema_name: str
    status: str
    dialect: str
    exists: bool
    tables: _containers.RepeatedCompositeFieldContainer[DatabaseTable]
    rows: int
    bytes: int
    drift: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., schema_id: _Optional[str] = ..., schema_name: _Optional[str] = ..., status: _Optional[str] = ..., dialect: _Optional[str] = ..., exists: _Optional[bool] = ..., tables: _Optional[_Iterable[_Union[DatabaseTable, _Mapping]]] = ..., rows: _Optional[int] = ..., bytes: _Optional[int] = ..., drift: _Optional[_Iterable[str]] = ...) -> None: ...

class DatabaseTable(_message.Message):
    __slots__ = ("name", "rows")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    name: str
    rows: int
    def __init__(self, name: _Optional[str] = ..., rows: _Optional[int] = ...) -> None: ...

class ListDatabasesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDatabasesResponse(_message.Message):
    __slots__ = ("databases", "total", "next_page_token")
    DATABASES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    databases: _containers.RepeatedCompositeFieldContainer[Database]
    total: int
    next_page_token: str
    def __init__(self, databases: _Optional[_Iterable[_Union[Database, _Mapping]]] = ..., total: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ExportSchemaRequest(_message.Message):
    __slots__ = ("id", "format", "dialect")
    ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    id: str
    format: str
    dialect: str
    def __init__(self, id: _Optional[str] = ..., format: _Optional[str] = ..., dialect: _Optional[str] = ...) -> None: ...

class ExportedSchema(_message.Message):
    __slots__ = ("text", "media_type", "filename", "lost")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    text: str
    media_type: str
    filename: str
    lost: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, text: _Optional[str] = ..., media_type: _Optional[str] = ..., filename: _Optional[str] = ..., lost: _Optional[_Iterable[str]] = ...) -> None: ...

class ImportSchemaRequest(_message.Message):
    __slots__ = ("text", "format", "dialect", "url", "name", "description", "create_database", "request_id")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CREATE_DATABASE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    text: str
    format: str
    dialect: str
    url: str
    name: str
    description: str
    create_database: bool
    request_id: str
    def __init__(self, text: _Optional[str] = ..., format: _Optional[str] = ..., dialect: _Optional[str] = ..., url: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., create_database: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListSchemaVersionsRequest(_message.Message):
    __slots__ = ("id", "page_size", "page_token")
    ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    page_size: int
    page_token: str
    def __init__(self, id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSchemaVersionsResponse(_message.Message):
    __slots__ = ("versions", "next_page_token")
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[SchemaVersion]
    next_page_token: str
    def __init__(self, versions: _Optional[_Iterable[_Union[SchemaVersion, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SchemaVersion(_message.Message):
    __slots__ = ("revision", "version", "name", "table_count", "column_count", "actor", "created_at")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    COLUMN_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    revision: int
    version: str
    name: str
    table_count: int
    column_count: int
    actor: str
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, revision: _Optional[int] = ..., version: _Optional[str] = ..., name: _Optional[str] = ..., table_count: _Optional[int] = ..., column_count: _Optional[int] = ..., actor: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetSchemaMigrationRequest(_message.Message):
    __slots__ = ("id", "to", "dialect")
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    id: str
    to: int
    dialect: str
    def __init__(self, id: _Optional[str] = ..., to: _Optional[int] = ..., dialect: _Optional[str] = ..., **kwargs) -> None: ...

class SchemaMigration(_message.Message):
    __slots__ = ("to", "dialect", "sql", "statements", "warnings")
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    to: int
    dialect: str
    sql: str
    statements: _containers.RepeatedScalarFieldContainer[str]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, to: _Optional[int] = ..., dialect: _Optional[str] = ..., sql: _Optional[str] = ..., statements: _Optional[_Iterable[str]] = ..., warnings: _Optional[_Iterable[str]] = ..., **kwargs) -> None: ...

class PreviewSchemaRequest(_message.Message):
    __slots__ = ("id", "table", "rows", "seed")
    ID_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    id: str
    table: str
    rows: int
    seed: int
    def __init__(self, id: _Optional[str] = ..., table: _Optional[str] = ..., rows: _Optional[int] = ..., seed: _Optional[int] = ...) -> None: ...

class SchemaPreview(_message.Message):
    __slots__ = ("table", "columns", "rows", "notes")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    table: str
    columns: _containers.RepeatedScalarFieldContainer[str]
    rows: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Struct]
    notes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, table: _Optional[str] = ..., columns: _Optional[_Iterable[str]] = ..., rows: _Optional[_Iterable[_Union[_struct_pb2.Struct, _Mapping]]] = ..., notes: _Optional[_Iterable[str]] = ...) -> None: ...

class SeedSchemaRequest(_message.Message):
    __slots__ = ("id", "rows", "total_rows", "seed", "mode", "request_id")
    class RowsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_ROWS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    rows: _containers.ScalarMap[str, str]
    total_rows: int
    seed: int
    mode: str
    request_id: str
    def __init__(self, id: _Optional[str] = ..., rows: _Optional[_Mapping[str, str]] = ..., total_rows: _Optional[int] = ..., seed: _Optional[int] = ..., mode: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class BackupSchemaRequest(_message.Message):
    __slots__ = ("id", "storage", "keep_last", "keep_days", "verify", "encrypt", "request_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    KEEP_LAST_FIELD_NUMBER: _ClassVar[int]
    KEEP_DAYS_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    ENCRYPT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    storage: str
    keep_last: int
    keep_days: int
    verify: _backup_pb2.Level
    encrypt: bool
    request_id: str
    def __init__(self, id: _Optional[str] = ..., storage: _Optional[str] = ..., keep_last: _Optional[int] = ..., keep_days: _Optional[int] = ..., verify: _Optional[_Union[_backup_pb2.Level, str]] = ..., encrypt: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListSchemaAuditRequest(_message.Message):
    __slots__ = ("id", "page_size", "page_token")
    ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    page_size: int
    page_token: str
    def __init__(self, id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAuditRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAuditResponse(_message.Message):
    __slots__ = ("entries", "next_page_token")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[AuditEntry]
    next_page_token: str
    def __init__(self, entries: _Optional[_Iterable[_Union[AuditEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AuditEntry(_message.Message):
    __slots__ = ("id", "schema_id", "schema_name", "action", "actor", "revision", "request_id", "detail", "created_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_NAME_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: int
    schema_id: str
    schema_name: str
    action: str
    actor: str
    revision: int
    request_id: str
    detail: _struct_pb2.Struct
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[int] = ..., schema_id: _Optional[str] = ..., schema_name: _Optional[str] = ..., action: _Optional[str] = ..., actor: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ..., detail: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

"""The store's tables. Every change here needs a revision in `services.schemas.migrations` (`make migrate-models`).

What is long stands last in a row, so that lists need not read past it. Documents are JSONB in PostgreSQL and text in
SQLite; the store gives and takes them as text (`services.schemas.store.documents`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

NAME_LENGTH: Final = 255
VERSION_TABLE: Final = "schemas_revision"
"""Where Alembic notes which revision the store is at."""

ONLY: Final = "only"
"""In the `info` of an index: the dialect that alone has it."""
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

DOCUMENT: Final = Text().with_variant(JSONB(), "postgresql")
KEY: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared and ordered by its code points, in every store alike."""
NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A key that the database counts up."""


class Moment(TypeDecorator[datetime]):
    """A time in UTC, also where the database keeps no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As the driver takes it."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


schemas = Table(
    "schemas",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("name_key", KEY, nullable=False, comment="The name in one case: what is unique and sorted by"),
    Column("database_name", String(NAME_LENGTH), nullable=False),
    Column("database_key", KEY, nullable=False),
    Column("status", String(16), nullable=False),
    Column("version", String(NAME_LENGTH), nullable=False, comment="The user's own text"),
    Column("revision", BigInteger, nullable=False),
    Column("stamp", String(32), nullable=False, comment="New with every write: names the content for caches"),
    Column("table_count", Integer, nullable=False),
    Column("column_count", Integer, nullable=False),
    Column("attempt", String(64), nullable=False, comment="The creation that is under way"),
    Column("heartbeat_at", BigInteger, nullable=False, comment="Its last sign of life, ms of the store's clock"),
    Column("leftovers", Integer, nullable=False, comment="What earlier creations left to be removed"),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("deleted_at", Moment),
    Column("exported_at", Moment),
    Column("search_key", KEY, nullable=False, comment="Name and description in one case"),
    Column("description", Text, nullable=False),
    Column("error", Text, nullable=False, comment="Why its creation failed"),
    Column("hosting", Text, nullable=False, comment="JSON: what the maker of its database remembers"),
    Column("schema_definition", DOCUMENT),
    CheckConstraint("status IN ('draft', 'creating', 'ready', 'failed', 'deleted')", name="status"),
    Index("ix_schemas_name", "name"),
)
_LIVE: Final = "deleted_at IS NULL"
_HOSTED: Final = "deleted_at IS NULL AND database_key <> ''"


def _part(name: str, where: str, *columns: str, unique: bool = False) -> None:
    """An index over the schemas that meet a condition."""
    found = (schemas.c[column] for column in columns)
    Index(name, *found, unique=unique, postgresql_where=text(where), sqlite_where=text(where))


# SQLite looks at the condition's column again in each row: the indexes that lists go by hold it.
_part("uq_schemas_name", _LIVE, "name_key", unique=True)
_part("uq_schemas_database_name", _HOSTED, "database_key", unique=True)
_part("ix_schemas_name_key", _LIVE, "name_key", "id", "deleted_at")
_part("ix_schemas_created_at", _LIVE, "created_at", "id", "deleted_at")
_part("ix_schemas_updated_at", _LIVE, "updated_at", "id", "deleted_at")
_part("ix_schemas_status", _LIVE, "status", "id", "deleted_at")
_part("ix_schemas_status_created_at", _LIVE, "status", "created_at", "id", "deleted_at")
_part("ix_schemas_deleted", "deleted_at IS NOT NULL", "created_at", "id")
_part("ix_schemas_leftovers", "leftovers > 0", "leftovers")
SEARCH: Final = ("search_key", "deleted_at", "status", "name_key", "created_at", "updated_at", "id")
"""What a search looks at. SQLite reads that from an index: there the rows themselves hold the beginnings of the definitions.
PostgreSQL keeps those elsewhere, and long texts out of indexes."""
Index("ix_schemas_search", *(schemas.c[column] for column in SEARCH), info={ONLY: "sqlite"}).ddl_if(dialect="sqlite")

schema_tables = Table(
    "schema_tables",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("schema_id", String(36), ForeignKey("schemas.id", ondelete="CASCADE"), nullable=False),
    Column("table_id", Text, nullable=False, comment="The front end's id"),
    Column("table_name", Text, nullable=False),
    Column("position", Text, nullable=False, comment='JSON: {"x", "y"} on the canvas'),
    Column("ordinal", Integer, nullable=False, comment="Place in the drawing, from 0"),
    Column("comment", Text, nullable=False),
    Index("ix_schema_tables_schema_id", "schema_id"),
)

schema_columns = Table(
    "schema_columns",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("table_id", NUMBER, ForeignKey("schema_tables.id", ondelete="CASCADE"), nullable=False),
    Column("column_id", Text, nullable=False, comment="The front end's id"),
    Column("column_name", Text, nullable=False),
    Column("data_type", Text, nullable=False),
    Column("length", BigInteger),
    Column("precision", BigInteger),
    Column("scale", BigInteger),
    Column("nullable", Boolean, nullable=False),
    Column("primary_key", Boolean, nullable=False),
    Column("auto_increment", Boolean, nullable=False),
    Column("unique_constraint", Boolean, nullable=False),
    Column("default_value", Text),
    Column("ordinal", Integer, nullable=False, comment="Place in the table, from 0"),
    Column("generator", Text, comment="JSON: an entry of the schema language"),
    Column("enum_values", Text, comment="JSON: array of texts"),
    Column("comment", Text, nullable=False),
    Index("ix_schema_columns_table_id", "table_id"),
)

schema_foreign_keys = Table(
    "schema_foreign_keys",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("schema_id", String(36), ForeignKey("schemas.id", ondelete="CASCADE"), nullable=False),
    Column("foreign_key_id", Text, nullable=False, comment="The front end's id; a composite key has a row for each pair"),
    Column("pair", Integer, nullable=False, comment="Which pair of columns, from 0"),
    Column("name", Text, nullable=False),
    Column("source_table_id", Text, nullable=False),
    Column("source_column_id", Text, nullable=False),
    Column("target_table_id", Text, nullable=False),
    Column("target_column_id", Text, nullable=False),
    Column("on_delete", String(16), nullable=False),
    Column("on_update", String(16), nullable=False),
    Index("ix_schema_foreign_keys_schema_id", "schema_id"),
    Index("ix_schema_foreign_keys_source", "schema_id", "source_table_id"),
    Index("ix_schema_foreign_keys_target", "schema_id", "target_table_id"),
)

schema_versions = Table(
    "schema_versions",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("schema_id", String(36), ForeignKey("schemas.id", ondelete="CASCADE"), nullable=False),
    Column("revision", BigInteger, nullable=False, comment="The revision that wrote it"),
    Column("version", String(NAME_LENGTH), nullable=False, comment="The user's own text"),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("table_count", Integer, nullable=False),
    Column("column_count", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("description", Text, nullable=False),
    Column("schema_definition", DOCUMENT),
    Index("uq_schema_versions_revision", "schema_id", "revision", unique=True),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("created_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("schema_id", String(36), comment="Without a foreign key: entries outlive what they are about"),
    Column("schema_name", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("detail", Text, nullable=False, comment="JSON, without secrets"),
    Index("ix_audit_log_schema_id", "schema_id", "id"),
    Index("ix_audit_log_created_at", "created_at"),
)

schema_requests = Table(
    "schema_requests",
    metadata,
    Column("client", Text, primary_key=True),
    Column("request_key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("schema_id", String(36), ForeignKey("schemas.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_schema_requests_schema_id", "schema_id"),
    Index("ix_schema_requests_created_at", "created_at"),
)

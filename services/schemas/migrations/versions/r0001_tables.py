"""Tables of the registry."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DOCUMENT = sa.Text().with_variant(postgresql.JSONB(), "postgresql")
LEFT = sa.text("leftovers > 0")
SEARCH = ("search_key", "deleted_at", "status", "name_key", "created_at", "updated_at", "id")
LIVE = sa.text("deleted_at IS NULL")
DELETED = sa.text("deleted_at IS NOT NULL")
HOSTED = sa.text("deleted_at IS NULL AND database_key <> ''")


def upgrade() -> None:
    """To this revision."""
    _schemas()
    _schema_tables()
    _schema_columns()
    _schema_foreign_keys()
    _schema_versions()
    _audit_log()
    _schema_requests()


def downgrade() -> None:
    """Back to nothing."""
    for table in (
        "schema_requests",
        "audit_log",
        "schema_versions",
        "schema_foreign_keys",
        "schema_columns",
        "schema_tables",
        "schemas",
    ):
        op.drop_table(table)


def _schemas() -> None:
    op.create_table(
        "schemas",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_key", KEY, nullable=False, comment="The name in one case: what is unique and sorted by"),
        sa.Column("database_name", sa.String(255), nullable=False),
        sa.Column("database_key", KEY, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.String(255), nullable=False, comment="The user's own text"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.String(32), nullable=False, comment="New with every write: names the content for caches"),
        sa.Column("table_count", sa.Integer(), nullable=False),
        sa.Column("column_count", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.String(64), nullable=False, comment="The creation that is under way"),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=False, comment="Its last sign of life, ms of the store's clock"),
        sa.Column("leftovers", sa.Integer(), nullable=False, comment="What earlier creations left to be removed"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT),
        sa.Column("exported_at", MOMENT),
        sa.Column("search_key", KEY, nullable=False, comment="Name and description in one case"),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False, comment="Why its creation failed"),
        sa.Column("hosting", sa.Text(), nullable=False, comment="JSON: what the maker of its database remembers"),
        sa.Column("schema_definition", DOCUMENT),
        sa.CheckConstraint("status IN ('draft', 'creating', 'ready', 'failed', 'deleted')", name=op.f("ck_schemas_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schemas")),
    )
    op.create_index("ix_schemas_name", "schemas", ["name"])
    _part("uq_schemas_name", LIVE, "name_key", unique=True)
    _part("uq_schemas_database_name", HOSTED, "database_key", unique=True)
    _part("ix_schemas_name_key", LIVE, "name_key", "id", "deleted_at")
    _part("ix_schemas_created_at", LIVE, "created_at", "id", "deleted_at")
    _part("ix_schemas_updated_at", LIVE, "updated_at", "id", "deleted_at")
    _part("ix_schemas_status", LIVE, "status", "id", "deleted_at")
    _part("ix_schemas_status_created_at", LIVE, "status", "created_at", "id", "deleted_at")
    _part("ix_schemas_deleted", DELETED, "created_at", "id")
    _part("ix_schemas_leftovers", LEFT, "leftovers")
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_schemas_search", "schemas", SEARCH)


def _part(name: str, where: sa.TextClause, *columns: str, unique: bool = False) -> None:
    op.create_index(name, "schemas", columns, unique=unique, postgresql_where=where, sqlite_where=where)


def _schema_tables() -> None:
    op.create_table(
        "schema_tables",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("schema_id", sa.String(36), nullable=False),
        sa.Column("table_id", sa.Text(), nullable=False, comment="The front end's id"),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False, comment='JSON: {"x", "y"} on the canvas'),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="Place in the drawing, from 0"),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_tables")),
        _of_schema("schema_tables"),
    )
    op.create_index("ix_schema_tables_schema_id", "schema_tables", ["schema_id"])


def _schema_columns() -> None:
    op.create_table(
        "schema_columns",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("table_id", NUMBER, nullable=False),
        sa.Column("column_id", sa.Text(), nullable=False, comment="The front end's id"),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("data_type", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger()),
        sa.Column("precision", sa.BigInteger()),
        sa.Column("scale", sa.BigInteger()),
        sa.Column("nullable", sa.Boolean(), nullable=False),
        sa.Column("primary_key", sa.Boolean(), nullable=False),
        sa.Column("auto_increment", sa.Boolean(), nullable=False),
        sa.Column("unique_constraint", sa.Boolean(), nullable=False),
        sa.Column("default_value", sa.Text()),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="Place in the table, from 0"),
        sa.Column("generator", sa.Text(), comment="JSON: an entry of the schema language"),
        sa.Column("enum_values", sa.Text(), comment="JSON: array of texts"),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_columns")),
        sa.ForeignKeyConstraint(["table_id"], ["schema_tables.id"], name=op.f("fk_schema_columns_table_id"), ondelete="CASCADE"),
    )
    op.create_index("ix_schema_columns_table_id", "schema_columns", ["table_id"])


def _schema_foreign_keys() -> None:
    op.create_table(
        "schema_foreign_keys",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("schema_id", sa.String(36), nullable=False),
        sa.Column(
            "foreign_key_id", sa.Text(), nullable=False, comment="The front end's id; a composite key has a row for each pair"
        ),
        sa.Column("pair", sa.Integer(), nullable=False, comment="Which pair of columns, from 0"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source_table_id", sa.Text(), nullable=False),
        sa.Column("source_column_id", sa.Text(), nullable=False),
        sa.Column("target_table_id", sa.Text(), nullable=False),
        sa.Column("target_column_id", sa.Text(), nullable=False),
        sa.Column("on_delete", sa.String(16), nullable=False),
        sa.Column("on_update", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_foreign_keys")),
        _of_schema("schema_foreign_keys"),
    )
    op.create_index("ix_schema_foreign_keys_schema_id", "schema_foreign_keys", ["schema_id"])
    op.create_index("ix_schema_foreign_keys_source", "schema_foreign_keys", ["schema_id", "source_table_id"])
    op.create_index("ix_schema_foreign_keys_target", "schema_foreign_keys", ["schema_id", "target_table_id"])


def _schema_versions() -> None:
    op.create_table(
        "schema_versions",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("schema_id", sa.String(36), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="The revision that wrote it"),
        sa.Column("version", sa.String(255), nullable=False, comment="The user's own text"),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("table_count", sa.Integer(), nullable=False),
        sa.Column("column_count", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("schema_definition", DOCUMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_versions")),
        _of_schema("schema_versions"),
    )
    op.create_index("uq_schema_versions_revision", "schema_versions", ["schema_id", "revision"], unique=True)


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("schema_id", sa.String(36), comment="Without a foreign key: entries outlive what they are about"),
        sa.Column("schema_name", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="JSON, without secrets"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_schema_id", "audit_log", ["schema_id", "id"])
    op.create_index("ix_audit_log_created_at", "audit_log", ["created_at"])


def _schema_requests() -> None:
    op.create_table(
        "schema_requests",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("schema_id", sa.String(36), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("client", "request_key", name=op.f("pk_schema_requests")),
        _of_schema("schema_requests"),
    )
    op.create_index("ix_schema_requests_schema_id", "schema_requests", ["schema_id"])
    op.create_index("ix_schema_requests_created_at", "schema_requests", ["created_at"])


def _of_schema(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["schema_id"], ["schemas.id"], name=op.f(f"fk_{table}_schema_id"), ondelete="CASCADE")

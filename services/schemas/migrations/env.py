"""What Alembic runs for every command: on the connection it is given, in that one's transaction."""

from typing import Any, Literal

from alembic import context

from services.schemas.migrations.moving import belongs, ours
from services.schemas.store.tables import VERSION_TABLE, Moment, metadata


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Types of ours as new revisions shall spell them: a revision does not change when the program does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_name=ours,
    include_object=belongs(connection.dialect.name),
    render_item=render,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

"""Up and down between revisions, each way in one transaction under a lock, so that replicas may start at once.

PostgreSQL: an advisory lock until the end of the transaction; SQLite: BEGIN IMMEDIATE. Alembic is imported only for a
store that is not at the newest revision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, column, inspect, select, table, text

from services.common.engines import postgres_engine, sqlite_engine
from services.schemas.store.errors import too_new
from services.schemas.store.tables import ONLY, VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

HEAD: Final = "0001"
"""The newest revision. A test compares it with the files."""
LOCK: Final = 0x6D6F636B63726166
"""Of PostgreSQL's advisory locks."""
BASE: Final = "base"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration: no file, the scripts are in this package."""
    from alembic.config import Config

    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    found.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    found.attributes["connection"] = connection
    return found


def scripts() -> ScriptDirectory:
    """The revisions' files."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config())


def newest() -> str:
    """The newest revision, by the files."""
    return scripts().get_current_head() or BASE


def upgrade(url: URL, to: str = "head") -> None:
    """Bring the store at `url` to a revision: `head`, or one by name.

    Raises `MockcraftError` DATABASE_ERROR when it is at one that this program does not know, `SQLAlchemyError`, `OSError`.
    """
    with connected(url) as engine:
        if to == "head" and _at(engine) == HEAD:
            return
        from alembic import command

        with alone(engine) as connection:
            _refuse_unknown(connection)
            command.upgrade(config(connection), to)


def downgrade(url: URL, to: str = BASE) -> None:
    """Take the store back to a revision; what newer ones hold is lost. Raises as `upgrade` does."""
    with connected(url) as engine:
        from alembic import command

        with alone(engine) as connection:
            _refuse_unknown(connection)
            command.downgrade(config(connection), to)


def current(url: URL) -> str:
    """The revision that the store is at; empty for none. Raises `SQLAlchemyError`, `OSError`."""
    with connected(url) as engine:
        return _at(engine)


@contextmanager
def connected(url: URL) -> Iterator[Engine]:
    """One connection to the store; foreign keys are not enforced in SQLite, whose tables are made anew to be changed."""
    engine = sqlite_engine(url.database or "", 1) if url.get_backend_name() == "sqlite" else postgres_engine(url, 1)
    try:
        yield engine
    finally:
        engine.dispose()


def _at(engine: Engine) -> str:
    with engine.connect() as connection:
        return revision_of(connection)


def revision_of(connection: Connection) -> str:
    """The revision noted in the database; empty for none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return ""
    return str(connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar() or "")


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """A transaction in which no other replica changes tables."""
    with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection


def _refuse_unknown(connection: Connection) -> None:
    found = revision_of(connection)
    if found and found not in {script.revision for script in scripts().walk_revisions()}:
        raise too_new(found)


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether a table found in the database is the store's: others may live beside it."""
    from services.schemas.store.tables import metadata

    return kind != "table" or name in metadata.tables


def belongs(dialect: str) -> Callable[[Any, str | None, str, bool, Any], bool]:
    """Tells whether a thing of the models is in databases of this dialect: some indexes are for one alone."""
    return lambda thing, _name, kind, _reflected, _other: kind != "index" or thing.info.get(ONLY, dialect) == dialect

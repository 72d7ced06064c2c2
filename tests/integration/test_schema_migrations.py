"""Revisions of the registry's store: equal to the models, from any older one, by many at once, never backwards."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, inspect, make_url, text

from services.common.errors import MockcraftError
from services.schemas import migrations
from services.schemas.migrations import moving
from services.schemas.store import Record, SchemaStore
from services.schemas.store.tables import VERSION_TABLE, metadata
from tests.integration.schema_stores import BOTH, clinic

ROOT = Path(__file__).parents[2]
REVISIONS = [script.revision for script in reversed(list(moving.scripts().walk_revisions()))]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    if request.param == "sqlite":
        return make_url(f"sqlite:///{tmp_path / 'schemas.db'}")
    return make_url(request.getfixturevalue("postgres_url"))


def text_of(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def differences(connection: Connection) -> list[object]:
    options = {
        "include_name": moving.ours,
        "include_object": moving.belongs(connection.dialect.name),
        "compare_type": True,
        "version_table": VERSION_TABLE,
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_the_newest_revision_is_the_one_that_the_program_expects() -> None:
    assert migrations.newest() == migrations.HEAD
    assert len(moving.scripts().get_heads()) == 1


@pytest.mark.parametrize("begin", ["base", *REVISIONS])
def test_every_older_store_becomes_what_the_models_say(url: URL, begin: str) -> None:
    if begin != "base":
        migrations.upgrade(url, begin)
    migrations.upgrade(url)
    assert migrations.current(url) == migrations.HEAD
    with moving.connected(url) as engine, engine.connect() as connection:
        assert differences(connection) == []
        names = {index["name"] for index in inspect(connection).get_indexes("schemas")}
    assert {"ix_schemas_name", "ix_schemas_created_at", "ix_schemas_status", "uq_schemas_name"} <= names


def test_a_difference_would_be_seen(url: URL) -> None:
    migrations.upgrade(url)
    with moving.connected(url) as engine, engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_schemas_status"))
        connection.execute(text("ALTER TABLE audit_log ADD COLUMN more INTEGER"))
        found = repr(differences(connection))
    assert "ix_schemas_status" in found
    assert "more" in found


def test_tables_of_others_stay(url: URL) -> None:
    with moving.connected(url) as engine, engine.begin() as connection:
        connection.execute(text("CREATE TABLE jobs (id INTEGER PRIMARY KEY)"))
    migrations.upgrade(url)
    migrations.downgrade(url)
    assert migrations.current(url) == ""
    with moving.connected(url) as engine, engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) - {VERSION_TABLE} == {"jobs"}
    migrations.upgrade(url)
    assert migrations.current(url) == migrations.HEAD


def test_a_store_in_use_is_at_once_up_to_date_and_stays_as_it_is(url: URL) -> None:
    store = SchemaStore(text_of(url))
    made = store.create(Record("Clinic", clinic()))
    store.close()
    again = SchemaStore(text_of(url))
    assert again.get(made.id) == made
    again.close()


def test_replicas_may_start_at_once(url: URL) -> None:
    stores, together = [SchemaStore(text_of(url)) for _ in range(6)], threading.Barrier(6)

    def start(store: SchemaStore) -> int:
        together.wait()
        return store.list().total

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(start, stores)) == [0] * 6
    for store in stores:
        store.close()


def test_processes_may_start_at_once(url: URL) -> None:
    code = "import sys; from services.schemas.store import SchemaStore; print(SchemaStore(sys.argv[1]).list().total)"
    command = [sys.executable, "-W", "error", "-c", code, text_of(url)]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ended = [process.communicate(timeout=60) for process in started]
    assert [out.strip() for out, _ in ended] == ["0"] * 3, ended


def test_a_store_of_a_newer_program_is_refused_and_left_alone(url: URL) -> None:
    SchemaStore(text_of(url)).open()
    with moving.connected(url) as engine, engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    for what in (SchemaStore(text_of(url)).open, lambda: migrations.downgrade(url)):
        with pytest.raises(MockcraftError) as caught:
            what()
        assert (caught.value.code, "newer MockCraft (revision 9999)" in caught.value.message) == ("DATABASE_ERROR", True)
        assert "Update MockCraft" in caught.value.details
    assert migrations.current(url) == "9999"


def test_a_revision_that_fails_leaves_the_store_as_it_was(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both databases change tables within transactions."""
    with moving.connected(url) as engine, engine.begin() as connection:
        connection.execute(text("CREATE TABLE audit_log (id INTEGER PRIMARY KEY)"))  # the sixth that the revision makes
    with pytest.raises(MockcraftError) as caught:
        SchemaStore(text_of(url)).open()
    assert caught.value.code == "DATABASE_ERROR"
    with moving.connected(url) as engine, engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["audit_log"]


def test_a_difference_becomes_a_revision(tmp_path: Path) -> None:
    """What `make migrate-models` does, in a copy of the package's folder."""
    copy = tmp_path / "services" / "schemas"
    copy.mkdir(parents=True)
    for name in ("migrations", "store"):
        subprocess.run(["cp", "-r", str(ROOT / "services/schemas" / name), str(copy / name)], check=True)
    models = copy / "store" / "tables.py"
    models.write_text(models.read_text() + '\naudit_log.append_column(Column("place", Moment, comment="New"))\n')
    code = (
        "import services.schemas as s, sys; s.__path__.insert(0, sys.argv[1]);"
        "from services.schemas.migrations.__main__ import main; sys.exit(main('Where it was'))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(copy)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    number = int(migrations.HEAD) + 1
    (made,) = (copy / "migrations" / "versions").glob(f"r{number:04d}_*.py")
    source = made.read_text()
    assert 'sa.Column("place", sa.DateTime(timezone=True)' in source.replace("'", '"')
    assert f'down_revision = "{migrations.HEAD}"' in source.replace("'", '"')
    compile(source, made.name, "exec")

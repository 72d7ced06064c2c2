"""The registry's store when things go wrong: damage, servers that are away, bad URLs; and its log."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import func, select, text

from services.common.errors import MockcraftError
from services.schemas.drawing import Definition
from services.schemas.store import Act, Record, SchemaStore
from services.schemas.store import tables as models
from tests.integration.schema_stores import BOTH, clinic, code_of

ME = Act("cli:me", request_id="r-1")


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store' / 'schemas.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(url: str) -> Iterator[SchemaStore]:
    opened = SchemaStore(url)
    yield opened
    opened.close()


def execute(store: SchemaStore, statement: str, **values: Any) -> None:
    """Change the tables behind the store's back."""
    with store._database.write() as connection:
        connection.execute(text(statement), values)


DAMAGE = {
    "sqlite": ["", "{", "null", "[]", '"x"', "{}", '{"tables": 1}', "\ud7ff", '{"tables": [' + "[" * 5000],
    "postgresql": ["null", "[]", '"x"', "{}", '{"tables": 1}', '{"tables": "t"}'],
}


def test_a_damaged_definition_reads_as_empty_with_a_flag(store: SchemaStore, url: str) -> None:
    made = store.create(Record("Clinic", clinic(), "kept"), ME)
    put = "CAST(:value AS JSONB)" if url.startswith("postgres") else ":value"
    for value in [None, *DAMAGE["postgresql" if url.startswith("postgres") else "sqlite"]]:
        execute(store, f"UPDATE schemas SET schema_definition = {put}", value=value)
        read = store.get(made.id)
        assert (read.damaged, read.definition, read.description) == (True, Definition(), "kept"), value
        (summary,) = store.list().summaries
        assert (summary.damaged, summary.table_count, summary.column_count) == (True, 0, 0), value


def test_deeper_damage_shows_when_the_schema_is_read_and_a_new_drawing_heals_it(store: SchemaStore) -> None:
    made = store.create(Record("Clinic", clinic()), ME)
    execute(store, """UPDATE schemas SET schema_definition = '{"tables": [7], "foreignKeys": {}}'""")
    with structlog.testing.capture_logs() as logs:
        assert [store.get(made.id).damaged for _ in range(3)] == [True] * 3
        assert store.list().total == 1
    assert [(line["log_level"], line["schema"], line["revision"]) for line in logs] == [("error", made.id, 1)]
    renamed = store.update(made.id, name="Renamed")
    assert renamed.damaged
    assert store.version(made.id, 2).damaged
    with store._database.read() as connection:
        kept = connection.execute(select(store._database.as_text(models.schemas.c.schema_definition))).scalar_one()
    assert b"[7]" in (kept if isinstance(kept, bytes) else kept.encode()), "a damaged definition is kept for who can mend it"
    healed = store.update(made.id, definition=clinic())
    assert (healed.damaged, store.get(made.id).definition) == (False, clinic())


def test_text_that_is_no_text_is_damage_too(tmp_path: Path) -> None:
    store = SchemaStore(f"sqlite:///{tmp_path / 's.db'}")
    made = store.create(Record("Clinic", clinic()), ME)
    for value in ("x'ff00fe'", "CAST(x'7b22ff' AS TEXT)", "1.5"):
        execute(store, f"UPDATE schemas SET schema_definition = {value}")
        assert store.get(made.id).damaged
        assert store.list().summaries[0].damaged
    store.close()


def test_the_log_is_paged_newest_first_and_holds_no_secret(store: SchemaStore) -> None:
    made = store.create(Record("Clinic"), ME)
    detail = {"url": "postgresql://u:hunter2@h/d", "password": "hunter2", "n": [{"api_key": "hunter2", "rows": 5}], "tokens": ""}
    store.record(Act("key:1", "seed", "r-2", detail), made.id)
    store.record(Act("key:1", "list"))
    for number in range(5):
        store.record(Act("key:2", f"export {number}"), made.id)
    entry = next(e for e in store.audit().entries if e.action == "seed")
    assert entry.detail == {
        "url": "postgresql://u:***@h/d",
        "password": "***",
        "n": [{"api_key": "***", "rows": 5}],
        "tokens": "",
    }
    assert (entry.schema_id, entry.schema_name, entry.revision, entry.request_id) == (made.id, "Clinic", 1, "r-2")
    seen, token = [], ""
    while True:
        page = store.audit(made.id, 3, token)
        seen += [e.action for e in page.entries]
        token = page.next_token
        if not token:
            break
        store.record(Act("key:3", "noise"), made.id)
    assert seen == ["export 4", "export 3", "export 2", "export 1", "export 0", "seed", "create"]
    assert "list" in [e.action for e in store.audit().entries]
    for bad in ("x", "!", "LTE", "MA", "9" * 400):
        assert code_of(lambda bad=bad: store.audit(None, 5, bad)) == "PAGE_TOKEN_INVALID"  # type: ignore[misc]
    assert code_of(lambda: store.audit(None, 1001)) == "PAGE_SIZE_INVALID"


def test_the_pool_is_counted(store: SchemaStore) -> None:
    assert store.pool().checked_out == 0
    store.ping()
    with store._database.read() as connection:
        connection.execute(select(func.count()).select_from(models.schemas))
        assert (store.pool().size, store.pool().checked_out) == (8, 1)
    assert store.pool().checked_out == 0


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "s.db"
    store = SchemaStore(f"sqlite:///{file}")
    store.create(Record("A"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    with store._database.read() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    store.close()
    assert set(modes.values()) == {0o600}, modes
    assert pragmas == ["wal", 2, 1]


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://u:hunter2@h/d", "sqlite://", "sqlite:///:memory:", "postgresql://u:hunter2@h:port/d", "redis://h"],
)
def test_a_url_that_is_no_store_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(MockcraftError) as caught:
        SchemaStore(url)
    assert caught.value.code == "DATABASE_ERROR"
    assert "hunter2" not in f"{caught.value} {caught.value.details}"


def test_a_server_that_does_not_answer_is_told_without_secrets() -> None:
    store = SchemaStore("postgresql://someone:hunter2@127.0.0.1:1/there")
    with structlog.testing.capture_logs() as logs, pytest.raises(MockcraftError) as caught:
        store.list()
    assert (caught.value.code, caught.value.status.name) == ("DATABASE_ERROR", "UNAVAILABLE")
    shown = f"{caught.value} {caught.value.details} {logs}"
    assert "hunter2" not in shown
    assert "127.0.0.1:1/" not in shown
    assert logs[0]["log_level"] == "error"


def test_a_store_is_used_again_when_its_server_is_back() -> None:
    from tests.servers import missing, run_postgres

    try:
        with run_postgres() as server:
            store = SchemaStore(server.database())
            made = store.create(Record("Clinic", clinic()))
            assert server.crash is not None
            server.crash(0.1)
            assert store.get(made.id) == made
            store.close()
    except FileNotFoundError:
        missing("PostgreSQL")

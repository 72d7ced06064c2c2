"""The contract of the registry's store, held in SQLite and in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import select, text

from services.common.errors import MockcraftError
from services.common.jobs.store import Request
from services.schemas.drawing import Column, Definition, Drawing, Table
from services.schemas.store import Act, DuplicateNameError, Query, Record, SchemaStore, StaleRevisionError
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


def rows(store: SchemaStore, table: sqlalchemy.Table) -> list[dict[str, Any]]:
    with store._database.read() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]


def test_a_schema_comes_back_as_it_was_stored(store: SchemaStore) -> None:
    before = datetime.now(UTC)
    made = store.create(Record("Clinic", clinic(), "Ünïcode", "clinic", "creating", hosting={"attempt": "a", "n": [1]}), ME)
    assert (made.revision, made.definition, made.damaged) == (1, clinic(), False)
    assert before - timedelta(milliseconds=1) <= made.created_at == made.updated_at <= datetime.now(UTC)
    read = store.get(made.id)
    assert read == made
    assert list(read.definition.drawing.tables[0].columns[3].generator["values"]) == ["pro", "free"]  # type: ignore[index]
    assert store.by_name("CLINIC") == store.by_database("Clinic") == made
    assert store.by_name("other") is None
    assert store.by_database("") is None
    assert store.mark(made.id) == made.mark


def test_its_tables_columns_and_keys_are_rows(store: SchemaStore) -> None:
    made = store.create(Record("Clinic", clinic()), ME)
    tables = rows(store, models.schema_tables)
    assert [(t["table_id"], t["table_name"], t["position"], t["ordinal"]) for t in tables] == [
        ("t1", "patients", '{"x":12.5,"y":-3}', 0),
        ("t2", "visits", '{"x":0.0,"y":0.0}', 1),
    ]
    columns = rows(store, models.schema_columns)
    assert [(c["table_id"], c["column_id"], c["column_name"]) for c in columns][3:5] == [
        (tables[0]["id"], "c4", "plan"),
        (tables[1]["id"], "c5", "pid"),
    ]
    assert {key: columns[2][key] for key in ("data_type", "length", "precision", "scale", "nullable", "primary_key")} == {
        "data_type": "decimal", "length": None, "precision": 12, "scale": 2, "nullable": True, "primary_key": False,
    }  # fmt: skip
    assert (columns[0]["auto_increment"], columns[5]["unique_constraint"], columns[2]["default_value"]) == (True, True, "0")
    keys = rows(store, models.schema_foreign_keys)
    assert [
        (k["schema_id"], k["foreign_key_id"], k["source_column_id"], k["target_column_id"], k["on_delete"]) for k in keys
    ] == [
        (made.id, "f1", "c6", "c2", "CASCADE"),
        (made.id, "f1", "c5", "c1", "CASCADE"),
    ]


def test_an_update_replaces_rows_adds_a_version_and_tells_the_log(store: SchemaStore) -> None:
    made = store.create(Record("Clinic", clinic()), ME)
    small = Definition(Drawing((Table("t9", "rooms", (Column("c9", "id", "int"),)),)), "2.0")
    changed = store.update(made.id, 1, Act("key:ab12"), definition=small, description="new")
    assert (changed.revision, changed.definition, changed.description, changed.created_at) == (2, small, "new", made.created_at)
    assert changed.stamp != made.stamp
    assert store.get(made.id) == changed
    assert [t["table_id"] for t in rows(store, models.schema_tables)] == ["t9"]
    assert [c["column_id"] for c in rows(store, models.schema_columns)] == ["c9"]
    assert rows(store, models.schema_foreign_keys) == []
    (summary,) = store.list().summaries
    assert (summary.table_count, summary.column_count, summary.version, summary.revision) == (1, 1, "2.0", 2)
    assert [(v.revision, v.version, v.table_count, v.actor) for v in store.versions(made.id)] == [
        (2, "2.0", 1, "key:ab12"),
        (1, "1.0", 2, "cli:me"),
    ]
    assert [(e.action, e.actor, e.revision) for e in store.audit(made.id).entries] == [
        ("update", "key:ab12", 2),
        ("create", "cli:me", 1),
    ]


def test_versions_are_named_by_revision_and_writes_of_state_make_none(store: SchemaStore) -> None:
    made = store.create(Record("Clinic", clinic("one")), ME)
    store.update(made.id, status="ready")
    store.update(made.id, definition=clinic("three"))
    store.update(made.id, name="Clinic 4")
    assert [v.revision for v in store.versions(made.id)] == [4, 3, 1]
    assert [v.revision for v in store.versions(made.id, before=4, limit=1)] == [3]
    found = [store.version(made.id, n) for n in (1, 2, 3, 4)]
    assert [(v.summary.revision, v.definition.version, v.summary.name) for v in found] == [
        (1, "one", "Clinic"), (1, "one", "Clinic"), (3, "three", "Clinic"), (4, "three", "Clinic 4"),
    ]  # fmt: skip
    assert found[0].definition == clinic("one")
    for n in (0, -1, 5, 2**70):
        assert code_of(lambda n=n: store.version(made.id, n)) == "VERSION_NOT_FOUND"  # type: ignore[misc]


def test_a_stale_revision_changes_nothing(store: SchemaStore) -> None:
    made = store.create(Record("Clinic", clinic()), ME)
    second = store.update(made.id, 1, description="second")
    with pytest.raises(StaleRevisionError) as caught:
        store.update(made.id, 1, description="lost")
    assert (caught.value.code, caught.value.revision) == ("REVISION_STALE", 2)
    assert code_of(lambda: store.delete(made.id, 1)) == "REVISION_STALE"
    assert store.get(made.id) == second
    assert len(store.audit().entries) == 2


def test_of_many_who_change_one_revision_one_wins(store: SchemaStore, url: str) -> None:
    made = store.create(Record("Clinic", clinic()), ME)
    other = SchemaStore(url)

    def attempt(number: int) -> bool:
        try:
            (store, other)[number % 2].update(made.id, 1, description=str(number))
        except StaleRevisionError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = [n for n, ok in enumerate(pool.map(attempt, range(8))) if ok]
    other.close()
    assert len(won) == 1
    assert (store.get(made.id).description, store.get(made.id).revision) == (str(won[0]), 2)


def test_no_change_is_lost_among_many_writers(store: SchemaStore, url: str) -> None:
    made = store.create(Record("Clinic", clinic()), ME)
    other = SchemaStore(url)

    def add(number: int) -> None:
        (store, other)[number % 2].change(made.id, lambda before: {"description": before.description + "x"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))
    other.close()
    after = store.get(made.id)
    assert (after.description, after.revision) == ("x" * 24, 25)
    assert [v.revision for v in store.versions(made.id)] == list(range(25, 0, -1))


@pytest.mark.parametrize(("field", "again"), [("name", "CLINIC"), ("database_name", "clinic_DB")])
def test_names_are_unique_in_any_case_among_the_living(store: SchemaStore, field: str, again: str) -> None:
    first = store.create(Record("Clinic", database_name="Clinic_db"), ME)
    values: Mapping[str, Any] = {"name": "Another"} | {field: again}
    with pytest.raises(DuplicateNameError) as caught:
        store.create(Record(**values), ME)
    assert (caught.value.code, caught.value.field) == ("DUPLICATE_NAME", {"name": "name"}.get(field, "databaseName"))
    second = store.create(Record("Another"), ME)
    with pytest.raises(DuplicateNameError):
        store.update(second.id, **{field: again})  # type: ignore[misc]
    assert store.get(second.id) == second
    store.delete(first.id, act=ME)
    assert store.update(second.id, **{field: again}).revision == 2  # type: ignore[misc]
    assert len(rows(store, models.schemas)) == 2


def test_schemas_without_a_database_do_not_collide_and_one_may_keep_its_name(store: SchemaStore) -> None:
    first = store.create(Record("A"), ME)
    store.create(Record("B"), ME)
    assert store.update(first.id, name="a", database_name="x").name == "a"
    assert store.update(first.id, name="A", database_name="X").database_name == "X"


def test_a_deleted_schema_is_gone_but_for_who_asks(store: SchemaStore) -> None:
    made = store.create(Record("Clinic", clinic()), ME)
    deleted = store.delete(made.id, 1, Act("key:ab12"))
    assert (deleted.status, deleted.revision, deleted.deleted_at is not None) == ("deleted", 2, True)
    for what in (store.get, store.mark, store.delete, store.versions, lambda key: store.update(key, name="x")):
        assert code_of(lambda what=what: what(made.id)) == "SCHEMA_NOT_FOUND"  # type: ignore[misc]
    assert store.get(made.id, deleted=True) == deleted
    assert store.list().total == 0
    assert [s.id for s in store.list(Query(status="deleted")).summaries] == [made.id]
    assert [e.action for e in store.audit(made.id).entries] == ["delete", "create"]
    assert store.change(made.id, lambda _: {"error": "left"}, deleted=True).deleted_at == deleted.deleted_at


@pytest.mark.parametrize("key", ["", "x", "\0", "\ud800", "'; DROP TABLE schemas; --", "a" * 10_000])
def test_unknown_and_malformed_ids_get_the_same_answer(store: SchemaStore, key: str) -> None:
    assert code_of(lambda: store.get(key)) == code_of(lambda: store.mark(key)) == "SCHEMA_NOT_FOUND"
    assert code_of(lambda: store.update(key, name="x")) == "SCHEMA_NOT_FOUND"
    assert store.by_name(key) is None
    assert store.audit(key).entries == ()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "a\0b"}, "/name"),
        ({"name": "x" * 256}, "/name"),
        ({"name": "a", "description": "\ud800"}, "/description"),
        ({"name": "a", "database_name": "\0"}, "/databaseName"),
        ({"name": "a", "definition": Definition(version="v" * 256)}, "/version"),
        ({"name": "a", "definition": Definition(Drawing((Table("t", "a\0b"),)))}, "/tables/0/name"),
        ({"name": "a", "definition": Definition(Drawing((Table("t", "a", comment="\udcff"),)))}, "/tables/0/comment"),
        ({"name": "a", "hosting": {"big": 2**70}}, "/hosting"),
    ],
)
def test_what_no_database_keeps_is_refused_and_nothing_stored(store: SchemaStore, values: Any, field: str) -> None:
    with pytest.raises(MockcraftError) as caught:
        store.create(Record(**values), ME)
    assert (caught.value.code, [f.path for f in caught.value.findings]) == ("VALIDATION_ERROR", [field])
    assert (store.list().total, store.audit().entries) == (0, ())


def test_hostile_texts_come_back_unchanged(store: SchemaStore) -> None:
    hostile = "Robert'); DROP TABLE schemas;-- \" \\u0000 %s :x ${y} 名前 \U0001f600 \x01"
    drawing = Drawing((Table("t", hostile, (Column(hostile, hostile, "text", generator={hostile: [hostile, {"a": "{"}]}),)),))
    made = store.create(
        Record(hostile, Definition(drawing, hostile), hostile), Act(hostile, hostile, hostile, {hostile: hostile})
    )
    assert store.get(made.id) == made
    assert store.list(Query(search=hostile.upper())).total == 1
    (entry,) = store.audit(made.id).entries
    assert (entry.actor, entry.action, entry.request_id, entry.detail, entry.schema_name) == (
        hostile,
        hostile,
        hostile,
        {hostile: hostile},
        hostile,
    )


def test_a_failure_half_way_leaves_nothing(store: SchemaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = store.create(Record("Clinic", clinic()), ME)

    def full(*_: object) -> None:
        raise OSError("disk full at sqlite:///secret-place")

    monkeypatch.setattr(store._audit, "write", full)
    with pytest.raises(MockcraftError) as caught:
        store.update(made.id, definition=clinic("2"))
    assert (caught.value.code, "secret-place" in str(caught.value) + caught.value.details) == ("DATABASE_ERROR", False)
    assert code_of(lambda: store.create(Record("Other", clinic()))) == "DATABASE_ERROR"
    assert store.get(made.id) == made
    assert (store.list().total, len(store.versions(made.id)), len(rows(store, models.schema_tables))) == (1, 1, 2)


def test_a_heartbeat_keeps_a_creation_and_only_its_own(store: SchemaStore) -> None:
    made = store.create(Record("Clinic", status="creating", hosting={"attempt": "one"}), ME)
    assert (store.heartbeat(made.id, "one"), store.heartbeat(made.id, "two")) == (True, False)
    assert store.get(made.id) == made, "no revision for a sign of life"
    assert ([r.id for r in store.lost(0)], store.lost(60)) == ([made.id], [])
    execute(store, "UPDATE schemas SET heartbeat_at = heartbeat_at - 61000")
    assert [r.id for r in store.lost(60)] == [made.id]
    assert store.heartbeat(made.id, "one")
    assert store.lost(60) == []
    store.update(made.id, status="ready", hosting={})
    assert (store.heartbeat(made.id, "one"), store.lost(0)) == (False, [])


def test_leftovers_are_found(store: SchemaStore) -> None:
    left = store.create(Record("A", hosting={"leftovers": [{"name": "x"}]}), ME)
    store.create(Record("B", hosting={"note": "leftovers"}), ME)
    assert [r.id for r in store.leftovers()] == [left.id]
    store.delete(left.id)
    assert ([r.id for r in store.leftovers()], [r.id for r in store.leftovers(deleted=True)]) == ([], [left.id])
    store.change(left.id, lambda _: {"hosting": {}}, deleted=True)
    assert store.leftovers(deleted=True) == []


def test_the_same_request_makes_one_schema(store: SchemaStore, url: str) -> None:
    request = Request("k", "d1", "client")
    other = SchemaStore(url)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: (store, other)[n % 2].create(Record("Clinic"), ME, request).id, range(8)))
    other.close()
    assert (len(set(made)), store.list().total) == (1, 1)
    assert code_of(lambda: store.create(Record("Other"), ME, Request("k", "d2", "client"))) == "IDEMPOTENCY_KEY_REUSED"
    assert store.create(Record("Other"), ME, Request("k", "d2", "another client")).id not in made


@pytest.mark.parametrize("key", ["k" * 256, "\0", "\ud800"])
def test_a_key_that_cannot_be_kept_is_refused(store: SchemaStore, key: str) -> None:
    assert code_of(lambda: store.create(Record("A"), ME, Request(key, "d", "c"))) == "VALIDATION_ERROR"


def test_a_request_is_remembered_for_a_day(url: str) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    store = SchemaStore(url, clock=lambda: now[0])
    first = store.create(Record("A"), ME, Request("k", "d", "c"))
    store.delete(first.id)
    assert store.create(Record("A"), ME, Request("k", "d", "c")).id == first.id
    now[0] += timedelta(hours=24)
    assert store.create(Record("A"), ME, Request("k", "d", "c")).id != first.id
    store.close()


def test_readers_and_writers_do_not_wait_for_ever(store: SchemaStore) -> None:
    made = store.create(Record("Clinic", clinic()), ME)
    begun, done = threading.Event(), threading.Event()

    def slow(before: Record) -> Any:
        begun.set()
        assert done.wait(20)
        return {"description": "slow"}

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(store.change, made.id, slow)
        assert begun.wait(20)
        assert store.get(made.id) == made, "a reader sees what was committed, at once"
        done.set()
        assert writing.result(20).description == "slow"

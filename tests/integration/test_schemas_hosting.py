"""Databases in the three kinds of places: made whole or not at all, dropped when they are ours alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.common.databases import DatabaseError
from services.common.databases.catalog import introspect
from services.common.settings import Registry
from services.schemas.hosting import Host, Making, NameTakenError, NotOursError, StatementError, open_host
from tests.integration.schemas_hosts import KINDS, Place, open_place, shown, sqlite_place

SCHEMA = "0d9fb7b6-3c31-4f3f-9d0e-e8c2a0e1c4a1"
OTHER = "7a9fb7b6-3c31-4f3f-9d0e-e8c2a0e1c4a1"


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with open_place(request, request.param, tmp_path) as found:
        yield found


@pytest.fixture
def host(place: Place) -> Host:
    return open_host(place.settings)


def create(host: Host, place: Place, name: str = "clinic", over: Making | None = None) -> Making:
    making = Making.new(name, SCHEMA)
    host.make(making, place.statements, over)
    host.publish(making, over)
    return making


def test_a_database_is_made_counted_and_dropped(host: Host, place: Place) -> None:
    host.ping()
    assert not host.exists("clinic")
    made = create(host, place)
    assert host.exists("clinic")
    assert host.owns(made)
    assert "clinic" in host.names()
    assert place.names() == shown(place, "clinic")
    catalog = introspect(host.url("clinic"))
    assert {t.name: [c.name for c in t.columns] for t in catalog.tables} == {
        "owners": ["id", "a name"],
        "pets": ["id", "owner_id"],
    }
    for number in range(5):
        place.run(f"INSERT INTO owners VALUES ({number}, 'x')", "clinic")
    facts = host.facts("clinic")
    assert [(t.name, t.rows, t.exact) for t in facts.tables] == [("owners", 5, True), ("pets", 0, True)]
    assert (facts.rows, facts.exact) == (5, True)
    assert facts.bytes > 4096
    assert host.drop(made)
    assert not host.exists("clinic")
    assert not host.drop(made)
    assert place.names() == set()


def test_large_tables_are_estimated_and_say_so(host: Host, place: Place) -> None:
    create(host, place)
    for number in range(20):
        place.run(f"INSERT INTO owners VALUES ({number}, 'x')", "clinic")
    facts = host.facts("clinic", exact_rows=10)
    owners, pets = facts.tables
    assert not owners.exact
    assert owners.rows >= 11
    assert (pets.rows, pets.exact) == (0, True)
    assert not facts.exact


def test_the_name_appears_only_when_all_is_there(host: Host, place: Place) -> None:
    making = Making.new("clinic", SCHEMA)
    host.make(making, place.statements)
    assert not host.exists("clinic")
    host.publish(making)
    assert host.exists("clinic")
    if place.kind != "mysql":
        assert place.names() == shown(place, "clinic")


def test_a_statement_that_is_refused_leaves_nothing(host: Host, place: Place) -> None:
    making = Making.new("clinic", SCHEMA)
    with pytest.raises(StatementError, match="CREATE TABLE owners") as caught:
        host.make(making, (*place.statements, "CREATE TABLE owners (id int)"))
    assert "secret" not in str(caught.value)
    assert not host.exists("clinic")
    host.undo(making)
    assert place.names() == set()
    host.undo(making)
    create(host, place)


def test_undo_removes_what_was_published_too(host: Host, place: Place) -> None:
    made = create(host, place)
    host.undo(made, made=True)
    assert place.names() == set()


@pytest.mark.parametrize("known", [False, True])
def test_databases_of_others_are_left_alone(host: Host, place: Place, known: bool) -> None:
    place.make("clinic")
    making = Making.new("clinic", SCHEMA)
    assert not host.owns(making)
    with pytest.raises(NotOursError):
        host.drop(making)
    with pytest.raises(NameTakenError):
        host.make(making, place.statements)
    host.undo(making, made=known and place.kind != "mysql")
    assert place.names() == shown(place, "clinic")


def test_a_name_that_somebody_took_meanwhile_stays_theirs(host: Host, place: Place) -> None:
    if place.kind == "mysql":
        pytest.skip("the name is taken from the first moment on")
    making = Making.new("clinic", SCHEMA)
    host.make(making, place.statements)
    place.make("clinic")
    with pytest.raises(NameTakenError):
        host.publish(making)
    host.undo(making, made=True)
    assert place.names() == shown(place, "clinic")


def test_a_database_with_another_mark_is_not_dropped(host: Host, place: Place) -> None:
    create(host, place)
    other = Making.new("clinic", OTHER)
    assert not host.owns(other)
    same = () if place.kind == "sqlite" else (Making.new("clinic", SCHEMA),)  # files are known by their schema
    for other in (Making.new("clinic", OTHER), *same):
        with pytest.raises(NotOursError):
            host.drop(other)
        host.undo(other)
        with pytest.raises((NotOursError, NameTakenError)):
            create(host, place, over=other)
        host.undo(other, made=True)
    assert host.exists("clinic")


def test_a_new_one_takes_the_place_of_an_old_one(host: Host, place: Place) -> None:
    old = create(host, place)
    place.run("INSERT INTO owners VALUES (1, 'x')", "clinic")
    new = create(host, place, over=old)
    assert host.facts("clinic").rows == 0
    if place.kind != "sqlite":
        with pytest.raises(NotOursError):
            host.drop(old)
    assert host.drop(new)
    assert place.names() == set()


def test_a_restored_file_of_an_earlier_creation_is_ours(tmp_path: Path) -> None:
    place = sqlite_place(tmp_path)
    host = open_host(place.settings)
    old = create(host, place)
    file = tmp_path / "databases" / "clinic.db"
    kept = file.read_bytes()
    new = create(host, place, over=old)
    file.write_bytes(kept)
    assert host.owns(new)
    assert host.drop(new)


def test_undoing_a_file_that_has_no_name_yet_leaves_the_one_that_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.schemas.hosting.sqlite._bits", lambda text: 7)  # all creations have the same mark
    place = sqlite_place(tmp_path)
    host = open_host(place.settings)
    old, new = create(host, place), Making.new("clinic", SCHEMA)
    host.make(new, place.statements, old)
    host.undo(new)
    assert place.names() == shown(place, "clinic")


def test_open_sessions_do_not_keep_a_database(host: Host, place: Place) -> None:
    if place.kind != "postgresql":
        pytest.skip("of PostgreSQL alone")
    import psycopg

    made = create(host, place)
    connection = psycopg.connect(host.url("clinic"))
    connection.execute("SELECT 1")
    assert host.drop(made)
    connection.close()


@pytest.mark.parametrize("name", ['x"; DROP DATABASE postgres; --', "x`y", "postgres ", "../x", "X", "", "a" * 64])
def test_hostile_names_reach_no_server(host: Host, name: str) -> None:
    making = Making(name, SCHEMA, "0" * 32)
    for call in (host.exists, host.url, host.facts):
        with pytest.raises(ValueError, match="not the name"):
            call(name)
    with pytest.raises(ValueError, match="not the name"):
        host.make(making, ())
    with pytest.raises(ValueError, match="not the name"):
        host.drop(making)


def test_a_statement_that_takes_too_long_is_ended(host: Host, place: Place) -> None:
    if place.kind == "sqlite":
        pytest.skip("statements of an empty file take no time")
    fast = open_host(place.settings.model_copy(update={"registry": Registry(
        databases_url=place.settings.registry.databases_url, statement_seconds=1)}))  # fmt: skip
    wait = (
        "SELECT pg_sleep(30)"
        if place.kind == "postgresql"
        else "SELECT sum(a.seq * b.seq) FROM seq_1_to_1000000 a, seq_1_to_1000000 b"
    )
    making = Making.new("clinic", SCHEMA)
    with pytest.raises((StatementError, DatabaseError)):
        fast.make(making, (*place.statements, wait))
    fast.undo(making)
    assert place.names() == set()


def test_a_server_that_does_not_answer_says_no_secret(place: Place) -> None:
    if place.kind == "sqlite":
        pytest.skip("there is no server")
    url = place.settings.registry.databases_url.get_secret_value()
    for bad in (url.replace("secret", "wrong-canary"), f"{place.kind}://mockcraft:canary@127.0.0.1:1/"):
        from pydantic import SecretStr

        host = open_host(place.settings.model_copy(update={"registry": Registry(databases_url=SecretStr(bad))}))
        with pytest.raises(DatabaseError) as caught:
            host.ping()
        assert "canary" not in str(caught.value)
        assert "canary" not in host.place

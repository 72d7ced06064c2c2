"""Sakila in three databases: what `init` writes is loaded as it is, and the database itself says that everything holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.common.databases.catalog import Catalog
from tests.integration.databases.filled_sakila import (
    SERVERS,
    Filled,
    Place,
    defined,
    fill,
    mariadb_place,
    postgres_place,
    sqlite_place,
    violators,
)
from tests.integration.databases.sakila_facts import KEYS, PAYMENTS, by_hand, number

ROWS = 30_000
LOOKED_AT = {"postgresql": 200, "mariadb": 50, "sqlite": 100}
"""So many things at least are looked at."""
TEXTS = {"postgresql": 0, "mariadb": 1, "sqlite": 0}
"""Tables that triggers fill and we do not."""


def _unmeasured(catalog: Catalog) -> Catalog:
    """Without the estimates of how many rows there are, which change."""
    return replace(catalog, tables=tuple(replace(table, rows=None) for table in catalog.tables))


@pytest.fixture(scope="module", params=SERVERS)
def sakila(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Filled, Any, Any]:
    """A Sakila of each server, filled, with what it was before."""
    folder = tmp_path_factory.mktemp("sakila")
    match request.param:
        case "postgresql":
            place = postgres_place(request.getfixturevalue("postgres"))
        case "mariadb":
            place = mariadb_place(request.getfixturevalue("mariadb"))
        case _:
            place = sqlite_place(folder)
    catalog, words = place.catalog(), defined(place)
    return place, fill(place, folder, "30K"), catalog, words


Sakila = tuple[Place, Filled, Any, Any]


def test_every_row_that_was_asked_for_is_there(sakila: Sakila) -> None:
    place, filled, _, _ = sakila
    tables = {t["name"]: t["rowsInTable"] for t in filled.complete["tables"]}
    assert sum(tables.values()) == ROWS
    assert filled.complete["foreignKeys"] == {"checked": True, "violations": 0}
    with place.asking() as ask:
        only = "ONLY " if place.server == "postgresql" else ""
        assert {name: number(ask, f"SELECT count(*) FROM {only}{name}") for name in tables} == tables


def test_everything_it_demands_holds(sakila: Sakila) -> None:
    place, _, _, _ = sakila
    found = violators(place)
    assert len(found) >= LOOKED_AT[place.server]
    assert {what: rows for what, rows in found.items() if rows} == {}


def test_the_database_is_defined_as_before(sakila: Sakila) -> None:
    place, filled, catalog, words = sakila
    assert defined(place) == words
    assert _unmeasured(place.catalog()) == _unmeasured(catalog)
    if place.server == "postgresql":
        assert filled.complete["constraints"] == {"restored": ["staff.staff_store_id_fkey"], "valid": True}


def test_what_triggers_fill_is_left_to_them(sakila: Sakila) -> None:
    place, filled, _, _ = sakila
    with place.asking() as ask:
        if place.server == "mariadb":
            assert "film_text (filled by trigger ins_film of film)" in filled.text and "\n  film_text:" not in filled.text
            assert number(ask, "SELECT count(*) FROM film_text") == number(ask, "SELECT count(*) FROM film") > 0
        elif place.server == "postgresql":
            assert number(ask, "SELECT count(*) FROM film WHERE fulltext @@ to_tsquery('english', split_part(title, ' ', 2))") > 0


def test_one_more_row_by_hand_goes_into_every_table(sakila: Sakila) -> None:
    place, _, _, _ = sakila
    with place.asking() as ask:
        for table, statement in by_hand(place.server):
            key = f"{table}_id" if table in KEYS else ""
            before = ask(f"SELECT count(*), {f'max({key})' if key else 0} FROM {table}")[0]
            ask(statement)
            after = ask(f"SELECT count(*), {f'max({key})' if key else 0} FROM {table}")[0]
            assert after[0] == before[0] + 1, table
            assert not key or after[1] > before[1], table
        if place.server == "postgresql":
            _a_payment_of_march(ask, place)
    assert {what: rows for what, rows in violators(place).items() if rows} == {}


def _a_payment_of_march(ask: Any, place: Place) -> None:
    """The rule of the parent puts it into the child, with the next key of the family."""
    march = PAYMENTS[2]
    before, top = number(ask, f"SELECT count(*) FROM {march}"), number(ask, "SELECT max(payment_id) FROM payment")
    ask(dict(by_hand(place.server, "2007-03-15"))["payment"])
    assert number(ask, f"SELECT count(*) FROM {march}") == before + 1
    assert number(ask, f"SELECT max(payment_id) FROM {march}") > top


def test_what_would_break_a_rule_is_refused_again(sakila: Sakila) -> None:
    place, _, _, _ = sakila
    wrong = [
        "UPDATE staff SET store_id = 30000",
        "INSERT INTO film_actor (actor_id, film_id, last_update) VALUES (30000, 30000, '2024-01-01')",
        "INSERT INTO film_category SELECT * FROM film_category LIMIT 1",
    ]
    with place.asking() as ask:
        for statement in wrong:
            with pytest.raises(Exception, match=r"(?i)constraint|foreign key|duplicate"):
                ask(statement)


def test_it_is_seen_when_something_does_not_hold(tmp_path: Path) -> None:
    place = sqlite_place(tmp_path)
    with place.asking() as ask:
        ask("PRAGMA foreign_keys = OFF")
        ask("PRAGMA ignore_check_constraints = ON")
        ask("INSERT INTO film (film_id, title, language_id, rating, last_update) VALUES (1, 'X', 7, 'XXX', '2024-01-01')")
    found = violators(place)
    assert (found["key film.language_id"], found["check rating"]) == (1, 1)

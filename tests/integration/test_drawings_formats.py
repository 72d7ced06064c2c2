"""Drawings through files and databases: written, read, created anew and filled, and still the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from services.common.databases.catalog import Catalog, introspect
from services.common.errors import MockcraftError
from services.schemas import formats
from services.schemas.checking import check
from services.schemas.codec import with_ids
from services.schemas.comparison import differences
from services.schemas.drawing import DIALECTS, Column, Definition, Dialect, Drawing, Table
from services.schemas.filling import document
from services.schemas.reading import Read, drawing_of
from tests import drawings
from tests.clinic import clinic as twelve_tables
from tests.drawings_held import rows, violations
from tests.integration.databases import sakila
from tests.integration.databases.filled_sakila import Place, mariadb_place, postgres_place, sqlite_place
from tests.integration.loads import load, plan_of, query, spec_of
from tests.servers import MariaDb, Postgres
from tests.unit.schemas.clinic import clinic

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
EXACT = ("json", "yaml", "dbml", "sql")
FILES: dict[Dialect, str] = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
PARTITIONS = tuple(f"payment_p2007_0{month}" for month in range(1, 7))
TRIGGERED = (
    "actor", "address", "category", "city", "country", "customer", "film", "film_actor", "film_category", "inventory", "language",
    "rental", "staff", "store",
)  # fmt: skip
UNSIGNED = (
    "actor.actor_id", "address.address_id", "address.city_id", "category.category_id", "city.city_id",
    "city.country_id", "country.country_id", "customer.customer_id", "customer.store_id", "customer.address_id",
    "film.film_id", "film.language_id", "film.original_language_id", "film_actor.actor_id", "film_actor.film_id",
    "film_category.film_id", "film_category.category_id", "inventory.inventory_id", "inventory.film_id",
    "inventory.store_id", "language.language_id", "payment.payment_id", "payment.customer_id", "payment.staff_id",
    "rental.inventory_id", "rental.customer_id", "rental.staff_id", "staff.staff_id", "staff.address_id",
    "staff.store_id", "store.store_id", "store.manager_staff_id", "store.address_id",
)  # fmt: skip
LOST: dict[Dialect, set[str]] = {
    "postgresql": {
        *(f"{table}: the trigger last_updated" for table in TRIGGERED),
        "film.release_year: year, kept as integer",
        "film.fulltext: tsvector, kept as text",
        "film: the trigger film_fulltext_trigger",
        "film: the index film_fulltext_idx, which is no plain one over columns",
        *(f"payment: the rule payment_insert_p2007_0{month}" for month in range(1, 7)),
        *(f"{table}: it inherits from payment" for table in PARTITIONS),
        *(f"{table}.payment_id: the database numbers it though it does not begin the primary key" for table in PARTITIONS),
        "payment: the foreign key payment_rental_id_fkey would SET NULL where none is taken, kept as NO ACTION",
    },
    "mysql": {
        *(f"{column}: int unsigned, kept as bigint" for column in UNSIGNED),
        "film.release_year: year, kept as smallint",
        "film.rental_duration: tinyint unsigned, kept as smallint",
        "film.length: smallint unsigned, kept as integer",
        "film.special_features: set('trailers','commentaries','deleted scenes','behind the scenes'), kept as varchar(54)",
        *(f"film: the trigger {event}_film" for event in ("ins", "upd", "del")),
        "film_text: the index idx_title_description, which is no plain one over columns",
    },
    "sqlite": {f"{table}: the trigger {table}_trigger_{when}" for table in (*TRIGGERED, "payment") for when in ("ai", "au")},
}
"""All of Sakila that a drawing does not hold, as said."""


def _folded(lost: tuple[str, ...]) -> set[str]:
    """Sentences without the spelling of types, in which a file and a database differ: `INT UNSIGNED`, `int(10) unsigned`."""
    return {part.replace("(10)", "").replace("(5)", "").replace("(3)", "").replace("(4)", "").lower() for part in lost}


def _lost(dialect: Dialect) -> set[str]:
    return {sentence.lower() for sentence in LOST[dialect]}


def _through_files(drawing: Drawing, dialect: Dialect) -> None:
    definition = Definition(with_ids(drawing), "3")
    for format in EXACT:
        made = formats.export(definition, "x", format, dialect)
        assert (formats.read(made.text, format, dialect), made.lost) == (formats.Imported(definition, (), "x"), ()), format


@pytest.mark.parametrize("dialect", DIALECTS)
@given(drawing=drawings.drawings())
@SLOW
def test_any_drawing_goes_through_every_format(dialect: Dialect, drawing: Drawing) -> None:
    _through_files(drawing, dialect)
    text = formats.export(Definition(drawing), "x", "dbml").text
    assert differences(drawing, formats.read(text).definition.drawing, dialect) == ()


@given(drawing=drawings.drawings())
@SLOW
def test_any_drawing_goes_through_dbml_without_what_stands_in_comments(drawing: Drawing) -> None:
    text = formats.export(Definition(drawing), "x", "dbml").text
    bare = "\n".join(line for line in text.split("\n") if not line.startswith("// "))
    read = formats.read(bare, "dbml").definition.drawing
    assert [[column.name for column in table.columns] for table in read.tables] == [
        [column.name for column in table.columns] for table in drawing.tables
    ]
    assert len(read.foreign_keys) == len(drawing.foreign_keys)


# --- Sakila -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", FILES)
def test_sakila_comes_from_its_file(dialect: Dialect) -> None:
    read = formats.read(sakila.ddl(FILES[dialect]), "", dialect)
    assert _folded(read.warnings) == _lost(dialect)
    assert check(read.definition.drawing) == ()
    _through_files(read.definition.drawing, dialect)


def test_sakila_of_sqlite_is_created_anew(tmp_path: Path) -> None:
    place = sqlite_place(tmp_path)
    _anew(place, formats.read(sakila.ddl("sqlite")).definition.drawing, f"sqlite:///{tmp_path}/anew.db", "sqlite")


def test_sakila_of_postgresql_is_created_anew(postgres: Postgres) -> None:
    place = postgres_place(postgres)
    _anew(place, formats.read(sakila.ddl("postgres")).definition.drawing, postgres.database(), "postgresql")


def test_sakila_of_mariadb_is_created_anew(mariadb: MariaDb) -> None:
    place = mariadb_place(mariadb)
    url = f"mariadb://mockcraft:secret@127.0.0.1:{mariadb.port}/{mariadb.database()}"
    _anew(place, formats.read(sakila.ddl("mysql"), "", "mysql").definition.drawing, url, "mysql")


def _anew(place: Place, filed: Drawing, url: str, dialect: Dialect) -> None:
    """The live database and the file give the same drawing; exported and imported it makes the same database."""
    live = _live(place.catalog())
    assert _folded(live.lost) == _lost(dialect)
    assert [str(difference) for difference in differences(live.drawing, filed, dialect)] == []
    text = formats.export(Definition(with_ids(live.drawing)), "sakila", "sql", dialect).text
    imported = formats.read(text).definition.drawing
    made = drawings.create(imported, url, dialect)
    assert [*made.lost, *map(str, differences(live.drawing, made.drawing, dialect))] == []


def _live(catalog: Catalog) -> Read:
    return drawing_of(catalog)


# --- filled -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drawing", [clinic(), twelve_tables()], ids=["clinic", "twelve"])
def test_a_filled_drawing_keeps_all_its_rules(tmp_path: Path, drawing: Drawing) -> None:
    file = tmp_path / "made.db"
    drawings.create(drawing, f"sqlite:///{file}", "sqlite")
    filled = document(drawing, "sqlite", {"patients": 200}, 5)
    assert sum(filled.rows.values()) > 1_000 and filled.notes == ()
    assert load(spec_of(plan_of(filled.text), tmp_path), file).code == 0

    def ask(sql: str) -> list[tuple[object, ...]]:
        return query(file, sql)

    assert rows(ask, drawing, "sqlite") == dict(filled.rows)
    found = violations(ask, drawing, "sqlite")
    assert len(found) >= 80 and {what: number for what, number in found.items() if number} == {}


def test_a_live_catalog_gives_the_same_document_as_the_drawing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/made.db"
    drawings.create(clinic(), url, "sqlite")
    with_catalog = document(clinic(), "sqlite", {"patients": 50}, 1, catalog=introspect(url), name="x")
    assert with_catalog.rows == document(clinic(), "sqlite", {"patients": 50}, 1, name="x").rows


def test_only_the_tables_of_the_drawing_are_filled(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/made.db"
    whole = clinic()
    drawings.create(whole, url, "sqlite")
    wards = replace(whole, tables=(whole.tables[3], whole.tables[8]), foreign_keys=())
    assert set(document(wards, "sqlite", {}, 1, catalog=introspect(url)).rows) == {"rooms", "medications"}
    more = replace(whole, tables=(*whole.tables, Table("x", "rooom", (Column("y", "z", "integer"),))))
    with pytest.raises(MockcraftError, match="drifted from the drawing") as caught:
        document(more, "sqlite", {"rooom": 3}, 1, catalog=introspect(url))
    assert [(found.path, found.suggestion) for found in caught.value.findings] == [("/tables/12", "rooms")]


@given(drawing=drawings.drawings(3))
@SLOW
def test_any_drawing_has_a_document_or_is_told_why_not(drawing: Drawing) -> None:
    try:
        filled = document(drawing, "postgresql", {}, 1, total_rows=200)
    except MockcraftError as error:
        assert error.findings and "cannot be filled" in error.message
    else:
        plan_of(filled.text)

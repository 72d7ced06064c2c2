"""Sakila, loaded from its own DDL: what the live database says and what the file says are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from services.common.databases._complete import conditions
from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable, Choices, introspect, read_ddl
from tests.integration.databases import sakila
from tests.servers import MariaDb

_POSTGRES_TABLES = 21


def _tables(catalog: Catalog) -> dict[str, CatalogTable]:
    return {table.key: table for table in catalog.tables}


def _spelled(column: CatalogColumn) -> CatalogColumn:
    """The server writes types in small letters with widths, defaults and collations in its own words."""
    return replace(
        column,
        type=replace(column.type, native=""),
        default=column.default.upper().rstrip("()").replace("TRUE", "1"),
        collation="",
    )


def _loose(table: CatalogTable) -> CatalogTable:
    """MariaDB says nothing of RESTRICT, adds indexes for keys, and has its own order of both."""
    keys = tuple(
        sorted((replace(k, on_delete=k.on_delete.replace("RESTRICT", "NO ACTION")) for k in table.foreign_keys), key=str)
    )
    indexes = tuple(sorted((i for i in table.indexes if not i.name.startswith("fk_")), key=str))
    triggers = tuple(sorted(table.triggers, key=lambda t: t.name))
    columns = tuple(map(_spelled, table.columns))
    return replace(table, columns=columns, foreign_keys=keys, indexes=indexes, triggers=triggers, rows=None)


def test_postgres(postgres_url: str) -> None:
    sakila.load_postgres(postgres_url)
    live, written = introspect(postgres_url), read_ddl(sakila.ddl("postgres"))
    assert len(live.tables) == _POSTGRES_TABLES and not written.warnings and not live.warnings
    sequences = {t.key: replace(t, columns=tuple(replace(c, sequence="") for c in t.columns)) for t in live.tables}
    assert sequences == _tables(written)
    assert (live.enums, live.domains) == (written.enums, written.domains)
    payment = live.table("payment")
    assert payment.kind == "parent" and len(payment.children) == 6 and len(payment.rules) == 6
    child = live.table(payment.children[0])
    bounds = conditions(live, child).bounds
    assert (child.primary_key, bounds[0].low, bounds[1].high, bounds[1].high_open) == (
        (), "2007-01-01 00:00:00", "2007-02-01 00:00:00", True,
    )  # fmt: skip
    years = conditions(live, live.table("film")).bounds
    assert {(b.column, b.low, b.high) for b in years} == {("release_year", 1901, None), ("release_year", None, 2155)}
    assert [t.sets for t in live.table("film").triggers] == [("fulltext",), ("last_update",)]


def test_mariadb(mariadb: MariaDb) -> None:
    database = mariadb.database()
    sakila.load_mariadb(mariadb, database)
    live = introspect(f"mariadb://mockcraft:secret@127.0.0.1:{mariadb.port}/{database}")
    written = read_ddl(sakila.ddl("mysql"))
    assert live.server.startswith("MariaDB 1") and len(live.tables) == 16 and not live.warnings and not written.warnings
    assert {t.key: _loose(t) for t in live.tables} == {t.key: _loose(t) for t in written.tables}
    film = live.table("film")
    assert {t.name: t.writes for t in film.triggers} == dict.fromkeys(("ins_film", "upd_film", "del_film"), ("film_text",))
    assert film.triggers[0].inserts == ("film_text",) or any(t.inserts == ("film_text",) for t in film.triggers)
    assert film.column("rental_duration").type.largest == 255 and film.column("release_year").type.smallest == 1901
    assert film.column("title").folded and not live.table("staff").column("password").folded


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "sakila.db"
    sakila.load_sqlite(path)
    live, written = introspect(f"sqlite:///{path}"), read_ddl(sakila.ddl("sqlite"))
    assert len(live.tables) == 16 and not live.warnings and not written.warnings
    assert _tables(live) == _tables(written)
    film = conditions(live, live.table("film"))
    assert film.choices == (Choices("rating", ("G", "PG", "PG-13", "R", "NC-17")),) and len(film.alternatives[0]) == 4
    assert live.table("actor").triggers[0].sets == ("last_update",)
    assert {key.parent for key in live.table("store").foreign_keys} == {"staff", "address"}

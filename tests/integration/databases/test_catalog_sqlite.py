"""Catalogs of SQLite files."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from services.common.databases._complete import conditions
from services.common.databases.catalog import Bounds, Catalog, CatalogTable, Choices, Comparison, Pattern, introspect

_DDL = """
CREATE TABLE shelf ("row" INT, col INT, PRIMARY KEY ("row", col)) WITHOUT ROWID;
CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, what);
CREATE TABLE tight (id INT PRIMARY KEY, name TEXT) STRICT;
CREATE TABLE item (
  id INTEGER PRIMARY KEY, -- the rowid
  code INT, price DECIMAL(10, 2) NOT NULL DEFAULT (1 + 2) CHECK (price >= 0.5), ratio DOUBLE PRECISION, flag BOOLEAN DEFAULT TRUE,
  name VARCHAR(40) NOT NULL COLLATE NOCASE, body TEXT, day DATE, at DATETIME, clock TIME, uid UUID,
  doc TEXT CHECK (json_valid(doc)),
  raw BLOB, any_, twice INT GENERATED ALWAYS AS (code * 2) STORED, half AS (code / 2),
  status TEXT CHECK (status IN ("new", 'old')), "select" TEXT, mail TEXT CHECK (mail LIKE '%@%'),
  tag TEXT CHECK (tag GLOB '[a-z]*'),
  opened DATE, closed DATE, shelf_row INT, shelf_col INT, parent INTEGER REFERENCES item DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT odd CHECK (random() > code), CHECK (opened <= closed), CONSTRAINT one UNIQUE (name, day),
  FOREIGN KEY (shelf_row, shelf_col) REFERENCES shelf ("row", col) ON DELETE SET NULL
);
CREATE UNIQUE INDEX item_lower ON item (lower(mail));
CREATE UNIQUE INDEX item_partial ON item (code) WHERE flag = 1;
CREATE INDEX item_day ON item (day DESC, at);
CREATE VIEW items AS SELECT * FROM item;
CREATE TABLE _mockcraft_loads (id INT);
CREATE TRIGGER item_ai AFTER INSERT ON item WHEN new.code IS NULL BEGIN
  INSERT INTO log (what) VALUES (CASE WHEN new.id > 1 THEN 'x' ELSE 'y' END);
  UPDATE item SET code = 1, body = 'z' WHERE id = new.id;
END;
CREATE VIRTUAL TABLE words USING fts5 (body);
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.executescript(_DDL)
    connection.execute("INSERT INTO log (what) VALUES (1), (2)")
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()
    return introspect(f"sqlite:///{tmp_path / 'x.db'}")


@pytest.fixture
def item(catalog: Catalog) -> CatalogTable:
    return catalog.table("item")


def test_tables(catalog: Catalog) -> None:
    assert [table.key for table in catalog.tables] == ["item", "log", "shelf", "tight"]
    assert catalog.server.startswith("SQLite 3") and "virtual" in catalog.warnings[0].message
    assert (
        not catalog.table("shelf").rowid
        and catalog.table("tight").strict
        and catalog.table("shelf").primary_key == ("row", "col")
    )


def test_columns(catalog: Catalog, item: CatalogTable) -> None:
    kinds = {column.name: column.type.kind for column in item.columns}
    assert kinds == {
        "id": "int", "code": "int", "price": "decimal", "ratio": "float", "flag": "bool", "name": "string", "body":
        "text", "day": "date", "at": "datetime", "clock": "time", "uid": "uuid", "doc": "json", "raw": "bytes",
        "any_": "other", "twice": "int", "half": "other", "status": "text", "select": "text", "mail": "text", "tag":
        "text", "opened": "date", "closed": "date", "shelf_row": "int", "shelf_col": "int", "parent": "int",
    }  # fmt: skip
    assert item.column("id").auto and not item.column("id").nullable and catalog.table("log").column("id").auto
    assert not catalog.table("tight").column("id").auto and item.column("code").nullable
    assert item.column("price").default == "1 + 2" and not item.column("price").required and item.column("name").required
    assert item.column("name").folded and not item.column("body").folded
    assert item.column("twice").stored and item.column("twice").generated == "code * 2" and not item.column("half").stored


def test_keys_and_indexes(item: CatalogTable) -> None:
    keys = {key.parent: key for key in item.foreign_keys}
    assert (keys["shelf"].columns, keys["shelf"].parent_columns, keys["shelf"].on_delete) == (
        ("shelf_row", "shelf_col"), ("row", "col"), "SET NULL",
    )  # fmt: skip
    assert keys["item"].parent_columns == ("id",) and keys["item"].deferred
    uniques = {unique.name: unique for unique in item.uniques}
    assert uniques["one"].columns == ("name", "day") and uniques["one"].constraint
    assert uniques["item_lower"].expressions == ("lower(mail)",)
    assert (uniques["item_partial"].columns, uniques["item_partial"].where) == (("code",), "flag = 1")
    assert [(index.name, index.columns) for index in item.indexes] == [("item_day", ("day", "at"))]


def test_checks(catalog: Catalog, item: CatalogTable) -> None:
    said = conditions(catalog, item)
    assert [(b.column, str(b.low)) for b in said.bounds] == [("price", "0.5")]
    assert said.bounds[0] == Bounds("price", said.bounds[0].low)
    assert said.choices == (Choices("status", ("new", "old")),) and said.json == ("doc",)
    assert said.patterns == (Pattern("mail", "%@%", "like"), Pattern("tag", "[a-z]*", "glob"))
    assert said.comparisons == (Comparison("opened", "<=", "closed"),) and len(said.unparsed) == 1


def test_triggers_and_rows(catalog: Catalog, item: CatalogTable) -> None:
    trigger = item.triggers[0]
    assert (trigger.timing, trigger.events, trigger.inserts, trigger.sets) == ("AFTER", ("INSERT",), ("log",), ("body", "code"))
    assert catalog.table("log").rows in (None, 2)

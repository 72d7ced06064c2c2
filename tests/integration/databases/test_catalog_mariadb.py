"""Catalogs of a real MariaDB: types, keys, checks, triggers, partitions; and MySQL's way of writing them."""

from __future__ import annotations

import pytest

from services.common.databases._complete import conditions
from services.common.databases.catalog import Bounds, Catalog, CatalogTable, Choices, Comparison, Pattern, introspect, read_ddl
from tests.servers import MariaDb

_DDL = r"""
CREATE TABLE `shelf` (`row` int NOT NULL, `col` int NOT NULL, PRIMARY KEY (`row`, `col`)) COMMENT='where it''s kept';
CREATE TABLE log (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, what text);
CREATE TABLE item (
  id int unsigned NOT NULL AUTO_INCREMENT,
  tiny tinyint, yes tinyint(1) NOT NULL DEFAULT 1, small smallint unsigned CHECK (small > 0), middle mediumint,
  big bigint unsigned,
  price decimal(10,2) unsigned NOT NULL DEFAULT 1.50 COMMENT 'in euro', ratio double, bits bit(4),
  name varchar(40) NOT NULL, exact varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, fixed char(3),
  short tinytext, body longtext,
  feel enum('sad','it''s ok','a,b') NOT NULL DEFAULT 'sad', marks set('x','y'),
  day date, at datetime(3), stamp timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  clock time, born year,
  doc json, uid uuid, raw varbinary(16), blob_ blob, place point, host inet6,
  twice decimal(12,2) GENERATED ALWAYS AS (price * 2) STORED, half decimal(12,2) AS (price / 2) VIRTUAL,
  status varchar(10) CHECK (status IN ('new','old')), email varchar(60), opened date, closed date,
  shelf_row int, shelf_col int, parent int unsigned,
  PRIMARY KEY (id), UNIQUE KEY by_name (name, day), UNIQUE (email), KEY by_body (body(20)), FULLTEXT KEY words (body),
  CONSTRAINT item_order CHECK (opened <= closed), CONSTRAINT item_mail CHECK (email REGEXP '^.+@.+$'),
  CONSTRAINT item_odd CHECK (crc32(name) > 5),
  CONSTRAINT item_shelf FOREIGN KEY (shelf_row, shelf_col) REFERENCES shelf (`row`, col) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT item_parent FOREIGN KEY (parent) REFERENCES item (id) ON DELETE CASCADE
) DEFAULT CHARSET=utf8mb4;
CREATE TABLE event (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (year(at))
  (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE _mockcraft_loads (id int);
CREATE VIEW items AS SELECT id FROM item;
DELIMITER //
CREATE TRIGGER item_before BEFORE INSERT ON item FOR EACH ROW BEGIN
  SET NEW.body = 'x', NEW.tiny = 1; IF NEW.tiny = 3 THEN INSERT INTO log (what) VALUES ('y'); END IF; END //
CREATE TRIGGER item_after AFTER DELETE ON item FOR EACH ROW BEGIN UPDATE shelf SET col = 1; DELETE FROM log; END //
DELIMITER ;
"""


@pytest.fixture(scope="module")
def catalog(mariadb: MariaDb) -> Catalog:
    database = mariadb.database()
    mariadb.run(_DDL, database)
    return introspect(f"mariadb://mockcraft:secret@127.0.0.1:{mariadb.port}/{database}")


@pytest.fixture(scope="module")
def item(catalog: Catalog) -> CatalogTable:
    return catalog.table("item")


def test_tables(catalog: Catalog) -> None:
    assert [table.key for table in catalog.tables] == ["event", "item", "log", "shelf"]
    assert catalog.table("shelf").comment == "where it's kept" and not catalog.warnings


@pytest.mark.parametrize(
    ("column", "kind", "type_"),
    [
        ("id", "bigint", "bigint"), ("tiny", "int", "int"), ("yes", "bool", "bool"), ("middle", "int", "int"),
        ("price", "decimal", "decimal(10,2)"), ("ratio", "float", "float"), ("bits", "bit", "bigint"),
        ("name", "string", "string(40)"),
        ("short", "text", "text"), ("feel", "enum", "string(7)"), ("marks", "set", "string(3)"), ("day", "date", "date"),
        ("at", "datetime", "datetime(3)"), ("stamp", "datetime", "datetime"), ("clock", "time", "time"), ("born", "int", "int"),
        ("doc", "json", "json"), ("uid", "uuid", "uuid"), ("raw", "bytes", "bytes"), ("blob_", "bytes", "bytes"),
        ("place", "geometry", "None"), ("host", "network", "string"),
    ],
)  # fmt: skip
def test_types(item: CatalogTable, column: str, kind: str, type_: str) -> None:
    found = item.column(column).type
    assert (found.kind, str(found.type)) == (kind, type_)


def test_details_of_types(item: CatalogTable) -> None:
    sizes = {
        name: (item.column(name).type.smallest, item.column(name).type.largest) for name in ("tiny", "small", "middle", "big")
    }
    assert sizes == {"tiny": (-128, 127), "small": (0, 65535), "middle": (-(2**23), 2**23 - 1), "big": (0, 2**64 - 1)}
    assert item.column("feel").type.values == ("sad", "it's ok", "a,b") and item.column("marks").type.values == ("x", "y")
    assert (item.column("stamp").type.zoned, item.column("stamp").type.latest) == (True, "2038-01-19 03:14:07")
    assert item.column("price").type.unsigned and item.column("short").type.octets == 255
    assert item.column("name").folded and not item.column("exact").folded


def test_what_columns_may_be_left_out(item: CatalogTable) -> None:
    assert item.column("id").auto and not item.column("id").required and item.column("name").required
    assert item.column("feel").default == "'sad'" and item.column("stamp").default == "current_timestamp()"
    assert item.column("twice").stored and not item.column("half").stored and item.column("half").generated
    assert not item.column("day").default and item.column("price").comment == "in euro"


def test_keys_and_indexes(item: CatalogTable) -> None:
    keys = {key.name: key for key in item.foreign_keys}
    shelf = keys["item_shelf"]
    assert (shelf.columns, shelf.parent, shelf.parent_columns) == (("shelf_row", "shelf_col"), "shelf", ("row", "col"))
    assert (shelf.on_delete, shelf.on_update, keys["item_parent"].on_delete) == ("SET NULL", "CASCADE", "CASCADE")
    assert {(u.name, u.columns) for u in item.uniques} == {("by_name", ("name", "day")), ("email", ("email",))}
    assert {(i.name, i.method) for i in item.indexes} >= {("by_body", "btree"), ("words", "fulltext")}


def test_checks(catalog: Catalog, item: CatalogTable) -> None:
    said = conditions(catalog, item)
    assert Bounds("small", 0, low_open=True) in said.bounds and Choices("status", ("new", "old")) in said.choices
    assert Pattern("email", "^.+@.+$", "regex") in said.patterns and Comparison("opened", "<=", "closed") in said.comparisons
    assert said.json == ("doc",) and len(said.unparsed) == 1


def test_triggers(item: CatalogTable) -> None:
    triggers = {t.name: (t.timing, t.events, t.inserts, t.updates, t.deletes, t.sets) for t in item.triggers}
    assert triggers == {
        "item_before": ("BEFORE", ("INSERT",), ("log",), (), (), ("body", "tiny")),
        "item_after": ("AFTER", ("DELETE",), (), ("shelf",), ("log",), ()),
    }


def test_partitions(catalog: Catalog) -> None:
    event = catalog.table("event")
    assert event.kind == "partitioned" and event.partition is not None
    assert (event.partition.method, event.partition.by) == ("range", ()) and "at" in event.partition.expression
    assert [p.name for p in event.partitions] == ["p0", "p1"] and "2020" in event.partitions[0].bounds


def test_the_statements_that_made_it_say_the_same(catalog: Catalog) -> None:
    written = read_ddl(_DDL, "mysql")
    assert not written.warnings
    for table in catalog.tables:
        other = written.table(table.key)
        for mine, theirs in zip(table.columns, other.columns, strict=True):
            assert (mine.name, mine.type.kind, mine.type.type, mine.nullable, mine.auto, mine.folded, bool(mine.generated)) == (
                theirs.name, theirs.type.kind, theirs.type.type, theirs.nullable, theirs.auto, theirs.folded,
                bool(theirs.generated),
            )  # fmt: skip
        assert {(k.columns, k.parent, k.on_delete) for k in table.foreign_keys} == {
            (k.columns, k.parent, k.on_delete) for k in other.foreign_keys
        }
        assert {(u.name, u.columns) for u in table.uniques} == {(u.name, u.columns) for u in other.uniques}
        mine_said, theirs_said = conditions(catalog, table), conditions(written, other)
        assert {*mine_said.bounds, *mine_said.choices, *mine_said.patterns} == {
            *theirs_said.bounds, *theirs_said.choices, *theirs_said.patterns,
        }  # fmt: skip

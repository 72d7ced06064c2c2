"""Catalogs of databases that others designed, as drawings; and what is lost on the way."""

from __future__ import annotations

from services.common.databases.catalog import read_ddl
from services.schemas.checking import check
from services.schemas.drawing import Column, Drawing, Position, Table
from services.schemas.reading import drawing_of
from services.schemas.types import canonical

MYSQL = """
CREATE TABLE `film` (
  `film_id` smallint unsigned NOT NULL AUTO_INCREMENT,
  `title` varchar(128) NOT NULL,
  `year` year DEFAULT NULL,
  `rate` decimal(4,2) NOT NULL DEFAULT '4.99',
  `rating` enum('G','PG-13') DEFAULT 'G',
  `features` set('Trailers','Deleted Scenes') DEFAULT NULL,
  `area` geometry,
  `changed` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  `twice` int GENERATED ALWAYS AS (film_id * 2) VIRTUAL,
  PRIMARY KEY (`film_id`),
  KEY `by_title` (`title`),
  FULLTEXT KEY `words` (`title`),
  CONSTRAINT `c` CHECK (`rate` between 0 and 99.5 and char_length(`title`) > 0),
  CONSTRAINT `odd` CHECK (regexp_like(`title`, 'x'))
);
CREATE TABLE `shown` (`film_id` smallint unsigned NOT NULL, KEY `fk_film` (`film_id`),
  CONSTRAINT `fk_film` FOREIGN KEY (`film_id`) REFERENCES `film` (`film_id`) ON DELETE CASCADE);
CREATE TRIGGER busy BEFORE INSERT ON film FOR EACH ROW SET NEW.title = upper(NEW.title);
"""


def test_what_can_be_held_is() -> None:
    drawing = drawing_of(read_ddl(MYSQL, "mysql")).drawing
    assert check(drawing) == ()
    film, shown = drawing.tables
    kinds = {column.name: str(canonical(column)) for column in film.columns}
    assert kinds == {
        "film_id": "INTEGER",
        "title": "VARCHAR(128)",
        "year": "SMALLINT",
        "rate": "DECIMAL(4, 2)",
        "rating": "ENUM(G, PG-13)",
        "features": "VARCHAR(23)",
        "area": "TEXT",
        "changed": "TIMESTAMPTZ(0)",
        "twice": "INTEGER",
    }
    assert [(c.name, c.default_value) for c in film.columns if c.default_value] == [
        ("rate", "4.99"),
        ("rating", "G"),
        ("changed", "CURRENT_TIMESTAMP"),
    ]
    assert film.column("film.film_id").auto_increment and not film.column("film.film_id").nullable
    assert [index.columns for index in film.indexes] == [("film.title",)]
    assert [item.expression for item in film.checks] == ['"rate" >= 0 AND "rate" <= 99.5 AND char_length("title") > 0']
    assert shown.indexes == ()
    assert [(key.source_columns, key.target_columns, key.on_delete) for key in drawing.foreign_keys] == [
        (("shown.film_id",), ("film.film_id",), "CASCADE")
    ]


def test_what_cannot_is_told() -> None:
    lost = " | ".join(drawing_of(read_ddl(MYSQL, "mysql")).lost)
    for words in (
        "film.film_id: smallint unsigned, kept as INTEGER",
        "film.year: year",
        "film.features: set(",
        "film.area: geometry, kept as TEXT",
        "film.twice: it is computed",
        "the index words",
        "the check odd",
        "the trigger busy",
    ):
        assert words in lost, words


def test_ids_positions_and_generators_are_taken_over() -> None:
    column = Column("c9", "Title", "TEXT", generator={"type": "sentence"})
    like = Drawing((Table("t9", "SHOWN"), Table("t7", "film", (column,), Position(3, 4))))
    drawing = drawing_of(read_ddl(MYSQL, "mysql"), like).drawing
    assert [(table.id, table.name) for table in drawing.tables] == [("t9", "shown"), ("t7", "film")]
    film = drawing.table("t7")
    assert film.position == Position(3, 4)
    assert film.column("c9").generator == {"type": "sentence"}
    assert (film.column("c9").name, film.columns[0].id) == ("title", "t7.film_id")


def test_partitions_and_second_schemas() -> None:
    text = """
    CREATE TABLE log (at date NOT NULL, note text) PARTITION BY RANGE (at);
    CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE app.things (id int PRIMARY KEY, "when" tsrange, nums int[], low citext UNIQUE);
    CREATE UNIQUE INDEX part ON app.things (id) WHERE id > 5;
    """
    read = drawing_of(read_ddl(text, "postgresql"))
    assert [table.name for table in read.drawing.tables] == ["things", "log"]
    assert [column.data_type for column in read.drawing.tables[0].columns] == ["INTEGER", "VARCHAR", "INTEGER[]", "TEXT"]
    assert read.drawing.tables[0].columns[3].unique
    told = " | ".join(read.lost)
    assert all(
        words in told
        for words in ("in the schema app", "log_1: a partition", "how it is partitioned", "unique index part", "CITEXT")
    )


def test_comments_of_sql_server() -> None:
    text = """
    CREATE TABLE [a b] ([x y] INT NOT NULL PRIMARY KEY);
    EXEC sp_addextendedproperty N'MS_Description', N'it''s', N'SCHEMA', N'dbo', N'TABLE', N'a b';
    EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'col', @level0type = N'SCHEMA', @level0name = N'dbo',
      @level1type = N'TABLE', @level1name = N'a b', @level2type = N'COLUMN', @level2name = N'x y';
    EXEC ('whatever');
    """
    catalog = read_ddl(text, "sqlserver")
    assert catalog.warnings == ()
    table = drawing_of(catalog).drawing.tables[0]
    assert (table.comment, table.columns[0].comment) == ("it's", "col")


def test_a_check_of_what_a_key_may_change_is_lost_and_told() -> None:
    made = """
    CREATE TABLE a (id integer PRIMARY KEY);
    CREATE TABLE b (x integer REFERENCES a ON DELETE SET NULL, y integer REFERENCES a ON DELETE CASCADE,
      CONSTRAINT of_x CHECK (x > 0), CONSTRAINT of_y CHECK (y > 0));
    """
    read = drawing_of(read_ddl(made, "postgresql"))
    assert check(read.drawing) == ()
    assert [item.name for item in read.drawing.tables[1].checks] == ["of_y"]
    assert read.lost == ("b: the check of_x, which names a column that a foreign key may change",)

"""Migrations applied to the database of the old version give exactly that of the new one, and keep rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from services.common.databases import connect
from services.common.databases.catalog import introspect
from services.common.errors import MockcraftError
from services.schemas import ddl
from services.schemas.checking import check
from services.schemas.comparison import differences
from services.schemas.drawing import Check, Column, Dialect, Drawing, ForeignKey, Index, Table, Unique
from services.schemas.migration import script
from services.schemas.reading import drawing_of
from tests.clinic import clinic
from tests.edits import versions
from tests.servers import MariaDb, Postgres

SLOW = settings(deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck), database=None, derandomize=True)


def _run(url: str, statements: Sequence[str]) -> None:
    database: Any = connect(url)
    try:
        for statement in statements:
            try:
                database.execute(statement)
            except Exception as error:
                raise AssertionError(f"{error} in {statement}; of {statements}") from error
    finally:
        database.close()


def _drift(url: str, drawing: Drawing, dialect: Dialect) -> list[str]:
    read = drawing_of(introspect(url), drawing)
    return [*read.lost, *map(str, differences(drawing, read.drawing, dialect))]


def _holds(url: str, dialect: Dialect, found: Sequence[Drawing]) -> None:
    """Each version made of the one before."""
    _run(url, ddl.statements(found[0], dialect))
    for old, new in pairwise(found):
        made = script(old, new, dialect)
        _run(url, made.statements)
        assert _drift(url, new, dialect) == [], (made.statements, new)


def _mariadb_url(server: MariaDb) -> str:
    return f"mariadb://mockcraft:secret@127.0.0.1:{server.port}/{server.database()}"


class TestRandomEdits:
    @settings(SLOW, max_examples=60)
    @given(versions())
    def test_in_sqlite(self, found: tuple[Drawing, ...]) -> None:
        with TemporaryDirectory() as folder:
            _holds(f"sqlite:///{folder}/made.db", "sqlite", found)

    def test_in_postgresql(self, postgres: Postgres) -> None:
        @settings(SLOW, max_examples=30)
        @given(versions())
        def holds(found: tuple[Drawing, ...]) -> None:
            _holds(postgres.database(), "postgresql", found)

        holds()

    def test_in_mariadb(self, mariadb: MariaDb) -> None:
        @settings(SLOW, max_examples=30)
        @given(versions(1))
        def holds(found: tuple[Drawing, ...]) -> None:
            _holds(_mariadb_url(mariadb), "mysql", found)

        holds()


# --- rows ---------------------------------------------------------------------------------------------------------------


def _before() -> Drawing:
    boss = Table("t1", "people", (
        Column("id", "id", "INTEGER", nullable=False, primary_key=True, auto_increment=True),
        Column("name", "name", "VARCHAR(40)"),
        Column("state", "state", "ENUM", enum_values=("new", "old", "gone"), default_value="new"),
        Column("age", "age", "VARCHAR(5)"),
        Column("ok", "ok", "BOOLEAN"),
        Column("first", "first", "VARCHAR(10)"),
        Column("second", "second", "VARCHAR(10)"),
        Column("waste", "waste", "TEXT"),
        Column("born", "born", "DATE"),
    ))  # fmt: skip
    pets = Table("t2", "pets", (
        Column("id", "id", "INTEGER", nullable=False, primary_key=True),
        Column("owner", "owner", "INTEGER", nullable=False),
    ), indexes=(Index(("owner",)),))  # fmt: skip
    gone = Table("t3", "gone", (Column("id", "id", "INTEGER", nullable=False, primary_key=True),))
    return Drawing((boss, pets, gone), (ForeignKey("k", "t2", ("owner",), "t1", ("id",), "CASCADE"),))


def _after() -> Drawing:
    """Names swapped and changed, types, keys and columns other ones."""
    people = Table("t1", "pets", (
        Column("id", "number", "BIGINT", nullable=False, primary_key=True, auto_increment=True),
        Column("state", "state", "ENUM", nullable=False, enum_values=("old", "new", "fresh"), default_value="fresh"),
        Column("name", "name", "TEXT", nullable=False, default_value="nobody"),
        Column("age", "age", "SMALLINT"),
        Column("ok", "ok", "INTEGER"),
        Column("first", "second", "VARCHAR(20)"),
        Column("second", "first", "VARCHAR(10)"),
        Column("born", "born", "TIMESTAMP"),
        Column("added", "waste", "DECIMAL(8,2)", nullable=False),
        Column("flag", "flag", "BOOLEAN", nullable=False, default_value="true"),
    ), uniques=(Unique(("id", "state")),), checks=(Check("age >= 0"),))  # fmt: skip
    animals = Table("t2", "animals", (
        Column("owner", "owner", "BIGINT", nullable=False, primary_key=True),
        Column("id", "id", "INTEGER", nullable=False, primary_key=True),
    ))  # fmt: skip
    return Drawing((people, animals), (ForeignKey("k", "t2", ("owner",), "t1", ("id",), "CASCADE"),))


ROWS = (
    "INSERT INTO people (id, name, state, age, ok, first, second, waste, born) "
    "VALUES (7, 'it''s', 'old', '41', {true}, 'a', 'b', 'w', '2001-02-03')",
    "INSERT INTO people (id, name, state, age, ok, first, second) VALUES (8, NULL, 'gone', NULL, NULL, NULL, NULL)",
    "INSERT INTO pets (id, owner) VALUES (1, 7)",
    "INSERT INTO pets (id, owner) VALUES (2, 8)",
    "INSERT INTO gone (id) VALUES (1)",
)


def _keeps_rows(url: str, dialect: Dialect) -> list[tuple[Any, ...]]:
    """Migrate there and back, and there; then what the people are."""
    truth = "TRUE" if dialect == "postgresql" else "1"
    _run(url, (*ddl.statements(_before(), dialect), *(row.replace("{true}", truth) for row in ROWS)))
    made = script(_before(), _after(), dialect)
    _run(url, made.statements)
    assert _drift(url, _after(), dialect) == []
    quoted = "`" if dialect == "mysql" else '"'
    names = ", ".join(
        f"{quoted}{name}{quoted}" for name in ("number", "name", "state", "age", "ok", "first", "second", "waste", "flag")
    )
    database: Any = connect(url)
    try:
        rows = database.query(f"SELECT {names} FROM pets ORDER BY 1")
        assert database.query("SELECT owner, id FROM animals ORDER BY 1") == [(7, 1), (8, 2)]
        database.execute("INSERT INTO pets (name, waste) VALUES ('next', 1)")
        assert database.query("SELECT count(*) FROM pets WHERE name = 'next' AND state = 'fresh'") == [(1,)]
    finally:
        database.close()
    _run(url, script(_after(), _before(), dialect).statements)
    assert _drift(url, _before(), dialect) == []
    told = " ".join(made.warnings)
    assert all(
        word in told for word in ("table gone goes", "waste: the column goes", "rows with gone lose", "without a value get")
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5], row[6], float(row[7]), int(row[8])) for row in rows]


KEPT = [(7, "it's", "old", 41, 1, "b", "a", 0.0, 1), (8, "nobody", "fresh", None, None, None, None, 0.0, 1)]


class TestRows:
    def test_in_sqlite(self, tmp_path: Path) -> None:
        assert _keeps_rows(f"sqlite:///{tmp_path}/made.db", "sqlite") == KEPT

    def test_in_postgresql(self, postgres_url: str) -> None:
        assert _keeps_rows(postgres_url, "postgresql") == KEPT

    def test_in_mariadb(self, mariadb_url: str) -> None:
        assert _keeps_rows(mariadb_url, "mysql") == KEPT

    def test_drawings_are_possible(self) -> None:
        assert check(_before()) == check(_after()) == ()


def _crossed(names: str) -> Drawing:
    """A table whose columns `a`, `b` have these names; keys and indexes go by names, and read the same for both orders."""
    first, second = names
    parent = Table("t1", "parent", (Column("id", "id", "INTEGER", nullable=False, primary_key=True),))
    ids = {first: "a", second: "b"}
    group = (ids["x"], ids["y"])
    child = Table("t2", "child", (
        Column("a", first, "INTEGER", nullable=False), Column("b", second, "INTEGER", nullable=False),
    ), uniques=(Unique((ids["x"],), "only"),), indexes=(Index(group, "both"),))  # fmt: skip
    keys = (ForeignKey("k", "t2", ("a",), "t1", ("id",)), ForeignKey("l", "t2", ("b",), "t1", ("id",), "CASCADE"))
    return Drawing((parent, child), keys)


class TestCrossedNames:
    """Indexes that read the same before and after are others where the columns have changed names."""

    def _holds(self, url: str, dialect: Dialect) -> None:
        _holds(url, dialect, (_crossed("xy"), _crossed("yx"), _crossed("xy")))
        _run(url, ("INSERT INTO parent (id) VALUES (1), (2)", "INSERT INTO child (x, y) VALUES (1, 1), (2, 1)"))

    def test_in_sqlite(self, tmp_path: Path) -> None:
        self._holds(f"sqlite:///{tmp_path}/made.db", "sqlite")

    def test_in_postgresql(self, postgres_url: str) -> None:
        self._holds(postgres_url, "postgresql")

    def test_in_mariadb(self, mariadb_url: str) -> None:
        self._holds(mariadb_url, "mysql")


def _doubted() -> tuple[Drawing, Drawing]:
    """A change that some rows would stop, in every way there is."""
    key = Column("id", "id", "INTEGER", nullable=False, primary_key=True)
    columns = (Column("a", "a", "INTEGER"), Column("b", "b", "TEXT"), Column("c", "c", "VARCHAR(9)"), Column("d", "d", "BIGINT"))
    old = Table("t", "t", (key, *columns))
    changed = (
        replace(columns[0], unique=True), replace(columns[1], data_type="DATE"), replace(columns[2], data_type="VARCHAR(4)"),
        replace(columns[3], data_type="INTEGER"), Column("e", "e", "INTEGER", nullable=False, unique=True),
    )  # fmt: skip
    new = Table("t", "t", (key, *changed), checks=(Check("a > 0"),))
    return Drawing((old,)), Drawing((new,), (ForeignKey("k", "t", ("d",), "t", ("id",)),))


def test_what_rows_may_stop_is_said() -> None:
    told = script(*_doubted(), "postgresql").warnings
    ends = [sentence for sentence in told if "stop the migration" in sentence]
    assert ends == [
        "t: rows that are alike in a, which become unique, stop the migration.",
        "t: rows that are alike in e, which become unique, stop the migration.",
        "t.b: values that are no DATE stop the migration.",
        "t.c: values that are no VARCHAR(4) stop the migration.",
        "t.d: values that are no INTEGER stop the migration.",
        "t: rows against the check a > 0 stop the migration.",
        "t: rows whose d refer to nothing in t stop the migration, or break its key.",
    ]
    back = script(*reversed(_doubted()), "postgresql").warnings
    assert [sentence for sentence in back if "stop the migration" in sentence] == [], "wider types and fewer rules stop nothing"


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
def test_nothing_changed_is_nothing_to_do(dialect: Dialect) -> None:
    assert script(clinic(), clinic(), dialect).statements == ()
    moved = replace(clinic(), tables=tuple(replace(table, position=type(table.position)(9, 9)) for table in clinic().tables))
    assert script(clinic(), moved, dialect) == script(clinic(), clinic(), dialect)


def test_sql_server_is_refused() -> None:
    with pytest.raises(MockcraftError, match="SQL Server"):
        script(clinic(), clinic(), "sqlserver")

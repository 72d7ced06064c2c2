"""Drawings made in real databases and read back: nothing is missing, nothing is different, nothing else was done."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from services.common.databases import connect
from services.common.databases.catalog import read_ddl
from services.schemas import ddl
from services.schemas.checking import check
from services.schemas.comparison import differences
from services.schemas.drawing import DIALECTS, Check, Column, Dialect, Drawing, ForeignKey, Index, Table
from services.schemas.reading import drawing_of
from tests.clinic import clinic
from tests.drawings import create, drawings
from tests.servers import MariaDb, Postgres

SLOW = settings(deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck), database=None, derandomize=True)


def _drift(drawing: Drawing, url: str, dialect: Dialect) -> list[str]:
    read = create(drawing, url, dialect)
    return [*read.lost, *map(str, differences(drawing, read.drawing, dialect))]


def _sqlite(drawing: Drawing) -> list[str]:
    with TemporaryDirectory() as folder:
        return _drift(drawing, f"sqlite:///{folder}/made.db", "sqlite")


def _mariadb_url(server: MariaDb) -> str:
    return f"mariadb://mockcraft:secret@127.0.0.1:{server.port}/{server.database()}"


class TestTwelveTables:
    def test_has_nothing_wrong(self) -> None:
        assert len(clinic().tables) == 12
        assert [found for dialect in (None, *DIALECTS) for found in check(clinic(), dialect)] == []

    def test_in_sqlite(self) -> None:
        assert _sqlite(clinic()) == []

    def test_in_postgresql(self, postgres_url: str) -> None:
        assert _drift(clinic(), postgres_url, "postgresql") == []

    def test_in_mariadb(self, mariadb_url: str) -> None:
        assert _drift(clinic(), mariadb_url, "mysql") == []

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_as_a_file(self, dialect: Dialect) -> None:
        assert _script_drift(clinic(), dialect) == []

    def test_keys_of_circles_come_by_alter(self) -> None:
        for dialect in ("postgresql", "mysql", "sqlserver"):
            assert any(text.startswith("ALTER TABLE") for text in ddl.statements(clinic(), dialect))  # type: ignore[arg-type]
        assert not any(text.startswith("ALTER TABLE") for text in ddl.statements(clinic(), "sqlite"))

    def test_a_change_is_seen(self, postgres_url: str) -> None:
        create(clinic(), postgres_url, "postgresql")
        database = connect(postgres_url)
        database.execute('ALTER TABLE "rooms" DROP COLUMN "kind", ALTER COLUMN "beds" DROP NOT NULL')  # type: ignore[union-attr]
        database.execute('DROP TABLE "order"')  # type: ignore[union-attr]
        database.close()
        read = create(Drawing(), postgres_url, "postgresql")
        found = {(drift.kind, drift.table, drift.column) for drift in differences(clinic(), read.drawing, "postgresql")}
        assert found == {
            ("COLUMN_MISSING", "rooms", "kind"),
            ("NULLABLE", "rooms", "beds"),
            ("TABLE_MISSING", "order", ""),
            ("FOREIGN_KEY_MISSING", "order", ""),
        }


def _script_drift(drawing: Drawing, dialect: Dialect) -> list[str]:
    catalog = read_ddl(ddl.script(drawing, dialect), dialect)
    read = drawing_of(catalog, drawing)
    told = [warning.message for warning in catalog.warnings]
    told += [lost for lost in read.lost if dialect != "sqlserver" or not lost.endswith("takes two NULLs for the same")]
    return [*told, *map(str, differences(drawing, read.drawing, dialect))]


HOSTILE = (
    'a"; DROP TABLE "victim"; --',
    "b'); DELETE FROM victim; --",
    "c`; DROP TABLE victim; -- ",
    "d]; DROP TABLE [victim]; --",
    "e\\",
    "f\\'",
    "g%s%%(x)s",
    "h:name",
    "select",
    "TABLE",
    "名前" * 10,
    "ü" * 31,
    "x" * 63,
    "null",
    "a.b",
    "{}",
    "$1",
    "?",
    "/*",
    "*/",
    "--",
    "''",
    '""',
)


def _hostile() -> Drawing:
    """Every name, text and value is one that would do harm where it is not quoted."""
    tables = []
    for number, name in enumerate(name.strip() for name in HOSTILE):
        other = HOSTILE[number - 1].strip()
        quoted = '"' + name.replace('"', '""') + '"'
        columns = (
            Column("key", name, "VARCHAR(80)", nullable=False, primary_key=True, default_value=other),
            Column("kind", other, "ENUM", enum_values=(name[:60], other[:60]), default_value=name[:60], comment=name),
            Column("next", f"{number}", "VARCHAR(80)"),
        )
        text = name.replace("'", "''")
        check = () if "\\" in name else (Check(f"{quoted} <> '{text}'", f"{name} ck"),)
        index = (Index(("next", "key"), name),)
        tables.append(Table(f"t{number}", name, columns, checks=check, indexes=index, comment=other))
    victim = Table("victim", "victim", (Column("key", "id", "INTEGER", nullable=False, primary_key=True),))
    keys = tuple(
        ForeignKey(f"k{n}", f"t{n}", ("next",), f"t{n - 1}", ("key",), name=HOSTILE[n].strip()) for n in range(1, len(tables))
    )
    return Drawing((*tables, victim), keys)


class TestHostileNames:
    def test_are_allowed(self) -> None:
        assert check(_hostile()) == ()

    def test_in_sqlite(self) -> None:
        assert _sqlite(_hostile()) == []

    def test_in_postgresql(self, postgres_url: str) -> None:
        assert _drift(_hostile(), postgres_url, "postgresql") == []
        assert self._tables(postgres_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == self._named()

    def test_in_mariadb(self, mariadb_url: str) -> None:
        assert _drift(_hostile(), mariadb_url, "mysql") == []
        assert self._tables(mariadb_url, "SHOW TABLES") == self._named()

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_as_a_file(self, dialect: Dialect) -> None:
        assert _script_drift(_hostile(), dialect) == []

    @staticmethod
    def _named() -> set[str]:
        return {table.name for table in _hostile().tables}

    @staticmethod
    def _tables(url: str, sql: str) -> set[str]:
        database = connect(url)
        try:
            return {row[0] for row in database.query(sql)}  # type: ignore[union-attr]
        finally:
            database.close()


class TestRandomDrawings:
    @settings(SLOW, max_examples=80)
    @given(drawings())
    def test_in_sqlite(self, drawing: Drawing) -> None:
        assert check(drawing) == ()
        assert _sqlite(drawing) == []

    @settings(SLOW, max_examples=60)
    @given(drawings())
    def test_as_files(self, drawing: Drawing) -> None:
        assert {dialect: _script_drift(drawing, dialect) for dialect in DIALECTS} == {dialect: [] for dialect in DIALECTS}

    def test_in_postgresql(self, postgres: Postgres) -> None:
        @settings(SLOW, max_examples=30)
        @given(drawings(6))
        def holds(drawing: Drawing) -> None:
            assert _drift(drawing, postgres.database(), "postgresql") == []

        holds()

    def test_in_mariadb(self, mariadb: MariaDb) -> None:
        @settings(SLOW, max_examples=30)
        @given(drawings(6))
        def holds(drawing: Drawing) -> None:
            assert _drift(drawing, _mariadb_url(mariadb), "mysql") == []

        holds()

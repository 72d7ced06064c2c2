"""Profiles of tables in three databases: what is told of a column, and what never is."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from services.common.databases import Database, DatabaseError, connect
from services.common.databases.catalog import introspect
from services.common.databases.profiling import personal, profile
from tests.servers import MariaDb

_DDL = """
CREATE TABLE people (id INTEGER PRIMARY KEY, first_name VARCHAR(40), email VARCHAR(60), status VARCHAR(10), contact VARCHAR(60),
  sku VARCHAR(20), price DECIMAL(8,2), born DATE, seen TIMESTAMP NULL, note TEXT, flag BOOLEAN, date_of_birth DATE);
"""
_ROWS = 400


def _insert() -> str:
    values = []
    for n in range(_ROWS):
        status = "NULL" if n % 4 == 0 else "'new'" if n % 4 == 1 else "'old'"
        texts = f"'Ann{n % 3}', 'ann{n}@example.org', {status}, 'bob{n % 5}@example.org', 'AB-{1000 + n}'"
        day = f"'2020-01-{1 + n % 28:02d}'"
        values.append(
            f"({n + 1}, {texts}, {n}.50, {day}, '2020-01-01 00:00:{n % 60:02d}', 'free text {n % 2}', {n % 2} = 1, {day})"
        )
    return f"INSERT INTO people VALUES {', '.join(values)};"


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        connection = sqlite3.connect(tmp_path / "x.db")
        connection.executescript(_DDL + _insert())
        connection.close()
        url = f"sqlite:///{tmp_path / 'x.db'}"
    elif request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
        with psycopg.connect(url, autocommit=True) as live:
            live.execute((_DDL + _insert()).encode())
    else:
        server: MariaDb = request.getfixturevalue("mariadb")
        name = server.database()
        server.run(_DDL + _insert(), name)
        url = f"mariadb://mockcraft:secret@127.0.0.1:{server.port}/{name}"
    opened = connect(url)
    request.addfinalizer(opened.close)
    return opened  # type: ignore[return-value]


def test_what_is_told_and_what_is_not(database: Database) -> None:
    found = profile(database, introspect(database))
    assert not found.skipped and found.tables["people"].rows == _ROWS and found.tables["people"].complete
    columns = found.tables["people"].columns
    status = columns["status"]
    assert (status.rows, status.nulls, status.different, status.top) == (400, 100, 2, (("old", 200), ("new", 100)))
    assert (status.shortest, status.longest, status.mean_length) == (3, 3, 3.0)
    assert columns["sku"].pattern == "??-####" and columns["sku"].top == () and columns["sku"].different == 400
    assert columns["flag"].top in (((False, 200), (True, 200)),)
    assert (Decimal(str(columns["price"].low)), Decimal(str(columns["price"].high))) == (Decimal("0.5"), Decimal("399.5"))
    assert (columns["born"].low, columns["born"].high) == (date(2020, 1, 1), date(2020, 1, 28))
    assert columns["seen"].high == datetime(2020, 1, 1, 0, 0, 59)
    for name in ("first_name", "email", "contact", "note", "date_of_birth"):
        told = columns[name]
        assert told.withheld and (told.top, told.low, told.high) == ((), None, None), name
    assert "example" not in repr(found) and "Ann" not in repr(found) and "free text 1" not in repr(found)


def test_a_sample_is_spread_over_the_table(database: Database) -> None:
    found = profile(database, introspect(database), rows=50).tables["people"]
    assert found.rows == 50 and not found.complete
    if database.dialect != "postgresql":
        assert found.columns["id"].high > 300  # of ten stretches of the key


def test_no_time_no_rows_and_the_limit_is_taken_back(database: Database) -> None:
    found = profile(database, introspect(database), seconds=0)
    assert list(found.skipped) == ["people"] and not found.tables
    if database.dialect == "postgresql":
        profile(database, introspect(database), seconds=5)
        assert database.query("SHOW statement_timeout") != [("5s",)]


class _Broken:
    """A database whose tables cannot be read."""

    dialect = "sqlite"

    def __init__(self, code: str) -> None:
        self.code = code

    def query(self, sql: str, params: object = ()) -> list[tuple[object, ...]]:
        raise DatabaseError(self.code, "no")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_table_that_cannot_be_read_is_skipped_but_a_lost_database_is_not(database: Database) -> None:
    catalog = introspect(database)
    assert profile(_Broken("TARGET_PERMISSION"), catalog).skipped == {"people": "no"}  # type: ignore[arg-type]
    with pytest.raises(DatabaseError):
        profile(_Broken("TARGET_UNAVAILABLE"), catalog)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["email", "userEmail", "first_name", "phone_number", "customer_name", "ip_address", "notes", "DOB", "zip"]
)
def test_personal_names(name: str) -> None:
    assert personal(name)


@pytest.mark.parametrize(
    "name", ["status", "amount", "country_code", "filename", "rental_rate", "kind", "emails_sent_count", "zipper"]
)
def test_other_names(name: str) -> None:
    assert not personal(name)

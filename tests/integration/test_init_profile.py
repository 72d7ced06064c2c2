"""`init --profile` against filled databases: the schema follows what the rows look like, and holds nothing of a person."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from cli.main import main
from runner.schema import check
from tests.servers import MariaDb

CANARY = "Xyzzyqux"
_ROWS = 600
_DDL = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, first_name VARCHAR(40) NOT NULL, email VARCHAR(60), birth_date DATE, salary INTEGER,
  assigned_to VARCHAR(60), remark TEXT, code VARCHAR(20) NOT NULL, flag BOOLEAN NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, staff_id INTEGER NOT NULL REFERENCES staff (id), stage VARCHAR(10) NOT NULL,
  stars INTEGER NOT NULL, weight DECIMAL(8,2), points INTEGER, opened TIMESTAMP NULL, closed TIMESTAMP NULL, gift VARCHAR(400),
  size VARCHAR(4) NOT NULL CHECK (size IN ('S', 'M', 'L')));
"""


def _statements() -> str:
    staff, orders = [], []
    for n in range(1, _ROWS + 1):
        person = f"'{CANARY}{n % 5}', '{CANARY.lower()}{n % 5}@home.example', '1971-02-{1 + n % 28:02d}', {31337 + n % 3}"
        staff.append(f"({n}, {person}, '{CANARY} Jr', '{CANARY} called again', 'AB-{1000 + n}x', {int(n % 4 > 0)} = 1)")
        day = f"'2019-{1 + n % 3:02d}-{1 + n % 28:02d} 10:00:00'"
        points = "NULL" if n % 5 == 0 else str(7000 + n)
        texts = f"'{'a rather long wish for the gift ' * 4}{n}'"
        size = "S" if n % 10 == 0 else "M"
        orders.append(
            f"({n}, {n}, '{'won' if n % 4 else 'lost'}', {4 + n % 2}, {n}.25, {points}, {day}, NULL, {texts}, '{size}')"
        )
    return f"INSERT INTO staff VALUES {', '.join(staff)};\nINSERT INTO orders VALUES {', '.join(orders)};"


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        made = str(request.getfixturevalue("postgres").database())
        with psycopg.connect(made, autocommit=True) as live:
            live.execute((_DDL + _statements()).encode())
        return made
    if request.param == "mariadb":
        server: MariaDb = request.getfixturevalue("mariadb")
        name = server.database()
        server.run(_DDL + _statements(), name)
        return f"mariadb://mockcraft:secret@127.0.0.1:{server.port}/{name}"
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.executescript(_DDL + _statements())
    connection.close()
    return f"sqlite:///{tmp_path / 'shop.db'}"


def _columns(text: str, table: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)["tables"][table]["columns"]
    return found


def test_the_schema_follows_the_rows_and_no_person_is_in_it(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--db", url, "--profile", "-o", "-"]) == 0
    told = capsys.readouterr()
    assert check(told.out).plan is not None and "not looked at" not in told.err
    orders, staff = _columns(told.out, "orders"), _columns(told.out, "staff")
    assert orders["stage"]["values"] == {"won": 450, "lost": 150}
    assert orders["stars"]["values"] == {4: 300, 5: 300}
    assert orders["size"]["values"] == {"M": 540, "S": 60}
    assert (orders["points"]["min"], orders["points"]["max"], orders["points"]["null_rate"]) == (7001, 7599, 0.2)
    assert (float(orders["weight"]["min"]), float(orders["weight"]["max"])) == (1.25, 600.25)
    assert str(orders["opened"]["start"]).startswith("2019-01-01") and str(orders["opened"]["end"]).startswith("2019-03-28")
    assert orders["gift"]["gen"] == "sentence"  # 130 characters, of a name that tells nothing
    assert staff["flag"] == {"gen": "bool", "probability": 0.75}
    assert staff["code"]["template"] == "??-####^"
    for secret in (CANARY, CANARY.lower(), "31337", "1971", "home.example", "called again"):
        assert secret not in told.out + told.err, secret


def test_without_the_flag_rows_are_not_looked_at(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--db", url, "-o", "-"]) == 0
    text = capsys.readouterr().out
    assert "7001" not in text and "won" not in text and CANARY not in text


def test_a_table_that_may_not_be_read_is_said_and_made_from_its_name(postgres: Any, capsys: pytest.CaptureFixture[str]) -> None:
    made = postgres.database()
    with psycopg.connect(made, autocommit=True) as live:
        live.execute((_DDL + _statements()).encode())
        live.execute("DO $$ BEGIN CREATE ROLE looker LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        live.execute("GRANT SELECT ON orders TO looker")
    assert main(["init", "--db", made.replace("mockcraft:secret", "looker:x"), "--profile", "-o", "-"]) == 0
    told = capsys.readouterr()
    assert "not looked at: staff" in told.err
    assert "won: 450" in told.out

"""SQL dumps load into real servers and read back as the rows they were made of."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from runner.plan import Plan, Reference
from tests.servers import MariaDb
from tests.unit.formats.samples import EVERY_TYPE, HOSTILE, plan_of, table, written

PLAIN_HOSTILE = [v for v in HOSTILE if len(v) < 1000]


def every_type() -> tuple[Plan, pa.RecordBatch]:
    """A table of every type that refers to itself, with keys, a unique and an index."""
    columns: dict[str, tuple[str, list[Any]]] = {"id": ("int", [0, 1, 2, 3]), "boss": ("int", [None, 0, 0, 2]), **EVERY_TYPE}
    plan, batch = table(
        columns,
        name='every "type"',
        primary_key=("id",),
        unique=(("u",),),
        indexes=(("s", "i"),),
        references=(Reference(("boss",), 'every "type"', ("id",)),),
    )
    return plan_of(plan), batch


def hostile() -> tuple[Plan, pa.RecordBatch]:
    n = len(PLAIN_HOSTILE)
    plan, batch = table({"n": ("int", list(range(n))), "k'%s": ("text", PLAIN_HOSTILE), "p": ("text*", PLAIN_HOSTILE)})
    return plan_of(plan), batch


def dump(plan: Plan, batch: pa.RecordBatch, dialect: str) -> bytes:
    """All files of the dump in order."""
    options = {"create_table": True, "rows_per_statement": 3}
    return b"".join(written(plan, batch, format="sql", dialect=dialect, options=options).values())


def test_postgresql(postgres_url: str) -> None:
    import psycopg

    plan, batch = every_type()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(dump(plan, batch, "postgresql"))
        found = connection.execute('SELECT * FROM "every ""type""" ORDER BY id').fetchall()
        keys = connection.execute("SELECT contype, count(*) FROM pg_constraint WHERE conrelid > 0 GROUP BY 1").fetchall()
        connection.execute(dump(*hostile(), "postgresql"))
        texts = connection.execute('SELECT "k\'%s", p FROM t ORDER BY n').fetchall()
    expected = [_postgres_row(row) for row in batch.to_pylist()]
    assert [list(map(_plain, row)) for row in found] == expected
    assert {"p", "u", "f"} <= {k if isinstance(k, str) else k.decode() for k, _ in keys}
    assert texts == [(v, v) for v in PLAIN_HOSTILE]


def _postgres_row(row: dict[str, Any]) -> list[Any]:
    parsed = {**row, "j": None if row["j"] is None else json.loads(row["j"])}
    return list(map(_plain, parsed.values()))


def _plain(value: Any) -> Any:
    return str(value) if type(value).__name__ in ("UUID", "Decimal") else value


def test_mariadb(mariadb: MariaDb) -> None:
    database = mariadb.database()
    plan, batch = every_type()
    mariadb.run(dump(plan, batch, "mysql"), database)
    names = [c.name for c in plan.tables[0].written]
    shown = ", ".join(f"COALESCE(HEX(CAST(`{name}` AS CHAR CHARACTER SET utf8mb4)), 'NULL')" for name in names if name != "x")
    lines = mariadb.run(f"SELECT {shown}, COALESCE(HEX(x), 'NULL') FROM `every \"type\"` ORDER BY id", database).decode()
    found = [[_unhex(cell) for cell in line.split("\t")] for line in lines.splitlines()]
    assert found == [[_mysql_text(name, row[name]) for name in names] for row in batch.to_pylist()]
    keys = mariadb.run(
        "SELECT constraint_type FROM information_schema.table_constraints WHERE table_schema = DATABASE()", database
    )
    assert set(keys.decode().split("\n")) >= {"PRIMARY KEY", "UNIQUE", "FOREIGN KEY"}


def _unhex(cell: str) -> bytes | None:
    return None if cell == "NULL" else bytes.fromhex(cell)


def _mysql_text(name: str, value: Any) -> bytes | None:
    """How MariaDB casts the value to text."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, float):
        return b"-1e300" if value == -1e300 else f"{value:g}".encode()
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds" if name == "micro" else "seconds").encode()
    if isinstance(value, Decimal):
        return format(value, "f").encode()
    return str(int(value) if isinstance(value, bool) else value).encode()


def test_mariadb_hostile_texts(mariadb: MariaDb) -> None:
    database = mariadb.database()
    mariadb.run(dump(*hostile(), "mariadb"), database)
    lines = mariadb.run("SELECT HEX(`k'%s`), HEX(p) FROM t ORDER BY n", database).decode().splitlines()
    assert [line.split("\t") for line in lines] == [[v.encode().hex().upper()] * 2 for v in PLAIN_HOSTILE]

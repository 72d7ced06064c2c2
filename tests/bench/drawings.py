"""Drawings of twelve tables made in three databases, read back, and filled with 100,000 rows by one command each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from services.schemas.comparison import differences
from services.schemas.drawing import Dialect, Drawing
from services.schemas.filling import document
from services.schemas.reading import Read, drawing_of
from tests.bench.floors import Floor, show, shown
from tests.bench.runs import MOCKCRAFT, folder, run
from tests.clinic import clinic
from tests.drawings import create
from tests.drawings_held import rows, violations
from tests.integration.databases.filled_sakila import Place
from tests.servers import run_mariadb, run_postgres
from tests.unit.schemas.clinic import clinic as named_clinic

ROWS = 100_000
SERVERS: dict[str, Dialect] = {"postgresql": "postgresql", "mariadb": "mysql", "sqlite": "sqlite"}
DRAWINGS: dict[str, Callable[[], Drawing]] = {"twelve tables": clinic, "with generators, odd names": named_clinic}


def drawing_floors(total: int = ROWS) -> Iterator[Floor]:
    """Each database in turn, on a server of its own, each drawing in a database of its own."""
    for server, dialect in SERVERS.items():
        with ExitStack() as stack:
            opened = _opener(server, stack)
            for what, make in DRAWINGS.items():
                home = stack.enter_context(folder(None))
                yield from _floors(f"{server}, {what}", opened(home), make(), dialect, home, total)


def _opener(server: str, stack: ExitStack) -> Callable[[Path], Place]:
    """What makes empty databases."""
    if server == "postgresql":
        postgres = stack.enter_context(run_postgres())
        return lambda home: _postgres(postgres.database())
    if server == "mariadb":
        mariadb = stack.enter_context(run_mariadb())
        return lambda home: _mariadb(mariadb.port, mariadb.database())
    return lambda home: _sqlite(home / "made.db")


def _postgres(url: str) -> Place:
    import psycopg

    return Place("postgresql", url, lambda: psycopg.connect(url, autocommit=True))


def _mariadb(port: int, name: str) -> Place:
    import pymysql

    def connect() -> Any:
        return pymysql.connect(host="127.0.0.1", port=port, user="mockcraft", password="secret", database=name)

    return Place("mariadb", f"mariadb://mockcraft:secret@127.0.0.1:{port}/{name}", connect)


def _sqlite(file: Path) -> Place:
    import sqlite3

    return Place("sqlite", f"sqlite:///{file}", lambda: sqlite3.connect(file))


def _floors(name: str, place: Place, drawing: Drawing, dialect: Dialect, home: Path, total: int) -> Iterator[Floor]:
    yield _same(f"{name}: introspected, different from the drawing", drawing, create(drawing, place.url, dialect), dialect)
    filled = document(drawing, dialect, {}, 1, total_rows=total)
    schema = home / "schema.yaml"
    schema.write_text(filled.text, encoding="utf-8")
    command = ["env", f"MOCKCRAFT_DATA_DIR={home / 'data'}", MOCKCRAFT, "seed", "--config", str(schema), "--db", place.url]
    done = run([*command, "--progress", "json"])
    yield shown(f"{name}: seeded in", f"{done.seconds:.1f} s ({total / done.working:,.0f} rows/s loading)")
    with place.asking() as ask:
        there = rows(ask, drawing, dialect)
        yield Floor(f"{name}: rows in the tables", f"{total:,}", f"{sum(there.values()):,}", sum(there.values()) == total)
        found = violations(ask, drawing, dialect)
    yield _same(f"{name}: the same after the load", drawing, drawing_of(place.catalog(), drawing), dialect)
    wrong = [f"{what}: {number:,}" for what, number in found.items() if number]
    yield Floor(f"{name}: rules that rows break", f"0 of {len(found)}", "; ".join(wrong[:5]) or "0", not wrong)


def _same(what: str, drawing: Drawing, read: Read, dialect: Dialect) -> Floor:
    apart = [*read.lost, *map(str, differences(drawing, read.drawing, dialect))]
    return Floor(what, "0", "; ".join(apart[:5]) or "0", not apart)


if __name__ == "__main__":
    raise SystemExit(not show(drawing_floors(), "drawings"))

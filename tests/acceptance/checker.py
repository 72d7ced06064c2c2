"""Checks written Parquet files against the schema document that they were made from, in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from tests.acceptance.claims import Claim, of_link, of_table
from tests.acceptance.columns import of_column
from tests.acceptance.expressions import MACROS, quoted
from tests.acceptance.reading import Document, read


def load(files: Mapping[str, Sequence[Path]]) -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables of the files; `_row` is a row's place in its table."""
    db = duckdb.connect(config={"threads": 1})
    for macro in filter(None, map(str.strip, MACROS.split(";\n"))):
        db.execute(macro)
    for name, parts in files.items():
        listed = ", ".join(f"'{part}'" for part in parts)
        db.execute(
            f"CREATE TABLE {quoted(name)} AS SELECT * RENAME (file_row_number AS _row) "
            f"FROM read_parquet([{listed}], file_row_number = true)"
        )
    return db


def claims(document: Document, rows: Mapping[str, int]) -> Iterator[Claim]:
    """Everything the schema promises."""
    for table in document.tables.values():
        yield from of_table(table, document, rows)
        for link in table.links.values():
            yield from of_link(table, link, document, rows)
        for name, column in table.columns.items():
            if "ref" not in column:
                yield from of_column(table, name, document, rows[table.name])


def broken(schema: Mapping[str, Any], files: Mapping[str, Sequence[Path]]) -> tuple[list[str], int]:
    """The promises that the files break, in words, and how many were looked at."""
    document = read(schema)
    assert list(files) and set(files) == set(document.tables)
    with load(files) as db:
        rows = {name: _number(db, f"SELECT count(*) FROM {quoted(name)}") for name in document.tables}
        made = list(claims(document, rows))
        found = [f"{c.table}: {c.what}: {n}" for c in made if (n := _answer(db, c))]
    return found, len(made)


def _answer(db: duckdb.DuckDBPyConnection, claim: Claim) -> str:
    """How many rows break a promise, nothing where none does; why it could not be asked, where a column is missing."""
    try:
        number = _number(db, claim.query)
    except duckdb.Error as error:
        return f"{error}\n{claim.query}"
    return f"{number} rows" if number else ""


def _number(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(query).fetchone()
    assert row is not None and row[0] is not None, query
    return int(row[0])

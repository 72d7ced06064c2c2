"""Opening the databases that the MySQL tests load into, and rows that are hard to carry."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from runner.logical import arrow_type
from runner.types import Type
from services.common.databases import Rules, check_target
from services.common.databases.mysql import connect
from services.common.databases.mysql.database import MysqlDatabase

HARD_TEXTS = [
    None, "", " ", "a", "NULL", "\\N", "\\", "\\\\", "tab\there", "new\nline", "\r\n", "nul\0byte", "it's", '"double"', "`tick`",
    "comma, (paren)", "100%", "%s %(x)s", "?", "{v}", "@v", "Ünïcödé", "漢字", "🦊👩\u200d👧", "\x1a", "\x01\x7f", "-- no",
    "/* */;\n", "trailing ", "\\t\\n\\0", "x" * 70_000,
]  # fmt: skip
EXTREMES: dict[str, list[Any]] = {
    "int": [0, 1, -1, 2**31 - 1, -(2**31), 7],
    "bigint": [0, 1, -1, 2**63 - 1, -(2**63), 10**15],
    "float": [0.0, 0.1, -1.5, 1.7976931348623157e308, 2.2250738585072014e-308, 5e-324, 1 / 3],
    "decimal(12,2)": [Decimal(x) for x in ("0.00", "-0.01", "9999999999.99", "-9999999999.99", "1.10", "100.00")],
    "decimal(38,18)": [Decimal(x) for x in ("0.000000000000000001", "12345678901234567890.123456789012345678", "-1.5")],
    "bool": [True, False, True, False, True, True],
    "date": [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(1970, 1, 1), datetime.date(2024, 2, 29)],
    "time": [datetime.time(0), datetime.time(23, 59, 59), datetime.time(12, 30)],
    "time(3)": [datetime.time(0), datetime.time(23, 59, 59, 999_000), datetime.time(12, 30, 0, 1_000)],
    "time(6)": [datetime.time(0), datetime.time(23, 59, 59, 999_999), datetime.time(12, 30, 0, 1)],
    "datetime": [datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59)],
    "datetime(3)": [datetime.datetime(1969, 12, 31, 23, 59, 59, 999_000), datetime.datetime(2024, 3, 31, 2, 30, 0, 1_000)],
    "datetime(6)": [datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999), datetime.datetime(2024, 3, 31, 2, 30, 0, 1)],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff"],
    "json": ['{"a": [1, "x\\ty", null]}', '"\\\\ and \\""', "[]", '{"ü": "漢"}'],
    "bytes": [b"", b"\0", bytes(range(256)), b"\\N", b"\t\n", b"x" * 70_000],
    "text": HARD_TEXTS[1:],
    "string(40)": [text for text in HARD_TEXTS[1:] if len(text) <= 40],
    "array(int)": [[], [1, -2, None], [2**53]],
    "array(text)": [[], ["a", 'q"uote', "b\\s", "t\tn\n", "漢", None]],
    "array(decimal(20,4))": [[Decimal("1.1000"), None], [Decimal("1234567890123456.7890")]],
    "array(datetime(3))": [[datetime.datetime(2024, 1, 2, 3, 4, 5, 6_000)], []],
}  # fmt: skip


def checked(url: str, **rules: Any) -> str:
    return check_target(url, Rules(Path.cwd(), **rules))


@contextmanager
def opened(url: str) -> Iterator[MysqlDatabase]:
    database = connect(checked(url))
    try:
        yield database
    finally:
        database.close()


def batch(columns: dict[str, tuple[str, Sequence[Any]]]) -> tuple[pa.RecordBatch, list[Type]]:
    """Record batch and types of columns given as type and values."""
    types = [Type.parse(text) for text, _ in columns.values()]
    arrays = [pa.array(list(values), arrow_type(type_)) for type_, (_, values) in zip(types, columns.values(), strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns)), types


def stored(
    database: MysqlDatabase, table: str, names: Sequence[str], types: Sequence[Type], rows: int = 65_536
) -> list[dict[str, Any]]:
    """All rows, by the first column."""
    found = [row for part in database.read(table, names, types, rows) for row in part.to_pylist()]
    return sorted(found, key=lambda row: row[names[0]])

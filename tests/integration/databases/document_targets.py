"""What the tests of targets without SQL share: a table of every type, marks, and loading by hand."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from runner.logical import arrow_type
from runner.ops import Row
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.types import Type
from services.common.databases import Entry, Mark, Rules, Target, check_target, connect

RULES = Rules(Path("/nowhere"))
FIRST = Mark("load", "seed_1", 1)
SECOND = Mark("load", "seed_1", 2)
DAY = datetime.date(1, 1, 1)
NIGHT = datetime.date(9999, 12, 31)

UUID_F = "f" * 8 + "-0000-4000-8000-" + "0" * 12
EPOCH = datetime.datetime(1970, 1, 1)

VALUES: dict[str, list[Any]] = {
    "id": [1, 2, 3, 4],
    "int": [-(2**63), 2**63 - 1, 0, None],
    "float": [0.1, -5e-324, 1e300, None],
    "decimal(12,2)": [Decimal("-9999999999.99"), Decimal("0.01"), Decimal("0.00"), None],
    "decimal(34,10)": [Decimal("123456789012345678901234.0123456789"), Decimal("-0.0000000001"), Decimal("1.0000000000"), None],
    "decimal(38,0)": [Decimal(10**38 - 1), Decimal(-(10**38) + 1), Decimal(0), None],
    "string(40)": ["", "a b\r\n\t\0'\"\\", "héllo 😀 漢字", None],
    "text": ["$5\r\n", "NULL", "x" * 5000, None],
    "bool": [True, False, True, None],
    "date": [DAY, NIGHT, datetime.date(1969, 12, 31), None],
    "time": [datetime.time(0), datetime.time(23, 59, 59), datetime.time(12, 30), None],
    "time(3)": [datetime.time(0, 0, 0, 1000), datetime.time(23, 59, 59, 999000), datetime.time(1), None],
    "time(6)": [datetime.time(0, 0, 0, 1), datetime.time(23, 59, 59, 999999), datetime.time(1), None],
    "datetime": [datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59), datetime.datetime(1969, 1, 1), None],
    "datetime(3)": [datetime.datetime(2020, 2, 29, 1, 2, 3, 4000), datetime.datetime(1, 1, 1), EPOCH, None],
    "datetime(6)": [datetime.datetime(2020, 2, 29, 1, 2, 3, 4), datetime.datetime(1, 1, 1), EPOCH, None],
    "uuid": ["1b231101-b98b-4fd8-9674-7562fd717589", "00000000-0000-0000-0000-000000000000", UUID_F, None],
    "json": ['{"a":[1,2.5,null,{"b":"é"}],"c":true}', "[]", '"text"', None],
    "bytes": [b"", b"\0\xff\r\n$3", bytes(range(256)), None],
    "array(int)": [[], [1, None, -3], [2**62], None],
    "array(text)": [["a", None, 'b"\\,{}'], [], ["é😀"], None],
    "array(decimal(20,3))": [[Decimal("12345678901234567.890")], [None], [], None],
    "array(date)": [[DAY, None], [NIGHT], [], None],
    "array(datetime(6))": [[datetime.datetime(2020, 1, 1, 0, 0, 0, 1)], [], [None], None],
    "array(bytes)": [[b"\0\1", b""], [], [None], None],
    "array(bool)": [[True, False, None], [], [True], None],
}  # fmt: skip
"""A column of every type under the name of its type; `id` is the key."""


def every_type() -> tuple[TablePlan, pa.RecordBatch]:
    """A table with a column of each type, and four rows: the last one all null but for the key."""
    kinds = {name: Type.parse("int" if name == "id" else name) for name in VALUES}
    arrays = [pa.array(values, arrow_type(kinds[name])) for name, values in VALUES.items()]
    return table_of("every", kinds, ("id",)), pa.RecordBatch.from_arrays(arrays, names=list(VALUES))


def table_of(name: str, kinds: dict[str, Type], key: Sequence[str], rows: int = 0) -> TablePlan:
    """A table whose batches are made by hand."""
    columns = tuple(ColumnPlan(column, kind, Row(), nullable=column not in key) for column, kind in kinds.items())
    return TablePlan(name, rows, columns, tuple(key))


def plan_of_tables(*tables: TablePlan) -> Plan:
    return Plan(1, "2026-01-01", "en", tables)


PAIRS = table_of("pairs", {"id": Type("int"), "word": Type("text")}, ("id",))


def pairs(start: int, stop: int, word: str = "word") -> pa.RecordBatch:
    """Rows of `PAIRS`; words of a dictionary, every seventh null."""
    words = pa.array([None if i % 7 == 3 else f"{word} {i % 5}" for i in range(start, stop)]).dictionary_encode()
    return pa.RecordBatch.from_arrays([pa.array(range(start, stop), pa.int64()), words], names=["id", "word"])


def open_target(url: str) -> Target:
    """The target of a URL that passes its check."""
    target = connect(check_target(url, RULES))
    assert hasattr(target, "load_block")
    return target


def prepared(target: Target, *tables: TablePlan, mark: Mark = FIRST, mode: str = "append") -> dict[tuple[str, int], Entry]:
    """Claim, then prepare with one lane a table."""
    assert target.claim(mark) == {}
    return target.prepare(mark, plan_of_tables(*tables), mode, [Entry(""), *(Entry(t.name) for t in tables)])


def load(
    target: Target, table: TablePlan, batch: pa.RecordBatch, first: int, entry: Entry, mark: Mark = FIRST, mode: str = "append"
) -> Entry:
    """One block; how far the lane is then."""
    after = entry.after(1024, first + batch.num_rows, 0, 0.0)
    sent = target.load_block(mark, table, batch, first, after, mode)
    return replace(after, bytes=after.bytes + sent)


def rows_of(target: Target, table: TablePlan) -> list[dict[str, Any]]:
    """All rows as Python values, in the order of the first column."""
    names = [c.name for c in table.written]
    found = [row for batch in target.read(table, names, rows=1000) for row in batch.to_pylist()]
    return sorted(found, key=lambda row: str(row[names[0]]).rjust(30))

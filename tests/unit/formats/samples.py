"""Batches made by hand for tests of the formats, and an engine that serves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

from runner.formats import open_format
from runner.logical import arrow_type
from runner.ops import Row
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.spec import Output
from runner.types import Type

HOSTILE = [
    "plain", "", "a,b", 'say "hi"', '"', '""', "line\nbreak", "cr\rhere", "crlf\r\n", ";", "tab\there", "NULL", "\\N", "\\",
    "\\'", "'", "''", "O'Brien", "naïve – 東京 🎲", "=1+1", "+1", "-1", "@x", "\u2028", " lead", "trail ", "\x7f", "\x1b[0m",
    "\x01", "\x1a", "%s", "%", ":name", "?", "${x}", "null", "x" * 5000, "\u0301", "'); DROP TABLE users; --", "a\\b\\\\c",
    "/* c */", "-- c",
]  # fmt: skip


def table(columns: Mapping[str, tuple[str, list[Any]]], name: str = "t", **more: Any) -> tuple[TablePlan, pa.RecordBatch]:
    """A table plan and its rows from `name: (type, values)`; a type ending in `*` is dictionary-encoded."""
    plans, arrays = [], []
    for column, (kind, values) in columns.items():
        type_ = Type.parse(kind.rstrip("*"))
        array = pa.array(values, arrow_type(type_))
        arrays.append(array.dictionary_encode() if kind.endswith("*") else array)
        plans.append(ColumnPlan(column, type_, Row(), nullable=None in values))
    batch = pa.RecordBatch.from_arrays(arrays, names=list(columns))
    return TablePlan(name, batch.num_rows, tuple(plans), **more), batch


EVERY_TYPE: dict[str, tuple[str, list[Any]]] = {
    "i": ("int", [1, None, -(2**31), 2**31 - 1]),
    "b": ("bigint", [-(2**63), 2**63 - 1, 0, None]),
    "f": ("float", [0.1, -1e300, None, 5.0]),
    "d": ("decimal(12,2)", [Decimal("-0.05"), Decimal("1234567890.12"), None, Decimal("7.00")]),
    "w": ("decimal(38,10)", [Decimal("-0.0000000001"), None, Decimal(10) ** 27, Decimal("12.5")]),
    "s": ("string(40)", ["O'Brien", None, "", 'a,"b"\r\n\\']),
    "p": ("text*", ["pool", "pool", None, "other's"]),
    "t": ("bool", [True, False, None, True]),
    "day": ("date", [date(2024, 2, 29), date(1899, 12, 31), None, date(2100, 1, 1)]),
    "clock": ("time", [time(0, 0, 0), time(23, 59, 59), None, time(12, 30)]),
    "stamp": ("datetime", [datetime(2024, 2, 29, 23, 59, 59), datetime(1969, 12, 31, 23, 0), None, datetime(2000, 1, 1)]),
    "micro": (
        "datetime(6)",
        [datetime(2024, 1, 1, 0, 0, 0, 1), None, datetime(2024, 1, 1, 1, 2, 3, 450_000), datetime(1990, 1, 1)],
    ),
    "u": ("uuid", ["261e4f78-e23c-46b8-9c8b-887c79f916a1", None, "030c2096-95a5-4c68-a9eb-49ffb5fe3d3c", None]),
    "j": ("json", ['{"a": [1, "x\\"y"]}', "null", None, "[1, 2]"]),
    "x": ("bytes", [b"\x00\xff'\\", b"", None, b"abcd"]),
}


class Served:
    """An engine whose rows are there already."""

    def __init__(self, batch: pa.RecordBatch, block_rows: int = 65_536) -> None:
        self.batch, self.block_rows = batch, block_rows

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Slices at absolute multiples of the block size."""
        while start < stop:
            end = min(stop, (start // self.block_rows + 1) * self.block_rows)
            yield self.batch.slice(start, end - start)
            start = end


def plan_of(*tables: TablePlan) -> Plan:
    """A plan of the tables."""
    return Plan(0, "2025-01-01T00:00:00Z", "en_US", tables)


def written(plan: Plan, batch: pa.RecordBatch, block_rows: int = 65_536, **output: Any) -> dict[str, bytes]:
    """Every file of the plan's first table (or of none), whole."""
    fmt = open_format(plan, Output(**output))
    engine = Served(batch, block_rows)
    return {
        file.path: b"".join(bytes(p) for start, stop in file.units() for p in fmt.unit(file, engine, start, stop))
        for file in fmt.files()
    }


def one_file(plan: Plan, batch: pa.RecordBatch, block_rows: int = 65_536, **output: Any) -> bytes:
    """The only file."""
    (content,) = written(plan, batch, block_rows, **output).values()
    return content

"""Parquet: part files of a fixed row count in a folder per table, as dataset readers expect.

Every row group is written from one contiguous table of plain columns, so the bytes depend on the rows and on the
pinned pyarrow alone. Columns whose values are all different get no dictionary page. Whole seconds are stored as
milliseconds, the coarsest unit of Parquet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from runner.formats.common.base import Batches, FileJob, OptionError, Piece
from runner.formats.common.names import safe_stem, stems
from runner.formats.common.options import FILE_NAME, Option, read_options
from runner.logical import arrow_type
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.spec import Output
from runner.types import TICKS, Type

OPTIONS = (
    FILE_NAME,
    Option("compression", "text", "zstd", "Codec of the pages.", choices=("zstd", "snappy", "gzip", "lz4", "none")),
    Option("part_rows", "int", 524_288, "Rows of one part file.", low=1, high=16_777_216),
    Option("row_group_rows", "int", 131_072, "Rows of one row group; at most part_rows.", low=1, high=16_777_216),
)
_CONTENT_TYPE = "application/vnd.apache.parquet"


def create(plan: Plan, output: Output) -> Parquet:
    """The format for the plan. Raises `OptionError`."""
    return Parquet(plan, output)


class Parquet:
    """A folder per table with `<table>-00000.parquet`, ...; each part is one unit."""

    def __init__(self, plan: Plan, output: Output) -> None:
        self.plan = plan
        self.options: dict[str, Any] = read_options(output.options, OPTIONS)
        self.part_rows: int = self.options["part_rows"]
        self.group_rows: int = min(self.options["row_group_rows"], self.part_rows)
        self.codec: str = self.options["compression"] if output.compression == "none" else output.compression
        if self.options["file_name"] and len(plan.tables) != 1:
            raise OptionError("file_name", "file_name is for a schema of one table; this one makes a folder per table.")

    @cached_property
    def _stems(self) -> dict[str, str]:
        if self.options["file_name"]:
            return {self.plan.tables[0].name: safe_stem(self.options["file_name"])}
        return stems(t.name for t in self.plan.tables)

    def files(self) -> tuple[FileJob, ...]:
        """All parts of all tables; a table without rows has one empty part."""
        return tuple(part for table in self.plan.tables for part in self._parts(table))

    def _parts(self, table: TablePlan) -> Iterator[FileJob]:
        stem, size = self._stems[table.name], self.part_rows
        for number, start in enumerate(range(0, max(table.rows, 1), size)):
            name = f"{stem}-{number:05d}.parquet"
            yield FileJob(name, f"{stem}/{name}", table.name, start, min(start + size, table.rows), size, _CONTENT_TYPE)

    def unit(self, file: FileJob, engine: Batches, start: int, stop: int) -> list[Piece]:
        """The part as one finished file."""
        table = self.plan.table(file.table or "")
        schema = pa.schema([pa.field(c.name, _stored(c.type)) for c in table.written])
        sink = pa.BufferOutputStream()
        repeating = [c.name + ".list.element" * (c.type.kind == "array") for c in table.written if not _distinct(table, c)]
        with pq.ParquetWriter(
            sink, schema, compression=self.codec, use_dictionary=repeating or False, store_schema=False
        ) as writer:
            for at in range(start, stop, self.group_rows):
                batches = engine.batches(table.name, at, min(at + self.group_rows, stop))
                writer.write_table(contiguous(batches, schema), row_group_size=self.group_rows)
        return [sink.getvalue()]


def contiguous(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """The batches as one table of the schema with one chunk a column, dictionaries resolved."""
    columns = zip(*(batch.columns for batch in batches), strict=True)
    whole = [pa.concat_arrays([chunk.cast(f.type) for chunk in chunks]) for chunks, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(whole, schema=schema)


def _distinct(table: TablePlan, column: ColumnPlan) -> bool:
    return column.unique or column.type.kind == "uuid" or table.primary_key == (column.name,)


def _stored(kind: Type) -> pa.DataType:
    """The Arrow type a column is written as."""
    if kind.item is not None:
        return pa.list_(_stored(kind.item))
    if kind.kind in TICKS and not kind.precision:
        kind = replace(kind, precision=3)
    return arrow_type(kind)

"""What the text formats share: one file per table, units of 65,536 rows, header and footer, compression."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from runner.formats.common.base import UNIT_ROWS, Batches, FileJob, OptionError, Piece, UnencodableValue
from runner.formats.common.compression import CONTENT_TYPE, SUFFIX, compress
from runner.formats.common.names import safe_stem, stems
from runner.formats.common.options import Option, read_options
from runner.formats.text.cells import Style, cell
from runner.pieces import Part
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.spec import Output
from runner.vectors import Array


def cells(table: TablePlan, batch: pa.RecordBatch, style: Style) -> list[list[Part]]:
    """The parts of each written column's cells."""
    return [_cell(table, array, column, style) for array, column in zip(batch.columns, table.written, strict=True)]


def _cell(table: TablePlan, array: Array, column: ColumnPlan, style: Style) -> list[Part]:
    try:
        return cell(array, column.type, style)
    except UnencodableValue as error:
        raise UnencodableValue(f"{table.name}.{column.name}: {error}") from None


class TextFormat(ABC):
    """A format of one text file per table. Subclasses say what a batch, a header and a footer look like."""

    extension: str
    content_type: str

    def __init__(self, plan: Plan, output: Output, known: Sequence[Option]) -> None:
        self.plan, self.output = plan, output
        self.options: dict[str, Any] = read_options(output.options, tuple(known))
        if self.options["file_name"] and len(plan.tables) != 1:
            raise OptionError("file_name", "file_name is for a schema of one table; this one makes one file per table.")

    def files(self) -> tuple[FileJob, ...]:
        """One file per table, named after it."""
        names = stems(t.name for t in self.plan.tables)
        return tuple(self.file(self.stem(n, names[t.name]), t) for n, t in enumerate(self.plan.tables, start=1))

    def stem(self, number: int, safe: str) -> str:
        """The file's name without extension, for the table that is the `number`th to load."""
        return safe_stem(self.options["file_name"]) if self.options["file_name"] else safe

    def file(self, stem: str, table: TablePlan | None) -> FileJob:
        """The file of a table, or of none."""
        compression = self.output.compression
        name = f"{stem}.{self.extension}{SUFFIX[compression]}"
        content_type = CONTENT_TYPE[compression] or self.content_type
        return FileJob(name, name, table.name if table else None, 0, table.rows if table else 0, UNIT_ROWS, content_type)

    def unit(self, file: FileJob, engine: Batches, start: int, stop: int) -> list[Piece]:
        """The unit's rows with the header in the first and the footer in the last."""
        return compress(self._plain(file, engine, start, stop), self.output.compression)

    def _plain(self, file: FileJob, engine: Batches, start: int, stop: int) -> list[Piece]:
        if file.table is None:
            return [self.tail(file)]
        table = self.plan.table(file.table)
        pieces: list[Piece] = [self.header(table)] if start == 0 else []
        for batch in engine.batches(table.name, start, stop) if start < stop else ():
            pieces += self.encode(table, batch, start, table.rows)
            start += batch.num_rows
        return [*pieces, self.footer(table)] if stop == table.rows else pieces

    def header(self, table: TablePlan) -> bytes:
        """What comes before the first row."""
        return b""

    def footer(self, table: TablePlan) -> bytes:
        """What comes after the last row."""
        return b""

    def tail(self, file: FileJob) -> bytes:
        """The content of a file that belongs to no table."""
        raise KeyError(file.name)

    @abstractmethod
    def encode(self, table: TablePlan, batch: pa.RecordBatch, first_row: int, total_rows: int) -> list[Piece]:
        """The batch's rows as text. The batch holds the written columns from row `first_row` of `total_rows`."""

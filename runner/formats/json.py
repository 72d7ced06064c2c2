"""A JSON array of objects, one valid document per table; values as in JSON Lines.

Each object stands on its own line (`[`, objects separated by `,`, `]`); with `pretty` each member does, indented
by two blanks a level. A table without rows is `[]`.
"""

from __future__ import annotations

import pyarrow as pa

from runner.formats.common.base import Piece
from runner.formats.common.options import FILE_NAME, Option
from runner.formats.text.documents import DocumentFormat
from runner.formats.text.jsons import members
from runner.pieces import Part, gather
from runner.plan import Plan, TablePlan
from runner.spec import Output

OPTIONS = (FILE_NAME, Option("pretty", "bool", False, "One member a line, indented."))
_BETWEEN = b",\n"


def create(plan: Plan, output: Output) -> JsonArray:
    """The format for the plan. Raises `OptionError`."""
    return JsonArray(plan, output, OPTIONS)


class JsonArray(DocumentFormat):
    """One `.json` file per table."""

    extension, content_type = "json", "application/json"

    def stem(self, number: int, safe: str) -> str:
        """The table's name; `manifest.json` is the job's own file."""
        stem = super().stem(number, safe)
        return f"%{ord(stem[0]):02X}{stem[1:]}" if stem.lower() == "manifest" else stem

    def header(self, table: TablePlan) -> bytes:
        """The opening bracket."""
        return b"[\n" if table.rows else b"["

    def footer(self, table: TablePlan) -> bytes:
        """The closing bracket."""
        return b"\n]\n" if table.rows else b"]\n"

    def encode(self, table: TablePlan, batch: pa.RecordBatch, first_row: int, total_rows: int) -> list[Piece]:
        """An object per row, after a comma unless it is the first of all."""
        buffers: list[Piece] = list(gather([_BETWEEN, *self._object(table, batch)], batch.num_rows))
        if first_row == 0 and buffers:
            buffers[0] = memoryview(buffers[0])[len(_BETWEEN) :]
        return buffers

    def _object(self, table: TablePlan, batch: pa.RecordBatch) -> list[Part]:
        if not self.options["pretty"]:
            return [b"{", *members(table, batch, b"", b":"), b"}"]
        return [b"  {", *members(table, batch, b"\n    ", b": "), b"\n  }"]

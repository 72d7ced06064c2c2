"""JSON Lines: one object a line, UTF-8, `\\n`.

Decimals and whole numbers are JSON numbers with all their digits, datetimes RFC 3339 with `Z`, bytes Base64, columns
of type `json` nested as they are, NULL and the floats JSON has no word for `null`.
"""

from __future__ import annotations

import pyarrow as pa

from runner.formats.common.base import Piece
from runner.formats.common.options import FILE_NAME
from runner.formats.text.documents import DocumentFormat
from runner.formats.text.jsons import members
from runner.pieces import gather
from runner.plan import Plan, TablePlan
from runner.spec import Output

OPTIONS = (FILE_NAME,)


def create(plan: Plan, output: Output) -> JsonLines:
    """The format for the plan. Raises `OptionError`."""
    return JsonLines(plan, output, OPTIONS)


class JsonLines(DocumentFormat):
    """One `.jsonl` file per table."""

    extension, content_type = "jsonl", "application/x-ndjson"

    def encode(self, table: TablePlan, batch: pa.RecordBatch, first_row: int, total_rows: int) -> list[Piece]:
        """An object per row."""
        return list(gather([b"{", *members(table, batch, b"", b":"), b"}\n"], batch.num_rows))

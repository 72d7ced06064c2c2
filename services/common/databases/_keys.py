"""Keys of rows that are looked up: how a batch of them is asked for."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

SPREAD: Final = 2
"""How many times as many keys as are wanted a range of them may hold."""


def span(keys: pa.RecordBatch) -> tuple[int, int] | None:
    """The least and the greatest of whole keys that lie close together, as those of sequences do; else None."""
    if keys.num_columns != 1 or not pa.types.is_int64(keys.schema.field(0).type) or not keys.num_rows:
        return None
    ends = pc.min_max(keys.column(0)).as_py()
    if ends["min"] is None or ends["max"] - ends["min"] >= SPREAD * keys.num_rows:
        return None
    return ends["min"], ends["max"]

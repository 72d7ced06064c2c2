"""Rows and blocks of a plan, recomputed: for previews, row streams and loaders elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from runner import documents
from runner.engine import Engine
from runner.nested import NestedBatches
from runner.plan import Plan, TablePlan
from runner.rows import bounded_rows, names_of
from runner.steps import TooManyBytes
from runner.vectors import plain
from services.common.errors import MockcraftError, invalid, not_found

SLICE_BYTES = 1 << 20
MOST_BYTES = 32 << 20
"""What the rows or values of one answer may hold; a message carries 64 MiB."""
PAGE_ROWS = 1024
"""Rows computed at a time for a stream of rows."""


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows by column name (JSON-safe values)."""

    table: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    total_rows: int


@dataclass(frozen=True, slots=True)
class Slice:
    """At most 1 MiB of a block's Arrow IPC stream; the slices of a block are joined in order."""

    table: str
    block: int
    slice: int
    last: bool
    data: bytes
    first_row: int
    row_count: int


@dataclass(frozen=True, slots=True)
class Asked:
    """How blocks are to be: rows in one (0: the default), whether with dictionaries, whether with embedded rows in them."""

    block_rows: int = 0
    dictionaries: bool = False
    documents: bool = False


def table_of(plan: Plan, name: str) -> TablePlan:
    """The table. Raises TABLE_NOT_FOUND (404)."""
    try:
        return plan.table(name)
    except KeyError:
        known = ", ".join(t.name for t in plan.tables[:20])
        raise not_found("TABLE_NOT_FOUND", "There is no such table.", f"Tables are {known}.") from None


def window(table: TablePlan, offset: int, limit: int) -> tuple[int, int]:
    """Rows [offset, offset + limit) that exist, all that follow when `limit` is 0. Raises OFFSET_INVALID, LIMIT_INVALID."""
    if offset < 0:
        raise invalid("OFFSET_INVALID", "The offset must be 0 or more.")
    if limit < 0:
        raise invalid("LIMIT_INVALID", "The limit must be 0 or more.")
    start = min(offset, table.rows)
    return start, min(start + limit, table.rows) if limit else table.rows


def read_page(plan: Plan, table: TablePlan, offset: int, limit: int) -> RowPage:
    """Rows [offset, offset + limit), fewer at the table's end. Raises ANSWER_TOO_LARGE."""
    start, stop = window(table, offset, limit)
    columns = names_of(plan, table)
    try:
        return RowPage(table.name, columns, bounded_rows(Engine(plan), table.name, start, stop, MOST_BYTES), table.rows)
    except TooManyBytes:
        raise too_large("rows") from None


def too_large(things: str) -> MockcraftError:
    """400: more was asked for than one answer can hold."""
    return invalid("ANSWER_TOO_LARGE", f"These {things} are more than {MOST_BYTES >> 20} MiB: ask for fewer.")


def page_rows(plan: Plan, table: str) -> int:
    """Rows computed at a time for a stream of rows: fewer where each holds others."""
    return max(1, int(PAGE_ROWS / documents.rows_of_document(plan, plan.table(table))))


def pages(start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """[start, stop) cut at absolute multiples of `size`."""
    while start < stop:
        end = min(stop, (start // size + 1) * size)
        yield start, end
        start = end


def render_block(engine: Engine, table: str, start: int, stop: int, asked: Asked = Asked()) -> list[Slice]:
    """Rows [start, stop), of one block, as an Arrow IPC stream of one record batch, in slices.

    No column is dictionary-encoded, unless `dictionaries` may come where they are much shorter than the block.
    """
    made = (
        next(NestedBatches(engine.plan, engine).batches(table, start, stop))
        if asked.documents
        else engine.batch(table, start, stop)
    )
    keep = (stop - start) // 2 if asked.dictionaries else -1
    arrays = [a if pa.types.is_dictionary(a.type) and len(a.dictionary) <= keep else plain(a) for a in made.columns]
    batch = pa.RecordBatch.from_arrays(arrays, names=made.schema.names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data = memoryview(sink.getvalue())
    cuts = range(0, len(data), SLICE_BYTES)
    block = start // engine.block_rows
    return [
        Slice(table, block, i, i == len(cuts) - 1, bytes(data[at : at + SLICE_BYTES]), start, stop - start)
        for i, at in enumerate(cuts)
    ]

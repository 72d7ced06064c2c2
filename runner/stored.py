"""Rows that a table holds already, as the engine reads them: files of physical columns, known by their digest.

A file is an Arrow IPC file of uncompressed record batches of exactly `CHUNK` rows (the last one fewer), named by
its SHA-256 and mapped into memory, so that a table of any size costs no memory. Column `c` holds the physical values
of the stored column `c`; column `→c` the position of the parent's row that the reference in `c` points to (null: none).
The file of rows that are passed over has the one column `row`: virtual rows, ascending.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from runner.draws import I64
from runner.layout import size, start
from runner.plan import Plan, Stored, TablePlan
from runner.vectors import Array

CHUNK_BITS = 20
CHUNK = 1 << CHUNK_BITS
"""Rows of one record batch of a file."""
ARROW = "→"
"""What stands before a column's name where the position of the row it refers to is stored."""
SUFFIX = ".arrow"
_OPTIONS = pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V5)

Files = Path | Mapping[str, Path]
"""The folder that holds the files under their digests, or where each of them is."""


class StoredError(ValueError):
    """Stored rows that cannot be had, read or added to; the text names the table, not values."""

    def __init__(self, message: str, code: str = "TARGET_MISMATCH") -> None:
        super().__init__(message)
        self.code = code


def digests(plan: Plan) -> tuple[str, ...]:
    """The files that an engine of the plan reads, each once."""
    named = [d for table in plan.tables if table.stored for d in (table.stored.digest, table.stored.skips) if d]
    return tuple(dict.fromkeys(named))


def path_of(files: Files, digest: str) -> Path:
    """Where a file is. Raises `StoredError` for one that nobody has said."""
    if isinstance(files, Path):
        return files / f"{digest}{SUFFIX}"
    if digest not in files:
        raise StoredError(f"the file {digest} of stored rows is missing")
    return files[digest]


class Writer:
    """Writes one file into a folder, in a context; `digest` names it afterwards. Durable before it has its name."""

    digest = ""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self._folder, self._schema = folder, schema
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._part = self._folder / f"{os.getpid()}-{id(self)}.part"
        self._sink = self._part.open("wb")
        self._out = pa.ipc.new_file(self._sink, self._schema, options=_OPTIONS)
        return self

    def add(self, batch: pa.RecordBatch) -> None:
        """Rows of the schema, after those before."""
        self._waiting.append(batch)
        self._rows += batch.num_rows
        while self._rows >= CHUNK:
            self._flush(CHUNK)

    def _flush(self, rows: int) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema).combine_chunks()
        head, rest = table.slice(0, rows), table.slice(rows)
        self._out.write_batch(_whole(head, self._schema))
        self._waiting, self._rows = rest.to_batches(), rest.num_rows

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._sink.close()
            with suppress(FileNotFoundError):
                self._part.unlink()

    def _finish(self) -> None:
        if self._rows:
            self._flush(self._rows)
        self._out.close()
        self._sink.flush()
        os.fsync(self._sink.fileno())
        self.digest = _digest(self._part)
        self._part.replace(path_of(self._folder, self.digest))


def _whole(table: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type) for column in table.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def write(folder: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    """Write a file into a folder; its digest."""
    with Writer(folder, schema) as writer:
        for batch in batches:
            writer.add(batch)
    return writer.digest


def write_skips(folder: Path, rows: I64) -> str:
    """Write the file of virtual rows that are passed over; its digest, "" when there are none."""
    schema = pa.schema([("row", pa.int64())])
    return write(folder, schema, [pa.RecordBatch.from_arrays([pa.array(rows)], schema=schema)]) if len(rows) else ""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=256)
def _opened(path: Path, digest: str) -> tuple[pa.RecordBatch, ...]:
    """The batches of a file, mapped into memory. Raises `StoredError` when it is not what its digest says."""
    try:
        if _digest(path) != digest:
            raise StoredError(f"the file {digest} of stored rows was changed")
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
    except (OSError, pa.ArrowInvalid) as error:
        raise StoredError(f"the file {digest} of stored rows cannot be read: {type(error).__name__}") from None
    return tuple(reader.get_batch(i) for i in range(reader.num_record_batches))


def forget() -> None:
    """Let go of files that no engine uses, so that removed ones leave the disk."""
    _opened.cache_clear()


class Columns:
    """The columns of a file, at any positions."""

    def __init__(self, batches: Sequence[pa.RecordBatch]) -> None:
        self._batches = batches

    def take(self, name: str, positions: I64) -> Array:
        """A column at positions (0 <= position < rows): physical values."""
        chunks = positions >> CHUNK_BITS
        places = positions & (CHUNK - 1)
        if not len(positions) or int(chunks.min()) == int(chunks.max()):
            number = int(chunks[0]) if len(positions) else 0
            return self._batches[number].column(name).take(pa.array(places))
        order = np.argsort(chunks, kind="stable")
        edges = np.flatnonzero(np.diff(chunks[order])) + 1
        parts = np.split(order, edges)
        taken = [self._batches[int(chunks[p[0]])].column(name).take(pa.array(places[p])) for p in parts]
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pa.concat_arrays(taken).take(pa.array(back))

    def whole(self, name: str) -> pa.ChunkedArray:
        """A column of all rows."""
        return pa.chunked_array([batch.column(name) for batch in self._batches])


def open_columns(files: Files, digest: str) -> Columns:
    """The columns of the file of that digest, checked. Raises `StoredError`."""
    return Columns(_opened(path_of(files, digest), digest))


def open_skips(files: Files, digest: str) -> I64:
    """The virtual rows that are passed over, ascending. Raises `StoredError`."""
    if not digest:
        return np.zeros(0, dtype=np.int64)
    found: I64 = open_columns(files, digest).whole("row").to_numpy()
    return found


class Held:
    """Where the rows of a table are: stored ones at positions below `rows`, new ones after them.

    `skips` are the virtual rows that are passed over; those of tables made by `per` follow from their parents'.
    """

    def __init__(self, stored: Stored, skips: I64, columns: Columns | None) -> None:
        self.rows, self.first, self._skips, self._columns = stored.rows, stored.first, skips, columns
        self.names = frozenset(stored.columns) if columns else frozenset[str]()
        self._before = skips - stored.first - np.arange(len(skips), dtype=np.int64)

    def virtual(self, new: I64) -> I64:
        """The virtual rows of new rows (numbers from 0)."""
        rows: I64 = new + self.first
        return rows + np.searchsorted(self._before, new, side="right") if len(self._skips) else rows

    def new(self, virtual: I64) -> I64:
        """The numbers of new rows, from their virtual rows."""
        numbers: I64 = virtual - self.first
        return numbers - np.searchsorted(self._skips, virtual) if len(self._skips) else numbers

    def take(self, name: str, positions: I64) -> Array:
        """A stored column at positions."""
        assert self._columns is not None
        return self._columns.take(name, positions)


def open_held(plan: Plan, files: Files) -> dict[str, Held]:
    """Where the rows are of all tables of a plan that do not simply begin with row 0. Raises `StoredError`."""
    found: dict[str, Held] = {}
    for table in plan.tables:
        if table.stored is not None:
            columns = open_columns(files, table.stored.digest) if table.stored.digest else None
            found[table.name] = Held(table.stored, _skips(plan, table, files), columns)
    return found


def _skips(plan: Plan, table: TablePlan, files: Files) -> I64:
    """The virtual rows that a table passes over: its own, or the children of those that its parent passes over."""
    if table.stored is None or table.layout is None:
        return open_skips(files, table.stored.skips if table.stored else "")
    return children(table, _skips(plan, plan.table(table.layout.parent), files))


def children(table: TablePlan, parents: I64) -> I64:
    """The rows of a table made by `per` that belong to rows of the parent (both virtual, ascending)."""
    assert table.layout is not None
    if not len(parents):
        return parents
    first, sizes = start(table.layout, parents), size(table.layout, parents)
    before = np.cumsum(sizes) - sizes
    rows: I64 = np.arange(int(sizes.sum()), dtype=np.int64) + np.repeat(first - before, sizes)
    return rows

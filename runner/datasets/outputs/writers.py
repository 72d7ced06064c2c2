"""Growing files of records: text that is appended to, and Parquet that is spooled first and written at the end.

The bytes are a function of the rows alone: not of how many came at once, from a table or from records, nor of where a
run was resumed. Compressed text is one frame per 1,024 rows, counted from the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from runner.datasets.outputs.encoders import Encoder
from runner.datasets.outputs.layout import conformed, is_json, table_of
from runner.formats.common.base import Piece
from runner.formats.common.compression import Compression, compress
from runner.sink import Sink, part_of

FRAME_ROWS = 1_024
_GROUP_ROWS = 65_536
_STEP = 16_384  # rows encoded at once


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file is durable: its rows and bytes, and the SHA-256 of those bytes."""

    rows: int = 0
    bytes: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file."""

    rows: int
    bytes: int
    sha256: str


class Writer(Protocol):
    """A growing file. `rows` are those it holds for good; what is to be written goes on from there."""

    rows: int

    def table(self, table: pa.Table) -> None:
        """Append finished records. Raises `OSError` and `UnencodableValue`."""
        ...

    def records(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Append records that are dictionaries; the bytes are the same. Raises `OSError` and `UnencodableValue`."""
        ...

    def checkpoint(self) -> Mark:
        """Bring what is written to the disk; an attempt that opens the file with the mark goes on from its rows."""
        ...

    def finish(self) -> Written:
        """Write what is left, and give the file its name."""
        ...

    def close(self) -> None:
        """Leave the file unfinished, to be resumed."""
        ...


def _adopt(sink: Sink, mark: Mark) -> int:
    """Go on from the mark; returns the rows that the file really holds."""
    if mark.bytes and sink.adopt(mark.bytes, mark.digest):
        return mark.rows
    sink.adopt(0, "")
    return 0


class _Records:
    """What both writers share: rows as tables of one schema, in the shape that is asked for."""

    def __init__(self, schema: pa.Schema, reshape: Callable[[pa.Table], pa.Table] | None) -> None:
        self._schema, self._reshape = schema, reshape

    def table(self, table: pa.Table) -> None:
        """Append finished records."""
        table = conformed(table, self._schema)
        self.append(self._reshape(table) if self._reshape else table)

    def records(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Append records that are dictionaries."""
        self.table(table_of(records, self._schema))

    def append(self, table: pa.Table) -> None:
        """Take rows in the shape of the file."""
        raise NotImplementedError


class TextWriter(_Records):
    """Writes rows as they come; with compression when a frame of them is full."""

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        reshape: Callable[[pa.Table], pa.Table] | None,
        encoder: Encoder,
        compression: Compression,
        mark: Mark,
    ) -> None:
        super().__init__(schema, reshape)
        self._encoder, self._compression = encoder, compression
        self._shaped = reshape(schema.empty_table()).schema if reshape else schema
        self._sink = Sink(path)
        self.rows = _adopt(self._sink, mark)
        self._waiting: list[pa.Table] = []
        self._waits = 0

    def append(self, table: pa.Table) -> None:
        """Write what can be written."""
        if self._compression == "none":
            for at in range(0, table.num_rows, _STEP):
                self._write(table.slice(at, _STEP))
            return
        self._waiting.append(table)
        self._waits += table.num_rows
        if self._waits >= FRAME_ROWS:
            self._frames()

    def _frames(self) -> None:
        whole = pa.concat_tables(self._waiting)
        full = whole.num_rows // FRAME_ROWS * FRAME_ROWS
        for at in range(0, full, FRAME_ROWS):
            self._write(whole.slice(at, FRAME_ROWS))
        self._waiting, self._waits = [whole.slice(full)], whole.num_rows - full

    def _write(self, table: pa.Table, last: bool = False) -> None:
        pieces: list[Piece] = [] if self._sink.bytes else [self._encoder.header(self._shaped)]
        if table.num_rows:
            pieces += self._encoder.rows(table.combine_chunks(), self.rows)
        self.rows += table.num_rows
        if last:
            pieces.append(self._encoder.footer(self.rows))
        if any(len(memoryview(piece)) for piece in pieces):
            self._sink.append(compress(pieces, self._compression))

    def checkpoint(self) -> Mark:
        """Bring what is written to the disk. Rows of an unfinished frame come again after a resume."""
        self._sink.sync()
        return Mark(self.rows, self._sink.bytes, self._sink.digest)

    def finish(self) -> Written:
        """Write the rest and the footer, and give the file its name."""
        self._write(pa.concat_tables(self._waiting) if self._waiting else self._shaped.empty_table(), last=True)
        return Written(self.rows, self._sink.bytes, self._sink.finish())

    def close(self) -> None:
        """Leave the part file as it is."""
        self._sink.close()


class ParquetWriter(_Records):
    """Spools rows as Arrow messages beside the file, which is made of them at the end in row groups of 65,536."""

    def __init__(
        self, path: Path, schema: pa.Schema, reshape: Callable[[pa.Table], pa.Table] | None, codec: str, mark: Mark
    ) -> None:
        super().__init__(schema, reshape)
        self._path, self._codec = path, codec
        shaped = reshape(schema.empty_table()).schema if reshape else schema
        self._shaped = pa.schema([pa.field(f.name, f.type, metadata=f.metadata if is_json(f) else None) for f in shaped])
        self._sink = Sink(path.with_name(path.name + ".spool"))
        self.rows = _adopt(self._sink, mark)

    def append(self, table: pa.Table) -> None:
        """Spool the rows."""
        for batch in table.combine_chunks().to_batches(max_chunksize=_STEP):
            self._sink.append([batch.serialize()])
            self.rows += batch.num_rows

    def checkpoint(self) -> Mark:
        """Bring the spool to the disk."""
        self._sink.sync()
        return Mark(self.rows, self._sink.bytes, self._sink.digest)

    def finish(self) -> Written:
        """Make the file of the spooled rows, and remove the spool."""
        self._sink.sync()
        self._sink.close()
        spool = part_of(self._sink.path)
        file = _File(Sink(self._path))
        file.sink.adopt(0, "")
        with pq.ParquetWriter(file, self._shaped.remove_metadata(), compression=self._codec, store_schema=False) as writer:
            for group in _groups(self._spooled(spool), self._shaped):
                writer.write_table(group.cast(writer.schema), row_group_size=_GROUP_ROWS)
        size, digest = file.sink.bytes, file.sink.finish()
        spool.unlink()
        return Written(self.rows, size, digest)

    def _spooled(self, spool: Path) -> Iterator[pa.RecordBatch]:
        with pa.OSFile(str(spool)) as file:
            left = self.rows
            while left:
                batch = pa.ipc.read_record_batch(pa.ipc.read_message(file), self._shaped)
                left -= batch.num_rows
                yield batch

    def close(self) -> None:
        """Leave the spool as it is."""
        self._sink.close()


def _groups(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows in tables of one row group each, one array a column."""
    waiting, rows = [], 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= _GROUP_ROWS:
            whole = pa.Table.from_batches(waiting, schema)
            yield whole.slice(0, _GROUP_ROWS).combine_chunks()
            waiting = whole.slice(_GROUP_ROWS).to_batches()
            rows -= _GROUP_ROWS
    if rows:
        yield pa.Table.from_batches(waiting, schema).combine_chunks()


class _File:
    """A sink as the file that PyArrow wants."""

    def __init__(self, sink: Sink) -> None:
        self.sink, self.closed = sink, False

    def write(self, data: Any) -> int:
        """Append."""
        before = self.sink.bytes
        self.sink.append([data])
        return self.sink.bytes - before

    def tell(self) -> int:
        """Bytes so far."""
        return self.sink.bytes

    def flush(self) -> None:
        """Nothing is held back."""

    def writable(self) -> bool:
        """It is for writing only."""
        return True

    def readable(self) -> bool:
        """Never."""
        return False

    def seekable(self) -> bool:
        """Never."""
        return False

    def close(self) -> None:
        """The sink is closed by who finishes it."""
        self.closed = True

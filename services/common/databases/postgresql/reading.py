"""Rows back from a table as logical arrays: COPY CSV of columns cast to plain forms, read by Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from runner.logical import arrow_type
from runner.types import INTEGERS, Type
from runner.vectors import Array
from services.common.databases import DatabaseError
from services.common.databases.postgresql.hexes import unhexed
from services.common.databases.postgresql.session import Session
from services.common.databases.postgresql.tables import Column, quoted

_LARGEST = 64 << 20  # bytes read by Arrow at once
_STEP = 1_024  # rows between looks at the size


def batches(
    session: Session, source: str, columns: Sequence[Column], types: Sequence[Type], names: Sequence[str], rows: int
) -> Iterator[pa.RecordBatch]:
    """All rows of what stands behind FROM, at most `rows` at a time. Nothing else may be asked of the session meanwhile."""
    chosen = ", ".join(_written(c, t) for c, t in zip(columns, types, strict=True))
    statement = f"COPY (SELECT {chosen} FROM {source}) TO STDOUT (FORMAT csv, NULL '\\N', ENCODING 'UTF8')"  # noqa: S608 - quoted
    lines = session.copy_out(statement)
    while data := _chunk(lines, rows):
        yield _batch(data, types, names)


def _chunk(lines: Iterator[memoryview], rows: int) -> bytes:
    """The next rows: each is one piece of the stream."""
    pieces: list[bytes] = []
    size = taken = 0
    while taken < rows and size < _LARGEST:
        some = list(islice(lines, min(_STEP, rows - taken)))
        if not some:
            break
        pieces.append(b"".join(some))
        size, taken = size + len(pieces[-1]), taken + len(some)
    return b"".join(pieces)


def _written(column: Column, type_: Type) -> str:
    """The column as text that `_read` reads: moments without their zone, bytes as hexadecimal digits, arrays as JSON."""
    name = quoted(column.name)
    match type_.kind:
        case "datetime":
            return f"{name}::timestamp"
        case "date" | "time":
            return f"{name}::{type_.kind}"
        case "bytes" if column.type.receive == "bytearecv":
            return f"encode({name}, 'hex')"
        case "decimal":
            return f"round({name}::numeric, {type_.scale})"
        case "int" | "bigint" if column.type.receive == "boolrecv":
            return f"{name}::int"
        case "int" | "bigint":
            return f"{name}::bigint"
        case "float":
            return f"{name}::float8"
        case "array" if column.type.item is not None:
            assert type_.item is not None
            cast = "::timestamp[]" if type_.item.kind == "datetime" else ""
            return f"to_json({name}{cast}::text[])::text"
    return f"{name}::text" if column.type.receive == "bpcharrecv" else name


def _batch(data: bytes, types: Sequence[Type], names: Sequence[str]) -> pa.RecordBatch:
    places = [str(i) for i in range(len(types))]
    convert = pcsv.ConvertOptions(
        column_types={place: _parsed(t) for place, t in zip(places, types, strict=True)},
        null_values=["\\N"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["true", "t", "1"],
        false_values=["false", "f", "0"],
    )
    read = pcsv.ReadOptions(column_names=places, block_size=len(data) + 1, use_threads=False)
    parse = pcsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    try:
        table = pcsv.read_csv(pa.BufferReader(data), read_options=read, parse_options=parse, convert_options=convert)
        arrays = [_logical(table.column(i).combine_chunks(), t) for i, t in enumerate(types)]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, orjson.JSONDecodeError):
        raise DatabaseError("TARGET_MISMATCH", "the table holds a value that the type in the schema cannot") from None
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def _parsed(type_: Type) -> pa.DataType:
    """What Arrow's CSV reader makes of a column."""
    if type_.kind in ("bytes", "array"):
        return pa.string()
    if type_.kind == "time":
        return pa.time64("us")
    if type_.kind == "datetime":
        return pa.timestamp("us")
    return arrow_type(type_)


def _logical(array: Array, type_: Type) -> Array:
    if type_.kind == "bytes":
        return unhexed(array)
    if type_.kind == "array":
        assert type_.item is not None
        return _lists(array, type_.item)
    return array if array.type == arrow_type(type_) else pc.cast(array, arrow_type(type_), safe=True)


def _lists(array: Array, item: Type) -> Array:
    """JSON arrays as lists: one document of all rows, then one cast of all items."""
    document = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(array)], pa.int32()), array.fill_null("null")), ",")
    values = orjson.loads(f"[{document[0].as_py()}]")
    texts = pa.array([v if v is None else [_text(i) for i in v] for v in values], pa.list_(pa.string()))
    offsets, flat = texts.offsets, texts.flatten()
    items = unhexed(pc.utf8_slice_codeunits(flat, 2)) if item.kind == "bytes" else _cast(flat, item)
    return pa.ListArray.from_arrays(offsets, items, mask=texts.is_null())


def _text(item: object) -> str | None:
    return item if item is None or isinstance(item, str) else orjson.dumps(item).decode()


def _cast(flat: Array, item: Type) -> Array:
    if item.kind in INTEGERS:
        return pc.cast(flat, pa.int64())
    if item.kind == "time":  # Arrow casts no text to it
        flat = pc.cast(pc.binary_join_element_wise("1970-01-01", flat, " "), pa.timestamp("us"))
    return pc.cast(pc.cast(flat, _parsed(item)), arrow_type(item))

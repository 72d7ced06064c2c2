"""How SQLite keeps values, and how they come back.

- whole numbers as integers, floats as reals, booleans as 0 and 1;
- decimals as numbers, so that SQLite compares and adds them: up to 15 digits come back as they were
  written, more are the nearest double; a column declared TEXT gets every digit as text;
- dates as `YYYY-MM-DD`, times as `HH:MM:SS[.fff]`, datetimes as `YYYY-MM-DD HH:MM:SS[.fff]` (UTC), the
  forms that SQLite's own date functions read and write;
- uuid, json and strings as text, arrays as JSON text, bytes as blobs.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.jsontexts import json_list
from runner.logical import arrow_type
from runner.types import INTEGERS, TICKS, Type
from runner.vectors import Array, null_mask, plain


def affinity(declared: str) -> str:
    """INTEGER, TEXT, BLOB, REAL or NUMERIC by SQLite's rules (datatype3.html, section 3.1)."""
    word = declared.upper()
    for part, name in _AFFINITIES:
        if part in word:
            return name
    return "NUMERIC" if word else "BLOB"


_AFFINITIES: Final = (
    ("INT", "INTEGER"),
    ("CHAR", "TEXT"),
    ("CLOB", "TEXT"),
    ("TEXT", "TEXT"),
    ("BLOB", "BLOB"),
    ("REAL", "REAL"),
    ("FLOA", "REAL"),
    ("DOUB", "REAL"),
)


def stored(array: Array, type_: Type, column_affinity: str) -> Array:
    """A logical array as SQLite keeps it in a column of that affinity."""
    if type_.kind in INTEGERS or type_.kind == "bool":
        return pc.cast(array, pa.int64())
    if type_.kind in ("float", "bytes"):
        return array
    if type_.kind == "array":
        return json_list(array, type_)
    if type_.kind == "decimal":
        return _decimal(array, type_, column_affinity)
    return pc.cast(array, pa.string()) if type_.kind in TICKS or type_.kind == "date" else plain(array)


def _decimal(array: Array, type_: Type, column_affinity: str) -> Array:
    """Whole counts of the last digit divided by a power of ten: the nearest double, by IEEE 754 division."""
    if column_affinity in ("TEXT", "BLOB") or type_.precision > 18:
        return pc.cast(array, pa.string())
    words = np.frombuffer(array.buffers()[1], dtype=np.int64)[2 * array.offset : 2 * (array.offset + len(array)) : 2]
    values = words if type_.scale == 0 else words / 10.0**type_.scale
    return pa.array(values, mask=null_mask(array))


def quoted(name: str) -> str:
    """An identifier that means itself, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def selected(name: str, type_: Type) -> str:
    """A column as an expression that has one storage class, whatever the rows hold; null stays null."""
    column = quoted(name)
    match type_.kind:
        case "int" | "bigint" | "bool":
            return f"CAST({column} AS INTEGER)"
        case "float":
            return f"CAST({column} AS REAL)"
        case "bytes":
            return f"CAST({column} AS BLOB)"
        case "decimal":
            return f"CASE typeof({column}) WHEN 'real' THEN printf('%.{type_.scale}f', {column}) ELSE CAST({column} AS TEXT) END"
    return f"CAST({column} AS TEXT)"


def example(type_: Type) -> str:
    """A value of the storage class that `selected` gives."""
    return {"int": "0", "bigint": "0", "bool": "0", "float": "0.0", "bytes": "x''"}.get(type_.kind, "''")


def logical(array: Array, type_: Type) -> Array:
    """What `selected` gave, as a logical array. Raises `pyarrow.ArrowInvalid`."""
    target = arrow_type(type_)
    if type_.kind == "array":
        rows = [None if text is None else orjson.loads(text) for text in array.to_pylist()]
        return pa.array(rows, target)
    if type_.kind == "time":
        return _times(array, type_.precision, target)
    return array if array.type == target else pc.cast(array, target)


def _times(array: Array, precision: int, target: pa.DataType) -> Array:
    """`HH:MM:SS[.fff]`, of which every part has a fixed width."""
    seconds = [pc.cast(pc.utf8_slice_codeunits(array, at, at + 2), pa.int64()) for at in (0, 3, 6)]
    ticks = pc.add(pc.multiply(pc.add(pc.multiply(seconds[0], 60), seconds[1]), 60), seconds[2])
    if precision:
        digits = pc.utf8_rpad(pc.utf8_slice_codeunits(array, 9, 9 + precision), precision, "0")
        ticks = pc.add(pc.multiply(ticks, 10**precision), pc.cast(digits, pa.int64()))
    return pc.cast(ticks if precision == 6 else pc.cast(ticks, pa.int32()), target)

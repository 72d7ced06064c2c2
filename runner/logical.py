"""Physical values to the Arrow arrays that formats and databases see, and to JSON-safe Python."""

from __future__ import annotations

import base64
import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.types import TEXTS, Type
from runner.vectors import Array, integers, null_mask, plain

UNITS = {0: "s", 3: "ms", 6: "us"}
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31 as days since 1970-01-01: what databases and files can hold."""


def arrow_type(type_: Type) -> pa.DataType:
    """The logical Arrow type of a column (pool texts come as dictionaries of it)."""
    match type_.kind:
        case "int" | "bigint":
            return pa.int64()
        case "float":
            return pa.float64()
        case "decimal":
            return pa.decimal128(type_.precision, type_.scale)
        case "bool":
            return pa.bool_()
        case "date":
            return pa.date32()
        case "time":
            return pa.time64("us") if type_.precision == 6 else pa.time32(UNITS[type_.precision])
        case "datetime":
            return pa.timestamp(UNITS[type_.precision])
        case "bytes":
            return pa.binary()
        case "array":
            assert type_.item is not None
            return pa.list_(arrow_type(type_.item))
    return pa.string()


def finish(array: Array, type_: Type) -> Array:
    """Physical to logical. Raises `pyarrow.ArrowInvalid` for a value that does not fit the type."""
    if type_.kind in TEXTS or type_.kind == "array":
        return array
    target = arrow_type(type_)
    match type_.kind:
        case "decimal":
            return _decimal(array, type_)
        case "date":
            return pc.cast(pc.cast(_in_years(array, 1), pa.int32()), target)
        case "datetime":
            array = _in_years(array, 86_400 * 10**type_.precision)
        case "time":
            return pc.cast(pc.cast(array, pa.int32()) if type_.precision < 6 else array, target)
    return array if array.type == target else pc.cast(plain(array), target)


def physical_type(type_: Type) -> pa.DataType:
    """The Arrow type of the physical values of a column (pool texts come as dictionaries of it)."""
    if type_.kind in TEXTS or type_.kind == "array" or type_.kind in ("bytes", "bool", "float"):
        return arrow_type(type_)
    return pa.int64()


def physical(array: Array, type_: Type) -> Array:
    """Logical to physical, the inverse of `finish`. Raises `pyarrow.ArrowInvalid` for a value that has no such form."""
    array = plain(array)
    logical = arrow_type(type_)
    if array.type != logical:
        array = pc.cast(array, logical)
    match type_.kind:
        case "decimal":
            return _counts(array, type_)
        case "date":
            return pc.cast(pc.cast(array, pa.int32()), pa.int64())
        case "time" if type_.precision < 6:
            return pc.cast(pc.cast(array, pa.int32()), pa.int64())
        case "time" | "datetime":
            return pc.cast(array, pa.int64())
    return array


def _counts(array: Array, type_: Type) -> Array:
    """decimal128 as int64 counts of the last digit."""
    if array.offset:
        array = pa.concat_arrays([array])
    mask = null_mask(array)
    words = np.frombuffer(array.buffers()[1], dtype=np.int64, count=2 * len(array)).reshape(-1, 2)
    low = words[:, 0].copy()
    if mask is not None:
        low[mask] = 0
    wide = words[:, 1] != low >> 63
    if (wide if mask is None else wide & ~mask).any():
        raise pa.ArrowInvalid(f"a value of {type_} has too many digits to compute with")
    return pa.array(low, mask=mask)


def _in_years(array: Array, ticks: int) -> Array:
    """The array, if its moments, so many ticks a day, lie in the years 1 to 9999. Raises `pyarrow.ArrowInvalid`."""
    values = integers(array)
    if len(values) and (values.min() < FIRST_DAY * ticks or values.max() >= (LAST_DAY + 1) * ticks):
        raise pa.ArrowInvalid("a date lies outside the years 1 to 9999")
    return array


def _decimal(array: Array, type_: Type) -> Array:
    """int64 counts of the last digit as decimal128: sign-extended to 128 bits, the point moved."""
    values = integers(array)
    if type_.precision < 19 and len(values) and max(-int(values.min()), int(values.max())) >= 10**type_.precision:
        raise pa.ArrowInvalid(f"a value does not fit {type_}")
    words = np.empty((len(values), 2), dtype=np.int64)
    words[:, 0] = values
    np.right_shift(values, 63, out=words[:, 1])
    mask = null_mask(array)
    validity = None if mask is None else pa.py_buffer(np.packbits(~mask, bitorder="little"))
    return pa.Array.from_buffers(arrow_type(type_), len(values), [validity, pa.py_buffer(words)])


def json_value(value: Any, kind: str = "") -> Any:
    """A Python value as JSON can hold it without loss.

    Whole numbers beyond 2^53 and decimals of more than 15 digits become text, dates and times ISO
    8601, datetimes RFC 3339 with Z, bytes base64; texts of kind `json` are parsed. Lists hold such values.
    """
    match value:
        case None | bool():
            return value
        case int():
            return value if -(1 << 53) <= value <= 1 << 53 else str(value)
        case Decimal():
            return float(value) if len(value.as_tuple().digits) <= 15 else str(value)
        case datetime.datetime():
            return value.isoformat(timespec="auto") + "Z"
        case datetime.date() | datetime.time():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case str() if kind == "json":
            return orjson.loads(value)
        case list():
            return [json_value(item, kind) for item in value]
    return value

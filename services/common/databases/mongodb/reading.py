"""Documents as logical arrays: the inverse of `documents`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson
import pyarrow as pa
from bson import Decimal128

from runner.logical import arrow_type
from runner.types import Type
from runner.vectors import Array
from services.common.databases import DatabaseError
from services.common.databases._texts import list_array, logical

MISSING: Final = object()
"""Stands where a document has no such member: a null of ours. A null of BSON is a value of json."""


def batch(documents: Sequence[Mapping[str, Any]], columns: Sequence[str], types: Sequence[Type]) -> pa.RecordBatch:
    """Members of documents as columns. Raises `DatabaseError` for values that are not of a column's type."""
    arrays = []
    for name, type_ in zip(columns, types, strict=True):
        try:
            arrays.append(column([document.get(name, MISSING) for document in documents], type_))
        except (pa.ArrowException, ValueError, TypeError, AttributeError, ArithmeticError) as error:
            raise DatabaseError("TARGET_MISMATCH", f"a value of {name} is not of the column's type {type_}") from error
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def column(values: Sequence[Any], type_: Type) -> Array:
    """Values of BSON as a logical array."""
    match type_.kind:
        case "json":
            return pa.array([None if v is MISSING else orjson.dumps(v, default=str).decode() for v in values], pa.string())
        case "array":
            return _lists([None if v is MISSING else v for v in values], type_)
    known = [None if v is MISSING else v for v in values]
    match type_.kind:
        case "decimal":
            return pa.array([_decimal(v, type_) for v in known], arrow_type(type_))
        case "date":
            return pa.array([v.date() if isinstance(v, datetime.datetime) else v for v in known], arrow_type(type_))
        case "time":
            return _texts(known, type_)
        case "datetime" if type_.precision == 6:
            return _texts(known, type_)
        case "bytes":
            return pa.array([None if v is None else bytes(v) for v in known], pa.binary())
        case "int" | "bigint":
            return pa.array([None if v is None else int(v) for v in known], pa.int64())
    return pa.array(known, arrow_type(type_))


def _decimal(value: Any, type_: Type) -> Decimal | None:
    if value is None:
        return None
    found = value.to_decimal() if isinstance(value, Decimal128) else Decimal(str(value))
    sign, digits, exponent = found.as_tuple()
    assert isinstance(exponent, int)  # no infinity and nothing that is no number was written
    return Decimal((sign, digits + (0,) * (exponent + type_.scale), -type_.scale)) if exponent > -type_.scale else found


def _texts(values: Sequence[str | None], type_: Type) -> Array:
    return logical(pa.array([None if v is None else v.encode() for v in values], pa.binary()), type_)


def _lists(rows: Sequence[Sequence[Any] | None], type_: Type) -> Array:
    assert type_.item is not None
    flat = [MISSING if item is None and type_.item.kind != "json" else item for row in rows if row for item in row]
    return list_array([None if row is None else len(row) for row in rows], column(flat, type_.item))

"""Logical arrays in the form a column wants: what PostgreSQL would not take as it is."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from runner.jsontexts import json_list
from runner.types import BIGINT, JSON, Type
from runner.vectors import Array
from services.common.databases.postgresql.tables import PgType

NUMBERS = frozenset({"int2recv", "int4recv", "int8recv", "numeric_recv", "float4recv", "float8recv"})


def suited(array: Array, type_: Type, to: PgType) -> tuple[Array, Type]:
    """Arrays for a column that holds none as JSON text, truths for a column of numbers as 0 and 1; others as they are."""
    if type_.kind == "array" and to.item is None:
        return json_list(array, type_), JSON
    if type_.kind == "bool" and to.receive in NUMBERS:
        return pc.cast(array, pa.int64()), BIGINT
    return array, type_

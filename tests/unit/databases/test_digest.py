"""Content digests: the same rows give the same number, other rows another one."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from runner.logical import arrow_type
from runner.types import Type
from services.common.databases.digest import Digest, canonical_rows, digest

TYPES = {
    "id": "bigint", "name": "text", "price": "decimal(8,2)", "paid": "bool", "day": "date",
    "at": "datetime(6)", "data": "json", "raw": "bytes", "tags": "array(text)", "weight": "float",
}  # fmt: skip
ROW: dict[str, Any] = {
    "id": -7, "name": "tab\tback\\slash\nend", "price": Decimal("12.50"), "paid": True, "day": date(2024, 2, 29),
    "at": datetime(2024, 2, 29, 23, 59, 58, 120000), "data": '{"b": 1, "a": [1, 2]}', "raw": b"\x00\xff",
    "tags": ["x", None], "weight": 0.1,
}  # fmt: skip
EMPTY: dict[str, Any] = dict.fromkeys(TYPES)


def of(*rows: dict[str, Any], names: tuple[str, ...] = tuple(TYPES)) -> Digest:
    types = [Type.parse(TYPES[name]) for name in names]
    return digest([batch(*rows, names=names)], types)


def batch(*rows: dict[str, Any], names: tuple[str, ...] = tuple(TYPES)) -> pa.RecordBatch:
    arrays = [pa.array([row[name] for row in rows], arrow_type(Type.parse(TYPES[name]))) for name in names]
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def test_canonical_text_is_the_documented_one() -> None:
    (text,) = canonical_rows(batch(ROW), [Type.parse(t) for t in TYPES.values()]).to_pylist()
    assert text.split(b"\t") == [
        b"-7", b"tab\\tback\\\\slash\\nend", b"12.50", b"t", b"2024-02-29", b"2024-02-29 23:59:58.120000",
        b'{"a":[1,2],"b":1}', b"00FF", b'["x",null]', b"0.1",
    ]  # fmt: skip


def test_digest_is_the_sum_of_the_rows_hashes() -> None:
    hashes = [hashlib.blake2b(text, digest_size=16).digest() for text in (b"1\tx", b"2\t\\N")]
    rows = of({"id": 1, "name": "x"}, {"id": 2, "name": None}, names=("id", "name"))
    assert rows == Digest(2, sum(int.from_bytes(h, "big") for h in hashes) % 2**128)


def test_order_blocks_and_encodings_do_not_count() -> None:
    other = {**ROW, "id": 8, "name": None}
    types = [Type.parse(t) for t in TYPES.values()]
    parts = [batch(EMPTY), batch(other), batch(ROW)]
    assert of(ROW, other, EMPTY) == of(EMPTY, other, ROW) == digest(parts, types) == sum(map(of, (other, EMPTY, ROW)), Digest())
    encoded = batch(ROW, other)
    names = encoded.column("name").dictionary_encode()
    assert digest([encoded.set_column(1, "name", names)], types) == of(ROW, other)
    assert digest([batch(EMPTY, ROW, other).slice(1, 2)], types) == of(ROW, other)


@pytest.mark.parametrize("name", list(TYPES))
def test_a_changed_or_missing_value_counts(name: str) -> None:
    changed = {
        "id": -8, "name": "\\N", "price": Decimal("12.51"), "paid": False, "day": date(2024, 3, 1),
        "at": datetime(2024, 2, 29, 23, 59, 58, 120001), "data": '{"b": 2, "a": [1, 2]}', "raw": b"\x00\xfe",
        "tags": ["x", "null"], "weight": 0.1 + 2**-56,
    }  # fmt: skip
    values = {of({**ROW, name: value}).value for value in (ROW[name], changed[name], None)}
    assert len(values) == 3


def test_a_doubled_row_counts() -> None:
    assert of(ROW, ROW) != of(ROW) and of(ROW, ROW).value != of(ROW).value

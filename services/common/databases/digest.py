"""The content of a table as one number, whatever the order of its rows and the database that holds them.

The canonical form of a row is text: its cells in column order with a tab between them. A null is `\\N`; in all
other cells a backslash, tab, line feed and carriage return are written `\\\\`, `\\t`, `\\n` and `\\r`.

- whole numbers in decimal; decimals with exactly the digits of their scale; booleans `t` and `f`;
- floats in the shortest decimal form that gives the same double, `nan`, `inf`, `-inf`;
- dates `YYYY-MM-DD`, times `HH:MM:SS[.ffffff]`, datetimes `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC, with as many
  digits as the type says;
- text as it is, in UTF-8; uuid in lower case; bytes as upper-case hexadecimal;
- json as compact JSON with sorted names; arrays as the JSON text of their items.

The digest is the sum modulo 2^128 of the BLAKE2b-128 of all rows, read as big-endian numbers, beside their count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from runner.formats.text.cells import Style, cell
from runner.formats.text.strings import escaping, hexadecimal
from runner.pieces import Part, binary, joined
from runner.types import Type
from runner.vectors import Array

BYTES = 16
MODULUS = 1 << 8 * BYTES
_BLAKE = hashlib.blake2b(digest_size=BYTES)
_ESCAPE = escaping((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows, and the sum of their hashes (0 to 2^128 - 1)."""

    rows: int = 0
    value: int = 0

    def __add__(self, other: Digest) -> Digest:
        """The digest of both sets of rows together."""
        return Digest(self.rows + other.rows, (self.value + other.value) % MODULUS)

    def __str__(self) -> str:
        """32 hexadecimal digits."""
        return f"{self.value:032x}"


def digest(batches: Iterable[pa.RecordBatch], types: Sequence[Type]) -> Digest:
    """Of all rows of record batches whose columns are logical arrays of these types."""
    return sum((digest_of_texts(canonical_rows(batch, types)) for batch in batches), Digest())


def canonical_rows(batch: pa.RecordBatch, types: Sequence[Type]) -> Array:
    """The canonical text of each row, as `pa.binary()`."""
    parts: list[Part] = []
    for array, type_ in zip(batch.columns, types, strict=True):
        parts += [b"\t", *cell(array, type_, _STYLE)]
    return binary(joined(parts[1:], batch.num_rows))


def digest_of_texts(rows: Array) -> Digest:
    """Of rows that are canonical texts already (`pa.binary()`, no nulls)."""
    count = len(rows)
    if not count:
        return Digest()
    return Digest(count, sum_of_hashes(rows.to_pylist()))


def sum_of_hashes(texts: Iterable[bytes | memoryview]) -> int:
    """The sum modulo 2^128 of the BLAKE2b-128 of texts; at most 2^31 of them."""
    hashes, fresh = [], _BLAKE.copy
    for text in texts:
        state = fresh()  # half the price of making one
        state.update(text)
        hashes.append(state.digest())
    return _sum(b"".join(hashes))


def _sum(hashes: bytes) -> int:
    """The sum of big-endian 128-bit numbers modulo 2^128; up to 2^31 of them."""
    columns = np.frombuffer(hashes, ">u4").reshape(-1, 4).sum(axis=0, dtype=np.uint64)
    return sum(int(part) << 32 * (3 - i) for i, part in enumerate(columns)) % MODULUS


def _sorted_json(texts: Array) -> Array:
    """JSON texts made compact, with the members of objects in order."""
    documents = (orjson.loads(text or b"null") for text in texts.to_pylist())
    return _ESCAPE(pa.array([orjson.dumps(document, option=orjson.OPT_SORT_KEYS) for document in documents], pa.binary()))


_STYLE = Style(null=rb"\N", escape=_ESCAPE, bytes_text=hexadecimal, json=_sorted_json, true=b"t", false=b"f")

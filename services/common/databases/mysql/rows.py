"""Blocks as the text of LOAD DATA and as multi-row INSERTs, rendered by vector code: no loop over rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.formats.common.base import UnencodableValue
from runner.formats.text.cells import Style, cell
from runner.formats.text.instants import ticks
from runner.formats.text.literals import LITERALS
from runner.formats.text.strings import escaping, hexadecimal
from runner.pieces import Part, gather, joined, lengths
from runner.types import TICKS, Type
from runner.vectors import Array, plain
from services.common.databases import DatabaseError
from services.common.databases.mysql.columns import Field, written
from services.common.databases.mysql.script import quoted, quoted_list, text_literal

_escape = escaping((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\0", b"\\0"))
_STYLE: Final = Style(null=b"\\N", escape=_escape, bytes_text=hexadecimal, json=_escape, true=b"1", false=b"0")
_ROWS = 32_768  # rows rendered at once
_BYTES = 1 << 27  # of values rendered at once
_STATEMENT = 1 << 20  # bytes of an INSERT
_SPARE = 1 << 10  # bytes of a packet that are not the rows'


@dataclass(frozen=True)
class Rows:
    """A batch and the columns it goes into, in the order of the batch."""

    batch: pa.RecordBatch
    types: Sequence[Type]
    fields: Sequence[Field]

    @property
    def expressions(self) -> list[str]:
        """What each column stores, as an expression of the value `{v}`."""
        return [written(type_, field) for type_, field in zip(self.types, self.fields, strict=True)]

    def slices(self) -> Iterator[Rows]:
        """The same in parts that are small enough to be rendered at once."""
        each = max(1, self.batch.nbytes // max(1, self.batch.num_rows))
        step = max(1, min(_ROWS, _BYTES // each))
        for at in range(0, self.batch.num_rows, step):
            yield Rows(self.batch.slice(at, step), self.types, self.fields)

    def cells(self, style: Style) -> Iterator[list[Part]]:
        """The parts of each column's cells. Raises `UnencodableValue` naming the column."""
        for array, type_, field in zip(self.batch.columns, self.types, self.fields, strict=True):
            if type_.kind == "float" and not _finite(plain(array)):
                raise UnencodableValue(f"{field.name}: MySQL has no number that is infinite or none.")
            if type_.kind in TICKS and _is_cut(array, type_, field):
                raise DatabaseError("TARGET_CONSTRAINT", f"the column {field.name} keeps too few digits of a second's fraction")
            yield cell(array, type_, style)


def _finite(array: Array) -> bool:
    return bool(pc.all(pc.is_finite(array), min_count=0).as_py())


def _is_cut(array: Array, type_: Type, field: Field) -> bool:
    """Whether the column would lose digits of a fraction: servers drop or round them without a word."""
    digits = _KEPT.fullmatch(field.declared.lower())
    lost = type_.precision - int(digits[1] or 0) if digits else 0
    return lost > 0 and bool((ticks(array) % 10**lost).any())


_KEPT: Final = re.compile(r"(?:datetime|timestamp|time)(?:\((\d)\))?.*")


def load_statement(name: str, table: str, rows: Rows) -> str:
    """LOAD DATA of the file `name` into a table."""
    plain = [e == "{v}" and t.kind != "bytes" for e, t in zip(rows.expressions, rows.types, strict=True)]
    places, sets = [], []
    for number, (expression, type_, field) in enumerate(zip(rows.expressions, rows.types, rows.fields, strict=True)):
        if plain[number] and (all(plain) or not field.counted):  # beside SET the server takes a bare key 0 for none
            places.append(quoted(field.name))
            continue
        variable = f"@mockcraft_{number}"
        value = f"UNHEX({variable})" if type_.kind == "bytes" else variable
        places.append(variable)
        sets.append(f"{quoted(field.name)} = {expression.replace('{v}', value)}")
    return (
        f"LOAD DATA LOCAL INFILE {text_literal(name)} INTO TABLE {quoted(table)} CHARACTER SET utf8mb4"
        r" FIELDS TERMINATED BY '\t' ENCLOSED BY '' ESCAPED BY '\\' LINES TERMINATED BY '\n'"
        f" ({', '.join(places)}){' SET ' if sets else ''}{', '.join(sets)}"
    )


def load_text(rows: Rows) -> Iterator[pa.Buffer]:
    """What that file holds: a line a row, cells between tabs."""
    for part in rows.slices():
        line: list[Part] = []
        for parts in part.cells(_STYLE):
            line += [b"\t", *parts] if line else parts
        yield from gather([*line, b"\n"], part.batch.num_rows)


def insert_statements(table: str, rows: Rows, packet: int) -> Iterator[bytes]:
    """The same rows as INSERTs, each smaller than the server's largest packet. Raises `DatabaseError` when a row is not."""
    names = quoted_list([field.name for field in rows.fields])
    head = f"INSERT INTO {quoted(table)} ({names}) VALUES ".encode()  # noqa: S608 - quoted
    most = packet - _SPARE - len(head)
    for part in rows.slices():
        for tuples in _cut(_tuples(part), min(_STATEMENT, most), most):
            yield head + tuples


def _tuples(rows: Rows) -> Array:
    """`,(a,b)` for each row."""
    line: list[Part] = []
    for parts, expression in zip(rows.cells(LITERALS["mysql"].style), rows.expressions, strict=True):
        line += [b"," if line else b",(", *_filled(expression, parts)]
    return joined([*line, b")"], rows.batch.num_rows)


def _filled(expression: str, parts: list[Part]) -> list[Part]:
    filled: list[Part] = []
    for number, words in enumerate(expression.split("{v}")):
        filled += [*parts, words.encode()] if number else [words.encode()]
    return filled


def _cut(texts: Array, wanted: int, most: int) -> Iterator[bytes]:
    """The texts end to end, without their first comma, cut where they become longer than wanted."""
    sizes = lengths(texts).astype(np.int64)
    if len(sizes) and int(sizes.max()) > most:
        raise DatabaseError("TARGET_CONSTRAINT", "a row is larger than the server's max_allowed_packet")
    ends = np.cumsum(sizes)
    data = memoryview(texts.buffers()[2])
    at, start = 0, 0
    while at < len(ends):
        stop = max(at + 1, int(np.searchsorted(ends, start + wanted, side="right")))
        yield bytes(data[start + 1 : int(ends[stop - 1])])
        at, start = stop, int(ends[stop - 1])

"""How JSON texts write values (RFC 8259), shared by JSON Lines and JSON arrays."""

from __future__ import annotations

import orjson
import pyarrow as pa

from runner.formats.text.cells import Style
from runner.formats.text.format import cells
from runner.formats.text.pieces import Part
from runner.formats.text.scan import holds_any
from runner.formats.text.strings import base64, replaced
from runner.plan import TablePlan
from runner.vectors import Array

_SHORT = {8: b"\\b", 9: b"\\t", 10: b"\\n", 12: b"\\f", 13: b"\\r"}
_CONTROLS = bytes(range(32))
_ESCAPES = [
    (b"\\", b"\\\\"),
    (b'"', b'\\"'),
    *((bytes([c]), _SHORT.get(c, b"\\u%04x" % c)) for c in _CONTROLS),
]


def escaped(texts: Array) -> Array:
    """The inside of JSON strings."""
    return replaced(texts, _ESCAPES) if holds_any(texts, _CONTROLS + b'"\\') else texts


def embedded(texts: Array) -> Array:
    """JSON texts on one line: line breaks in them can only be white space between tokens."""
    return replaced(texts, [(b"\n", b" "), (b"\r", b" ")]) if holds_any(texts, b"\n\r") else texts


STYLE = Style(
    null=b"null",
    escape=escaped,
    bytes_text=base64,
    json=embedded,
    open=b'"',
    close=b'"',
    open_bytes=b'"',
    close_bytes=b'"',
    open_instant=b'"',
    close_instant=b'"',
    between=b"T",
    zone=b"Z",
    special_floats=(b"null", b"null", b"null"),
)


def members(table: TablePlan, batch: pa.RecordBatch, before: bytes, colon: bytes) -> list[Part]:
    """The members of each row's object: `before` (after a comma, but for the first), the name, `colon`, the value."""
    row: list[Part] = []
    for column, parts in zip(table.written, cells(table, batch, STYLE), strict=True):
        row += [b"," + before if row else before, orjson.dumps(column.name), colon, *parts]
    return row

"""How JSON texts write values (RFC 8259), shared by JSON Lines and JSON arrays."""

from __future__ import annotations

import orjson
import pyarrow as pa

from runner.formats.text.cells import Style
from runner.formats.text.format import cells
from runner.formats.text.strings import base64, escaping
from runner.pieces import Part
from runner.plan import TablePlan

_SHORT = {8: b"\\b", 9: b"\\t", 10: b"\\n", 12: b"\\f", 13: b"\\r"}
_CONTROLS = ((bytes([c]), _SHORT.get(c, b"\\u%04x" % c)) for c in range(32))


STYLE = Style(
    null=b"null",
    escape=escaping((b"\\", b"\\\\"), (b'"', b'\\"'), *_CONTROLS),
    bytes_text=base64,
    json=escaping((b"\n", b" "), (b"\r", b" ")),  # on one line: breaks can only stand between tokens
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

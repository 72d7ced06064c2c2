"""CSV (RFC 4180): a cell is quoted only when it has to be, which is decided by the cell alone.

Quoted are texts that hold the delimiter, a quote, CR or LF, or that read like a NULL (with the default `null`
the empty text). Numbers, dates and booleans are never quoted. Dates are ISO 8601, datetimes have a blank between
date and time and are UTC, bytes are Base64.
"""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from runner.formats.common.base import OptionError, Piece
from runner.formats.common.options import FILE_NAME, Option
from runner.formats.text.cells import Style
from runner.formats.text.format import TextFormat, cells
from runner.formats.text.scan import holds_any, rows_holding
from runner.formats.text.strings import base64, escaping, mended
from runner.pieces import Part, affixed, gather, lengths
from runner.plan import Plan, TablePlan
from runner.spec import Output
from runner.vectors import Array, Mask

OPTIONS = (
    FILE_NAME,
    Option("delimiter", "text", ",", "One character between cells: , ; | tab or another ASCII sign not found in numbers."),
    Option("null", "text", "", "How NULL is written, unquoted. Texts that read the same are quoted."),
    Option("header", "bool", True, "Begin with a row of column names."),
    Option("line_ending", "text", "lf", "How rows end.", choices=("lf", "crlf")),
    Option("formula_safe", "bool", False, "Put ' before texts that a spreadsheet would run (first character = + - @ tab CR)."),
)
_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_DELIMITERS = tuple("\t!#$%&()*,;<>?@[]^_`{|}~")  # none of them stands in a number, a date or Base64
_FORMULA = b"=+-@\t\r"
_DOUBLED = escaping((b'"', b'""'))


def create(plan: Plan, output: Output) -> Csv:
    """The format for the plan. Raises `OptionError`."""
    return Csv(plan, output)


class Csv(TextFormat):
    """One `.csv` file per table."""

    extension, content_type = "csv", "text/csv; charset=utf-8"

    def __init__(self, plan: Plan, output: Output) -> None:
        super().__init__(plan, output, OPTIONS)
        self.delimiter = _delimiter(self.options["delimiter"])
        self.end = b"\r\n" if self.options["line_ending"] == "crlf" else b"\n"
        null = _null(self.options["null"], self.delimiter)
        safe = self.options["formula_safe"]
        self.quote = partial(quoted, delimiter=self.delimiter, null=null, formula_safe=safe)
        self.style = Style(null, escape=self.quote, bytes_text=partial(_bytes, quote=self.quote), json=self.quote)

    def header(self, table: TablePlan) -> bytes:
        """The column names."""
        if not self.options["header"]:
            return b""
        names = self.quote(pa.array([c.name.encode() for c in table.written], pa.binary()))
        return self.delimiter.join(names.to_pylist()) + self.end

    def encode(self, table: TablePlan, batch: pa.RecordBatch, first_row: int, total_rows: int) -> list[Piece]:
        """A line per row."""
        row: list[Part] = []
        for number, parts in enumerate(cells(table, batch, self.style)):
            row += [self.delimiter, *parts] if number else parts
        return list(gather([*row, self.end], batch.num_rows))


def quoted(texts: Array, delimiter: bytes, null: bytes, formula_safe: bool) -> Array:
    """The texts as cells."""
    if formula_safe:
        texts = _defused(texts)
    special = bytes(sorted({*delimiter, *b'"\r\n'}))
    needy = _like(texts, null)
    if holds_any(texts, special):
        needy |= rows_holding(texts, special)
    return mended(texts, needy, lambda some: affixed(_DOUBLED(some), b'"', b'"'))


def _like(texts: Array, word: bytes) -> Mask:
    """Which texts are the word."""
    same: Mask = lengths(texts) == len(word)
    if word and same.any():
        same &= pc.equal(texts, pa.scalar(word, pa.binary())).to_numpy(zero_copy_only=False)
    return same


def _defused(texts: Array) -> Array:
    """The texts with a quote before those that begin like a formula."""
    first = pc.binary_slice(texts, 0, 1)
    risky = pc.is_in(first, pa.array([bytes([b]) for b in _FORMULA], pa.binary()))
    return mended(texts, risky.to_numpy(zero_copy_only=False), lambda some: affixed(some, b"'", b""))


def _bytes(values: Array, quote: partial[Array]) -> Array:
    return quote(base64(values))


def _delimiter(text: str) -> bytes:
    sign = _WORDS.get(text.lower(), text)
    if sign not in _DELIMITERS:
        message = f"delimiter must be one ASCII character that no number or date holds, such as , ; | or tab, not {text!r}."
        raise OptionError("delimiter", message)
    return sign.encode()


def _null(text: str, delimiter: bytes) -> bytes:
    null = text.encode()
    if any(byte in null for byte in delimiter + b'"\r\n'):
        raise OptionError("null", f"null cannot hold the delimiter, a quote or a line break: {text!r}.")
    return null

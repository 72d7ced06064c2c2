"""A CSV file as a catalog of one table and what its rows show. Values of people are looked at, never copied."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any, Final

from runner.types import BOOL, DATE, DATETIME, TIME, UUID, Type, decimal
from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable, ColumnType
from services.common.databases.profiling import FEW, ColumnProfile, TableProfile, template, withheld
from services.common.guess.settling import GuessError
from services.common.guess.words import words

MOST_ROWS: Final = 100_000
"""Rows that are looked at."""
MOST_COLUMNS: Final = 2_000
_PAY: Final = frozenset({"salary", "wage"})
_NULLS: Final = frozenset({"", "null", "NULL", "NA", "N/A", "\\N", "None", "nan", "NaN"})
_INT: Final = re.compile(r"[+-]?(?:0|[1-9]\d{0,17})")
_DECIMAL: Final = re.compile(r"[+-]?\d{1,15}\.\d{1,12}|[+-]?(?:0|[1-9]\d{0,14})")
_FLOAT: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_TIME: Final = re.compile(r"\d\d:\d\d(:\d\d)?")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BOOLS: Final = frozenset("true false True False TRUE FALSE".split())


def read_sample(path: Path) -> tuple[Catalog, dict[str, TableProfile]]:
    """The table that a CSV file shows, named after it, and its profile. Raises `GuessError` when it cannot be read."""
    names, rows = _read(path)
    columns, seen = [], {}
    for n, name in enumerate(names):
        cells = [row[n].strip() if n < len(row) else "" for row in rows]
        values = [cell for cell in cells if cell not in _NULLS]
        kind = _kind(values)
        seen[name] = _profile(name, values, len(cells), kind)
        columns.append(CatalogColumn(name, kind, nullable=len(values) < len(cells)))
    table = re.sub(r"[^\w]+", "_", path.stem).strip("_")[:63] or "sample"
    key = _key(columns, seen)
    made = CatalogTable(table, columns=tuple(columns), primary_key=key)
    return Catalog("postgresql", tables=(made,)), {table: TableProfile(len(rows), len(rows) <= MOST_ROWS, seen)}


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        text = _decoded(path.read_bytes()[: 64 * 1024 * 1024])
    except OSError as error:
        raise GuessError(f"cannot read {path}: {error.strerror}") from None
    lines = text.splitlines()
    try:
        found = [row for row, _ in zip(csv.reader(lines, delimiter=_delimiter(lines)), range(MOST_ROWS + 1), strict=False) if row]
    except csv.Error as error:
        raise GuessError(f"{path} is no CSV that can be read: {error}") from None
    if not found or len(found[0]) > MOST_COLUMNS:
        raise GuessError(f"{path} holds no rows" if not found else f"{path} has more than {MOST_COLUMNS:,} columns")
    head = [cell.strip() for cell in found[0]]
    if _is_header(head, found[1:]):
        return _names(head), found[1:]
    return [f"column_{n + 1}" for n in range(len(head))], found


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _delimiter(lines: list[str]) -> str:
    """The character that splits the first lines into the same number of cells, more than one if any does."""
    best, most = ",", 0
    for delimiter in ",;\t|":
        widths = {len(row) for row in csv.reader(lines[:20], delimiter=delimiter) if row}
        if len(widths) == 1 and (width := widths.pop()) > max(most, 1):
            best, most = delimiter, width
    return best


def _is_header(head: list[str], rest: list[list[str]]) -> bool:
    """Whether the first row names the columns: filled, distinct, no numbers, and not just like the rows below."""
    plain = all(head) and len(set(head)) == len(head) and not any(_FLOAT.fullmatch(c) or _DATE.match(c) or "@" in c for c in head)
    return plain and not any(cell in {row[n] for row in rest[:200] if n < len(row)} for n, cell in enumerate(head))


def _names(head: list[str]) -> list[str]:
    """Column names that differ in more than case and fit a database."""
    found: list[str] = []
    for cell in head:
        name = base = "".join(c for c in cell if c.isprintable()).encode()[:60].decode(errors="ignore") or "column"
        number = 2
        while name.lower() in (known.lower() for known in found):
            name, number = f"{base}_{number}", number + 1
        found.append(name)
    return found


def _all(pattern: re.Pattern[str], values: Iterable[str]) -> bool:
    return all(pattern.fullmatch(value) for value in values)


def _kind(values: list[str]) -> ColumnType:
    """The narrowest type that holds all values; text where there is none."""
    if not values:
        return ColumnType("text", "text", Type("text"))
    if set(values) <= _BOOLS:
        return ColumnType("boolean", "bool", BOOL)
    if _all(_INT, values):
        most = max(abs(int(v)) for v in values)
        return ColumnType("bigint", "bigint", Type("bigint")) if most >= 2**31 else ColumnType("integer", "int", Type("int"))
    if _all(_DECIMAL, values):
        scale = max(len(v.partition(".")[2]) for v in values)
        whole = max(len(v.partition(".")[0].lstrip("+-")) for v in values)
        if whole + scale <= 18:
            return ColumnType(f"decimal({whole + scale},{scale})", "decimal", decimal(whole + scale, scale), whole + scale, scale)
    if _all(_FLOAT, values):
        return ColumnType("double", "float", Type("float"))
    for pattern, kind, made in (
        (_DATE, "date", DATE),
        (_MOMENT, "datetime", DATETIME),
        (_TIME, "time", TIME),
        (_UUID, "uuid", UUID),
    ):
        if _all(pattern, values) and all(_value(v, kind) is not None for v in values):
            return ColumnType(kind, kind, made)
    longest = max(len(v) for v in values)
    code = (
        len({len(v) for v in values}) == 1
        and len(values) > 3
        and not any(" " in v or "@" in v or v[1:].islower() for v in values)
    )
    length = (
        longest
        if code
        else next(n for n in (160 if any("@" in v for v in values) else 20, 40, 80, 160, 320, 10**9) if n >= longest)
    )
    return (
        ColumnType(f"varchar({length})", "string", Type("string", length=length), length=length)
        if length < 10**9
        else ColumnType("text", "text")
    )


def _value(text: str, kind: str) -> Any:
    """A cell as a value; None where it is none of that kind."""
    try:
        match kind:
            case "int" | "bigint":
                return int(text)
            case "bool":
                return text.lower() == "true"
            case "decimal" | "float":
                return Decimal(text)
            case "date":
                return date.fromisoformat(text)
            case "datetime":
                moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
                return (moment - (moment.utcoffset() or moment - moment)).replace(tzinfo=None)
    except (ValueError, ArithmeticError):
        return None
    return text


def _profile(name: str, values: list[str], rows: int, kind: ColumnType) -> ColumnProfile:
    counted = Counter(values)
    hidden = withheld(name, counted)
    ordered = kind.kind in ("int", "bigint", "decimal", "float", "date", "datetime")
    known = [v for text in counted if ordered and (v := _value(text, kind.kind)) is not None]
    top = () if hidden else tuple((_value(text, kind.kind), n) for text, n in counted.most_common(FEW))
    low, high = (min(known), max(known)) if known and not hidden else _pay(name, known, kind)
    mean = round(sum(map(len, values)) / len(values), 1) if values else None
    least, most = min(map(len, values), default=None), max(map(len, values), default=None)
    nulls = rows - len(values)
    return ColumnProfile(rows, nulls, len(counted), low, high, top, least, most, mean, template(counted), hidden)


def _pay(name: str, known: list[Any], kind: ColumnType) -> tuple[Any, Any]:
    """The range of what people earn, its ends moved outwards to two digits, so that nobody's own is told."""
    if not _PAY & set(words(name)) or kind.kind not in ("int", "bigint", "decimal", "float") or len(known) < 2:
        return None, None
    low, high = _rounded(Decimal(min(known)), ROUND_FLOOR), _rounded(Decimal(max(known)), ROUND_CEILING)
    if kind.kind == "decimal" and kind.precision:
        most = Decimal(10) ** (kind.precision - kind.scale) - Decimal(1).scaleb(-kind.scale)
        return max(low, -most), min(high, most)
    if kind.kind == "int":
        return max(int(low), -(2**31)), min(int(high), 2**31 - 1)
    return (int(low), int(high)) if kind.kind == "bigint" else (low, high)


def _rounded(value: Decimal, how: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 1), rounding=how) if value else value


def _key(columns: list[CatalogColumn], seen: dict[str, ColumnProfile]) -> tuple[str, ...]:
    """The column that is distinct on every row and is called so: `id`, `…_id`, or the first one when it is a number or UUID."""
    for n, column in enumerate(columns):
        found = seen[column.name]
        distinct = found.rows > 0 and found.different == found.rows
        called = column.name.lower() in ("id", "uuid", "key") or (n == 0 and column.name.lower().endswith(("id", "no", "number")))
        if distinct and called and column.type.kind in ("int", "bigint", "uuid", "string"):
            return (column.name,)
    return ()

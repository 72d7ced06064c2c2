"""What the rows of a database look like: shares of null, ranges, lengths, few-valued columns. A sample, bounded in time.

No value is kept of a column that looks personal (names, addresses, e-mail, phones, births, secrets, free text), by its
name or by what is in it: of those only shares, lengths and the shape of the text are told. Values of other columns are kept
where a column has few of them and each comes several times.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any, Final

from services.common.databases import Database, DatabaseError
from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable

FEW: Final = 20
"""So many different values at most are kept."""
SEEN: Final = 3
"""So often must each be seen."""
_ENOUGH: Final = 2_000  # texts that are compared for a template
_SHOWN: Final = 100  # characters of a text that are looked at
_SLICES: Final = 10  # places of a table that are looked into
_PERSONAL: Final = re.compile(
    r"(?:^|_)(?:e?mail|phone|tel|telephone|mobile|cell|fax|(?:first|last|middle|full|given|family|maiden|user|nick|login|display|"
    r"contact|person|customer|owner|holder|author)_?name|name|surname|firstname|lastname|fullname|username|login|nickname|"
    r"address\d?|street|postcode|postal_code|zip|zipcode|ssn|tax_id|passport|licen[cs]e|iban|bic|account_(?:no|number)|card(?:_number)?|"
    r"pan|cvv|dob|birth(?:_?da(?:y|te))?|date_of_birth|password|passwd|pwd|hash|token|secret|api_?key|ip|ip_address|mac|lat|lng|lon|"
    r"latitude|longitude|geo|location|gender|sex|religion|ethnicity|diagnosis|salary|comment|comments|note|notes|description|message|"
    r"body|text|bio|remark|remarks|subject|picture|photo|signature)(?:_|$)|_by$|(?:^|_)(?:assigned|delegated|escalated|reports?)_to$",
    re.IGNORECASE,
)
_RANGED: Final = frozenset({"int", "bigint", "decimal", "float", "date", "datetime"})
_LISTED: Final = frozenset({"string", "text", "enum", "bool", "int", "bigint"})
_TEXTS: Final = frozenset({"string", "text", "enum", "set", "uuid", "network"})


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """A column of the rows seen.

    `rows` were looked at, `nulls` of them null, the others hold `different` values from `low` to `high` (numbers and dates only).
    `top` are the values with their numbers, most frequent first: all of them or none. Lengths are in characters. `pattern` is the
    template that all texts have in common, as the generator `pattern` reads it ("" when they differ). `withheld` says why
    values are not told.
    """

    rows: int
    nulls: int = 0
    different: int = 0
    low: Any = None
    high: Any = None
    top: tuple[tuple[Any, int], ...] = ()
    shortest: int | None = None
    longest: int | None = None
    mean_length: float | None = None
    pattern: str = ""
    withheld: str = ""

    @property
    def null_share(self) -> Decimal | None:
        """The share of nulls, to three digits; None where there are none."""
        share = round(Decimal(self.nulls) / Decimal(self.rows), 3) if self.rows else Decimal(0)
        return share.normalize() if 0 < share < 1 else None


@dataclass(frozen=True, slots=True)
class TableProfile:
    """`rows` of the table were looked at, all there are when `complete`."""

    rows: int
    complete: bool
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)

    def column(self, name: str) -> ColumnProfile | None:
        """A column as seen."""
        return self.columns.get(name)


@dataclass(frozen=True, slots=True)
class Profile:
    """Tables by `key`. `skipped` says of tables that were not looked at why."""

    tables: Mapping[str, TableProfile]
    skipped: Mapping[str, str] = field(default_factory=dict)


def profile(database: Database, catalog: Catalog, rows: int = 10_000, seconds: float = 20.0) -> Profile:
    """Look at up to `rows` rows of each table, at most `seconds` in all. Partitions are looked at in what they are parts of.

    A table that cannot be read is skipped; raises `DatabaseError` when the database is gone.
    """
    deadline = time.monotonic() + seconds
    found: dict[str, TableProfile] = {}
    skipped: dict[str, str] = {}
    try:
        for table in (t for t in catalog.tables if t.kind != "partition"):
            left = deadline - time.monotonic()
            if left <= 0:
                skipped[table.key] = "there was no time left"
                continue
            try:
                _limit(database, catalog, max(left, 0.1))
                found[table.key] = _table(database, catalog.dialect, table, rows)
            except DatabaseError as error:
                if error.code in ("TARGET_UNAVAILABLE", "TARGET_AUTH_FAILED"):
                    raise
                skipped[table.key] = str(error)
    finally:
        _limit(database, catalog, 0)
    return Profile(found, skipped)


def personal(name: str) -> bool:
    """Whether a column's name says that its values belong to a person or are free text."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return _PERSONAL.search(words) is not None


def _limit(database: Database, catalog: Catalog, seconds: float) -> None:
    """How long a statement may take; 0 as before. SQLite has no such limit: slices keep it short."""
    if catalog.dialect == "postgresql":
        before = "SELECT set_config(name, reset_val, false) FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'"
        milliseconds = f"SELECT set_config('statement_timeout', '{int(seconds * 1000)}', false)"
        database.query(milliseconds if seconds else before)
    elif catalog.server.startswith("MariaDB"):
        database.query(f"SET SESSION max_statement_time = {f'{seconds:.3f}' if seconds else 'DEFAULT'}")
    elif catalog.dialect == "mysql":
        database.query(f"SET SESSION max_execution_time = {int(seconds * 1000) if seconds else 'DEFAULT'}")


def _table(database: Database, dialect: str, table: CatalogTable, rows: int) -> TableProfile:
    parts = [part for column in table.columns for part in _asked(column, dialect)]
    sample: list[tuple[Any, ...]] = []
    for sql in _samples(database, dialect, table, ", ".join(parts), rows):
        sample += database.query(sql)
    columns = {}
    for place, column in enumerate(table.columns):
        pairs = [(row[2 * place], row[2 * place + 1]) for row in sample]
        columns[column.name] = _column(column, pairs)
    return TableProfile(len(sample), len(sample) < rows and not _cut(dialect, table, rows), columns)


def _quoted(name: str, dialect: str) -> str:
    mark = "`" if dialect == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def _asked(column: CatalogColumn, dialect: str) -> tuple[str, str]:
    """What is selected of a column: its value, and its length.

    Of what is neither number, date nor text only whether it is there.
    """
    name = _quoted(column.name, dialect)
    if column.type.kind in _TEXTS:
        text = f"CAST({name} AS text)" if dialect == "postgresql" else name
        return f"substr({text}, 1, {_SHOWN})", f"{'char_length' if dialect == 'mysql' else 'length'}({text})"
    if column.type.kind in _RANGED or column.type.kind == "bool":
        return name, "NULL"
    return f"CASE WHEN {name} IS NULL THEN NULL ELSE 1 END", "NULL"


def _cut(dialect: str, table: CatalogTable, rows: int) -> bool:
    """Whether PostgreSQL is asked for some pages only."""
    return dialect == "postgresql" and (table.rows or 0) > 5 * rows


def _samples(database: Database, dialect: str, table: CatalogTable, parts: str, rows: int) -> Iterator[str]:
    """Statements that give up to `rows` rows: of pages picked at random (PostgreSQL), else of stretches of the key."""
    place = ".".join(_quoted(part, dialect) for part in (table.schema, table.name) if part)
    place = f"ONLY {place}" if dialect == "postgresql" and table.children and table.kind != "partitioned" else place
    select = f"SELECT {parts} FROM {place}"  # noqa: S608 - quoted
    if _cut(dialect, table, rows):
        share = min(100.0, 200.0 * rows / (table.rows or 1))
        yield f"{select} TABLESAMPLE SYSTEM ({share:.4f}) REPEATABLE (1) LIMIT {rows}"
        return
    key = _integer_key(table)
    if dialect == "postgresql" or key is None:
        yield f"{select} LIMIT {rows}"
        return
    name = _quoted(key, dialect)
    low, high = database.query(f"SELECT min({name}), max({name}) FROM {place}")[0]  # noqa: S608 - quoted
    if not isinstance(low, int) or not isinstance(high, int) or high - low < 2 * rows:
        yield f"{select} LIMIT {rows}"
        return
    step = (high - low + 1) // _SLICES
    for start in range(low, low + step * _SLICES, step):
        yield f"{select} WHERE {name} >= {start} AND {name} < {start + step} ORDER BY {name} LIMIT {rows // _SLICES}"


def _integer_key(table: CatalogTable) -> str | None:
    """The primary key's column when it is one integer."""
    if len(table.primary_key) != 1:
        return None
    column = table.column(table.primary_key[0])
    return column.name if column.type.kind in ("int", "bigint") else None


def _column(column: CatalogColumn, pairs: Sequence[tuple[Any, Any]]) -> ColumnProfile:
    filled = [(value, length) for value, length in pairs if value is not None]
    known = ColumnProfile(len(pairs), len(pairs) - len(filled))
    kind = column.type.kind
    if not filled or (kind not in _TEXTS and kind not in _RANGED and kind != "bool"):
        return known
    counts = Counter(_plain(value, kind) for value, _ in filled)
    lengths = [int(length) for _, length in filled if length is not None]
    hidden = _withheld(column, counts)
    low, high = _ends(counts, kind) if not hidden else (None, None)
    return ColumnProfile(
        len(pairs),
        len(pairs) - len(filled),
        len(counts),
        low,
        high,
        _top(counts, kind) if not hidden else (),
        min(lengths, default=None),
        max(lengths, default=None),
        round(sum(lengths) / len(lengths), 1) if lengths else None,
        template(v for v in counts if isinstance(v, str)) if kind in ("string", "text") else "",
        hidden,
    )


def _plain(value: Any, kind: str) -> Any:
    """A value as its kind has it: SQLite keeps dates as texts, MySQL booleans as numbers."""
    if kind == "bool":
        return bool(value)
    if kind in ("date", "datetime") and isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime):
        value = (value - (value.utcoffset() or timedelta(0))).replace(tzinfo=None)
        return value.date() if kind == "date" else value
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _withheld(column: CatalogColumn, counts: Counter[Any]) -> str:
    """Why the values of a column are not told; "" when they may be."""
    if column.type.kind in ("enum", "bool"):
        return ""
    return withheld(column.name, counts)


def withheld(name: str, values: Iterable[Any]) -> str:
    """Why the values of a column of that name are not told; "" when they may be."""
    if personal(name):
        return "its name says that it is personal or free text"
    if any(isinstance(value, str) and (re.search(r"\S@\S+\.\S", value) or len(value) > 60) for value in values):
        return "it holds addresses or free text"
    return ""


def _ends(counts: Counter[Any], kind: str) -> tuple[Any, Any]:
    values = [v for v in counts if kind in _RANGED and isinstance(v, int | float | Decimal | date)]
    if not values or len(values) != len(counts):
        return None, None
    values = [v for v in values if isinstance(v, date) or isfinite(v)]
    if not values or len({isinstance(value, datetime) for value in values}) != 1:
        return None, None
    return min(values), max(values)


def _top(counts: Counter[Any], kind: str) -> tuple[tuple[Any, int], ...]:
    """All values of a column that has few, each seen several times."""
    if kind not in _LISTED or len(counts) > FEW or min(counts.values()) < SEEN:
        return ()
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))))


def template(texts: Iterable[str]) -> str:
    """The template that all texts have in common, when there are enough to tell and digits in them: `?` stands for a capital,
    `^` for a small letter, `#` for a digit.
    """
    found = list(islice(texts, _ENOUGH))
    shapes = {_shape(text) for text in found}
    shape = shapes.pop() if len(shapes) == 1 and len(found) >= 3 else ""
    return shape if "#" in shape and shape.isascii() and len(shape) <= 40 else ""


def _shape(text: str) -> str:
    escaped = re.sub(r"([#?^*%&\\])", r"\\\1", text)
    return re.sub("[a-z]", "^", re.sub("[A-Z]", "?", re.sub("[0-9]", "#", escaped)))

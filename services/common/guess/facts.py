"""What the constraints of a table say about each of its columns, put together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from services.common.databases.catalog import (
    Bounds,
    Catalog,
    CatalogColumn,
    CatalogTable,
    Check,
    Choices,
    Comparison,
    ParsedCheck,
    Pattern,
    Scalar,
)

_CAST = re.compile(r"::[a-z]\w*(?: varying| precision| with(?:out)? time zone)*(?:\(\d+\))?(?:\[\])?")

Edge = int | Decimal | date | datetime
"""An end of a range, as a value that can be compared."""


@dataclass(slots=True)
class Facts:
    """What one column's values must satisfy. `low`..`high` include their ends; `shortest`..`longest` count characters."""

    low: Edge | None = None
    high: Edge | None = None
    choices: tuple[Scalar, ...] | None = None
    refused: tuple[Scalar, ...] = ()
    shortest: int = 0
    longest: int | None = None
    patterns: list[Pattern] = field(default_factory=list)
    not_null: bool = False
    null: bool = False
    json: bool = False
    why: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """The conditions, for a comment."""
        return ", ".join(dict.fromkeys(self.why))


@dataclass(slots=True)
class TableFacts:
    """Facts by column, comparisons of columns, and the conditions that were not understood, each with its constraint."""

    columns: dict[str, Facts] = field(default_factory=dict)
    comparisons: list[tuple[Comparison, str]] = field(default_factory=list)
    unparsed: list[tuple[str, Check]] = field(default_factory=list)

    def of(self, column: str) -> Facts:
        """What is known of a column."""
        return self.columns.setdefault(column, Facts())


def facts(table: CatalogTable, catalog: Catalog) -> TableFacts:
    """Everything that checks, domains and partition bounds say of a table's columns."""
    found = TableFacts()
    by_name = {column.name: column for column in table.columns}
    for check in table.checks:
        if check.enforced:
            _take(found, check.parsed, by_name, f"CHECK {short(check.sql)}")
            found.unparsed += [(condition, check) for condition in check.parsed.unparsed]
    known = {check.name for check in table.checks}
    for column in table.columns:
        for check in _domain_checks(catalog, column):
            if check.name not in known:
                _take_domain(found, check, column)
    if table.partition is not None and not table.partition.by:
        _take(found, table.partition.parsed, by_name, table.partition.bounds or "its partition")
    return found


def short(text: str, most: int = 90) -> str:
    """A condition on one line, cut where it is long."""
    flat = _CAST.sub("", " ".join(text.split()))
    while flat.startswith("(") and flat.endswith(")") and _closes_last(flat):
        flat = flat[1:-1]
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def _closes_last(text: str) -> bool:
    """Whether the bracket that opens a text is the one that closes it."""
    depth = 0
    for n, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return n == len(text) - 1
    return False


def _domain_checks(catalog: Catalog, column: CatalogColumn) -> Iterable[Check]:
    domains = {domain.name: domain for domain in catalog.domains}
    found = domains.get(column.type.domain)
    return found.checks if found else ()


def _take_domain(found: TableFacts, check: Check, column: CatalogColumn) -> None:
    one = TableFacts()
    _take(one, check.parsed, {"VALUE": column, "value": column, column.name: column}, f"domain {column.type.domain}")
    for facts_of in one.columns.values():
        _merge(found.of(column.name), facts_of)
    found.unparsed += [(condition, check) for condition in check.parsed.unparsed]


def _merge(into: Facts, other: Facts) -> None:
    _narrow(into, other.low, other.high)
    into.shortest = max(into.shortest, other.shortest)
    into.longest = _least(into.longest, other.longest)
    into.choices = other.choices if into.choices is None else into.choices
    into.refused += other.refused
    into.patterns += other.patterns
    into.null = into.null or other.null
    into.not_null, into.json = into.not_null or other.not_null, into.json or other.json
    into.why += other.why


def _least(one: int | None, other: int | None) -> int | None:
    known = [n for n in (one, other) if n is not None]
    return min(known) if known else None


def _take(found: TableFacts, parsed: ParsedCheck, columns: dict[str, CatalogColumn], why: str) -> None:
    for bounds in parsed.bounds:
        if bounds.column in columns:
            _bound(found.of(bounds.column), bounds, columns[bounds.column], why)
    for choices in parsed.choices:
        at = found.of(choices.column)
        if choices.negated:
            at.refused += choices.values
        else:
            kept = [v for v in choices.values if at.choices is None or v in at.choices]
            at.choices = tuple(kept)
        at.why.append(why)
    for pattern in parsed.patterns:
        found.of(pattern.column).patterns.append(pattern)
        found.of(pattern.column).why.append(why)
    for name in parsed.not_null:
        found.of(name).not_null = True
    for name in parsed.null:
        found.of(name).null = True
        found.of(name).why.append(why)
    for group in parsed.alternatives:
        _take_one(found, group, columns, why)
    for name in parsed.json:
        found.of(name).json = True
    found.comparisons += [(comparison, why) for comparison in parsed.comparisons]


def _take_one(found: TableFacts, group: tuple[ParsedCheck, ...], columns: dict[str, CatalogColumn], why: str) -> None:
    """Of several alternatives: all of them where each is a value of one column, else the first that is understood."""
    listed = [_listed(one) for one in group]
    if len({column for column, _ in listed}) == 1 and listed[0][0]:
        values = tuple(dict.fromkeys(v for _, values in listed for v in values))
        _take(found, ParsedCheck(choices=(Choices(listed[0][0], values),)), columns, why)
        return
    understood = sorted((one for one in group if not one.unparsed), key=lambda one: len(one.null))
    if understood:
        _take(found, understood[0], columns, why)


def _listed(one: ParsedCheck) -> tuple[str, tuple[Scalar, ...]]:
    """The column and the values of an alternative that says nothing else; a text that LIKE finds is one."""
    rest = (one.bounds, one.comparisons, one.null, one.json, one.alternatives, one.unparsed)
    if any(rest) or len(one.choices) + len(one.patterns) != 1:
        return "", ()
    for choice in one.choices:
        return ("", ()) if choice.negated else (choice.column, choice.values)
    pattern = one.patterns[0]
    text = pattern.pattern.strip("%")
    plain = pattern.form == "like" and not pattern.negated and not set(text) & set("%_")
    return (pattern.column, (text,)) if plain and text else ("", ())


def _bound(at: Facts, bounds: Bounds, column: CatalogColumn, why: str) -> None:
    at.why.append(why)
    if bounds.of == "length":
        low, high = _whole(bounds.low), _whole(bounds.high)
        at.shortest = max(at.shortest, 0 if low is None else low + bounds.low_open)
        at.longest = _least(at.longest, None if high is None else high - bounds.high_open)
        return
    low_edge, high_edge = edge(bounds.low, column), edge(bounds.high, column)
    if low_edge is not None and bounds.low_open:
        low_edge = moved(low_edge, column, 1)
    if high_edge is not None and bounds.high_open:
        high_edge = moved(high_edge, column, -1)
    _narrow(at, low_edge, high_edge)


def _whole(value: Scalar | None) -> int | None:
    return None if value is None or isinstance(value, str) else int(value)


def _narrow(at: Facts, low: Edge | None, high: Edge | None) -> None:
    at.low = low if at.low is None else at.low if low is None else max(at.low, low, key=_order)
    at.high = high if at.high is None else at.high if high is None else min(at.high, high, key=_order)


def _order(value: Any) -> Any:
    return value.toordinal() * 86400 if type(value) is date else _seconds(value) if isinstance(value, datetime) else value


def _seconds(moment: datetime) -> float:
    return moment.toordinal() * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second


def edge(value: Scalar | None, column: CatalogColumn) -> Edge | None:
    """An end as a value of the column's kind; None where it says nothing that we understand."""
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, str):
        return value
    if column.type.kind in ("date", "datetime"):
        return moment(value)
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def moment(text: str) -> datetime | date | None:
    """A date or datetime (UTC, without a zone) as SQL writes it."""
    try:
        return date.fromisoformat(text.strip()) if len(text.strip()) == 10 else _naive(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _naive(found: datetime) -> datetime:
    offset = found.utcoffset() or timedelta(0)
    return found.replace(tzinfo=None) - offset


def moved(value: Edge, column: CatalogColumn, steps: int) -> Edge:
    """The next value of the column's kind, up or down: the end of an open range."""
    if isinstance(value, datetime):
        return value + timedelta(seconds=steps)
    if isinstance(value, date):
        return value + timedelta(days=steps) if column.type.kind == "date" else value if steps > 0 else _before(value)
    if column.type.kind in ("int", "bigint"):
        return int(value) + steps if value == int(value) or steps > 0 else int(value)
    scale = column.type.scale if column.type.kind == "decimal" else 6
    return Decimal(value) + steps * Decimal(1).scaleb(-max(scale, 0))


def _before(day: date) -> datetime:
    return datetime(day.year, day.month, day.day) - timedelta(seconds=1)

"""What MySQL's partitions allow: the values below the last one's end, or those that they list."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from services.common.databases.catalog import Bounds, CatalogTable, Choices, ParsedCheck, Scalar

_FUNCTION: Final = re.compile(r"(?:(year|to_days|unix_timestamp)\s*\()?\s*`?([^`()]+)`?\s*\)?", re.IGNORECASE)
_LITERAL: Final = re.compile(r"'((?:[^']|'')*)'|(-?\d+)")
_TO_DAYS: Final = 365
"""What MySQL's TO_DAYS counts more than Python's ordinals."""


def allowed(table: CatalogTable) -> ParsedCheck:
    """What a row must satisfy to have a partition, as far as it is about one column."""
    whole = table.partition
    if whole is None or not table.partitions:
        return ParsedCheck()
    found = _FUNCTION.fullmatch(whole.by[0] if len(whole.by) == 1 else whole.expression)
    if found is None or found[2] not in {column.name for column in table.columns}:
        return ParsedCheck()
    if whole.method.lower().startswith("list"):
        return _listed(table, found[2]) if not found[1] else ParsedCheck()
    last = table.partitions[-1].bounds
    literal = _LITERAL.search(last)
    if not whole.method.lower().startswith("range") or "MAXVALUE" in last.upper() or literal is None:
        return ParsedCheck()
    high = _moment(found[1] or "", literal[1] if literal[1] is not None else int(literal[2]))
    return ParsedCheck(bounds=(Bounds(found[2], high=high, high_open=True),), not_null=(found[2],))


def _moment(function: str, end: Scalar) -> Scalar:
    """The end in terms of the column that a function is taken of."""
    if isinstance(end, str):
        return end
    match function.lower():
        case "year":
            return f"{int(end):04}-01-01"
        case "to_days":
            return date.fromordinal(int(end) - _TO_DAYS).isoformat()
        case "unix_timestamp":
            return datetime.fromtimestamp(int(end), UTC).replace(tzinfo=None).isoformat(" ")
    return end


def _listed(table: CatalogTable, column: str) -> ParsedCheck:
    values = [m[1] if m[1] is not None else int(m[2]) for part in table.partitions for m in _LITERAL.finditer(part.bounds)]
    return ParsedCheck(choices=(Choices(column, tuple(values)),), not_null=(column,)) if values else ParsedCheck()

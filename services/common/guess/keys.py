"""Keys and what must be distinct: alone or together, and the sequences behind numbered keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.common.databases.catalog import CatalogColumn, CatalogTable
from services.common.guess.asked import Asked
from services.common.guess.conditions import columns_of
from services.common.guess.drafts import Body, Guess
from services.common.guess.facts import short
from services.common.guess.numbers import limits

WHOLE: Final = ("int", "bigint")


@dataclass(frozen=True, slots=True)
class Distinct:
    """Columns that are distinct alone, and lists of columns that are together; `notes` tell of what is stricter than asked."""

    alone: frozenset[str]
    together: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def distinct(table: CatalogTable, dialect: str) -> Distinct:
    """What must be distinct in a table: by keys, unique constraints and indexes, those of expressions and conditions too."""
    lists = [table.primary_key] if table.primary_key else []
    notes: list[str] = []
    names = {column.name for column in table.columns}
    for unique in table.uniques:
        inside = [c for text in unique.expressions for c in columns_of(text, dialect) if c in names]
        lists.append(tuple(dict.fromkeys((*unique.columns, *inside))))
        if unique.where:
            notes.append(f"{unique.name}: distinct on all rows, not only where {short(unique.where)}")
        elif unique.expressions:
            notes.append(f"{unique.name}: distinct by {', '.join(lists[-1])}")
    alone = {one[0] for one in lists if len(one) == 1}
    together = dict.fromkeys(one for one in lists if len(one) > 1 and not alone & set(one))
    kept = [one for one in together if not any(set(other) < set(one) for other in together)]
    return Distinct(frozenset(alone), tuple(kept), tuple(notes))


def numbered(asked: Asked, table: CatalogTable) -> bool:
    """Whether a column is a number that counts the rows: auto-numbered, or the whole primary key."""
    column = asked.column
    whole = column.type.kind in WHOLE or (column.type.kind == "decimal" and column.type.scale == 0)
    return whole and (column.auto or bool(column.identity) or table.primary_key == (column.name,))


def sequence(asked: Asked, step: int = 1, offset: int = 0) -> tuple[Guess, int | None]:
    """A sequence, and how many values of the column's type it has. Those of one family take turns by `step` and `offset`."""
    low, high = limits(asked)
    start = max(int(low), 1) if low is not None else 1
    body: Body = {"gen": "sequence"} if start + offset == 1 and step == 1 else {"gen": "sequence", "start": start + offset}
    if step != 1:
        body["step"] = step
    room = None if high is None else max((int(high) - start - offset) // step + 1, 0)
    return Guess(body, _why(asked.column, step), own_type=True), room


def _why(column: CatalogColumn, step: int) -> str:
    what = f"identity, {column.identity}" if column.identity else "numbered by the database" if column.auto else "key"
    return what if step == 1 else f"{what}; parent and children take turns"


def line_numbers() -> list[Guess]:
    """Numbers within a parent, such as those of the lines of an order: as small as there is room for."""
    why = "a number within the key"
    return [Guess({"gen": "int", "min": 1, "max": most}, why, own_type=True) for most in (20, 1_000, 30_000)]

"""How many distinct values the unique columns of a table need, and how many there are: told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from runner.schema import distinct
from runner.schema.findings import Reported
from runner.schema.model import TableSpec
from runner.schema.resolve import Resolver


@dataclass(frozen=True)
class Feasible:
    """How many distinct values (or combinations) columns need, and how many there are (None: no end of them).

    `within` is the table in each of whose rows they are needed; "" when they are needed in the whole table.
    """

    table: str
    columns: tuple[str, ...]
    needed: int
    possible: int | None
    within: str = ""


def feasible(table: TableSpec, rows: int, resolver: Resolver) -> Iterator[Feasible]:
    """The table's unique columns and lists of columns, keys first, in the order of the text."""
    combined = resolver.combined(table)
    wanted = [(name,) for name, spec in table.columns.items() if distinct.wanted(table, spec)]
    several = [names for names in (table.primary_key, *table.distinct, table.junction_columns) if len(names) > 1]
    for names in dict.fromkeys((table.primary_key, *wanted, *several)):
        if names in combined.sizes:
            needed, possible, within = combined.sizes[names]
            yield Feasible(table.name, names, needed, possible, within)
        elif len(names) > 1:
            yield Feasible(table.name, names, rows, None)
        elif names and names[0] in table.columns:
            with suppress(Reported):
                spec = table.columns[names[0]]
                needed = rows - rows * spec.null_rate // 10**9
                yield Feasible(table.name, names, needed, resolver.resolve(table.name, names[0]).distinct)

"""What a schema promises about its data, each promise as a query that counts the rows that break it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from math import exp, lgamma, log, log1p, prod, sqrt
from typing import Any, NamedTuple

from tests.acceptance.expressions import literal, quoted, sql, text, value_of
from tests.acceptance.reading import Document, Link, Table

Z = 6.5
"""Standard deviations that a sum may lie from its mean: one in 10^10 lies further."""
RARE = 1e-10
"""A chance at which a count is called wrong."""


class Claim(NamedTuple):
    """A promise: of which table, what, and a query of one number that is 0 where it holds."""

    table: str
    what: str
    query: str


def count(table: str, where: str) -> str:
    """A query that counts the rows `t` of a table for which a condition holds."""
    return f"SELECT count(*) FROM {quoted(table)} t WHERE {where}"


def outside(query: str, low: float, high: float) -> str:
    """A query that is 1 where the number of another one lies outside of limits."""
    return f"SELECT CAST(NOT coalesce(({query}) BETWEEN {low} AND {high}, false) AS INTEGER)"


@lru_cache(maxsize=4096)
def binomial(rows: int, rate: float) -> tuple[float, float]:
    """The least and the most that a count with this rate can be, but for a chance of `RARE` at each end."""
    if not 0 < rate < 1:
        return rows * rate, rows * rate
    logs = [
        lgamma(rows + 1) - lgamma(k + 1) - lgamma(rows - k + 1) + k * log(rate) + (rows - k) * log1p(-rate)
        for k in range(rows + 1)
    ]
    chances = [exp(value) for value in logs]
    below = next((k for k, total in enumerate(accumulate(chances)) if total > RARE), rows)
    above = next((k for k, total in enumerate(accumulate(reversed(chances))) if total > RARE), rows)
    return below, rows - above


def same(columns: tuple[str, ...], a: str, others: tuple[str, ...], b: str) -> str:
    """That the columns of one alias are those of another."""
    return " AND ".join(f"{a}.{quoted(x)} = {b}.{quoted(y)}" for x, y in zip(columns, others, strict=True))


def null(columns: tuple[str, ...], row: str = "t", word: str = "OR") -> str:
    """That one of the columns is null (or all of them)."""
    return "(" + f" {word} ".join(f"{row}.{quoted(c)} IS NULL" for c in columns) + ")"


# -- tables ---------------------------------------------------------------------------------------


def of_table(table: Table, document: Document, rows: Mapping[str, int]) -> Iterator[Claim]:
    """Row counts, keys, uniques, conditions."""
    name, wanted = quoted(table.name), ", ".join(text(c) for c in table.written)
    known = f"information_schema.columns WHERE table_name = {text(table.name)}"
    found = f"SELECT list(column_name ORDER BY ordinal_position) FROM {known}"
    yield Claim(table.name, "columns", f"SELECT CAST(({found} AND column_name <> '_row') IS DISTINCT FROM [{wanted}] AS INTEGER)")
    if "rows" in table.document:
        yield Claim(table.name, "rows", outside(f"SELECT count(*) FROM {name}", *[int(table.document["rows"])] * 2))
    if "parent" in table.per:
        yield from _children(table, document)
    if "parents" in table.per:
        yield Claim(table.name, "rows", outside(f"SELECT count(*) FROM {name}", *_joined(table, rows)))
    if table.key:
        yield Claim(table.name, "key not null", count(table.name, null(table.key)))
        yield from _distinct(table, table.key, "key")
    for columns in table.uniques:
        yield from _distinct(table, columns, "unique")
    for name, made in table.columns.items():
        if "unique_where" in made:
            where = sql(made["unique_where"], table, document, "t")
            query = f"SELECT count(*) - count(DISTINCT {quoted(name)}) FROM {quoted(table.name)} t WHERE {where}"
            yield Claim(table.name, f"unique {name} where {made['unique_where']}", query)
    for rule in table.checks:
        yield Claim(table.name, f"check {rule}", count(table.name, f"NOT ({sql(rule, table, document, 't')})"))


def _joined(table: Table, rows: Mapping[str, int]) -> tuple[float, float]:
    per = table.per
    if "density" not in per:
        return (int(per.get("rows", table.document.get("rows"))),) * 2
    wanted = per["density"] * prod(rows[parent] for parent in per["parents"])
    return wanted - 0.5000001, wanted + 0.5000001


def _distinct(table: Table, columns: tuple[str, ...], what: str) -> Iterator[Claim]:
    listed = ", ".join(map(quoted, columns))
    present = " AND ".join(f"{quoted(c)} IS NOT NULL" for c in columns)
    query = f"SELECT coalesce(sum(c - 1), 0) FROM (SELECT count(*) c FROM {quoted(table.name)} WHERE {present} GROUP BY {listed})"
    yield Claim(table.name, f"{what} ({listed})", query)


def weights(given: Any) -> dict[int, float] | None:
    """The numbers of children that a `count` allows with their shares; None where the shares are not plain."""
    if isinstance(given, int):
        return {given: 1.0}
    if "dist" not in given and all(str(k).isdecimal() for k in given):
        total = sum(given.values())
        return {int(k): w / total for k, w in given.items() if w}
    if given.get("dist") == "zipf":
        ranks = {
            number: (number - given.get("min", 0) + 1) ** -given.get("s", 1)
            for number in range(given.get("min", 0), given["max"] + 1)
        }
        return {number: weight / sum(ranks.values()) for number, weight in ranks.items()}
    if given.get("dist", "uniform") == "uniform":
        numbers = range(given.get("min", 0), given["max"] + 1)
        return dict.fromkeys(numbers, 1 / len(numbers))
    return None


def _children(table: Table, document: Document) -> Iterator[Claim]:
    link, given = table.own, table.per["count"]
    if link is None:
        return
    parent = document.tables[link.parent]
    matched = f"LEFT JOIN {quoted(table.name)} c ON {same(link.targets, 'p', link.columns, 'c')}"
    counted = f"SELECT count(c._row) n FROM {quoted(parent.name)} p {matched} GROUP BY p._row"
    shares = weights(given)
    if shares:
        allowed = f"n NOT IN ({', '.join(map(str, shares))})"
        mean = sum(n * share for n, share in shares.items())
        spread = sqrt(sum((n - mean) ** 2 * share for n, share in shares.items()))
    else:
        allowed = f"n < {given.get('min', 0)} OR n > {given.get('max', 10**6)}"
        mean = float(given["mean"])
        spread = (
            sqrt(mean) if given["dist"] == "poisson" else sqrt((mean - given.get("min", 0)) * (mean - given.get("min", 0) + 1))
        )
    yield Claim(table.name, "children of a parent", f"SELECT count(*) FROM ({counted}) WHERE {allowed}")
    off = f"SELECT abs(sum(n) - {mean} * count(*)) <= {Z * spread} * sqrt(count(*)) + 0.02 * sum(n) + 1e-6 FROM ({counted})"
    yield Claim(table.name, "children in all", f"SELECT CAST(NOT coalesce(({off}), true) AS INTEGER)")
    partition = f"PARTITION BY {', '.join(f't.{quoted(c)}' for c in link.columns)}"
    for name, made in table.columns.items():
        if made == {"gen": "ordinal"}:
            numbered = f"SELECT {quoted(name)} o, row_number() OVER ({partition} ORDER BY t._row) n FROM {quoted(table.name)} t"
            yield Claim(
                table.name, f"{name} numbers the children", f"SELECT count(*) FROM ({numbered}) WHERE o IS DISTINCT FROM n"
            )


# -- references -----------------------------------------------------------------------------------


def of_link(table: Table, link: Link, document: Document, rows: Mapping[str, int]) -> Iterator[Claim]:
    """That a reference leads to a row (or, where it must not, to none), as it is picked, with its nulls."""
    held, name, mine = f"NOT {null(link.columns)}", link.name, rows[table.name]
    rate, pick = float(link.fields.get("null_rate", 0)), str(link.fields.get("pick", ""))
    if link.orphan:
        yield Claim(table.name, f"{name} is an orphan", count(table.name, f"{held} AND {_met(link)}"))
    else:
        yield Claim(table.name, f"{name} leads to a row", count(table.name, f"{held} AND NOT {_met(link)}"))
    partly = f"{null(link.columns)} AND NOT {null(link.columns, word='AND')}"
    yield Claim(table.name, f"{name} is null as a whole", count(table.name, partly))
    low, high = binomial(mine, rate)
    if link.parent == table.name:
        beside = table.siblings("p", "t") if pick == "sibling" else ""
        above = f"EXISTS (SELECT 1 FROM {quoted(table.name)} p WHERE p._row < t._row{beside})"
        yield Claim(table.name, f"{name} of the first row", count(table.name, f"NOT {above} AND {held}"))
        yield Claim(
            table.name, f"{name} is earlier", count(table.name, f"{held} AND NOT {_met(link, f'p._row < t._row{beside}')}")
        )
        yield Claim(table.name, f"nulls of {name}", _share(table, null(link.columns), above, rate))
    else:
        yield Claim(table.name, f"nulls of {name}", outside(count(table.name, null(link.columns)), low, high))
    yield from _picked(table, link, pick, int(mine * (1 - rate)), rows[link.parent])


def _share(table: Table, hit: str, among: str, rate: float) -> str:
    """That the share of some of a table's rows for which a condition holds is about a rate."""
    width = f"{Z} * sqrt(count(*) * {rate * (1 - rate)}) + {3 if rate else 0}"
    query = f"SELECT abs(count(*) FILTER ({hit}) - count(*) * {rate}) <= {width} FROM {quoted(table.name)} t WHERE {among}"
    return f"SELECT CAST(NOT coalesce(({query}), false) AS INTEGER)"


def _met(link: Link, where: str = "true") -> str:
    """That there is a row that the reference of row `t` leads to."""
    return f"EXISTS (SELECT 1 FROM {quoted(link.parent)} p WHERE {same(link.targets, 'p', link.columns, 't')} AND {where})"


def _picked(table: Table, link: Link, pick: str, rows: int, parents: int) -> Iterator[Claim]:
    """How often parents are picked: in turn, some of them often, or each as often as others."""
    if pick == "sequential":
        yield Claim(
            table.name, f"{link.name} takes turns", count(table.name, f"NOT {_met(link, f'p._row = t._row % {parents}')}")
        )
    if pick.startswith("zipf"):
        power = float(pick[5:-1]) if "(" in pick else 1.0
        low, _ = binomial(rows, 1 / sum(1 / n**power for n in range(1, parents + 1)))
        yield Claim(table.name, f"{link.name} has favourites", outside(_most(table, link), low, rows))
    free = not (pick or link.own or link.orphan or link.parent == table.name)
    if free and parents and link not in table.joined and not _combined(table, link):
        _, high = binomial(rows, 1 / parents)
        yield Claim(table.name, f"{link.name} picks evenly", outside(_most(table, link), 0, high + 2))


def _combined(table: Table, link: Link) -> bool:
    return any(set(link.columns) & set(columns) for columns in [table.key, *table.uniques])


def _most(table: Table, link: Link) -> str:
    listed = ", ".join(map(quoted, link.columns))
    present = " AND ".join(f"{quoted(c)} IS NOT NULL" for c in link.columns)
    return f"SELECT coalesce(max(c), 0) FROM (SELECT count(*) c FROM {quoted(table.name)} WHERE {present} GROUP BY {listed})"


# -- helpers for columns --------------------------------------------------------------------------


def compared(table: Table, name: str, expected: str, document: Document) -> Claim:
    """That a column is what a query of the row gives, in the column's own type."""
    column = value_of((name,), table, document, "t")
    cast = f"SELECT {column} a, {expected} b FROM {quoted(table.name)} t"
    return Claim(
        table.name, f"{name} is computed", f"SELECT count(*) FROM ({cast}) WHERE a IS DISTINCT FROM {matching('b', name, table)}"
    )


def matching(value: str, name: str, table: Table) -> str:
    """A value cast to the type a column is declared with, where it is."""
    declared = str(table.columns[name].get("type", ""))
    if declared.startswith("decimal"):
        return f"CAST({value} AS {declared})"
    if declared.startswith("string"):
        return f"left({value}, {declared[7:-1]})"
    return f"CAST({value} AS TIMESTAMP)" if declared == "datetime" else value


def listed(values: Any) -> str:
    """Values as a list of SQL."""
    return ", ".join(literal(v) for v in values)


__all__ = ["Claim", "binomial", "compared", "count", "listed", "of_link", "of_table", "outside", "text"]

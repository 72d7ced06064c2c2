"""Roll-ups recomputed from the written children, exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.acceptance.claims import Claim, same
from tests.acceptance.expressions import quoted
from tests.acceptance.reading import Document, Table


def of_rollup(table: Table, name: str, document: Document) -> Iterator[Claim]:
    """That a roll-up is what its children's rows give, and null or 0 where there are none."""
    found = re.fullmatch(r"(\w+)\((.*)\)", table.columns[name]["rollup"])
    assert found, table.columns[name]
    function, of = found.groups()
    child, column = (of, "") if of in document.tables else of.rpartition(".")[::2]
    chain = _chain(table, document.tables[child], document)
    joins = [f"FROM {quoted(table.name)} t"]
    for number, below in enumerate(chain):
        link, alias = below.own, "t" if number == 0 else f"c{number - 1}"
        assert link
        joins.append(f"LEFT JOIN {quoted(below.name)} c{number} ON {same(link.columns, f'c{number}', link.targets, alias)}")
    last = f"c{len(chain) - 1}"
    value = f"{last}.{quoted(column)}" if column else f"{last}._row"
    mine, answer = f"any_value(t.{quoted(name)})", _aggregate(function, value)
    if function == "avg":
        unit = 10 ** (_digits(document.tables[child].columns[column]) + 2)
        mine, answer = f"CAST({mine} * {unit}::DECIMAL(8, 0) AS HUGEINT)", _mean(value, unit)
    query = f"SELECT {mine} a, {answer} b {' '.join(joins)} GROUP BY t._row"
    yield Claim(table.name, f"{name} adds up", f"SELECT count(*) FROM ({query}) WHERE a IS DISTINCT FROM b")


def _digits(column: Mapping[str, Any]) -> int:
    """Digits after the point of a column that is made by a generator."""
    return int(column.get("scale", 2)) if column["gen"] == "decimal" else 0


def _mean(value: str, unit: int) -> str:
    """The mean as a whole number of `1 / unit`, rounded half away from zero."""
    total = f"CAST(CAST(sum({value}) AS DECIMAL(24, 4)) * {unit}::DECIMAL(8, 0) AS HUGEINT)"
    return f"sign({total})::HUGEINT * ((2 * abs({total}) + count({value})) // (2 * count({value})))"


def _chain(table: Table, child: Table, document: Document) -> list[Table]:
    chain = [child]
    while chain[0].per["parent"] != table.name:
        chain.insert(0, document.tables[chain[0].per["parent"]])
    return chain


def _aggregate(function: str, value: str) -> str:
    match function:
        case "first" | "last":
            number = value.partition(".")[0] + "._row"
            return f"{'arg_min' if function == 'first' else 'arg_max'}({value}, {number})"
        case "count":
            return f"count({value})"
        case "any":
            return f"coalesce(bool_or({value}), false)"
        case "sum":
            return f"coalesce(sum({value}), 0)"
    return f"{function}({value})"

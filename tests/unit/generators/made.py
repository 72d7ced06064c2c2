"""Making values of one or more generators of the same row, for the tests beside this file."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from runner.engine import Engine
from runner.generators import Made, Make, ParameterError, build, find
from runner.ops import Column
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.values import AS_OF


def make_of(column: str = "c", **changes: Any) -> Make:
    """What a generator may know, with changes."""
    given: dict[str, Any] = {"seed": 3, "table": "t", "column": column, "rows": 1_000, "as_of": AS_OF, **changes}
    return Make(**given)


def one(name: str, params: dict[str, Any] | None = None, **changes: Any) -> Made:
    """A built generator."""
    generator, bound = find(name)
    return build(generator, {**bound, **(params or {})}, make_of(**changes))


def table(columns: dict[str, Any], rows: int = 1_000, locale: str = "en_US", start: int = 0) -> pa.Table:
    """Rows of a table whose columns are generators: a name, or a name with parameters."""
    plans: dict[str, ColumnPlan] = {}

    def find_column(name: str) -> Made:
        if name not in plans:
            raise ParameterError(f"there is no column {name!r} to use here")
        return Made(Column(name), plans[name].type, unique=plans[name].unique, source=plans[name].op)

    for column, spec in columns.items():
        name, params = spec if isinstance(spec, tuple) else (spec, {})
        generator, bound = find(name)
        make = make_of(column, rows=start + rows, locale=locale, find_column=find_column)
        made = build(generator, {**bound, **params}, make)
        plans[column] = ColumnPlan(column, made.type, made.op, unique=made.unique)
    plan = Plan(3, "2025-01-01T00:00:00Z", locale, (TablePlan("t", start + rows, tuple(plans.values())),))
    return pa.Table.from_batches([Engine(plan).batch("t", start, start + rows)])


def values_of(name: str, params: dict[str, Any] | None = None, rows: int = 1_000, **changes: Any) -> list[Any]:
    """Values of one generator."""
    from runner.engine import values

    return list(values(one(name, params, rows=rows, **changes), rows).to_pylist())

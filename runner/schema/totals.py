"""Totals: over children (`rollup`, whose rules are in `runner.schema.rollups`) and over the rows above (`running`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from runner.generators.registry import Made, ParameterError
from runner.ops import Running
from runner.schema import rollups
from runner.schema.bounds import Facts
from runner.schema.document import short
from runner.schema.findings import Reported, did_you_mean
from runner.schema.model import TableSpec
from runner.schema.rollups import MAX_DIGITS, WRITTEN
from runner.schema.syntax import ExprError
from runner.types import BIGINT, INT, INTEGERS, Type, decimal

RUNNING: Final = ("sum", "count", "min", "max")
TypeOf = Callable[[TableSpec, str], Type]


def total(text: str, running: bool, table: TableSpec, tables: Mapping[str, TableSpec], type_of: TypeOf) -> Made:
    """What a roll-up or a running total is. Raises `ExprError`, and `Reported` for a column that is broken itself."""
    if running:
        found = read_running(text, table)
        return Made(found, running_type(found, _type(table, found.column, found.function, "", type_of)))
    over = rollups.read(text, table, tables)
    below = tables[over.path[-1]]
    of = _type(below, over.column, over.function, f"{below.name}.", type_of) if over.column else INT
    return Made(*rollups.typed(over, of))


def _type(table: TableSpec, column: str, function: str, prefix: str, type_of: TypeOf) -> Type:
    if column not in table.columns and not column.isidentifier():
        message = f"{function} takes a column, not {short(column)!r}; compute that in a hidden column (__name) of {table.name!r}"
        raise ExprError(0, message, "COLUMN_NOT_FOUND")
    try:
        return type_of(table, column)
    except ParameterError as error:
        near = f"{function}({prefix}{error.suggestion})" if error.suggestion else ""
        raise ExprError(0, str(error), error.code, near) from None


def read_running(text: str, table: TableSpec) -> Running:
    """The running total a text stands for. Raises `ExprError`, and `Reported` where the table's `per` is wrong."""
    match = WRITTEN.fullmatch(text)
    if not match or not match[2] or match[1].lower() not in RUNNING:
        near = did_you_mean(match[1], RUNNING) if match else ""
        message = f"a running total is {', '.join(RUNNING)} of a column, such as sum(amount), not {short(text)!r}"
        raise ExprError(0, message, "EXPR_SYNTAX", f"{near}({match[2]})" if match and match[2] and near else "")
    if table.misread:
        raise Reported
    if table.per is None:
        raise ExprError(
            0, "a running total is over the rows of one parent; this table is not made by per: {parent: …}", "FIELD_CONFLICT"
        )
    return Running(match[1].lower(), match[2], max(table.per.counts))  # type: ignore[arg-type]  # one of RUNNING


def running_type(running: Running, of: Type) -> Type:
    """The type of a running total of a column of type `of`. Raises `ExprError`."""
    exact = of.kind in INTEGERS or of.kind == "decimal"
    if running.function == "count":
        return BIGINT
    if running.function == "sum" and exact:
        return BIGINT if not of.digits else decimal(MAX_DIGITS, of.digits)
    if running.function != "sum" and (exact or of.kind in ("date", "time", "datetime")):
        return of
    raise ExprError(0, f"a running {running.function} is not made of {of}", "EXPR_TYPE", "decimal(18,4)" * (of.kind == "float"))


def running_facts(running: Running, of: Facts) -> Facts:
    """The bounds of a running total from those of its column."""
    if running.function == "count":
        return Facts(0, running.most)
    if running.function != "sum":
        return Facts(of.low, of.high, of.nullable)
    low, high = of.low, of.high
    return Facts(
        None if low is None else low * running.most if low < 0 else 0 if of.nullable else low,
        None if high is None else high * running.most if high > 0 else 0 if of.nullable else high,
    )

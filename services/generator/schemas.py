"""Schemas planned, with an estimate of what would be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.ops import At, Column, Lookup, Op, Python, Rollup, Running
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.schema import Finding
from runner.schema.feasibility import Feasible
from services.common.schemas import SchemaRequest, checked
from services.generator.estimates import estimated_bytes


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A written column. `references` is `table.column`, or empty; `slow` columns call Python for each value."""

    name: str
    type: str
    generator: str
    nullable: bool
    unique: bool
    references: str
    slow: bool


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """A table with its estimated size in bytes by format, and what its unique columns need and have."""

    name: str
    rows: int
    columns: tuple[PlannedColumn, ...]
    estimated_bytes: Mapping[str, int]
    uniques: tuple[Feasible, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What would run: tables in load order, none when the schema is invalid."""

    valid: bool
    findings: tuple[Finding, ...]
    tables: tuple[PlannedTable, ...] = ()
    total_rows: int = 0
    digest: str = ""


def planned(request: SchemaRequest) -> Planned:
    """Check a schema and say what would run."""
    result = checked(request)
    plan = result.plan
    if plan is None:
        return Planned(False, result.findings)
    sizes = estimated_bytes(plan)
    tables = tuple(
        PlannedTable(t.name, t.rows, _columns(plan, t), sizes[t.name], tuple(f for f in result.distinct if f.table == t.name))
        for t in plan.tables
    )
    return Planned(True, result.findings, tables, plan.total_rows, plan.digest)


def calls_python(plan: Plan) -> bool:
    """Whether any column of the plan calls Python for each value."""
    return any(_holds_python(column.op) for table in plan.tables for column in table.columns)


def _holds_python(op: Op) -> bool:
    return isinstance(op, Python) or any(_holds_python(part) for part in _parts(op))


def _columns(plan: Plan, table: TablePlan) -> tuple[PlannedColumn, ...]:
    return tuple(
        PlannedColumn(
            column.name,
            str(column.type),
            column.generator,
            column.nullable,
            column.unique or table.primary_key == (column.name,),
            _reference(table, column),
            _is_slow(plan, table, column.op),
        )
        for column in table.written
    )


def _reference(table: TablePlan, column: ColumnPlan) -> str:
    for reference in table.references:
        if column.name in reference.columns:
            return f"{reference.parent}.{reference.parent_columns[reference.columns.index(column.name)]}"
    return ""


def _is_slow(plan: Plan, table: TablePlan, op: Op) -> bool:
    """Whether a Python call per value is needed, here or in a column that is used."""
    match op:
        case Python():
            return True
        case Column():
            return _is_slow(plan, table, table.column(op.name).op)
        case Lookup() | At():
            parent = plan.table(op.table)
            there = parent.column(op.column).op if isinstance(op, Lookup) else op.of
            return _is_slow(plan, parent, there) or _is_slow(plan, table, op.row)
        case Rollup() | Running():
            below = plan.table(op.path[-1]) if isinstance(op, Rollup) else table
            return bool(op.column) and _is_slow(plan, below, below.column(op.column).op)
    return any(_is_slow(plan, table, part) for part in _parts(op))


def _parts(op: Op) -> list[Op]:
    found: list[Op] = []
    for value in vars(op).values():
        found += [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Op)]
    return found

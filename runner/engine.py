"""The engine: a plan in, any rows of any table out, as Arrow record batches.

A `Frame` is a set of rows of one table on which operations are computed, each once. A reference
opens the parent's frame at the chosen rows and computes the asked column there. Nothing is kept
between blocks but the plan-time tables that `runner.shapes`, `runner.layout` and `runner.pools` cache.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from runner import operations
from runner.draws import I64
from runner.generators.registry import Made
from runner.layout import locate, size
from runner.logical import finish
from runner.ops import At, Attempt, Column, Join, Lookup, Op, Ordinal, ParentRow, Rollup, Row, Running, Siblings
from runner.plan import Check, ColumnPlan, Layout, Plan, TablePlan
from runner.rollup import rolled_up
from runner.running import run_up
from runner.vectors import Array, Mask, from_integers, integers, null_mask, with_nulls

ATTEMPTS = 64
"""How often a row may be drawn until it satisfies the checks of its table."""
ATTEMPT_BITS = 48
"""Counters of one attempt lie below 2 to this power; rows do not reach it."""


class RowError(ValueError):
    """A value that cannot be computed: names the table and column."""

    code = "VALUE_FAILED"


class Engine:
    """Computes blocks of a plan. Not thread-safe; cheap to construct."""

    def __init__(self, plan: Plan, block_rows: int = 65_536) -> None:
        self.plan, self.block_rows = plan, block_rows
        known: dict[Op, Op] = {}
        self._ops = {(t.name, c.name): _intern(c.op, known) for t in plan.tables for c in t.columns}
        self._checks = {t.name: {c: _intern(c.op, known) for c in t.checks} for t in plan.tables}
        self._tables = {t.name: t for t in plan.tables}

    def table(self, name: str) -> TablePlan:
        """The table's plan. Raises `KeyError`."""
        return self._tables[name]

    def op(self, table: str, column: str) -> Op:
        """The operation of a column, its nodes shared with all others of the plan. Raises `KeyError`."""
        return self._ops[table, column]

    def checks(self, table: str) -> Mapping[Check, Op]:
        """The conditions of a table's rows, their nodes shared as those of columns."""
        return self._checks[table]

    def physical(self, table: str, column: str, rows: I64) -> Array:
        """Physical values of a column at any rows."""
        return Frame(self, self._tables[table], rows).column(column)

    def batch(self, table: str, start: int, stop: int) -> pa.RecordBatch:
        """The written columns of rows [start, stop), in logical types. 0 <= start <= stop <= rows."""
        plan = self._tables[table]
        frame = Frame(self, plan, np.arange(start, stop, dtype=np.int64))
        for group in {check.group: None for check in plan.checks}:
            frame.settle(group)
        arrays = [_column(frame, column) for column in plan.written]
        return pa.RecordBatch.from_arrays(arrays, names=[c.name for c in plan.written])

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """`batch` cut at absolute multiples of `block_rows`."""
        while start < stop:
            end = min(stop, (start // self.block_rows + 1) * self.block_rows)
            yield self.batch(table, start, end)
            start = end


def _never(checks: Iterable[Check], group: int) -> str:
    """Why a row cannot be had that satisfies the conditions of a group."""
    texts = " and ".join(repr(check.text) for check in checks)
    if group < 0:
        return f"{texts} does not hold, and it reads nothing that could be drawn again, such as keys and references"
    return f"none of {ATTEMPTS} draws satisfies {texts}"


def _column(frame: Frame, column: ColumnPlan) -> Array:
    try:
        return finish(frame.column(column.name), column.type)
    except (ArithmeticError, pa.ArrowInvalid, operations.ValueFailed) as error:
        first = int(frame.rows[0]) if len(frame.rows) else 0
        place = f"{frame.table.name}.{column.name}, rows from {first:,}"
        raise RowError(f"{place}: {error}") from error


def _intern(op: Op, known: dict[Op, Op]) -> Op:
    """The one node that stands for all equal ones."""
    found = known.get(op)
    if found is not None:
        return found
    changes: dict[str, Any] = {}
    for f in dataclasses.fields(op):
        value = getattr(op, f.name)
        if isinstance(value, Op):
            changes[f.name] = _intern(value, known)
        elif isinstance(value, tuple) and any(isinstance(v, Op) for v in value):
            changes[f.name] = tuple(_intern(v, known) if isinstance(v, Op) else v for v in value)
    known[op] = _flat(dataclasses.replace(op, **changes) if changes else op)
    return known[op]


def _flat(op: Op) -> Op:
    """A join of joins as one join, its neighbouring constants as one."""
    if not isinstance(op, Join):
        return op
    parts: list[str | Op] = []
    for part in (p for outer in op.parts for p in (outer.parts if isinstance(outer, Join) else (outer,))):
        last = parts[-1] if parts else None
        if isinstance(part, str) and isinstance(last, str):
            parts[-1] = last + part
        elif part != "":
            parts.append(part)
    return Join(tuple(parts))


class Frame:
    """Rows of a table, with what was computed on them. Lives for one block."""

    def __init__(self, engine: Engine, table: TablePlan, rows: I64, attempts: Mapping[int, I64] = MappingProxyType({})) -> None:
        self.engine, self.table, self.rows, self._attempts = engine, table, rows, dict(attempts)
        self._values: dict[int, Array] = {}
        self._parents: dict[tuple[str, int], Parent] = {}
        self._below: dict[tuple[str, ...], Frame] = {}
        self._located: tuple[I64, I64] | None = None

    def column(self, name: str) -> Array:
        """Physical values of a column of this table."""
        return self.value(self.engine.op(self.table.name, name))

    def value(self, op: Op) -> Array:
        """Physical values of an operation. Each node once: nodes are shared by the engine."""
        found = self._values.get(id(op))
        if found is None:
            found = self._values[id(op)] = self._compute(op)
        return found

    def _compute(self, op: Op) -> Array:
        match op:
            case Row():
                return from_integers(self.rows)
            case Attempt():
                return from_integers(self.rows + (self.settle(op.group) << ATTEMPT_BITS))
            case Column():
                return self.column(op.name)
            case Lookup():
                return self._parent(op).column(op.column)
            case At():
                return self._parent(op).value(op.of)
            case Rollup():
                return rolled_up(op, self.rows, self.engine, lambda rows, whole: self._children(op, rows, whole))
            case ParentRow() | Ordinal() | Siblings() | Running():
                return self._among_siblings(op)
        return operations.evaluate(op, self)

    def _among_siblings(self, op: ParentRow | Ordinal | Siblings | Running) -> Array:
        """What the layout says of a row, or a total over its siblings above it."""
        parent, ordinal = self._layout_rows()
        match op:
            case ParentRow():
                return from_integers(parent)
            case Ordinal():
                return from_integers(ordinal)
            case Siblings():
                return from_integers(size(self._layout, parent))
        return run_up(op, self.rows, ordinal, lambda rows: Frame(self.engine, self.table, rows).column(op.column))

    def settle(self, group: int) -> I64:
        """How often each row is drawn again to satisfy the checks of a group. Raises `RowError` naming one that never does."""
        if group not in self._attempts:
            self._attempts[group] = self._settled(group)
        return self._attempts[group]

    def _settled(self, group: int) -> I64:
        attempts, left = np.zeros(len(self.rows), dtype=np.int64), np.arange(len(self.rows))
        checks = {check: op for check, op in self.engine.checks(self.table.name).items() if check.group == group}
        for attempt in range(ATTEMPTS if group >= 0 else 1):
            frame = Frame(self.engine, self.table, self.rows[left], {group: attempts[left]})
            left = left[frame.failing(checks.values())]
            if not left.size:
                break
            attempts[left] = attempt + 1
        else:
            raise RowError(f"{self.table.name}, row {self.rows[left[0]]:,}: {_never(checks, group)}")
        if not attempts.any():
            self._values, self._parents = frame._values | self._values, frame._parents | self._parents
        return attempts

    def failing(self, checks: Iterable[Op]) -> Mask:
        """Which rows fail one of these conditions."""
        failed = np.zeros(len(self.rows), dtype=np.bool_)
        for check in checks:
            failed |= ~self.value(check).fill_null(True).to_numpy(zero_copy_only=False)
        return failed

    def _layout_rows(self) -> tuple[I64, I64]:
        if self._located is None:
            self._located = locate(self._layout, self.rows)
        return self._located

    @property
    def _layout(self) -> Layout:
        assert self.table.layout is not None, f"{self.table.name} has no layout"
        return self.table.layout

    def _children(self, op: Rollup, rows: I64, whole: bool) -> Array:
        """A column of the rows below; when they are all of them, other totals find them here again."""
        table = self.engine.table(op.path[-1])
        if not whole:
            return Frame(self.engine, table, rows).column(op.column)
        if op.path not in self._below:
            self._below[op.path] = Frame(self.engine, table, rows)
        return self._below[op.path].column(op.column)

    def _parent(self, op: Lookup | At) -> Parent:
        key = (op.table, id(op.row))
        found = self._parents.get(key)
        if found is None:
            found = self._parents[key] = Parent(self.engine, self.engine.table(op.table), self.value(op.row))
        return found


class Parent:
    """A parent's frame at chosen rows: nulls stay null, and neighbours with one parent share its computation."""

    def __init__(self, engine: Engine, table: TablePlan, rows: Array) -> None:
        self._mask: Mask | None = null_mask(rows)
        chosen = integers(rows)
        self._take: Array | None = None
        if self._mask is None and len(chosen) > 1 and _dense(chosen):
            first = int(chosen[0])
            self._take = from_integers(chosen - first)
            chosen = np.arange(first, int(chosen[-1]) + 1, dtype=np.int64)
        self._frame = Frame(engine, table, chosen)

    def column(self, name: str) -> Array:
        """Physical values of a column of the parent, one for each chosen row."""
        return self._spread(self._frame.column(name))

    def value(self, op: Op) -> Array:
        """Physical values of an operation of the parent's table, one for each chosen row."""
        return self._spread(self._frame.value(op))

    def _spread(self, array: Array) -> Array:
        if self._take is not None:
            array = array.take(self._take)
        return array if self._mask is None else with_nulls(array, self._mask)


def _dense(rows: I64) -> bool:
    """Whether rows ascend and their range is smaller than their number, so that computing the range is cheaper."""
    return int(rows[-1]) - int(rows[0]) + 1 < len(rows) and bool((rows[1:] >= rows[:-1]).all())


def values(made: Made, count: int, start: int = 0) -> Array:
    """Logical values of one generator alone, at rows [start, start + count)."""
    column = ColumnPlan("value", made.type, made.op)
    table = TablePlan("values", start + count, (column,))
    frame = Frame(Engine(Plan(0, "", "", (table,))), table, np.arange(start, start + count, dtype=np.int64))
    return finish(frame.column("value"), made.type)
